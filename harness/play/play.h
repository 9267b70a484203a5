/*
 * Playing a case: a world, the body in it, healing, settling, the invariants, the verdict.
 */
#ifndef HARNESS_PLAY_PLAY_H
#define HARNESS_PLAY_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults/point.h"
#include "harness/harness.h"
#include "harness/judge/findings.h"
#include "harness/play/cases.h"
#include "reports/record.h"

/* Where worlds come from; the command line chooses. */
struct harness_worlds {
    enum harness_seen kind;
    /* A world for the case, or NULL. */
    struct world *(*create)(void *owner, const struct harness_case *play);
    /* What of it is still there though all should be gone; false: nothing. */
    bool (*leftovers)(void *owner, struct world *world, char *text, size_t size);
    void *owner;
    bool thread_each;           /* live: each of a server's threads is one */
    uint64_t speed;             /* of its clock; 1 in sim */
    uint64_t early_ns, late_ns; /* what expectations of times forgive */
    uint64_t limit_ns;          /* of a case that names none */
    const char *(*replay)(void *owner, const struct harness_case *play); /* the command */
    /* Optional: the world is about to be freed. */
    void (*gone)(void *owner);
    /* Optional: why the case must end now, or NULL.  Asked whenever world_stop was called. */
    const char *(*interrupted)(void *owner);
    const struct harness_onlooker *onlooker; /* NULL: nobody looks on */
};

/* Live: how long, of the machine's time, what is healed may take to come to rest, then what is
 * stopped to be gone. */
#define HARNESS_REST_NS (UINT64_C(5) * WORLD_SEC)

struct harness_result {
    enum record_status status;
    const char *reason; /* broken (a line each), known, skipped: why; NULL else */
    uint64_t end_ns;    /* the world's time */
    uint64_t hash;      /* world_hash; 0 in live */
    uint64_t events, calls;
    uint64_t outside;    /* strikes of faults that were armed from outside */
    size_t checks;       /* of the script */
    const char *answers; /* what it found out, a line each; NULL: nothing */
    struct harness_finding *failed;
    size_t failed_count;
    struct arena arena; /* owned: of the findings and all texts */
};

/* Play the case; `record` (or NULL) gets its lines and its end. */
void harness_play(const struct harness_case *play, const struct harness_worlds *worlds,
                  struct record *record, struct harness_result *result);
void harness_result_release(struct harness_result *result);

#endif
