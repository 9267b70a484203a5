/*
 * Protocols: Java's name of an interface, and the service and messages behind it.
 */
#include <assert.h>
#include <string.h>

#include "harness/handles/handles.h"
#include "harness/message/message.h"
#include "harness/roles/descriptors.h"

static const struct {
    const char *protocol, *service;
} protocols[] = {
    {HARNESS_TEST_PROTOCOL, "org.ripcord.TestService"},
    {"org.apache.hadoop.hdfs.protocol.ClientProtocol", "hadoop.hdfs.ClientNamenodeProtocol"},
};

const struct schema *harness_schema(void)
{
    static struct schema *known; /* never changes once it is there */
    char problem[WIRE_PROBLEM_MAX];
    if (known != NULL)
        return known;
    struct schema *schema = schema_create();
    struct wire_bytes set = {harness_descriptors, harness_descriptors_length};
    if (schema == NULL || schema_add(schema, set, problem) != RPC_OK) {
        schema_free(schema);
        return NULL;
    }
    known = schema;
    return known;
}

const struct schema_service *harness_service(const char *protocol)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
        if (strcmp(protocols[i].protocol, protocol) == 0)
            return schema_service(harness_schema(), protocols[i].service);
    return NULL;
}

struct schema_method harness_method(const char *protocol, const char *method)
{
    const ProtobufCMessageDescriptor *anything =
        schema_message(harness_schema(), "org.ripcord.Anything");
    assert(anything != NULL);
    const struct schema_service *service = harness_service(protocol);
    const struct schema_method *known =
        service == NULL ? NULL : schema_method(service, wire_text(method));
    if (known != NULL)
        return *known;
    return (struct schema_method){method, anything, anything};
}

void harness_encode_value(lua_State *L, int index, const ProtobufCMessageDescriptor *type,
                          struct wire_buffer *out)
{
    if (lua_type(L, index) != LUA_TSTRING) {
        harness_message_encode(L, index, type, out);
        return;
    }
    size_t length;
    const char *bytes = lua_tolstring(L, index, &length);
    if (wire_buffer_add(out, bytes, length) != RPC_OK)
        luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
}
