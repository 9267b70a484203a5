#include "reports/tail.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAIL_MAX = 64 * 1024 };

struct tail {
    FILE *file;              /* owned; only to be opened and closed */
    int descriptor;          /* of the file */
    atomic_flag taken;       /* somebody changes what follows; for ever by a rescue */
    _Atomic int64_t in_file; /* bytes that have been written; */
    _Atomic size_t length;   /* … and that belong behind them */
    char bytes[TAIL_MAX];
};

/* This thread has taken a tail: a handler that interrupts it need not wait for it. */
static _Thread_local volatile bool inside;

enum rpc_status tail_create(const char *path, struct tail **tail)
{
    *tail = malloc(sizeof(**tail));
    if (*tail == NULL)
        return RPC_NO_MEMORY;
    (*tail)->file = fopen(path, "wb");
    if ((*tail)->file == NULL) {
        free(*tail);
        *tail = NULL;
        return RPC_IO;
    }
    (*tail)->descriptor = fileno((*tail)->file);
    atomic_flag_clear(&(*tail)->taken);
    atomic_init(&(*tail)->in_file, 0);
    atomic_init(&(*tail)->length, 0);
    return RPC_OK;
}

void tail_free(struct tail *tail)
{
    if (tail == NULL)
        return;
    fclose(tail->file);
    free(tail);
}

/* False: somebody has it. */
static bool take(struct tail *tail)
{
    inside = true;
    if (!atomic_flag_test_and_set_explicit(&tail->taken, memory_order_acquire))
        return true;
    inside = false;
    return false;
}

static void give_back(struct tail *tail)
{
    atomic_flag_clear_explicit(&tail->taken, memory_order_release);
    inside = false;
}

/* Write behind what is in the file.  Written twice, as a handler may, it is the same. */
static bool write_behind(struct tail *tail, const char *bytes, size_t length)
{
    int64_t at = atomic_load_explicit(&tail->in_file, memory_order_relaxed);
    for (size_t done = 0; done < length;) {
        ssize_t written =
            pwrite(tail->descriptor, bytes + done, length - done, (off_t)(at + (int64_t)done));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            /* Half a line may be on the disk; what can't be cut off the reader passes over. */
            int why = errno;
            int uncut = ftruncate(tail->descriptor, (off_t)at);
            (void)uncut;
            errno = why;
            return false;
        }
        done += (size_t)written;
    }
    return true;
}

static void went_in(struct tail *tail, size_t length)
{
    atomic_fetch_add_explicit(&tail->in_file, (int64_t)length, memory_order_relaxed);
}

static bool empty(struct tail *tail)
{
    size_t length = atomic_load_explicit(&tail->length, memory_order_relaxed);
    if (!write_behind(tail, tail->bytes, length))
        return false;
    atomic_store_explicit(&tail->length, 0, memory_order_release);
    went_in(tail, length);
    return true;
}

static bool add(struct tail *tail, const char *line, size_t length)
{
    size_t before = atomic_load_explicit(&tail->length, memory_order_relaxed);
    if (length > TAIL_MAX - before) {
        if (!empty(tail))
            return false;
        before = 0;
    }
    if (length > TAIL_MAX) {
        if (!write_behind(tail, line, length))
            return false;
        went_in(tail, length);
        return true;
    }
    memcpy(tail->bytes + before, line, length);
    atomic_store_explicit(&tail->length, before + length, memory_order_release);
    return true;
}

enum rpc_status tail_add(struct tail *tail, const char *line, size_t length)
{
    if (!take(tail))
        return RPC_IO; /* it has been rescued: the process dies */
    bool well = add(tail, line, length);
    give_back(tail);
    return well ? RPC_OK : RPC_IO;
}

enum rpc_status tail_flush(struct tail *tail)
{
    if (!take(tail))
        return RPC_IO;
    bool well = empty(tail);
    give_back(tail);
    return well ? RPC_OK : RPC_IO;
}

bool tail_rescue(struct tail *tail)
{
    if (!inside && !take(tail))
        return false;
    empty(tail);
    return true;
}
