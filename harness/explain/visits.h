/*
 * Why nobody fitted an aim: how many came to its point, and which part of the aim none of them
 * fitted.  Only reads the trace.
 */
#ifndef HARNESS_EXPLAIN_VISITS_H
#define HARNESS_EXPLAIN_VISITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct harness_aim;

/* One sentence in `text`: "12 visits of server.write, none with method = "ech" (seen: "echo")".
 * What is aimed stands since `armed_ns` (0: always).  False, and nothing is said, when somebody
 * fitted, or it can't be told.  The script's thread, not locked. */
bool harness_explain_visits(const struct harness_aim *aim, uint64_t armed_ns, char *text,
                            size_t size);

#endif
