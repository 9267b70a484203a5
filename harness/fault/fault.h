/*
 * Faults and holds in scripts: t:fault(point.effect, aim), t:hold(point, aim), and their
 * handles.
 */
#ifndef HARNESS_FAULT_FAULT_H
#define HARNESS_FAULT_FAULT_H

#include <lauxlib.h>

#include "harness/harness.h"

/* t:fault, t:hold */
extern const struct harness_module harness_faults_module;

extern const struct harness_type harness_fault_type;
extern const struct harness_type harness_gate_type;

/* What the plan knows a gate handle's object by. */
struct plan_gate *harness_gate_plan(const void *object);

/* For the plan: told of each strike (any thread, under the plan's lock). */
plan_strike_fn harness_fault_struck;

/* For the record, locked: whether fault `number` stood at that time, and the number of a
 * partition that did (0: none). */
bool harness_fault_stood(const struct harness *harness, uint32_t number, int64_t at_ns);
uint32_t harness_faults_cut(const struct harness *harness, int64_t at_ns);

/* Faults that never struck and holds that nobody reached make the case void. */
void harness_faults_check(struct harness *harness);

/* Write the record's lines of faults. */
void harness_faults_record(struct harness *harness);

#endif
