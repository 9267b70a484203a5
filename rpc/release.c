#include "rpc/release.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/release_stack.h"

struct setting_default {
    int64_t value;
    bool fixed; /* the release does so, but has no key for it */
};

struct setting {
    const char *key;
    enum release_kind kind;
    struct setting_default defaults[RELEASE_COUNT];
};

#define NONE     RELEASE_NONE
#define FIXED(v) v, .fixed = true

static const struct setting settings_of[] = {
#define X(id, key, kind, a, b, b2, c, d)                                                           \
    [SETTING_##id] = {key,                                                                         \
                      SETTING_##kind,                                                              \
                      {{.value = a}, {.value = b}, {.value = b2}, {.value = c}, {.value = d}}},
    RELEASE_SETTING_MAP(X)
#undef X
};

#undef NONE
#undef FIXED

/* What servers say and do, by major release. */
#define SERVER_1X                                                                                  \
    .stop_keeps_count = true, .offers_simple_at_once = true, .loads_protocol = true,               \
    .error_names_class = true, .writable_values = true,                                            \
    .unauthorized_ending = ", expected client Kerberos principal is null", .missing_idle_ms = 1000
#define SERVER_2X                                                                                  \
    .stop_wakes_readers = true, .answers_malformed = true, .answers_unserializable = true,         \
    .checks_rpc_header = true, .fatal_has_call_id = true, .user_shows_auth = true,                 \
    .missing_idle_ms = 10000
#define SERVER_23                                                                                  \
    SERVER_2X, .reader_takes_at_once = true, .timer_closes_idle = true, .skips_closed_callers = true

#define MESSAGES_2X                                                                                \
    .protobuf_package = "com.google.protobuf",                                                     \
    .incomplete_request = "com.google.protobuf.UninitializedMessageException"

/* What clients say and do, by major release. */
#define CLIENT_020                                                                                 \
    .caller_writes = true, .receiver_dies = true, .needs_socket_to_close = true,                   \
    .leaks_half_set_up = true, .pings_always = true, .sleeps_on = true, .negative_call_ids = true, \
    .checks_version = true, .wording = WORDING_CALL_TO, .policy_in_seconds = true,                 \
    .sleeps_after_connect_timeout = true, .protobuf_exception = "java.io.IOException",             \
    .reset_class = "java.io.IOException", .reset_text = "Connection reset by peer",                \
    .setup_failure = "Couldn't set up IO streams",                                                 \
    .connect_timeout = "java.net.SocketTimeoutException",                                          \
    .unknown_host = "unknown host: ", .unset_class = "null"
#define CLIENT_12 .follows_names = true, .takes_rpc_timeout = true, .tells_policy = true
#define CLIENT_NOW                                                                                 \
    CLIENT_12, .ping_is_key = true, .value_decoded_by_caller = true,                               \
               .connect_timeout = "org.apache.hadoop.net.ConnectTimeoutException",                 \
               .unset_class = "ServerDidNotSetExceptionClassName",                                 \
               .unset_text = "ServerDidNotSetErrorMsg"
#define CLIENT_2X                                                                                  \
    CLIENT_NOW, .protobuf_exception = "com.google.protobuf.InvalidProtocolBufferException",        \
                .reset_class = "java.io.IOException", .reset_text = "Connection reset by peer",    \
                .setup_failure = "Couldn't set up IO streams"
#define CLIENT_3X                                                                                  \
    CLIENT_NOW,                                                                                    \
        .foreign_reply = "ID in response=", .has_sender_thread = true,                             \
        .stop_interrupts_all = true, .tries_moved_server = true,                                   \
        .interrupted_caller_sees_failure = true, .wording = WORDING_KEEPS,                         \
        .io_tells_total_timeout = true,                                                            \
        .protobuf_exception =                                                                      \
            "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException",                \
        .wire_type_exception = "org.apache.hadoop.thirdparty.protobuf."                            \
                               "InvalidProtocolBufferException$InvalidWireTypeException",          \
        .empty_frame_problem =                                                                     \
            "While parsing a protocol message, the input ended unexpectedly in the middle of a "   \
            "field.  This could mean either that the input has been truncated or that an "         \
            "embedded message misreported its own length.",                                        \
        .reset_class = "java.net.SocketException", .reset_text = "Connection reset",               \
        .retry_reason = "retries get failed due to exceeded maximum allowed retries number: ",     \
        .setup_failure = "Couldn't set up IO streams: "

static const struct release releases[] = {
    [RELEASE_0_20] = {.id = RELEASE_0_20,
                      .name = "0.20",
                      .number = 20,
                      .ipc_version = 4,
                      SERVER_1X,
                      .simple_refused = "Authentication is required",
                      .utf8_nul_overlong = true,
                      .utf8_unchecked = true,
                      .writable_stack = STACK_BELOW("523", "1383", "1379", "396", "1059", "1377"),
                      CLIENT_020,
                      .errors_stay_pending = true,
                      .setup_handles_io_only = true,
                      .meets_itself = true},
    [RELEASE_1_2] = {.id = RELEASE_1_2,
                     .name = "1.2",
                     .number = 102,
                     .ipc_version = 4,
                     SERVER_1X,
                     .simple_refused =
                         "Authorization (hadoop.security.authorization) is enabled but "
                         "authentication (hadoop.security.authentication) is configured as "
                         "simple. Please configure another method like kerberos or digest.",
                     .writable_stack = STACK_BELOW("587", "1432", "1428", "396", "1190", "1426"),
                     CLIENT_020,
                     CLIENT_12},
    [RELEASE_2_2] = {.id = RELEASE_2_2,
                     .name = "2.2",
                     .number = 202,
                     .ipc_version = 9,
                     SERVER_2X,
                     MESSAGES_2X,
                     .message_stack = STACK_MESSAGES("585") STACK_BELOW_22,
                     .writable_stack = STACK_WRITABLES("481") STACK_BELOW_22,
                     .stop_keeps_count = true,
                     .unauthorized_ending = ", expected client Kerberos principal is null",
                     CLIENT_2X,
                     .wording = WORDING_NET,
                     .leaks_half_set_up = true,
                     .policy_in_seconds = true,
                     .foreign_reply = "ID in reponse="},
    [RELEASE_2_6] = {.id = RELEASE_2_6,
                     .name = "2.6",
                     .number = 206,
                     .ipc_version = 9,
                     SERVER_23,
                     MESSAGES_2X,
                     .message_stack = STACK_MESSAGES("619") STACK_BELOW_26,
                     .writable_stack = STACK_WRITABLES("514") STACK_BELOW_26,
                     .unauthorized_ending = ", expected client Kerberos principal is null",
                     CLIENT_2X,
                     .wording = WORDING_EOF,
                     .drains_senders = true,
                     .foreign_reply = "ID in response="},
    [RELEASE_3_4] = {.id = RELEASE_3_4,
                     .name = "3.4",
                     .number = 304,
                     .ipc_version = 9,
                     SERVER_23,
                     .protobuf_package = "org.apache.hadoop.thirdparty.protobuf",
                     .incomplete_request =
                         "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException",
                     .message_stack = STACK_MESSAGES_34 STACK_BELOW_34,
                     .writable_stack = STACK_WRITABLES("614") STACK_BELOW_34,
                     .decodes_in_handler = true,
                     .updates_metrics = true,
                     .stop_interrupts_readers = true,
                     .aborts_responses = true,
                     .unknown_auth_answered = true,
                     .monotonic_purge = true,
                     .reader_error_is_last = true,
                     .queue_override_per_handler = true,
                     .unauthorized_ending = ": denied by configured ACL",
                     .accumulates_rpc_timeout = true,
                     .retries_unknown_host = true,
                     .keeps_old_address = true,
                     .header_unflushed = true,
                     .checks_response_length = true,
                     .understands_goodbye = true,
                     .interrupts_waiters = true,
                     CLIENT_3X},
};

const struct release *release_get(enum release_id id)
{
    return &releases[id];
}

const struct release *release_by_name(const char *name)
{
    for (unsigned id = 0; id < RELEASE_COUNT; id++)
        if (strcmp(releases[id].name, name) == 0)
            return &releases[id];
    return NULL;
}

char *release_names(char names[RELEASE_NAMES_MAX])
{
    size_t used = 0;
    for (unsigned id = 0; id < RELEASE_COUNT; id++)
        used += (size_t)snprintf(names + used, RELEASE_NAMES_MAX - used, "%s%s", id > 0 ? ", " : "",
                                 release_get((enum release_id)id)->name);
    return names;
}

static const char *skip_space(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* "2.6" as 206; NULL when it is no version. */
static const char *read_version(const char *at, unsigned *number)
{
    char *end;
    if (!isdigit((unsigned char)*at))
        return NULL;
    unsigned long major = strtoul(at, &end, 10);
    if (*end != '.' || !isdigit((unsigned char)end[1]) || major > 99)
        return NULL;
    unsigned long minor = strtoul(end + 1, &end, 10);
    if (minor > 99)
        return NULL;
    *number = (unsigned)(major * 100 + minor);
    return end;
}

/* One part: "2.6", "-1.2", "2.3-", "1.2-2.6". */
static const char *read_part(const char *at, unsigned *low, unsigned *high)
{
    *low = 0;
    *high = UINT32_MAX;
    bool open_below = *at == '-';
    if (open_below)
        return read_version(skip_space(at + 1), high);
    at = read_version(at, low);
    if (at == NULL)
        return NULL;
    at = skip_space(at);
    if (*at != '-') {
        *high = *low;
        return at;
    }
    at = skip_space(at + 1);
    return isdigit((unsigned char)*at) ? read_version(at, high) : at;
}

enum rpc_status release_range(const char *text, unsigned *mask)
{
    *mask = (1u << RELEASE_COUNT) - 1;
    if (text == NULL || *skip_space(text) == '\0')
        return RPC_OK;

    unsigned found = 0;
    for (const char *at = skip_space(text);; at = skip_space(at + 1)) {
        unsigned low, high;
        at = read_part(at, &low, &high);
        if (at == NULL)
            return RPC_MALFORMED;
        for (unsigned id = 0; id < RELEASE_COUNT; id++)
            if (releases[id].number >= low && releases[id].number <= high)
                found |= 1u << id;
        at = skip_space(at);
        if (*at == '\0')
            break;
        if (*at != ',')
            return RPC_MALFORMED;
    }
    *mask = found;
    return RPC_OK;
}

void release_defaults(const struct release *release, struct release_settings *settings)
{
    for (unsigned i = 0; i < SETTING_COUNT; i++)
        settings->value[i] = settings_of[i].defaults[release->id].value;
    settings->no_idle_key = false;
}

const char *release_setting_key(enum release_setting setting)
{
    return settings_of[setting].key;
}

char *release_setting_keys(char keys[RELEASE_KEYS_MAX])
{
    size_t used = 0;
    for (unsigned i = 0; i < SETTING_COUNT; i++)
        used += (size_t)snprintf(keys + used, RELEASE_KEYS_MAX - used, "%s ", settings_of[i].key);
    return keys;
}

enum release_kind release_setting_kind(enum release_setting setting)
{
    return settings_of[setting].kind;
}

/* Whether `key` is `pattern`, in which PORT stands for a number. */
static bool matches(const char *pattern, const char *key)
{
    const char *port = strstr(pattern, "PORT");
    if (port == NULL)
        return strcmp(pattern, key) == 0;
    size_t before = (size_t)(port - pattern);
    if (strncmp(pattern, key, before) != 0)
        return false;
    key += before;
    size_t digits = strspn(key, "0123456789");
    return (digits > 0 || strncmp(key, "PORT", 4) == 0) &&
           strcmp(port + 4, key + (digits > 0 ? digits : 4)) == 0;
}

enum release_setting release_setting_by_key(const char *key)
{
    unsigned i = 0;
    while (i < SETTING_COUNT && !matches(settings_of[i].key, key))
        i++;
    return (enum release_setting)i;
}

enum rpc_status release_set(const struct release *release, struct release_settings *settings,
                            enum release_setting setting, int64_t value)
{
    const struct setting *known = &settings_of[setting];
    struct setting_default standard = known->defaults[release->id];
    if (known->kind == SETTING_BOOL && value != 0 && value != 1)
        return RPC_BAD_VALUE;
    if ((standard.fixed || standard.value == RELEASE_NONE) && value != standard.value)
        return RPC_NOT_IN_RELEASE;
    settings->value[setting] = value;
    if (setting == SETTING_MAX_IDLE)
        settings->no_idle_key = false;
    return RPC_OK;
}

void release_unset(const struct release *release, struct release_settings *settings,
                   enum release_setting setting)
{
    settings->value[setting] = settings_of[setting].defaults[release->id].value;
    if (setting == SETTING_MAX_IDLE)
        settings->no_idle_key = true;
}
