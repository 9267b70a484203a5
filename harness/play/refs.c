#include "harness/play/refs.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "harness/play/scenario.h"
#include "rpc/arena.h"

static const char *const trackers[] = {"HADOOP-", "HDFS-", "YARN-", "MAPREDUCE-", "HBASE-", "RFC "};

static const char *line_at(const char *source, int line)
{
    while (line-- > 1 && source != NULL) {
        source = strchr(source, '\n');
        source = source != NULL ? source + 1 : NULL;
    }
    return source;
}

/* The length of the reference that begins here, or 0. */
static size_t reference_length(const char *text)
{
    for (size_t i = 0; i < sizeof(trackers) / sizeof(trackers[0]); i++) {
        size_t length = strlen(trackers[i]);
        size_t digits =
            strncmp(text, trackers[i], length) == 0 ? strspn(text + length, "0123456789") : 0;
        if (digits > 0)
            return length + digits;
    }
    return 0;
}

static bool is_there(const char *const *refs, size_t count, const char *text, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(refs[i]) == length && strncmp(refs[i], text, length) == 0)
            return true;
    return false;
}

/* Scenarios are in no order that one could rely on: a loop may declare several. */
static int last_line(const struct harness_file *file, const struct harness_scenario *scenario)
{
    int last = INT_MAX;
    for (size_t i = 0; i < file->count; i++)
        if (file->scenarios[i].line > scenario->line && file->scenarios[i].line < last)
            last = file->scenarios[i].line;
    return last;
}

size_t harness_refs(struct arena *arena, const struct harness_file *file,
                    const struct harness_scenario *scenario, const char **refs)
{
    const char *at = line_at(file->source, scenario->line);
    bool inside = false; /* of a longer word */
    size_t count = 0, length;
    for (int line = scenario->line, last = last_line(file, scenario);
         at != NULL && *at != '\0' && line < last && count < HARNESS_REFS_MAX; at++) {
        line += *at == '\n';
        length = inside ? 0 : reference_length(at);
        inside = isalnum((unsigned char)*at);
        if (length == 0 || is_there(refs, count, at, length))
            continue;
        char *text = arena_print(arena, "%.*s", (int)length, at);
        if (text == NULL)
            break;
        refs[count++] = text;
        at += length - 1;
    }
    return count;
}
