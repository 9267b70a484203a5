#include "rpc/client/idle_threads.h"

#include <stdlib.h>

static void forget_ended(struct client_idle_threads *threads, uint64_t now_ns)
{
    size_t kept = 0;
    for (size_t i = 0; i < threads->count; i++)
        if (threads->ends_ns[i] > now_ns)
            threads->ends_ns[kept++] = threads->ends_ns[i];
    threads->count = kept;
}

static void grow(struct client_idle_threads *threads)
{
    size_t room = threads->room > 0 ? 2 * threads->room : 4;
    uint64_t *grown = realloc(threads->ends_ns, room * sizeof(*grown));
    if (grown == NULL)
        return;
    threads->ends_ns = grown;
    threads->room = room;
}

bool client_idle_threads_make_room(struct client_idle_threads *threads, uint64_t now_ns)
{
    forget_ended(threads, now_ns);
    if (threads->count == threads->room)
        grow(threads);
    return threads->count < threads->room;
}

void client_idle_threads_end(struct client_idle_threads *threads)
{
    free(threads->ends_ns);
    *threads = (struct client_idle_threads){0};
}

unsigned client_idle_threads_count(const struct client_idle_threads *threads, uint64_t now_ns)
{
    unsigned count = 0;
    for (size_t i = 0; i < threads->count; i++)
        count += threads->ends_ns[i] > now_ns;
    return count;
}
