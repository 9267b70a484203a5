#include "harness/cli/interrupt.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "rpc/world/world.h"

static volatile sig_atomic_t came, count, attended;
static volatile int alarms; /* since a worker was told to end */
static pid_t parent;        /* of a worker */
static struct world *volatile playing;

enum { ALARMS_MAX = 5 };

/* A stop that comes just before the world begins to run is lost: it is said again. */
static void stop_world(void)
{
    if (playing == NULL)
        return;
    world_stop(playing);
    alarm(1);
}

static void on_signal(int signal)
{
    if (count > 0 && !attended)
        _exit(128 + signal);
    came = signal;
    count = count + 1;
    stop_world();
}

/* Nobody kills a worker whose parent has died before it: what ends by itself has had its time. */
static void on_alarm(int signal)
{
    (void)signal;
    if (parent != 0 && getppid() != parent && ++alarms > ALARMS_MAX)
        abort();
    stop_world();
}

static void handle(int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

void cli_interrupt_catch(void)
{
    handle(SIGALRM, on_alarm);
    handle(SIGINT, on_signal);
    handle(SIGTERM, on_signal);
    handle(SIGPIPE, SIG_IGN);
}

void cli_interrupt_obey(void)
{
    attended = 1;
    parent = getppid();
    handle(SIGALRM, on_alarm);
    handle(SIGINT, SIG_IGN);
    handle(SIGTERM, on_signal);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int cli_interrupted(void)
{
    return came;
}

int cli_interrupt_count(void)
{
    return count;
}

void cli_interrupt_world(struct world *world)
{
    playing = world;
}

void cli_interrupt_attended(bool yes)
{
    attended = yes;
}
