#include "harness/fault/fault.h"

#include <stdio.h>
#include <string.h>

#include "harness/fault/aim.h"
#include "harness/fault/partition.h"
#include "harness/judge/matcher.h"
#include "harness/judge/passage.h"
#include "harness/judge/road.h"
#include "harness/lua/options.h"
#include "harness/lua/sandbox.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "harness/play/arena.h"
#include "harness/tap/tap.h"
#include "harness/trace/event.h"
#include "harness/trace/ledger.h"
#include "reports/record.h"

enum { STRIKES_MAX = 64, PARAMS_MAX = 4, FILE_LENGTH_MAX = 512 };

/* What a fault handle names. */
struct fault {
    struct fault *next;                  /* in the order of arming */
    struct plan_fault *plan;             /* the script's thread's */
    uint32_t number;                     /* the plan's */
    struct harness_partition *partition; /* NULL: it is none */
    const char *name;                    /* "client.read.stop" */
    const char *file;
    int line;
    uint64_t armed_ns, lifted_ns; /* lifted_ns 0: it stands */
    const struct harness_aim *aim;
    struct record_pair params[PARAMS_MAX];
    size_t param_count;
    int64_t struck_ns[STRIKES_MAX]; /* the first ones */
    size_t struck_count;
    uint32_t met; /* the connection that it has struck, 0: none */
    bool met_several;
};

struct gate {
    struct gate *next;
    struct plan_gate *plan;
    const char *name, *file;
    int line;
    const struct harness_aim *aim;
};

struct harness_faults {
    struct fault *first, **last;
    struct gate *first_gate, **last_gate;
};

static struct harness_faults *faults_of(lua_State *L, struct harness *harness)
{
    if (harness->faults == NULL) {
        struct harness_faults *faults = harness_keep(L, sizeof(*faults));
        faults->last = &faults->first;
        faults->last_gate = &faults->first_gate;
        harness->faults = faults;
        harness->disturbed = true;
    }
    return harness->faults;
}

static const char *keep_place(lua_State *L, struct harness *harness, int *line)
{
    char file[FILE_LENGTH_MAX];
    *line = harness_place(L, file, sizeof(file));
    return harness_arena_text(harness->arena, file);
}

/* A fault or hold that Lua must judge can't be judged on a server's thread. */
static void check_world(lua_State *L, struct harness *harness, const struct harness_aim *aim)
{
    const char *name = point_name(aim->point);
    if (harness->kind == HARNESS_LIVE && aim->needs_lua && strncmp(name, "client.", 7) != 0)
        harness_skip(L, "live can't ask the script at %s; aim by plain values", name);
}

/* --- parameters ------------------------------------------------------------------------------ */

static int check_errno(lua_State *L, const char *name)
{
    static const struct {
        const char *name;
        enum rpc_status status;
    } errors[] = {
        {"ECONNREFUSED", RPC_REFUSED},     {"ECONNRESET", RPC_RESET},
        {"EPIPE", RPC_BROKEN_PIPE},        {"ETIMEDOUT", RPC_TIMED_OUT},
        {"EHOSTUNREACH", RPC_UNREACHABLE}, {"EMFILE", RPC_NO_DESCRIPTORS},
        {"ENFILE", RPC_NO_DESCRIPTORS},    {"EIO", RPC_IO},
    };
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (strcmp(errors[i].name, name) == 0)
            return (int)errors[i].status;
    return harness_no_such(L, "the fault", "errno", name,
                           "ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH EMFILE ENFILE "
                           "EIO");
}

static const char *need_text(lua_State *L, int index, const char *key, const char *fault)
{
    const char *text = harness_option_text(L, index, key, NULL);
    if (text == NULL)
        luaL_error(L, "%s needs %s = \"...\"", fault, key);
    return text;
}

static void need(lua_State *L, int index, const char *key, const char *fault)
{
    if (harness_option_push(L, index, key) == LUA_TNIL)
        luaL_error(L, "%s needs %s = ...", fault, key);
    lua_pop(L, 1);
}

static const void *make_payload(lua_State *L, int index, const char *key, enum point_effect effect,
                                const char *fault)
{
    need(L, index, key, fault);
    harness_option_push(L, index, key);
    int top = lua_gettop(L);
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++) {
        const void *made = (*module)->payload != NULL ? (*module)->payload(L, top, effect) : NULL;
        lua_settop(L, top);
        if (made != NULL) {
            lua_pop(L, 1);
            return made;
        }
    }
    luaL_error(L, "%s: %s can't be %s", fault, key, luaL_typename(L, -1));
    return NULL;
}

static void take_parameters(lua_State *L, int index, const char *fault, struct point_strike *strike)
{
    strike->after = harness_option_size(L, index, "after", 0);
    switch (strike->effect) {
    case EFFECT_DELAY:
        need(L, index, "by", fault);
        strike->by_ns = harness_option_duration(L, index, "by", 0);
        return;
    case EFFECT_SHORT:
        strike->bytes = harness_option_size(L, index, "bytes", 1);
        return;
    case EFFECT_ERROR:
        strike->error = check_errno(L, need_text(L, index, "errno", fault));
        return;
    case EFFECT_THROW:
        strike->class_name = need_text(L, index, "class", fault);
        strike->message = harness_option_text(L, index, "message", NULL);
        return;
    case EFFECT_SPLIT:
        strike->size = harness_option_size(L, index, "size", 1);
        strike->gap_ns = harness_option_duration(L, index, "gap", 0);
        return;
    case EFFECT_SLOW:
        need(L, index, "rate", fault);
        strike->rate = harness_option_size(L, index, "rate", 1);
        return;
    case EFFECT_CORRUPT:
        strike->offset = harness_option_size(L, index, "offset", 0);
        strike->bit = (unsigned)harness_option_integer(L, index, "bit", 0, 0, 7);
        return;
    case EFFECT_CHANGE:
        strike->payload = make_payload(L, index, "fields", strike->effect, fault);
        return;
    case EFFECT_INJECT:
        strike->payload = make_payload(L, index, "message", strike->effect, fault);
        return;
    case EFFECT_DROP:
    case EFFECT_DUPLICATE:
    case EFFECT_FAIL:
    case EFFECT_FIN:
    case EFFECT_MEMORY:
    case EFFECT_PARTITION:
    case EFFECT_REFUSE:
    case EFFECT_RST:
    case EFFECT_STOP:
    case EFFECT_SWALLOW:
    case EFFECT_COUNT:
        return;
    }
}

/* What the script gave for the effect, for the record. */
static void keep_parameters(lua_State *L, int index, struct fault *fault, const char *names)
{
    struct harness *harness = harness_of(L);
    char name[32], text[HARNESS_SHOW_MAX];
    for (const char *at = names; *at != '\0' && fault->param_count < PARAMS_MAX;) {
        size_t length = strcspn(at, " ");
        snprintf(name, sizeof(name), "%.*s", (int)length, at);
        at += length + strspn(at + length, " ");
        if (harness_option_push(L, index, name) != LUA_TNIL) {
            harness_show(L, -1, text, sizeof(text));
            fault->params[fault->param_count++] =
                (struct record_pair){.name = harness_arena_text(harness->arena, name),
                                     .text = harness_arena_text(harness->arena, text)};
        }
        lua_pop(L, 1);
    }
}

/* --- t:fault -----------------------------------------------------------------------------------
 */

/* All faults there are, pushed, with spaces between. */
static const char *push_fault_names(lua_State *L)
{
    luaL_Buffer names;
    luaL_buffinit(L, &names);
    for (unsigned point = 0; point < POINT_COUNT; point++) {
        for (unsigned effect = 0; effect < EFFECT_COUNT; effect++) {
            if (!point_has_effect((enum point)point, (enum point_effect)effect))
                continue;
            luaL_addstring(&names, point_name((enum point)point));
            luaL_addchar(&names, '.');
            luaL_addstring(&names, point_effect_name((enum point_effect)effect));
            luaL_addchar(&names, ' ');
        }
    }
    luaL_pushresult(&names);
    return lua_tostring(L, -1);
}

/* The point and effect of "client.read.stop". */
static enum point check_fault(lua_State *L, int index, enum point_effect *effect)
{
    const char *name = luaL_checkstring(L, index);
    const char *dot = strrchr(name, '.');
    enum point point = POINT_COUNT;
    *effect = EFFECT_COUNT;
    if (dot != NULL) {
        point = point_by_name(name, (size_t)(dot - name));
        *effect = point_effect_by_name(dot + 1, strlen(dot + 1));
    }
    if (point == POINT_COUNT || *effect == EFFECT_COUNT || !point_has_effect(point, *effect))
        harness_no_such(L, "ripcord", "fault", name, push_fault_names(L));
    return point;
}

static int t_fault(lua_State *L)
{
    struct harness *harness = harness_of(L);
    struct harness_faults *faults = faults_of(L, harness);
    struct point_strike strike = {.effect = EFFECT_COUNT};
    lua_settop(L, 3);
    enum point point = check_fault(L, 2, &strike.effect);
    const char *parameters = point_effect_parameters(strike.effect), *name = lua_tostring(L, 2);
    struct harness_aim *aim = harness_aim(L, 3, point, parameters);
    check_world(L, harness, aim);
    take_parameters(L, 3, name, &strike);

    struct fault *fault = harness_keep(L, sizeof(*fault));
    fault->name = harness_arena_text(harness->arena, name);
    fault->file = keep_place(L, harness, &fault->line);
    fault->armed_ns = world_now(harness->world);
    fault->aim = aim;
    keep_parameters(L, 3, fault, parameters);
    fault->number = (uint32_t)plan_fault_count(harness->plan) + 1;
    harness_lock(harness);
    *faults->last = fault; /* before it is armed: a strike looks for it */
    faults->last = &fault->next;
    harness_unlock(harness);
    enum rpc_status status = plan_arm(harness->plan, point, &aim->plan, &strike, &fault->plan);
    if (status != RPC_OK)
        return luaL_error(L, "%s: %s", name, rpc_status_text(status));
    if (strike.effect == EFFECT_PARTITION)
        fault->partition = harness_partition_arm(L, 3, aim->plan.from_ns, aim->plan.to_ns);
    harness_push(L, &harness_fault_type, fault);
    return 1;
}

static uint32_t strikes_of(const struct fault *fault)
{
    return fault->partition != NULL ? harness_partition_strikes(fault->partition)
                                    : plan_fault_strikes(fault->plan);
}

/* An aim in words (a client, a host) has met a connection. */
static void learn_target(struct fault *fault, const struct point_event *event)
{
    bool first = fault->met == 0 && fault->struck_count <= 1;
    if (first)
        fault->met = event->connection;
    else if (fault->met != event->connection)
        fault->met_several = true;
}

static bool stood(const struct fault *fault, int64_t at_ns)
{
    return (int64_t)fault->armed_ns <= at_ns &&
           (fault->lifted_ns == 0 || at_ns <= (int64_t)fault->lifted_ns);
}

bool harness_fault_stood(const struct harness *harness, uint32_t number, int64_t at_ns)
{
    const struct fault *fault = harness->faults != NULL ? harness->faults->first : NULL;
    while (fault != NULL && fault->number != number)
        fault = fault->next;
    return fault != NULL && stood(fault, at_ns);
}

uint32_t harness_faults_cut(const struct harness *harness, int64_t at_ns)
{
    const struct fault *fault = harness->faults != NULL ? harness->faults->first : NULL;
    while (fault != NULL && (fault->partition == NULL || !stood(fault, at_ns)))
        fault = fault->next;
    return fault != NULL ? fault->number : 0;
}

void harness_fault_struck(void *owner, struct plan_fault *struck, const struct point_event *event)
{
    struct harness *harness = owner;
    harness_lock(harness);
    struct fault *fault = harness->faults != NULL ? harness->faults->first : NULL;
    while (fault != NULL && fault->number != plan_fault_id(struck))
        fault = fault->next;
    if (fault != NULL && fault->struck_count < STRIKES_MAX)
        fault->struck_ns[fault->struck_count++] =
            (int64_t)(event->at_ns != 0 ? event->at_ns : world_now(harness->world));
    if (fault != NULL)
        learn_target(fault, event);
    harness_ledger_struck(harness->ledger, plan_fault_strike(struck)->effect, event);
    harness_passage_struck(harness, event->connection, plan_fault_strike(struck)->effect);
    harness_road_struck(harness, plan_fault_id(struck), plan_fault_strike(struck)->effect, event);
    harness_unlock(harness);
    harness_changed(harness);
}

static int lift(lua_State *L)
{
    struct fault *fault = harness_check(L, 1, &harness_fault_type);
    struct harness *harness = harness_of(L);
    harness_lock(harness);
    if (fault->lifted_ns == 0)
        fault->lifted_ns = world_now(harness->world);
    harness_unlock(harness);
    if (fault->partition != NULL)
        harness_partition_lift(fault->partition);
    plan_lift(fault->plan);
    return 0;
}

static void push_strikes(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushinteger(L, strikes_of(object));
}

static void describe_fault(const void *object, char *text, size_t size)
{
    const struct fault *fault = object;
    snprintf(text, size, "fault %s", fault->name);
}

static const luaL_Reg fault_methods[] = {{"lift", lift}, {NULL, NULL}};
static const struct harness_field fault_fields[] = {{"strikes", push_strikes}, {NULL, NULL}};

const struct harness_type harness_fault_type = {
    .name = "fault",
    .methods = fault_methods,
    .fields = fault_fields,
    .describe = describe_fault,
};

/* --- t:hold ------------------------------------------------------------------------------------
 */

/* Points that are seen, but where nobody can stand. */
static void check_standing(lua_State *L, enum point point)
{
    static const char *const instead[POINT_COUNT] = {
        [POINT_CLIENT_END] = "hold client.reply, or the wire.response",
        [POINT_CLIENT_RETRY] = "hold the client.call that follows",
        [POINT_CLIENT_FAILOVER] = "hold the client.resolve that follows",
        [POINT_CLIENT_SASL] = "hold wire.sasl",
        [POINT_NET_SYN] = "hold client.connect, or delay the net.syn",
        [POINT_NET] = "hold net.segment, net.fin or net.rst",
        [POINT_LOG] = "hold what makes the line",
    };
    if (instead[point] != NULL)
        luaL_error(L, "hold: nothing can stand at %s; %s", point_name(point), instead[point]);
}

static int t_hold(lua_State *L)
{
    struct harness *harness = harness_of(L);
    struct harness_faults *faults = faults_of(L, harness);
    lua_settop(L, 3);
    enum point point = harness_check_point(L, 2);
    check_standing(L, point);
    struct harness_aim *aim = harness_aim(L, 3, point, "");
    check_world(L, harness, aim);
    struct gate *gate = harness_keep(L, sizeof(*gate));
    gate->name = harness_arena_text(harness->arena, lua_tostring(L, 2));
    gate->file = keep_place(L, harness, &gate->line);
    gate->aim = aim;
    if (plan_hold(harness->plan, point, &aim->plan, &gate->plan) != RPC_OK)
        return luaL_error(L, "hold: not enough memory");
    *faults->last_gate = gate;
    faults->last_gate = &gate->next;
    harness_push(L, &harness_gate_type, gate);
    return 1;
}

/* gate:release(n): the n oldest; all, and open for good, without n */
static int release(lua_State *L)
{
    struct gate *gate = harness_check(L, 1, &harness_gate_type);
    lua_Integer count = luaL_optinteger(L, 2, 0);
    luaL_argcheck(L, count >= 0 && count <= UINT32_MAX, 2, "a count expected");
    if (lua_isnoneornil(L, 2) || count > 0)
        plan_gate_release(gate->plan, (uint32_t)count);
    if (harness_of(L)->tap != NULL)
        harness_tap_go_on(harness_of(L)->tap);
    return 0;
}

static void push_held(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushinteger(L, plan_gate_held(((struct gate *)object)->plan));
}

static void describe_gate(const void *object, char *text, size_t size)
{
    const struct gate *gate = object;
    snprintf(text, size, "hold at %s", gate->name);
}

struct plan_gate *harness_gate_plan(const void *object)
{
    return ((const struct gate *)object)->plan;
}

static const luaL_Reg gate_methods[] = {{"release", release}, {NULL, NULL}};
static const struct harness_field gate_fields[] = {{"held", push_held}, {NULL, NULL}};

const struct harness_type harness_gate_type = {
    .name = "gate",
    .methods = gate_methods,
    .fields = gate_fields,
    .describe = describe_gate,
};

/* --- at the end ---------------------------------------------------------------------------------
 */

static void heal(struct harness *harness)
{
    struct fault *fault = harness->faults != NULL ? harness->faults->first : NULL;
    for (; fault != NULL; fault = fault->next)
        if (fault->partition != NULL)
            harness_partition_lift(fault->partition);
}

static void end(struct harness *harness)
{
    struct fault *fault = harness->faults != NULL ? harness->faults->first : NULL;
    for (; fault != NULL; fault = fault->next)
        if (fault->partition != NULL)
            harness_partition_end(fault->partition);
}

static const luaL_Reg of_t[] = {{"fault", t_fault}, {"hold", t_hold}, {NULL, NULL}};

const struct harness_module harness_faults_module = {.methods = of_t, .heal = heal, .end = end};

void harness_faults_check(struct harness *harness)
{
    if (harness->faults == NULL)
        return;
    for (const struct fault *fault = harness->faults->first; fault != NULL; fault = fault->next)
        if (fault->plan != NULL && strikes_of(fault) == 0 && !fault->aim->plan.maybe)
            harness_broken(harness, "%s:%d: the fault %s never struck (aimed at %s)", fault->file,
                           fault->line, fault->name,
                           fault->aim->text[0] != '\0' ? fault->aim->text : "everything");
    for (const struct gate *gate = harness->faults->first_gate; gate != NULL; gate = gate->next)
        if (gate->plan != NULL && plan_gate_reached(gate->plan) == 0 && !gate->aim->plan.maybe)
            harness_broken(harness, "%s:%d: nobody ever came to the hold at %s (aimed at %s)",
                           gate->file, gate->line, gate->name,
                           gate->aim->text[0] != '\0' ? gate->aim->text : "everything");
}

void harness_faults_record(struct harness *harness)
{
    if (harness->faults == NULL || harness->record == NULL)
        return;
    harness_lock(harness);
    for (const struct fault *fault = harness->faults->first; fault != NULL; fault = fault->next) {
        const struct plan_aim *aim = &fault->aim->plan;
        if (fault->plan == NULL)
            continue;
        record_fault(harness->record,
                     &(struct record_fault){
                         .fault = plan_fault_id(fault->plan),
                         .kind = fault->name,
                         .t_ns = (int64_t)fault->armed_ns,
                         .end_ns = fault->lifted_ns != 0 ? (int64_t)fault->lifted_ns : RECORD_NEVER,
                         .target_lane = aim->lane,
                         .target_connection = aim->connection != 0 ? aim->connection
                                              : fault->met_several ? 0
                                                                   : fault->met,
                         .target_direction = aim->direction == DIRECTION_C2S   ? "c2s"
                                             : aim->direction == DIRECTION_S2C ? "s2c"
                                                                               : NULL,
                         .target_text = fault->aim->text[0] != '\0' ? fault->aim->text : NULL,
                         .params = fault->params,
                         .param_count = fault->param_count,
                         .file = fault->file,
                         .line = fault->line,
                         .strikes = strikes_of(fault),
                         .strike_ns = fault->struck_ns,
                         .strike_ns_count = fault->struck_count,
                     });
    }
    harness_unlock(harness);
}
