#include "harness/play/cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/harness.h"
#include "rpc/arena.h"

struct maker {
    struct harness_cases *cases;
    const struct harness_choice *choice;
    unsigned releases;
    size_t room;
};

static bool add(struct maker *maker, const struct harness_case *made)
{
    struct harness_cases *cases = maker->cases;
    if (cases->count == maker->room) {
        size_t room = maker->room == 0 ? 64 : maker->room * 2;
        struct harness_case *items = realloc(cases->items, room * sizeof(*items));
        if (items == NULL)
            return false;
        cases->items = items;
        maker->room = room;
    }
    cases->items[cases->count++] = *made;
    return true;
}

/* "purge.slow_reader", the title's slug when the file has several, the row. */
static const char *name_of(struct arena *arena, const struct harness_case *made)
{
    const struct harness_scenario *scenario = made->scenario;
    bool several = made->file->count > 1, rows = scenario->row_count > 0;
    return arena_print(arena, "%s%s%s%s%s", made->file->name, several ? "." : "",
                       several ? scenario->slug : "", rows ? "/" : "",
                       rows ? scenario->rows[made->row].name : "");
}

static const char *reason_to_skip(const struct harness_case *made, unsigned worlds, bool rough)
{
    if ((made->scenario->worlds & worlds) == 0)
        return made->scenario->worlds == HARNESS_LIVE ? "it needs the live world"
                                                      : "it needs the simulated world";
    if (rough && made->scenario->calm)
        return "what it claims holds in a calm world only";
    return NULL;
}

static bool is_chosen(const struct harness_choice *choice, const struct harness_case *made)
{
    return choice->filter == NULL || strstr(made->result, choice->filter) != NULL ||
           strstr(made->scenario->title, choice->filter) != NULL;
}

static bool add_seeds(struct maker *maker, struct harness_case *made)
{
    struct arena *arena = &maker->cases->arena;
    const struct harness_choice *choice = maker->choice;
    uint64_t seeds = choice->repeat > 0 ? choice->repeat : made->scenario->seeds;
    made->name = name_of(arena, made);
    made->skip = reason_to_skip(made, choice->worlds, choice->rough);
    made->rough = choice->rough || made->scenario->rough;
    made->repeated = seeds > 1;
    if (made->name == NULL)
        return false;
    for (uint64_t i = 0; i < (made->skip != NULL ? 1 : seeds); i++) {
        made->seed = choice->seed + i;
        made->result =
            made->repeated
                ? arena_print(arena, "%s@%s#%" PRIu64, made->name, made->release->name, made->seed)
                : arena_print(arena, "%s@%s", made->name, made->release->name);
        if (made->result == NULL)
            return false;
        if (is_chosen(choice, made) && !add(maker, made))
            return false;
    }
    return true;
}

/* The releases that a row is played for. */
static unsigned releases_of(const struct maker *maker, const struct harness_scenario *scenario,
                            size_t row)
{
    unsigned own = scenario->releases & maker->releases;
    return scenario->row_count > 0 ? own & scenario->rows[row].releases : own;
}

static bool add_rows(struct maker *maker, struct harness_case *made)
{
    const struct harness_scenario *scenario = made->scenario;
    size_t rows = scenario->row_count > 0 ? scenario->row_count : 1;
    for (unsigned id = 0; id < RELEASE_COUNT; id++) {
        made->release = release_get((enum release_id)id);
        for (made->row = 0; made->row < rows; made->row++) {
            bool fits = releases_of(maker, scenario, made->row) & 1u << id;
            if (fits && !add_seeds(maker, made))
                return false;
        }
    }
    return true;
}

static int compare_results(const void *a, const void *b)
{
    const struct harness_case *const *first = a, *const *second = b;
    return strcmp((*first)->result, (*second)->result);
}

/* Two cases of one name could not be told apart in reports. */
static enum rpc_status check_names(const struct harness_cases *cases, char *problem)
{
    const struct harness_case **sorted = calloc(cases->count + 1, sizeof(*sorted));
    enum rpc_status status = RPC_OK;
    if (sorted == NULL)
        return RPC_NO_MEMORY;
    for (size_t i = 0; i < cases->count; i++)
        sorted[i] = &cases->items[i];
    qsort(sorted, cases->count, sizeof(*sorted), compare_results);
    for (size_t i = 1; i < cases->count && status == RPC_OK; i++) {
        const struct harness_case *one = sorted[i - 1], *other = sorted[i];
        if (strcmp(one->result, other->result) != 0)
            continue;
        snprintf(problem, HARNESS_PROBLEM_MAX,
                 "two cases are called %s: %s:%d and %s:%d; rename one, or name its file once",
                 one->result, one->file->path, one->scenario->line, other->file->path,
                 other->scenario->line);
        status = RPC_MALFORMED;
    }
    free(sorted);
    return status;
}

enum rpc_status harness_cases_make(struct harness_file *const *files, size_t file_count,
                                   const struct harness_choice *choice, struct harness_cases *cases,
                                   char *problem)
{
    char names[RELEASE_NAMES_MAX];
    struct maker maker = {.cases = cases, .choice = choice};
    *cases = (struct harness_cases){.items = NULL};
    snprintf(problem, HARNESS_PROBLEM_MAX, "%s", rpc_status_text(RPC_NO_MEMORY));
    if (release_range(choice->release, &maker.releases) != RPC_OK || maker.releases == 0) {
        snprintf(problem, HARNESS_PROBLEM_MAX,
                 "'%s' is no release and no range of releases; there are: %s", choice->release,
                 release_names(names));
        return RPC_MALFORMED;
    }
    for (size_t i = 0; i < file_count; i++) {
        for (size_t j = 0; j < files[i]->count; j++) {
            struct harness_case made = {
                .file = files[i], .scenario = &files[i]->scenarios[j], .scenario_index = j};
            if (!add_rows(&maker, &made))
                return RPC_NO_MEMORY;
        }
    }
    return check_names(cases, problem);
}

void harness_cases_release(struct harness_cases *cases)
{
    free(cases->items);
    arena_release(&cases->arena);
    *cases = (struct harness_cases){.items = NULL};
}
