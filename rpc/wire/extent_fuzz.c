/*
 * Where a reply of version 4 ends: the same whether it comes at once or byte for byte, and
 * nothing is ever asked for that lies behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "rpc/wire/extent.h"
#include "rpc/wire/types_fuzz.h"
#include "rpc/wire/writable.h"

enum { LENGTH_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wire_extent *begin(bool sasl)
{
    struct wire_extent *extent = wire_extent_create(fuzz_types(), LENGTH_MAX);
    if (extent == NULL)
        abort();
    wire_extent_expect(extent, sasl ? WIRE_SASL : WIRE_RESPONSE);
    return extent;
}

/* In as many looks as there are sizes; each look gets a copy that ends where the bytes do. */
static enum rpc_status in_pieces(struct wire_extent *extent, struct wire_bytes reply, size_t piece,
                                 size_t *size, char *problem)
{
    enum rpc_status status = RPC_AGAIN;
    size_t have = 0;

    *size = WIRE_EXTENT_HEADER;
    while (status == RPC_AGAIN && *size <= reply.length) {
        size_t missing = *size - have;
        if (missing == 0)
            abort(); /* what has come is not enough, and no more is wanted */
        have += missing < piece ? missing : piece;
        uint8_t *copy = malloc(have);
        memcpy(copy, reply.data, have);
        size_t before = *size;
        status = wire_extent_look(extent, (struct wire_bytes){copy, have}, size, problem);
        free(copy);
        if (status == RPC_AGAIN && *size < before)
            abort();
    }
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char problem[2][WIRE_PROBLEM_MAX] = {"", ""};
    size_t sizes[2];

    if (size < 1 + WIRE_EXTENT_HEADER)
        return 0;
    bool sasl = data[0] >= 128;
    size_t piece = 1 + data[0] % 128;
    const struct wire_bytes reply = {data + 1, size - 1};
    struct wire_extent *extent = begin(sasl);
    enum rpc_status whole = wire_extent_look(extent, reply, &sizes[0], problem[0]);
    wire_extent_reset(extent);
    enum rpc_status pieces = in_pieces(extent, reply, piece, &sizes[1], problem[1]);
    wire_extent_free(extent);
    if (whole != pieces || (whole == RPC_OK && (sizes[0] != sizes[1] || sizes[0] > reply.length)))
        abort();
    if (whole != RPC_OK && whole != RPC_AGAIN && strcmp(problem[0], problem[1]) != 0)
        abort();
    return 0;
}
