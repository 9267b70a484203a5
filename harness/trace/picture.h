/*
 * What each byte of a frame is: the fields of one line of the record, as they are found.
 */
#ifndef HARNESS_TRACE_PICTURE_H
#define HARNESS_TRACE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/record.h"
#include "rpc/wire/wire.h"
#include "rpc/wire/writable.h"

enum { PICTURE_FIELDS_MAX = 128, PICTURE_TEXT_ROOM = 8192 };

/* The fields of one frame, with room for their texts. */
struct picture {
    struct record_field fields[PICTURE_FIELDS_MAX];
    size_t count;
    char text[PICTURE_TEXT_ROOM];
    size_t used;
    struct wire_bytes bytes;
    size_t at;      /* what is not described yet begins here */
    size_t base;    /* of the message that is walked over */
    unsigned depth; /* of its fields */
};

/* A text of the picture's; "…" when there is no room. */
__attribute__((format(printf, 2, 3))) const char *picture_print(struct picture *picture,
                                                                const char *format, ...);
/* Bytes as text where they are readable, else as hex, shortened. */
const char *picture_bytes(struct picture *picture, struct wire_bytes bytes);

/* One more field, if there is room and the frame has such bytes. */
void picture_add(struct picture *picture, size_t offset, size_t length, unsigned depth,
                 const char *name, const char *value);
/* What is left; nothing when nothing is. */
void picture_add_rest(struct picture *picture, const char *name);

/* The int32 at `at`, which is passed; false when it is not there. */
bool picture_int32(struct picture *picture, const char *name, int32_t *number);
bool picture_int64(struct picture *picture, const char *name);

/* What stands from `at` on. */
struct wire_bytes picture_rest(const struct picture *picture);

/* A text whose length stands in front (WRITABLE_UTF8, WRITABLE_UTF or WRITABLE_TEXT), which is
 * passed; false when it is not there as a whole. */
bool picture_prefixed(struct picture *picture, const char *name, enum writable_kind kind);
/* Parameters, or one object, as far as they can be read. */
void picture_values(struct picture *picture, enum writable_goal goal,
                    const struct writable_types *types);
/* WritableRpcEngine.Invocation */
void picture_invocation(struct picture *picture, const struct writable_types *types);

/* A frame of IPC version 4, whose values are of `types`. */
void picture_v4(struct picture *picture, const struct wire_message *message,
                const struct writable_types *types);

#endif
