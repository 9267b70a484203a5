#include "rpc/arena.h"
#include "rpc/wire/v9.h"
#include "rpc/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_message message = {.payload = {data, size}};
    char problem[WIRE_PROBLEM_MAX];

    struct arena arena = {.budget = WIRE_DECODED_MAX};
    wire_v9_open_sasl(&message, &arena, problem);
    arena_release(&arena);
    return 0;
}
