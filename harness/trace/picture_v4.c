/*
 * The frames of IPC version 4: ConnectionHeader, calls, replies.
 */
#include <inttypes.h>

#include "harness/trace/picture.h"
#include "rpc/wire/big_endian.h"
#include "rpc/wire/v4.h"

enum { WORD = 4 };

/* --- headers --- */

static void show_boolean(struct picture *picture, const char *name, bool *value)
{
    *value = false;
    if (picture->at == picture->bytes.length)
        return;
    *value = picture->bytes.data[picture->at] != 0;
    picture_add(picture, picture->at++, 1, 0, name, *value ? "true" : "false");
}

/* WritableUtils.writeString */
static void show_string(struct picture *picture, const char *name)
{
    struct wire_bytes rest = picture_rest(picture);
    if (rest.length < WORD)
        return;
    int32_t length = wire_int32(rest.data);
    size_t size = length > 0 ? (size_t)length : 0;
    if (size > rest.length - WORD)
        return;
    const struct wire_bytes text = {rest.data + WORD, size};
    picture_add(picture, picture->at, WORD + size, 0, name,
                length == -1 ? "null" : picture_bytes(picture, text));
    picture->at += WORD + size;
}

static void show_context(struct picture *picture)
{
    bool more;
    picture_prefixed(picture, "protocol", WRITABLE_TEXT);
    show_boolean(picture, "user present", &more);
    if (!more)
        return;
    picture_prefixed(picture, "user", WRITABLE_UTF);
    show_boolean(picture, "real user present", &more);
    if (more)
        picture_prefixed(picture, "real user", WRITABLE_UTF);
}

/* The int32 that says how a reply went on. */
static void show_status(struct picture *picture)
{
    int32_t number;
    if (!picture_int32(picture, "status", &number) || picture->count == PICTURE_FIELDS_MAX)
        return;
    picture->fields[picture->count - 1].value = number == WIRE_V4_SUCCESS ? "SUCCESS"
                                                : number == WIRE_V4_ERROR ? "ERROR"
                                                : number == WIRE_V4_FATAL
                                                    ? "FATAL"
                                                    : picture_print(picture, "%" PRId32, number);
}

static void show_failure(struct picture *picture)
{
    show_string(picture, "class");
    show_string(picture, "message");
}

static void show_reply(struct picture *picture, const struct wire_message *message,
                       const struct writable_types *types)
{
    int32_t number;
    picture_int32(picture, "call id", &number);
    show_status(picture);
    if (message->status == WIRE_SUCCESS)
        picture_values(picture, WRITABLE_GOAL_OBJECT, types);
    else if (message->status != WIRE_STATUS_OTHER)
        show_failure(picture);
}

static void show_sasl_reply(struct picture *picture, const struct wire_message *message)
{
    int32_t length;
    show_status(picture);
    if (message->status != WIRE_SUCCESS)
        show_failure(picture);
    else if (message->sasl_state == WIRE_SASL_SUCCESS)
        picture_int32(picture, "switch to SIMPLE", &length);
    else if (picture_int32(picture, "token length", &length))
        picture_add_rest(picture, "token");
}

static void show_call(struct picture *picture, const struct writable_types *types)
{
    int32_t number;
    picture_int32(picture, "call id", &number);
    picture_prefixed(picture, "method", WRITABLE_UTF8);
    picture_values(picture, WRITABLE_GOAL_PARAMETERS, types);
}

void picture_v4(struct picture *picture, const struct wire_message *message,
                const struct writable_types *types)
{
    int32_t length;
    if (message->side == WIRE_TO_SERVER)
        picture_int32(picture, message->kind == WIRE_PING ? "ping" : "length", &length);
    if (message->kind == WIRE_CONTEXT)
        show_context(picture);
    else if (message->kind == WIRE_REQUEST)
        show_call(picture, types);
    else if (message->kind == WIRE_RESPONSE)
        show_reply(picture, message, types);
    else if (message->kind == WIRE_SASL && message->side == WIRE_TO_CLIENT)
        show_sasl_reply(picture, message);
    else if (message->kind == WIRE_SASL)
        picture_add_rest(picture, "token");
    picture_add_rest(picture, "more");
}
