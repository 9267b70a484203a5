#include "harness/cli/watch.h"

#include <inttypes.h>
#include <string.h>

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

static bool is_wanted(const struct cli_watch *watch, enum point point)
{
    if (point == POINT_LOG || watch->loudness > 1)
        return true;
    for (size_t i = 0; watch->loudness > 0 && i < sizeof(usual) / sizeof(usual[0]); i++)
        if (usual[i] == point)
            return true;
    return false;
}

static void show_values(FILE *out, const struct point_event *event)
{
    for (size_t i = 0; i < event->value_count; i++) {
        const struct point_value *value = &event->values[i];
        const char *name = point_field_name((enum point_field)value->field);
        if (value->text == NULL)
            fprintf(out, " %s=%" PRId64, name, value->number);
        else if (strpbrk(value->text, " \t\n") == NULL && value->text[0] != '\0')
            fprintf(out, " %s=%s", name, value->text);
        else
            fprintf(out, " %s=\"%s\"", name, value->text);
    }
}

static const char *text_of(const struct point_event *event, enum point_field field)
{
    for (size_t i = 0; i < event->value_count; i++)
        if (event->values[i].field == field && event->values[i].text != NULL)
            return event->values[i].text;
    return "";
}

void cli_watch_event(struct cli_watch *watch, const struct point_event *event)
{
    FILE *out = watch->out;
    watch->connections += event->point == POINT_SERVER_ACCEPT;
    watch->calls += event->point == POINT_SERVER_EXECUTE;
    if (!is_wanted(watch, event->point))
        return;
    if (event->point == POINT_LOG) {
        fprintf(out, "%s\n", text_of(event, FIELD_TEXT));
        fflush(out);
        return;
    }
    fprintf(out, "%10.3f  %-16s", (double)event->at_ns / 1e9, point_name(event->point));
    if (event->connection != 0)
        fprintf(out, " connection=%" PRIu32, event->connection);
    if (event->call_id != POINT_NO_CALL)
        fprintf(out, " call=%" PRId32, event->call_id);
    show_values(out, event);
    fputc('\n', out);
    fflush(out);
}

void cli_watch_end(const struct cli_watch *watch)
{
    fprintf(watch->out, "served %" PRIu64 " %s on %" PRIu64 " %s\n", watch->calls,
            watch->calls == 1 ? "call" : "calls", watch->connections,
            watch->connections == 1 ? "connection" : "connections");
    fflush(watch->out);
}
