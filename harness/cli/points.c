/*
 * ripcord points: the one list of what can be seen, held and broken.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "faults/point.h"
#include "harness/cli/usage.h"
#include "harness/fault/fault.h"

/* --- as text --- */

static void show_effects(enum point point)
{
    for (unsigned id = 0; id < EFFECT_COUNT; id++) {
        enum point_effect effect = (enum point_effect)id;
        if (!point_has_effect(point, effect))
            continue;
        char name[64];
        const char *parameters = point_effect_parameters(effect);
        snprintf(name, sizeof(name), "%s.%s", point_name(point), point_effect_name(effect));
        printf("    fault %-24s %s", name, point_effect_sentence(effect));
        if (*parameters != '\0')
            printf(" {%s}", parameters);
        putchar('\n');
    }
}

static void show_points(void)
{
    puts("Each point can be seen, t:events(point, aim), and held, t:hold(point, aim), if nothing "
         "else\n"
         "is said; its faults break it, t:fault(name, aim).  Besides its own fields each has: at "
         "host\n"
         "server client connection; a message (wire.*) call and direction, what travels (net.*) "
         "lane\n"
         "and direction, all others call and lane.  To libfiu, fiu-run and fiu-ctrl the fault\n"
         "server.write.short is ripcord/server/write/short.\n");
    for (unsigned id = 0; id < POINT_COUNT; id++) {
        enum point point = (enum point)id;
        printf("%-18s %s", point_name(point), point_sentence(point));
        if (*point_fields(point) != '\0')
            printf(" [%s]", point_fields(point));
        putchar('\n');
        if (harness_hold_instead(point) != NULL)
            printf("    no hold: %s\n", harness_hold_instead(point));
        show_effects(point);
    }
}

/* --- as JSON --- */

/* "bytes accepted" as a list. */
static json_t *words(const char *text)
{
    json_t *list = json_array();
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        json_array_append_new(list, json_stringn(text, length));
        text += length;
        text += strspn(text, " ");
    }
    return list;
}

/* "ripcord/server/write/short" */
static json_t *outside_name(const char *point, const char *effect)
{
    char name[96];
    snprintf(name, sizeof(name), "ripcord/%s/%s", point, effect);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '.')
            *at = '/';
    return json_string(name);
}

static json_t *effects(enum point point)
{
    json_t *list = json_array();
    for (unsigned id = 0; id < EFFECT_COUNT; id++) {
        enum point_effect effect = (enum point_effect)id;
        if (!point_has_effect(point, effect))
            continue;
        json_t *fault = json_object();
        const char *name = point_effect_name(effect);
        json_object_set_new(fault, "name", json_sprintf("%s.%s", point_name(point), name));
        json_object_set_new(fault, "libfiu", outside_name(point_name(point), name));
        json_object_set_new(fault, "parameters", words(point_effect_parameters(effect)));
        json_object_set_new(fault, "sentence", json_string(point_effect_sentence(effect)));
        json_array_append_new(list, fault);
    }
    return list;
}

static void show_json(void)
{
    json_t *list = json_array();
    for (unsigned id = 0; id < POINT_COUNT; id++) {
        enum point point = (enum point)id;
        json_t *about = json_object();
        json_object_set_new(about, "name", json_string(point_name(point)));
        json_object_set_new(about, "sentence", json_string(point_sentence(point)));
        json_object_set_new(about, "fields", words(point_fields(point)));
        json_object_set_new(about, "hold", json_boolean(harness_hold_instead(point) == NULL));
        json_object_set_new(about, "faults", effects(point));
        json_array_append_new(list, about);
    }
    json_dumpf(list, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(list);
}

int cli_points(int argc, const char **argv)
{
    int json = 0;
    const struct poptOption table[] = {
        {"json", 0, POPT_ARG_NONE, &json, 0, "as JSON", NULL}, CLI_HELP_OPTIONS, POPT_TABLEEND};
    poptContext context = cli_options(argc, argv, table, "ripcord points", "");
    int status = cli_options_read(context, table);
    if (status == CLI_WELL && poptPeekArg(context) != NULL)
        status = cli_complain(CLI_USAGE, "points takes no argument");
    poptFreeContext(context);
    if (status != CLI_WELL)
        return status;
    if (json)
        show_json();
    else
        show_points();
    return cli_end_output(CLI_WELL);
}
