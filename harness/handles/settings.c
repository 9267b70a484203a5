#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "harness/handles/handles.h"
#include "rpc/release.h"

enum { SETTINGS_TEXT_MAX = 2048 };

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t *length,
                                                      const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int more = vsnprintf(text + *length, SETTINGS_TEXT_MAX - *length, format, values);
    va_end(values);
    if (more > 0 && *length + (size_t)more < SETTINGS_TEXT_MAX)
        *length += (size_t)more;
}

void harness_tell_settings(struct harness *harness, const char *name, unsigned handlers,
                           const struct release_settings *settings)
{
    char text[SETTINGS_TEXT_MAX];
    struct release_settings defaults;
    size_t begin = 0, length;
    release_defaults(harness->release, &defaults);
    add(text, &begin, "%s:", name);
    length = begin;
    if (handlers > 0)
        add(text, &length, " handlers = %u", handlers);
    for (int i = 0; i < SETTING_COUNT; i++)
        if (settings->value[i] != defaults.value[i])
            add(text, &length, "%s %s = %" PRId64, length > begin ? "," : "",
                release_setting_key((enum release_setting)i), settings->value[i]);
    text[length] = '\0'; /* what did not fit in whole is left out */
    if (length > begin)
        harness_log(harness, "config", text);
}
