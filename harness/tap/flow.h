/*
 * Held bytes go on, as they are due: what the stack has written into its socket, what a foreign
 * peer has sent to the stack.  Everything is called with the end's lock.
 */
#ifndef HARNESS_TAP_FLOW_H
#define HARNESS_TAP_FLOW_H

#include <stdint.h>

#include "harness/tap/end.h"

/* Whatever is due of what the stack has written. */
void tap_flush(struct tap_end *end);

/* What a foreign peer has sent may be read now. */
void tap_offer(struct tap_end *end);

/* A fault has ended the connection, which the stack learns at its next step: `status`. */
void tap_break_off(struct tap_end *end, enum rpc_status status);

/* When the tap's executor has to look at this end again; WORLD_NEVER: something else wakes it. */
uint64_t tap_next_ns(const struct tap_end *end);

#endif
