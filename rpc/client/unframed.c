#include "rpc/client/unframed.h"

#include <assert.h>

struct client_failure *client_unframed_failure(enum rpc_status status, const char *problem)
{
    const char *class_name = "java.lang.RuntimeException", *text = problem;
    if (status == RPC_MALFORMED)
        class_name = "java.io.IOException";
    else if (status == RPC_END)
        class_name = "java.io.EOFException", text = "";
    else if (status == RPC_BAD_VALUE)
        class_name = "java.lang.NegativeArraySizeException";
    else if (status == RPC_TOO_DEEP)
        class_name = "java.lang.StackOverflowError";
    else if (status == RPC_TOO_LONG || status == RPC_NO_MEMORY)
        class_name = "java.lang.OutOfMemoryError", text = "Java heap space";
    return client_failure_create(CLIENT_BAD_REPLY, class_name, text[0] != '\0' ? text : NULL, NULL,
                                 NULL);
}

/* Who reads one has an extent; the client keeps one for whoever is next. */
static bool take_extent(struct client_response *response, struct client *client)
{
    if (response->extent != NULL)
        return true;
    response->extent = client->spare_extent != NULL
                           ? client->spare_extent
                           : wire_extent_create(client->types, CLIENT_REPLY_MAX);
    client->spare_extent = NULL;
    if (response->extent != NULL)
        wire_extent_reset(response->extent);
    return response->extent != NULL;
}

void client_unframed_release(struct client_response *response, struct client *client)
{
    if (client->spare_extent == NULL)
        client->spare_extent = response->extent;
    else
        wire_extent_free(response->extent);
    response->extent = NULL;
}

/* What has come of the present reply, and perhaps more: it lies in the chunk as a whole, or else
 * it is gathered in the piece. */
static struct wire_bytes come(const struct client_response *response)
{
    if (response->piece.length > 0)
        return (struct wire_bytes){response->piece.data, response->piece.length};
    if (response->chunk == NULL)
        return WIRE_ABSENT;
    return (struct wire_bytes){response->chunk->bytes + response->chunk_begin,
                               response->chunk_end - response->chunk_begin};
}

/* Make the piece as long as `size`, as far as there are bytes in the chunk. */
static enum rpc_status gather(struct client_response *response, size_t size)
{
    size_t there = response->chunk_end - response->chunk_begin;
    size_t wanted = size - response->piece.length;
    size_t taken = there < wanted ? there : wanted;
    if (taken == 0)
        return RPC_OK;
    enum rpc_status status =
        wire_buffer_add(&response->piece, response->chunk->bytes + response->chunk_begin, taken);
    if (status == RPC_OK)
        response->chunk_begin += taken;
    return status;
}

/* RPC_OK: *bytes are the next reply; RPC_AGAIN: it has not all come. */
static enum rpc_status look(struct client_response *response, struct wire_bytes *bytes,
                            char *problem)
{
    for (;;) {
        size_t size;
        *bytes = come(response);
        enum rpc_status status = wire_extent_look(response->extent, *bytes, &size, problem);
        if (status == RPC_OK)
            bytes->length = size;
        if (status != RPC_AGAIN)
            return status;
        assert(size > bytes->length);
        size_t before = bytes->length;
        bool began = response->piece.length > 0;
        status = gather(response, size);
        if (status != RPC_OK || !began || response->piece.length == before)
            return status == RPC_OK ? RPC_AGAIN : status;
    }
}

static void pass(struct client_response *response, size_t length)
{
    if (response->piece.length > 0)
        response->piece_done = length;
    else
        response->chunk_begin += length;
}

static enum rpc_status decode(struct client *client, struct wire_bytes bytes,
                              struct client_reply *reply, char *problem)
{
    struct wire_message header;
    arena_reset(&client->arena);
    enum rpc_status status = client->codec->decode(WIRE_TO_CLIENT, WIRE_RESPONSE, bytes, &header,
                                                   &client->arena, problem, WIRE_PROBLEM_MAX);
    if (status != RPC_OK)
        return status;
    reply->status = header.status;
    reply->call_id = header.call_id;
    reply->class_name = header.class_name;
    reply->text = header.text;
    if (header.status != WIRE_SUCCESS)
        return RPC_OK;
    status = client->codec->open_value(&header, &client->arena, problem);
    reply->value = header.body;
    return status;
}

/* What was gathered for the reply before is needed no more. */
static void forget_piece(struct client_response *response)
{
    if (response->piece_done == 0)
        return;
    response->piece_done = response->piece.length = 0;
    if (response->piece.capacity > CLIENT_KEPT_BUFFER)
        wire_buffer_release(&response->piece);
}

enum client_response_result client_unframed_next(struct client_response *response,
                                                 struct client *client, struct client_reply *reply,
                                                 struct client_failure **failure)
{
    char problem[WIRE_PROBLEM_MAX] = "";
    struct wire_bytes bytes;
    *failure = NULL;
    forget_piece(response);
    if (come(response).length == 0)
        return RESPONSE_MORE;
    enum rpc_status status =
        take_extent(response, client) ? look(response, &bytes, problem) : RPC_NO_MEMORY;
    if (status == RPC_AGAIN)
        return RESPONSE_MORE;
    if (status == RPC_OK) {
        pass(response, bytes.length);
        client_unframed_release(response, client);
        status = decode(client, bytes, reply, problem);
    }
    if (status == RPC_OK)
        return RESPONSE_REPLY;
    *failure = client_unframed_failure(status, problem);
    return RESPONSE_FAILED;
}

enum rpc_status client_unframed_value(struct client_response *response, struct client *client,
                                      struct wire_bytes *bytes, char *problem)
{
    bool begun = response->extent != NULL;
    forget_piece(response);
    if (come(response).length == 0)
        return RPC_AGAIN;
    if (!take_extent(response, client))
        return RPC_NO_MEMORY;
    if (!begun)
        wire_extent_value(response->extent);
    enum rpc_status status = look(response, bytes, problem);
    if (status != RPC_OK)
        return status;
    pass(response, bytes->length);
    client_unframed_release(response, client);
    return RPC_OK;
}
