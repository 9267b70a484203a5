#include "harness/handles/dialect.h"

#include <string.h>

#include <lauxlib.h>

#include "harness/handles/dialect_value.h"
#include "harness/handles/handles.h"
#include "harness/lua/options.h"

static const char *const kinds[] = {
    [WIRE_PREAMBLE] = "preamble", [WIRE_SASL] = "sasl", [WIRE_CONTEXT] = "context",
    [WIRE_REQUEST] = "request",   [WIRE_PING] = "ping", [WIRE_RESPONSE] = "response",
    [WIRE_GOODBYE] = "goodbye",   [WIRE_HTTP] = "http",
};

static const char kind_names[] = "preamble sasl context request ping response goodbye http";

/* What any message may say, and what the kinds may. */
#define ANY "length trailing bytes "
static const char *const fields_of[] = {
    [WIRE_PREAMBLE] = "version service_class auth magic",
    [WIRE_SASL] =
        ANY "call state mechanism method token call_id retry client_id status class message",
    [WIRE_CONTEXT] = ANY "call user effective protocol call_id retry client_id",
    [WIRE_REQUEST] =
        ANY "call method value types call_id retry client_id protocol version hash rpc_version "
            "rpc_kind rpc_op",
    [WIRE_PING] = ANY "call call_id retry client_id",
    [WIRE_RESPONSE] =
        ANY "call call_id retry client_id status code class message value type rpc_kind",
    [WIRE_GOODBYE] = "version class message",
    [WIRE_HTTP] = "",
};

static const char status_names[] = "SUCCESS ERROR FATAL";
static const char *const statuses[] = {"SUCCESS", "ERROR", "FATAL"};
static const char state_names[] = "SUCCESS NEGOTIATE INITIATE CHALLENGE RESPONSE WRAP";
static const char *const states[] = {"SUCCESS",   "NEGOTIATE", "INITIATE",
                                     "CHALLENGE", "RESPONSE",  "WRAP"};

static const char rpc_kind_names[] = "builtin writable protobuf"; /* RpcKindProto */

const char *harness_kind_name(enum wire_kind kind)
{
    return kinds[kind];
}

/* --- which method a call id was for --- */

static void push_methods(lua_State *L, const struct harness_dialect *dialect)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, dialect) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, dialect);
}

static void remember(lua_State *L, const struct harness_dialect *dialect, int32_t call_id,
                     struct wire_bytes method)
{
    push_methods(L, dialect);
    lua_pushlstring(L, (const char *)method.data, method.length);
    lua_rawseti(L, -2, call_id);
    lua_pop(L, 1);
}

/* The call's method, which stays on the stack; "" when nobody knows it. */
static const char *push_method(lua_State *L, const struct harness_dialect *dialect, int32_t call_id)
{
    push_methods(L, dialect);
    lua_rawgeti(L, -1, call_id);
    lua_remove(L, -2);
    const char *method = lua_tostring(L, -1);
    return method == NULL ? "" : method;
}

/* --- tables to messages --- */

/* A text of the table at `index`; it stays on the stack, to be alive. */
static struct wire_bytes take_text(lua_State *L, int index, const char *key,
                                   struct wire_bytes otherwise)
{
    size_t length;
    if (harness_option_push(L, index, key) == LUA_TNIL)
        return otherwise;
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "%s: a string expected, got %s", key, luaL_typename(L, -1));
    const char *text = lua_tolstring(L, -1, &length);
    return (struct wire_bytes){(const uint8_t *)text, length};
}

static int32_t take_number(lua_State *L, int index, const char *key, int32_t otherwise)
{
    return (int32_t)harness_option_integer(L, index, key, otherwise, INT32_MIN, INT32_MAX);
}

/* The same, where `false` leaves the field out. */
static int take_omittable(lua_State *L, int index, const char *key, int otherwise)
{
    bool omitted = harness_option_push(L, index, key) == LUA_TBOOLEAN && !lua_toboolean(L, -1);
    lua_pop(L, 1);
    return omitted ? WIRE_NUMBER_ABSENT : take_number(L, index, key, otherwise);
}

/* An RPC kind, by name too. */
static int take_rpc_kind(lua_State *L, int index, int otherwise)
{
    bool named = harness_option_push(L, index, "rpc_kind") == LUA_TSTRING;
    lua_pop(L, 1);
    return named ? harness_option_word(L, index, "rpc_kind", rpc_kind_names)
                 : take_omittable(L, index, "rpc_kind", otherwise);
}

/* Before version 9 all is. */
static bool is_written(const struct harness_dialect *dialect, const struct wire_message *message)
{
    return !dialect->codec->protobuf_headers || message->rpc_kind == WIRE_KIND_WRITABLE;
}

/* Whether it is given in place of a value. */
static bool gives_bytes(lua_State *L, int index)
{
    bool given = harness_option_push(L, index, "bytes") != LUA_TNIL;
    lua_pop(L, 1);
    return given;
}

static struct wire_bytes own_id(const struct harness_dialect *dialect)
{
    return (struct wire_bytes){dialect->client_id, sizeof(dialect->client_id)};
}

static void take_preamble(lua_State *L, int index, struct wire_message *message)
{
    message->version = take_number(L, index, "version", message->version);
    message->service_class = take_number(L, index, "service_class", message->service_class);
    if (harness_option_push(L, index, "auth") == LUA_TSTRING) {
        const int auths[] = {message->auth, WIRE_AUTH_SASL, WIRE_AUTH_SIMPLE, WIRE_AUTH_KERBEROS,
                             WIRE_AUTH_DIGEST};
        message->auth =
            auths[harness_option_word(L, index, "auth", "none sasl simple kerberos digest")];
    } else {
        message->auth = take_number(L, index, "auth", message->auth);
    }
    message->magic = take_text(L, index, "magic", WIRE_ABSENT);
    if (message->magic.data != NULL && message->magic.length != 4)
        luaL_error(L, "magic: four bytes expected");
}

/* As the context has it: the effective user, and the real one behind a proxy user. */
static void take_context(lua_State *L, int index, const struct harness_dialect *dialect,
                         struct wire_message *message)
{
    struct wire_bytes user = take_text(L, index, "user", wire_text(dialect->user));
    struct wire_bytes effective = take_text(L, index, "effective", WIRE_ABSENT);
    message->user = effective.data == NULL ? user : effective;
    message->real_user = effective.data == NULL ? WIRE_ABSENT : user;
    message->protocol = take_text(L, index, "protocol", wire_text(dialect->protocol));
}

static void take_request(lua_State *L, int index, struct harness_dialect *dialect,
                         struct wire_message *message)
{
    message->method = take_text(L, index, "method", WIRE_ABSENT);
    if (message->method.data == NULL)
        luaL_error(L, "a request needs a method");
    message->protocol = take_text(L, index, "protocol", wire_text(dialect->protocol));
    message->protocol_version =
        (uint64_t)take_number(L, index, "version", (int32_t)dialect->protocol_version);
    message->methods_hash = take_number(L, index, "hash", message->methods_hash);
    message->writable_version =
        take_number(L, index, "rpc_version", (int32_t)message->writable_version);
    int usual = dialect->writables ? WIRE_KIND_WRITABLE : message->rpc_kind;
    message->rpc_kind = take_rpc_kind(L, index, usual);
    message->rpc_op = take_omittable(L, index, "rpc_op", message->rpc_op);
    if (!gives_bytes(L, index))
        message->body =
            harness_dialect_request(L, index, dialect->protocol, is_written(dialect, message),
                                    (const char *)message->method.data);
    remember(L, dialect, message->call_id, message->method);
    wire_kinds_pass(&dialect->kinds, dialect->codec, message);
}

/* `call`: the id, or the request that is answered. */
static void take_call(lua_State *L, int index, struct wire_message *message)
{
    int call = lua_gettop(L) + 1;
    switch (harness_option_push(L, index, "call")) {
    case LUA_TNIL:
        return;
    case LUA_TNUMBER:
        message->call_id = take_number(L, index, "call", 0);
        return;
    case LUA_TTABLE:
        message->call_id = take_number(L, call, "call_id", 0);
        message->retry = take_number(L, call, "retry", message->retry);
        message->client_id = take_text(L, call, "client_id", message->client_id);
        return;
    default:
        luaL_error(L, "call: a request or a call id expected, got %s", luaL_typename(L, call));
    }
}

/* A number in the place of the status: one that means nothing. */
static void take_status(lua_State *L, int index, struct wire_message *message)
{
    message->class_name = take_text(L, index, "class", WIRE_ABSENT);
    message->text = take_text(L, index, "message", WIRE_ABSENT);
    if (harness_option_push(L, index, "status") == LUA_TNUMBER) {
        message->status = WIRE_STATUS_OTHER;
        message->code = take_number(L, index, "status", 0);
        return;
    }
    int status = harness_option_word(L, index, "status", status_names);
    bool failed = message->class_name.data != NULL;
    message->status = status < 0 ? (failed ? WIRE_ERROR : WIRE_SUCCESS) : (enum wire_status)status;
}

static void take_response(lua_State *L, int index, const struct harness_dialect *dialect,
                          struct wire_message *message)
{
    take_status(L, index, message);
    if (message->status == WIRE_STATUS_OTHER)
        return;
    int code = message->status == WIRE_ERROR   ? WIRE_ERROR_APPLICATION
               : message->status == WIRE_FATAL ? WIRE_FATAL_UNKNOWN
                                               : WIRE_CODE_NONE;
    message->code = take_number(L, index, "code", code);
    message->rpc_kind = take_rpc_kind(L, index, wire_kinds_of(&dialect->kinds, message->call_id));
    const char *method = push_method(L, dialect, message->call_id);
    if (message->status == WIRE_SUCCESS && !gives_bytes(L, index))
        message->body = harness_dialect_response(L, index, dialect->protocol,
                                                 is_written(dialect, message), method);
}

static void take_sasl(lua_State *L, int index, struct wire_message *message,
                      struct wire_sasl_auth *auth)
{
    int state = harness_option_word(L, index, "state", state_names);
    message->sasl_state = state < 0 ? WIRE_SASL_NEGOTIATE : (enum wire_sasl_state)state;
    take_status(L, index, message);
    message->token = take_text(L, index, "token", WIRE_ABSENT);
    auth->mechanism = take_text(L, index, "mechanism", WIRE_ABSENT);
    auth->method = take_text(L, index, "method", auth->mechanism);
    if (auth->method.data != NULL) {
        if (auth->mechanism.data == NULL)
            auth->mechanism = wire_text("");
        message->auths = auth;
        message->auth_count = 1;
    }
}

/* What any message may say, whatever its kind. */
static void take_any(lua_State *L, int index, struct wire_message *message)
{
    if (harness_option_push(L, index, "length") != LUA_TNIL) {
        message->has_length = true;
        message->length = take_number(L, index, "length", 0);
    }
    message->trailing = take_text(L, index, "trailing", WIRE_ABSENT);
    struct wire_bytes bytes = take_text(L, index, "bytes", WIRE_ABSENT);
    if (bytes.data != NULL && (message->kind == WIRE_REQUEST || message->kind == WIRE_RESPONSE))
        message->body = bytes;
    else if (bytes.data != NULL)
        message->payload = bytes;
}

static void take_header(lua_State *L, int index, struct harness_dialect *dialect,
                        struct wire_message *message)
{
    if (message->kind == WIRE_REQUEST)
        message->call_id = dialect->next_call_id;
    if (message->kind != WIRE_RESPONSE && message->client_id.data == NULL)
        message->client_id = own_id(dialect);
    take_call(L, index, message);
    message->call_id = take_number(L, index, "call_id", message->call_id);
    if (message->kind == WIRE_REQUEST && message->call_id >= dialect->next_call_id)
        dialect->next_call_id = message->call_id < INT32_MAX ? message->call_id + 1 : 0;
    message->retry = take_number(L, index, "retry", message->retry);
    message->client_id = take_text(L, index, "client_id", message->client_id);
}

static enum wire_kind kind_at(lua_State *L, int index)
{
    lua_rawgeti(L, index, 1);
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "a message begins with its kind, as in { \"request\", … }");
    const char *name = lua_tostring(L, -1);
    for (unsigned kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
        if (strcmp(kinds[kind], name) == 0)
            return (enum wire_kind)kind;
    harness_no_such(L, "a message", "kind", name, kind_names);
    return WIRE_PING;
}

static void encode_table(lua_State *L, int index, struct harness_dialect *dialect,
                         struct wire_buffer *out)
{
    struct wire_sasl_auth auth = {.protocol = wire_text(""), .server_id = wire_text("")};
    enum wire_kind kind = kind_at(L, index);
    struct wire_message message = dialect->codec->message(kind);
    message.side = dialect->speaks;
    harness_options(L, index, kinds[kind], fields_of[kind], HARNESS_POSITIONS);
    if (kind != WIRE_PREAMBLE && kind != WIRE_GOODBYE && kind != WIRE_HTTP)
        take_header(L, index, dialect, &message);
    switch (kind) {
    case WIRE_PREAMBLE:
        take_preamble(L, index, &message);
        break;
    case WIRE_SASL:
        take_sasl(L, index, &message, &auth);
        break;
    case WIRE_CONTEXT:
        take_context(L, index, dialect, &message);
        break;
    case WIRE_REQUEST:
        take_request(L, index, dialect, &message);
        break;
    case WIRE_RESPONSE:
        take_response(L, index, dialect, &message);
        break;
    case WIRE_GOODBYE:
        message.version = take_number(L, index, "version", message.version);
        message.class_name = take_text(L, index, "class", WIRE_ABSENT);
        message.text = take_text(L, index, "message", WIRE_ABSENT);
        break;
    case WIRE_PING:
    case WIRE_HTTP:
        break;
    }
    take_any(L, index, &message);
    enum rpc_status status = dialect->codec->encode(&message, out);
    if (status != RPC_OK)
        luaL_error(L, "the %s can't be encoded: %s", kinds[kind], rpc_status_text(status));
}

void harness_dialect_encode(lua_State *L, int index, struct harness_dialect *dialect,
                            struct wire_buffer *out)
{
    size_t length;
    int top = lua_gettop(L);
    index = lua_absindex(L, index);
    luaL_checkstack(L, 32, "too many values");
    if (lua_istable(L, index)) {
        encode_table(L, index, dialect, out);
    } else {
        const char *bytes = luaL_checklstring(L, index, &length);
        if (wire_buffer_add(out, bytes, length) != RPC_OK)
            luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
    }
    lua_settop(L, top);
}

/* --- messages to tables --- */

static void set_bytes(lua_State *L, const char *key, struct wire_bytes bytes)
{
    if (bytes.data == NULL)
        return;
    lua_pushlstring(L, (const char *)bytes.data, bytes.length);
    lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, lua_Integer number)
{
    lua_pushinteger(L, number);
    lua_setfield(L, -2, key);
}

static void set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

/* Of a call of Writables, in versions that have others. */
static void set_invocation(lua_State *L, const struct wire_message *message)
{
    set_text(L, "rpc_kind", "writable");
    set_number(L, "hash", message->methods_hash);
    set_number(L, "rpc_version", (lua_Integer)message->writable_version);
}

/* The bytes of the value; what stands behind it in the frame trails. */
static void set_body(lua_State *L, struct wire_message *message, size_t size)
{
    struct wire_bytes body = message->body;
    set_bytes(L, "bytes", (struct wire_bytes){body.data, size});
    if (size < body.length)
        message->trailing = (struct wire_bytes){body.data + size, body.length - size};
}

static void push_request(lua_State *L, struct harness_dialect *dialect,
                         struct wire_message *message, struct arena *arena)
{
    char problem[WIRE_PROBLEM_MAX];
    wire_kinds_pass(&dialect->kinds, dialect->codec, message);
    if (dialect->codec->open_request(message, arena, problem) != RPC_OK) {
        set_text(L, "problem", problem);
        set_bytes(L, "bytes", message->payload);
        return;
    }
    set_bytes(L, "method", message->method);
    set_bytes(L, "protocol", message->protocol);
    if (dialect->codec->protobuf_headers)
        set_number(L, "version", (lua_Integer)message->protocol_version);
    if (dialect->codec->protobuf_headers && is_written(dialect, message))
        set_invocation(L, message);
    remember(L, dialect, message->call_id, message->method);
    const char *method = push_method(L, dialect, message->call_id);
    lua_insert(L, -2);
    set_body(L, message,
             harness_dialect_set_request(L, dialect->protocol, is_written(dialect, message), method,
                                         message->body));
    lua_remove(L, -2);
}

/* And why; a status that means nothing is its number. */
static void set_status(lua_State *L, const struct harness_dialect *dialect,
                       const struct wire_message *message)
{
    if (message->status == WIRE_STATUS_OTHER) {
        set_number(L, "status", message->code);
        return;
    }
    set_text(L, "status", statuses[message->status]);
    if (message->status == WIRE_SUCCESS)
        return;
    if (dialect->codec->protobuf_headers)
        set_number(L, "code", message->code);
    set_bytes(L, "class", message->class_name);
    set_bytes(L, "message", message->text);
}

static void push_response(lua_State *L, struct harness_dialect *dialect,
                          struct wire_message *message)
{
    char problem[WIRE_PROBLEM_MAX];
    set_number(L, "call", message->call_id);
    set_status(L, dialect, message);
    if (message->status != WIRE_SUCCESS)
        return;
    message->rpc_kind = wire_kinds_of(&dialect->kinds, message->call_id);
    if (dialect->codec->open_value(message, NULL, problem) != RPC_OK) {
        set_text(L, "problem", problem);
        set_bytes(L, "bytes", message->payload);
        return;
    }
    const char *method = push_method(L, dialect, message->call_id);
    lua_insert(L, -2);
    set_body(L, message,
             harness_dialect_set_response(L, dialect->protocol, is_written(dialect, message),
                                          method, message->body));
    lua_remove(L, -2);
}

static void keep_text(char *text, struct wire_bytes bytes)
{
    size_t length =
        bytes.length < HARNESS_DIALECT_TEXT_MAX ? bytes.length : HARNESS_DIALECT_TEXT_MAX - 1;
    if (bytes.data == NULL)
        return;
    memcpy(text, bytes.data, length);
    text[length] = '\0';
}

static void push_context(lua_State *L, struct harness_dialect *dialect,
                         struct wire_message *message, struct arena *arena)
{
    char problem[WIRE_PROBLEM_MAX];
    if (dialect->codec->open_context(message, arena, problem) != RPC_OK) {
        set_text(L, "problem", problem);
        set_bytes(L, "bytes", message->payload);
        return;
    }
    bool proxied = message->real_user.data != NULL;
    set_bytes(L, "user", proxied ? message->real_user : message->user);
    if (proxied)
        set_bytes(L, "effective", message->user);
    set_bytes(L, "protocol", message->protocol);
    keep_text(dialect->protocol, message->protocol);
}

static void push_sasl(lua_State *L, const struct harness_dialect *dialect,
                      struct wire_message *message, struct arena *arena)
{
    char problem[WIRE_PROBLEM_MAX];
    if (dialect->codec->open_sasl(message, arena, problem) != RPC_OK) {
        set_text(L, "problem", problem);
        set_bytes(L, "bytes", message->payload);
        return;
    }
    if (message->status != WIRE_SUCCESS) {
        set_status(L, dialect, message);
        return;
    }
    set_text(L, "state", states[message->sasl_state]);
    set_bytes(L, "token", message->token);
    if (message->auth_count > 0) {
        set_bytes(L, "mechanism", message->auths[0].mechanism);
        set_bytes(L, "method", message->auths[0].method);
    }
}

/* What the version's frames do not have is left out. */
static void push_header(lua_State *L, const struct harness_dialect *dialect,
                        const struct wire_message *message)
{
    set_number(L, "call_id", message->call_id);
    if (message->retry != WIRE_NUMBER_ABSENT && dialect->codec->protobuf_headers)
        set_number(L, "retry", message->retry);
    set_bytes(L, "client_id", message->client_id);
    if (message->side == WIRE_TO_SERVER || dialect->codec->frames_replies)
        set_number(L, "length", message->length);
}

void harness_dialect_push(lua_State *L, struct harness_dialect *dialect,
                          struct wire_message *message, struct arena *arena)
{
    luaL_checkstack(L, 16, "too many values");
    lua_createtable(L, 1, 12);
    lua_pushstring(L, kinds[message->kind]);
    lua_rawseti(L, -2, 1);
    switch (message->kind) {
    case WIRE_PREAMBLE:
        set_number(L, "version", message->version);
        if (dialect->codec->protobuf_headers)
            set_number(L, "service_class", message->service_class);
        set_number(L, "auth", message->auth);
        set_bytes(L, "magic", message->magic);
        return;
    case WIRE_GOODBYE:
        set_number(L, "version", message->version);
        set_bytes(L, "class", message->class_name);
        set_bytes(L, "message", message->text);
        return;
    case WIRE_HTTP:
        return;
    case WIRE_SASL:
        push_header(L, dialect, message);
        push_sasl(L, dialect, message, arena);
        break;
    case WIRE_CONTEXT:
        push_header(L, dialect, message);
        push_context(L, dialect, message, arena);
        break;
    case WIRE_REQUEST:
        push_header(L, dialect, message);
        push_request(L, dialect, message, arena);
        break;
    case WIRE_PING:
        push_header(L, dialect, message);
        break;
    case WIRE_RESPONSE:
        push_header(L, dialect, message);
        push_response(L, dialect, message);
        break;
    }
    if (message->trailing.length > 0)
        set_bytes(L, "trailing", message->trailing);
}
