/*
 * JSON to messages: as a table of Lua's, which knows how to say what does not fit.
 */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "harness/cli/base64.h"
#include "harness/cli/json.h"
#include "harness/cli/json_lua.h"
#include "harness/message/message.h"
#include "rpc/wire/schema_walk.h"

/* The field of a map's values, or of a message's member. */
static const ProtobufCFieldDescriptor *member_of(const ProtobufCFieldDescriptor *field,
                                                 const char *name)
{
    if (field == NULL || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return NULL;
    const ProtobufCMessageDescriptor *type = field->descriptor;
    return schema_is_map(field) ? &type->fields[1]
                                : protobuf_c_message_descriptor_get_field_by_name(type, name);
}

/* Maps with whole numbers as keys have them as texts in JSON. */
static void push_map_key(lua_State *L, const ProtobufCMessageDescriptor *entry, const char *key)
{
    lua_pushstring(L, key);
    if (schema_is_text(&entry->fields[0]))
        return;
    if (entry->fields[0].type == PROTOBUF_C_TYPE_BOOL) {
        lua_pushboolean(L, strcmp(key, "true") == 0);
        lua_remove(L, -2);
    } else if (lua_stringtonumber(L, key) > 0) {
        lua_remove(L, -2);
    }
}

static const void *push_key(lua_State *L, const void *type, const char *key)
{
    const ProtobufCFieldDescriptor *field = type;
    if (field != NULL && schema_is_map(field))
        push_map_key(L, field->descriptor, key);
    else
        lua_pushstring(L, key);
    return member_of(field, key);
}

static void push_text(lua_State *L, const void *type, const char *text, size_t length)
{
    const ProtobufCFieldDescriptor *field = type;
    size_t decoded;
    if (field == NULL || field->type != PROTOBUF_C_TYPE_BYTES || schema_is_text(field)) {
        lua_pushlstring(L, text, length);
        return;
    }
    uint8_t *room = lua_newuserdatauv(L, length + 1, 0);
    if (!cli_base64_decode(text, length, room, &decoded))
        luaL_error(L, "field '%s' takes bytes in base64, got '%s'", field->name, text);
    lua_pushlstring(L, (const char *)room, decoded);
    lua_remove(L, -2);
}

static const struct cli_json_reading as_fields = {push_key, push_text};

struct request {
    json_t *json;
    const ProtobufCMessageDescriptor *type;
    struct wire_buffer *out;
};

/* The members of the outermost object are the message's fields. */
static int encode(lua_State *L)
{
    const struct request *request = lua_touserdata(L, 1);
    const ProtobufCFieldDescriptor whole = {.type = PROTOBUF_C_TYPE_MESSAGE,
                                            .descriptor = request->type};
    cli_json_push(L, request->json, &as_fields, &whole);
    harness_message_encode(L, 2, request->type, request->out);
    return 0;
}

enum rpc_status cli_json_encode(const char *text, size_t length,
                                const ProtobufCMessageDescriptor *type, struct wire_buffer *out,
                                char *problem)
{
    struct request request = {.type = type, .out = out};
    enum rpc_status status = cli_json_load(text, length, &request.json, problem);
    if (status == RPC_OK)
        status = cli_json_run(encode, &request, problem);
    json_decref(request.json);
    return status;
}
