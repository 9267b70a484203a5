/*
 * What passes between two ends that are both ours: each message that arrives must be the next
 * one that was sent, byte for byte, until a fault changes something.  Everything is locked
 * (harness_lock), in memory of that.
 */
#ifndef HARNESS_JUDGE_PASSAGE_H
#define HARNESS_JUDGE_PASSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "faults/point.h"
#include "rpc/wire/wire.h"

struct harness;

/* A message has been written, or read, on a connection in a direction. */
void harness_passage_sent(struct harness *harness, uint32_t connection,
                          enum point_direction direction, struct wire_bytes bytes);
void harness_passage_received(struct harness *harness, uint32_t connection,
                              enum point_direction direction, struct wire_bytes bytes);

/* A fault has struck the connection (0: whichever it may have been): if the effect changes
 * what arrives, nothing more is compared there. */
void harness_passage_struck(struct harness *harness, uint32_t connection, enum point_effect effect);

/* The first connection on which something else arrived; 0: none. */
uint32_t harness_passage_broken(const struct harness *harness);

#endif
