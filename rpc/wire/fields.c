#include "rpc/wire/fields.h"

#include <string.h>

#define ON(kind) (1u << (kind))

enum {
    FRAMES =
        ON(WIRE_SASL) | ON(WIRE_CONTEXT) | ON(WIRE_REQUEST) | ON(WIRE_PING) | ON(WIRE_RESPONSE),
    REASONS = ON(WIRE_RESPONSE) | ON(WIRE_GOODBYE) | ON(WIRE_SASL),
    ANY = FRAMES | ON(WIRE_PREAMBLE) | ON(WIRE_GOODBYE) | ON(WIRE_HTTP),
};

/* What stands at a field's offset. */
enum type {
    TYPE_INT,
    TYPE_INT32,
    TYPE_UINT64,
    TYPE_BYTES,
    TYPE_STATUS,
    TYPE_STATE,
    TYPE_LENGTH,
    TYPE_USER,
    TYPE_EFFECTIVE
};

/* Numbers that have names. */
struct named {
    int number;
    const char *name;
};

static const struct named statuses[] = {
    {WIRE_SUCCESS, "SUCCESS"}, {WIRE_ERROR, "ERROR"}, {WIRE_FATAL, "FATAL"}, {0, NULL}};

static const struct named states[] = {{WIRE_SASL_SUCCESS, "SUCCESS"},
                                      {WIRE_SASL_NEGOTIATE, "NEGOTIATE"},
                                      {WIRE_SASL_INITIATE, "INITIATE"},
                                      {WIRE_SASL_CHALLENGE, "CHALLENGE"},
                                      {WIRE_SASL_RESPONSE, "RESPONSE"},
                                      {WIRE_SASL_WRAP, "WRAP"},
                                      {0, NULL}};

static const struct named codes[] = {
    {WIRE_ERROR_APPLICATION, "ERROR_APPLICATION"},
    {WIRE_ERROR_NO_SUCH_METHOD, "ERROR_NO_SUCH_METHOD"},
    {WIRE_ERROR_NO_SUCH_PROTOCOL, "ERROR_NO_SUCH_PROTOCOL"},
    {WIRE_ERROR_RPC_SERVER, "ERROR_RPC_SERVER"},
    {WIRE_ERROR_SERIALIZING_RESPONSE, "ERROR_SERIALIZING_RESPONSE"},
    {WIRE_ERROR_RPC_VERSION_MISMATCH, "ERROR_RPC_VERSION_MISMATCH"},
    {WIRE_FATAL_UNKNOWN, "FATAL_UNKNOWN"},
    {WIRE_FATAL_UNSUPPORTED_SERIALIZATION, "FATAL_UNSUPPORTED_SERIALIZATION"},
    {WIRE_FATAL_INVALID_RPC_HEADER, "FATAL_INVALID_RPC_HEADER"},
    {WIRE_FATAL_DESERIALIZING_REQUEST, "FATAL_DESERIALIZING_REQUEST"},
    {WIRE_FATAL_VERSION_MISMATCH, "FATAL_VERSION_MISMATCH"},
    {WIRE_FATAL_UNAUTHORIZED, "FATAL_UNAUTHORIZED"},
    {0, NULL}};

/* Those of versions before 9 first. */
enum { OLD_AUTHS = 3 };
static const struct named auths[] = {{WIRE_AUTH_SIMPLE, "SIMPLE"}, {WIRE_AUTH_KERBEROS, "KERBEROS"},
                                     {WIRE_AUTH_DIGEST, "DIGEST"}, {WIRE_AUTH_NONE, "NONE"},
                                     {WIRE_AUTH_SASL, "SASL"},     {0, NULL}};

struct field {
    const char *name;
    unsigned kinds;
    enum type type;
    size_t offset;
    const struct named *names; /* NULL: mere numbers */
};

#define AT(member) offsetof(struct wire_message, member)

static const struct field fields[] = {
    {"magic", ON(WIRE_PREAMBLE), TYPE_BYTES, AT(magic), NULL},
    {"version", ON(WIRE_PREAMBLE) | ON(WIRE_GOODBYE), TYPE_INT, AT(version), NULL},
    {"service_class", ON(WIRE_PREAMBLE), TYPE_INT, AT(service_class), NULL},
    {"auth", ON(WIRE_PREAMBLE), TYPE_INT, AT(auth), auths},
    {"state", ON(WIRE_SASL), TYPE_STATE, 0, states},
    {"token", ON(WIRE_SASL), TYPE_BYTES, AT(token), NULL},
    {"user", ON(WIRE_CONTEXT), TYPE_USER, 0, NULL},
    {"effective", ON(WIRE_CONTEXT), TYPE_EFFECTIVE, 0, NULL},
    {"real", ON(WIRE_CONTEXT), TYPE_BYTES, AT(real_user), NULL},
    {"method", ON(WIRE_REQUEST), TYPE_BYTES, AT(method), NULL},
    {"protocol", ON(WIRE_CONTEXT) | ON(WIRE_REQUEST), TYPE_BYTES, AT(protocol), NULL},
    {"version", ON(WIRE_REQUEST), TYPE_UINT64, AT(protocol_version), NULL},
    {"hash", ON(WIRE_REQUEST), TYPE_INT32, AT(methods_hash), NULL},
    {"status", ON(WIRE_RESPONSE) | ON(WIRE_SASL), TYPE_STATUS, 0, statuses},
    {"class", REASONS, TYPE_BYTES, AT(class_name), NULL},
    {"message", REASONS, TYPE_BYTES, AT(text), NULL},
    {"code", ON(WIRE_RESPONSE), TYPE_INT, AT(code), codes},
    {"version", ON(WIRE_RESPONSE), TYPE_INT, AT(ipc_version), NULL},
    {"value", ON(WIRE_REQUEST) | ON(WIRE_RESPONSE), TYPE_BYTES, AT(body), NULL},
    {"call", FRAMES, TYPE_INT32, AT(call_id), NULL},
    {"call_id", FRAMES, TYPE_INT32, AT(call_id), NULL},
    {"retry", FRAMES, TYPE_INT32, AT(retry), NULL},
    {"client_id", FRAMES, TYPE_BYTES, AT(client_id), NULL},
    {"kind", FRAMES & ~ON(WIRE_RESPONSE), TYPE_INT, AT(rpc_kind), NULL},
    {"op", FRAMES & ~ON(WIRE_RESPONSE), TYPE_INT, AT(rpc_op), NULL},
    {"length", ANY, TYPE_LENGTH, 0, NULL},
    {"trailing", ANY, TYPE_BYTES, AT(trailing), NULL},
    {"bytes", ON(WIRE_REQUEST) | ON(WIRE_RESPONSE), TYPE_BYTES, AT(body), NULL},
    {"bytes", FRAMES & ~(ON(WIRE_REQUEST) | ON(WIRE_RESPONSE)), TYPE_BYTES, AT(payload), NULL},
    {"payload", FRAMES, TYPE_BYTES, AT(payload), NULL},
};

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

static const char *const kinds[] = {
    [WIRE_PREAMBLE] = "preamble", [WIRE_SASL] = "sasl", [WIRE_CONTEXT] = "context",
    [WIRE_REQUEST] = "request",   [WIRE_PING] = "ping", [WIRE_RESPONSE] = "response",
    [WIRE_GOODBYE] = "goodbye",   [WIRE_HTTP] = "http",
};

struct wire_value wire_number(int64_t number)
{
    return (struct wire_value){.type = WIRE_VALUE_NUMBER, .number = number};
}

struct wire_value wire_value(struct wire_bytes bytes)
{
    return (struct wire_value){.type = bytes.data != NULL ? WIRE_VALUE_BYTES : WIRE_VALUE_ABSENT,
                               .bytes = bytes};
}

/* --- names --- */

static const char *name_of(const struct named *names, int number)
{
    for (; names != NULL && names->name != NULL; names++)
        if (names->number == number)
            return names->name;
    return NULL;
}

const char *wire_code_name(int code)
{
    return name_of(codes, code);
}

const char *wire_status_name(int status)
{
    return name_of(statuses, status);
}

const char *wire_sasl_state_name(int state)
{
    return name_of(states, state);
}

const char *wire_kind_name(enum wire_kind kind)
{
    return kinds[kind];
}

bool wire_kind_by_name(const char *name, enum wire_kind *kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i], name) == 0) {
            *kind = (enum wire_kind)i;
            return true;
        }
    }
    return false;
}

static const struct field *find(enum wire_kind kind, const char *name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if ((fields[i].kinds & ON(kind)) != 0 && strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

const char *wire_field_name(enum wire_kind kind, size_t n)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if ((fields[i].kinds & ON(kind)) != 0 && n-- == 0)
            return fields[i].name;
    return NULL;
}

/* --- set --- */

/* A name or a number to the number. */
static enum rpc_status to_number(const struct field *field, struct wire_value value,
                                 int64_t *number)
{
    *number = value.number;
    if (value.type == WIRE_VALUE_NUMBER)
        return RPC_OK;
    if (value.type == WIRE_VALUE_ABSENT) {
        *number = WIRE_NUMBER_ABSENT;
        return field->type == TYPE_INT || field->type == TYPE_INT32 ? RPC_OK : RPC_BAD_VALUE;
    }
    for (const struct named *names = field->names; names != NULL && names->name != NULL; names++) {
        if (wire_is(value.bytes, names->name)) {
            *number = names->number;
            return RPC_OK;
        }
    }
    return RPC_BAD_VALUE;
}

static enum rpc_status set_bytes(struct wire_bytes *at, struct wire_value value)
{
    if (value.type == WIRE_VALUE_NUMBER)
        return RPC_BAD_VALUE;
    *at = value.type == WIRE_VALUE_BYTES ? value.bytes : WIRE_ABSENT;
    return RPC_OK;
}

static enum rpc_status set_number(const struct field *field, struct wire_message *message,
                                  struct wire_value value)
{
    void *at = (char *)message + field->offset;
    int64_t number;

    enum rpc_status status = to_number(field, value, &number);
    if (status != RPC_OK)
        return status;
    if (field->type == TYPE_UINT64) {
        *(uint64_t *)at = (uint64_t)number;
        return RPC_OK;
    }
    if (number < INT32_MIN || number > INT32_MAX)
        return RPC_BAD_VALUE;
    switch (field->type) {
    case TYPE_STATUS:
        message->status = (enum wire_status)number;
        break;
    case TYPE_STATE:
        message->sasl_state = (enum wire_sasl_state)number;
        break;
    case TYPE_LENGTH:
        message->has_length = true;
        message->length = (int32_t)number;
        break;
    case TYPE_INT:
        *(int *)at = (int)number;
        break;
    case TYPE_INT32:
        *(int32_t *)at = (int32_t)number;
        break;
    case TYPE_UINT64:
    case TYPE_BYTES:
    case TYPE_USER:
    case TYPE_EFFECTIVE:
        break;
    }
    return RPC_OK;
}

/* One user alone is effectiveUser; of two the one who speaks is realUser. */
static enum rpc_status set_user(const struct field *field, struct wire_message *message,
                                struct wire_value value)
{
    if (field->type == TYPE_EFFECTIVE && message->real_user.data == NULL)
        message->real_user = message->user;
    bool is_real = field->type == TYPE_USER && message->real_user.data != NULL;
    return set_bytes(is_real ? &message->real_user : &message->user, value);
}

enum rpc_status wire_field_set(struct wire_message *message, const char *name,
                               struct wire_value value)
{
    const struct field *field = find(message->kind, name);
    if (field == NULL)
        return RPC_UNKNOWN_NAME;
    if (field->type == TYPE_USER || field->type == TYPE_EFFECTIVE)
        return set_user(field, message, value);
    if (field->type == TYPE_BYTES)
        return set_bytes((struct wire_bytes *)(void *)((char *)message + field->offset), value);
    if (strcmp(name, "code") == 0 && value.type == WIRE_VALUE_ABSENT)
        value = wire_number(WIRE_CODE_NONE);
    return set_number(field, message, value);
}

/* --- get --- */

static struct wire_value named_number(const struct wire_message *message, const struct field *field,
                                      int number)
{
    bool new_auth = field->names == auths && message->version >= 9;
    const char *name = name_of(new_auth ? auths + OLD_AUTHS : field->names, number);
    if (name != NULL)
        return wire_value(wire_text(name));
    if (number == WIRE_NUMBER_ABSENT || (field->names == codes && number == WIRE_CODE_NONE))
        return wire_value(WIRE_ABSENT);
    return wire_number(number);
}

enum rpc_status wire_field_get(const struct wire_message *message, const char *name,
                               struct wire_value *value)
{
    const struct field *field = find(message->kind, name);
    if (field == NULL)
        return RPC_UNKNOWN_NAME;
    const void *at = (const char *)message + field->offset;
    bool two = message->real_user.data != NULL;
    switch (field->type) {
    case TYPE_INT:
        *value = named_number(message, field, *(const int *)at);
        break;
    case TYPE_INT32:
        *value = wire_number(*(const int32_t *)at);
        break;
    case TYPE_UINT64:
        *value = wire_number((int64_t) * (const uint64_t *)at);
        break;
    case TYPE_BYTES:
        *value = wire_value(*(const struct wire_bytes *)at);
        break;
    case TYPE_STATUS:
        *value = named_number(message, field, (int)message->status);
        break;
    case TYPE_STATE:
        *value = named_number(message, field, (int)message->sasl_state);
        break;
    case TYPE_LENGTH:
        *value = wire_number(message->has_length ? message->length : (int64_t)message->size);
        break;
    case TYPE_USER:
        *value = wire_value(two ? message->real_user : message->user);
        break;
    case TYPE_EFFECTIVE:
        *value = wire_value(two ? message->user : WIRE_ABSENT);
        break;
    }
    return RPC_OK;
}

/* --- open --- */

enum rpc_status wire_message_open(const struct wire_codec *codec, struct wire_message *message,
                                  struct arena *arena, char *problem)
{
    enum rpc_status status = RPC_OK;
    switch (message->kind) {
    case WIRE_CONTEXT:
        status = codec->open_context(message, arena, problem);
        break;
    case WIRE_SASL:
        status = codec->open_sasl(message, arena, problem);
        break;
    case WIRE_REQUEST:
        if (message->rpc_kind == WIRE_NUMBER_ABSENT)
            return RPC_OK;
        status = codec->open_request(message, arena, problem);
        break;
    case WIRE_RESPONSE:
        if (message->status == WIRE_SUCCESS)
            status = codec->open_value(message, arena, problem);
        else if (message->payload.length > 0)
            message->trailing = message->payload;
        break;
    case WIRE_PING:
        if (message->payload.length > 0)
            message->trailing = message->payload;
        break;
    case WIRE_PREAMBLE:
    case WIRE_GOODBYE:
    case WIRE_HTTP:
        break;
    }
    if (status == RPC_OK)
        message->payload = WIRE_ABSENT;
    return status;
}
