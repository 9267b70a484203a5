#include "harness/judge/invariants.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/explain/explain.h"
#include "harness/harness.h"
#include "harness/judge/findings.h"
#include "harness/judge/matcher.h"
#include "harness/judge/rules.h"
#include "harness/play/task.h"
#include "harness/trace/ledger.h"
#include "harness/trace/trace.h"

enum { TEXT_MAX = 256 };

__attribute__((format(printf, 4, 5))) static void
broken_by_call(struct harness *harness, const struct harness_invariant *self,
               const struct harness_ledger_view *call, const char *format, ...)
{
    char seen[TEXT_MAX], why[HARNESS_WHY_MAX] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(seen, sizeof(seen), format, arguments);
    va_end(arguments);
    if (!call->ended)
        harness_explain_call(harness, call->number, why, sizeof(why));
    harness_find(harness, &(struct harness_finding){
                              .invariant = true,
                              .expr = self->id,
                              .expected = self->sentence,
                              .seen = seen,
                              .why = why[0] != '\0' ? why : NULL,
                              .call = call->number,
                              .connection = call->connection,
                              .about_ns = call->ended ? call->ended_ns : call->started_ns,
                          });
}

void *harness_invariants_allocate(struct harness *harness, size_t size)
{
    void *memory = harness_allocate(harness, size);
    if (memory == NULL)
        harness_broken(harness, "not enough memory for the invariants");
    return memory;
}

static void each_call_ends(struct harness *harness, const struct harness_invariant *self)
{
    for (size_t i = 0; i < harness_ledger_calls(harness); i++) {
        struct harness_ledger_view call = harness_ledger_at(harness, i);
        if (!call.ended && !call.may_pend && !call.died)
            broken_by_call(harness, self, &call,
                           "call %" PRIu32 " (%s of client%" PRIu32 ") never ended", call.number,
                           call.method, call.client);
        if (call.ends > 1)
            broken_by_call(harness, self, &call, "call %" PRIu32 " ended %u times", call.number,
                           call.ends);
    }
}

static void values_are_own(struct harness *harness, const struct harness_invariant *self)
{
    for (size_t i = 0; i < harness_ledger_calls(harness); i++) {
        struct harness_ledger_view call = harness_ledger_at(harness, i);
        if (call.foreign_value)
            broken_by_call(harness, self, &call,
                           "call %" PRIu32 " (%s) returned a value that nobody sent for it",
                           call.number, call.method);
    }
}

/* A call's id, and its place in the ledger. */
struct id {
    uint32_t client;
    int32_t call_id;
    size_t place;
};

static bool same_id(const struct id *a, const struct id *b)
{
    return a->client == b->client && a->call_id == b->call_id;
}

static int order_of_ids(const void *one, const void *other)
{
    const struct id *a = one, *b = other;
    if (a->client != b->client)
        return a->client < b->client ? -1 : 1;
    if (a->call_id != b->call_id)
        return a->call_id < b->call_id ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* Of two calls of one client that were open at one time, none had the other's id. */
static void ids_are_unique(struct harness *harness, const struct harness_invariant *self)
{
    size_t count = harness_ledger_calls(harness);
    struct id *ids = harness_invariants_allocate(harness, (count + 1) * sizeof(*ids));
    for (size_t i = 0; ids != NULL && i < count; i++) {
        struct harness_ledger_view call = harness_ledger_at(harness, i);
        ids[i] = (struct id){.client = call.client, .call_id = call.call_id, .place = i};
    }
    if (ids != NULL)
        qsort(ids, count, sizeof(*ids), order_of_ids);
    for (size_t i = 1; ids != NULL && i < count; i++) {
        struct harness_ledger_view call = harness_ledger_at(harness, ids[i].place);
        for (size_t j = i; j-- > 0 && same_id(&ids[j], &ids[i]);) {
            struct harness_ledger_view other = harness_ledger_at(harness, ids[j].place);
            if (!other.ended || other.ended_ns > call.started_ns)
                broken_by_call(harness, self, &call,
                               "calls %" PRIu32 " and %" PRIu32 " were both open with id %" PRId32,
                               other.number, call.number, call.call_id);
        }
    }
}

/* Of a call that nobody repeats, no Handler begins twice. */
static void executions_are_single(struct harness *harness, const struct harness_invariant *self)
{
    for (size_t i = 0; i < harness_ledger_calls(harness); i++) {
        struct harness_ledger_view call = harness_ledger_at(harness, i);
        if (call.executions > 1 && !call.repeated)
            broken_by_call(harness, self, &call, "call %" PRIu32 " (%s) was executed %u times",
                           call.number, call.method, (unsigned)call.executions);
    }
}

static void run_settles(struct harness *harness, const struct harness_invariant *self)
{
    char seen[TEXT_MAX], file[TEXT_MAX];
    int line;
    struct harness_task *task = harness_tasks_left(harness);
    if (task == NULL && !harness->unsettled)
        return;
    snprintf(seen, sizeof(seen), "something is still under way");
    if (task != NULL) {
        const char *what = harness_task_waits_for(task, file, sizeof(file), &line);
        snprintf(seen, sizeof(seen), "%s still waits for %s", harness_task_name(task), what);
    }
    harness_find(harness, &(struct harness_finding){
                              .invariant = true,
                              .expr = self->id,
                              .expected = self->sentence,
                              .seen = seen,
                              .file = task != NULL && line > 0 ? file : NULL,
                              .line = task != NULL ? line : 0,
                          });
}

static void trace_is_whole(struct harness *harness, const struct harness_invariant *self)
{
    (void)self;
    if (harness_trace_is_full(harness->trace))
        harness_broken(harness, "the trace has reached its limit of %d MiB",
                       HARNESS_TRACE_MAX >> 20);
}

/* Nothing is left: judged by the world's own count, see harness_invariants_leak. */
static void nothing_is_left(struct harness *harness, const struct harness_invariant *self)
{
    (void)harness, (void)self;
}

const struct harness_invariant harness_invariants[] = {
    {"call.ends_once", "each call ends exactly once, unless it may pend", each_call_ends},
    {"call.own_value", "no call gets another call's value", values_are_own},
    {"call.unique_id", "no two open calls of a client share an id", ids_are_unique},
    {"call.executed_once", "a call that nobody repeats is executed at most once",
     executions_are_single},
    {"queue.fifo", "calls leave the callQueue in the order in which they came, each once",
     harness_rule_queue_fifo},
    {"queue.busy", "no Handler is idle while a call waits", harness_rule_queue_busy},
    {"connection.accepted_once", "a server closes only what it has accepted, and accepts it once",
     harness_rule_accepted},
    {"connection.idle", "only a connection without calls is closed as idle", harness_rule_idle},
    {"stream.order", "what is sent arrives, byte for byte and in order", harness_rule_stream},
    {"connection.closed_once", "the server closes a connection once", harness_rule_closes},
    {"run.settles", "after the last fault everything comes to rest", run_settles},
    {"trace.whole", "the trace has everything", trace_is_whole},
    {"world.clean", "nothing is left armed, watched, open or locked", nothing_is_left},
    {NULL, NULL, NULL},
};

void harness_invariants_judge(struct harness *harness)
{
    for (const struct harness_invariant *rule = harness_invariants; rule->id != NULL; rule++)
        rule->judge(harness, rule);
}

void harness_invariants_leak(struct harness *harness, const char *leftovers)
{
    for (const struct harness_invariant *rule = harness_invariants; rule->id != NULL; rule++)
        if (rule->judge == nothing_is_left)
            harness_find(harness, &(struct harness_finding){.invariant = true,
                                                            .expr = rule->id,
                                                            .expected = rule->sentence,
                                                            .seen = leftovers});
}
