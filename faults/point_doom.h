/*
 * An "error" with `after` has struck: so many bytes pass yet, then the stream is broken.
 */
#ifndef FAULTS_POINT_DOOM_H
#define FAULTS_POINT_DOOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults/point.h"
#include "rpc/status.h"

struct point_doom {
    uint64_t after;
    enum rpc_status error; /* RPC_OK: none */
};

/* What `strike`, an EFFECT_ERROR, begins.  Harmless where one has begun already: it stays. */
void point_doom_begin(struct point_doom *doom, const struct point_strike *strike);

/* RPC_OK: what is about to pass may, and `length` is cut to what yet can; else its error. */
enum rpc_status point_doom_cut(const struct point_doom *doom, size_t *length);

/* So many bytes have passed. */
void point_doom_passed(struct point_doom *doom, size_t length);

#endif
