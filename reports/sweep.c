#include "reports/sweep.h"

#include <stdlib.h>
#include <string.h>

size_t sweep_name_length(const struct result *result)
{
    const char *column = strrchr(result->name, '@');
    size_t before = column != NULL ? (size_t)(column - result->name) : 0;
    return before + strcspn(result->name + before, "#");
}

static bool is_same_case(const struct result *a, const struct result *b)
{
    size_t length = sweep_name_length(a);
    return length == sweep_name_length(b) && memcmp(a->name, b->name, length) == 0;
}

struct sweep *sweeps_of(const struct report *report, size_t *count)
{
    struct sweep *sweeps = calloc(report->count + 1, sizeof(*sweeps));
    *count = 0;
    for (size_t i = 0; sweeps != NULL && i < report->count; i++) {
        const struct result *result = &report->results[i];
        size_t at = *count; /* seeds follow each other: the last is the likeliest */
        while (at > 0 && !is_same_case(sweeps[at - 1].speaker, result))
            at--;
        if (at == 0) {
            at = ++*count;
            sweeps[at - 1].speaker = result;
        }
        struct sweep *sweep = &sweeps[at - 1];
        if (report_is_bad(result->status) && !report_is_bad(sweep->speaker->status))
            sweep->speaker = result;
        sweep->seeds++;
        sweep->failed += report_is_bad(result->status);
        sweep->wall_ns += result->wall_ns;
    }
    return sweeps;
}
