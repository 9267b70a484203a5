/*
 * What stands between a stack and its stream: the stack's reads and writes go through the pipes of
 * the stream's end.
 */
#ifndef HARNESS_TAP_FILTER_H
#define HARNESS_TAP_FILTER_H

#include "rpc/world/world.h"

/* Of a filter that is a struct tap_end's. */
extern const struct world_filter_ops tap_filter_ops;

#endif
