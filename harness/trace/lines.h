/*
 * The record's lines that follow from events: lanes, connections and their states, calls,
 * spans and marks.  Everything is locked (harness_lock).
 */
#ifndef HARNESS_TRACE_LINES_H
#define HARNESS_TRACE_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/harness.h"
#include "rpc/wire/wire.h"

struct client_outcome;
struct harness_lines;

/* How far a call has come. */
enum harness_stage {
    HARNESS_SENDING, /* its bytes go to the socket */
    HARNESS_QUEUED,  /* in the callQueue */
    HARNESS_TAKEN,   /* a Handler has it */
    HARNESS_REPLIED, /* its response has joined the queue */
    HARNESS_STAGES
};

struct harness_line_call {
    uint32_t number, client, connection;
    int32_t call_id, retry;
    const char *method, *protocol;
    const char *key; /* of the connection that it wants; NULL: not known */
    bool ended;
    uint64_t started_ns, ended_ns;
    uint32_t executions;
    int64_t reply_length; /* of the response; 0: there is none yet */
    bool reached[HARNESS_STAGES];
    uint64_t reached_ns[HARNESS_STAGES];
};

/* Note when a call first got there. */
void harness_line_reached(struct harness_line_call *call, enum harness_stage stage, uint64_t at_ns);

/* NULL when out of memory. */
struct harness_lines *harness_lines_create(struct harness *harness);
void harness_lines_free(struct harness_lines *lines);

void harness_lines_event(struct harness_lines *lines, const struct point_event *event,
                         const struct harness_line_call *call);
void harness_lines_stream(struct harness_lines *lines, const struct world_stream *stream);

/* The server's side has read a whole message. */
void harness_lines_received(struct harness_lines *lines, uint32_t connection, uint64_t at_ns,
                            enum wire_kind kind);

/* A call ends; `outcome` NULL: it never did. */
void harness_lines_call(struct harness_lines *lines, const struct harness_line_call *call,
                        const struct client_outcome *outcome);

/* What is still open at the end: spans. */
void harness_lines_finish(struct harness_lines *lines);

#endif
