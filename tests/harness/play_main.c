/*
 * Play the cases of one file in the simulated world and compare what they found with the file
 * that is expected: `harness_selftest FILE.lua FILE.expected [RELEASE]`.  With `--write` in front
 * the expectation is written anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/lua/units.h"
#include "harness/play/cases.h"
#include "harness/play/play.h"
#include "rpc/world/sim/sim.h"

static struct world *create(void *owner, const struct harness_case *play)
{
    (void)owner;
    return sim_create(&(struct sim_options){.seed = play->seed, .rough = play->rough});
}

static const char *replay(void *owner, const struct harness_case *play)
{
    (void)owner;
    return play->result;
}

static void tell(FILE *out, const struct harness_case *play, const struct harness_result *result)
{
    char at[HARNESS_DURATION_MAX];
    fprintf(out, "%s %s %s\n", record_status_name(result->status), play->result,
            harness_duration_text(result->end_ns, at));
    if (result->reason != NULL)
        fprintf(out, "  %s\n", result->reason);
    for (size_t i = 0; i < result->failed_count; i++) {
        const struct harness_finding *finding = &result->failed[i];
        fprintf(out, "  line %d at %s: %s\n", finding->line,
                harness_duration_text(finding->at_ns, at), finding->expr);
        fprintf(out, "    expected %s\n", finding->expected != NULL ? finding->expected : "-");
        fprintf(out, "    seen %s\n", finding->seen != NULL ? finding->seen : "-");
        if (finding->why != NULL)
            fprintf(out, "    because %s\n", finding->why);
    }
}

static void play_file(FILE *out, const char *path, const char *release)
{
    struct harness_worlds worlds = {.kind = HARNESS_SIM,
                                    .create = create,
                                    .replay = replay,
                                    .speed = 1,
                                    .limit_ns = UINT64_C(24) * 3600 * WORLD_SEC};
    struct harness_choice choice = {.worlds = HARNESS_SIM, .release = release, .seed = 1};
    struct harness_file *file = NULL;
    struct harness_cases cases = {.items = NULL};
    char problem[HARNESS_PROBLEM_MAX];
    if (harness_file_load(path, &file, problem) != RPC_OK) {
        fprintf(out, "not loaded: %s\n", problem);
        return;
    }
    if (harness_cases_make(&file, 1, &choice, &cases, problem) != RPC_OK)
        fprintf(out, "no cases: %s\n", problem);
    for (size_t i = 0; i < cases.count; i++) {
        struct harness_result result;
        harness_play(&cases.items[i], &worlds, NULL, &result);
        tell(out, &cases.items[i], &result);
        harness_result_release(&result);
    }
    harness_cases_release(&cases);
    harness_file_free(file);
}

/* The whole text of a file; to be freed. */
static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0;
    if (file == NULL)
        return NULL;
    ssize_t length = getdelim(&text, &size, '\0', file);
    fclose(file);
    return length >= 0 ? text : (free(text), strdup(""));
}

static int compare(const char *seen, const char *expected)
{
    int line = 1;
    while (*seen != '\0' && *seen == *expected) {
        line += *seen == '\n';
        seen++;
        expected++;
    }
    if (*seen == *expected)
        return 0;
    fprintf(stderr, "line %d differs\nexpected: …%.300s\nseen: …%.300s\n", line, expected, seen);
    return 1;
}

int main(int argc, char **argv)
{
    bool write = argc > 1 && strcmp(argv[1], "--write") == 0;
    if (argc < 3 + write || argc > 4 + write)
        return 2;
    const char *release = argc == 4 + write ? argv[3 + write] : "2.6";
    const char *path = argv[1 + write], *expectation = argv[2 + write];
    char *seen = NULL;
    size_t length = 0;
    FILE *out = write ? fopen(expectation, "wb") : open_memstream(&seen, &length);
    if (out == NULL)
        return 2;
    play_file(out, path, release);
    fclose(out);
    if (write)
        return 0;
    char *expected = read_text(expectation);
    int status = expected != NULL ? compare(seen, expected) : 2;
    free(expected);
    free(seen);
    return status;
}
