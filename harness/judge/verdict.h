/*
 * The links of an expectation, each a judgement of one value: is, returns, fails, at …
 */
#ifndef HARNESS_JUDGE_VERDICT_H
#define HARNESS_JUDGE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include <lua.h>

#include "harness/judge/matcher.h"
#include "harness/lua/show.h"

struct harness;

struct harness_verdict {
    bool ok;
    bool timed; /* it was about a time, of which these are known: */
    uint64_t wanted_ns, seen_ns;
    uint64_t about_ns; /* 0: nothing better than now */
    uint32_t call, connection;
    char expected[HARNESS_SHOW_MAX]; /* like `seen` only where harness_findings_read */
    char seen[HARNESS_SHOW_MAX];
    char why[HARNESS_WHY_MAX]; /* "": nothing more is known */
};

/* Judge the value at `subject` by the one at `argument` (none when the script gave none). */
typedef void harness_judge_fn(lua_State *L, struct harness *harness, int subject, int argument,
                              struct harness_verdict *verdict);

/* What a link waits for before it judges. */
enum harness_patience {
    HARNESS_NOW,
    HARNESS_FOR_END,  /* of the call or program */
    HARNESS_FOR_EVER, /* until nothing can happen any more, or an end */
};

struct harness_link {
    const char *name;
    harness_judge_fn *judge;
    enum harness_patience patience;
    int arguments; /* 1: one, -1: one or none, 0: none */
};

/* Ends with a NULL name. */
extern const struct harness_link harness_links[];

/* The links about calls, in call_verdict.c. */
harness_judge_fn harness_judge_returns, harness_judge_fails, harness_judge_pending,
    harness_judge_never_ends, harness_judge_says;

/* How a call stands, in words: "value { message = "hi" } at 2s". */
struct harness_call_view;
void harness_show_call(lua_State *L, int index, const struct harness_call_view *view, char *text,
                       size_t size);

/* The call at `index`, or a Lua error that names the link. */
const struct harness_type *harness_need_call(lua_State *L, int index, const char *link,
                                             struct harness_call_view *view);

#endif
