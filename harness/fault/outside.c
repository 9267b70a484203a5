#include "harness/fault/outside.h"

#include <stdio.h>

#include "harness/trace/ledger.h"
#include "harness/trace/tracer.h"
#include "reports/record.h"

enum { DRAWN_MAX = 16, NAME_SIZE = 64 };

/* One fault, once it has struck. */
struct outside_fault {
    struct outside_fault *next;
    enum point point;
    enum point_effect effect;
    uint64_t strikes;
    int64_t struck_ns[DRAWN_MAX];
};

struct harness_outside {
    struct outside_fault *first, **last;
    uint64_t strikes;
};

static struct outside_fault *find(struct harness *harness, enum point point,
                                  enum point_effect effect)
{
    struct harness_outside *outside = harness->outside;
    struct outside_fault *fault = outside->first;
    while (fault != NULL && (fault->point != point || fault->effect != effect))
        fault = fault->next;
    if (fault != NULL)
        return fault;
    fault = harness_allocate_locked(harness, sizeof(*fault));
    if (fault == NULL)
        return NULL;
    *fault = (struct outside_fault){.point = point, .effect = effect};
    *outside->last = fault;
    outside->last = &fault->next;
    return fault;
}

static void struck(void *owner, const struct point_event *event, enum point_effect effect)
{
    struct harness *harness = owner;
    harness_lock(harness);
    struct outside_fault *fault = find(harness, event->point, effect);
    if (fault != NULL && fault->strikes < DRAWN_MAX)
        fault->struck_ns[fault->strikes] = (int64_t)world_event_time(harness->world, event);
    if (fault != NULL)
        fault->strikes++;
    harness->outside->strikes++;
    harness_tell_strike(harness, event, effect, true);
    harness_ledger_struck(harness->ledger, effect, event);
    harness_unlock(harness);
    harness_changed(harness);
}

static enum rpc_status begin(struct harness *harness)
{
    harness->outside = harness_allocate(harness, sizeof(*harness->outside));
    if (harness->outside == NULL)
        return RPC_NO_MEMORY;
    harness->outside->last = &harness->outside->first;
    point_watch_outside(struck, harness);
    return RPC_OK;
}

static void record(struct harness *harness, const struct outside_fault *fault, uint32_t number)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof(name), "%s.%s", point_name(fault->point),
             point_effect_name(fault->effect));
    size_t drawn = fault->strikes < DRAWN_MAX ? (size_t)fault->strikes : DRAWN_MAX;
    record_fault(harness->record, &(struct record_fault){
                                      .fault = number,
                                      .kind = name,
                                      .t_ns = fault->struck_ns[0],
                                      .end_ns = RECORD_NEVER,
                                      .target_text = "armed from outside",
                                      .strikes = fault->strikes,
                                      .strike_ns = fault->struck_ns,
                                      .strike_ns_count = drawn,
                                  });
}

static void stop(struct harness *harness)
{
    if (harness->outside == NULL || harness_outside_strikes(harness) == 0)
        return;
    if (harness->kind == HARNESS_SIM)
        harness_log(harness, "warn",
                    "faults armed from outside have struck: the seed alone won't replay this");
    if (harness->record == NULL)
        return;
    harness_lock(harness);
    uint32_t number = (uint32_t)plan_fault_count(harness->plan);
    for (const struct outside_fault *fault = harness->outside->first; fault != NULL;
         fault = fault->next)
        record(harness, fault, ++number);
    harness_unlock(harness);
}

static void end(struct harness *harness)
{
    (void)harness;
    point_watch_outside(NULL, NULL);
}

const struct harness_module harness_outside_module = {.begin = begin, .stop = stop, .end = end};

uint64_t harness_outside_strikes(struct harness *harness)
{
    if (harness->outside == NULL)
        return 0;
    harness_lock(harness);
    uint64_t strikes = harness->outside->strikes;
    harness_unlock(harness);
    return strikes;
}
