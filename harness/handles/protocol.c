/*
 * Protocols: Java's name of an interface, and the service and messages behind it.
 */
#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "harness/handles/handles.h"
#include "harness/lua/options.h"
#include "harness/message/message.h"
#include "harness/message/types.h"
#include "harness/message/value.h"
#include "harness/roles/descriptors.h"

static const struct shipped {
    const char *protocol, *service;
    const char *interface; /* Java's, where it is called otherwise */
    const uint8_t *set;    /* of descriptors */
    const size_t *length;
} protocols[] = {
    {HARNESS_TEST_PROTOCOL, "org.ripcord.TestService", NULL, harness_descriptors_test,
     &harness_descriptors_test_length},
    {"org.apache.hadoop.hdfs.protocol.ClientProtocol", "hadoop.hdfs.ClientNamenodeProtocol",
     "org.apache.hadoop.hdfs.protocolPB.ClientNamenodeProtocolPB", harness_descriptors_namenode,
     &harness_descriptors_namenode_length},
    {"org.apache.hadoop.ipc.ProtocolMetaInfoPB", "hadoop.common.ProtocolInfoService", NULL,
     harness_descriptors_protocol_info, &harness_descriptors_protocol_info_length},
};

enum { PROTOCOLS = sizeof(protocols) / sizeof(*protocols), TEST = 0 };

static struct schema *read_set(const struct shipped *shipped)
{
    char problem[WIRE_PROBLEM_MAX];
    struct schema *schema = schema_create();
    enum rpc_status status =
        schema == NULL
            ? RPC_NO_MEMORY
            : schema_add(schema, (struct wire_bytes){shipped->set, *shipped->length}, problem);
    assert(status == RPC_OK || status == RPC_NO_MEMORY); /* the sets are ours */
    if (status == RPC_OK)
        return schema;
    schema_free(schema);
    return NULL;
}

/* A protocol's types, read by whoever asks first; of two threads that do, the later takes what
 * the other has made. */
static const struct schema *schema_of(size_t protocol)
{
    static _Atomic(struct schema *) known[PROTOCOLS];
    struct schema *schema = atomic_load(&known[protocol]);
    if (schema != NULL)
        return schema;
    struct schema *made = read_set(&protocols[protocol]);
    if (made != NULL && atomic_compare_exchange_strong(&known[protocol], &schema, made))
        return made;
    schema_free(made);
    return schema;
}

static const struct schema_service *service_of(size_t protocol)
{
    const struct schema *schema = schema_of(protocol);
    return schema == NULL ? NULL : schema_service(schema, protocols[protocol].service);
}

/* Its place; PROTOCOLS: it does not come with ripcord. */
static size_t find(const char *protocol)
{
    size_t i = 0;
    while (i < PROTOCOLS && strcmp(protocols[i].protocol, protocol) != 0)
        i++;
    return i;
}

const struct schema_service *harness_service(const char *protocol)
{
    const size_t found = find(protocol);
    return found < PROTOCOLS ? service_of(found) : NULL;
}

const struct schema_service *harness_service_named(const char *service)
{
    for (size_t i = 0; i < PROTOCOLS; i++)
        if (strcmp(protocols[i].service, service) == 0)
            return service_of(i);
    return NULL;
}

const char *harness_interface(const char *protocol)
{
    const size_t found = find(protocol);
    return found < PROTOCOLS ? protocols[found].interface : NULL;
}

struct schema_method harness_method(const char *protocol, const char *method)
{
    const struct schema_service *service = harness_service(protocol);
    const struct schema_method *known =
        service == NULL ? NULL : schema_method(service, wire_text(method));
    if (known != NULL)
        return *known;
    const ProtobufCMessageDescriptor *anything =
        schema_message(schema_of(TEST), "org.ripcord.Anything");
    assert(anything != NULL);
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

/* --- what a case's release says of a method --- */

#define ANYTHING "org.ripcord.Anything"

bool harness_writes(const struct harness *harness, const char *protocol)
{
    return harness->release->writable_values || harness_types_writables(harness->types, protocol);
}

bool harness_engine_option(lua_State *L, int index, bool otherwise)
{
    const int word = harness_option_word(L, index, "engine", "protobuf writable");
    if (word == 0 && harness_of(L)->release->writable_values)
        harness_skip(L, "before 2.x all calls are Writables");
    return word < 0 ? otherwise : word == 1;
}

struct harness_method harness_method_of(const struct harness *harness, const char *protocol,
                                        bool writables, const char *method)
{
    if (!writables) {
        struct schema_method known = harness_method(protocol, method);
        return (struct harness_method){.name = method,
                                       .protocol = protocol,
                                       .request = known.request,
                                       .response = known.response};
    }
    return harness_method_written(harness->types, harness->release, protocol, method);
}

struct harness_method harness_method_written(const struct harness_types *types,
                                             const struct release *release, const char *protocol,
                                             const char *method)
{
    const struct harness_signature *signature =
        harness_signature_next(types, protocol, method, NULL);
    if (signature == NULL)
        signature = harness_signature_versioned(types, method);
    return (struct harness_method){
        .name = method,
        .protocol = protocol,
        .types = types,
        .signature = signature,
        .overlong = release->utf8_nul_overlong,
        .packed = writable_types_find(types->classes, wire_text(WRITABLE_PACKED_CLASS)) != NULL,
    };
}

struct harness_manner harness_request_manner(const struct harness_method *method)
{
    return (struct harness_manner){method->types->classes, method->overlong, method->packed};
}

/* ObjectWritable.write packs nothing, so replies don't. */
struct harness_manner harness_answer_manner(const struct harness_method *method)
{
    return (struct harness_manner){method->types->classes, method->overlong, false};
}

static void add_bytes(lua_State *L, int index, struct wire_buffer *out)
{
    size_t length;
    const char *bytes = lua_tolstring(L, index, &length);
    if (wire_buffer_add(out, bytes, length) != RPC_OK)
        luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
}

/* Whether `name` is that of a class that is a Writable. */
static bool names_writable(const struct harness_types *types, struct wire_bytes name)
{
    enum writable_kind kind;
    const struct writable_class *class;
    return name.data != NULL && writable_types_declared(types->classes, &name, &kind, &class) &&
           kind == WRITABLE_CLASS;
}

/* Whether a Java type is a Writable, of which scripts have tables. */
static bool is_writable(const struct harness_types *types, const char *type)
{
    return names_writable(types, wire_text(type));
}

/* How many arguments the list at `index` has: what its `n` says, else nil at its end is not
 * counted. */
static size_t count_arguments(lua_State *L, int index, const struct harness_method *method)
{
    struct harness_list list;
    if (lua_isnil(L, index))
        return 0;
    if (!lua_istable(L, index))
        luaL_error(L, "%s takes the list of its arguments, got %s", method->name,
                   luaL_typename(L, index));
    if (!harness_list_of(L, index, &list))
        luaL_error(L, "%s takes the list of its arguments, got a table with the key '%s'",
                   method->name, luaL_tolstring(L, -1, NULL));
    return list.length;
}

/* Of overloaded methods the one with as many parameters; else with the fewest more. */
static const struct harness_signature *choose(lua_State *L, const struct harness_method *method,
                                              size_t count)
{
    const struct harness_signature *best = NULL, *each = method->signature;
    for (; each != NULL;
         each = harness_signature_next(method->types, method->protocol, method->name, each))
        if (each->count >= count && (best == NULL || each->count < best->count))
            best = each;
    if (best == NULL)
        luaL_error(L, "%s takes %s(%s), got %I arguments", method->protocol, method->name,
                   method->signature->text, (LUAI_UACINT)count);
    return best;
}

static void put_count(lua_State *L, size_t count, struct wire_buffer *out)
{
    if (writable_put_number(out, WRITABLE_INT, (int64_t)count) != RPC_OK)
        luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
}

/* One argument that is a Writable: nil is one with nothing in it. */
static void put_only(lua_State *L, int index, const struct harness_manner *manner, const char *type,
                     struct wire_buffer *out)
{
    put_count(L, 1, out);
    if (lua_isnil(L, index))
        lua_newtable(L);
    else
        lua_pushvalue(L, index);
    harness_value_encode_object(L, -1, manner, type, out);
    lua_pop(L, 1);
}

static bool has_field(const struct harness_types *types, const char *class, const char *name)
{
    const struct writable_class *known = writable_types_find(types->classes, wire_text(class));
    for (size_t i = 0; known != NULL && i < known->field_count; i++)
        if (strcmp(known->fields[i].name, name) == 0)
            return true;
    return false;
}

/* Whether it is a list that says its length, { nil, n = 1 }. */
static bool is_counted(lua_State *L, int index)
{
    struct harness_list list;
    int top = lua_gettop(L);
    bool counted = lua_istable(L, index) && harness_list_of(L, index, &list) && list.counted;
    lua_settop(L, top);
    return counted;
}

static bool has_named(lua_State *L, int index)
{
    bool named = false;
    if (!lua_istable(L, index))
        return false;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        named = named || lua_type(L, -2) == LUA_TSTRING;
        lua_pop(L, 1);
    }
    return named;
}

/* Whether what is given are the fields of the only parameter, a Writable, and not a list of
 * arguments; of overloaded methods *signature becomes the one that has it. */
static bool takes_fields(lua_State *L, int index, const struct harness_method *method,
                         const struct harness_signature **signature)
{
    const struct harness_signature *each = method->signature, *found = NULL;
    size_t count = 0;
    for (; each != NULL; count++) {
        if (found == NULL && each->count == 1 && is_writable(method->types, each->parameters[0]))
            found = each;
        each = harness_signature_next(method->types, method->protocol, method->name, each);
    }
    if (found != NULL && is_counted(L, index) &&
        !has_field(method->types, found->parameters[0], "n"))
        return false;
    if (found != NULL)
        *signature = found;
    return count == 0 || (found != NULL && (count == 1 || has_named(L, index)));
}

void harness_request_encode(lua_State *L, int index, const struct harness_method *method,
                            struct wire_buffer *out)
{
    index = lua_absindex(L, index);
    if (method->request != NULL) {
        harness_encode_value(L, index, method->request, out);
        return;
    }
    const struct harness_manner manner = harness_request_manner(method);
    const struct harness_signature *signature = method->signature;
    if (lua_type(L, index) == LUA_TSTRING) {
        add_bytes(L, index, out);
        return;
    }
    if (takes_fields(L, index, method, &signature)) {
        put_only(L, index, &manner, signature == NULL ? ANYTHING : signature->parameters[0], out);
        return;
    }
    size_t count = count_arguments(L, index, method);
    signature = choose(L, method, count);
    put_count(L, signature->count, out);
    for (size_t i = 0; i < signature->count; i++) {
        if (lua_istable(L, index))
            lua_rawgeti(L, index, (lua_Integer)i + 1);
        else
            lua_pushnil(L);
        harness_value_encode_object(L, -1, &manner, signature->parameters[i], out);
        lua_pop(L, 1);
    }
}

void harness_answer_encode(lua_State *L, int index, const struct harness_method *method,
                           struct wire_buffer *out)
{
    index = lua_absindex(L, index);
    if (method->request != NULL) {
        harness_encode_value(L, index, method->response, out);
        return;
    }
    const struct harness_manner manner = harness_answer_manner(method);
    const char *type = method->signature == NULL ? ANYTHING : method->signature->returns;
    if (is_writable(method->types, type) && lua_type(L, index) == LUA_TSTRING) {
        add_bytes(L, index, out);
        return;
    }
    bool same = strcmp(type, ANYTHING) == 0 || strcmp(method->protocol, HARNESS_TEST_PROTOCOL) == 0;
    if (same && lua_isnil(L, index)) {
        lua_newtable(L); /* as with protobuf, where nothing is an empty message */
        index = lua_gettop(L);
    }
    harness_value_encode_object(L, index, &manner, type, out);
}

/* The declared class of the only parameter; absent: there are none or more. */
static struct wire_bytes only_parameter(struct wire_bytes body)
{
    enum { COUNT = 4, LENGTH = 2 };
    static const uint8_t one[COUNT] = {0, 0, 0, 1};
    if (body.length < COUNT + LENGTH || memcmp(body.data, one, COUNT) != 0)
        return WIRE_ABSENT;
    size_t length = (size_t)body.data[COUNT] << 8 | body.data[COUNT + 1];
    if (length > body.length - COUNT - LENGTH)
        return WIRE_ABSENT;
    return (struct wire_bytes){body.data + COUNT + LENGTH, length};
}

/* A null stands in a Writable, whatever it is a null of: java.lang.String, say. */
static bool is_null_of_writable(const struct harness_types *types, struct wire_bytes body)
{
    char name[WRITABLE_NAME_MAX + 1], problem[WIRE_PROBLEM_MAX];
    return writable_signature(types->classes, body, name, sizeof(name), problem) == RPC_OK &&
           names_writable(types, wire_text(name));
}

enum rpc_status harness_request_decode(lua_State *L, const struct harness_method *method,
                                       struct wire_bytes bytes, size_t *size, char *problem)
{
    if (size != NULL)
        *size = bytes.length;
    if (method->request != NULL)
        return harness_message_decode(L, method->request, bytes, problem);
    enum rpc_status status = harness_value_decode(
        L, method->types->classes, WRITABLE_GOAL_PARAMETERS, NULL, bytes, size, problem);
    if (status != RPC_OK)
        return status;
    if (!names_writable(method->types, only_parameter(bytes)))
        return RPC_OK;
    if (lua_rawgeti(L, -1, 1) == LUA_TNIL && !is_null_of_writable(method->types, bytes))
        lua_pop(L, 1);
    else
        lua_remove(L, -2);
    return RPC_OK;
}

enum rpc_status harness_answer_decode(lua_State *L, const struct harness_method *method,
                                      struct wire_bytes bytes, size_t *size, char *problem)
{
    if (size != NULL)
        *size = bytes.length;
    if (method->request != NULL)
        return harness_message_decode(L, method->response, bytes, problem);
    return harness_value_decode(L, method->types->classes, WRITABLE_GOAL_OBJECT, NULL, bytes, size,
                                problem);
}
