/*
 * Frames in the record: a message's bytes, and what each of them is.
 */
#ifndef HARNESS_TRACE_FRAME_H
#define HARNESS_TRACE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/harness.h"
#include "rpc/wire/wire.h"

/* Write the line of frame `number`; locked. */
void harness_frame_record(struct harness *harness, uint32_t number, uint32_t connection,
                          bool to_server, const struct wire_message *message,
                          struct wire_bytes bytes);

#endif
