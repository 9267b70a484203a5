/*
 * What must hold at the end of every run, asked for or not.
 */
#ifndef HARNESS_JUDGE_INVARIANTS_H
#define HARNESS_JUDGE_INVARIANTS_H

#include <stddef.h>

struct harness;

/* One rule: its id, its sentence, and its function, which tells of what breaks it. */
struct harness_invariant {
    const char *id, *sentence;
    void (*judge)(struct harness *harness, const struct harness_invariant *self);
};

/* Zeroed, and the case's; NULL when out of memory, which makes the case void. */
void *harness_invariants_allocate(struct harness *harness, size_t size);

/* Ends with a NULL id. */
extern const struct harness_invariant harness_invariants[];

/* Judge all; after everything has settled and before anything is torn down. */
void harness_invariants_judge(struct harness *harness);

/* Something of the world was still there after the end: "2 timers armed". */
void harness_invariants_leak(struct harness *harness, const char *leftovers);

#endif
