/* The stage's scripted server. */
#include <assert.h>
#include <string.h>

#include "rpc/client/stage.h"

static void end_link(struct stage_link *link)
{
    world_watch_release(&link->watch);
    world_watch_release(&link->write_watch);
    if (link->stream != NULL)
        world_close(link->stream);
    link->stream = NULL;
}

static void remember(struct stage_link *link, const struct wire_message *message)
{
    struct stage *stage = link->stage;
    struct stage_message beyond;
    struct stage_message *seen =
        link->message_count < STAGE_MESSAGES ? &link->messages[link->message_count++] : &beyond;
    *seen = (struct stage_message){.kind = message->kind,
                                   .call_id = message->call_id,
                                   .retry = message->retry,
                                   .service_class = message->service_class,
                                   .at_ms = stage_now_ms(stage)};
    struct wire_message opened = *message;
    char problem[WIRE_PROBLEM_MAX];
    struct wire_bytes text = WIRE_ABSENT;
    if (message->kind == WIRE_CONTEXT &&
        stage->codec->open_context(&opened, wire_decoder_arena(link->decoder), problem) == RPC_OK)
        text = opened.user;
    if (message->kind == WIRE_REQUEST &&
        stage->codec->open_request(&opened, wire_decoder_arena(link->decoder), problem) == RPC_OK)
        text = stage_text_of(stage, opened.body);
    size_t length = text.length < sizeof(seen->text) - 1 ? text.length : sizeof(seen->text) - 1;
    if (length > 0)
        memcpy(seen->text, text.data, length);
    if (message->kind == WIRE_REQUEST && stage->echoes)
        stage_reply(stage, (size_t)(link - stage->links), message->call_id, seen->text);
}

static void writable(struct world_watch *watch);

static void readable(struct world_watch *watch)
{
    struct stage_link *link = world_container(watch, struct stage_link, watch);
    uint8_t *into;
    size_t got;
    link->reads++;
    for (;;) {
        size_t want = wire_decoder_want(link->decoder, &into);
        enum rpc_status status = world_read(link->stream, into, want, &got);
        if (status == RPC_AGAIN)
            return;
        if (status != RPC_OK) {
            link->ended = status;
            link->ended_ms = stage_now_ms(link->stage);
            end_link(link);
            return;
        }
        struct wire_message message;
        link->bytes += got;
        if (wire_decoder_take(link->decoder, got, &message) == RPC_OK)
            remember(link, &message);
        if (link->stream == NULL)
            return;
    }
}

static void accepting(struct world_watch *watch)
{
    struct stage *stage = world_container(watch, struct stage, accepts);
    struct world_stream *stream;
    while (world_accept(stage->listener, &stream) == RPC_OK) {
        assert(stage->link_count < STAGE_LINKS);
        struct stage_link *link = &stage->links[stage->link_count++];
        link->stage = stage;
        link->stream = stream;
        link->accepted_ms = stage_now_ms(stage);
        link->decoder = wire_decoder_create(stage->codec, WIRE_TO_SERVER, 64 << 20);
        world_watch_init(&stage->peer, &link->watch, stream, WORLD_READ, readable);
        world_watch_init(&stage->peer, &link->write_watch, stream, WORLD_WRITE, writable);
        if (!stage->deaf)
            world_watch_start(&link->watch);
    }
}

void stage_listen(struct stage *stage)
{
    enum rpc_status status = world_listen(stage->there, 8020, 128, &stage->listener);
    assert(status == RPC_OK);
    (void)status;
    world_watch_init_listener(&stage->peer, &stage->accepts, stage->listener, accepting);
    world_watch_start(&stage->accepts);
}

void stage_unlisten(struct stage *stage)
{
    if (stage->listener == NULL)
        return;
    world_watch_release(&stage->accepts);
    world_listener_close(stage->listener);
    stage->listener = NULL;
}

void stage_end_server(struct stage *stage)
{
    for (size_t i = 0; i < stage->link_count; i++) {
        end_link(&stage->links[i]);
        wire_decoder_free(stage->links[i].decoder);
        wire_buffer_release(&stage->links[i].out);
    }
    stage_unlisten(stage);
}

void stage_hear(struct stage *stage, size_t link)
{
    world_watch_start(&stage->links[link].watch);
}

static void write_on(struct stage_link *link)
{
    size_t accepted;
    while (link->out.length > 0) {
        enum rpc_status status =
            world_write(link->stream, link->out.data, link->out.length, &accepted);
        if (status == RPC_AGAIN) {
            world_watch_start(&link->write_watch);
            return;
        }
        if (status != RPC_OK)
            accepted = link->out.length;
        link->out.length -= accepted;
        memmove(link->out.data, link->out.data + accepted, link->out.length);
    }
    world_watch_stop(&link->write_watch);
}

static void writable(struct world_watch *watch)
{
    write_on(world_container(watch, struct stage_link, write_watch));
}

void stage_send(struct stage *stage, size_t link, const void *bytes, size_t length)
{
    struct stage_link *at = &stage->links[link];
    if (at->stream == NULL)
        return;
    wire_buffer_add(&at->out, bytes, length);
    write_on(at);
}

void stage_send_message(struct stage *stage, size_t link, const struct wire_message *message)
{
    struct wire_buffer bytes = {0};
    stage->codec->encode(message, &bytes);
    stage_send(stage, link, bytes.data, bytes.length);
    wire_buffer_release(&bytes);
}

void stage_encode_reply(const struct stage *stage, int32_t call_id, const char *value,
                        struct wire_buffer *bytes)
{
    struct wire_message message = stage->codec->message(WIRE_RESPONSE);
    struct wire_buffer body = {0};
    stage_put_value(stage, value, &body);
    if (stage->writables)
        message.rpc_kind = WIRE_KIND_WRITABLE;
    message.call_id = call_id;
    message.body =
        (struct wire_bytes){body.data != NULL ? body.data : (const uint8_t *)"", body.length};
    stage->codec->encode(&message, bytes);
    wire_buffer_release(&body);
}

void stage_reply(struct stage *stage, size_t link, int32_t call_id, const char *value)
{
    struct wire_buffer bytes = {0};
    stage_encode_reply(stage, call_id, value, &bytes);
    stage_send(stage, link, bytes.data, bytes.length);
    wire_buffer_release(&bytes);
}

void stage_reply_error(struct stage *stage, size_t link, int32_t call_id, enum wire_status status,
                       const char *class_name, const char *text)
{
    struct wire_message message = stage->codec->message(WIRE_RESPONSE);
    message.call_id = call_id;
    message.status = status;
    message.class_name = wire_text(class_name);
    message.text = wire_text(text);
    message.code = WIRE_ERROR_APPLICATION;
    stage_send_message(stage, link, &message);
}

void stage_close(struct stage *stage, size_t link, bool reset)
{
    struct stage_link *at = &stage->links[link];
    if (at->stream == NULL)
        return;
    world_watch_release(&at->watch);
    world_watch_release(&at->write_watch);
    if (reset)
        world_reset(at->stream);
    else
        world_close(at->stream);
    at->stream = NULL;
}

size_t stage_got(const struct stage *stage, size_t link, enum wire_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < stage->links[link].message_count; i++)
        count += stage->links[link].messages[i].kind == kind;
    return count;
}

uint64_t stage_got_ms(const struct stage *stage, size_t link, enum wire_kind kind, size_t nth)
{
    for (size_t i = 0; i < stage->links[link].message_count; i++)
        if (stage->links[link].messages[i].kind == kind && --nth == 0)
            return stage->links[link].messages[i].at_ms;
    return UINT64_MAX;
}
