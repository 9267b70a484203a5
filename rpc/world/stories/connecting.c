#include "rpc/world/stories/story.h"

static bool same(struct world_address a, struct world_address b)
{
    return a.ip == b.ip && a.port == b.port;
}

static void both_ends_know_each_other(struct story *story)
{
    struct story_pair pair;
    if (story_pair_open(story, &pair)) {
        EXPECT(story, pair.server->accepted && !pair.client->accepted);
        EXPECT(story, same(pair.client->local, pair.server->remote));
        EXPECT(story, same(pair.client->remote, pair.server->local));
        EXPECT(story, same(pair.server->local, pair.listener->address));
        EXPECT(story, pair.client->local.ip == story->near_host->ip);
        EXPECT(story, pair.client->host == story->near_host);
        EXPECT(story, pair.server->host == story->far_host);
        EXPECT(story, pair.client->connection == pair.server->connection);
        EXPECT(story, pair.client->connection != 0);
        EXPECT_STATUS(story, world_connected(pair.client), RPC_OK);
    }
    story_pair_close(&pair);
}

static void refused_where_nobody_listens(struct story *story)
{
    struct world_address nobody = {.ip = story->far_host->ip, .port = 1};
    struct world_stream *stream = story_connect(story, nobody);
    EXPECT_STATUS(story, story_connected(story, stream), RPC_REFUSED);
    EXPECT_STATUS(story, world_connected(stream), RPC_REFUSED);
    world_close(stream);
}

static void refused_after_the_listener_has_closed(struct story *story)
{
    struct world_listener *listener = story_listen(story, 8);
    struct world_address address = listener->address;
    world_listener_close(listener);
    struct world_stream *stream = story_connect(story, address);
    EXPECT_STATUS(story, story_connected(story, stream), RPC_REFUSED);
    world_close(stream);
}

static void nobody_to_accept(struct story *story)
{
    struct world_listener *listener = story_listen(story, 8);
    struct world_stream *stream = NULL;
    EXPECT_STATUS(story, world_accept(listener, &stream), RPC_AGAIN);
    EXPECT(story, !story_knocked(story, listener, STORY_WHILE));
    world_listener_close(listener);
}

static void accepts_in_the_order_of_connecting(struct story *story)
{
    enum { COUNT = 5 };
    struct world_stream *clients[COUNT], *servers[COUNT];
    struct world_listener *listener = story_listen(story, COUNT);
    for (int index = 0; index < COUNT; index++) {
        clients[index] = story_connect(story, listener->address);
        EXPECT_STATUS(story, story_connected(story, clients[index]), RPC_OK);
        story_settle(story); /* the last step of the handshake arrives */
    }
    for (int index = 0; index < COUNT; index++) {
        servers[index] = story_accept(story, listener);
        if (servers[index] == NULL)
            return;
        EXPECT(story, servers[index]->connection == clients[index]->connection);
    }
    for (int index = 0; index < COUNT; index++) {
        world_close(clients[index]);
        world_close(servers[index]);
    }
    world_listener_close(listener);
}

static void writes_before_it_is_accepted(struct story *story)
{
    struct world_listener *listener = story_listen(story, 8);
    struct world_stream *client = story_connect(story, listener->address);
    EXPECT_STATUS(story, story_connected(story, client), RPC_OK);
    EXPECT_STATUS(story, story_write(story, client, "early", 5), RPC_OK);
    struct world_stream *server = story_accept(story, listener);
    if (server != NULL)
        story_reads(story, server, "early");
    story_pair_close(&(struct story_pair){listener, client, server});
}

/* Linux keeps one more than it was asked for. */
static void a_full_backlog_lets_nobody_in(struct story *story)
{
    struct world_listener *listener = story_listen(story, 1);
    struct world_stream *first = story_connect(story, listener->address);
    EXPECT_STATUS(story, story_connected(story, first), RPC_OK);
    struct world_stream *second = story_connect(story, listener->address);
    EXPECT_STATUS(story, story_connected(story, second), RPC_OK);
    story_settle(story);
    uint64_t began_ns = world_now(story->world);
    struct world_stream *third = story_connect(story, listener->address);
    EXPECT(story, !story_ready(story, third, WORLD_WRITE, STORY_WHILE));
    EXPECT_STATUS(story, world_connected(third), RPC_AGAIN);

    struct world_stream *servers[3];
    servers[0] = story_accept(story, listener);
    EXPECT_STATUS(story, story_connected(story, third), RPC_OK);
    if (!story->rough) /* where the first SYN may have come too late to be dropped */
        EXPECT(story, world_now(story->world) - began_ns > 900 * WORLD_MS);
    servers[1] = story_accept(story, listener);
    servers[2] = story_accept(story, listener);
    if (story->failures > 0)
        return;
    EXPECT(story, servers[2]->connection == third->connection);
    for (int index = 0; index < 3; index++)
        world_close(servers[index]);
    world_close(first);
    world_close(second);
    world_close(third);
    world_listener_close(listener);
}

static void given_up_while_it_waits(struct story *story)
{
    struct world_listener *listener = story_listen(story, 0);
    struct world_stream *first = story_connect(story, listener->address);
    EXPECT_STATUS(story, story_connected(story, first), RPC_OK);
    story_settle(story);
    struct world_stream *second = story_connect(story, listener->address);
    EXPECT(story, !story_ready(story, second, WORLD_WRITE, STORY_WHILE));
    world_close(second);
    struct world_stream *server = story_accept(story, listener);
    story_pair_close(&(struct story_pair){listener, first, server});
}

static void a_closed_listener_resets_its_backlog(struct story *story)
{
    struct world_listener *listener = story_listen(story, 8);
    struct world_stream *client = story_connect(story, listener->address);
    EXPECT_STATUS(story, story_connected(story, client), RPC_OK);
    story_settle(story);
    world_listener_close(listener);
    char byte;
    size_t got;
    EXPECT_STATUS(story, story_read(story, client, &byte, 1, &got), RPC_RESET);
    world_close(client);
}

static void accepts_one_that_is_reset_already(struct story *story)
{
    struct world_listener *listener = story_listen(story, 8);
    struct world_stream *client = story_connect(story, listener->address);
    EXPECT_STATUS(story, story_connected(story, client), RPC_OK);
    world_reset(client);
    story_settle(story);
    struct world_stream *server = story_accept(story, listener);
    char byte;
    size_t got;
    if (server != NULL)
        EXPECT_STATUS(story, story_read(story, server, &byte, 1, &got), RPC_RESET);
    story_pair_close(&(struct story_pair){listener, NULL, server});
}

static void accepts_one_that_has_closed_already(struct story *story)
{
    struct world_listener *listener = story_listen(story, 8);
    struct world_stream *client = story_connect(story, listener->address);
    uint32_t connection = client->connection;
    EXPECT_STATUS(story, story_connected(story, client), RPC_OK);
    EXPECT_STATUS(story, story_write(story, client, "bye", 3), RPC_OK);
    world_close(client);
    story_settle(story);
    struct world_stream *server = story_accept(story, listener);
    if (server != NULL) {
        EXPECT(story, server->connection == connection);
        story_reads(story, server, "bye");
        EXPECT_STATUS(story, story_read_to_end(story, server), RPC_END);
    }
    story_pair_close(&(struct story_pair){listener, NULL, server});
}

static void the_world_chooses_a_port(struct story *story)
{
    struct world_listener *first = story_listen(story, 8), *second = story_listen(story, 8);
    EXPECT(story, first->address.port != 0 && second->address.port != 0);
    EXPECT(story, first->address.port != second->address.port);
    EXPECT(story, first->address.ip == story->far_host->ip);
    world_listener_close(first);
    world_listener_close(second);
}

static void an_address_has_one_listener(struct story *story)
{
    struct world_listener *first = story_listen(story, 8), *second = NULL, *elsewhere = NULL;
    uint16_t port = first->address.port;
    EXPECT_STATUS(story, world_listen(story->far_host, port, 8, &second), RPC_ADDRESS_IN_USE);
    EXPECT_STATUS(story, world_listen(story->near_host, port, 8, &elsewhere), RPC_OK);
    world_listener_close(elsewhere);
    world_listener_close(first);
}

static void an_address_is_free_again(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    uint16_t port = pair.listener->address.port;
    world_listener_close(pair.listener);
    pair.listener = NULL;
    EXPECT_STATUS(story, world_listen(story->far_host, port, 8, &pair.listener), RPC_OK);
    /* The connection of the first listener lives on. */
    EXPECT_STATUS(story, story_write(story, pair.client, "on", 2), RPC_OK);
    story_reads(story, pair.server, "on");
    story_pair_close(&pair);
}

static void a_hundred_at_once(struct story *story)
{
    enum { COUNT = 100 };
    struct world_stream *clients[COUNT], *servers[COUNT];
    struct world_listener *listener = story_listen(story, COUNT);
    for (int index = 0; index < COUNT; index++)
        clients[index] = story_connect(story, listener->address);
    for (int index = 0; index < COUNT; index++)
        EXPECT_STATUS(story, story_connected(story, clients[index]), RPC_OK);
    bool seen[COUNT + 1] = {false};
    for (int index = 0; index < COUNT; index++) {
        servers[index] = story_accept(story, listener);
        if (servers[index] == NULL)
            return;
        uint32_t connection = servers[index]->connection;
        EXPECT(story, connection >= 1 && connection <= COUNT && !seen[connection]);
        if (connection <= COUNT)
            seen[connection] = true;
    }
    for (int index = 0; index < COUNT; index++) {
        world_close(clients[index]);
        world_close(servers[index]);
    }
    world_listener_close(listener);
}

static void a_host_connects_to_itself(struct story *story)
{
    struct world_listener *listener = NULL;
    EXPECT_STATUS(story, world_listen(story->near_host, 0, 8, &listener), RPC_OK);
    struct world_stream *client = story_connect(story, listener->address);
    EXPECT_STATUS(story, story_connected(story, client), RPC_OK);
    struct world_stream *server = story_accept(story, listener);
    EXPECT_STATUS(story, story_write(story, client, "me", 2), RPC_OK);
    if (server != NULL)
        story_reads(story, server, "me");
    story_pair_close(&(struct story_pair){listener, client, server});
}

static void nothing_to_read_before_the_handshake(struct story *story)
{
    struct world_listener *listener = story_listen(story, 0);
    struct world_stream *first = story_connect(story, listener->address);
    EXPECT_STATUS(story, story_connected(story, first), RPC_OK);
    story_settle(story);
    struct world_stream *waiting = story_connect(story, listener->address);
    char byte;
    size_t count;
    EXPECT_STATUS(story, world_read(waiting, &byte, 1, &count), RPC_AGAIN);
    EXPECT_STATUS(story, world_write(waiting, "x", 1, &count), RPC_AGAIN);
    EXPECT_STATUS(story, world_connected(waiting), RPC_AGAIN);
    world_reset(waiting);
    story_pair_close(&(struct story_pair){listener, first, NULL});
}

static const struct story_claim claims[] = {
    STORY("both ends of a connection know each other", both_ends_know_each_other),
    STORY("a port where nobody listens refuses", refused_where_nobody_listens),
    STORY("a port whose listener has closed refuses", refused_after_the_listener_has_closed),
    STORY("accept answers AGAIN while nobody comes", nobody_to_accept),
    STORY("connections are accepted in their order", accepts_in_the_order_of_connecting),
    STORY("a client may write before it is accepted", writes_before_it_is_accepted),
    STORY("a full backlog drops the SYN, it does not refuse", a_full_backlog_lets_nobody_in),
    STORY("an attempt that waits can be given up", given_up_while_it_waits),
    STORY("a closed listener resets its backlog", a_closed_listener_resets_its_backlog),
    STORY("a connection that is reset already is accepted", accepts_one_that_is_reset_already),
    STORY("a connection that has closed already is accepted", accepts_one_that_has_closed_already),
    STORY("the world chooses a free port", the_world_chooses_a_port),
    STORY("an address has one listener", an_address_has_one_listener),
    STORY("an address is free again after its listener", an_address_is_free_again),
    STORY("a hundred connections at once keep their numbers", a_hundred_at_once),
    STORY("a host connects to itself", a_host_connects_to_itself),
    STORY("nothing passes before the handshake", nothing_to_read_before_the_handshake),
};

const struct story_chapter story_connecting = {"connecting", claims,
                                               sizeof(claims) / sizeof(claims[0])};
