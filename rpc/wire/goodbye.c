#include "rpc/wire/goodbye.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "rpc/wire/big_endian.h"

static const char version_mismatch[] = "org.apache.hadoop.ipc.RPC$VersionMismatch";

static const char http_answer[] =
    "HTTP/1.1 404 Not Found\r\n"
    "Content-type: text/plain\r\n\r\n"
    "It looks like you are making an HTTP request to a Hadoop IPC port. "
    "This is not the correct port for the web interface on this daemon.\r\n";

enum {
    WORD = 4,
    FATAL_BEGIN = 2 * WORD, /* -1: call id, -1: status */
    NEWEST_OLD_VERSION = 8,
};

/* WritableUtils.writeString; an absent text is null. */
static enum rpc_status add_string(struct wire_buffer *out, struct wire_bytes text)
{
    uint8_t length[WORD];
    wire_write_int32(length, text.data != NULL ? (int32_t)text.length : -1);
    enum rpc_status status = wire_buffer_add(out, length, sizeof(length));
    if (status == RPC_OK && text.data != NULL)
        status = wire_buffer_add(out, text.data, text.length);
    return status;
}

enum rpc_status wire_goodbye_encode(const struct wire_message *message, struct wire_buffer *out)
{
    static const uint8_t fatal[FATAL_BEGIN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t error[WORD + 1] = {0, 0, 0, 0, 1}; /* call id 0, "is an error" */

    if (message->version < 2)
        return RPC_OK;
    if (message->class_name.length > INT32_MAX || message->text.length > INT32_MAX)
        return RPC_TOO_LONG;
    enum rpc_status status = message->version == 2 ? wire_buffer_add(out, error, sizeof(error))
                                                   : wire_buffer_add(out, fatal, sizeof(fatal));
    if (status == RPC_OK)
        status = add_string(out, message->class_name);
    if (status == RPC_OK)
        status = add_string(out, message->text);
    if (status == RPC_OK && message->trailing.data != NULL)
        status = wire_buffer_add(out, message->trailing.data, message->trailing.length);
    return status;
}

/* The string at `offset`; a null one has no data.  False when its length is not there yet, with
 * *end behind what is sure to come, or is out of bounds, with *end 0. */
static bool string_at(struct wire_bytes bytes, size_t offset, size_t length_max,
                      struct wire_bytes *string, size_t *end)
{
    *end = offset + WORD;
    if (bytes.length < *end)
        return false;
    int32_t length = wire_int32(bytes.data + offset);
    *string = WIRE_ABSENT;
    if (length == -1)
        return true;
    if (length < 0 || (size_t)length > length_max) {
        *end = 0;
        return false;
    }
    *string = (struct wire_bytes){bytes.data + *end, (size_t)length};
    *end += string->length;
    return bytes.length >= *end;
}

size_t wire_goodbye_size(struct wire_bytes bytes, size_t length_max)
{
    struct wire_bytes string;
    size_t end;

    if (string_at(bytes, FATAL_BEGIN, length_max, &string, &end))
        string_at(bytes, end, length_max, &string, &end);
    return end;
}

struct wire_message wire_goodbye_decode(struct wire_bytes bytes)
{
    struct wire_message message = wire_message(WIRE_GOODBYE);
    size_t end;

    bool whole = string_at(bytes, FATAL_BEGIN, bytes.length, &message.class_name, &end) &&
                 string_at(bytes, end, bytes.length, &message.text, &end);
    assert(whole);
    message.version = NEWEST_OLD_VERSION;
    message.size = end;
    return message;
}

enum rpc_status wire_http_encode(const struct wire_message *message, struct wire_buffer *out)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";

    if (message->side == WIRE_TO_SERVER)
        return wire_buffer_add(out, request, sizeof(request) - 1);
    return wire_buffer_add(out, http_answer, sizeof(http_answer) - 1);
}

enum rpc_status wire_encode_version_mismatch(int version, struct wire_buffer *out)
{
    const struct wire_codec *codec = wire_codec(9);
    struct wire_message answer =
        wire_message(version >= codec->version ? WIRE_RESPONSE : WIRE_GOODBYE);
    char text[96];

    snprintf(text, sizeof(text), "Server IPC version %d cannot communicate with client version %d",
             codec->version, version);
    answer.version = version;
    answer.call_id = WIRE_CALL_AUTHORIZATION_FAILED;
    answer.status = WIRE_FATAL;
    answer.class_name = wire_text(version_mismatch);
    answer.text = wire_text(text);
    answer.code = WIRE_FATAL_VERSION_MISMATCH;
    return codec->encode(&answer, out);
}
