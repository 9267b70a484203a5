#include "harness/tap/end.h"

#include <stdlib.h>

#include "harness/tap/filter.h"
#include "harness/tap/flow.h"

/* --- on the tap's executor --------------------------------------------------------- */

void tap_end_release(struct tap_end *end)
{
    if (end->timed) {
        world_timer_release(&end->timer);
        world_watch_release(&end->watch);
    }
    end->timed = end->watching = false;
}

/* On the tap's executor: timer and watch as they are needed. */
static void arm(struct tap_end *end)
{
    uint64_t at_ns = end->gone ? WORLD_NEVER : tap_next_ns(end);
    if (at_ns == WORLD_NEVER)
        world_timer_stop(&end->timer);
    else
        world_timer_start(&end->timer, at_ns);
    end->armed_ns = at_ns;
    if (end->blocked && !end->watching)
        world_watch_start(&end->watch);
    else if (!end->blocked && end->watching)
        world_watch_stop(&end->watch);
    end->watching = end->blocked;
}

static void work(struct tap_end *end);

static void on_timer(struct world_timer *timer)
{
    work(world_container(timer, struct tap_end, timer));
}

static void on_writable(struct world_watch *watch)
{
    work(world_container(watch, struct tap_end, watch));
}

static void on_post(struct world_task *task)
{
    struct tap_end *end = world_container(task, struct tap_end, task);

    world_lock(end->lock);
    end->posted = false;
    if (!end->timed) {
        world_timer_init(tap_executor(end->tap), &end->timer, on_timer);
        world_watch_init_beneath(tap_executor(end->tap), &end->watch, end->stream, on_writable);
        end->timed = true;
    }
    world_unlock(end->lock);
    work(end);
}

static void work(struct tap_end *end)
{
    const struct harness_tap *tap = end->tap;

    world_lock(end->lock);
    bool emptied = end->out.first != NULL || end->in.first != NULL;
    if (end->watching && end->closed) {
        world_watch_stop(&end->watch); /* this may be the last step */
        end->watching = false;
    }
    if (!end->gone) {
        tap_flush(end);
        tap_offer(end);
    }
    bool gone = end->gone && !end->posted;
    emptied = emptied && end->out.first == NULL && end->in.first == NULL;
    if (gone)
        tap_end_release(end);
    else
        arm(end);
    world_unlock(end->lock);
    if (gone)
        tap_end_free(end);
    if (emptied && tap_ops(tap)->emptied != NULL)
        tap_ops(tap)->emptied(tap_owner(tap));
}

/* Whether the tap's executor has to know of something. */
static bool has_work(const struct tap_end *end)
{
    if (end->gone)
        return end->timed;
    return end->blocked != end->watching || (end->closed && end->watching) ||
           tap_next_ns(end) != end->armed_ns;
}

void tap_leave(struct tap_end *end)
{
    bool post = !end->posted && has_work(end);
    bool over = end->gone && !end->timed && !end->posted;

    end->posted |= post;
    world_unlock(end->lock);
    if (post)
        world_post(tap_executor(end->tap), &end->task);
    if (over)
        tap_end_free(end);
}

/* --- its life ---------------------------------------------------------------------- */

struct tap_end *tap_end_create(struct harness_tap *tap, struct world_stream *stream, bool foreign)
{
    struct tap_end *end = calloc(1, sizeof(*end));
    if (end == NULL)
        goto fail;
    *end = (struct tap_end){.filter.ops = &tap_filter_ops,
                            .tap = tap,
                            .stream = stream,
                            .foreign = foreign,
                            .task.run = on_post,
                            .armed_ns = WORLD_NEVER};
    end->lock = world_lock_create(stream->world);
    if (end->lock == NULL)
        goto fail_end;
    enum wire_side out = stream->accepted ? WIRE_TO_CLIENT : WIRE_TO_SERVER;
    enum wire_side in = stream->accepted ? WIRE_TO_SERVER : WIRE_TO_CLIENT;
    if (tap_pipe_init(&end->out, tap, stream, &end->kinds, out) != RPC_OK)
        goto fail_lock;
    if (tap_pipe_init(&end->in, tap, stream, &end->kinds, in) != RPC_OK)
        goto fail_out;
    return end;

fail_out:
    tap_pipe_release(&end->out);
fail_lock:
    world_lock_free(end->lock);
fail_end:
    free(end);
fail:
    return NULL;
}

void tap_end_free(struct tap_end *end)
{
    tap_forget(end);
    tap_pipe_release(&end->out);
    tap_pipe_release(&end->in);
    wire_kinds_release(&end->kinds);
    world_lock_free(end->lock);
    free(end);
}
