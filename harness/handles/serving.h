/*
 * A call that a Lua function serves: what its way (served.c) and its handle (handler_call.c) share.
 * The script's thread.
 */
#ifndef HARNESS_HANDLES_SERVING_H
#define HARNESS_HANDLES_SERVING_H

#include "harness/handles/served.h"
#include "harness/handles/spoken.h"

/* What is left to be said about a call. */
enum served_state {
    SERVED_RUNNING,  /* the Handler is busy with it */
    SERVED_DEFERRED, /* the Handler is free, the answer comes later */
    SERVED_ANSWERED, /* server_call_finish was called: `call` is gone */
    SERVED_LOST,     /* its server is dead: `call` is gone */
};

struct harness_served {
    struct harness_served *next; /* of the server's; the script's thread */
    bool listed, over;           /* in that list; it can be forgotten */
    struct harness_server *server;
    const struct harness_server_life *life;
    const struct harness_spoken *spoken;
    struct server_call *call;
    struct world_task begin;
    struct harness_served *older; /* of all of a life */
    enum served_state state;
    bool running;     /* its function has not ended */
    bool interrupted; /* the server stops */
    bool thrown;      /* the exception is the call's answer already */
    bool naps;        /* it sleeps, until */
    uint64_t nap_ns;  /* this time; 0: for ever */
    struct harness_method method;
    uint8_t client_id[16];
    size_t client_id_length;
    char user[128];
    char name[128]; /* of the method */
    int32_t call_id, retry;
    uint32_t connection;
};

/* Whether it still waits for its answer. */
static inline bool harness_served_is_open(const struct harness_served *served)
{
    return served->state == SERVED_RUNNING || served->state == SERVED_DEFERRED;
}

/* Its answer is given. */
void harness_served_finish(struct harness_served *served);

/* The exception is the answer, if there is none yet. */
void harness_served_throw(struct harness_served *served, const char *class_name,
                          const char *message);

/* The value at the top becomes the answer; false, with the error's text in its place, when it
 * does not fit. */
bool harness_served_answer(lua_State *L, struct harness_served *served);

#endif
