/* The network's rules, each with its exact times.  What is the same in both worlds is tested
 * by the socket stories, too; here is what only virtual time can wait for. */
#include "rpc/world/sim/network_stage.h"

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
