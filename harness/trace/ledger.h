/*
 * The ledger: which calls and connections there are, how each stands on both sides, and what
 * the record says of them.
 *
 * It learns from every event, and knows what a single visitor does not: the client behind a
 * server's connection, the method of a response.  Everything here takes harness_lock by
 * itself unless it says "locked".
 */
#ifndef HARNESS_TRACE_LEDGER_H
#define HARNESS_TRACE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/harness.h"

struct harness_ledger;

/* NULL when out of memory. */
struct harness_ledger *harness_ledger_create(struct harness *harness);
void harness_ledger_free(struct harness_ledger *ledger);

/* Fill in what the visitor does not know; locked.  `room` is for the event's values, one more
 * than it has. */
void harness_ledger_fill(struct harness_ledger *ledger, struct point_event *event,
                         struct point_value *room);

/* Learn from a filled event, and write its lines into the record; locked. */
void harness_ledger_learn(struct harness_ledger *ledger, const struct point_event *event);

/* A new stream; locked. */
void harness_ledger_stream(struct harness_ledger *ledger, const struct world_stream *stream);

/* A fault struck: its connection can't be judged by values any more; locked. */
void harness_ledger_struck(struct harness_ledger *ledger, enum point_effect effect,
                           const struct point_event *event);

/* The number (WORLD_ID_CALL) of the call that an event is about, 0: none that is known. */
uint32_t harness_ledger_call(struct harness *harness, const struct point_event *event);

/* The same, locked. */
uint32_t harness_ledger_call_locked(struct harness_ledger *ledger, const struct point_event *event);

/* What is known of a call that a connection carries. */
struct harness_carried {
    uint32_t call;                 /* its number; 0: none of a client's of ours */
    const char *protocol, *method; /* NULL: unknown */
};

/* Of that id; locked. */
struct harness_carried harness_ledger_carried(struct harness_ledger *ledger, uint32_t connection,
                                              int32_t call_id);

/* Whether it is about a call of that proxy of its client, or, being about none, about a connection
 * that such a call has joined.  Any thread. */
bool harness_ledger_is_of(struct harness *harness, const struct point_event *event, uint32_t proxy);

/* How often a Handler has begun with that call. */
uint32_t harness_ledger_executions(struct harness *harness, uint32_t call);

/* The script has said that it may stay without an end. */
void harness_ledger_may_pend(struct harness *harness, uint32_t call);

/* The client's machine has died: the calls that it has under way never end. */
void harness_ledger_client_died(struct harness *harness, uint32_t client);

/* One call for the invariants. */
struct harness_ledger_view {
    uint32_t number, client, connection;
    uint32_t proxy; /* of the client, by number; only when it begins */
    int32_t call_id;
    const char *method;
    bool ended;
    uint64_t started_ns, ended_ns;
    unsigned ends; /* how often client.end was told */
    uint32_t executions;
    bool may_pend;
    bool died;          /* with its client */
    bool repeated;      /* by a retry, or by a fault that changes bytes */
    bool foreign_value; /* it returned bytes that nobody has sent for it */
};

/* A call begins (number, client, proxy, connection, call_id, method, started_ns
 * count), and ends.
 * harness_call_started and harness_call_ended are these for a client's call. */
struct client_outcome;
void harness_ledger_begin(struct harness *harness, const struct harness_ledger_view *call,
                          const char *protocol);
void harness_ledger_end(struct harness *harness, uint32_t number, uint32_t connection,
                        uint64_t ended_ns, const struct client_outcome *outcome);

size_t harness_ledger_calls(const struct harness *harness);
struct harness_ledger_view harness_ledger_at(const struct harness *harness, size_t i);

/* Whether a call is neither ended nor dead nor allowed to pend. */
bool harness_ledger_open(const struct harness *harness);

/* When something last happened that was not mere housekeeping (pings, scans, timed waits). */
uint64_t harness_ledger_last_ns(struct harness *harness);

/* Write what is still open into the record: calls that never ended, faults. */
void harness_ledger_finish(struct harness *harness);

#endif
