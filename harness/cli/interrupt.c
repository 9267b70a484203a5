#include "harness/cli/interrupt.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness/cli/player.h"
#include "rpc/world/world.h"

static volatile sig_atomic_t came, count, attended;
static volatile sig_atomic_t heeded;  /* by who plays the world */
static volatile sig_atomic_t repeats; /* of the stop, to the same world */
static pid_t parent;                  /* of a worker */
static struct world *volatile playing;

/* Deaf for a second; and one second more than what is stopped may take. */
enum { REPEAT_US = 250000, DEAF_REPEATS = 4, ALONE_REPEATS = 24 };

/* A stop that comes just before the world begins to run is lost: it is said again. */
static void stop_world(void)
{
    const struct itimerval soon = {.it_value = {.tv_usec = REPEAT_US}};
    if (playing == NULL)
        return;
    world_stop(playing);
    setitimer(ITIMER_REAL, &soon, NULL);
}

static void on_signal(int signal)
{
    if (count > 0 && !attended)
        _exit(128 + signal);
    came = signal;
    count = count + 1;
    stop_world();
}

/* A worker's parent knows the rest; without one there is nobody who could report. */
static void cut_off(void)
{
    static const char sentence[] = "ripcord: interrupted; what is played does not look up: it is "
                                   "cut off, and not reported\n";
    if (parent != 0)
        abort();
    cli_player_rescue();
    ssize_t written = write(STDERR_FILENO, sentence, sizeof(sentence) - 1);
    (void)written;
    _exit(128 + came);
}

/* What is deaf for a second is in one step that need never end.  Nobody kills one without a parent,
 * or whose parent has died before it: what ends by itself has had its time. */
static void on_alarm(int signal)
{
    (void)signal;
    repeats = repeats + 1;
    bool deaf = !heeded && repeats >= DEAF_REPEATS;
    bool alone = parent == 0 || getppid() != parent;
    if (deaf || (alone && repeats >= ALONE_REPEATS))
        cut_off();
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

bool cli_interrupt_heed(void)
{
    heeded = came != 0;
    return heeded;
}

void cli_interrupt_world(struct world *world)
{
    heeded = repeats = 0;
    playing = world;
    if (came != 0)
        stop_world();
}

void cli_interrupt_attended(bool yes)
{
    attended = yes;
}
