/*
 * What the seed decides in a rough world: who is picked, who is passed over, how long a task
 * takes, how late a segment comes, how much a write takes.
 *
 * No single way of scheduling finds every kind of mistake, so the seed chooses one: mostly
 * long holds (an executor is passed over for 1, 2, 4 … 256 picks), sometimes PCT (strict
 * priorities that change a few times a run), an even draw, or first come, first served.
 * Everything is asked as a choice too, so that a calm world can replay it.
 */
#ifndef RPC_WORLD_SIM_POLICY_H
#define RPC_WORLD_SIM_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;
struct sim_executor;
struct world_line;

enum sim_order { ORDER_FIFO, ORDER_HOLDS, ORDER_PRIORITIES, ORDER_EVEN };

enum { POLICY_CHANGES_MAX = 3 };

struct sim_policy {
    enum sim_order order;
    uint32_t hold;    /* the chance of a hold, of 2^32 */
    uint32_t stall;   /* … of a stall */
    uint32_t slow;    /* … that an executor is a slow one */
    uint32_t latency; /* … that a segment is late, */
    uint32_t latency_max_us;
    uint32_t short_write;
    uint64_t change_at[POLICY_CHANGES_MAX]; /* at which picks priorities change */
    uint64_t next_low;                      /* the next priority below all others */
    uint64_t cost_ns;
    bool cost_known;
};

void sim_policy_init(struct sim *sim);

/* An executor's first priority. */
uint64_t sim_policy_priority(const struct sim *sim, uint32_t lane);

/* Which of the line is picked: 0 is the first. */
uint32_t sim_policy_pick(struct sim *sim, const struct world_line *line);

/* For how many picks the executor, about to be picked, is passed over. */
uint32_t sim_policy_hold(struct sim *sim, struct sim_executor *executor);

/* For how long the executor that was picked does not run all the same. */
uint64_t sim_policy_stall(struct sim *sim, struct sim_executor *executor);

/* How much later than others this segment of a connection's side comes. */
uint64_t sim_policy_latency(struct sim *sim, uint32_t side, uint32_t segment);

/* How many of `size` bytes a write takes. */
size_t sim_policy_write(struct sim *sim, uint32_t side, uint32_t write, size_t size);

#endif
