#include "harness/cli/worlds.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/interrupt.h"
#include "rpc/world/live/live.h"
#include "rpc/world/live/statistics.h"
#include "rpc/world/sim/sim.h"

enum { REPLAY_MAX = 4096 };

static const char plain_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=:,@%";

static struct world *create_sim(void *owner, const struct harness_case *play)
{
    (void)owner;
    struct world *world =
        sim_create(&(struct sim_options){.seed = play->seed, .rough = play->rough});
    cli_interrupt_world(world);
    return world;
}

static struct world *create_live(void *owner, const struct harness_case *play)
{
    const struct cli_worlds_options *options = owner;
    struct world *world = live_create(&(struct live_options){
        .speed = options->speed, .thread_each = options->thread_each, .seed = play->seed});
    cli_interrupt_world(world);
    return world;
}

static void forget_world(void *owner)
{
    (void)owner;
    cli_interrupt_world(NULL);
}

static const char *why_interrupted(void *owner)
{
    (void)owner;
    return cli_interrupt_heed() ? "interrupted" : NULL;
}

/* Add "2 timers" to the text. */
static void add_count(char *text, size_t size, uint64_t count, const char *what)
{
    size_t used = strlen(text);
    if (count > 0)
        snprintf(text + used, size - used, "%s%" PRIu64 " %s", used > 0 ? ", " : "", count, what);
}

static bool sim_leftovers(void *owner, struct world *world, char *text, size_t size)
{
    struct sim_statistics left;
    (void)owner;
    sim_statistics(world, &left);
    text[0] = '\0';
    add_count(text, size, left.executors, "executors");
    add_count(text, size, left.timers_armed, "timers armed");
    add_count(text, size, left.watches_on, "watches on");
    add_count(text, size, left.streams, "streams open");
    add_count(text, size, left.listeners, "listeners open");
    add_count(text, size, left.locks > 1 ? left.locks - 1 : 0, "locks"); /* one is the harness' */
    return text[0] != '\0';
}

/* A descriptor that is nobody's shows when nobody is left who could have it. */
static bool live_leftovers(void *owner, struct world *world, char *text, size_t size)
{
    struct live_statistics left;
    (void)owner;
    live_statistics(world, &left);
    text[0] = '\0';
    add_count(text, size, left.executors, "executors");
    add_count(text, size, left.timers_armed, "timers armed");
    add_count(text, size, left.watches, "watches");
    add_count(text, size, left.streams, "streams open");
    add_count(text, size, left.listeners, "listeners open");
    if (text[0] == '\0' && left.sending == 0 && left.programs == 0 && left.descriptors > 0)
        add_count(text, size, (uint64_t)left.descriptors, "descriptors open");
    return text[0] != '\0';
}

/* --- the command that plays a case again --- */

struct text {
    char bytes[REPLAY_MAX];
    size_t used;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int more = text->used < REPLAY_MAX
                   ? vsnprintf(text->bytes + text->used, REPLAY_MAX - text->used, format, arguments)
                   : 0;
    va_end(arguments);
    text->used += more > 0 ? (size_t)more : 0;
}

/* As a shell reads it back. */
static void add_word(struct text *text, const char *word)
{
    if (word[strspn(word, plain_letters)] == '\0') {
        add(text, " %s", word);
        return;
    }
    add(text, " '");
    for (; *word != '\0'; word++)
        add(text, *word == '\'' ? "'\\''" : "%c", *word);
    add(text, "'");
}

static void add_live(struct text *text, const struct cli_worlds_options *options)
{
    add(text, " --world live");
    if (options->speed < 1 || options->speed > 1)
        add(text, " --speed %g", options->speed);
    if (options->tolerance_ms < CLI_TOLERANCE_MS || options->tolerance_ms > CLI_TOLERANCE_MS)
        add(text, " --tolerance %g", options->tolerance_ms);
    if (options->thread_each)
        add(text, " --threads");
}

static const char *replay(void *owner, const struct harness_case *play)
{
    static struct text text;
    const struct cli_worlds_options *options = owner;
    text.used = 0;
    add(&text, "ripcord run");
    add_word(&text, play->file->path);
    if (strcmp(options->world, "live") == 0)
        add_live(&text, options);
    add(&text, " --release %s --seed %" PRIu64, play->release->name, play->seed);
    if (options->rough && !play->scenario->rough)
        add(&text, " --rough");
    if (play->file->count > 1 || play->scenario->row_count > 0) {
        char filter[REPLAY_MAX / 4];
        snprintf(filter, sizeof(filter), "%s@", play->name);
        add(&text, " --filter");
        add_word(&text, filter);
    }
    return text.bytes;
}

/* --- choosing --- */

bool cli_worlds(const struct cli_worlds_options *options, struct harness_worlds *worlds)
{
    *worlds = (struct harness_worlds){
        .replay = replay,
        .gone = forget_world,
        .interrupted = why_interrupted,
        .owner = (void *)(uintptr_t)options,
        .speed = 1,
    };
    if (strcmp(options->world, "sim") == 0) {
        worlds->kind = HARNESS_SIM;
        worlds->create = create_sim;
        worlds->leftovers = sim_leftovers;
        worlds->limit_ns = UINT64_C(7) * 24 * 3600 * WORLD_SEC;
        return true;
    }
    if (strcmp(options->world, "live") == 0) {
        worlds->kind = HARNESS_LIVE;
        worlds->create = create_live;
        worlds->leftovers = live_leftovers;
        worlds->thread_each = options->thread_each;
        worlds->speed = options->speed < 1 ? 1 : (uint64_t)options->speed;
        worlds->early_ns = (uint64_t)(options->speed * 1e6);
        worlds->late_ns = (uint64_t)(options->tolerance_ms * options->speed * 1e6);
        worlds->limit_ns = (uint64_t)(options->speed * 60 * 1e9);
        return true;
    }
    return false;
}
