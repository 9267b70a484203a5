/*
 * A hostile peer, from a seed: throws random and damaged streams at a server, or answers a
 * client with them.
 *
 *     hostile throw PORT SECONDS SEED [VERSION]    connects to 127.0.0.1:PORT again and again
 *     hostile answer SECONDS SEED [VERSION]        prints the port on which it listens, and answers
 *
 * VERSION is the IPC version: 9; 4 with Writables that mean harm; or 4-lethal, with those of which
 * Hadoop's own Reader dies too.
 * Prints how many streams it has sent.  Exits with 1 when nobody listens (any more).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "rpc/wire/examples.h"
#include "tests/hostile/chance.h"
#include "tests/hostile/writables.h"

enum { PATIENCE_MS = 30, OPEN_MAX = 64, STREAM_MAX = 1 << 20 };

static int version = 9; /* the IPC version that it speaks */
static bool mild;       /* nothing that would kill a Reader of Hadoop's */

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- streams --- */

static void add_random(struct wire_buffer *stream, size_t length)
{
    while (length-- > 0)
        wire_buffer_add(stream, &(uint8_t){(uint8_t)chance_draw(256)}, 1);
}

static void add_example(struct wire_buffer *stream, enum wire_side side)
{
    enum wire_example example;
    unsigned first = version == 4 ? EXAMPLE_COUNT : 0;
    unsigned count = version == 4 ? EXAMPLE_ALL - EXAMPLE_COUNT : EXAMPLE_COUNT;
    do
        example = (enum wire_example)(first + chance_draw(count));
    while (wire_example_side(example) != side);
    wire_example_add(example, stream);
}

static void add_part(struct wire_buffer *stream, enum wire_side side)
{
    if (version != 4 || (!mild && chance_draw(4) == 0))
        add_example(stream, side);
    else if (side == WIRE_TO_SERVER)
        hostile_call(stream);
    else
        hostile_reply(stream);
}

/* Damage it in one place. */
static void damage(struct wire_buffer *stream)
{
    if (stream->length == 0)
        return;
    size_t at = (size_t)chance_draw(stream->length);
    size_t length = 1 + (size_t)chance_draw(stream->length - at < 64 ? stream->length - at : 64);
    struct wire_buffer copy = {.data = NULL};
    switch (chance_draw(6)) {
    case 0: /* a bit */
        stream->data[at] ^= (uint8_t)(1u << chance_draw(8));
        return;
    case 1: /* a byte that is an edge */
        stream->data[at] = (uint8_t)(chance_draw(2) == 0 ? 0xff : chance_draw(2) * 0x80);
        return;
    case 2: /* something is missing */
        memmove(stream->data + at, stream->data + at + length, stream->length - at - length);
        stream->length -= length;
        return;
    case 3: /* something comes again */
        wire_buffer_add(&copy, stream->data + at, length);
        wire_buffer_add(stream, copy.data, copy.length);
        wire_buffer_release(&copy);
        return;
    case 4: /* the rest is missing */
        stream->length = at;
        return;
    default: /* a length that is huge, or negative */
        for (size_t i = 0; i < 4 && at + i < stream->length; i++)
            stream->data[at + i] = (uint8_t)(i == 0 ? chance_draw(2) * 0xff : chance_draw(256));
        return;
    }
}

/* `fresh`: it is the connection's first. */
static void make(struct wire_buffer *stream, enum wire_side side, bool fresh)
{
    static const uint8_t preamble[] = {'h', 'r', 'p', 'c', 9, 0, 0};
    stream->length = 0;
    bool opens = side == WIRE_TO_SERVER && chance_draw(8) != 0 && (fresh || !mild);
    if (opens && version == 4)
        hostile_opening(stream);
    else if (opens)
        wire_buffer_add(stream, preamble, sizeof(preamble));
    for (uint64_t count = 1 + chance_draw(6); count > 0; count--)
        add_part(stream, side);
    if (mild)
        return;
    if (chance_draw(8) == 0)
        add_random(stream, (size_t)chance_draw(chance_draw(16) == 0 ? STREAM_MAX : 512));
    for (uint64_t count = chance_draw(5); count > 0; count--)
        damage(stream);
}

/* --- sockets --- */

/* Wait a little for what the other side says, and throw it away.  False: it has closed. */
static bool listen_a_little(int socket)
{
    uint8_t bytes[4096];
    struct pollfd asked = {.fd = socket, .events = POLLIN};
    while (poll(&asked, 1, (int)chance_draw(PATIENCE_MS)) > 0)
        if (recv(socket, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0)
            return false;
    return true;
}

/* In pieces, as far as the other side takes it. */
static void tell(int socket, const struct wire_buffer *stream)
{
    size_t at = 0;
    while (at < stream->length) {
        size_t length = stream->length - at;
        if (chance_draw(3) == 0)
            length = 1 + (size_t)chance_draw(length);
        ssize_t sent = send(socket, stream->data + at, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN && listen_a_little(socket))
            continue;
        if (sent <= 0)
            return;
        at += (size_t)sent;
    }
}

static void leave(int socket)
{
    if (chance_draw(3) == 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    else if (chance_draw(2) == 0)
        shutdown(socket, SHUT_WR);
    close(socket);
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = loopback(port);
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made >= 0 && connect(made, (struct sockaddr *)&to, sizeof(to)) == 0)
        return made;
    perror("hostile: connect");
    close(made);
    return -1;
}

static int throw_at(uint16_t port, double until_s)
{
    struct wire_buffer stream = {.data = NULL};
    int open[OPEN_MAX]; /* some are left open for a while */
    unsigned long count = 0;
    for (size_t i = 0; i < OPEN_MAX; i++)
        open[i] = -1;
    while (now_s() < until_s) {
        size_t place = (size_t)chance_draw(OPEN_MAX);
        bool fresh = open[place] < 0;
        if (fresh)
            open[place] = connect_to(port);
        if (open[place] < 0)
            return 1;
        make(&stream, WIRE_TO_SERVER, fresh);
        tell(open[place], &stream);
        count++;
        if (!listen_a_little(open[place]) || chance_draw(2) == 0) {
            leave(open[place]);
            open[place] = -1;
        }
    }
    for (size_t i = 0; i < OPEN_MAX; i++)
        if (open[i] >= 0)
            close(open[i]);
    wire_buffer_release(&stream);
    printf("%lu streams\n", count);
    return 0;
}

static int answer(double until_s)
{
    struct wire_buffer stream = {.data = NULL};
    struct sockaddr_in at = loopback(0);
    socklen_t size = sizeof(at);
    unsigned long count = 0;
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (door < 0 || bind(door, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(door, 16) != 0 ||
        getsockname(door, (struct sockaddr *)&at, &size) != 0) {
        perror("hostile: listen");
        return 1;
    }
    printf("%u\n", ntohs(at.sin_port));
    fflush(stdout);
    while (now_s() < until_s) {
        struct pollfd asked = {.fd = door, .events = POLLIN};
        int taken = poll(&asked, 1, 100) > 0 ? accept(door, NULL, NULL) : -1;
        if (taken < 0)
            continue;
        listen_a_little(taken);
        make(&stream, WIRE_TO_CLIENT, true);
        tell(taken, &stream);
        count++;
        listen_a_little(taken);
        leave(taken);
    }
    close(door);
    wire_buffer_release(&stream);
    printf("%lu streams\n", count);
    return 0;
}

static void set_version(const char *text)
{
    version = atoi(text);
    mild = strcmp(text, "4") == 0;
    if (!mild)
        hostile_be_lethal();
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    bool throws = argc >= 5 && strcmp(argv[1], "throw") == 0;
    if (argc == (throws ? 6 : 5) && (throws || strcmp(argv[1], "answer") == 0))
        set_version(argv[--argc]);
    if (argc == 5 && throws) {
        chance_begin(strtoull(argv[4], NULL, 10));
        return throw_at((uint16_t)strtoul(argv[2], NULL, 10), now_s() + strtod(argv[3], NULL));
    }
    if (argc == 4 && strcmp(argv[1], "answer") == 0) {
        chance_begin(strtoull(argv[3], NULL, 10));
        return answer(now_s() + strtod(argv[2], NULL));
    }
    fprintf(
        stderr,
        "hostile: throw PORT SECONDS SEED [9|4|4-lethal], or answer SECONDS SEED [9|4|4-lethal]\n");
    return 2;
}
