/* The network's rules, each with its exact times.  What is the same in both worlds is tested
 * by the socket stories, too; here is what only virtual time can wait for. */
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/world/sim/sim.h"

#define MS WORLD_MS
#define S  WORLD_SEC

static struct world *world;
static struct world_host *server_host, *client_host;
static struct world_listener *listener;
static struct world_executor executor;

static struct world_stream *client, *server;
static char bytes[1 << 20];

static void begin_with(const struct sim_options *options, const struct world_net *net)
{
    world = sim_create(options);
    if (net != NULL)
        cr_assert(eq(int, (int)world_net(world, net), RPC_OK));
    server_host = world_host(world, "server1");
    client_host = world_host(world, "client1");
    world_executor_init(world, &executor, client_host, "test", NULL);
    cr_assert(eq(int, (int)world_listen(server_host, 0, 8, &listener), RPC_OK));
}

static void begin(const struct world_net *net)
{
    begin_with(&(struct sim_options){.seed = 1}, net);
}

static void end(void)
{
    if (client != NULL)
        world_close(client);
    if (server != NULL)
        world_close(server);
    client = server = NULL;
    world_listener_close(listener);
    world_executor_release(&executor);
    cr_assert(eq(int, (int)world_run(world, WORLD_NEVER), WORLD_DEAD));
    struct sim_statistics statistics;
    sim_statistics(world, &statistics);
    cr_assert(eq(uint, statistics.streams, 0u));
    cr_assert(eq(ulong, statistics.agenda_count, 0u));
    world_free(world);
}

static void stop_timer(struct world_timer *timer)
{
    world_stop(timer->executor->world);
}

static void wait_until(uint64_t at_ns)
{
    struct world_timer timer;
    world_timer_init(&executor, &timer, stop_timer);
    world_timer_start(&timer, at_ns);
    cr_assert(eq(int, (int)world_run(world, WORLD_NEVER), WORLD_STOPPED));
    world_timer_release(&timer);
}

static void stop_watch(struct world_watch *watch)
{
    world_watch_stop(watch);
    world_stop(watch->executor->world);
}

/* Run until the stream is ready: when that is, or WORLD_NEVER. */
static uint64_t ready(struct world_stream *stream, enum world_direction direction)
{
    struct world_watch watch;
    world_watch_init(&executor, &watch, stream, direction, stop_watch);
    world_watch_start(&watch);
    enum world_end how = world_run(world, WORLD_NEVER);
    world_watch_release(&watch);
    return how == WORLD_STOPPED ? world_now(world) : WORLD_NEVER;
}

static uint64_t ready_to_accept(void)
{
    struct world_watch watch;
    world_watch_init_listener(&executor, &watch, listener, stop_watch);
    world_watch_start(&watch);
    enum world_end how = world_run(world, WORLD_NEVER);
    world_watch_release(&watch);
    return how == WORLD_STOPPED ? world_now(world) : WORLD_NEVER;
}

static enum rpc_status status_of_read(struct world_stream *stream)
{
    size_t got;
    return world_read(stream, bytes, sizeof(bytes), &got);
}

static enum rpc_status status_of_write(struct world_stream *stream, size_t length)
{
    size_t accepted;
    return world_write(stream, bytes, length, &accepted);
}

static size_t write_all(struct world_stream *stream)
{
    size_t all = 0, accepted;
    while (world_write(stream, bytes, sizeof(bytes), &accepted) == RPC_OK)
        all += accepted;
    return all;
}

#define IS(status, expected) cr_assert(eq(int, (int)(status), (int)(expected)))
#define AT(time, expected)   cr_assert(eq(ulong, (time), (expected)))

static void connect_to(struct world_address address)
{
    IS(world_connect(client_host, address, 7, &client), RPC_OK);
}

static void link_up(const struct world_net *net)
{
    begin(net);
    connect_to(listener->address);
    ready(client, WORLD_WRITE);
    IS(world_connected(client), RPC_OK);
    ready_to_accept();
    IS(world_accept(listener, &server), RPC_OK);
}

/* --- handshake ------------------------------------------------------------------------ */

Test(network, both_ends_know_each_other_and_the_connections_number)
{
    link_up(NULL);
    char text[24];
    cr_assert(strcmp(world_address_text(client->remote, text), "10.0.0.1:8020") == 0);
    cr_assert(strcmp(world_address_text(server->local, text), "10.0.0.1:8020") == 0);
    cr_assert(strcmp(world_address_text(client->local, text), "10.0.0.2:40000") == 0);
    cr_assert(strcmp(world_address_text(server->remote, text), "10.0.0.2:40000") == 0);
    cr_assert(eq(uint, server->connection, 7u));
    cr_assert(server->accepted && !client->accepted);
    cr_assert(eq(ptr, server->host, server_host));
    end();
}

Test(network, the_handshake_takes_one_round_trip_for_the_client_and_a_half_more_for_the_server)
{
    begin(&(struct world_net){.latency_ns = 10 * MS});
    connect_to(listener->address);
    IS(world_connected(client), RPC_AGAIN);
    IS(status_of_write(client, 1), RPC_AGAIN);
    AT(ready(client, WORLD_WRITE), 20 * MS);
    IS(world_connected(client), RPC_OK);
    IS(world_accept(listener, &server), RPC_AGAIN);
    AT(ready_to_accept(), 30 * MS);
    IS(world_accept(listener, &server), RPC_OK);
    end();
}

Test(network, a_port_where_nobody_listens_refuses)
{
    begin(&(struct world_net){.latency_ns = 10 * MS});
    connect_to((struct world_address){server_host->ip, 9});
    AT(ready(client, WORLD_WRITE), 20 * MS);
    IS(world_connected(client), RPC_REFUSED);
    IS(world_connected(client), RPC_REFUSED);
    end();
}

Test(network, an_address_without_a_host_times_out_after_127_seconds)
{
    begin(NULL);
    connect_to((struct world_address){0x0a0000ff, 8020});
    AT(ready(client, WORLD_WRITE), 127 * S);
    IS(world_connected(client), RPC_TIMED_OUT);
    struct sim_statistics statistics;
    sim_statistics(world, &statistics);
    cr_assert(eq(ulong, statistics.segments, 7u)); /* at 0, 1, 3, 7, 15, 31, 63 s */
    end();
}

Test(network, a_lost_syn_delays_the_connection_to_the_next_one)
{
    static const struct {
        uint64_t heal_ns, at_ns;
    } cases[] = {{500 * MS, 1 * S}, {1 * S, 3 * S},   {2 * S, 3 * S},       {3500 * MS, 7 * S},
                 {8 * S, 15 * S},   {16 * S, 31 * S}, {62999 * MS, 63 * S}, {64 * S, 127 * S}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(NULL);
        world_partition(server_host, client_host, true);
        connect_to(listener->address);
        wait_until(cases[i].heal_ns);
        world_partition(client_host, NULL, false);
        AT(ready(client, WORLD_WRITE), cases[i].at_ns);
        IS(world_connected(client), i < 7 ? RPC_OK : RPC_TIMED_OUT);
        end();
    }
}

Test(network, a_full_backlog_drops_syns_until_somebody_accepts)
{
    enum { BACKLOG = 2, FIT = BACKLOG + 1 };
    begin(NULL);
    struct world_listener *small;
    IS(world_listen(server_host, 0, BACKLOG, &small), RPC_OK);
    cr_assert(eq(int, small->address.port, 8021));
    struct world_stream *clients[FIT + 1], *accepted;
    for (uint32_t i = 0; i < FIT + 1; i++)
        IS(world_connect(client_host, small->address, i + 1, &clients[i]), RPC_OK);
    for (uint32_t i = 0; i < FIT; i++)
        IS(world_connected(clients[i]), RPC_OK);
    IS(world_connected(clients[FIT]), RPC_AGAIN);
    wait_until(2 * S);
    IS(world_accept(small, &accepted), RPC_OK);
    cr_assert(eq(uint, accepted->connection, 1u));
    AT(ready(clients[FIT], WORLD_WRITE), 3 * S);
    IS(world_connected(clients[FIT]), RPC_OK);
    world_close(accepted);
    world_listener_close(small);
    for (uint32_t i = 0; i < FIT + 1; i++) {
        IS(status_of_read(clients[i]), i == 0 ? RPC_END : RPC_RESET);
        world_close(clients[i]);
    }
    end();
}

Test(network, a_client_that_gave_up_is_never_seen)
{
    begin(&(struct world_net){.latency_ns = 10 * MS});
    connect_to(listener->address);
    wait_until(15 * MS); /* the SYN-ACK is under way */
    world_close(client);
    client = NULL;
    wait_until(5 * S);
    IS(world_accept(listener, &server), RPC_AGAIN);
    end();
}

Test(network, data_that_arrives_before_its_handshake_is_complete_completes_it)
{
    begin(&(struct world_net){.latency_ns = 10 * MS});
    connect_to(listener->address);
    wait_until(19 * MS);
    AT(ready(client, WORLD_WRITE), 20 * MS);
    world_partition(client_host, server_host, true); /* the ACK runs into it */
    IS(status_of_write(client, 3), RPC_OK);
    wait_until(100 * MS);
    world_partition(client_host, server_host, false);
    AT(ready_to_accept(), 230 * MS); /* sent again at 220 ms */
    IS(world_accept(listener, &server), RPC_OK);
    IS(status_of_read(server), RPC_OK);
    end();
}

Test(network, a_lost_syn_ack_is_sent_again_for_the_next_syn)
{
    begin(&(struct world_net){.latency_ns = 10 * MS});
    connect_to(listener->address);
    wait_until(15 * MS); /* the SYN-ACK is under way */
    world_partition(client_host, server_host, true);
    wait_until(500 * MS);
    world_partition(client_host, server_host, false);
    AT(ready(client, WORLD_WRITE), 1020 * MS);
    IS(world_connected(client), RPC_OK);
    AT(ready_to_accept(), 1030 * MS);
    end();
}

Test(network, a_handshake_that_is_never_completed_is_given_up_after_63_seconds)
{
    for (unsigned late = 0; late < 2; late++) {
        begin(&(struct world_net){.latency_ns = 10 * MS});
        connect_to(listener->address);
        wait_until(25 * MS); /* the ACK is under way */
        world_partition(client_host, server_host, true);
        wait_until((late ? 64 : 62) * S);
        world_partition(client_host, server_host, false);
        IS(world_connected(client), RPC_OK);
        IS(status_of_write(client, 1), RPC_OK);
        wait_until(70 * S);
        IS(status_of_read(client), late ? RPC_RESET : RPC_AGAIN);
        IS(world_accept(listener, &server), late ? RPC_AGAIN : RPC_OK);
        end();
    }
}

Test(network, a_connection_that_died_in_the_backlog_is_accepted_all_the_same)
{
    begin(NULL);
    connect_to(listener->address);
    IS(status_of_write(client, 2), RPC_OK);
    world_reset(client);
    client = NULL;
    IS(world_accept(listener, &server), RPC_OK);
    IS(status_of_read(server), RPC_OK);
    IS(status_of_read(server), RPC_RESET);
    IS(status_of_read(server), RPC_END);
    end();
}

Test(network, a_port_is_taken_once_and_free_again_after_close)
{
    begin(NULL);
    struct world_listener *other;
    IS(world_listen(server_host, 8020, 1, &other), RPC_ADDRESS_IN_USE);
    IS(world_listen(client_host, 8020, 1, &other), RPC_OK);
    world_listener_close(other);
    IS(world_listen(client_host, 0, 1, &other), RPC_OK);
    cr_assert(eq(int, other->address.port, 8020));
    world_listener_close(other);
    end();
}

static uint32_t port_40010(void *owner, enum world_site site, uint32_t entity, uint32_t ordinal,
                           uint32_t max, uint32_t drawn)
{
    (void)owner, (void)entity, (void)ordinal, (void)max;
    return site == SITE_CLIENT_PORT ? 40010 : drawn;
}

Test(network, a_connection_to_its_own_port_is_connected_to_itself)
{
    begin(NULL);
    world->draw = port_40010;
    uint32_t ip;
    IS(world_resolve(world, "localhost", &ip), RPC_OK);
    connect_to((struct world_address){ip, 40010});
    IS(world_connected(client), RPC_OK);
    IS(status_of_write(client, 5), RPC_OK);
    cr_assert(eq(ulong, world->ops->unread(client), 5u));
    IS(status_of_read(client), RPC_OK);
    world_shutdown(client);
    IS(status_of_read(client), RPC_END);
    end();
}

/* --- data, windows -------------------------------------------------------------------- */

Test(network, bytes_arrive_in_order_after_the_latency)
{
    link_up(&(struct world_net){.latency_ns = 10 * MS});
    AT(world_now(world), 30 * MS);
    size_t got, accepted;
    IS(world_write(client, "hello ", 6, &accepted), RPC_OK);
    wait_until(35 * MS);
    IS(world_write(client, "world", 5, &accepted), RPC_OK);
    IS(status_of_read(server), RPC_AGAIN);
    AT(ready(server, WORLD_READ), 40 * MS);
    IS(world_read(server, bytes, 3, &got), RPC_OK);
    wait_until(45 * MS);
    IS(world_read(server, bytes + 3, 100, &got), RPC_OK);
    cr_assert(eq(ulong, got, 8u));
    cr_assert(memcmp(bytes, "hello world", 11) == 0);
    end();
}

Test(network, a_reader_that_does_not_read_stops_the_writer_after_two_buffers)
{
    link_up(NULL);
    cr_assert(eq(ulong, write_all(client), 2u * 64 * 1024));
    cr_assert(eq(ulong, world->ops->unread(server), 64u * 1024));
    AT(ready(client, WORLD_WRITE), WORLD_NEVER);
    size_t got;
    IS(world_read(server, bytes, 64 * 1024 / 3, &got), RPC_OK);
    AT(ready(client, WORLD_WRITE), WORLD_NEVER); /* Linux: not before a third is free */
    IS(world_read(server, bytes, 1000, &got), RPC_OK);
    AT(ready(client, WORLD_WRITE), 0);
    cr_assert(eq(ulong, write_all(client), 64u * 1024 / 3 + 1000));
    end();
}

Test(network, a_segment_into_a_full_window_waits_for_the_reader)
{
    link_up(&(struct world_net){.latency_ns = 10 * MS, .buffer = 1000});
    cr_assert(eq(ulong, write_all(client), 1000u));
    AT(ready(client, WORLD_WRITE), 40 * MS);
    cr_assert(eq(ulong, write_all(client), 1000u));
    wait_until(1 * S);
    size_t got;
    IS(world_read(server, bytes, 5000, &got), RPC_OK);
    cr_assert(eq(ulong, got, 1000u));
    IS(status_of_read(server), RPC_AGAIN);
    AT(ready(server, WORLD_READ), 1010 * MS);
    end();
}

/* --- ends ------------------------------------------------------------------------------ */

Test(network, a_fin_comes_behind_the_data)
{
    link_up(NULL);
    size_t all = write_all(client), got;
    world_close(client);
    client = NULL;
    size_t read = 0;
    while (world_read(server, bytes, 1000, &got) == RPC_OK)
        read += got;
    cr_assert(eq(ulong, read, all));
    IS(status_of_read(server), RPC_END);
    IS(status_of_read(server), RPC_END);
    end();
}

Test(network, a_shut_down_side_still_reads)
{
    link_up(NULL);
    world_shutdown(client);
    IS(status_of_write(client, 1), RPC_BROKEN_PIPE);
    IS(status_of_read(server), RPC_END);
    IS(status_of_write(server, 1), RPC_OK);
    IS(status_of_read(client), RPC_OK);
    end();
}

Test(network, close_with_unread_bytes_resets)
{
    link_up(NULL);
    IS(status_of_write(client, 1), RPC_OK);
    world_close(server);
    server = NULL;
    IS(status_of_read(client), RPC_RESET);
    IS(status_of_read(client), RPC_END);
    IS(status_of_write(client, 1), RPC_BROKEN_PIPE);
    end();
}

Test(network, a_reset_is_told_once_and_to_the_writer_too)
{
    link_up(NULL);
    world_reset(server);
    server = NULL;
    IS(status_of_write(client, 1), RPC_RESET);
    IS(status_of_write(client, 1), RPC_BROKEN_PIPE);
    IS(status_of_read(client), RPC_END);
    end();
}

Test(network, what_had_arrived_before_a_reset_can_still_be_read)
{
    link_up(NULL);
    IS(status_of_write(server, 5), RPC_OK);
    IS(status_of_write(client, 5), RPC_OK);
    world_close(server);
    server = NULL;
    size_t got;
    IS(world_read(client, bytes, 3, &got), RPC_OK);
    IS(world_read(client, bytes, 3, &got), RPC_OK);
    cr_assert(eq(ulong, got, 2u));
    IS(status_of_read(client), RPC_RESET);
    end();
}

Test(network, what_waits_for_room_is_lost_with_a_reset)
{
    link_up(NULL);
    write_all(server);
    world_reset(server);
    server = NULL;
    size_t got;
    IS(world_read(client, bytes, sizeof(bytes), &got), RPC_OK);
    cr_assert(eq(ulong, got, 64u * 1024));
    IS(status_of_read(client), RPC_RESET);
    end();
}

Test(network, the_first_write_after_the_peers_close_succeeds_and_the_next_fails)
{
    link_up(NULL);
    world_close(server);
    server = NULL;
    IS(status_of_write(client, 1), RPC_OK);
    IS(status_of_write(client, 1), RPC_BROKEN_PIPE);
    IS(status_of_read(client), RPC_END);
    end();
}

Test(network, the_end_that_has_arrived_is_read_before_the_reset_that_follows)
{
    link_up(NULL);
    world_close(server);
    server = NULL;
    IS(status_of_write(client, 1), RPC_OK);
    IS(status_of_read(client), RPC_END);
    IS(status_of_write(client, 1), RPC_BROKEN_PIPE);
    end();
}

Test(network, data_in_flight_to_a_closed_end_comes_back_as_a_reset)
{
    link_up(&(struct world_net){.latency_ns = 10 * MS});
    IS(status_of_write(client, 100), RPC_OK);
    world_close(server); /* nothing has arrived: a FIN */
    server = NULL;
    AT(ready(client, WORLD_READ), 40 * MS);
    IS(status_of_read(client), RPC_END);
    IS(status_of_write(client, 100), RPC_OK);
    wait_until(50 * MS);
    IS(status_of_write(client, 100), RPC_BROKEN_PIPE);
    end();
}

Test(network, a_host_that_is_killed_ends_its_streams_as_the_kernel_does)
{
    link_up(NULL);
    struct world_stream *other, *accepted;
    IS(world_connect(client_host, listener->address, 8, &other), RPC_OK);
    IS(world_accept(listener, &accepted), RPC_OK);
    IS(status_of_write(other, 1), RPC_OK);
    world_host_kill(server_host);
    IS(status_of_read(client), RPC_END);
    IS(status_of_read(other), RPC_RESET);
    world_close(other);
    IS(world_connect(client_host, listener->address, 9, &other), RPC_OK);
    IS(world_connected(other), RPC_REFUSED);
    world_close(other);
    world_close(accepted);
    end();
}

/* --- partitions ------------------------------------------------------------------------ */

Test(network, what_is_written_during_a_partition_arrives_at_the_next_retransmission)
{
    static const struct {
        uint64_t heal_ns, at_ns;
    } cases[] = {
        {100 * MS, 200 * MS},
        {300 * MS, 600 * MS},
        {700 * MS, 1400 * MS},
        {100 * S, 102200 * MS},
        {103 * S, 204600 * MS},
        {205 * S, 324600 * MS}, /* never more than 120 s */
        {325 * S, (324600 + 120000) * MS},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        link_up(NULL);
        world_partition(server_host, NULL, true);
        IS(status_of_write(client, 10), RPC_OK);
        wait_until(cases[i].heal_ns);
        IS(status_of_write(client, 10), RPC_OK);
        IS(status_of_read(server), RPC_AGAIN);
        world_partition(server_host, NULL, false);
        AT(ready(server, WORLD_READ), cases[i].at_ns);
        cr_assert(eq(ulong, world->ops->unread(server), 20u));
        end();
    }
}

Test(network, a_partition_breaks_the_writer_after_924_seconds_and_leaves_the_reader_half_open)
{
    link_up(NULL);
    world_partition(server_host, client_host, true);
    wait_until(5 * S);
    cr_assert(eq(ulong, write_all(client), 64u * 1024));
    AT(ready(client, WORLD_READ), (5 + 924) * S);
    IS(status_of_read(client), RPC_TIMED_OUT);
    IS(status_of_write(client, 1), RPC_BROKEN_PIPE);
    IS(status_of_read(server), RPC_AGAIN);
    world_partition(server_host, client_host, false);
    IS(status_of_write(server, 1), RPC_OK); /* the other end does not exist: RST */
    IS(status_of_read(server), RPC_RESET);
    end();
}

Test(network, the_time_to_give_up_is_a_setting_and_the_writer_is_told)
{
    link_up(&(struct world_net){.give_up_ns = 1500 * MS});
    world_partition(server_host, client_host, true);
    IS(status_of_write(client, 1), RPC_OK);
    AT(ready(client, WORLD_READ), 1500 * MS);
    IS(status_of_write(client, 1), RPC_TIMED_OUT);
    IS(status_of_write(client, 1), RPC_BROKEN_PIPE);
    end();
}

Test(network, a_segment_in_flight_is_lost_to_a_partition_and_sent_again)
{
    link_up(&(struct world_net){.latency_ns = 10 * MS});
    IS(status_of_write(client, 10), RPC_OK); /* at 30 ms */
    world_shutdown(client);
    wait_until(35 * MS);
    world_partition(server_host, client_host, true);
    wait_until(50 * MS);
    world_partition(server_host, client_host, false);
    AT(ready(server, WORLD_READ), (30 + 200 + 10) * MS);
    IS(status_of_read(server), RPC_OK);
    IS(status_of_read(server), RPC_END);
    end();
}

Test(network, a_reset_into_a_partition_leaves_the_other_end_half_open)
{
    link_up(NULL);
    world_partition(server_host, client_host, true);
    world_reset(client);
    client = NULL;
    IS(status_of_read(server), RPC_AGAIN);
    world_partition(server_host, client_host, false);
    AT(ready(server, WORLD_READ), WORLD_NEVER);
    IS(status_of_write(server, 1), RPC_OK);
    IS(status_of_read(server), RPC_RESET);
    end();
}

Test(network, a_writer_that_waits_for_room_notices_a_partition)
{
    link_up(NULL);
    write_all(client);
    wait_until(1 * S);
    world_partition(server_host, client_host, true);
    AT(ready(client, WORLD_READ), 925 * S);
    IS(status_of_read(client), RPC_TIMED_OUT);
    end();
}

Test(network, only_the_hosts_that_were_named_are_cut_off)
{
    begin(NULL);
    struct world_host *third = world_host(world, "client2");
    struct world_stream *stream;
    world_partition(server_host, NULL, true);
    world_partition(server_host, third, false);
    IS(world_connect(third, listener->address, 1, &stream), RPC_OK);
    IS(world_connected(stream), RPC_OK);
    connect_to(listener->address);
    IS(world_connected(client), RPC_AGAIN);
    world_close(stream);
    end();
}

Test(network, a_closed_end_that_answers_with_a_reset_retransmits_no_more)
{
    link_up(NULL);
    world_partition(server_host, client_host, true);
    IS(status_of_write(client, 1), RPC_OK);
    world_close(client);
    client = NULL;
    wait_until(50 * MS);
    world_partition(server_host, client_host, false);
    IS(status_of_write(server, 1), RPC_OK);
    IS(status_of_read(server), RPC_RESET);
    struct sim_statistics statistics;
    sim_statistics(world, &statistics);
    cr_assert(eq(ulong, statistics.agenda_count, 0u));
    end();
}

Test(network, in_rough_worlds_writes_may_be_short_and_segments_late)
{
    unsigned shorter = 0, later = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        begin_with(&(struct sim_options){.seed = seed, .rough = true}, NULL);
        connect_to(listener->address);
        ready(client, WORLD_WRITE);
        later += world_now(world) > WORLD_MS;
        for (unsigned i = 0; i < 20; i++) {
            size_t accepted;
            IS(world_write(client, bytes, 1000, &accepted), RPC_OK);
            cr_assert(accepted > 0 && accepted <= 1000);
            shorter += accepted < 1000;
        }
        end();
    }
    cr_assert(gt(uint, shorter, 40u));
    cr_assert(lt(uint, shorter, 1000u));
    cr_assert(gt(uint, later, 20u));
}
