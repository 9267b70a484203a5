/*
 * The world: everything the RPC stack needs from outside, in one struct of functions.
 *
 * There are two: live/ has the machine's clock, threads and sockets, sim/ makes all of
 * that from a seed, in virtual time and on one thread.  Nothing above this header can
 * tell which one it lives in, and nothing above it calls a clock, a socket, a thread or
 * a source of chance by itself.
 *
 * The contract, asserted in sim and tested in both:
 *  1. A task runs to its end on its executor; nothing in it blocks.
 *  2. `post` never runs a task inline; between one poster and one executor tasks keep
 *     their order.
 *  3. Timers and watches are started and stopped on their own executor, or on a
 *     companion of it.
 *  4. Readiness is level-triggered and may be spurious: a read or write after it can
 *     still answer RPC_AGAIN.  The order between posts, timers and readiness that are
 *     due at the same time is not specified.
 *  5. Reads and writes can be short at any byte.
 *  6. State that two executors share moves by `post`, or under one world_lock region a
 *     task; a task leaves no lock held.
 *  7. A stream is closed after its watches have been stopped.
 *  8. No address, hash order, wall clock or thread may influence behaviour or trace.
 */
#ifndef RPC_WORLD_WORLD_H
#define RPC_WORLD_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include "faults/point.h"
#include "rpc/status.h"

struct world;
struct world_executor;
struct world_host;     /* a machine with a name, an address, a wall clock */
struct world_listener; /* a bound and listening socket */
struct world_stream;   /* one end of a connection */
struct world_lock;
struct world_task;
struct world_timer;
struct world_watch;

enum { WORLD_NAME_MAX = 64 };

#define WORLD_MS    UINT64_C(1000000)
#define WORLD_SEC   UINT64_C(1000000000)
#define WORLD_NEVER UINT64_MAX
#define WORLD_UP_NS (86400 * WORLD_SEC) /* a host's usual time up when the world begins */

/* IPv4; both in host byte order. */
struct world_address {
    uint32_t ip;
    uint16_t port;
};

enum world_direction { WORLD_READ, WORLD_WRITE };

/* Run by an executor.  The storage is the caller's, usually embedded (see
 * world_container); it is free for another post when `run` begins. */
typedef void world_task_fn(struct world_task *task);
struct world_task {
    world_task_fn *run;
    STAILQ_ENTRY(world_task) next; /* the world's */
    bool queued;                   /* the world's; posting a queued task is a mistake */
};
STAILQ_HEAD(world_tasks, world_task);

/* Where tasks run, one at a time and in order: a thread of Hadoop's, a lane of the trace.
 * Embedded by its owner; all fields are the world's. */
struct world_executor {
    struct world *world;
    struct world_host *host;
    struct world_tasks tasks;           /* posted, not yet run */
    struct world_task *parked;          /* runs first after world_resume */
    STAILQ_ENTRY(world_executor) ready; /* in the line of those that can run */
    void *implementation;
    uint32_t lane;
    bool standing, scheduled, lowest;
    bool own_thread; /* see world_executor_init_thread */
};
STAILQ_HEAD(world_line, world_executor);

/* One shot.  All fields but `run` are the world's. */
typedef void world_timer_fn(struct world_timer *timer);
struct world_timer {
    world_timer_fn *run;
    struct world_executor *executor;
    struct world_task task;
    uint64_t at_ns;
    uint64_t order;
    size_t heap_index;
    void *implementation;
    bool armed;
};

/* Readiness of one direction of one stream, or (WORLD_READ) of a listener. */
typedef void world_watch_fn(struct world_watch *watch);
struct world_watch {
    world_watch_fn *run;
    struct world_executor *executor;
    struct world_stream *stream;
    struct world_listener *listener;
    struct world_task task;
    void *implementation;
    enum world_direction direction;
    bool on;
    bool beneath; /* a filter's own, see world_watch_init_beneath */
};

/* First member of every kind of host. */
struct world_host {
    struct world *world;
    char name[WORLD_NAME_MAX];
    uint32_t id;
    uint32_t ip;
    uint64_t up_ns; /* how long it had been up when the world began: WORLD_UP_NS, unless it is
                     * set before anything runs there */
    _Atomic int64_t jumped_ns;    /* its wall clock, since the world began */
    _Atomic uint32_t descriptors; /* listeners and streams that its programs have and not given
                                   * back; none after world_host_kill */
};

/* First member of every kind of lock. */
struct world_lock {
    struct world *world;
};

/* First member of every kind of listener. */
struct world_listener {
    struct world *world;
    struct world_host *host;
    struct world_address address;
    struct world_watch *watch;
};

/* Something between a stack and its end of a stream (a wire tap, a network fault).  It
 * sees what is written and what is read, and may hold, change or drop it.  Its functions
 * take the place of the world's for this stream, and call world_raw_read and
 * world_raw_writev beneath. */
struct world_filter;
struct world_filter_ops {
    enum rpc_status (*read)(struct world_filter *, struct world_stream *, void *buffer, size_t size,
                            size_t *got);
    enum rpc_status (*writev)(struct world_filter *, struct world_stream *, const struct iovec *,
                              int count, size_t *accepted);
    void (*shutdown)(struct world_filter *, struct world_stream *);
    /* After it the filter must not touch the stream; bytes it still holds may be sent
     * first, in which case it calls world_raw_close itself when they are gone. */
    void (*close)(struct world_filter *, struct world_stream *, bool reset);
};
struct world_filter {
    const struct world_filter_ops *ops;
};

/* What a filter makes of a direction's readiness.  After a change away from NOT_READY it calls
 * world_wake. */
enum world_readiness {
    WORLD_AS_BENEATH, /* no filter, or one that holds nothing */
    WORLD_NOT_READY,  /* whatever comes beneath */
    WORLD_READY,      /* the filter has something itself */
};

/* First member of every kind of stream. */
struct world_stream {
    struct world *world;
    struct world_host *host;
    struct world_filter *filter; /* usually NULL */
    struct world_address local, remote;
    struct world_watch *watches[2]; /* by direction; NULL when off */
    struct world_watch *beneath;    /* a filter's, for WORLD_WRITE */
    _Atomic uint8_t readiness[2];   /* enum world_readiness, the filter's */
    uint32_t connection; /* the connecting side's number; a foreign peer gets a new one */
    bool accepted;       /* the server's end */
    bool foreign;        /* the peer is nobody of this world */
};

/* Who is told of everything.  The harness sets it before the world runs. */
struct world_tracer;
struct world_tracer_ops {
    /* `event` and its texts live only during the call. */
    void (*event)(struct world_tracer *, const struct point_event *event);
    /* Whether a hold stands here.  If so the tracer has called world_stand, and will
     * call world_resume. */
    bool (*held)(struct world_tracer *, const struct point_event *event,
                 struct world_executor *executor, struct world_task *step);
    /* A new stream, connected or accepted: a filter may be set on it. */
    void (*stream)(struct world_tracer *, struct world_stream *stream);
    /* A lane or host has got its number. */
    void (*lane)(struct world_tracer *, uint32_t lane, const char *name, struct world_host *host);
};
struct world_tracer {
    const struct world_tracer_ops *ops;
};

/* Where chance is drawn.  Non-zero answers are the schedule of a run. */
#define WORLD_SITE_MAP(X)                                                                          \
    X(PICK, "pick", true)                      /* which executor is next */                        \
    X(HOLD, "hold", true)                      /* for how many picks an executor is passed over */ \
    X(STALL, "stall", true)                    /* a descheduled thread */                          \
    X(COST, "cost", true)                      /* virtual time of a task */                        \
    X(LATENCY, "latency", true)                /* of a segment */                                  \
    X(SHORT_WRITE, "net.short", true)          /* bytes taken by the send buffer */                \
    X(CLIENT_RETRY, "client.retry", false)     /* back-off jitter, u in 2^-32 */                   \
    X(CLIENT_SASL, "client.sasl", false)       /* ms */                                            \
    X(CLIENT_PORT, "client.port", false)       /* the local port of a connection */                \
    X(SERVER_CLEANUP, "server.cleanup", false) /* positions of the 1.x idle clean-up */            \
    X(SERVER_SELECT, "server.select", false)   /* ms by which the Responder's wait ends late */    \
    X(SCRIPT, "script", false)                 /* t:random, and a fault's chance */

enum world_site {
#define X(name, text, rough) SITE_##name,
    WORLD_SITE_MAP(X)
#undef X
        SITE_COUNT
};

/* The network's common settings, before anything else happens (scenario: t:net). */
struct world_net {
    uint64_t latency_ns; /* one way; default 0 */
    size_t buffer;       /* bytes each way and end; default 64 KiB */
    uint64_t give_up_ns; /* unacknowledged data breaks the connection; default 924 s */
};

enum world_end {
    WORLD_STOPPED, /* world_stop was called */
    WORLD_DEAD,    /* sim only: nothing is left that could ever happen */
    WORLD_LIMIT,   /* the time given has passed */
};

/* A real program beside the stack (live only).  All fields but `printed` are the world's to
 * write; texts live until world_program_free. */
struct world_program {
    struct world *world;
    const char *output; /* what it has printed, both streams in order of arrival; NUL ends it */
    size_t output_length;
    uint64_t started_ns, ended_ns; /* ended_ns 0: it still runs */
    int exit_status;               /* of an ended one; -1: a signal ended it */
    int signal;
    struct world_task *printed; /* the caller's to set: posted when it has printed more */
};

struct world_ops {
    uint64_t (*now)(struct world *);

    void (*executor_init)(struct world_executor *, struct world_executor *companion);
    void (*executor_release)(struct world_executor *);
    void (*post)(struct world_executor *, struct world_task *);
    void (*stand)(struct world_executor *, struct world_task *);
    void (*resume)(struct world_executor *);

    void (*timer_init)(struct world_timer *);
    void (*timer_release)(struct world_timer *);
    void (*timer_start)(struct world_timer *, uint64_t at_ns);
    void (*timer_stop)(struct world_timer *);

    void (*watch_init)(struct world_watch *);
    void (*watch_release)(struct world_watch *);
    void (*watch_start)(struct world_watch *);
    void (*watch_stop)(struct world_watch *);

    struct world_host *(*host)(struct world *, const char *name);
    void (*host_kill)(struct world_host *);
    void (*host_pause)(struct world_host *, bool paused);
    enum rpc_status (*resolve)(struct world *, const char *name, uint32_t *ip);
    void (*dns)(struct world *, const char *name, struct world_host *);

    enum rpc_status (*listen)(struct world_host *, uint16_t port, int backlog,
                              struct world_listener **);
    enum rpc_status (*accept)(struct world_listener *, struct world_stream **);
    void (*listener_close)(struct world_listener *);
    enum rpc_status (*connect)(struct world_host *, struct world_address to, uint32_t connection,
                               struct world_stream **);
    enum rpc_status (*connected)(struct world_stream *);
    enum rpc_status (*read)(struct world_stream *, void *, size_t, size_t *);
    enum rpc_status (*writev)(struct world_stream *, const struct iovec *, int, size_t *);
    void (*shutdown)(struct world_stream *);
    void (*close)(struct world_stream *, bool reset);
    void (*wake)(struct world_stream *, enum world_direction);
    size_t (*unread)(struct world_stream *);

    enum rpc_status (*net)(struct world *, const struct world_net *);
    enum rpc_status (*partition)(struct world_host *a, struct world_host *b, bool cut);

    enum rpc_status (*program_start)(struct world *, const char *const *argv,
                                     const char *const *environment, struct world_executor *,
                                     struct world_task *ended, struct world_program **);
    void (*program_kill)(struct world_program *, int signal);
    void (*program_free)(struct world_program *);

    struct world_lock *(*lock_create)(struct world *);
    void (*lock_free)(struct world_lock *);
    void (*lock)(struct world_lock *);
    void (*unlock)(struct world_lock *);
    void (*ask)(struct world *, struct world_task *question);
    bool (*locked)(struct world *);

    uint32_t (*choose)(struct world *, enum world_site site, uint32_t entity, uint32_t ordinal,
                       uint32_t max);
    void (*random)(struct world *, void *buffer, size_t size);

    enum world_end (*run)(struct world *, uint64_t until_ns);
    void (*stop)(struct world *);
    uint64_t (*hash)(struct world *);
    void (*free)(struct world *);
};

/* First member of every kind of world. */
struct world {
    const struct world_ops *ops;
    struct world_tracer *tracer;    /* borrowed; NULL: nobody looks */
    struct world_executor *current; /* sim: whose task runs; live: see world_executor */
    uint32_t (*draw)(void *owner, enum world_site site, uint32_t entity, uint32_t ordinal,
                     uint32_t max, uint32_t drawn); /* a script's own draws; may be NULL */
    void *draw_owner;
    uint64_t delays_ns;          /* sim: what chance has held things up so far, added up; */
    uint64_t delayed_until_ns;   /* … and when the last of them will go on */
    uint64_t began_ms;           /* since 1970, when world_now was 0 */
    _Atomic uint32_t next_id[4]; /* see world_new_id */
    _Atomic uint32_t next_lane;
    bool virtual_time;
};

/* The struct that embeds `member` at `pointer`. */
#define world_container(pointer, type, member)                                                     \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* --- time --- */

/* Nanoseconds since the world began; constant within a task in sim.  Monotonic. */
static inline uint64_t world_now(struct world *world)
{
    return world->ops->now(world);
}

/* --- numbers and names --- */

enum world_id { WORLD_ID_SERVER, WORLD_ID_CLIENT, WORLD_ID_CONNECTION, WORLD_ID_CALL };

/* A new number of this kind: 1, 2, 3 …  Any thread. */
static inline uint32_t world_new_id(struct world *world, enum world_id kind)
{
    return atomic_fetch_add(&world->next_id[kind], 1) + 1;
}

/* --- executors --- */

/* Begin an executor called `name` ("server1/reader/0", "client2/conn/1/receiver") on
 * `host`.  A `companion` (or NULL) shares its thread: the two never run at the same time. */
void world_executor_init(struct world *world, struct world_executor *executor,
                         struct world_host *host, const char *name,
                         struct world_executor *companion);

/* The same, but in live `executor` begins a thread of its own, which those have who name it
 * as their companion: so a server's executors share one thread beside the main thread.
 * Without it an executor that has no companion is the main thread's, who calls world_run. */
void world_executor_init_thread(struct world *world, struct world_executor *executor,
                                struct world_host *host, const char *name);

/* From now on `executor` runs only while nothing else of its thread is ready to run (the
 * body of a scenario).  Before it is posted to. */
static inline void world_executor_lowest(struct world_executor *executor)
{
    executor->lowest = true;
}

/* End it.  Tasks still queued are forgotten.  From another task of the same thread, or when
 * the world does not run. */
static inline void world_executor_release(struct world_executor *executor)
{
    executor->world->ops->executor_release(executor);
}

/* Run `task` later on `executor`.  Any thread. */
static inline void world_post(struct world_executor *executor, struct world_task *task)
{
    executor->world->ops->post(executor, task);
}

/* Like a thread that blocks: after the current task `executor` runs nothing (tasks, timers
 * and readiness wait) until world_resume; then `task` (or NULL) goes first.  On that
 * executor or a companion. */
static inline void world_stand(struct world_executor *executor, struct world_task *task)
{
    executor->world->ops->stand(executor, task);
}

/* Let it go on.  Any thread; nothing happens to one that does not stand. */
static inline void world_resume(struct world_executor *executor)
{
    executor->world->ops->resume(executor);
}

/* --- timers --- */

static inline void world_timer_init(struct world_executor *executor, struct world_timer *timer,
                                    world_timer_fn *run)
{
    *timer = (struct world_timer){.run = run, .executor = executor};
    executor->world->ops->timer_init(timer);
}

/* Also stops it. */
static inline void world_timer_release(struct world_timer *timer)
{
    if (timer->executor != NULL)
        timer->executor->world->ops->timer_release(timer);
    timer->executor = NULL;
}

/* Run the timer once at `at_ns` (at once when that is past).  An armed one moves. */
static inline void world_timer_start(struct world_timer *timer, uint64_t at_ns)
{
    timer->executor->world->ops->timer_start(timer, at_ns);
}

/* Also takes back a firing that is queued.  Harmless when it is not armed. */
static inline void world_timer_stop(struct world_timer *timer)
{
    timer->executor->world->ops->timer_stop(timer);
}

/* --- watches --- */

static inline void world_watch_init(struct world_executor *executor, struct world_watch *watch,
                                    struct world_stream *stream, enum world_direction direction,
                                    world_watch_fn *run)
{
    *watch = (struct world_watch){
        .run = run, .executor = executor, .stream = stream, .direction = direction};
    executor->world->ops->watch_init(watch);
}

static inline void world_watch_init_listener(struct world_executor *executor,
                                             struct world_watch *watch,
                                             struct world_listener *listener, world_watch_fn *run)
{
    *watch = (struct world_watch){.run = run, .executor = executor, .listener = listener};
    executor->world->ops->watch_init(watch);
}

/* A filter's own watch: runs when the socket itself takes bytes again, beside the stack's. */
static inline void world_watch_init_beneath(struct world_executor *executor,
                                            struct world_watch *watch, struct world_stream *stream,
                                            world_watch_fn *run)
{
    *watch = (struct world_watch){.run = run,
                                  .executor = executor,
                                  .stream = stream,
                                  .direction = WORLD_WRITE,
                                  .beneath = true};
    executor->world->ops->watch_init(watch);
}

/* Also stops it. */
static inline void world_watch_release(struct world_watch *watch)
{
    if (watch->executor != NULL)
        watch->executor->world->ops->watch_release(watch);
    watch->executor = NULL;
}

/* Run the watch whenever its direction is ready, until it is stopped.  One watch for each
 * direction of a stream. */
static inline void world_watch_start(struct world_watch *watch)
{
    if (!watch->on)
        watch->executor->world->ops->watch_start(watch);
}

static inline void world_watch_stop(struct world_watch *watch)
{
    if (watch->on)
        watch->executor->world->ops->watch_stop(watch);
}

/* --- hosts and names --- */

/* The host called `name`, made when there is none yet.  It lives as long as the world. */
static inline struct world_host *world_host(struct world *world, const char *name)
{
    return world->ops->host(world, name);
}

/* What that host's wall clock, which may jump, shows at `now_ns`: milliseconds since 1970. */
static inline uint64_t world_wall_ms_at(const struct world_host *host, uint64_t now_ns)
{
    int64_t jumped_ns = atomic_load_explicit(&host->jumped_ns, memory_order_relaxed);
    return (host->world->began_ms * WORLD_MS + now_ns + (uint64_t)jumped_ns) / WORLD_MS;
}

static inline uint64_t world_wall_ms(const struct world_host *host)
{
    return world_wall_ms_at(host, world_now(host->world));
}

/* Monotonic nanoseconds since that host was started (a day before the world began). */
static inline uint64_t world_uptime_ns(const struct world_host *host)
{
    return host->up_ns + world_now(host->world);
}

/* Move the host's wall clock. */
static inline void world_clock_jump(struct world_host *host, int64_t by_ns)
{
    atomic_fetch_add_explicit(&host->jumped_ns, by_ns, memory_order_relaxed);
}

/* All processes of the host die at once: listeners close, streams end as the kernel would
 * end them (RST where data is unread, else FIN), its executors run nothing any more. */
static inline void world_host_kill(struct world_host *host)
{
    host->world->ops->host_kill(host);
    atomic_store_explicit(&host->descriptors, 0, memory_order_relaxed);
}

/* Its executors stand still while its kernel goes on acknowledging. */
static inline void world_host_pause(struct world_host *host, bool paused)
{
    host->world->ops->host_pause(host, paused);
}

/* RPC_NO_SUCH_NAME when nothing has that name.  Host names and dotted numbers resolve. */
static inline enum rpc_status world_resolve(struct world *world, const char *name, uint32_t *ip)
{
    return world->ops->resolve(world, name, ip);
}

/* From now on `name` leads to `host`; NULL: it does not resolve. */
static inline void world_dns(struct world *world, const char *name, struct world_host *host)
{
    world->ops->dns(world, name, host);
}

/* "10.0.0.1:8020"; returns `text`, which has room for 24 bytes. */
char *world_address_text(struct world_address address, char *text);

/* --- sockets --- */

/* Bind and listen.  Port 0: the world chooses.  RPC_ADDRESS_IN_USE and the like. */
static inline enum rpc_status world_listen(struct world_host *host, uint16_t port, int backlog,
                                           struct world_listener **listener)
{
    enum rpc_status status = host->world->ops->listen(host, port, backlog, listener);
    if (status == RPC_OK)
        atomic_fetch_add_explicit(&host->descriptors, 1, memory_order_relaxed);
    return status;
}

/* RPC_AGAIN, RPC_NO_DESCRIPTORS, or a stream that the caller closes. */
static inline enum rpc_status world_accept(struct world_listener *listener,
                                           struct world_stream **stream)
{
    struct world_host *host = listener->host;
    enum rpc_status status = listener->world->ops->accept(listener, stream);
    if (status == RPC_OK)
        atomic_fetch_add_explicit(&host->descriptors, 1, memory_order_relaxed);
    return status;
}

/* Connections in its backlog are reset. */
static inline void world_listener_close(struct world_listener *listener)
{
    atomic_fetch_sub_explicit(&listener->host->descriptors, 1, memory_order_relaxed);
    listener->world->ops->listener_close(listener);
}

/* Begin to connect.  RPC_OK: the stream becomes writable when the attempt has ended, and
 * world_connected tells how.  `connection` is the caller's number for both ends. */
static inline enum rpc_status world_connect(struct world_host *from, struct world_address to,
                                            uint32_t connection, struct world_stream **stream)
{
    enum rpc_status status = from->world->ops->connect(from, to, connection, stream);
    if (status == RPC_OK)
        atomic_fetch_add_explicit(&from->descriptors, 1, memory_order_relaxed);
    return status;
}

/* RPC_AGAIN while it is under way; RPC_OK; RPC_REFUSED, RPC_TIMED_OUT, RPC_UNREACHABLE. */
static inline enum rpc_status world_connected(struct world_stream *stream)
{
    return stream->world->ops->connected(stream);
}

/* Beneath any filter. */
static inline enum rpc_status world_raw_read(struct world_stream *stream, void *buffer, size_t size,
                                             size_t *got)
{
    return stream->world->ops->read(stream, buffer, size, got);
}

static inline enum rpc_status world_raw_writev(struct world_stream *stream,
                                               const struct iovec *parts, int count,
                                               size_t *accepted)
{
    return stream->world->ops->writev(stream, parts, count, accepted);
}

static inline void world_raw_shutdown(struct world_stream *stream)
{
    stream->world->ops->shutdown(stream);
}

static inline void world_raw_close(struct world_stream *stream, bool reset)
{
    atomic_fetch_sub_explicit(&stream->host->descriptors, 1, memory_order_relaxed);
    stream->world->ops->close(stream, reset);
}

/* RPC_OK and *got > 0; RPC_AGAIN; RPC_END; RPC_RESET, RPC_TIMED_OUT. */
static inline enum rpc_status world_read(struct world_stream *stream, void *buffer, size_t size,
                                         size_t *got)
{
    if (stream->filter != NULL)
        return stream->filter->ops->read(stream->filter, stream, buffer, size, got);
    return world_raw_read(stream, buffer, size, got);
}

/* RPC_OK and *accepted > 0, perhaps less than asked; RPC_AGAIN; RPC_RESET,
 * RPC_BROKEN_PIPE, RPC_TIMED_OUT. */
static inline enum rpc_status world_writev(struct world_stream *stream, const struct iovec *parts,
                                           int count, size_t *accepted)
{
    if (stream->filter != NULL)
        return stream->filter->ops->writev(stream->filter, stream, parts, count, accepted);
    return world_raw_writev(stream, parts, count, accepted);
}

static inline enum rpc_status world_write(struct world_stream *stream, const void *bytes,
                                          size_t length, size_t *accepted)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
    return world_writev(stream, &part, 1, accepted);
}

/* End our side of the stream (FIN) and go on reading. */
static inline void world_shutdown(struct world_stream *stream)
{
    if (stream->filter != NULL)
        stream->filter->ops->shutdown(stream->filter, stream);
    else
        world_raw_shutdown(stream);
}

/* Give the stream back.  Unread bytes make it an RST instead of a FIN, as on Linux. */
static inline void world_close(struct world_stream *stream)
{
    if (stream->filter != NULL)
        stream->filter->ops->close(stream->filter, stream, false);
    else
        world_raw_close(stream, false);
}

/* Give the stream back with an RST. */
static inline void world_reset(struct world_stream *stream)
{
    if (stream->filter != NULL)
        stream->filter->ops->close(stream->filter, stream, true);
    else
        world_raw_close(stream, true);
}

/* Make the watch of that direction run once more (a filter has something for it). */
static inline void world_wake(struct world_stream *stream, enum world_direction direction)
{
    stream->world->ops->wake(stream, direction);
}

/* Before anything is connected.  RPC_UNSUPPORTED for what live cannot have. */
static inline enum rpc_status world_net(struct world *world, const struct world_net *net)
{
    return world->ops->net(world, net);
}

/* Cut or heal everything between two hosts (NULL: between `a` and all others): what is sent
 * meanwhile is retransmitted, so it arrives late or breaks the connection. */
static inline enum rpc_status world_partition(struct world_host *a, struct world_host *b, bool cut)
{
    return a->world->ops->partition(a, b, cut);
}

/* --- programs --- */

/* Start `argv` (found on the path) with `environment` ("NAME=value", added to ours); both end
 * with NULL.  `ended` is posted to `executor` when it has ended and its output is whole.
 * RPC_UNSUPPORTED in sim, RPC_UNKNOWN_NAME when there is no such program. */
static inline enum rpc_status world_program_start(struct world *world, const char *const *argv,
                                                  const char *const *environment,
                                                  struct world_executor *executor,
                                                  struct world_task *ended,
                                                  struct world_program **program)
{
    return world->ops->program_start(world, argv, environment, executor, ended, program);
}

static inline void world_program_kill(struct world_program *program, int signal)
{
    program->world->ops->program_kill(program, signal);
}

/* Kills it when it still runs. */
static inline void world_program_free(struct world_program *program)
{
    if (program != NULL)
        program->world->ops->program_free(program);
}

/* --- locks --- */

static inline struct world_lock *world_lock_create(struct world *world)
{
    return world->ops->lock_create(world);
}

static inline void world_lock_free(struct world_lock *lock)
{
    if (lock != NULL)
        lock->world->ops->lock_free(lock);
}

/* Sim asserts that nobody has it. */
static inline void world_lock(struct world_lock *lock)
{
    lock->world->ops->lock(lock);
}

static inline void world_unlock(struct world_lock *lock)
{
    lock->world->ops->unlock(lock);
}

/* --- questions --- */

/* Have the main thread, which has called world_run and has the first executor, run `question` now,
 * in the midst of the caller's step and under its locks: between two tasks of its own, or wherever
 * it waits for others.  Returns when that is done.  Any thread; at once on the main one, and in
 * sim. */
static inline void world_ask(struct world *world, struct world_task *question)
{
    world->ops->ask(world, question);
}

/* Whether the step at work, or one whose question it answers, has a lock: to take another one may
 * then wait for ever. */
static inline bool world_locked(struct world *world)
{
    return world->ops->locked(world);
}

/* --- chance --- */

/* A number from 0 to `max`, a function of seed, site, entity and ordinal only: the same
 * three always get the same answer.  Sites of scheduling and network answer 0 (nothing
 * happens) in a calm world and in live.  `entity` and `ordinal` are logical: client 2's
 * third retry, never an address or a global count. */
static inline uint32_t world_choose(struct world *world, enum world_site site, uint32_t entity,
                                    uint32_t ordinal, uint32_t max)
{
    return world->ops->choose(world, site, entity, ordinal, max);
}

/* Bytes for mere names (client ids); from the seed in sim. */
static inline void world_random(struct world *world, void *buffer, size_t size)
{
    world->ops->random(world, buffer, size);
}

/* --- trace --- */

/* When the step of `event` began. */
static inline uint64_t world_event_time(struct world *world, const struct point_event *event)
{
    return event->at_ns != 0 || event->begun ? event->at_ns : world_now(world);
}

/* Tell of `event`; its time is filled in where it is now. */
static inline void world_trace(struct world *world, struct point_event *event)
{
    event->at_ns = world_event_time(world, event);
    event->begun = true;
    world->tracer->ops->event(world->tracer, event);
}

/* WORLD_TRACE(world, .point = POINT_SERVER_CLOSE, .connection = 3): costs one load while
 * nobody listens. */
#define WORLD_TRACE(the_world, ...)                                                                \
    do {                                                                                           \
        if ((the_world)->tracer != NULL)                                                           \
            world_trace((the_world), &(struct point_event){__VA_ARGS__});                          \
    } while (0)

/* The values of an event: .values = WORLD_VALUES({FIELD_BYTES, NULL, 12}, …), with their
 * count beside it. */
#define WORLD_VALUES(...)                                                                          \
    .values = (const struct point_value[]){__VA_ARGS__},                                           \
    .value_count = sizeof((const struct point_value[]){__VA_ARGS__}) / sizeof(struct point_value)
#define WORLD_NUMBER(name, value)                                                                  \
    {                                                                                              \
        FIELD_##name, NULL, (int64_t)(value)                                                       \
    }
#define WORLD_TEXT(name, value)                                                                    \
    {                                                                                              \
        FIELD_##name, (value), 0                                                                   \
    }

/* Whether `executor` is held at the point of `event`: if so it stands, `step` runs when it
 * is let go, and the caller returns at once.  Comes before the step, its lock and its trace. */
static inline bool world_held(struct world_executor *executor, const struct point_event *event,
                              struct world_task *step)
{
    struct world *world = executor->world;
    uint8_t guard = atomic_load_explicit(&point_guard[event->point], memory_order_relaxed);
    return __builtin_expect(guard & GUARD_HOLD, 0) && world->tracer != NULL &&
           world->tracer->ops->held(world->tracer, event, executor, step);
}

/* --- the run --- */

/* Run until world_stop, `until_ns`, or (sim) nothing is left to happen. */
static inline enum world_end world_run(struct world *world, uint64_t until_ns)
{
    return world->ops->run(world, until_ns);
}

/* End world_run after the current task.  Any thread. */
static inline void world_stop(struct world *world)
{
    world->ops->stop(world);
}

/* Everything that was done and when, in 64 bits; 0 in live. */
static inline uint64_t world_hash(struct world *world)
{
    return world->ops->hash(world);
}

/* Streams, listeners and executors must be gone, except after a failed run, whose remains
 * are freed silently. */
static inline void world_free(struct world *world)
{
    if (world != NULL)
        world->ops->free(world);
}

#endif
