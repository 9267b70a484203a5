/*
 * Any bytes as a message, and as a descriptor set whose types then decode them.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "google/protobuf/descriptor.pb-c.h"
#include "rpc/wire/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes must encode, and decode again to the same bytes. */
static void there_and_back(const ProtobufCMessageDescriptor *type, struct wire_bytes bytes)
{
    struct arena arena = {.budget = 16 << 20};
    struct wire_buffer once = {0}, twice = {0};
    ProtobufCMessage *message;
    char problem[WIRE_PROBLEM_MAX];

    if (schema_decode(type, bytes, &arena, &message, problem) == RPC_OK &&
        schema_encode(message, &once) == RPC_OK) {
        struct wire_bytes again = {once.data, once.length};
        enum rpc_status status = schema_decode(type, again, &arena, &message, problem);
        assert(status == RPC_OK || status == RPC_TOO_LONG);
        if (status == RPC_OK && schema_encode(message, &twice) == RPC_OK) {
            assert(once.length == twice.length);
            assert(once.length == 0 || memcmp(once.data, twice.data, once.length) == 0);
        }
    }
    wire_buffer_release(&once);
    wire_buffer_release(&twice);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char problem[WIRE_PROBLEM_MAX];
    struct wire_bytes bytes = {data, size};
    struct schema *schema = schema_create();
    if (schema == NULL)
        return 0;
    there_and_back(&google__protobuf__file_descriptor_set__descriptor, bytes);
    if (schema_add(schema, bytes, problem) == RPC_OK) {
        const char *name;
        for (size_t i = 0; i < 16 && (name = schema_name_at(schema, i)) != NULL; i++) {
            const ProtobufCMessageDescriptor *type = schema_message(schema, name);
            if (type != NULL)
                there_and_back(type, bytes);
        }
    }
    schema_free(schema);
    return 0;
}
