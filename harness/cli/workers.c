#include "harness/cli/workers.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/cli/commands.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/orphans.h"
#include "harness/cli/parcel.h"
#include "harness/cli/worker.h"
#include "rpc/arena.h"

enum {
    JOBS_MAX = 256,
    TICK_MS = 100,
    READ_SIZE = 64 * 1024,
    AHEAD_MAX = 1000, /* outcomes that wait for one before them */
    RANGE_MAX = 64,   /* cases that are handed out at once */
    IDLE_DEATHS_MAX = 16,
};

#define SECOND_NS   INT64_C(1000000000)
#define LATE_NS     (5 * SECOND_NS)        /* what a live case may take beyond limit and rests */
#define PATIENCE_NS (15 * SECOND_NS)       /* what an interrupted case may take to end */
#define RANGE_NS    (2 * SECOND_NS / 1000) /* what the cases of a range may take together */

struct worker {
    pid_t id; /* 0: none */
    int socket;
    size_t first;     /* place in the list of the first case that it plays; */
    size_t playing;   /* how many it plays from there on, 0: it is idle; */
    size_t alone;     /* how many from there on it gets one by one, since together they killed it */
    int64_t pace_ns;  /* what the slowest case of the last range took; 0: none has been played */
    int64_t until_ns; /* wall time: it is killed then */
    bool too_slow;    /* it has been: it gets no other case */
    struct wire_buffer answer;
};

/* What has ended but can't be told of before those in front of it. */
struct waiting {
    struct cli_outcome outcome;
    bool there;
};

struct workers {
    const struct cli_player *player;
    const struct cli_workers_options *options;
    struct worker *each;
    unsigned count;
    size_t next;             /* the case to be handed out */
    size_t told;             /* how many have been told of */
    struct waiting *waiting; /* of `told`, told + 1 …, a ring */
    bool closed;             /* no new case */
    bool interrupted;        /* the workers know */
    unsigned idle_deaths;    /* workers that died without a case */
    int error;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* --- telling, in order --- */

static void tell_what_is_due(struct workers *workers)
{
    const struct cli_workers_options *options = workers->options;
    for (;;) {
        struct waiting *first = &workers->waiting[workers->told % AHEAD_MAX];
        if (!first->there)
            return;
        first->there = false;
        if (!options->told(options->owner, workers->told, &first->outcome))
            workers->closed = true;
        harness_result_release(&first->outcome.result);
        workers->told++;
    }
}

static void keep(struct workers *workers, size_t index, const struct cli_outcome *outcome)
{
    struct waiting *place = &workers->waiting[index % AHEAD_MAX];
    assert(!place->there && index - workers->told < AHEAD_MAX);
    if (outcome->record_error != 0)
        workers->closed = true;
    *place = (struct waiting){.outcome = *outcome, .there = true};
    tell_what_is_due(workers);
}

/* --- a worker's life --- */

static void close_others(const struct workers *workers)
{
    for (unsigned i = 0; i < workers->count; i++)
        if (workers->each[i].id != 0)
            close(workers->each[i].socket);
}

/* False: errno says why. */
static bool start(struct workers *workers, struct worker *worker)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    pid_t parent = getpid(), id = fork();
    if (id == 0) {
        if (getppid() != parent)
            _exit(CLI_MACHINE);
        close_others(workers);
        close(ends[0]);
        cli_worker(ends[1], workers->player);
    }
    int error = errno;
    close(ends[1]);
    if (id < 0) {
        close(ends[0]);
        errno = error;
        return false;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *worker = (struct worker){.id = id,
                              .socket = ends[0],
                              .first = worker->first,
                              .alone = worker->alone,
                              .answer = worker->answer};
    worker->answer.length = 0;
    return true;
}

/* Gone, by itself or killed: what it says of its end. */
static int reap(struct worker *worker)
{
    int status = 0;
    close(worker->socket);
    while (waitpid(worker->id, &status, 0) < 0 && errno == EINTR)
        continue;
    worker->id = 0;
    return status;
}

static int64_t wall_limit_ns(const struct workers *workers, const struct harness_case *play)
{
    const struct harness_worlds *worlds = workers->player->worlds;
    uint64_t limit_ns = play->scenario->limit_ns != 0 ? play->scenario->limit_ns : worlds->limit_ns;
    limit_ns += 2 * HARNESS_REST_NS * worlds->speed; /* healed, and stopped */
    int64_t each_ns = worlds->kind == HARNESS_SIM ? workers->options->wall_ns
                                                  : (int64_t)(limit_ns / worlds->speed) + LATE_NS;
    return workers->player->twice ? 2 * each_ns : each_ns;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Of how many cases a worker's next range is, 0: none are left.  To hand a case out costs as much
 * as to play a small simulated one, so quick ones come together; not the last ones of all, which
 * the workers share. */
static size_t range_length(const struct workers *workers, const struct worker *worker)
{
    if (worker->alone > 0)
        return workers->interrupted ? 0 : 1;
    size_t left = workers->closed ? 0 : workers->player->cases->count - workers->next;
    size_t room = AHEAD_MAX - (workers->next - workers->told);
    size_t length = 1;
    if (workers->player->worlds->kind == HARNESS_SIM && worker->pace_ns > 0)
        length += least((size_t)(RANGE_NS / worker->pace_ns), RANGE_MAX - 1);
    length = least(length, 1 + left / (2 * workers->count));
    return least(length, least(left, room));
}

static void hand_out(struct workers *workers, struct worker *worker)
{
    size_t length = range_length(workers, worker);
    assert(!worker->too_slow);
    if (length == 0)
        return;
    if (worker->alone == 0)
        worker->first = workers->next;
    struct cli_range range = {(uint32_t)worker->first, (uint32_t)length};
    if (write(worker->socket, &range, sizeof(range)) != (ssize_t)sizeof(range))
        return; /* it is dead; its socket says so soon */
    if (worker->alone > 0)
        worker->alone--;
    else
        workers->next += length;
    worker->playing = length;
    worker->pace_ns = 0;
    worker->until_ns =
        now_ns() + wall_limit_ns(workers, &workers->player->cases->items[worker->first]);
    worker->answer.length = 0;
}

static bool may_play(const struct workers *workers)
{
    return !workers->closed && workers->next < workers->player->cases->count;
}

/* --- an outcome that nobody sends --- */

static const char *describe_death(const struct workers *workers, const struct worker *worker,
                                  int status, struct arena *arena)
{
    const struct harness_case *play = &workers->player->cases->items[worker->first];
    if (workers->interrupted)
        return "interrupted";
    if (worker->too_slow)
        return arena_print(arena, "it took more than %" PRId64 " s of wall time and was killed",
                           wall_limit_ns(workers, play) / SECOND_NS);
    if (WIFSIGNALED(status))
        return arena_print(arena, "it crashed: %s (signal %d)", strsignal(WTERMSIG(status)),
                           WTERMSIG(status));
    return arena_print(arena, "its process ended with status %d", WEXITSTATUS(status));
}

static void count_as_broken(struct workers *workers, struct worker *worker, int status)
{
    struct cli_outcome outcome = {.result = {.status = RECORD_BROKEN}};
    outcome.result.reason = describe_death(workers, worker, status, &outcome.result.arena);
    worker->playing--;
    keep(workers, worker->first++, &outcome);
}

/* --- what comes --- */

/* Take the first answer of `*bytes` off, if it is whole.  False: it makes no sense. */
static bool take_answer(struct workers *workers, struct worker *worker, struct wire_bytes *bytes,
                        bool *whole)
{
    uint32_t length;
    *whole = false;
    if (bytes->length < sizeof(length))
        return true;
    memcpy(&length, bytes->data, sizeof(length));
    if (bytes->length < sizeof(length) + length)
        return true;
    struct wire_bytes parcel = {bytes->data + sizeof(length), length};
    struct cli_outcome outcome;
    if (worker->playing == 0 || cli_parcel_open(parcel, &outcome) != RPC_OK)
        return false;
    bytes->data += sizeof(length) + length;
    bytes->length -= sizeof(length) + length;
    *whole = true;
    if (outcome.wall_ns > worker->pace_ns)
        worker->pace_ns = outcome.wall_ns;
    worker->playing--;
    keep(workers, worker->first++, &outcome);
    return true;
}

/* Take the answers that have come.  False: they make no sense, or they are the worker's last, as
 * they and the signal that kills it have crossed. */
static bool take_answers(struct workers *workers, struct worker *worker)
{
    struct wire_bytes rest = {worker->answer.data, worker->answer.length};
    bool whole = true;
    while (whole)
        if (!take_answer(workers, worker, &rest, &whole))
            return false;
    memmove(worker->answer.data, rest.data, rest.length);
    worker->answer.length = rest.length;
    if (worker->playing > 0)
        return true;
    if (worker->too_slow)
        return false;
    hand_out(workers, worker);
    return true;
}

/* Read what is there.  False: it is gone. */
static bool receive(struct workers *workers, struct worker *worker)
{
    uint8_t *room = wire_buffer_room(&worker->answer, READ_SIZE);
    if (room == NULL)
        return false;
    ssize_t got = read(worker->socket, room, READ_SIZE);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0)
        return false;
    worker->answer.length += (size_t)got;
    return take_answers(workers, worker);
}

static void bury(struct workers *workers, struct worker *worker)
{
    kill(worker->id, SIGKILL);
    int status = reap(worker);
    cli_orphans_kill(workers->interrupted);
    bool idle = worker->playing == 0 && !worker->too_slow;
    if (idle && ++workers->idle_deaths > IDLE_DEATHS_MAX)
        workers->error = ECHILD;
    if (worker->playing > 1 && !workers->interrupted) {
        worker->alone = worker->playing;
        worker->playing = 0;
    }
    while (worker->playing > 0)
        count_as_broken(workers, worker, status);
    bool wanted = worker->alone > 0 ? !workers->interrupted : may_play(workers);
    if (wanted && workers->error == 0) {
        if (start(workers, worker))
            hand_out(workers, worker);
        else
            workers->error = errno;
    }
}

/* --- time --- */

/* The record of one that is too slow should be whole: SIGABRT lets it flush, SIGKILL comes a
 * second later. */
static void stop_slow_ones(struct workers *workers)
{
    int64_t now = now_ns();
    for (unsigned i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->each[i];
        if (worker->id == 0 || worker->playing == 0 || now < worker->until_ns)
            continue;
        kill(worker->id, worker->too_slow ? SIGKILL : SIGABRT);
        worker->too_slow = true;
        worker->until_ns = now + SECOND_NS;
    }
}

/* The first signal: running cases end as `broken`; the second: at once. */
static void heed_signals(struct workers *workers)
{
    if (cli_interrupted() == 0)
        return;
    workers->closed = true;
    bool at_once = cli_interrupt_count() > 1;
    for (unsigned i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->each[i];
        if (worker->id == 0)
            continue;
        if (at_once)
            kill(worker->id, SIGKILL);
        else if (!workers->interrupted && worker->playing > 0)
            kill(worker->id, SIGTERM);
        if (!workers->interrupted)
            worker->until_ns = now_ns() + PATIENCE_NS;
    }
    workers->interrupted = true;
}

/* --- the loop --- */

static bool is_busy(const struct workers *workers)
{
    for (unsigned i = 0; i < workers->count; i++) {
        const struct worker *worker = &workers->each[i];
        bool waits = worker->alone > 0 && !workers->interrupted;
        if (worker->id != 0 && (worker->playing > 0 || waits))
            return true;
    }
    return false;
}

static void tick(const struct workers *workers)
{
    const struct cli_workers_options *options = workers->options;
    for (unsigned i = 0; options->tick != NULL && i < workers->count; i++)
        if (workers->each[i].id != 0 && workers->each[i].playing > 0) {
            options->tick(options->owner, workers->told, workers->each[i].first);
            return;
        }
}

static void wait_for_some(struct workers *workers, const sigset_t *before)
{
    struct pollfd polls[JOBS_MAX];
    struct timespec pause = {.tv_nsec = TICK_MS * 1000000L};
    for (unsigned i = 0; i < workers->count; i++) {
        const struct worker *worker = &workers->each[i];
        polls[i] = (struct pollfd){.fd = worker->id != 0 ? worker->socket : -1, .events = POLLIN};
    }
    int ready = cli_interrupted() != 0 && !workers->interrupted
                    ? 0
                    : ppoll(polls, workers->count, &pause, before);
    if (ready <= 0) {
        tick(workers);
        return;
    }
    for (unsigned i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->each[i];
        if (worker->id != 0 && polls[i].revents != 0 && !receive(workers, worker))
            bury(workers, worker);
    }
}

static void begin(struct workers *workers)
{
    for (unsigned i = 0; i < workers->count; i++) {
        if (!start(workers, &workers->each[i])) {
            workers->error = i == 0 ? errno : 0; /* fewer will do */
            workers->count = i;
            return;
        }
        hand_out(workers, &workers->each[i]);
    }
}

static void hand_out_to_idle_ones(struct workers *workers)
{
    for (unsigned i = 0; i < workers->count; i++)
        if (workers->each[i].id != 0 && workers->each[i].playing == 0)
            hand_out(workers, &workers->each[i]);
}

static void end(struct workers *workers)
{
    bool at_once = cli_interrupt_count() > 1;
    for (unsigned i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->each[i];
        if (worker->id != 0) {
            if (at_once)
                kill(worker->id, SIGKILL);
            shutdown(worker->socket, SHUT_RDWR);
            reap(worker);
        }
        wire_buffer_release(&worker->answer);
    }
    cli_orphans_kill(false);
}

static void play_with_workers(struct workers *workers)
{
    sigset_t held, before;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    fflush(NULL); /* or what is buffered would be written by each of them */
    begin(workers);
    cli_interrupt_attended(true);
    sigprocmask(SIG_BLOCK, &held, &before);
    while (workers->error == 0 && (is_busy(workers) || may_play(workers))) {
        wait_for_some(workers, &before);
        heed_signals(workers);
        stop_slow_ones(workers);
        hand_out_to_idle_ones(workers);
        if (cli_interrupt_count() > 1)
            break;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    end(workers);
    cli_interrupt_attended(false);
}

static void play_here(struct workers *workers)
{
    const struct cli_workers_options *options = workers->options;
    while (may_play(workers) && cli_interrupted() == 0) {
        struct cli_outcome outcome;
        if (options->tick != NULL)
            options->tick(options->owner, workers->told, workers->next);
        cli_player_play(workers->player, workers->next, &outcome);
        workers->closed = !options->told(options->owner, workers->next++, &outcome);
        workers->told = workers->next;
        harness_result_release(&outcome.result);
    }
}

static void forget_the_rest(struct workers *workers)
{
    for (size_t i = workers->told; i < workers->next; i++) {
        struct waiting *place = &workers->waiting[i % AHEAD_MAX];
        if (place->there)
            harness_result_release(&place->outcome.result);
    }
}

long cli_workers_play(const struct cli_player *player, const struct cli_workers_options *options)
{
    struct workers workers = {.player = player, .options = options};
    size_t jobs = options->jobs < JOBS_MAX ? options->jobs : JOBS_MAX;
    workers.count = (unsigned)(jobs < player->cases->count ? jobs : player->cases->count);
    workers.each = calloc(workers.count + 1, sizeof(*workers.each));
    workers.waiting = calloc(AHEAD_MAX, sizeof(*workers.waiting));
    if (workers.each == NULL || workers.waiting == NULL)
        workers.error = ENOMEM;
    else if (jobs == 0)
        play_here(&workers);
    else
        play_with_workers(&workers);
    if (workers.waiting != NULL)
        forget_the_rest(&workers);
    free(workers.waiting);
    free(workers.each);
    errno = workers.error;
    return workers.error != 0 ? -1 : (long)workers.told;
}
