#include "harness/cli/orphans.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ORPHANS_MAX = 1024, PATIENCE_MS = 2000, STEP_MS = 10 };

/* Children of ours that lead a process group; how many. */
static size_t find(pid_t orphans[ORPHANS_MAX])
{
    char path[64];
    size_t count = 0;
    int id;
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "r");
    if (children == NULL)
        return 0;
    while (count < ORPHANS_MAX && fscanf(children, "%d", &id) == 1)
        if (getpgid(id) != getpgrp())
            orphans[count++] = id;
    fclose(children);
    return count;
}

static void signal_all(const pid_t *orphans, size_t count, int signal)
{
    for (size_t i = 0; i < count; i++) {
        pid_t group = getpgid(orphans[i]);
        if (group > 1)
            kill(-group, signal);
    }
}

static void reap_ended(pid_t *orphans, size_t *count)
{
    size_t left = 0;
    for (size_t i = 0; i < *count; i++)
        if (waitpid(orphans[i], NULL, WNOHANG) == 0)
            orphans[left++] = orphans[i];
    *count = left;
}

void cli_orphans_kill(bool gently)
{
    pid_t orphans[ORPHANS_MAX];
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    size_t count = find(orphans);
    if (count == 0)
        return;
    signal_all(orphans, count, gently ? SIGTERM : SIGKILL);
    for (int waited_ms = 0; count > 0 && waited_ms < PATIENCE_MS; waited_ms += STEP_MS) {
        reap_ended(orphans, &count);
        if (count > 0)
            nanosleep(&step, NULL);
    }
    signal_all(orphans, count, SIGKILL);
    for (size_t i = 0; i < count; i++)
        waitpid(orphans[i], NULL, 0);
}
