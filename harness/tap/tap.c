#include "harness/tap/tap.h"

#include <stdlib.h>

#include "harness/tap/end.h"

struct harness_tap {
    struct world *world; /* borrowed */
    const struct harness_tap_ops *ops;
    void *owner;
    struct world_executor executor; /* where held bytes travel */
    struct world_lock *lock;        /* owned: the list of ends */
    TAILQ_HEAD(, tap_end) ends;     /* in order of creation */
    uint64_t give_up_ns;
    const struct wire_codec *codec;     /* borrowed */
    const struct writable_types *types; /* borrowed */
};

struct world_executor *tap_executor(struct harness_tap *tap)
{
    return &tap->executor;
}

const struct harness_tap_ops *tap_ops(const struct harness_tap *tap)
{
    return tap->ops;
}

void *tap_owner(const struct harness_tap *tap)
{
    return tap->owner;
}

const struct wire_codec *tap_codec(const struct harness_tap *tap)
{
    return tap->codec;
}

const struct writable_types *tap_types(const struct harness_tap *tap)
{
    return tap->types;
}

void harness_tap_speak(struct harness_tap *tap, const struct wire_codec *codec,
                       const struct writable_types *types)
{
    tap->codec = codec;
    tap->types = types;
}

uint64_t tap_give_up_ns(const struct harness_tap *tap)
{
    return tap->give_up_ns;
}

void harness_tap_give_up(struct harness_tap *tap, uint64_t after_ns)
{
    tap->give_up_ns = after_ns;
}

const struct plan_ticket *tap_stopped(const struct harness_tap *tap,
                                      const struct point_event *event)
{
    uint8_t guard = atomic_load_explicit(&point_guard[event->point], memory_order_relaxed);
    return (guard & GUARD_HOLD) && tap->ops->stopped != NULL ? tap->ops->stopped(tap->owner, event)
                                                             : NULL;
}

void tap_forget(struct tap_end *end)
{
    struct harness_tap *tap = end->tap;

    world_lock(tap->lock);
    TAILQ_REMOVE(&tap->ends, end, all);
    world_unlock(tap->lock);
}

/* --- taps --- */

struct harness_tap *harness_tap_create(struct world *world, struct world_host *host,
                                       struct world_executor *companion,
                                       const struct harness_tap_ops *ops, void *owner)
{
    static const struct harness_tap_ops nobody = {.sent = NULL};

    struct harness_tap *tap = calloc(1, sizeof(*tap));
    if (tap == NULL)
        goto fail;
    *tap = (struct harness_tap){.world = world, .ops = ops != NULL ? ops : &nobody, .owner = owner};
    tap->give_up_ns = 924 * WORLD_SEC;
    tap->codec = wire_codec(9);
    TAILQ_INIT(&tap->ends);
    tap->lock = world_lock_create(world);
    if (tap->lock == NULL)
        goto fail_tap;
    world_executor_init(world, &tap->executor, host, "net", companion);
    return tap;

fail_tap:
    free(tap);
fail:
    return NULL;
}

/* The stream goes on without the tap, or ends. */
static void let_go(struct tap_end *end)
{
    if (end->gone)
        return;
    if (end->closed) {
        world_raw_close(end->stream, false);
        return;
    }
    end->stream->filter = NULL;
    end->stream->readiness[WORLD_READ] = end->stream->readiness[WORLD_WRITE] = WORLD_AS_BENEATH;
}

void harness_tap_free(struct harness_tap *tap)
{
    if (tap == NULL)
        return;
    struct tap_end *end;
    TAILQ_FOREACH (end, &tap->ends, all) {
        tap_end_release(end);
        let_go(end);
    }
    world_executor_release(&tap->executor);
    while ((end = TAILQ_FIRST(&tap->ends)) != NULL)
        tap_end_free(end);
    world_lock_free(tap->lock);
    free(tap);
}

enum rpc_status harness_tap_put(struct harness_tap *tap, struct world_stream *stream, bool foreign)
{
    struct tap_end *end = tap_end_create(tap, stream, foreign);
    if (end == NULL)
        return RPC_NO_MEMORY;
    world_lock(tap->lock);
    TAILQ_INSERT_TAIL(&tap->ends, end, all);
    world_unlock(tap->lock);
    stream->filter = &end->filter;
    return RPC_OK;
}

/* Have the tap's executor look at every end that holds something. */
static void look_at_all(struct harness_tap *tap, bool heal)
{
    struct tap_end *end;
    world_lock(tap->lock);
    TAILQ_FOREACH (end, &tap->ends, all) {
        world_lock(end->lock);
        if (heal) {
            tap_pipe_heal(&end->out);
            tap_pipe_heal(&end->in);
        }
        bool post = !end->posted && (end->out.first != NULL || end->in.first != NULL);
        end->posted |= post;
        world_unlock(end->lock);
        if (post)
            world_post(&tap->executor, &end->task);
    }
    world_unlock(tap->lock);
}

void harness_tap_heal(struct harness_tap *tap)
{
    look_at_all(tap, true);
}

void harness_tap_go_on(struct harness_tap *tap)
{
    look_at_all(tap, false);
}

/* The end of a stream stays where it can be read again. */
static bool holds_back(const struct tap_pipe *in, uint64_t now_ns)
{
    return in->held > 0 || (in->first != NULL && in->first->due_ns > now_ns);
}

size_t harness_tap_held(struct harness_tap *tap)
{
    size_t held = 0;
    struct tap_end *end;
    world_lock(tap->lock);
    TAILQ_FOREACH (end, &tap->ends, all) {
        world_lock(end->lock);
        held += end->out.first != NULL || holds_back(&end->in, world_now(tap->world));
        world_unlock(end->lock);
    }
    world_unlock(tap->lock);
    return held;
}
