/*
 * The hostile peer's chance: all it does follows from one seed.
 */
#ifndef TESTS_HOSTILE_CHANCE_H
#define TESTS_HOSTILE_CHANCE_H

#include <stdint.h>

void chance_begin(uint64_t seed);
/* A number below `below`, which is not 0. */
uint64_t chance_draw(uint64_t below);

#endif
