/*
 * One connection in the script's own hands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/handles/peer.h"
#include "harness/lua/options.h"
#include "harness/message/types.h"

enum { DRAIN_STEP = 65536 };

/* A frame may be as long as a script likes. */
static const size_t frame_length_max = (size_t)1 << 30;

/* --- life --- */

struct harness_raw *harness_raw_make(lua_State *L, struct harness_host *host,
                                     struct world_executor *executor, enum wire_side side,
                                     const char *name)
{
    struct harness *harness = harness_of(L);
    struct harness_raw *raw = harness_keep(L, sizeof(*raw));
    *raw = (struct harness_raw){.harness = harness, .host = host};
    snprintf(raw->name, sizeof(raw->name), "%s", name);
    const struct wire_codec *codec = wire_codec((int)harness->release->ipc_version);
    raw->dialect =
        (struct harness_dialect){.codec = codec,
                                 .speaks = side,
                                 .writables = harness_writes(harness, HARNESS_TEST_PROTOCOL),
                                 .protocol = HARNESS_TEST_PROTOCOL,
                                 .user = "ripcord",
                                 .protocol_version = 1};
    world_random(harness->world, raw->dialect.client_id, sizeof(raw->dialect.client_id));
    raw->decoder = wire_decoder_create(
        codec, side == WIRE_TO_SERVER ? WIRE_TO_CLIENT : WIRE_TO_SERVER, frame_length_max);
    if (raw->decoder == NULL)
        luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
    wire_decoder_types(raw->decoder, harness_writable_types(harness));
    raw->executor = executor;
    if (executor == NULL) {
        raw->executor = &raw->own_executor;
        world_executor_init(harness->world, raw->executor, host->host, name, &harness->executor);
    }
    struct harness_raw **last = &harness->handles->raws;
    while (*last != NULL)
        last = &(*last)->next;
    *last = raw;
    return raw;
}

void harness_raw_woken(struct world_watch *watch)
{
    struct harness *harness = NULL;
    world_watch_stop(watch);
    struct harness_raw *raw =
        watch->direction == WORLD_READ
            ? world_container(watch, struct harness_raw, watches[WORLD_READ])
            : world_container(watch, struct harness_raw, watches[WORLD_WRITE]);
    harness = raw->harness;
    harness_changed(harness);
}

void harness_raw_begin(struct harness_raw *raw, struct world_stream *stream)
{
    raw->stream = stream;
    world_watch_init(raw->executor, &raw->watches[WORLD_READ], stream, WORLD_READ,
                     harness_raw_woken);
    world_watch_init(raw->executor, &raw->watches[WORLD_WRITE], stream, WORLD_WRITE,
                     harness_raw_woken);
}

/* The stream, given up by the raw; NULL when there is none. */
static struct world_stream *give_up(struct harness_raw *raw)
{
    struct world_stream *stream = raw->stream;
    if (stream == NULL)
        return NULL;
    world_watch_release(&raw->watches[WORLD_READ]);
    world_watch_release(&raw->watches[WORLD_WRITE]);
    raw->stream = NULL;
    return stream;
}

void harness_raw_close(struct harness_raw *raw)
{
    struct world_stream *stream = give_up(raw);
    if (stream != NULL)
        world_close(stream);
}

void harness_raw_free(struct harness_raw *raw)
{
    wire_decoder_free(raw->decoder);
    wire_kinds_release(&raw->dialect.kinds);
    wire_buffer_release(&raw->out);
    if (raw->executor == &raw->own_executor)
        world_executor_release(raw->executor);
}

static struct harness_raw *check_raw(lua_State *L)
{
    return harness_check(L, 1, &harness_raw_type);
}

static struct harness_raw *check_open(lua_State *L)
{
    struct harness_raw *raw = check_raw(L);
    if (raw->stream == NULL)
        luaL_error(L, "%s is closed", raw->name);
    return raw;
}

/* --- writing --- */

/* RPC_AGAIN: the socket takes no more at present. */
static enum rpc_status write_out(struct harness_raw *raw)
{
    while (raw->out_at < raw->out.length) {
        size_t accepted;
        enum rpc_status status = world_write(raw->stream, raw->out.data + raw->out_at,
                                             raw->out.length - raw->out_at, &accepted);
        if (status != RPC_OK)
            return status;
        raw->out_at += accepted;
    }
    wire_buffer_release(&raw->out);
    raw->out_at = 0;
    return RPC_OK;
}

/* Whether the socket took it, pushed; HARNESS_NOT_YET: there is no room, which is watched for. */
static int push_written(lua_State *L, struct harness_raw *raw)
{
    enum rpc_status status = write_out(raw);
    if (status == RPC_AGAIN) {
        world_watch_start(&raw->watches[WORLD_WRITE]);
        return HARNESS_NOT_YET;
    }
    if (status != RPC_OK) {
        raw->end = HARNESS_RAW_RST;
        wire_buffer_release(&raw->out);
        raw->out_at = 0;
    }
    lua_pushboolean(L, status == RPC_OK);
    return 1;
}

static int written(lua_State *L, struct harness *harness, void *owner)
{
    struct harness_raw *raw = owner;
    (void)harness;
    if (raw->stream == NULL)
        return luaL_error(L, "%s was closed while it wrote", raw->name);
    return push_written(L, raw);
}

/* Encode the arguments from `first` on into `bytes`, a userdata's; a mistake leaves nothing. */
static int encode_all(lua_State *L)
{
    struct harness_dialect *dialect = lua_touserdata(L, 1);
    struct wire_buffer *bytes = lua_touserdata(L, 2);
    int last = lua_gettop(L);
    for (int i = 3; i <= last; i++)
        harness_dialect_encode(L, i, dialect, bytes);
    return 0;
}

/* The arguments from 2 on, encoded and popped. */
static void take_bytes(lua_State *L, struct harness_raw *raw, struct wire_buffer *bytes)
{
    int count = lua_gettop(L) - 1;
    luaL_checkstack(L, 8, "too many arguments");
    lua_pushcfunction(L, encode_all);
    lua_pushlightuserdata(L, &raw->dialect);
    lua_pushlightuserdata(L, bytes);
    lua_rotate(L, 2, 3);
    if (lua_pcall(L, count + 2, 0, 0) == LUA_OK)
        return;
    wire_buffer_release(bytes);
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
    lua_error(L);
}

/* Write what is in raw->out: at once when the socket takes it, else the task waits. */
static int send_out(lua_State *L, struct harness_raw *raw)
{
    struct harness_wait wait = {.ready = written, .owner = raw, .what = "room in the socket"};
    int results = push_written(L, raw);
    return results != HARNESS_NOT_YET ? results : harness_wait(L, &wait);
}

/* raw:send(…) → whether the socket took it */
static int send_bytes(lua_State *L)
{
    struct harness_raw *raw = check_open(L);
    struct wire_buffer bytes = {0};
    take_bytes(L, raw, &bytes);
    enum rpc_status status = wire_buffer_add(&raw->out, bytes.data, bytes.length);
    wire_buffer_release(&bytes);
    if (status != RPC_OK)
        return luaL_error(L, "%s", rpc_status_text(status));
    return send_out(L, raw);
}

/* raw:encode(…) → bytes */
static int encode(lua_State *L)
{
    struct harness_raw *raw = check_raw(L);
    struct wire_buffer bytes = {0};
    take_bytes(L, raw, &bytes);
    lua_pushlstring(L, bytes.length == 0 ? "" : (const char *)bytes.data, bytes.length);
    wire_buffer_release(&bytes);
    return 1;
}

/* --- reading --- */

/* What does not decode ends where its length says. */
static bool is_framed(const struct harness_raw *raw)
{
    return raw->dialect.speaks == WIRE_TO_CLIENT || raw->dialect.codec->frames_replies;
}

/* Push what comes next: a message, or "fin" and "rst" as messages.  False: nothing yet. */
static bool push_next(lua_State *L, struct harness_raw *raw)
{
    struct wire_message message;
    if (raw->deaf)
        luaL_error(L, "%s: nothing can be received behind what did not decode", raw->name);
    for (;;) {
        uint8_t *into;
        size_t got, room = wire_decoder_want(raw->decoder, &into);
        if (room == 0)
            luaL_error(L, "%s: %s", raw->name, rpc_status_text(RPC_NO_MEMORY));
        enum rpc_status status = world_read(raw->stream, into, room, &got);
        if (status == RPC_AGAIN)
            return false;
        if (status != RPC_OK) {
            raw->end = status == RPC_END ? HARNESS_RAW_FIN : HARNESS_RAW_RST;
            lua_createtable(L, 1, 0);
            lua_pushstring(L, status == RPC_END ? "fin" : "rst");
            lua_rawseti(L, -2, 1);
            return true;
        }
        status = wire_decoder_take(raw->decoder, got, &message);
        if (status == RPC_AGAIN)
            continue;
        raw->deaf = status != RPC_OK && !(status == RPC_MALFORMED && is_framed(raw));
        if (status == RPC_TOO_LONG)
            luaL_error(L, "%s: a frame of %d bytes can't be received", raw->name,
                       (int)message.length);
        if (status != RPC_OK)
            luaL_error(L, "%s: a frame does not decode: %s", raw->name,
                       wire_decoder_problem(raw->decoder));
        harness_dialect_push(L, &raw->dialect, &message, wire_decoder_arena(raw->decoder));
        return true;
    }
}

/* The wanted kind is at 2 (nil: any); what came is at the top. */
static void check_kind(lua_State *L, struct harness_raw *raw, const char *wanted)
{
    lua_rawgeti(L, -1, 1);
    const char *got = lua_tostring(L, -1);
    if (wanted != NULL && strcmp(got, wanted) != 0)
        luaL_error(L, "%s: expected to receive '%s', got '%s'", raw->name, wanted, got);
    lua_pop(L, 1);
}

static int received(lua_State *L, struct harness *harness, void *owner)
{
    struct harness_raw *raw = owner;
    if (raw->stream == NULL)
        return luaL_error(L, "%s was closed while it received", raw->name);
    if (!push_next(L, raw)) {
        if (harness->dead)
            return HARNESS_NOT_YET;
        world_watch_start(&raw->watches[WORLD_READ]);
        return HARNESS_NOT_YET;
    }
    check_kind(L, raw, lua_tostring(L, 2));
    return 1;
}

/* Before version 9 nothing on the wire tells SASL from what comes behind it: the script does. */
static void expect(struct harness_raw *raw, const char *kind)
{
    bool to_server = raw->dialect.speaks == WIRE_TO_CLIENT;
    if (strcmp(kind, "sasl") == 0)
        wire_decoder_expect(raw->decoder, WIRE_SASL);
    else if (strcmp(kind, to_server ? "context" : "response") == 0)
        wire_decoder_expect(raw->decoder, to_server ? WIRE_CONTEXT : WIRE_RESPONSE);
}

/* raw:recv(kind) */
static int receive(lua_State *L)
{
    static const char names[] = "preamble sasl context request ping response goodbye http fin rst";
    struct harness_raw *raw = check_open(L);
    const char *kind = luaL_optstring(L, 2, NULL);
    char padded[64];
    lua_settop(L, 2);
    snprintf(padded, sizeof(padded), "%s", kind == NULL ? "" : kind);
    if (kind != NULL && harness_nearest(kind, names, padded, sizeof(padded)) != NULL &&
        strcmp(padded, kind) != 0)
        return luaL_error(L, "a message has no kind '%s'; did you mean '%s'?", kind, padded);
    if (kind != NULL)
        expect(raw, kind);
    const char *what = lua_pushfstring(L, "a %s", kind == NULL ? "message" : kind);
    struct harness_wait wait = {.ready = received, .owner = raw, .what = what};
    return harness_wait(L, &wait);
}

/* What is left of the stream, up to its end, collects in a table at 2. */
static int drained(lua_State *L, struct harness *harness, void *owner)
{
    (void)harness;
    struct harness_raw *raw = owner;
    static char room[DRAIN_STEP];
    size_t got;
    if (raw->stream == NULL)
        return luaL_error(L, "%s was closed while it received", raw->name);
    enum rpc_status status;
    while ((status = world_read(raw->stream, room, sizeof(room), &got)) == RPC_OK) {
        lua_pushlstring(L, room, got);
        lua_rawseti(L, 2, (lua_Integer)lua_rawlen(L, 2) + 1);
    }
    if (status == RPC_AGAIN) {
        world_watch_start(&raw->watches[WORLD_READ]);
        return HARNESS_NOT_YET;
    }
    raw->end = status == RPC_END ? HARNESS_RAW_FIN : HARNESS_RAW_RST;
    luaL_Buffer all;
    luaL_buffinit(L, &all);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 2); i++) {
        lua_rawgeti(L, 2, i);
        luaL_addvalue(&all);
    }
    luaL_pushresult(&all);
    return 1;
}

/* raw:drain() → bytes */
static int drain(lua_State *L)
{
    struct harness_raw *raw = check_open(L);
    lua_settop(L, 1);
    lua_newtable(L);
    struct harness_wait wait = {.ready = drained, .owner = raw, .what = "the end of the stream"};
    return harness_wait(L, &wait);
}

/* --- opening --- */

/* A server's side: preamble and context have come, the table at 2 collects them. */
static int opened(lua_State *L, struct harness *harness, void *owner)
{
    static const char *const order[] = {"preamble", "context"};
    struct harness_raw *raw = owner;
    (void)harness;
    if (raw->stream == NULL)
        return luaL_error(L, "%s was closed while it received", raw->name);
    for (size_t have = (size_t)lua_rawlen(L, 2); have < 2; have++) {
        if (!push_next(L, raw)) {
            world_watch_start(&raw->watches[WORLD_READ]);
            return HARNESS_NOT_YET;
        }
        check_kind(L, raw, order[have]);
        lua_rawseti(L, 2, (lua_Integer)have + 1);
    }
    lua_rawgeti(L, 2, 2);
    return 1;
}

static void set_dialect(lua_State *L, const char *key, char *text)
{
    const char *given = harness_option_text(L, 2, key, NULL);
    if (given == NULL)
        return;
    if (strlen(given) >= HARNESS_DIALECT_TEXT_MAX)
        luaL_error(L, "%s: at most %d letters", key, HARNESS_DIALECT_TEXT_MAX - 1);
    snprintf(text, HARNESS_DIALECT_TEXT_MAX, "%s", given);
}

/* raw:open {user, protocol}: preamble and context, said or heard */
static int open_raw(lua_State *L)
{
    struct harness_raw *raw = check_open(L);
    lua_settop(L, 2);
    harness_options(L, 2, "open", "user protocol", 0);
    set_dialect(L, "user", raw->dialect.user);
    set_dialect(L, "protocol", raw->dialect.protocol);
    raw->dialect.writables |= harness_writes(raw->harness, raw->dialect.protocol);
    lua_settop(L, 1);
    lua_newtable(L);
    if (raw->dialect.speaks == WIRE_TO_CLIENT) {
        struct harness_wait wait = {.ready = opened, .owner = raw, .what = "preamble and context"};
        return harness_wait(L, &wait);
    }
    lua_pushliteral(L, "preamble");
    lua_rawseti(L, 2, 1);
    lua_createtable(L, 1, 0);
    lua_pushliteral(L, "context");
    lua_rawseti(L, 3, 1);
    return send_bytes(L);
}

/* --- ending --- */

static int close_raw(lua_State *L)
{
    harness_raw_close(check_raw(L));
    return 0;
}

static int shut_down(lua_State *L)
{
    world_shutdown(check_open(L)->stream);
    return 0;
}

static int reset(lua_State *L)
{
    struct world_stream *stream = give_up(check_raw(L));
    if (stream != NULL)
        world_reset(stream);
    return 0;
}

static const luaL_Reg methods[] = {
    {"open", open_raw},      {"send", send_bytes}, {"encode", encode},
    {"recv", receive},       {"drain", drain},     {"close", close_raw},
    {"shutdown", shut_down}, {"reset", reset},     {NULL, NULL},
};

static void push_ended(lua_State *L, struct harness *harness, void *object)
{
    static const char *const names[] = {
        [HARNESS_RAW_OPEN] = NULL, [HARNESS_RAW_FIN] = "fin", [HARNESS_RAW_RST] = "rst"};
    (void)harness;
    lua_pushstring(L, names[((struct harness_raw *)object)->end]);
}

static void push_connection(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct harness_raw *raw = object;
    harness_push_connection(L, raw->stream == NULL ? 0 : raw->stream->connection);
}

static void push_host(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push(L, &harness_host_type, ((struct harness_raw *)object)->host);
}

static const struct harness_field fields[] = {
    {"ended", push_ended}, {"connection", push_connection}, {"host", push_host}, {NULL, NULL}};

static void describe(const void *object, char *text, size_t size)
{
    snprintf(text, size, "%s", ((const struct harness_raw *)object)->name);
}

static void aim(const void *object, struct plan_aim *aim)
{
    const struct harness_raw *raw = object;
    if (raw->stream != NULL)
        aim->connection = raw->stream->connection;
    else
        aim->host = raw->host->host->id;
}

const struct harness_type harness_raw_type = {.name = "raw",
                                              .methods = methods,
                                              .looks = "encode",
                                              .fields = fields,
                                              .describe = describe,
                                              .aim = aim};
