#include "rpc/wire/arena.h"
#include "rpc/wire/v9.h"
#include "rpc/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_message message = {.payload = {data, size}};
    char problem[WIRE_PROBLEM_MAX];

    struct wire_arena *arena = wire_arena_create(WIRE_ARENA_BUDGET);
    wire_v9_open_sasl(&message, arena, problem);
    wire_arena_free(arena);
    return 0;
}
