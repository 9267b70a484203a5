/*
 * Servers by address and by number: before one has accepted, a connection is its by the address
 * that it is asked for at; one that is started again has a new number, and aims follow it.
 */
#ifndef HARNESS_TRACE_LISTENING_H
#define HARNESS_TRACE_LISTENING_H

#include <stdint.h>

#include "harness/harness.h"

/* From now on that address is the server's, whose number was `first` when it was made.  Takes
 * harness_lock. */
void harness_listens(struct harness *harness, struct world_address address, uint32_t server,
                     uint32_t first);

/* The number that a server had when it was made.  Locked, or on the script's thread. */
uint32_t harness_first_number(const struct harness *harness, uint32_t server);

/* The server that the event's connection is to lead to; 0: the event does not say where to, or
 * nobody has ever listened there.  Locked. */
uint32_t harness_listening_to(const struct harness *harness, const struct point_event *event);

#endif
