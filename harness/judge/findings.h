/*
 * What a case has found: checks that held or did not, and why it is void or skipped.
 */
#ifndef HARNESS_JUDGE_FINDINGS_H
#define HARNESS_JUDGE_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/harness.h"
#include "rpc/status.h"

/* One check.  Texts of a given one are borrowed. */
struct harness_finding {
    bool ok, invariant;
    const char *expr;     /* the source line, or the invariant's id */
    const char *expected; /* may be NULL */
    const char *seen;
    const char *why;  /* NULL: nothing more is known */
    const char *file; /* NULL: no place */
    int line;
    const char *source; /* of a kept one: the line; NULL: unknown */
    uint64_t at_ns;     /* of the check; 0: now */
    uint32_t call, connection, fault;
    uint64_t about_ns; /* 0: at_ns */
};

enum rpc_status harness_findings_begin(struct harness *harness);

/* Whether anybody reads the texts of a check that ended so: of one that held only a record does. */
bool harness_findings_read(const struct harness *harness, bool ok);

/* Add a check; a failed one is kept for the result.  Script's thread. */
void harness_find(struct harness *harness, const struct harness_finding *finding);

/* What the case has found out, in a sentence; shown under it.  Copied.  Script's thread. */
void harness_answer(struct harness *harness, const char *text);
/* All of them, a line each; NULL: none. */
const char *harness_findings_answers(const struct harness *harness);

/* How many checks there were (of scripts only), how many failed. */
size_t harness_findings_asked(const struct harness *harness);
size_t harness_findings_failed(const struct harness *harness);
const struct harness_finding *harness_findings_at(const struct harness *harness, size_t failed);

/* Why the case is broken, a line for each reason, or NULL; whether by harness_broken; and why it is
 * skipped, or NULL. */
const char *harness_findings_broken(const struct harness *harness);
bool harness_findings_spoilt(const struct harness *harness);
const char *harness_findings_skipped(const struct harness *harness);

/* The line of a file as it was loaded, without blanks around; NULL: unknown. */
const char *harness_source_line(struct harness *harness, const char *file, int line);

#endif
