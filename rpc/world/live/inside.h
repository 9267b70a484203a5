/*
 * What the parts of the live world know of each other.
 */
#ifndef RPC_WORLD_LIVE_INSIDE_H
#define RPC_WORLD_LIVE_INSIDE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/world/live/block.h"
#include "rpc/world/live/live.h"
#include "rpc/world/live/ports.h"
#include "rpc/world/world.h"

struct event;
struct event_base;
struct live_program;
struct live_question;
struct live_stream;
struct live_listener;
struct live_watch;

/* A ring of everything of one kind; the head is a link too. */
struct live_link {
    struct live_link *next, *previous;
};

static inline void live_link_init(struct live_link *link)
{
    link->next = link->previous = link;
}

static inline void live_link_last(struct live_link *head, struct live_link *link)
{
    link->previous = head->previous;
    link->next = head;
    head->previous->next = link;
    head->previous = link;
}

/* Harmless for one that is alone. */
static inline void live_link_remove(struct live_link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    live_link_init(link);
}

/* A thread with its loop.  What is not marked belongs to the thread itself, or to whoever
 * has stopped the world. */
struct live_thread {
    struct live_link link; /* the world's mutex */
    struct live_world *world;
    pthread_t id;
    bool has_id; /* not the main thread */
    struct event_base *base;
    struct event *alarm_event, *wake_event;
    int alarm, wake;
    struct world_line ready, lowest; /* executors that can run, in order of readiness */
    struct world_executor *current;  /* whose task runs, NULL between tasks */
    struct world_timer **timers;     /* a heap by (at_ns, order) */
    size_t timer_count, timer_room;
    uint64_t timer_order;
    uint64_t alarm_ns; /* when the alarm is set to go off */
    uint64_t limit_ns; /* world_run's */
    bool due;          /* the first timer's time has come */
    bool limit_reached;
    bool patient; /* what it waited for last came soon: it is worth looking out */
    struct live_link watches;
    struct live_watch *running_watch; /* until its function ends or stops it */
    uint64_t served;                  /* callbacks so far */
    uint64_t turn;                    /* from 1; see batch.h */
    unsigned locks;                   /* that it has */
    struct live_link late, leftovers; /* batch.h */

    pthread_mutex_t mutex;              /* for the inbox */
    STAILQ_HEAD(, live_executor) inbox; /* of whom another thread wants something */
    _Atomic bool full;                  /* the inbox is not empty */
    _Atomic bool asleep;                /* only a write to `wake` wakes it */
    _Atomic bool over;                  /* its loop has ended */
    _Atomic unsigned executors;         /* at 0 its loop ends */
};

/* An executor's `implementation`. */
struct live_executor {
    struct live_link link; /* in the world's; its mutex */
    struct world_executor *executor;
    struct live_thread *thread;
    struct live_watch *waiting; /* watches that were ready while it could not run */
    bool dead;                  /* its host was killed; changed while the world stands */
    /* Under the thread's mutex: */
    struct world_tasks posted; /* by other threads */
    STAILQ_ENTRY(live_executor) inbox;
    bool in_inbox, resume;
};

/* What all threads read at every step shares no cache line with what one of them keeps writing. */
enum { LIVE_CACHE_LINE = 64 };

struct live_world {
    struct world world;
    _Alignas(LIVE_CACHE_LINE) struct live_options options;
    bool real_time;              /* its speed is 1 */
    bool began;                  /* it has run: before that its clock stands at 0 */
    uint64_t started_ns;         /* CLOCK_MONOTONIC */
    uint32_t descriptors_before; /* that the process had open when the world was made, */
    uint32_t descriptors_each;   /* and that a thread has for its loop */
    struct world_net net;
    struct live_ports ports;
    struct live_block block;

    pthread_mutex_t mutex;             /* for the rest */
    pthread_cond_t moved;              /* a thread has stopped, ended, or may go on */
    _Atomic bool attention;            /* all threads shall stand */
    _Atomic bool stop;                 /* world_stop */
    _Atomic bool quit;                 /* world_free */
    const struct live_thread *wanting; /* whose wish that is */
    unsigned running, parked;          /* threads besides the main one; who of all threads stands */
    struct live_link threads, executors, hosts, names, listeners, streams, programs;
    struct live_question *questions; /* ask.h; the oldest first */
    uint32_t host_count;

    _Atomic bool asked;                 /* somebody waits for an answer of the main thread */
    const struct live_thread *answered; /* the main thread's: who is being answered, or NULL */

    _Alignas(LIVE_CACHE_LINE) struct live_thread main;
};

static inline struct live_world *live_of(struct world *world)
{
    return world_container(world, struct live_world, world);
}

/* The thread that the caller is, NULL outside world_run. */
extern _Thread_local struct live_thread *live_here;

/* Nanoseconds of the machine's monotonic clock, and the moment of it at which the world's
 * clock shows `at_ns`. */
uint64_t live_machine_ns(void);
/* Time begins with the first run: what is made before it happens at 0, however long it takes. */
void live_begin(struct live_world *world);
uint64_t live_machine_at(const struct live_world *world, uint64_t at_ns);
uint64_t live_now(struct world *world);

#endif
