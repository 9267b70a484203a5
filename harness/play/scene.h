/*
 * `t`: what a body gets.  Its methods come from the modules; its fields are here.
 */
#ifndef HARNESS_PLAY_SCENE_H
#define HARNESS_PLAY_SCENE_H

#include <lauxlib.h>

#include "harness/harness.h"

/* The object is the struct harness. */
extern const struct harness_type harness_scene_type;

/* since by log net */
extern const luaL_Reg harness_t_scene[];

#endif
