/*
 * The pieces of protobuf's encoding, to read and to write the RPC layer's own headers.
 *
 * These are few and fixed, and are written down by hand: that needs no memory, keeps texts
 * whole that hold a NUL, takes an enum number nobody knows for an absent field, as Java does,
 * and says what is wrong in protobuf-java's words.  Tests hold it against protobuf-c.
 */
#ifndef RPC_WIRE_CODED_H
#define RPC_WIRE_CODED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/wire/wire.h"

/* --- reading --- */

struct wire_coded_reader {
    const uint8_t *at, *end;
    const char *problem; /* NULL while all is well */
};

/* One field.  The key is its number and wire type, so that a field of the wrong wire type is
 * as unknown as one of another number. */
struct wire_coded_field {
    uint32_t key;
    uint64_t number;         /* of wire type 0 */
    struct wire_bytes bytes; /* of wire type 2, in the reader's bytes */
};

#define WIRE_CODED_NUMBER(field) ((field) << 3)
#define WIRE_CODED_BYTES(field)  ((field) << 3 | 2)

/* Java's text for bytes that end before they should. */
extern const char wire_coded_truncated[];

struct wire_coded_reader wire_coded_reader(struct wire_bytes bytes);

/* The next field.  Groups, which nobody uses, are passed over.  False at the end, or with
 * `problem` set. */
bool wire_coded_next_of_any_size(struct wire_coded_reader *in, struct wire_coded_field *field);

/* The same: nearly all keys, lengths and numbers have one byte. */
static inline bool wire_coded_next(struct wire_coded_reader *in, struct wire_coded_field *field)
{
    const uint8_t *at = in->at;
    if (in->problem == NULL && in->end - at >= 2 && at[0] >= 8 && (at[0] | at[1]) < 0x80) {
        field->key = at[0];
        if ((at[0] & 7) == WIRE_CODED_NUMBER(0)) {
            field->number = at[1];
            in->at = at + 2;
            return true;
        }
        if ((at[0] & 7) == WIRE_CODED_BYTES(0) && in->end - at >= 2 + at[1]) {
            field->bytes = (struct wire_bytes){at + 2, at[1]};
            in->at = at + 2 + at[1];
            return true;
        }
    }
    return wire_coded_next_of_any_size(in, field);
}

/* A byte count, then that many bytes.  False with `problem` set. */
bool wire_coded_delimited(struct wire_coded_reader *in, struct wire_bytes *bytes);

/* Whether `bytes` are fields from end to end; else `in` gets their problem. */
bool wire_coded_check(struct wire_coded_reader *in, struct wire_bytes bytes);

static inline int32_t wire_coded_unzigzag(uint64_t number)
{
    uint32_t low = (uint32_t)number;
    return (int32_t)(low >> 1 ^ (0 - (low & 1)));
}

/* --- writing --- */

struct wire_coded_message;

/* One field to write: a number, bytes, or a message. */
struct wire_coded_part {
    uint32_t key;
    uint64_t number;
    struct wire_bytes bytes;
    const struct wire_coded_message *message;
};

/* A message to write: its fields in ascending order. */
enum { WIRE_CODED_PARTS_MAX = 12 };
struct wire_coded_message {
    struct wire_coded_part parts[WIRE_CODED_PARTS_MAX];
    size_t count;
    size_t size; /* encoded, without delimiter */
};

static inline void wire_coded_init(struct wire_coded_message *message)
{
    message->count = 0;
    message->size = 0;
}

void wire_coded_add_number(struct wire_coded_message *message, uint32_t field, uint64_t number);
/* Absent bytes add nothing. */
void wire_coded_add_bytes(struct wire_coded_message *message, uint32_t field,
                          struct wire_bytes bytes);
/* `child` is whole, and lives until the message has been written. */
void wire_coded_add_message(struct wire_coded_message *message, uint32_t field,
                            const struct wire_coded_message *child);

static inline uint64_t wire_coded_zigzag(int32_t number)
{
    return (uint32_t)number << 1 ^ (uint32_t)(number >> 31);
}

/* Bytes that `number` takes, 1 to 10. */
size_t wire_coded_varint_size(uint64_t number);

/* Bytes of a delimiter and what follows it. */
static inline size_t wire_coded_delimited_size(size_t length)
{
    return wire_coded_varint_size(length) + length;
}

/* Each writes at `out`, which has room, and returns the end of it. */
uint8_t *wire_coded_write_varint(uint8_t *out, uint64_t number);
uint8_t *wire_coded_write_bytes(uint8_t *out, struct wire_bytes bytes);     /* delimited */
uint8_t *wire_coded_write(uint8_t *out, const struct wire_coded_message *); /* delimited */

#endif
