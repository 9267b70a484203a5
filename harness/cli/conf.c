#include "harness/cli/conf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/usage.h"
#include "harness/lua/options.h"
#include "harness/lua/units.h"
#include "rpc/world/world.h"

static const char *const kinds[] = {
    [SETTING_MS] = "a time: 5s, or milliseconds",
    [SETTING_MINUTES] = "a time: 5m, or minutes",
    [SETTING_BYTES] = "a size: 64KiB, or bytes",
    [SETTING_NUMBER] = "a whole number",
    [SETTING_BOOL] = "true or false",
};

const struct release *cli_release(const char *name)
{
    char names[RELEASE_NAMES_MAX];
    const struct release *release = release_by_name(name);
    if (release == NULL)
        cli_complain(CLI_USAGE, "'%s' is no release of Hadoop that is known here; there are: %s",
                     name, release_names(names));
    return release;
}

static bool read_time(const char *text, uint64_t unit_ns, int64_t *value)
{
    int64_t ns;
    if (harness_duration_parse(text, &ns) != RPC_OK)
        return false;
    *value = ns / (int64_t)unit_ns;
    return true;
}

static bool read_value(enum release_kind kind, const char *text, int64_t *value)
{
    char *end;
    uint64_t bytes;
    if (kind == SETTING_BOOL) {
        *value = strcmp(text, "true") == 0;
        return *value != 0 || strcmp(text, "false") == 0;
    }
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (end != text && *end == '\0')
        return errno == 0 && (*value >= 0 || kind != SETTING_BYTES);
    if (kind == SETTING_MS)
        return read_time(text, WORLD_MS, value);
    if (kind == SETTING_MINUTES)
        return read_time(text, 60 * WORLD_SEC, value);
    if (kind != SETTING_BYTES || harness_size_parse(text, &bytes) != RPC_OK)
        return false;
    *value = (int64_t)bytes;
    return true;
}

static int complain_of_key(const char *text, const char *key)
{
    char keys[RELEASE_KEYS_MAX], nearest[CLI_CONF_KEY_MAX];
    const char *near = harness_nearest(key, release_setting_keys(keys), nearest, sizeof(nearest));
    return cli_complain(CLI_USAGE, "--conf %s: no release of Hadoop has the setting %s%s%s%s", text,
                        key, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                        near != NULL ? "'?" : "");
}

int cli_conf_set(const struct release *release, struct release_settings *settings, const char *text)
{
    char key[CLI_CONF_KEY_MAX];
    int64_t value = 0;
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof(key))
        return cli_complain(CLI_USAGE, "--conf takes KEY=VALUE, got '%s'", text);
    snprintf(key, sizeof(key), "%.*s", (int)(equals - text), text);
    enum release_setting setting = release_setting_by_key(key);
    if (setting == SETTING_COUNT)
        return complain_of_key(text, key);
    enum release_kind kind = release_setting_kind(setting);
    if (kind != SETTING_BOOL && strcmp(equals + 1, "false") == 0) {
        release_unset(release, settings, setting);
        return CLI_WELL;
    }
    if (!read_value(kind, equals + 1, &value))
        return cli_complain(CLI_USAGE, "--conf %s: %s takes %s; got '%s'", text, key, kinds[kind],
                            equals + 1);
    switch ((int)release_set(release, settings, setting, value)) {
    case RPC_OK:
        return CLI_WELL;
    case RPC_NOT_IN_RELEASE:
        return cli_complain(CLI_USAGE, "--conf %s: release %s has no setting %s", text,
                            release->name, key);
    default:
        return cli_complain(CLI_USAGE, "--conf %s: %s can't be %s", text, key, equals + 1);
    }
}
