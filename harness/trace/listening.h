/*
 * Where servers listen: before one has accepted, a connection is its by the address that it is
 * asked for at.
 */
#ifndef HARNESS_TRACE_LISTENING_H
#define HARNESS_TRACE_LISTENING_H

#include <stdint.h>

#include "harness/harness.h"

/* From now on that address is the server's.  Takes harness_lock. */
void harness_listens(struct harness *harness, struct world_address address, uint32_t server);

/* The server that the event's connection is to lead to; 0: the event does not say where to, or
 * nobody has ever listened there.  Locked. */
uint32_t harness_listening_to(const struct harness *harness, const struct point_event *event);

#endif
