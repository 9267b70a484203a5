#include <assert.h>

#include "rpc/wire/big_endian.h"
#include "rpc/wire/goodbye.h"
#include "rpc/wire/v4.h"
#include "rpc/wire/writable.h"

enum { WORD = 4 };

/* Writes a message; the first error sticks. */
struct writer {
    struct wire_buffer *out;
    enum rpc_status status;
};

static void add_int32(struct writer *writer, int32_t number)
{
    uint8_t word[WORD];
    wire_write_int32(word, number);
    if (writer->status == RPC_OK)
        writer->status = wire_buffer_add(writer->out, word, sizeof(word));
}

/* Absent ones leave nothing. */
static void add_bytes(struct writer *writer, struct wire_bytes bytes)
{
    if (writer->status == RPC_OK && bytes.length > 0)
        writer->status = wire_buffer_add(writer->out, bytes.data, bytes.length);
}

static void add_boolean(struct writer *writer, bool value)
{
    add_bytes(writer, (struct wire_bytes){(const uint8_t[]){value}, 1});
}

static void add_text(struct writer *writer, enum writable_kind kind, struct wire_bytes text)
{
    if (writer->status == RPC_OK)
        writer->status = writable_put_text(writer->out, kind, text, false);
}

/* ConnectionHeader.java, write */
static void add_context(struct writer *writer, const struct wire_message *message)
{
    const struct wire_bytes none = wire_text("");

    add_text(writer, WRITABLE_TEXT, message->protocol.data != NULL ? message->protocol : none);
    add_boolean(writer, message->user.data != NULL);
    if (message->user.data == NULL)
        return;
    add_text(writer, WRITABLE_UTF, message->user);
    add_boolean(writer, message->real_user.data != NULL);
    if (message->real_user.data != NULL)
        add_text(writer, WRITABLE_UTF, message->real_user);
}

/* The part of a frame that may be given as it is. */
static void add_payload(struct writer *writer, const struct wire_message *message)
{
    if (message->payload.data != NULL) {
        add_bytes(writer, message->payload);
        return;
    }
    switch (message->kind) {
    case WIRE_CONTEXT:
        add_context(writer, message);
        break;
    case WIRE_REQUEST:
        if (message->method.data != NULL)
            add_text(writer, WRITABLE_UTF8, message->method);
        add_bytes(writer, message->body);
        break;
    case WIRE_RESPONSE:
        add_bytes(writer, message->body);
        break;
    case WIRE_SASL:
        add_bytes(writer, message->token);
        break;
    case WIRE_PREAMBLE:
    case WIRE_PING:
    case WIRE_GOODBYE:
    case WIRE_HTTP:
        break;
    }
}

static void add_preamble(struct writer *writer, const struct wire_message *message)
{
    const uint8_t rest[] = {(uint8_t)message->version, (uint8_t)message->auth};

    add_bytes(writer, message->magic.data != NULL ? message->magic : wire_text("hrpc"));
    add_bytes(writer, (struct wire_bytes){rest, sizeof(rest)});
    add_bytes(writer, message->trailing);
}

static void add_ping(struct writer *writer, const struct wire_message *message)
{
    add_int32(writer, message->has_length ? message->length : WIRE_V4_PING);
    add_bytes(writer, message->payload);
    add_bytes(writer, message->trailing);
}

/* What goes to a server behind a length word. */
static void add_frame(struct writer *writer, const struct wire_message *message)
{
    size_t begin = writer->out->length;

    add_int32(writer, message->length);
    if (message->kind == WIRE_REQUEST)
        add_int32(writer, message->call_id);
    add_payload(writer, message);
    add_bytes(writer, message->trailing);
    size_t length = writer->out->length - begin - WORD;
    if (writer->status == RPC_OK && length > INT32_MAX)
        writer->status = RPC_TOO_LONG;
    if (writer->status == RPC_OK && !message->has_length)
        wire_write_int32(writer->out->data + begin, (int32_t)length);
}

static void add_status(struct writer *writer, const struct wire_message *message)
{
    static const int32_t numbers[] = {[WIRE_SUCCESS] = WIRE_V4_SUCCESS,
                                      [WIRE_ERROR] = WIRE_V4_ERROR,
                                      [WIRE_FATAL] = WIRE_V4_FATAL};

    bool known = message->status < WIRE_STATUS_OTHER;
    add_int32(writer, known ? numbers[message->status] : message->code);
}

static void add_failure(struct writer *writer, const struct wire_message *message)
{
    add_text(writer, WRITABLE_STRING, message->class_name);
    add_text(writer, WRITABLE_STRING, message->text);
}

/* Server.java, setupResponse */
static void add_reply(struct writer *writer, const struct wire_message *message)
{
    add_int32(writer, message->call_id);
    add_status(writer, message);
    if (message->status == WIRE_ERROR || message->status == WIRE_FATAL)
        add_failure(writer, message);
    else if (message->status == WIRE_SUCCESS || message->payload.data != NULL)
        add_payload(writer, message);
    add_bytes(writer, message->trailing);
}

/* Server.java, doSaslReply */
static void add_sasl_reply(struct writer *writer, const struct wire_message *message)
{
    const struct wire_bytes none = wire_text("");

    add_status(writer, message);
    if (message->status != WIRE_SUCCESS)
        add_failure(writer, message);
    else if (message->sasl_state == WIRE_SASL_SUCCESS && message->token.data == NULL)
        add_int32(writer, WIRE_V4_SWITCH_TO_SIMPLE);
    else if (message->payload.data != NULL)
        add_bytes(writer, message->payload);
    else
        add_text(writer, WRITABLE_STRING, message->token.data != NULL ? message->token : none);
    add_bytes(writer, message->trailing);
}

static void add_message(struct writer *writer, const struct wire_message *message)
{
    switch (message->kind) {
    case WIRE_PREAMBLE:
        add_preamble(writer, message);
        break;
    case WIRE_SASL:
        if (message->side == WIRE_TO_CLIENT)
            add_sasl_reply(writer, message);
        else
            add_frame(writer, message);
        break;
    case WIRE_CONTEXT:
    case WIRE_REQUEST:
        add_frame(writer, message);
        break;
    case WIRE_PING:
        add_ping(writer, message);
        break;
    case WIRE_RESPONSE:
        add_reply(writer, message);
        break;
    case WIRE_GOODBYE:
        writer->status = wire_goodbye_encode(message, writer->out);
        break;
    case WIRE_HTTP:
        writer->status = wire_http_encode(message, writer->out);
        break;
    }
}

enum rpc_status wire_v4_encode(const struct wire_message *message, struct wire_buffer *out)
{
    struct writer writer = {out, RPC_OK};
    size_t begin = out->length;

    add_message(&writer, message);
    if (writer.status != RPC_OK)
        out->length = begin;
    return writer.status;
}

enum rpc_status wire_v4_encode_mismatch(int version, struct wire_buffer *out)
{
    (void)version;
    (void)out;
    return RPC_OK;
}
