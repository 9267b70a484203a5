#include "harness/trace/tracer.h"

#include <stdatomic.h>

#include "harness/judge/expect.h"
#include "harness/play/task.h"
#include "harness/trace/ledger.h"
#include "harness/trace/listening.h"
#include "harness/trace/trace.h"

static struct harness *harness_of_tracer(struct world_tracer *tracer)
{
    return world_container(tracer, struct harness_tracer, tracer)->harness;
}

static void run_always(struct world_task *posted)
{
    struct harness_tracer *tracer = world_container(posted, struct harness_tracer, always);
    atomic_store(&tracer->always_posted, false);
    harness_always_check(tracer->harness);
}

static void take_event(struct world_tracer *own, const struct point_event *event)
{
    struct harness_tracer *tracer = world_container(own, struct harness_tracer, tracer);
    struct harness *harness = tracer->harness;
    struct point_value room[POINT_VALUES_MAX + 1];
    struct point_event filled = *event;
    harness_lock(harness);
    harness_ledger_fill(harness->ledger, &filled, room);
    if (!harness->forgets)
        harness_trace_add(harness->trace, &filled);
    harness_ledger_learn(harness->ledger, &filled);
    if (harness->onlooker != NULL && harness->onlooker->event != NULL)
        harness->onlooker->event(harness->onlooker->owner, &filled);
    harness_unlock(harness);
    if (harness->plan != NULL)
        plan_saw(harness->plan, &filled);
    harness_tasks_event(harness);
    if (harness->always != NULL && !harness->ending &&
        !atomic_exchange(&tracer->always_posted, true))
        world_post(&harness->handlers, &tracer->always);
}

static bool is_held(struct world_tracer *own, const struct point_event *event,
                    struct world_executor *executor, struct world_task *step)
{
    struct harness *harness = harness_of_tracer(own);
    if (harness->plan == NULL || !plan_held(harness->plan, event, executor, step))
        return false;
    harness_changed(harness); /* somebody may wait for the gate */
    return true;
}

static void take_stream(struct world_tracer *own, struct world_stream *stream)
{
    struct harness *harness = harness_of_tracer(own);
    harness_lock(harness);
    harness_ledger_stream(harness->ledger, stream);
    harness_unlock(harness);
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++)
        if ((*module)->stream != NULL)
            (*module)->stream(harness, stream);
}

static void take_lane(struct world_tracer *own, uint32_t lane, const char *name,
                      struct world_host *host)
{
    struct harness *harness = harness_of_tracer(own);
    harness_lock(harness);
    harness_trace_lane(harness->trace, lane, name, host);
    name = harness_trace_lane_name(harness->trace, lane);
    harness_unlock(harness);
    if (harness->plan != NULL && name != NULL)
        plan_lane(harness->plan, lane, name);
}

void harness_tracer_begin(struct harness_tracer *tracer, struct harness *harness)
{
    static const struct world_tracer_ops ops = {
        .event = take_event, .held = is_held, .stream = take_stream, .lane = take_lane};
    *tracer = (struct harness_tracer){
        .tracer = {.ops = &ops}, .harness = harness, .always = {.run = run_always}};
    harness->world->tracer = &tracer->tracer;
}

void harness_tell_strike(struct harness *harness, const struct point_event *event,
                         enum point_effect effect, bool outside)
{
    const struct harness_onlooker *onlooker = harness->onlooker;
    struct point_value room[POINT_VALUES_MAX + 1];
    struct point_event filled = *event;
    if (onlooker == NULL || onlooker->strike == NULL)
        return;
    harness_ledger_fill(harness->ledger, &filled, room);
    onlooker->strike(onlooker->owner, &filled, effect, outside);
}

void harness_identify(void *owner, struct point_event *event)
{
    /* The values must outlive this call, and each thread has its own visit. */
    static _Thread_local struct point_value room[POINT_VALUES_MAX + 1];
    struct harness *harness = owner;
    harness_lock(harness);
    harness_ledger_fill(harness->ledger, event, room);
    event->server = harness_first_number(harness, event->server);
    harness_unlock(harness);
}
