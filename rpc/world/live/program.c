#include "rpc/world/live/program.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "rpc/world/live/executor.h"
#include "rpc/world/live/socket.h"
#include "rpc/world/live/thread.h"
#include "rpc/world/live/timers.h"

extern char **environ;

/* How long a program that has ended may leave its output in other hands. */
static const uint64_t linger_ns = WORLD_SEC;

struct live_program {
    struct world_program program;
    struct live_link link; /* the world's mutex */
    struct live_thread *thread;
    struct world_executor *executor;
    struct world_task *ended;
    char *output; /* LIVE_OUTPUT_MAX + 1 bytes, at one place from the beginning */
    pid_t id;     /* 0: it is reaped */
    int pipe, process;
    struct event *pipe_event, *process_event;
    struct world_timer linger;
};

static struct live_program *live_program_of(struct world_program *program)
{
    return world_container(program, struct live_program, program);
}

/* --- its end --- */

static void close_event(struct event **event, int *descriptor)
{
    if (*event != NULL)
        event_free(*event);
    *event = NULL;
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

static void reap(struct live_program *live)
{
    int status = 0;
    while (waitpid(live->id, &status, 0) < 0 && errno == EINTR)
        continue;
    live->id = 0;
    live->program.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    live->program.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void end_when_whole(struct live_program *live)
{
    if (live->id != 0 || live->pipe >= 0 || live->program.ended_ns != 0)
        return;
    live_timer_stop(&live->linger);
    live->program.ended_ns = live_now(live->program.world);
    if (live->ended != NULL)
        live_post(live->executor, live->ended);
}

static void when_ended(evutil_socket_t descriptor, short what, void *owner)
{
    (void)descriptor, (void)what;
    struct live_program *live = owner;
    live->thread->served++;
    reap(live);
    close_event(&live->process_event, &live->process);
    const double speed = live_of(live->program.world)->options.speed;
    uint64_t wait_ns = (uint64_t)((double)linger_ns * speed);
    live_timer_start(&live->linger, live_now(live->program.world) + wait_ns);
    end_when_whole(live);
}

static void when_lingered(struct world_timer *timer)
{
    struct live_program *live = world_container(timer, struct live_program, linger);
    close_event(&live->pipe_event, &live->pipe);
    end_when_whole(live);
}

/* --- its output --- */

static void when_printed(evutil_socket_t descriptor, short what, void *owner)
{
    (void)descriptor, (void)what;
    struct live_program *live = owner;
    struct world_program *program = &live->program;
    char surplus[4096];
    size_t room = LIVE_OUTPUT_MAX - program->output_length;
    live->thread->served++;
    ssize_t count = room > 0 ? read(live->pipe, live->output + program->output_length, room)
                             : read(live->pipe, surplus, sizeof(surplus));
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        close_event(&live->pipe_event, &live->pipe);
        end_when_whole(live);
    } else if (room > 0) {
        program->output_length += (size_t)count;
        live->output[program->output_length] = '\0';
        if (program->printed != NULL && !program->printed->queued)
            live_post(live->executor, program->printed);
    }
}

/* --- its start --- */

static bool names_the_same(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");
    return strncmp(a, b, length + 1) == 0;
}

static bool is_given(const char *variable, const char *const *environment)
{
    for (; *environment != NULL; environment++)
        if (names_the_same(*environment, variable))
            return true;
    return false;
}

/* Ours, with what is given instead or besides.  The array is the caller's, its texts are
 * not. */
static char **merge(const char *const *environment)
{
    static const char *const nothing[] = {NULL};
    const char *const *given = environment != NULL ? environment : nothing;
    size_t count = 0;
    for (size_t index = 0; environ[index] != NULL; index++)
        count++;
    for (size_t index = 0; given[index] != NULL; index++)
        count++;
    char **merged = calloc(count + 1, sizeof(char *));
    if (merged == NULL)
        return NULL;
    size_t used = 0;
    for (size_t index = 0; environ[index] != NULL; index++)
        if (!is_given(environ[index], given))
            merged[used++] = environ[index];
    for (size_t index = 0; given[index] != NULL; index++)
        merged[used++] = (char *)(uintptr_t)given[index];
    return merged;
}

/* As a shell would start it: no blocked signals, nothing to read, a process group. */
static void prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int output)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigemptyset(&all);
    sigaddset(&all, SIGPIPE);
    sigaddset(&all, SIGINT);
    sigaddset(&all, SIGTERM);
    posix_spawn_file_actions_init(actions);
    posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                             POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
}

/* An errno, or 0. */
static int spawn(struct live_program *live, const char *const *argv, const char *const *environment)
{
    int ends[2];
    char **variables = merge(environment);
    if (variables == NULL)
        return ENOMEM;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        free(variables);
        return errno;
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    prepare(&actions, &attributes, ends[1]);
    int error = posix_spawnp(&live->id, argv[0], &actions, &attributes,
                             (char *const *)(uintptr_t)argv, variables);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    free(variables);
    live->pipe = ends[0];
    if (error != 0)
        live->id = 0;
    return error;
}

/* Watch over it; an errno, or 0. */
static int attend(struct live_program *live)
{
    struct event_base *base = live->thread->base;
    fcntl(live->pipe, F_SETFL, O_NONBLOCK);
    live->process = pidfd_open(live->id, 0);
    if (live->process < 0)
        return errno;
    live->pipe_event = event_new(base, live->pipe, EV_READ | EV_PERSIST, when_printed, live);
    live->process_event = event_new(base, live->process, EV_READ, when_ended, live);
    if (live->pipe_event == NULL || live->process_event == NULL ||
        event_add(live->pipe_event, NULL) < 0 || event_add(live->process_event, NULL) < 0)
        return ENOMEM;
    return 0;
}

static void destroy(struct live_program *live)
{
    close_event(&live->pipe_event, &live->pipe);
    close_event(&live->process_event, &live->process);
    if (live->id != 0) {
        kill(-live->id, SIGKILL);
        reap(live);
    }
    live_timer_release(&live->linger);
    free(live->output);
    free(live);
}

static struct live_program *create(struct live_world *world, struct world_executor *executor,
                                   struct world_task *ended)
{
    struct live_program *live = calloc(1, sizeof(*live));
    if (live == NULL)
        return NULL;
    live->thread = live_executor_of(executor)->thread;
    live->executor = executor;
    live->ended = ended;
    live->pipe = live->process = -1;
    live->output = malloc(LIVE_OUTPUT_MAX + 1);
    live_timer_init_bare(&live->linger, live->thread, when_lingered);
    if (live->output == NULL) {
        destroy(live);
        return NULL;
    }
    live->output[0] = '\0';
    live->program = (struct world_program){
        .world = &world->world, .output = live->output, .started_ns = live_now(&world->world)};
    return live;
}

static enum rpc_status meaning(int error)
{
    bool no_program = error == ENOENT || error == EACCES || error == ENOTDIR || error == ENOEXEC;
    return no_program ? RPC_UNKNOWN_NAME : live_status_of(error);
}

enum rpc_status live_program_start(struct world *base, const char *const *argv,
                                   const char *const *environment, struct world_executor *executor,
                                   struct world_task *ended, struct world_program **program)
{
    struct live_world *world = live_of(base);
    struct live_program *live = create(world, executor, ended);
    if (live == NULL)
        return RPC_NO_MEMORY;
    assert(live_owns(live->thread));
    int error = spawn(live, argv, environment);
    if (error == 0)
        error = attend(live);
    if (error != 0) {
        destroy(live);
        return meaning(error);
    }
    pthread_mutex_lock(&world->mutex);
    live_link_last(&world->programs, &live->link);
    pthread_mutex_unlock(&world->mutex);
    *program = &live->program;
    return RPC_OK;
}

void live_program_kill(struct world_program *program, int signal)
{
    const struct live_program *live = live_program_of(program);
    if (live->id != 0)
        kill(-live->id, signal);
}

static void forget(struct live_program *live, struct world_task *task)
{
    if (task == NULL || !task->queued)
        return;
    live_thread_drain(live->thread);
    live_executor_forget(live->executor, task);
}

void live_program_free(struct world_program *program)
{
    struct live_world *world = live_of(program->world);
    struct live_program *live = live_program_of(program);
    pthread_mutex_lock(&world->mutex);
    live_link_remove(&live->link);
    pthread_mutex_unlock(&world->mutex);
    if (live->program.ended_ns != 0)
        forget(live, live->ended);
    forget(live, live->program.printed);
    destroy(live);
}

void live_programs_free(struct live_world *world)
{
    while (world->programs.next != &world->programs) {
        struct live_program *live =
            world_container(world->programs.next, struct live_program, link);
        live_link_remove(&live->link);
        destroy(live);
    }
}
