#include <inttypes.h>
#include <stdio.h>

#include "harness/handles/handles.h"
#include "rpc/release.h"

/* "server1: handlers = 1, ipc.maximum.data.length = 100" */
struct told {
    const char *name;
    size_t length;
    char text[2048];
};

/* What does not fit in whole is left out. */
static void tell(struct told *told, const char *key, int64_t value)
{
    char *at = told->text + told->length;
    size_t room = sizeof(told->text) - told->length;
    int more = told->length == 0 ? snprintf(at, room, "%s: %s = %" PRId64, told->name, key, value)
                                 : snprintf(at, room, ", %s = %" PRId64, key, value);
    if (more > 0 && (size_t)more < room)
        told->length += (size_t)more;
    told->text[told->length] = '\0';
}

void harness_tell_settings(struct harness *harness, const char *name, unsigned handlers,
                           const struct release_settings *settings)
{
    struct told told;
    struct release_settings defaults;
    told.name = name;
    told.length = 0;
    release_defaults(harness->release, &defaults);
    if (handlers > 0)
        tell(&told, "handlers", handlers);
    for (int i = 0; i < SETTING_COUNT; i++)
        if (settings->value[i] != defaults.value[i])
            tell(&told, release_setting_key((enum release_setting)i), settings->value[i]);
    if (told.length > 0)
        harness_log(harness, "config", told.text);
}
