#include "harness/handles/test_values.h"

#include <string.h>

#include "harness/message/types.h"
#include "rpc/wire/schema_walk.h"

static const struct {
    const char *method;
    const char *response; /* the Writable's class */
} kinds[] = {
    [HARNESS_TEST_ECHO] = {"echo", "org.ripcord.EchoResponse"},
    [HARNESS_TEST_BLOB] = {"blob", "org.ripcord.BlobResponse"},
    [HARNESS_TEST_THROW] = {"throw", "org.ripcord.ThrowResponse"},
    [HARNESS_TEST_HANG] = {"hang", "org.ripcord.HangResponse"},
};

/* --- requests --- */

static void see_echo(void *owner, const struct schema_item *item)
{
    struct harness_test_request *request = owner;
    if (item->field == NULL || item->depth > 0)
        return;
    if (item->number == 1)
        request->text = item->bytes;
    else
        request->time_ms = item->value;
}

static void see_blob(void *owner, const struct schema_item *item)
{
    struct harness_test_request *request = owner;
    if (item->field == NULL || item->depth > 0)
        return;
    if (item->number == 1)
        request->size = (int64_t)item->value;
    else
        request->time_ms = item->value;
}

static void see_throw(void *owner, const struct schema_item *item)
{
    struct harness_test_request *request = owner;
    if (item->field == NULL || item->depth > 0)
        return;
    if (item->number == 1)
        request->text = item->bytes;
    else if (item->number == 2)
        request->message = item->bytes;
    else
        request->time_ms = item->value;
}

/* What a Writable's fields are called says it all. */
static void see_written(void *owner, const struct writable_item *item)
{
    struct harness_test_request *request = owner;
    request->null = request->null || (item->depth == 0 && item->kind == WRITABLE_NULL);
    if (item->field == NULL || item->depth != 1 || item->absent)
        return;
    const char *name = item->field->name;
    if (strcmp(name, "class") == 0)
        request->text = item->bytes;
    else if (strcmp(name, "message") == 0)
        request->message = item->bytes;
    else if (strcmp(name, "size") == 0)
        request->size = item->number;
    else if (strcmp(name, "time") == 0)
        request->time_ms = item->number > 0 ? (uint64_t)item->number : 0;
}

enum rpc_status harness_test_read(const struct harness_spoken *spoken, enum harness_test_kind kind,
                                  struct wire_bytes body, struct harness_test_request *request,
                                  char *problem)
{
    static schema_visit_fn *const see[] = {[HARNESS_TEST_ECHO] = see_echo,
                                           [HARNESS_TEST_BLOB] = see_blob,
                                           [HARNESS_TEST_THROW] = see_throw};
    *request = (struct harness_test_request){0};
    if (!spoken->writables)
        return schema_walk(harness_method(HARNESS_TEST_PROTOCOL, kinds[kind].method).request, body,
                           see[kind], request, problem);
    enum rpc_status status =
        writable_walk(harness_writable_types(spoken->server->harness), WRITABLE_GOAL_PARAMETERS,
                      NULL, body, see_written, request, NULL, problem);
    if (kind == HARNESS_TEST_ECHO)
        request->text = request->message;
    return status;
}

/* --- answers --- */

/* An ObjectWritable up to the class's own bytes. */
static enum rpc_status begin_object(const char *class, struct wire_buffer *out)
{
    enum rpc_status status = writable_put_text(out, WRITABLE_UTF8, wire_text(class), false);
    return status == RPC_OK ? writable_put_text(out, WRITABLE_UTF8, wire_text(class), false)
                            : status;
}

/* A Text as Java's String had it in between. */
static enum rpc_status write_again(struct wire_bytes text, struct wire_buffer *out)
{
    struct wire_buffer read = {0};
    if (writable_is_utf8(text))
        return writable_put_text(out, WRITABLE_TEXT, text, false);
    enum rpc_status status = writable_read_text(WRITABLE_TEXT, text, &read);
    if (status == RPC_OK)
        status = writable_put_text(out, WRITABLE_TEXT, (struct wire_bytes){read.data, read.length},
                                   false);
    wire_buffer_release(&read);
    return status;
}

static enum rpc_status write_answer(enum harness_test_kind kind, struct wire_bytes text,
                                    struct wire_buffer *out)
{
    enum rpc_status status = begin_object(kinds[kind].response, out);
    if (status == RPC_OK && kind == HARNESS_TEST_ECHO)
        status = writable_put_number(out, WRITABLE_BOOLEAN, text.data != NULL);
    if (status == RPC_OK && kind == HARNESS_TEST_ECHO && text.data != NULL)
        status = write_again(text, out);
    return status;
}

enum rpc_status harness_test_answer(const struct harness_spoken *spoken,
                                    enum harness_test_kind kind, struct wire_bytes text,
                                    struct wire_buffer *out)
{
    uint8_t head[11] = {0x0a};
    if (spoken->writables)
        return write_answer(kind, text, out);
    if (kind != HARNESS_TEST_ECHO || text.data == NULL)
        return RPC_OK;
    size_t used = 1 + schema_write_varint(head + 1, text.length);
    enum rpc_status status = wire_buffer_add(out, head, used);
    return status == RPC_OK ? wire_buffer_add(out, text.data, text.length) : status;
}

/* --- blob --- */

static size_t varint_length(uint64_t value)
{
    uint8_t bytes[10];
    return schema_write_varint(bytes, value);
}

/* Bytes of the answer with an empty value. */
static size_t empty_answer(const struct harness_spoken *spoken, const struct server_call *call)
{
    const struct release *release = spoken->server->harness->release;
    const struct wire_codec *codec = wire_codec((int)release->ipc_version);
    struct wire_message message = codec->message(WIRE_RESPONSE);
    struct wire_buffer frame = {0};
    message.side = WIRE_TO_CLIENT;
    message.rpc_kind = spoken->writables ? WIRE_KIND_WRITABLE : WIRE_KIND_PROTOBUF;
    message.call_id = server_call_id(call);
    message.retry = server_call_retry(call);
    message.client_id = server_call_client_id(call);
    message.body = (struct wire_bytes){(const uint8_t *)"", 0};
    size_t length = codec->encode(&message, &frame) == RPC_OK ? frame.length : 0;
    wire_buffer_release(&frame);
    return length;
}

/* Whether a frame of `size` bytes can have a value whose field 1 has `data` bytes and a length
 * of `prefix` bytes: which may be one more than it needs, since not all sizes fit without. */
static bool fits(size_t size, size_t before, size_t data, size_t *prefix)
{
    for (size_t more = 0; more < 2; more++) {
        *prefix = varint_length(data) + more;
        size_t value = 1 + *prefix + data;
        if (before + varint_length(value) + value == size)
            return true;
    }
    return false;
}

/* As many bytes as a frame of `size` bytes can have.  Where a value's own delimiter gets a byte
 * longer, no frame has that size: the one before it is taken. */
static void fit(size_t size, size_t before, size_t *data, size_t *prefix)
{
    enum { OVERHEAD_MIN = 3, OVERHEAD_MAX = 16 };
    for (size_t wanted = size; wanted > before + OVERHEAD_MIN && wanted + 2 > size; wanted--) {
        for (size_t over = OVERHEAD_MIN; over < OVERHEAD_MAX && before + over <= wanted; over++) {
            *data = wanted - before - over;
            if (fits(wanted, before, *data, prefix))
                return;
        }
    }
    *data = 0;
    *prefix = 1;
}

static enum rpc_status add_data(struct wire_buffer *out, size_t length)
{
    uint8_t *room = wire_buffer_room(out, length);
    if (room == NULL)
        return RPC_NO_MEMORY;
    memset(room, 'b', length);
    out->length += length;
    return RPC_OK;
}

static enum rpc_status message_blob(size_t size, size_t empty, struct wire_buffer *out)
{
    uint8_t head[12] = {0x0a};
    size_t data, prefix;
    fit(size, empty - 1, &data, &prefix);
    size_t used = schema_write_varint(head + 1, data);
    if (used < prefix)
        head[used] |= 0x80;
    enum rpc_status status = wire_buffer_add(out, head, 1 + prefix);
    return status == RPC_OK ? add_data(out, data) : status;
}

static enum rpc_status written_blob(size_t size, size_t empty, struct wire_buffer *out)
{
    enum { COUNT = 4 };
    size_t start = out->length;
    enum rpc_status status = begin_object(kinds[HARNESS_TEST_BLOB].response, out);
    size_t before = empty + (out->length - start) + COUNT;
    size_t data = size > before ? size - before : 0;
    if (status == RPC_OK)
        status = writable_put_number(out, WRITABLE_INT, (int64_t)data);
    return status == RPC_OK ? add_data(out, data) : status;
}

enum rpc_status harness_test_blob(const struct harness_spoken *spoken,
                                  const struct server_call *call, size_t size,
                                  struct wire_buffer *out)
{
    size_t empty = empty_answer(spoken, call);
    if (empty == 0)
        return RPC_NO_MEMORY;
    return spoken->writables ? written_blob(size, empty, out) : message_blob(size, empty, out);
}
