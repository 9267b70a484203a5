/*
 * What the tap's tests share: one connection with a tap on it and a reader at each end, which
 * writes down what comes and when.
 */
#ifndef HARNESS_TAP_RIG_H
#define HARNESS_TAP_RIG_H

#include "faults/plan.h"
#include "harness/tap/tap.h"
#include "rpc/wire/examples.h"

enum { RIG_ARRIVALS_MAX = 4096 };

struct rig_arrival {
    uint64_t at_ns;
    size_t length;
};

struct rig_side {
    struct world_stream *stream;
    struct world_watch read, write;
    struct wire_buffer got;
    struct rig_arrival arrivals[RIG_ARRIVALS_MAX];
    size_t count;
    enum rpc_status end; /* RPC_AGAIN: not yet */
    uint64_t end_ns;
    struct wire_bytes left; /* to be written */
};

struct rig {
    struct world_tracer tracer;
    struct world *world;
    struct plan *plan;
    struct harness_tap *tap;
    struct world_executor executor;
    struct world_listener *listener;
    struct rig_side client, server;
    unsigned visits[POINT_COUNT];
    char last[256]; /* the last wire event's values */
    enum wire_kind received[8];
    size_t received_count;
    bool foreign_server; /* the client's end has a tap only */
};

extern struct rig rig;

/* Connected and accepted in `world`, which has not run yet and is the rig's now. */
void rig_set_up(struct world *world, int ipc_version, bool foreign_server);
/* Version 9 in a calm world, a tap on both ends. */
void rig_tapped(void);
/* Nothing may be left over. */
void rig_tear_down(void);

void rig_run_until(uint64_t at_ns);
void rig_side_close(struct rig_side *side);

/* Written at once, and taken whole. */
void rig_write_all(struct rig_side *side, const void *data, size_t length);
/* By the client. */
void rig_write_text(const char *text);
void rig_say(struct rig_side *side, enum wire_example example);
/* A good message, bytes (in hex) that are none, and the good one again; and all of them pass. */
void rig_say_around(struct rig_side *side, enum wire_example good, const char *bytes);

/* The examples one after the other; the caller releases them. */
struct wire_buffer rig_bytes(size_t count, const enum wire_example *examples);
#define RIG_BYTES(...)                                                                             \
    rig_bytes(sizeof((enum wire_example[]){__VA_ARGS__}) / sizeof(enum wire_example),              \
              (enum wire_example[]){__VA_ARGS__})

/* All that has come is `expected`, which is released. */
void rig_has_got(const struct rig_side *side, struct wire_buffer expected);
/* All that has come to the server is `text`, in `count` pieces of these times and lengths. */
void rig_text_arrives(const char *text, size_t count, const uint64_t *at_ms, const size_t *lengths);
#define RIG_ARRIVES(text, count, times, lengths)                                                   \
    rig_text_arrives(text, count, (const uint64_t[])times, (const size_t[])lengths)
#define RIG_LIST(...)                                                                              \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

struct plan_fault *rig_arm(enum point point, struct plan_aim aim, struct point_strike strike);
#define RIG_ANY   ((struct plan_aim){.nth = 0})
#define RIG_FIRST ((struct plan_aim){.nth = 1})

#endif
