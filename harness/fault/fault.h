/*
 * Faults and holds in scripts: t:fault(point.effect, aim), t:hold(point, aim), and their
 * handles.
 */
#ifndef HARNESS_FAULT_FAULT_H
#define HARNESS_FAULT_FAULT_H

#include <lauxlib.h>

#include "harness/harness.h"

struct harness_aim;
struct harness_partition;

/* t:fault, t:hold */
extern const struct harness_module harness_faults_module;

extern const struct harness_type harness_fault_type;
extern const struct harness_type harness_gate_type;

/* Of a point where nobody can stand: what to hold in its place; NULL: it can be held. */
const char *harness_hold_instead(enum point point);

/* What the plan knows a gate handle's object by. */
struct plan_gate *harness_gate_plan(const void *object);

/* For the plan: told of each strike (any thread, under the plan's lock). */
plan_strike_fn harness_fault_struck;

/* For the record, locked: whether fault `number` stood at that time, and the number of a
 * partition that did (0: none). */
bool harness_fault_stood(const struct harness *harness, uint32_t number, int64_t at_ns);
uint32_t harness_faults_cut(const struct harness *harness, int64_t at_ns);

/* One strike: what is known of whom it hit. */
struct harness_strike {
    uint64_t at_ns;
    uint32_t host, server, client, connection;
    int32_t call_id; /* POINT_NO_CALL: it was about no call */
};

/* A fault as it stands. */
struct harness_fault_view {
    const char *name; /* "server.execute.delay" */
    const char *file; /* of the script, where it was armed */
    int line;
    enum point point;
    const struct harness_aim *aim;
    const struct point_strike *effect;
    uint64_t armed_ns, lifted_ns; /* lifted_ns 0: it stands */
    uint32_t number, strikes;
    const struct harness_strike *struck; /* the first ones */
    size_t struck_count;
    const struct harness_partition *partition; /* NULL: it is none */
};

/* The i-th fault in the order of arming; false: there are no more.  Locked. */
bool harness_fault_at(const struct harness *harness, size_t i, struct harness_fault_view *view);

/* Somebody who stands at a hold of the script's, or where a "stop" has struck. */
struct harness_stand {
    const char *name; /* "server.put", "client.read.stop" */
    const char *file; /* of the script */
    int line;
    bool by_fault;
    struct point_event visit; /* without values */
};

/* Up to `max` of those who stand now, by gates in the order of making, the oldest first: how many.
 * Not locked; the script's thread. */
size_t harness_stands(struct harness *harness, struct harness_stand *stands, size_t max);

/* Faults that never struck and holds that nobody reached make the case void. */
void harness_faults_check(struct harness *harness);

/* Write the record's lines of faults. */
void harness_faults_record(struct harness *harness);

#endif
