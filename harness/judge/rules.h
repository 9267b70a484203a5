/*
 * Invariants that the trace alone can show: of queues, idle connections, and what travels.
 */
#ifndef HARNESS_JUDGE_RULES_H
#define HARNESS_JUDGE_RULES_H

struct harness;
struct harness_invariant;

/* Calls leave the callQueue in the order in which they came (each level for itself), each once,
 * and none that never came.  In sim, where the trace has one order. */
void harness_rule_queue_fifo(struct harness *harness, const struct harness_invariant *self);

/* No Handler that could take a call is idle while one waits.  In calm runs without faults. */
void harness_rule_queue_busy(struct harness *harness, const struct harness_invariant *self);

/* Who closes a connection as idle has found no call on it: a server by a scan, since it was last
 * read. */
void harness_rule_idle(struct harness *harness, const struct harness_invariant *self);

/* A server closes each of its connections at most once, or as often as it has accepted it. */
void harness_rule_closes(struct harness *harness, const struct harness_invariant *self);

/* A server closes only what it has accepted or turned away, and accepts nothing twice, but
 * for the next attempt of who has given one up that got through. */
void harness_rule_accepted(struct harness *harness, const struct harness_invariant *self);

/* What one end has sent is what the other has received, in that order (messages.c keeps it). */
void harness_rule_stream(struct harness *harness, const struct harness_invariant *self);

#endif
