/*
 * The unit that a scanner of Writables is reading: a value without parts, or the head of something
 * with parts.  What takes bytes of it answers RPC_AGAIN, and `need` says how many must have come,
 * when they have not all; whoever began the unit begins it again then.
 */
#ifndef RPC_WIRE_WRITABLE_UNIT_H
#define RPC_WIRE_WRITABLE_UNIT_H

#include "rpc/wire/writable.h"

struct writable_unit {
    struct wire_bytes bytes; /* borrowed: all that have come, from the value's first on */
    size_t at;               /* the first that is not taken */
    size_t need;   /* after RPC_AGAIN: bytes that must have come, counted from the first */
    char *problem; /* borrowed, WIRE_PROBLEM_MAX bytes */
    bool any_utf8; /* writable_types_takes_any_utf8 */
};

/* Write the problem; returns `status`. */
enum rpc_status writable_unit_complain(struct writable_unit *unit, enum rpc_status status,
                                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether Java could make an array so long, of which a heap holds at the `most`: RPC_BAD_VALUE (a
 * NegativeArraySizeException), RPC_TOO_LONG (an OutOfMemoryError), with the problem. */
enum rpc_status writable_unit_check_length(struct writable_unit *unit, int64_t length,
                                           int64_t most);

/* Each takes the next bytes: RPC_AGAIN, and those of writable_unit_check_length where a length is
 * read.  Numbers are 0 when they are not there. */

enum rpc_status writable_unit_take(struct writable_unit *unit, size_t length,
                                   struct wire_bytes *bytes);
/* `size` bytes, at most 8, big-endian. */
enum rpc_status writable_unit_fixed(struct writable_unit *unit, size_t size, uint64_t *bits);
/* An int32. */
enum rpc_status writable_unit_int(struct writable_unit *unit, int64_t *number);
enum rpc_status writable_unit_vlong(struct writable_unit *unit, int64_t *number);
/* A vlong whose upper half is not looked at (WritableUtils.readVInt). */
enum rpc_status writable_unit_vint(struct writable_unit *unit, int64_t *number);
/* uint16 length, then the text.  RPC_MALFORMED: it is not UTF-8 (a UTFDataFormatException). */
enum rpc_status writable_unit_utf8(struct writable_unit *unit, struct wire_bytes *text);
/* _BY_INT or _BY_VINT; not checked. */
enum rpc_status writable_unit_count(struct writable_unit *unit, enum writable_prefix prefix,
                                    int64_t *count);
/* With a length in front, or `size` of them (_BY_SIZE). */
enum rpc_status writable_unit_bytes(struct writable_unit *unit, enum writable_prefix prefix,
                                    size_t size, struct wire_bytes *bytes);
/* _BY_UTF8, or _BY_TEXT: vint length, then the text. */
enum rpc_status writable_unit_text(struct writable_unit *unit, enum writable_prefix prefix,
                                   struct wire_bytes *text);

#endif
