/*
 * Golden records for the tests of this folder: small stories, written with the writer.  Each
 * call makes the same bytes.
 */
#ifndef REPORTS_GOLDEN_H
#define REPORTS_GOLDEN_H

#include <stddef.h>

struct golden {
    char *bytes; /* the caller frees */
    size_t length;
};

struct golden golden_purge(void);     /* a purge that comes late: failed */
struct golden golden_storm(void);     /* 50 clients reconnect: passed */
struct golden golden_fatal(void);     /* FATAL ends five calls: passed */
struct golden golden_calm(void);      /* nothing takes time but a handler: passed */
struct golden golden_events(int n);   /* a run of n events */
struct golden golden_empty(void);     /* nothing happened: skipped */
struct golden golden_truncated(void); /* golden_purge, cut in the middle of a line */
struct golden golden_hostile(void);   /* markup, controls and broken UTF-8 in every text */

#endif
