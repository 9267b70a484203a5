/*
 * ripcord list PATHS… : the cases that ripcord run would play.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "harness/cli/suite.h"
#include "harness/cli/usage.h"
#include "harness/harness.h"

struct options {
    char *world, *release, *filter, *tag;
    int json, tags;
};

static void show_text(const struct harness_cases *cases)
{
    const struct harness_scenario *last = NULL;
    for (size_t i = 0; i < cases->count; i++) {
        const struct harness_case *play = &cases->items[i];
        if (play->scenario != last)
            printf("%s:%d: %s\n", play->file->path, play->scenario->line, play->scenario->title);
        last = play->scenario;
        printf("  %s", play->result);
        if (play->skip != NULL)
            printf("  skipped: %s", play->skip);
        putchar('\n');
    }
}

static json_t *tags_of(const struct harness_scenario *scenario)
{
    json_t *list = json_array();
    for (size_t i = 0; i < scenario->tag_count; i++)
        json_array_append_new(list, json_string(scenario->tags[i]));
    return list;
}

static void show_json(const struct harness_cases *cases)
{
    json_t *list = json_array();
    for (size_t i = 0; i < cases->count; i++) {
        const struct harness_case *play = &cases->items[i];
        json_t *about = json_object();
        json_object_set_new(about, "name", json_string(play->result));
        json_object_set_new(about, "title", json_string(play->scenario->title));
        json_object_set_new(about, "file", json_string(play->file->path));
        json_object_set_new(about, "line", json_integer(play->scenario->line));
        json_object_set_new(about, "release", json_string(play->release->name));
        json_object_set_new(about, "tags", tags_of(play->scenario));
        if (play->scenario->known != NULL)
            json_object_set_new(about, "known", json_string(play->scenario->known));
        if (play->skip != NULL)
            json_object_set_new(about, "skip", json_string(play->skip));
        json_array_append_new(list, about);
    }
    json_dumpf(list, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(list);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every tag once, sorted. */
static int show_tags(const struct harness_cases *cases)
{
    size_t count = 0, room = 1;
    for (size_t i = 0; i < cases->count; i++)
        room += cases->items[i].scenario->tag_count;
    const char **tags = calloc(room, sizeof(*tags));
    if (tags == NULL)
        return cli_complain(CLI_MACHINE, "out of memory");
    for (size_t i = 0; i < cases->count; i++)
        for (size_t j = 0; j < cases->items[i].scenario->tag_count; j++)
            tags[count++] = cases->items[i].scenario->tags[j];
    qsort(tags, count, sizeof(*tags), compare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(tags[i - 1], tags[i]) != 0)
            puts(tags[i]);
    free(tags);
    return CLI_WELL;
}

static int list(const struct options *options, const char *const *paths)
{
    struct cli_suite suite;
    bool live = options->world != NULL && strcmp(options->world, "live") == 0;
    if (options->world != NULL && !live && strcmp(options->world, "sim") != 0)
        return cli_complain(CLI_USAGE, "--world is sim or live, not '%s'", options->world);
    if (options->tags && options->json)
        return cli_complain(CLI_USAGE, "--tags and --json don't go together");
    struct harness_choice choice = {
        .worlds = live ? HARNESS_LIVE : HARNESS_SIM,
        .release = options->release,
        .filter = options->filter,
        .seed = 1,
        .repeat = 1,
    };
    int status = cli_suite_load(&suite, paths);
    if (status == CLI_WELL)
        status = cli_suite_choose(&suite, &choice, options->tag);
    if (status == CLI_WELL && options->tags)
        status = show_tags(&suite.cases);
    else if (status == CLI_WELL && options->json)
        show_json(&suite.cases);
    else if (status == CLI_WELL)
        show_text(&suite.cases);
    cli_suite_release(&suite);
    return status == CLI_WELL ? cli_end_output(CLI_WELL) : status;
}

int cli_list(int argc, const char **argv)
{
    struct options options = {.world = NULL};
    const struct poptOption table[] = {
        {"world", 'w', POPT_ARG_STRING, &options.world, 0, "sim (the usual one) or live", "WORLD"},
        {"release", 'r', POPT_ARG_STRING, &options.release, 0,
         "only Hadoop releases of this range: 2.6, -1.2, 2.3-", "RANGE"},
        {"filter", 'f', POPT_ARG_STRING, &options.filter, 0,
         "only cases with TEXT in their name or title", "TEXT"},
        {"tag", 't', POPT_ARG_STRING, &options.tag, 0, "only scenarios with this tag", "TAG"},
        {"tags", 0, POPT_ARG_NONE, &options.tags, 0, "list the tags instead", NULL},
        {"json", 0, POPT_ARG_NONE, &options.json, 0, "as JSON", NULL},
        CLI_HELP_OPTIONS,
        POPT_TABLEEND};
    poptContext context =
        cli_options(argc, argv, table, "ripcord list", "[OPTION]... [FILE or FOLDER]...");
    int status = cli_options_read(context, table);
    if (status == CLI_WELL)
        status = list(&options, poptGetArgs(context));
    poptFreeContext(context);
    free(options.world);
    free(options.release);
    free(options.filter);
    free(options.tag);
    return status;
}
