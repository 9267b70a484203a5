/*
 * The peer that does nothing but move the bytes: epoll, a thread for the clients and one for
 * the server, requests and replies as long as ours in bench/calls.
 *
 *   epoll_pingpong CONNECTIONS DEPTH CALLS
 *
 * Each end answers what one read has brought with one write.
 */
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST = 133, REPLY = 98, READ_MAX = 16 << 10, EVENTS = 64, DEPTH_MAX = 128 };

struct end {
    int descriptor;
    size_t part; /* bytes of a message that has not come as a whole */
};

struct side {
    struct end *ends;
    unsigned count;
    size_t in, out; /* lengths of a message */
    uint64_t left;  /* messages that may still be sent */
    uint64_t wanted;
};

static uint8_t bytes[DEPTH_MAX * REQUEST];

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void put(const struct side *side, const struct end *end, uint64_t count)
{
    size_t length = count * side->out;
    if (length == 0)
        return;
    ssize_t sent = send(end->descriptor, bytes, length, MSG_NOSIGNAL);
    assert(sent == (ssize_t)length);
}

/* False: the peer has gone, or everything wanted has come. */
static bool answer(struct side *side, struct end *end)
{
    uint8_t room[READ_MAX];
    ssize_t got = recv(end->descriptor, room, sizeof(room), 0);
    if (got <= 0)
        return false;
    size_t there = end->part + (size_t)got;
    uint64_t count = there / side->in;
    end->part = there % side->in;
    uint64_t sends = count < side->left ? count : side->left;
    side->left -= sends;
    put(side, end, sends);
    side->wanted -= count < side->wanted ? count : side->wanted;
    return side->wanted > 0;
}

static void loop(struct side *side)
{
    int epoll = epoll_create1(0);
    for (unsigned i = 0; i < side->count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &side->ends[i]};
        int failed = epoll_ctl(epoll, EPOLL_CTL_ADD, side->ends[i].descriptor, &event);
        assert(failed == 0);
    }
    for (bool more = true; more;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count && more; i++)
            more = answer(side, events[i].data.ptr);
    }
    close(epoll);
}

static void *serve(void *side)
{
    loop(side);
    return NULL;
}

static void connect_all(struct side *clients, struct side *servers)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t size = sizeof(address);
    const int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int failed = bind(listener, (struct sockaddr *)&address, size);
    assert(failed == 0);
    listen(listener, 128);
    getsockname(listener, (struct sockaddr *)&address, &size);
    for (unsigned i = 0; i < clients->count; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        failed = connect(client, (struct sockaddr *)&address, size);
        assert(failed == 0);
        int server = accept(listener, NULL, NULL);
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        clients->ends[i].descriptor = client;
        servers->ends[i].descriptor = server;
    }
    close(listener);
}

int main(int argc, char **argv)
{
    unsigned connections = argc == 4 ? (unsigned)atoi(argv[1]) : 0;
    unsigned depth = argc == 4 ? (unsigned)atoi(argv[2]) : 0;
    if (connections == 0 || depth == 0 || depth > DEPTH_MAX) {
        fprintf(stderr, "usage: epoll_pingpong CONNECTIONS DEPTH CALLS\n");
        return 2;
    }
    uint64_t calls = strtoull(argv[3], NULL, 10);
    struct side clients = {.count = connections,
                           .ends = calloc(connections, sizeof(struct end)),
                           .in = REPLY,
                           .out = REQUEST,
                           .left = calls,
                           .wanted = calls};
    struct side servers = {.count = connections,
                           .ends = calloc(connections, sizeof(struct end)),
                           .in = REQUEST,
                           .out = REPLY,
                           .left = UINT64_MAX,
                           .wanted = UINT64_MAX};
    pthread_t server;
    connect_all(&clients, &servers);
    pthread_create(&server, NULL, serve, &servers);
    double start = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned i = 0; i < connections; i++) {
        uint64_t first = depth < clients.left ? depth : clients.left;
        clients.left -= first;
        put(&clients, &clients.ends[i], first);
    }
    loop(&clients);
    double took = seconds(CLOCK_MONOTONIC) - start;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    for (unsigned i = 0; i < connections; i++)
        shutdown(clients.ends[i].descriptor, SHUT_RDWR);
    pthread_join(server, NULL);
    for (unsigned i = 0; i < connections; i++) {
        close(clients.ends[i].descriptor);
        close(servers.ends[i].descriptor);
    }
    free(clients.ends);
    free(servers.ends);
    printf("epoll %u x %u: %.0f calls/s, %.2f us of CPU per call\n", connections, depth,
           (double)calls / took, cpu / (double)calls * 1e6);
    return 0;
}
