/*
 * Socket stories: what a world does, as claims that hold in all worlds alike.
 *
 * A story is written once against world.h, as straight code: it acts while the world stands,
 * and lets it run to wait for something.  Two hosts and three executors are there from the
 * beginning: `client` on the main thread, `server` on one of its own, and `helper`, the
 * server's companion.
 */
#ifndef RPC_WORLD_STORIES_STORY_H
#define RPC_WORLD_STORIES_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/status.h"
#include "rpc/world/world.h"

enum story_where { STORY_EVERYWHERE, STORY_SIM, STORY_LIVE };

struct story {
    struct world *world;
    bool live, rough;
    struct world_host *near_host, *far_host; /* the client's and the server's */
    struct world_executor client, server, helper;
    unsigned failures;
    char complaint[256]; /* the first failure */
};

typedef void story_fn(struct story *story);

/* A claim, and how to try it. */
struct story_claim {
    const char *claim;
    story_fn *tell;
    enum story_where where;
    double speed; /* of the live world; 0: 1 */
};

#define STORY(text, function)                                                                      \
    {                                                                                              \
        .claim = (text), .tell = (function)                                                        \
    }
/* With a live clock that runs `times` as fast. */
#define STORY_FAST(text, function, times)                                                          \
    {                                                                                              \
        .claim = (text), .tell = (function), .speed = (times)                                      \
    }
#define STORY_SIM_ONLY(text, function)                                                             \
    {                                                                                              \
        .claim = (text), .tell = (function), .where = STORY_SIM                                    \
    }
#define STORY_LIVE_ONLY(text, function)                                                            \
    {                                                                                              \
        .claim = (text), .tell = (function), .where = STORY_LIVE                                   \
    }

struct story_chapter {
    const char *name;
    const struct story_claim *claims;
    size_t count;
};

extern const struct story_chapter story_connecting, story_bytes, story_ending, story_watching,
    story_tasks, story_timers, story_hosts, story_network, story_pieces, story_programs;

/* Note a failure; returns `holds`. */
bool story_expect(struct story *story, bool holds, const char *text, const char *file, int line);
bool story_expect_status(struct story *story, enum rpc_status seen, enum rpc_status expected,
                         const char *text, const char *file, int line);

#define EXPECT(story, condition) story_expect((story), (condition), #condition, __FILE__, __LINE__)
#define EXPECT_STATUS(story, expression, expected)                                                 \
    story_expect_status((story), (expression), (expected), #expression, __FILE__, __LINE__)

/* How long to wait for what will happen, and to see that nothing does. */
#define STORY_SOON  (5 * WORLD_SEC)
#define STORY_WHILE (20 * WORLD_MS)

/* Let the world run for so long. */
void story_pass(struct story *story, uint64_t for_ns);

/* Let it run until everything that is under way has arrived. */
void story_settle(struct story *story);

/* Let the world run until `*flag` counts `count`; false when it does not in time. */
bool story_until(struct story *story, const unsigned *flag, unsigned count);

/* Wait until a stream or a listener is ready, on the executor of its end. */
bool story_ready(struct story *story, struct world_stream *stream, enum world_direction direction,
                 uint64_t within_ns);
bool story_knocked(struct story *story, struct world_listener *listener, uint64_t within_ns);

/* Both ends of a connection and their listener; all that is not NULL is closed by
 * story_pair_close. */
struct story_pair {
    struct world_listener *listener;
    struct world_stream *client, *server;
};

/* A listener on the server's host, NULL after a failure. */
struct world_listener *story_listen(struct story *story, int backlog);

/* Begin to connect from the client's host. */
struct world_stream *story_connect(struct story *story, struct world_address to);

/* Wait for the end of the attempt. */
enum rpc_status story_connected(struct story *story, struct world_stream *stream);

/* Wait for somebody and accept; NULL after a failure. */
struct world_stream *story_accept(struct story *story, struct world_listener *listener);

bool story_pair_open(struct story *story, struct story_pair *pair);
void story_pair_close(struct story_pair *pair);

/* Write everything, waiting in between. */
enum rpc_status story_write(struct story *story, struct world_stream *stream, const char *text,
                            size_t length);

/* Wait for something to read, and read once. */
enum rpc_status story_read(struct story *story, struct world_stream *stream, char *text,
                           size_t size, size_t *got);

/* Read exactly `text`. */
bool story_reads(struct story *story, struct world_stream *stream, const char *text);

/* What the next read answers that brings no bytes. */
enum rpc_status story_read_to_end(struct story *story, struct world_stream *stream);

#endif
