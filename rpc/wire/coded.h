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

static inline struct wire_coded_reader wire_coded_reader(struct wire_bytes bytes)
{
    static const uint8_t nothing[1];
    const uint8_t *at = bytes.data != NULL ? bytes.data : nothing;
    return (struct wire_coded_reader){.at = at, .end = at + bytes.length};
}

/* The next field.  Groups, which nobody uses, are passed over.  False at the end, or with
 * `problem` set. */
bool wire_coded_next_of_any_size(struct wire_coded_reader *in, struct wire_coded_field *field);

/* The same: nearly all keys, lengths and numbers have one byte. */
static inline bool wire_coded_next(struct wire_coded_reader *in, struct wire_coded_field *field)
{
    const uint8_t *at = in->at;
    size_t left = (size_t)(in->end - at);
    if (left == 0)
        return false;
    if (left >= 2 && at[0] >= 8 && at[0] < 0x80 && at[1] < 0x80 && in->problem == NULL) {
        field->key = at[0];
        if ((at[0] & 7) == WIRE_CODED_NUMBER(0)) {
            field->number = at[1];
            in->at = at + 2;
            return true;
        }
        if ((at[0] & 7) == WIRE_CODED_BYTES(0) && left - 2 >= at[1]) {
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

static inline uint64_t wire_coded_zigzag(int32_t number)
{
    return (uint32_t)number << 1 ^ (uint32_t)(number >> 31);
}

/* Bytes that `number` takes, 1 to 10. */
size_t wire_coded_varint_size(uint64_t number);

/* The most that a key and a number or a length take here, where no field is above 15. */
enum { WIRE_CODED_NUMBER_MAX = 1 + 10, WIRE_CODED_LENGTH_MAX = 1 + 5 };

/* Each writes at `out`, which has room, and returns the end of it. */
uint8_t *wire_coded_write_varint(uint8_t *out, uint64_t number);
uint8_t *wire_coded_write_bytes(uint8_t *out, struct wire_bytes bytes); /* delimited */

static inline uint8_t *wire_coded_put_number(uint8_t *out, uint32_t field, uint64_t number)
{
    *out++ = (uint8_t)WIRE_CODED_NUMBER(field);
    return wire_coded_write_varint(out, number);
}

/* Absent bytes are not written. */
static inline uint8_t *wire_coded_put_bytes(uint8_t *out, uint32_t field, struct wire_bytes bytes)
{
    if (bytes.data == NULL)
        return out;
    *out++ = (uint8_t)WIRE_CODED_BYTES(field);
    return wire_coded_write_bytes(out, bytes);
}

/* A message begins at `at`, with its length, or as a field with its key: returns where its own
 * fields go. */
static inline uint8_t *wire_coded_begin(uint8_t *at)
{
    return at + 1;
}

static inline uint8_t *wire_coded_begin_field(uint8_t *at, uint32_t field)
{
    *at = (uint8_t)WIRE_CODED_BYTES(field);
    return wire_coded_begin(at + 1);
}

/* The message whose fields begin at `fields` ends at `out`: now its length can be written.  Returns
 * where it ends then. */
uint8_t *wire_coded_end(uint8_t *fields, uint8_t *out);

#endif
