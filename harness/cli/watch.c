#include "harness/cli/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "harness/cli/usage.h"

enum { NAME_SIZE = 64 };

/* What a person wants to know of each call. */
static const enum point usual[] = {
    POINT_SERVER_ACCEPT, POINT_WIRE_CONTEXT, POINT_WIRE_REQUEST,
    POINT_WIRE_RESPONSE, POINT_WIRE_SASL,    POINT_SERVER_REFUSE,
    POINT_SERVER_PURGE,  POINT_SERVER_SCAN,  POINT_SERVER_CLOSE,
};

void cli_watch_begin(struct cli_watch *watch, FILE *out, int loudness)
{
    *watch = (struct cli_watch){.out = out, .loudness = loudness};
}

/* Each line is seen at once.  It serves whether somebody reads that or not. */
static void flush(struct cli_watch *watch)
{
    errno = 0;
    if ((fflush(watch->out) == 0 && !ferror(watch->out)) || watch->lost)
        return;
    watch->lost = true;
    cli_complain(CLI_MACHINE, "cannot write what happens, but serves on: %s",
                 errno != 0 ? strerror(errno) : "some of it is lost");
}

static const char *text_of(const struct point_event *event, enum point_field field)
{
    for (size_t i = 0; i < event->value_count; i++)
        if (event->values[i].field == field && event->values[i].text != NULL)
            return event->values[i].text;
    return "";
}

static bool is_wanted(const struct cli_watch *watch, const struct point_event *event)
{
    if (event->point == POINT_LOG)
        return watch->loudness > 1 || strcmp(text_of(event, FIELD_LEVEL), "config") != 0;
    for (size_t i = 0; watch->loudness == 1 && i < sizeof(usual) / sizeof(usual[0]); i++)
        if (usual[i] == event->point)
            return true;
    return watch->loudness > 1;
}

/* Of a text of many lines, such as a stack, the first, unless everything is wanted. */
static void show_text(const struct cli_watch *watch, const char *text)
{
    size_t length = watch->loudness > 1 ? strlen(text) : strcspn(text, "\n");
    const char *more = text[length] != '\0' ? "…" : "";
    if (*more == '\0' && length > 0 && strpbrk(text, " \t\n") == NULL)
        fputs(text, watch->out);
    else
        fprintf(watch->out, "\"%.*s%s\"", (int)length, text, more);
}

static void show_values(const struct cli_watch *watch, const struct point_event *event)
{
    FILE *out = watch->out;
    for (size_t i = 0; i < event->value_count; i++) {
        const struct point_value *value = &event->values[i];
        const char *name = point_field_name((enum point_field)value->field);
        fprintf(out, " %s=", name);
        if (value->text == NULL)
            fprintf(out, "%" PRId64, value->number);
        else
            show_text(watch, value->text);
    }
}

static void show_begin(FILE *out, const struct point_event *event, const char *name)
{
    fprintf(out, "%10.3f  %-16s", (double)event->at_ns / 1e9, name);
    if (event->connection != 0)
        fprintf(out, " connection=%" PRIu32, event->connection);
    if (event->call_id != POINT_NO_CALL)
        fprintf(out, " call=%" PRId32, event->call_id);
}

void cli_watch_event(struct cli_watch *watch, const struct point_event *event)
{
    FILE *out = watch->out;
    watch->connections += event->point == POINT_SERVER_ACCEPT;
    watch->calls += event->point == POINT_SERVER_EXECUTE;
    if (!is_wanted(watch, event))
        return;
    if (event->point == POINT_LOG) {
        fprintf(out, "%s\n", text_of(event, FIELD_TEXT));
        flush(watch);
        return;
    }
    show_begin(out, event, point_name(event->point));
    show_values(watch, event);
    fputc('\n', out);
    flush(watch);
}

void cli_watch_strike(struct cli_watch *watch, const struct point_event *event,
                      enum point_effect effect, bool outside)
{
    char name[NAME_SIZE];
    if (watch->loudness == 0)
        return;
    snprintf(name, sizeof(name), "%s.%s", point_name(event->point), point_effect_name(effect));
    show_begin(watch->out, event, name);
    show_values(watch, event);
    fprintf(watch->out, ": a fault %s has struck\n",
            outside ? "armed from outside" : "of the scenario");
    flush(watch);
}

void cli_watch_listens(struct cli_watch *watch, struct world_address address)
{
    char text[24];
    fprintf(watch->out, "listening on %s\n", world_address_text(address, text));
    flush(watch);
}

void cli_watch_end(struct cli_watch *watch)
{
    fprintf(watch->out, "served %" PRIu64 " %s on %" PRIu64 " %s\n", watch->calls,
            watch->calls == 1 ? "call" : "calls", watch->connections,
            watch->connections == 1 ? "connection" : "connections");
    flush(watch);
}
