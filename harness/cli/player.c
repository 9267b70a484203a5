#include "harness/cli/player.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "reports/reader.h"
#include "reports/record.h"
#include "rpc/arena.h"

enum { SHOWN_MAX = 400 };     /* bytes of a line of a record that people are shown */
enum { RESCUE_TRIES = 1000 }; /* one a millisecond */

static _Atomic(struct record *) recording; /* of the case that is being played */

static int64_t wall_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

char *cli_player_record(const struct cli_player *player, size_t index)
{
    char *file = record_file_name(player->cases->items[index].result);
    size_t size = file != NULL ? strlen(player->folder) + strlen(file) + 2 : 0;
    char *path = file != NULL ? malloc(size) : NULL;
    if (path != NULL)
        snprintf(path, size, "%s/%s", player->folder, file);
    free(file);
    return path;
}

void cli_player_rescue(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    struct record *record = atomic_exchange(&recording, NULL);
    for (int tries = 0; record != NULL && tries < RESCUE_TRIES; tries++) {
        if (record_rescue(record))
            return;
        nanosleep(&pause, NULL);
    }
}

/* --- one seed, one trace --- */

struct text {
    const char *bytes;
    size_t length;
};

static struct text line_at(struct text record, size_t at)
{
    while (at > 0 && record.bytes[at - 1] != '\n')
        at--;
    const char *end =
        at < record.length ? memchr(record.bytes + at, '\n', record.length - at) : NULL;
    size_t stop = end != NULL ? (size_t)(end - record.bytes) : record.length;
    return (struct text){record.bytes + at, stop - at};
}

static size_t lines_before(struct text record, size_t at)
{
    size_t lines = 0;
    for (size_t i = 0; i < at; i++)
        lines += record.bytes[i] == '\n';
    return lines;
}

static int shown(struct text line)
{
    return line.length < SHOWN_MAX ? (int)line.length : SHOWN_MAX;
}

/* What sets two records apart; NULL: nothing. */
static const char *compare(struct arena *arena, struct text first, struct text second)
{
    size_t shorter = first.length < second.length ? first.length : second.length, at = 0;
    while (at < shorter && first.bytes[at] == second.bytes[at])
        at++;
    if (at == first.length && at == second.length)
        return NULL;
    struct text a = line_at(first, at), b = line_at(second, at);
    return arena_print(
        arena, "the records differ first in line %zu\n    first     %.*s\n    second    %.*s",
        lines_before(first, at) + 1, shown(a), a.length > 0 ? a.bytes : "", shown(b),
        b.length > 0 ? b.bytes : "");
}

/* Play the case again, and compare with the record of the first time. */
static const char *find_divergence(const struct cli_player *player, const struct harness_case *play,
                                   struct harness_result *first, struct text before)
{
    struct harness_result second;
    struct record *record;
    if (record_create_memory(0, &record) != RPC_OK)
        return "out of memory for the second run";
    harness_play(play, player->worlds, record, &second);
    struct text after;
    after.bytes = record_bytes(record, &after.length);
    const char *divergence = compare(&first->arena, before, after);
    if (divergence == NULL && first->hash != second.hash)
        divergence = arena_print(&first->arena,
                                 "the records are equal, but the hash of the first is %016" PRIx64
                                 ", of the second %016" PRIx64,
                                 first->hash, second.hash);
    harness_result_release(&second);
    record_free(record);
    return divergence;
}

static void play_again(const struct cli_player *player, const struct harness_case *play,
                       const char *path, struct record *memory, struct cli_outcome *outcome)
{
    char *bytes = NULL;
    struct text before = {.length = 0};
    if (memory != NULL) {
        before.bytes = record_bytes(memory, &before.length);
    } else if (record_read_file(path, &bytes, &before.length) != RPC_OK) {
        outcome->record_error = errno != 0 ? errno : EIO;
        return;
    }
    if (bytes != NULL)
        before.bytes = bytes;
    outcome->divergence = find_divergence(player, play, &outcome->result, before);
    free(bytes);
}

/* --- a case --- */

/* An errno, or 0. */
static int open_record(const struct cli_player *player, const char *path, struct record **record)
{
    *record = NULL;
    if (player->folder == NULL && !player->twice)
        return 0;
    errno = 0;
    if (player->folder != NULL && path == NULL)
        return ENOMEM;
    enum rpc_status status =
        path != NULL ? record_create(path, 0, record) : record_create_memory(0, record);
    if (status == RPC_OK)
        return 0;
    return status == RPC_NO_MEMORY || errno == 0 ? ENOMEM : errno;
}

/* Whatever is written must have arrived.  An errno, or 0. */
static int check_record(struct record *record)
{
    errno = 0;
    enum rpc_status status = record != NULL ? record_flush(record) : RPC_OK;
    if (status == RPC_OK)
        return 0;
    if (status == RPC_NO_MEMORY)
        return ENOMEM;
    return errno != 0 ? errno : ENOSPC;
}

/* What holds nothing is no record. */
static void remove_empty(const char *path)
{
    struct stat about;
    if (lstat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size == 0)
        unlink(path);
}

void cli_player_play(const struct cli_player *player, size_t index, struct cli_outcome *outcome)
{
    const struct harness_case *play = &player->cases->items[index];
    char *path = player->folder != NULL ? cli_player_record(player, index) : NULL;
    struct record *record;
    *outcome = (struct cli_outcome){.record_error = open_record(player, path, &record)};
    int64_t began_ns = wall_now_ns();
    recording = record;
    harness_play(play, player->worlds, record, &outcome->result);
    recording = NULL;
    outcome->wall_ns = wall_now_ns() - began_ns;
    if (outcome->record_error == 0)
        outcome->record_error = check_record(record);
    bool in_file = path != NULL && record != NULL;
    if (in_file) {
        record_free(record);
        record = NULL;
        if (outcome->record_error != 0)
            remove_empty(path);
    }
    if (player->twice && outcome->record_error == 0 && play->skip == NULL)
        play_again(player, play, path, record, outcome);
    record_free(record);
    free(path);
}
