/*
 * What a server of the script speaks: one protocol or several, of either engine, each with the
 * methods that the script serves.
 */
#ifndef HARNESS_HANDLES_SPOKEN_H
#define HARNESS_HANDLES_SPOKEN_H

#include "harness/handles/server.h"

/* A method that the script serves.  Never removed; the newest stands first. */
struct harness_served_method {
    const char *name;
    struct harness_served_method *next;
};

struct harness_spoken {
    struct harness_spoken *next; /* as the script lists them */
    struct harness_server *server;
    const char *name;
    uint64_t version;
    bool writables; /* its engine */
    _Atomic(struct harness_served_method *) methods;
};

/* It in one life of its server: the owner of its methods. */
struct harness_speaker {
    struct harness_server_life *life;
    const struct harness_spoken *spoken;
};

/* From the options at `index`: protocol, engine, role, protocols. */
void harness_read_spoken(lua_State *L, int index, struct harness_server *server);

size_t harness_count_spoken(const struct harness_server *server);

/* Add them all to a life's new server. */
enum rpc_status harness_speak(struct harness_server_life *life);

/* The highest version of the protocol of that name; where there are two of it, of that engine.
 * NULL: the server has none. */
const struct harness_spoken *harness_spoken_of(const struct harness_server *server,
                                               const char *name, bool writables);

/* server:on(method, fn), where `method` may have its protocol before it: "org.example.Foo.ping" */
int harness_server_on(lua_State *L);

#endif
