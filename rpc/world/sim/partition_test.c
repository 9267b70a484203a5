/* What is lost between two hosts, and when it is sent again. */
#include "rpc/world/sim/network_stage.h"

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
