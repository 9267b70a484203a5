/*
 * Roads: what is on its way between the two ends of each connection, until it arrives or is
 * known never to.  Everything is locked (harness_lock), and needs a record.
 */
#ifndef HARNESS_JUDGE_ROAD_H
#define HARNESS_JUDGE_ROAD_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/harness.h"
#include "reports/record.h"

/* A message that is on its way. */
struct travelling {
    struct travelling *next;
    bool lost; /* TCP sends it again, if there is time */
    struct record_msg line;
};

/* A message of which only a part has been taken by the socket. */
struct partial {
    bool begun;
    uint32_t call;
    int64_t t_ns, accepted, length;
};

/* One direction of one connection, the oldest first. */
struct way {
    struct travelling *first, **last;
    struct partial partial;
    uint32_t fault; /* has stopped its reader; 0: none */
    uint32_t next_fault;
    enum record_fate next_fate; /* of the message whose first bytes are being written */
    bool closed;                /* its reader is gone */
};

struct road {
    struct way ways[2]; /* c2s, s2c */
};

struct harness_road_map {
    struct road **roads; /* by the number of the connection */
    uint32_t room;
    uint32_t messages, frames;
    struct travelling *spare;
};

/* The road of a connection, made when it is new; NULL when out of memory. */
struct road *harness_road(struct harness *harness, uint32_t connection);

/* Put `line` at the end of the way; its number is given here.  NULL when out of memory. */
struct travelling *harness_way_append(struct harness *harness, struct way *way,
                                      const struct record_msg *line);

/* Write the oldest of the way, which has arrived at `at_ns` or (RECORD_NEVER) never will. */
void harness_way_arrive(struct harness *harness, struct way *way, int64_t at_ns);

/* What stands before `stop` never arrives. */
void harness_way_pass_by(struct harness *harness, struct way *way, const struct travelling *stop);

/* What has been begun on the way is never written whole. */
void harness_way_give_up(struct harness *harness, struct way *way, uint32_t connection,
                         bool to_server);

/* What an event says of messages: writes that stop half way, ends of streams; `call` (0: none
 * that is known) is to be answered by `reply_length` bytes (-1: unknown). */
void harness_road_event(struct harness *harness, const struct point_event *event, uint32_t call,
                        int64_t reply_length);

/* Fault `fault` has struck there. */
void harness_road_struck(struct harness *harness, uint32_t fault, enum point_effect effect,
                         const struct point_event *event);

#endif
