#include "harness/play/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "harness/harness.h"

/* A file of scenarios with this text; NULL with `problem` when it does not load. */
static struct harness_file *load(const char *text, char *problem)
{
    char path[] = "/tmp/cases_test_XXXXXX.lua";
    int descriptor = mkstemps(path, 4);
    cr_assert(ge(int, descriptor, 0));
    cr_assert(eq(sz, (size_t)write(descriptor, text, strlen(text)), strlen(text)));
    close(descriptor);
    struct harness_file *file = NULL;
    enum rpc_status status = harness_file_load(path, &file, problem);
    unlink(path);
    return status == RPC_OK ? file : NULL;
}

static struct harness_cases cases_of(struct harness_file *file, struct harness_choice choice)
{
    struct harness_cases cases;
    char problem[HARNESS_PROBLEM_MAX];
    choice.worlds = choice.worlds != 0 ? choice.worlds : HARNESS_SIM;
    cr_assert(eq(int, harness_cases_make(&file, 1, &choice, &cases, problem), RPC_OK));
    return cases;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

Test(cases, rows_releases_and_seeds_are_multiplied)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct harness_file *file = load("scenario('a', { seeds = 3, releases = '2.3-', cases = {\n"
                                     "{ n = 1 }, { n = 2, releases = '3.4' } } }, function() end)",
                                     problem);
    struct harness_cases cases = cases_of(file, (struct harness_choice){.seed = 5});
    cr_assert(eq(sz, cases.count, 9)); /* 2.6: one row, 3.4: two; three seeds each */
    cr_assert(ends_with(cases.items[0].result, "/n=1@2.6#5"), "%s", cases.items[0].result);
    cr_assert(ends_with(cases.items[8].result, "/n=2@3.4#7"), "%s", cases.items[8].result);
    cr_assert(eq(u64, cases.items[8].seed, 7));
    harness_cases_release(&cases);
    harness_file_free(file);
}

Test(cases, one_seed_is_not_part_of_the_name)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct harness_file *file =
        load("scenario('a', { releases = '2.6' }, function() end)", problem);
    struct harness_cases cases = cases_of(file, (struct harness_choice){.seed = 9});
    cr_assert(eq(sz, cases.count, 1));
    cr_assert(ends_with(cases.items[0].result, "@2.6"));
    cr_assert(eq(u64, cases.items[0].seed, 9));
    harness_cases_release(&cases);
    harness_file_free(file);
}

Test(cases, what_can_not_be_played_is_skipped_with_a_reason)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct harness_file *file = load("scenario('a', { world = 'live', releases = '2.6' }, print)\n"
                                     "scenario('b', { releases = '0.20' }, print)",
                                     problem);
    struct harness_cases cases = cases_of(file, (struct harness_choice){.seed = 1});
    cr_assert(eq(sz, cases.count, 2));
    cr_assert(strcmp(cases.items[0].skip, "it needs the live world") == 0);
    cr_assert(cases.items[1].skip == NULL);
    harness_cases_release(&cases);
    harness_file_free(file);
}

Test(cases, a_calm_scenario_is_skipped_where_all_is_rough)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct harness_file *file = load("scenario('a', { rough = false, releases = '2.6' }, print)\n"
                                     "scenario('b', { releases = '2.6' }, print)\n"
                                     "scenario('c', { rough = true, releases = '2.6' }, print)",
                                     problem);
    struct harness_cases cases = cases_of(file, (struct harness_choice){.seed = 1, .rough = true});
    cr_assert(eq(sz, cases.count, 3));
    cr_assert(strcmp(cases.items[0].skip, "what it claims holds in a calm world only") == 0);
    for (size_t i = 1; i < 3; i++)
        cr_assert(cases.items[i].skip == NULL && cases.items[i].rough);
    harness_cases_release(&cases);
    cases = cases_of(file, (struct harness_choice){.seed = 1});
    for (size_t i = 0; i < 3; i++)
        cr_assert(cases.items[i].skip == NULL && cases.items[i].rough == (i == 2));
    harness_cases_release(&cases);
    harness_file_free(file);
}

Test(cases, a_filter_looks_at_names_and_titles)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct harness_file *file = load("scenario('PU-01 · One', { releases = '2.6' }, print)\n"
                                     "scenario('PU-02 · Two', { releases = '2.6' }, print)",
                                     problem);
    struct harness_cases cases =
        cases_of(file, (struct harness_choice){.seed = 1, .filter = "02 · T"});
    cr_assert(eq(sz, cases.count, 1));
    cr_assert(strcmp(cases.items[0].scenario->title, "PU-02 · Two") == 0);
    harness_cases_release(&cases);
    cases = cases_of(file, (struct harness_choice){.seed = 1, .filter = "pu-01@"});
    cr_assert(eq(sz, cases.count, 1));
    harness_cases_release(&cases);
    harness_file_free(file);
}

Test(cases, an_id_alone_names_its_scenario)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct harness_file *file =
        load("scenario('PU-01 · A long claim', { releases = '2.6' }, print)\n"
             "scenario('SH-03 · One', { releases = '2.6' }, print)\n"
             "scenario('SH-03 · Two', { releases = '2.6' }, print)\n"
             "scenario('No id', { releases = '2.6' }, print)",
             problem);
    struct harness_cases cases = cases_of(file, (struct harness_choice){.seed = 1});
    cr_assert(eq(sz, cases.count, 4));
    cr_assert(ends_with(cases.items[0].result, ".pu-01@2.6"), "%s", cases.items[0].result);
    cr_assert(ends_with(cases.items[1].result, ".sh-03-one@2.6"), "%s", cases.items[1].result);
    cr_assert(ends_with(cases.items[2].result, ".sh-03-two@2.6"), "%s", cases.items[2].result);
    cr_assert(ends_with(cases.items[3].result, ".no-id@2.6"), "%s", cases.items[3].result);
    harness_cases_release(&cases);
    harness_file_free(file);
}

Test(cases, a_row_is_played_in_its_own_releases_only)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct harness_file *file = load(
        "scenario('a', { cases = { { n = 1, releases = '-1.2' }, { n = 2 } } }, print)", problem);
    struct harness_cases cases = cases_of(file, (struct harness_choice){.seed = 1});
    size_t old = 0;
    for (size_t i = 0; i < cases.count; i++)
        old += strstr(cases.items[i].result, "/n=1@") != NULL;
    cr_assert(eq(sz, old, 2));
    cr_assert(eq(sz, cases.count, 2 + RELEASE_COUNT));
    harness_cases_release(&cases);
    cases = cases_of(file, (struct harness_choice){.seed = 1, .release = "3.4"});
    cr_assert(eq(sz, cases.count, 1));
    cr_assert(ends_with(cases.items[0].result, "/n=2@3.4"), "%s", cases.items[0].result);
    harness_cases_release(&cases);
    harness_file_free(file);
}

Test(cases, a_range_that_is_none_is_refused)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct harness_file *file = load("scenario('a', print)", problem);
    struct harness_choice choice = {.worlds = HARNESS_SIM, .release = "new"};
    struct harness_cases cases;
    cr_assert(eq(int, harness_cases_make(&file, 1, &choice, &cases, problem), RPC_MALFORMED));
    cr_assert(strcmp(problem, "'new' is no release and no range of releases; there are: 0.20, "
                              "1.2, 2.2, 2.6, 3.4") == 0);
    harness_cases_release(&cases);
    harness_file_free(file);
}

Test(cases, rows_of_one_name_are_refused)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct harness_file *file =
        load("scenario('a', { cases = { { n = 1 }, { n = 1 } } }, print)", problem);
    struct harness_choice choice = {.worlds = HARNESS_SIM, .seed = 1};
    struct harness_cases cases;
    cr_assert(eq(int, harness_cases_make(&file, 1, &choice, &cases, problem), RPC_MALFORMED));
    harness_cases_release(&cases);
    harness_file_free(file);
}

Test(cases, a_file_that_declares_nothing_is_a_mistake)
{
    char problem[HARNESS_PROBLEM_MAX];
    cr_assert(load("local x = 1 return x", problem) == NULL);
    cr_assert(strstr(problem, "no scenario is declared here; write: scenario(") != NULL, "%s",
              problem);
}

Test(cases, a_file_of_bytecode_is_refused)
{
    char problem[HARNESS_PROBLEM_MAX];
    cr_assert(load("\033Lua", problem) == NULL);
}
