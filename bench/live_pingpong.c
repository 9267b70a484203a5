/*
 * What the live world costs: one connection, 80 bytes to and fro, through world.h and through
 * bare epoll, in the same layout of threads.
 *
 *   live_pingpong world|bare 1|2 ROUNDS
 *
 * 1: both ends on one thread; 2: the server on a thread of its own.
 */
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "rpc/world/live/live.h"

enum { SIZE = 80 };

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* --- through world.h --- */

struct end {
    struct world_executor executor;
    struct world_watch watch;
    struct world_stream *stream;
    uint64_t left; /* rounds; the server's are without end */
};

static void bounce(struct world_watch *watch)
{
    struct end *end = world_container(watch, struct end, watch);
    char bytes[SIZE];
    size_t got, accepted;
    enum rpc_status status = world_read(end->stream, bytes, sizeof(bytes), &got);
    if (status == RPC_AGAIN)
        return;
    assert(status == RPC_OK && got == SIZE);
    if (end->left-- == 0) {
        world_stop(end->executor.world);
        return;
    }
    status = world_write(end->stream, bytes, SIZE, &accepted);
    assert(status == RPC_OK && accepted == SIZE);
}

static void watch_end(struct end *end, uint64_t rounds)
{
    end->left = rounds;
    world_watch_init(&end->executor, &end->watch, end->stream, WORLD_READ, bounce);
    world_watch_start(&end->watch);
}

static void through_world(int threads, uint64_t rounds)
{
    static const char bytes[SIZE];
    size_t accepted;
    struct end client, server;
    struct world_listener *listener;
    struct world *world = live_create(&(struct live_options){.speed = 1});
    struct world_host *host = world_host(world, "host");
    world_executor_init(world, &client.executor, host, "client", NULL);
    if (threads == 2)
        world_executor_init_thread(world, &server.executor, host, "server");
    else
        world_executor_init(world, &server.executor, host, "server", NULL);
    enum rpc_status status = world_listen(host, 0, 1, &listener);
    assert(status == RPC_OK);
    status = world_connect(host, listener->address, 1, &client.stream);
    assert(status == RPC_OK);
    while (world_accept(listener, &server.stream) == RPC_AGAIN)
        continue;
    while (world_connected(client.stream) == RPC_AGAIN)
        continue;
    watch_end(&client, rounds);
    watch_end(&server, UINT64_MAX);
    status = world_write(client.stream, bytes, SIZE, &accepted);
    assert(status == RPC_OK);
    world_run(world, WORLD_NEVER);
    world_watch_release(&client.watch);
    world_watch_release(&server.watch);
    world_close(client.stream);
    world_close(server.stream);
    world_listener_close(listener);
    world_executor_release(&client.executor);
    world_executor_release(&server.executor);
    world_free(world);
}

/* --- bare --- */

static void add(int epoll, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    int failed = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
    assert(failed == 0);
}

/* Answer whatever comes, until `counted` has had `rounds` answers or the peer is gone. */
static void loop(int epoll, int counted, uint64_t rounds)
{
    char bytes[SIZE];
    for (;;) {
        struct epoll_event events[4];
        int count = epoll_wait(epoll, events, 4, -1);
        for (int index = 0; index < count; index++) {
            int descriptor = events[index].data.fd;
            ssize_t got = recv(descriptor, bytes, SIZE, 0);
            if (got == 0 || (descriptor == counted && rounds-- == 0))
                return;
            assert(got == SIZE);
            ssize_t sent = send(descriptor, bytes, SIZE, MSG_NOSIGNAL);
            assert(sent == SIZE);
        }
    }
}

static void *serve(void *descriptor)
{
    int epoll = epoll_create1(0);
    add(epoll, *(int *)descriptor);
    loop(epoll, -1, 0);
    close(epoll);
    return NULL;
}

static void connect_pair(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t size = sizeof(address);
    const int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int failed = bind(listener, (struct sockaddr *)&address, size);
    assert(failed == 0);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&address, &size);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    failed = connect(ends[0], (struct sockaddr *)&address, size);
    assert(failed == 0);
    ends[1] = accept(listener, NULL, NULL);
    setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(ends[1], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    close(listener);
}

static void bare(int threads, uint64_t rounds)
{
    static const char bytes[SIZE];
    int ends[2];
    pthread_t server;
    connect_pair(ends);
    int epoll = epoll_create1(0);
    add(epoll, ends[0]);
    if (threads == 2)
        pthread_create(&server, NULL, serve, &ends[1]);
    else
        add(epoll, ends[1]);
    ssize_t sent = send(ends[0], bytes, SIZE, 0);
    assert(sent == SIZE);
    loop(epoll, ends[0], rounds);
    close(ends[0]);
    if (threads == 2)
        pthread_join(server, NULL);
    close(ends[1]);
    close(epoll);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: live_pingpong world|bare 1|2 ROUNDS\n");
        return 2;
    }
    int threads = atoi(argv[2]);
    uint64_t rounds = strtoull(argv[3], NULL, 10), began_ns = now_ns();
    if (strcmp(argv[1], "world") == 0)
        through_world(threads, rounds);
    else
        bare(threads, rounds);
    double took_s = (double)(now_ns() - began_ns) / 1e9;
    printf("%s, %d thread(s): %.0f rounds/s, %.2f us each\n", argv[1], threads,
           (double)rounds / took_s, took_s * 1e6 / (double)rounds);
    return 0;
}
