/* How connections come about, or do not. */
#include "rpc/world/sim/network_stage.h"

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
