#include "rpc/client/response.h"

#include <stdlib.h>
#include <string.h>

#include "rpc/client/header_size.h"
#include "rpc/client/unframed.h"
#include "rpc/wire/writable.h"

#define TRUNCATED                                                                                  \
    "While parsing a protocol message, the input ended unexpectedly in the middle of a field.  "   \
    "This could mean either than the input has been truncated or that an embedded message "        \
    "misreported its own length."

/* protobuf-java's own limit for one message. */
enum { HEADER_MAX = 64 << 20, PIECE_STEP = 64 << 10 };

/* The next `want` bytes in one piece, or NULL: they have not all come. */
static const uint8_t *piece(struct client_response *response, size_t want)
{
    static const uint8_t nothing;
    if (response->piece_done > 0) {
        response->piece_done = response->piece.length = 0;
        if (response->piece.capacity > CLIENT_KEPT_BUFFER)
            wire_buffer_release(&response->piece);
    }
    if (want == 0)
        return &nothing;
    size_t there = response->chunk_end - response->chunk_begin;
    const uint8_t *at = there > 0 ? response->chunk->bytes + response->chunk_begin : NULL;
    if (response->piece.length == 0 && there >= want) {
        response->chunk_begin += want;
        return at;
    }
    size_t wanted = want - response->piece.length;
    size_t taken = there < wanted ? there : wanted;
    if (taken > 0 && wire_buffer_add(&response->piece, at, taken) == RPC_OK)
        response->chunk_begin += taken;
    if (response->piece.length < want)
        return NULL;
    response->piece_done = want;
    return response->piece.data;
}

static bool next_byte(struct client_response *response, uint8_t *byte)
{
    if (response->chunk_begin == response->chunk_end)
        return false;
    *byte = response->chunk->bytes[response->chunk_begin++];
    return true;
}

enum varint { VARINT_MORE, VARINT_DONE, VARINT_BAD };

/* CodedInputStream.readRawVarint32: ten bytes at most, of which 32 bits count. */
static enum varint read_varint(struct client_response *response, int32_t *value)
{
    uint8_t byte;
    while (next_byte(response, &byte)) {
        if (response->digits < 5)
            response->number |= (uint64_t)(byte & 0x7f) << (7 * response->digits);
        response->digits++;
        if ((byte & 0x80) == 0) {
            *value = (int32_t)(uint32_t)response->number;
            return VARINT_DONE;
        }
        if (response->digits == 10)
            return VARINT_BAD;
    }
    return VARINT_MORE;
}

static void go_on(struct client_response *response, enum client_response_stage stage, size_t want)
{
    response->stage = stage;
    response->want = want;
    response->number = 0;
    response->digits = 0;
}

static int32_t read_int(const uint8_t *at)
{
    return (int32_t)((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]);
}

static struct client_failure *bad(const struct client *client, const char *text)
{
    return client_failure_create(CLIENT_BAD_REPLY, client->release->protobuf_exception, text, NULL,
                                 NULL);
}

static struct client_failure *too_much(void)
{
    return client_failure_create(CLIENT_INTERNAL, "java.lang.OutOfMemoryError", "Java heap space",
                                 NULL, NULL);
}

static struct client_failure *mismatch(const char *text)
{
    return client_failure_create(CLIENT_BAD_REPLY, "org.apache.hadoop.ipc.RpcClientException", text,
                                 NULL, NULL);
}

static void hex(struct wire_bytes bytes, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.length; i++) {
        *text++ = digits[bytes.data[i] >> 4];
        *text++ = digits[bytes.data[i] & 15];
    }
    *text = '\0';
}

/* Client.checkResponse. */
static struct client_failure *check_client(const struct client *client, struct wire_bytes id)
{
    enum { SHOWN = 64 };
    char ours[2 * CLIENT_ID_LENGTH + 1], theirs[2 * SHOWN + 1];
    if (id.length == 0 ||
        (id.length == CLIENT_ID_LENGTH && memcmp(id.data, client->client_id, id.length) == 0))
        return NULL;
    hex((struct wire_bytes){client->client_id, CLIENT_ID_LENGTH}, ours);
    hex((struct wire_bytes){id.data, id.length < SHOWN ? id.length : SHOWN}, theirs);
    return client_failure_format(CLIENT_BAD_REPLY, "java.io.IOException",
                                 "Client IDs not matched: local ID=%s, %s%s", ours,
                                 client->release->foreign_reply, theirs);
}

/* The header of `frame`, checked. */
static struct client_failure *decode(struct client *client, struct wire_bytes frame,
                                     struct wire_message *header, struct client_reply *reply)
{
    char problem[WIRE_PROBLEM_MAX];
    problem[0] = '\0';
    enum rpc_status status = client->codec->decode(WIRE_TO_CLIENT, WIRE_RESPONSE, frame, header,
                                                   &client->arena, problem, sizeof(problem));
    if (status == RPC_NO_MEMORY)
        return too_much();
    if (status != RPC_OK)
        return bad(client, problem[0] != '\0' ? problem : TRUNCATED);
    reply->status = header->status;
    reply->call_id = header->call_id;
    reply->code = header->code;
    reply->class_name = header->class_name;
    reply->text = header->text;
    return check_client(client, header->client_id);
}

/* One stage has run: go on, or stop with a result. */
enum stage_result { STAGE_WAITS, STAGE_DONE, STAGE_REPLY, STAGE_FAILED };

struct run {
    struct client_response *response;
    struct client *client;
    int64_t length_max;
    struct client_reply *reply;
    struct client_failure *failure;
};

static enum stage_result fail(struct run *run, struct client_failure *failure)
{
    run->failure = failure;
    return STAGE_FAILED;
}

static enum stage_result finish(struct run *run)
{
    run->response->later = true;
    go_on(run->response, RESPONSE_LENGTH, 0);
    return STAGE_REPLY;
}

/* IpcStreams.readResponse looks at the length before anything else. */
static enum stage_result check_length(struct run *run, bool first)
{
    struct client_response *response = run->response;
    int32_t length = response->length;
    if (first && length == -1 && run->client->release->understands_goodbye) {
        go_on(response, RESPONSE_GOODBYE_STATUS, 4);
        return STAGE_DONE;
    }
    if (length <= 0)
        return fail(run,
                    client_failure_format(CLIENT_BAD_REPLY, "org.apache.hadoop.ipc.RpcException",
                                          "RPC response has invalid length of %d", length));
    if (run->length_max > 0 && length > run->length_max)
        return fail(run,
                    client_failure_format(
                        CLIENT_BAD_REPLY, "org.apache.hadoop.ipc.RpcException",
                        "RPC response has a length of %d exceeds maximum data length", length));
    if (length > CLIENT_REPLY_MAX)
        return fail(run, too_much());
    go_on(response, RESPONSE_FRAME, (size_t)length);
    return STAGE_DONE;
}

static enum stage_result take_length(struct run *run)
{
    struct client_response *response = run->response;
    const uint8_t *at = piece(response, 4);
    if (at == NULL)
        return STAGE_WAITS;
    response->length = read_int(at);
    bool first = !response->later;
    response->later = true;
    if (run->client->release->checks_response_length)
        return check_length(run, first);
    go_on(response, RESPONSE_HEADER_LENGTH, 0);
    return STAGE_DONE;
}

/* 3.x: an ObjectWritable to the frame's end. */
static enum stage_result take_written(struct run *run, struct wire_bytes payload)
{
    char problem[WIRE_PROBLEM_MAX] = "";
    size_t size;
    enum rpc_status status = writable_walk(run->client->types, WRITABLE_GOAL_OBJECT, NULL, payload,
                                           NULL, NULL, &size, problem);
    if (status != RPC_OK)
        return fail(run, client_unframed_failure(status, problem));
    run->reply->value = (struct wire_bytes){payload.data, size};
    if (size < payload.length)
        run->reply->afterwards = mismatch("RPC response length mismatch");
    return finish(run);
}

static enum stage_result take_frame(struct run *run)
{
    struct client_reply *reply = run->reply;
    struct wire_message header;
    char problem[WIRE_PROBLEM_MAX];
    size_t length = run->response->want;
    const uint8_t *at = piece(run->response, length);
    if (at == NULL)
        return STAGE_WAITS;
    arena_reset(&run->client->arena);
    struct client_failure *failure =
        decode(run->client, (struct wire_bytes){at, length}, &header, reply);
    if (failure != NULL)
        return fail(run, failure);
    if (reply->status != WIRE_SUCCESS) {
        if (header.payload.length > 0)
            return fail(run, mismatch("RPC response length mismatch"));
        return finish(run);
    }
    if (run->client->writables)
        return take_written(run, header.payload);
    problem[0] = '\0';
    if (run->client->codec->open_value(&header, &run->client->arena, problem) == RPC_OK) {
        reply->value = header.body;
    } else {
        reply->value_failure =
            client_failure_as_it_is(bad(run->client, problem[0] != '\0' ? problem : TRUNCATED), 0);
    }
    return finish(run);
}

static enum stage_result take_header_length(struct run *run)
{
    struct client_response *response = run->response;
    int32_t size;
    switch (read_varint(response, &size)) {
    case VARINT_MORE:
        return STAGE_WAITS;
    case VARINT_BAD:
        return fail(run, bad(run->client, "CodedInputStream encountered a malformed varint."));
    case VARINT_DONE:
        break;
    }
    if (size > HEADER_MAX)
        return fail(run, bad(run->client,
                             "Protocol message was too large.  May be malicious.  Use "
                             "CodedInputStream.setSizeLimit() to increase the size limit."));
    /* A stream of negative length is an empty one. */
    go_on(response, RESPONSE_HEADER, size < 0 ? 0 : (size_t)size);
    return STAGE_DONE;
}

/* The header with its delimiter, as the codec wants it. */
static struct client_failure *decode_alone(struct run *run, const uint8_t *at, size_t length)
{
    uint8_t *copy = arena_room(&run->client->arena, length + 10);
    if (copy == NULL)
        return too_much();
    size_t digits = 0;
    for (size_t rest = length; digits == 0 || rest > 0; rest >>= 7)
        copy[digits++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    memcpy(copy + digits, at, length);
    struct wire_message header;
    return decode(run->client, (struct wire_bytes){copy, length + digits}, &header, run->reply);
}

static enum stage_result take_header(struct run *run)
{
    struct client_response *response = run->response;
    size_t length = response->want;
    const uint8_t *at = piece(response, length);
    if (at == NULL)
        return STAGE_WAITS;
    arena_reset(&run->client->arena);
    struct client_failure *failure = decode_alone(run, at, length);
    if (failure != NULL)
        return fail(run, failure);
    size_t size = client_header_size(at, length);
    response->header_size = client_varint_size(size) + size;
    response->call_id = run->reply->call_id;
    if (run->reply->status == WIRE_SUCCESS) {
        bool writables = run->client->writables;
        go_on(response, writables ? RESPONSE_WRITABLE : RESPONSE_VALUE_LENGTH, 0);
        return STAGE_DONE;
    }
    if (response->length != (int64_t)response->header_size)
        return fail(run, mismatch("RPC response length mismatch on rpc error"));
    return finish(run);
}

static enum stage_result take_value_length(struct run *run)
{
    struct client_response *response = run->response;
    int32_t size;
    switch (read_varint(response, &size)) {
    case VARINT_MORE:
        return STAGE_WAITS;
    case VARINT_BAD:
        return fail(run, client_failure_create(CLIENT_BAD_REPLY, "java.io.IOException",
                                               "Malformed varint", NULL, NULL));
    case VARINT_DONE:
        break;
    }
    if (size < 0)
        return fail(run,
                    client_failure_create(CLIENT_BAD_REPLY, "java.lang.NegativeArraySizeException",
                                          NULL, NULL, NULL));
    if (size > CLIENT_REPLY_MAX)
        return fail(run, too_much());
    go_on(response, RESPONSE_VALUE, (size_t)size);
    return STAGE_DONE;
}

static enum stage_result take_value(struct run *run)
{
    struct client_response *response = run->response;
    size_t length = response->want;
    const uint8_t *at = piece(response, length);
    if (at == NULL)
        return STAGE_WAITS;
    run->reply->status = WIRE_SUCCESS;
    run->reply->call_id = response->call_id;
    run->reply->value = (struct wire_bytes){at, length};
    if (response->length != (int64_t)(response->header_size + client_varint_size(length) + length))
        run->reply->afterwards = mismatch("RPC response length mismatch on rpc success");
    return finish(run);
}

/* 2.x: an ObjectWritable, read from the stream; nobody compares its length with the frame's. */
static enum stage_result take_writable(struct run *run)
{
    char problem[WIRE_PROBLEM_MAX] = "";
    enum rpc_status status =
        client_unframed_value(run->response, run->client, &run->reply->value, problem);
    if (status == RPC_AGAIN)
        return STAGE_WAITS;
    if (status != RPC_OK)
        return fail(run, client_unframed_failure(status, problem));
    run->reply->status = WIRE_SUCCESS;
    run->reply->call_id = run->response->call_id;
    return finish(run);
}

static enum stage_result take_goodbye_status(struct run *run)
{
    if (piece(run->response, 4) == NULL)
        return STAGE_WAITS;
    go_on(run->response, RESPONSE_CLASS_LENGTH, 4);
    return STAGE_DONE;
}

/* WritableUtils.readString: a length, then as many bytes. */
static enum stage_result take_text_length(struct run *run, enum client_response_stage next)
{
    const uint8_t *at = piece(run->response, 4);
    if (at == NULL)
        return STAGE_WAITS;
    int32_t length = read_int(at);
    if (length < -1)
        return fail(run,
                    client_failure_create(CLIENT_BAD_REPLY, "java.lang.NegativeArraySizeException",
                                          NULL, NULL, NULL));
    if (length > CLIENT_REPLY_MAX || (run->length_max > 0 && length > run->length_max))
        return fail(run, too_much());
    go_on(run->response, next, length < 0 ? 0 : (size_t)length);
    return STAGE_DONE;
}

static enum stage_result take_text(struct run *run)
{
    struct client_response *response = run->response;
    size_t length = response->want;
    const uint8_t *at = piece(response, length);
    if (at == NULL)
        return STAGE_WAITS;
    char *text = strndup((const char *)at, length);
    if (text == NULL)
        return fail(run, too_much());
    if (response->stage == RESPONSE_CLASS) {
        response->class_name = text;
        go_on(response, RESPONSE_TEXT_LENGTH, 4);
        return STAGE_DONE;
    }
    struct client_failure *failure =
        client_failure_create(CLIENT_REMOTE_FATAL, response->class_name, text, NULL, NULL);
    free(text);
    return fail(run, client_failure_as_it_is(failure, 0));
}

static enum stage_result take_stage(struct run *run)
{
    switch (run->response->stage) {
    case RESPONSE_LENGTH:
        return take_length(run);
    case RESPONSE_FRAME:
        return take_frame(run);
    case RESPONSE_HEADER_LENGTH:
        return take_header_length(run);
    case RESPONSE_HEADER:
        return take_header(run);
    case RESPONSE_VALUE_LENGTH:
        return take_value_length(run);
    case RESPONSE_VALUE:
        return take_value(run);
    case RESPONSE_WRITABLE:
        return take_writable(run);
    case RESPONSE_GOODBYE_STATUS:
        return take_goodbye_status(run);
    case RESPONSE_CLASS_LENGTH:
        return take_text_length(run, RESPONSE_CLASS);
    case RESPONSE_TEXT_LENGTH:
        return take_text_length(run, RESPONSE_TEXT);
    case RESPONSE_CLASS:
    case RESPONSE_TEXT:
        return take_text(run);
    }
    return STAGE_FAILED;
}

/* Nothing has been read since it asked for more. */
static bool has_nothing(const struct client_response *response)
{
    return response->chunk_begin == response->chunk_end &&
           response->piece.length == response->piece_done;
}

enum client_response_result client_response_next(struct client_response *response,
                                                 struct client *client, int64_t length_max,
                                                 struct client_reply *reply,
                                                 struct client_failure **failure)
{
    if (has_nothing(response))
        return RESPONSE_MORE;
    *reply = (struct client_reply){0};
    if (!client->codec->frames_replies)
        return client_unframed_next(response, client, reply, failure);
    struct run run = {
        .response = response, .client = client, .length_max = length_max, .reply = reply};
    enum stage_result result;
    do
        result = take_stage(&run);
    while (result == STAGE_DONE);
    *failure = run.failure;
    switch (result) {
    case STAGE_REPLY:
        return RESPONSE_REPLY;
    case STAGE_FAILED:
        return RESPONSE_FAILED;
    case STAGE_WAITS:
    case STAGE_DONE:
        break;
    }
    return RESPONSE_MORE;
}

/* Whether the present piece is long and goes where it belongs, past the buffer. */
static bool goes_past(const struct client_response *response)
{
    return response->chunk_begin == response->chunk_end &&
           (response->stage == RESPONSE_FRAME || response->stage == RESPONSE_VALUE) &&
           response->want - response->piece.length >= CLIENT_CHUNK;
}

uint8_t *client_response_room(struct client_response *response, struct client *client, size_t *room)
{
    if (goes_past(response)) {
        size_t wanted = response->want - response->piece.length;
        size_t step = response->piece.length > PIECE_STEP ? response->piece.length : PIECE_STEP;
        *room = wanted < step ? wanted : step;
        return wire_buffer_room(&response->piece, *room);
    }
    if (response->chunk == NULL)
        response->chunk = client_take_chunk(client);
    if (response->chunk == NULL)
        return NULL;
    if (response->chunk_begin == response->chunk_end)
        response->chunk_begin = response->chunk_end = 0;
    *room = CLIENT_CHUNK - response->chunk_end;
    return response->chunk->bytes + response->chunk_end;
}

void client_response_take(struct client_response *response, size_t length)
{
    if (goes_past(response))
        response->piece.length += length;
    else
        response->chunk_end += length;
}

struct client_failure *client_response_end(const struct client_response *response,
                                           const struct client *client)
{
    bool in_header = response->stage == RESPONSE_HEADER ||
                     (response->stage == RESPONSE_HEADER_LENGTH && response->digits > 0);
    if (in_header)
        return client_failure_create(CLIENT_EOF, client->release->protobuf_exception, TRUNCATED,
                                     NULL, NULL);
    if (response->stage == RESPONSE_HEADER_LENGTH)
        return client_failure_create(CLIENT_EOF, "java.io.IOException", "Response is null.", NULL,
                                     NULL);
    return client_failure_create(CLIENT_EOF, "java.io.EOFException", NULL, NULL, NULL);
}

void client_response_rest(struct client_response *response, struct client *client)
{
    if (response->chunk != NULL && response->chunk_begin == response->chunk_end) {
        client_give_chunk(client, response->chunk);
        response->chunk = NULL;
        response->chunk_begin = response->chunk_end = 0;
    }
    if (response->piece_done > 0) {
        response->piece_done = 0;
        response->piece.length = 0;
    }
    if (response->piece.length == 0)
        wire_buffer_release(&response->piece);
}

void client_response_release(struct client_response *response, struct client *client)
{
    if (response->chunk != NULL)
        client_give_chunk(client, response->chunk);
    wire_buffer_release(&response->piece);
    free(response->class_name);
    client_unframed_release(response, client);
    *response = (struct client_response){0};
}
