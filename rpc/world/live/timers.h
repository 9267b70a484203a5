/*
 * The timers of a thread: a heap in the order of their times, and one alarm (a timerfd) for
 * the first of them.  The alarm is moved only to become earlier; one that goes off too
 * early is set again, so that a timer which is stopped in time costs no system call.
 */
#ifndef RPC_WORLD_LIVE_TIMERS_H
#define RPC_WORLD_LIVE_TIMERS_H

#include "rpc/world/live/inside.h"

void live_timer_init(struct world_timer *timer);
void live_timer_release(struct world_timer *timer);
void live_timer_start(struct world_timer *timer, uint64_t at_ns);
void live_timer_stop(struct world_timer *timer);

/* A timer of the thread itself, which no executor can hold up: it has none. */
void live_timer_init_bare(struct world_timer *timer, struct live_thread *thread,
                          world_timer_fn *run);

/* The alarm has gone off. */
void live_timers_alarmed(struct live_thread *thread);

/* Run the timers that are due. */
void live_timers_run(struct live_thread *thread);

/* Make sure that the alarm goes off in time for the first timer and the limit. */
void live_timers_set_alarm(struct live_thread *thread);

#endif
