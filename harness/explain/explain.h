/*
 * Why an expectation failed, where the trace proves it: which stage holds a call, which fault
 * struck it, which time-out is armed or fired, who closed a connection, why an event never came.
 *
 * Each kind of explanation is one function with one sentence; the tables in stage.c, end.c and
 * timer.c have most of them.  What is not written in the trace is not said.
 */
#ifndef HARNESS_EXPLAIN_EXPLAIN_H
#define HARNESS_EXPLAIN_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

struct harness;

/* What a failed link had asked. */
struct harness_question {
    const char *link;   /* "returns" */
    const char *ending; /* of `fails "eof"`; NULL: any, or none */
    bool timed;         /* it was a time: */
    uint64_t wanted_ns, seen_ns;
};

/* Add to `why` what is known of the value at `subject`, a call, a connection, an event or a list of
 * events, that is not what the link wants (`argument`, 0: it has none).  Not locked; the script's
 * thread. */
void harness_explain(lua_State *L, int subject, int argument,
                     const struct harness_question *question, char *why, size_t size);

/* The same of the call with that number (WORLD_ID_CALL). */
void harness_explain_call(struct harness *harness, uint32_t number, char *why, size_t size);

/* The same of the first call that is open, with its name in front. */
void harness_explain_open(struct harness *harness, char *why, size_t size);

#endif
