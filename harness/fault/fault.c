#include "harness/fault/fault.h"

#include <stdio.h>
#include <string.h>

#include "harness/explain/visits.h"
#include "harness/fault/aim.h"
#include "harness/fault/parameters.h"
#include "harness/fault/partition.h"
#include "harness/judge/matcher.h"
#include "harness/judge/passage.h"
#include "harness/judge/road.h"
#include "harness/lua/options.h"
#include "harness/lua/sandbox.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "harness/tap/tap.h"
#include "harness/trace/event.h"
#include "harness/trace/ledger.h"
#include "harness/trace/tracer.h"
#include "reports/record.h"
#include "rpc/arena.h"

enum { STRIKES_MAX = 64, PARAMS_MAX = 4 };

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
    struct harness_strike struck[STRIKES_MAX];
    size_t struck_count;
    uint32_t met; /* the connection that it has struck, 0: none */
    bool met_several;
};

struct gate {
    struct gate *next;
    struct plan_gate *plan;
    const char *name, *file;
    int line;
    uint64_t armed_ns;
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

/* --- t:fault --- */

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
    harness_fault_parameters(L, 3, name, &strike);

    struct fault *fault = harness_keep(L, sizeof(*fault));
    fault->name = arena_text(harness->arena, name);
    fault->file = harness_keep_place(L, &fault->line);
    fault->armed_ns = world_now(harness->world);
    fault->aim = aim;
    fault->param_count = harness_fault_pairs(L, 3, parameters, fault->params, PARAMS_MAX);
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

static void keep_strike(struct fault *fault, const struct point_event *event, uint64_t at_ns)
{
    fault->struck_ns[fault->struck_count] = (int64_t)at_ns;
    fault->struck[fault->struck_count++] = (struct harness_strike){.at_ns = at_ns,
                                                                   .host = event->host,
                                                                   .server = event->server,
                                                                   .client = event->client,
                                                                   .connection = event->connection,
                                                                   .call_id = event->call_id};
}

void harness_fault_struck(void *owner, struct plan_fault *struck, const struct point_event *event)
{
    struct harness *harness = owner;
    harness_lock(harness);
    struct fault *fault = harness->faults != NULL ? harness->faults->first : NULL;
    while (fault != NULL && fault->number != plan_fault_id(struck))
        fault = fault->next;
    if (fault != NULL && fault->struck_count < STRIKES_MAX)
        keep_strike(fault, event, world_event_time(harness->world, event));
    if (fault != NULL)
        learn_target(fault, event);
    harness_tell_strike(harness, event, plan_fault_strike(struck)->effect, false);
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

/* --- t:hold --- */

const char *harness_hold_instead(enum point point)
{
    static const char *const instead[POINT_COUNT] = {
        [POINT_CLIENT_RETRY] = "hold the client.call that follows",
        [POINT_CLIENT_FAILOVER] = "hold the client.resolve that follows",
        [POINT_CLIENT_SASL] = "hold wire.sasl",
        [POINT_NET_SYN] = "hold client.connect, or delay the net.syn",
        [POINT_NET] = "hold net.segment, net.fin or net.rst",
        [POINT_LOG] = "hold what makes the line",
    };
    return instead[point];
}

static int t_hold(lua_State *L)
{
    struct harness *harness = harness_of(L);
    struct harness_faults *faults = faults_of(L, harness);
    lua_settop(L, 3);
    enum point point = harness_check_point(L, 2);
    if (harness_hold_instead(point) != NULL)
        return luaL_error(L, "hold: nothing can stand at %s; %s", point_name(point),
                          harness_hold_instead(point));
    struct harness_aim *aim = harness_aim(L, 3, point, "");
    struct gate *gate = harness_keep(L, sizeof(*gate));
    gate->name = arena_text(harness->arena, lua_tostring(L, 2));
    gate->file = harness_keep_place(L, &gate->line);
    gate->armed_ns = world_now(harness->world);
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

/* --- for explanations --- */

bool harness_fault_at(const struct harness *harness, size_t i, struct harness_fault_view *view)
{
    const struct fault *fault = harness->faults != NULL ? harness->faults->first : NULL;
    while (fault != NULL && (fault->plan == NULL || i-- > 0))
        fault = fault->next;
    if (fault == NULL)
        return false;
    *view = (struct harness_fault_view){.name = fault->name,
                                        .file = fault->file,
                                        .line = fault->line,
                                        .point = fault->aim->point,
                                        .aim = fault->aim,
                                        .effect = plan_fault_strike(fault->plan),
                                        .armed_ns = fault->armed_ns,
                                        .lifted_ns = fault->lifted_ns,
                                        .number = fault->number,
                                        .strikes = strikes_of(fault),
                                        .struck = fault->struck,
                                        .struck_count = fault->struck_count,
                                        .partition = fault->partition};
    return true;
}

static size_t stands_at(const struct plan_gate *gate, const struct harness_stand *like,
                        struct harness_stand *stands, size_t max)
{
    size_t count = 0;
    struct point_event visit;
    while (count < max && plan_gate_standing(gate, (uint32_t)count, &visit)) {
        stands[count] = *like;
        stands[count++].visit = visit;
    }
    return count;
}

size_t harness_stands(struct harness *harness, struct harness_stand *stands, size_t max)
{
    size_t count = 0;
    if (harness->faults == NULL)
        return 0;
    for (const struct gate *gate = harness->faults->first_gate; gate != NULL; gate = gate->next)
        if (gate->plan != NULL)
            count += stands_at(
                gate->plan,
                &(struct harness_stand){.name = gate->name, .file = gate->file, .line = gate->line},
                stands + count, max - count);
    for (const struct fault *fault = harness->faults->first; fault != NULL; fault = fault->next)
        if (fault->plan != NULL && plan_fault_gate(fault->plan) != NULL)
            count += stands_at(plan_fault_gate(fault->plan),
                               &(struct harness_stand){.name = fault->name,
                                                       .file = fault->file,
                                                       .line = fault->line,
                                                       .by_fault = true},
                               stands + count, max - count);
    return count;
}

/* --- at the end --- */

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

static const char *aimed_at(const struct harness_aim *aim)
{
    return aim->text[0] != '\0' ? aim->text : "everything";
}

/* ": 12 visits of …", or nothing. */
static const char *say_visits(const struct harness_aim *aim, uint64_t armed_ns, char *text,
                              size_t size)
{
    snprintf(text, size, ": ");
    return harness_explain_visits(aim, armed_ns, text + 2, size - 2) ? text : "";
}

void harness_faults_check(struct harness *harness)
{
    char text[HARNESS_WHY_MAX];
    if (harness->faults == NULL)
        return;
    for (const struct fault *fault = harness->faults->first; fault != NULL; fault = fault->next)
        if (fault->plan != NULL && strikes_of(fault) == 0 && !fault->aim->plan.maybe)
            harness_void(harness, "%s:%d: the fault %s never struck (aimed at %s)%s", fault->file,
                         fault->line, fault->name, aimed_at(fault->aim),
                         say_visits(fault->aim, fault->armed_ns, text, sizeof(text)));
    for (const struct gate *gate = harness->faults->first_gate; gate != NULL; gate = gate->next)
        if (gate->plan != NULL && plan_gate_reached(gate->plan) == 0 && !gate->aim->plan.maybe)
            harness_void(harness, "%s:%d: nobody ever came to the hold at %s (aimed at %s)%s",
                         gate->file, gate->line, gate->name, aimed_at(gate->aim),
                         say_visits(gate->aim, gate->armed_ns, text, sizeof(text)));
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
