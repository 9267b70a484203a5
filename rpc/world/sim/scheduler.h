/*
 * Executors and their tasks: who can run, who is next, and the running of one task.
 *
 * An executor that can run stands in one of two lists, first come, first served: the
 * ordinary ones, and those that are `lowest`.  One that has lost its ability to run
 * meanwhile is dropped when its turn comes.
 */
#ifndef RPC_WORLD_SIM_SCHEDULER_H
#define RPC_WORLD_SIM_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/world/world.h"

struct sim;

/* What keeps an executor from running. */
enum {
    KEPT_STANDING = 1,
    KEPT_STALLED = 2,
    KEPT_PAUSED = 4, /* its host is */
    KEPT_DEAD = 8,   /* its host was killed: it runs nothing any more */
};

struct sim_executor {
    struct world_executor *executor; /* borrowed */
    TAILQ_ENTRY(sim_executor) all;
    size_t agenda_index; /* of the end of a stall */
    uint64_t cost_ns;    /* of a task, from the first pick on */
    uint64_t priority;   /* see policy.h */
    uint32_t thread;     /* the lane of the first among companions */
    uint32_t picks;
    uint32_t uses; /* armed timers and watches that are on */
    uint16_t held; /* for so many picks it is still passed over */
    bool asked;    /* whether this pick's hold and stall have been drawn */
    uint8_t kept;  /* from running, by what */
};

struct sim_scheduler {
    struct world_line ordinary, lowest;
    TAILQ_HEAD(, sim_executor) executors; /* in order of creation */
    uint32_t count;
    uint64_t steps, picks, choices;
};

static inline struct sim_executor *sim_executor_of(const struct world_executor *executor)
{
    return executor->implementation;
}

/* A task of this executor, of a companion of it, or of nobody is running. */
void sim_assert_own(const struct world_executor *executor);

/* Nobody yet. */
void sim_scheduler_init(struct sim_scheduler *scheduler);

/* Append `task`, which is not queued. */
void sim_enqueue(struct world_executor *executor, struct world_task *task);

/* Take `task` back.  Harmless when it is not queued. */
void sim_dequeue(struct world_executor *executor, struct world_task *task);

/* Run one task.  False when no executor can. */
bool sim_step(struct sim *sim);

/* A stall has ended. */
void sim_executor_due(struct sim *sim, struct sim_executor *executor);

/* The executors of `host` have died, or have been paused or let go. */
void sim_executors_kill(struct sim *sim, struct world_host *host);
void sim_executors_pause(struct sim *sim, struct world_host *host, bool paused);

/* For world_ops. */
void sim_executor_init(struct world_executor *executor, struct world_executor *companion);
void sim_executor_release(struct world_executor *executor);
void sim_post(struct world_executor *executor, struct world_task *task);
void sim_stand(struct world_executor *executor, struct world_task *task);
void sim_resume(struct world_executor *executor);

#endif
