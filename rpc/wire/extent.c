#include "rpc/wire/extent.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "rpc/wire/big_endian.h"
#include "rpc/wire/v4.h"
#include "rpc/wire/writable.h"

enum { WORD = 4 };

enum extent_state {
    EXTENT_HEADER, /* call id and status; of SASL status and the next length */
    EXTENT_CLASS,  /* the exception's class name */
    EXTENT_TEXT,   /* its message */
    EXTENT_VALUE,  /* an ObjectWritable */
    EXTENT_TOKEN,  /* of SASL */
    EXTENT_WHOLE,
};

#define TO(state) (1u << (state))

static const unsigned may_follow[] = {
    [EXTENT_HEADER] = TO(EXTENT_CLASS) | TO(EXTENT_VALUE) | TO(EXTENT_TOKEN) | TO(EXTENT_WHOLE),
    [EXTENT_CLASS] = TO(EXTENT_TEXT),
    [EXTENT_TEXT] = TO(EXTENT_WHOLE),
    [EXTENT_VALUE] = TO(EXTENT_WHOLE),
    [EXTENT_TOKEN] = TO(EXTENT_WHOLE),
    [EXTENT_WHOLE] = 0,
};

struct wire_extent {
    const struct writable_types *types; /* borrowed */
    struct writable_scan *scan;         /* owned */
    size_t length_max;
    enum wire_kind expected;
    enum extent_state state;
    size_t begin; /* of the present state's bytes */
};

struct wire_extent *wire_extent_create(const struct writable_types *types, size_t length_max)
{
    struct wire_extent *extent = calloc(1, sizeof(*extent));
    if (extent == NULL)
        return NULL;
    extent->scan = writable_scan_create();
    if (extent->scan == NULL) {
        free(extent);
        return NULL;
    }
    extent->types = types;
    extent->length_max = length_max;
    extent->expected = WIRE_RESPONSE;
    return extent;
}

void wire_extent_free(struct wire_extent *extent)
{
    if (extent == NULL)
        return;
    writable_scan_free(extent->scan);
    free(extent);
}

void wire_extent_reset(struct wire_extent *extent)
{
    extent->state = EXTENT_HEADER;
    extent->begin = 0;
}

void wire_extent_types(struct wire_extent *extent, const struct writable_types *types)
{
    extent->types = types;
}

void wire_extent_expect(struct wire_extent *extent, enum wire_kind expected)
{
    extent->expected = expected;
}

static void enter(struct wire_extent *extent, enum extent_state next, size_t begin)
{
    assert(may_follow[extent->state] & TO(next));
    extent->state = next;
    extent->begin = begin;
    if (next == EXTENT_VALUE)
        writable_scan_begin(extent->scan, extent->types, WRITABLE_GOAL_OBJECT, NULL);
}

void wire_extent_value(struct wire_extent *extent)
{
    wire_extent_reset(extent);
    enter(extent, EXTENT_VALUE, 0);
}

/* Whether bytes up to `size` have come. */
static enum rpc_status come(struct wire_bytes bytes, size_t size)
{
    return bytes.length >= size ? RPC_OK : RPC_AGAIN;
}

static enum rpc_status look_header(struct wire_extent *extent, struct wire_bytes bytes,
                                   size_t *size)
{
    bool sasl = extent->expected == WIRE_SASL;
    *size = WIRE_EXTENT_HEADER;
    if (come(bytes, *size) != RPC_OK)
        return RPC_AGAIN;
    int32_t status = wire_int32(bytes.data + (sasl ? 0 : WORD));
    size_t end = sasl ? WORD : WIRE_EXTENT_HEADER;
    if (status == WIRE_V4_SUCCESS)
        enter(extent, sasl ? EXTENT_TOKEN : EXTENT_VALUE, end);
    else if (sasl || status == WIRE_V4_ERROR || status == WIRE_V4_FATAL)
        enter(extent, EXTENT_CLASS, end);
    else
        enter(extent, EXTENT_WHOLE, end); /* Client.java reads no further */
    return RPC_OK;
}

/* A length word and its bytes (WritableUtils.readString). */
static enum rpc_status look_string(struct wire_extent *extent, struct wire_bytes bytes,
                                   enum extent_state next, size_t *size, char *problem)
{
    *size = extent->begin + WORD;
    if (come(bytes, *size) != RPC_OK)
        return RPC_AGAIN;
    int32_t length = wire_int32(bytes.data + extent->begin);
    bool none = length == (extent->state == EXTENT_TOKEN ? WIRE_V4_SWITCH_TO_SIMPLE : -1);
    if (length < 0 && !none) {
        snprintf(problem, WIRE_PROBLEM_MAX, "%d", (int)length);
        return RPC_BAD_VALUE;
    }
    *size += none ? 0 : (size_t)length;
    if (come(bytes, *size) != RPC_OK)
        return RPC_AGAIN;
    enter(extent, next, *size);
    return RPC_OK;
}

static enum rpc_status look_value(struct wire_extent *extent, struct wire_bytes bytes, size_t *size,
                                  char *problem)
{
    const struct wire_bytes value = {bytes.data + extent->begin, bytes.length - extent->begin};
    enum rpc_status status = writable_scan(extent->scan, value, size, problem);

    *size += extent->begin;
    if (status == RPC_OK)
        enter(extent, EXTENT_WHOLE, *size);
    return status;
}

static enum rpc_status look(struct wire_extent *extent, struct wire_bytes bytes, size_t *size,
                            char *problem)
{
    switch (extent->state) {
    case EXTENT_HEADER:
        return look_header(extent, bytes, size);
    case EXTENT_CLASS:
        return look_string(extent, bytes, EXTENT_TEXT, size, problem);
    case EXTENT_TEXT:
    case EXTENT_TOKEN:
        return look_string(extent, bytes, EXTENT_WHOLE, size, problem);
    case EXTENT_VALUE:
        return look_value(extent, bytes, size, problem);
    case EXTENT_WHOLE:
        break;
    }
    *size = extent->begin;
    return RPC_OK;
}

enum rpc_status wire_extent_look(struct wire_extent *extent, struct wire_bytes bytes, size_t *size,
                                 char *problem)
{
    enum rpc_status status;

    do
        status = look(extent, bytes, size, problem);
    while (status == RPC_OK && extent->state != EXTENT_WHOLE);
    if ((status == RPC_OK || status == RPC_AGAIN) && *size > extent->length_max) {
        snprintf(problem, WIRE_PROBLEM_MAX, "a reply of more than %zu bytes", extent->length_max);
        return RPC_TOO_LONG;
    }
    return status;
}
