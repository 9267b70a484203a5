/*
 * The handles of the scenario language: what they share, and the modules that make them.
 *
 * Objects of a case live as long as the case (harness_keep), in lists in order of creation.
 * Everything is for the script's thread, unless it says otherwise.
 */
#ifndef HARNESS_HANDLES_HANDLES_H
#define HARNESS_HANDLES_HANDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/harness.h"
#include "harness/message/value.h"
#include "rpc/wire/schema.h"
#include "rpc/wire/wire.h"

struct harness_client;
struct harness_signature; /* message/types.h */
struct harness_connection;
struct harness_host;
struct harness_peer;
struct harness_program;
struct harness_raw;
struct harness_server;
struct harness_types; /* message/types.h */

/* What the modules keep of a case. */
struct harness_handles {
    struct harness_host *hosts;
    struct harness_server *servers;
    struct harness_client *clients;
    struct harness_peer *peers;
    struct harness_raw *raws;
    struct harness_program *programs;
    struct harness_connection *connections; /* by number */
    unsigned server_count, client_count, peer_count, dial_count, program_count;
};

/* In the order of harness_modules[]. */
extern const struct harness_module harness_hosts;
extern const struct harness_module harness_servers;
extern const struct harness_module harness_clients;
extern const struct harness_module harness_peers;
extern const struct harness_module harness_programs;

extern const struct harness_type harness_call_type;
extern const struct harness_type harness_client_type;
extern const struct harness_type harness_connection_type;
extern const struct harness_type harness_counters_type;
extern const struct harness_type harness_host_type;
extern const struct harness_type harness_lane_type;
extern const struct harness_type harness_opening_type;
extern const struct harness_type harness_peer_type;
extern const struct harness_type harness_program_type;
extern const struct harness_type harness_proxy_type;
extern const struct harness_type harness_raw_type;
extern const struct harness_type harness_served_type;
extern const struct harness_type harness_server_type;

/* --- hosts: host.c --- */

struct harness_host {
    struct harness_host *next;
    struct world_host *host;
    unsigned process; /* the one that runs there now: a kill ends it, and others may follow */
    bool paused;
    uint64_t killed_ns, paused_ns; /* when */
};

/* The host called `name`, made when it is new. */
struct harness_host *harness_host_named(lua_State *L, const char *name);
/* The one of that number; NULL: none. */
struct harness_host *harness_host_by_id(struct harness *harness, uint32_t id);
/* The host that option `key` of the table at `index` names (a handle or a text), else the one
 * called `name`. */
struct harness_host *harness_host_option(lua_State *L, int index, const char *key,
                                         const char *name);

enum { HARNESS_LISTEN_PROBLEM_MAX = 128 };

/* Why nobody could listen at that port there, with the mend: "nn:8020 is taken …". */
const char *harness_listen_problem(const struct world_host *host, uint16_t port,
                                   enum rpc_status status, char text[HARNESS_LISTEN_PROBLEM_MAX]);

/* --- settings: settings.c --- */

/* For the record: what `name`, a server (with so many Handlers) or a client (0), has been given
 * that is not the release's default.  Says nothing where there is nothing. */
void harness_tell_settings(struct harness *harness, const char *name, unsigned handlers,
                           const struct release_settings *settings);

/* --- connections: connection.c --- */

/* Push the connection of the world's number `number`, nil for 0.  It is made when it is new. */
void harness_push_connection(lua_State *L, uint32_t number);

/* --- protocols: protocol.c --- */

#define HARNESS_TEST_PROTOCOL "org.ripcord.TestProtocol"

/* The protobuf service behind a protocol's Java name, or the one of that name, of those that come
 * with ripcord: the test protocol's and the roles'.  They are the same for all cases of a process,
 * and never freed.  NULL: it is not known, or memory is out.  Any thread. */
const struct schema_service *harness_service(const char *protocol);
const struct schema_service *harness_service_named(const char *service);

/* What Java calls the interface of a protobuf protocol, where that is another name; else NULL. */
const char *harness_interface(const char *protocol);

/* The types of a method.  One that its protocol does not have, or whose protocol is not known,
 * takes and gives org.ripcord.Anything. */
struct schema_method harness_method(const char *protocol, const char *method);

/* Whether calls of that protocol are Writables where nobody says otherwise: all before 2.x, later
 * those of which a file or script has said so. */
bool harness_writes(const struct harness *harness, const char *protocol);
/* The option "engine" of the table at `index`: whether it is "writable" or "protobuf"; absent:
 * `otherwise`.  What the release does not have is a skip. */
bool harness_engine_option(lua_State *L, int index, bool otherwise);

/* What a method takes and gives: protobuf messages, or Writables, values of Java types by its
 * signatures; org.ripcord.Anything where nobody has declared it. */
struct harness_method {
    const char *name;
    const char *protocol;
    const ProtobufCMessageDescriptor *request, *response; /* NULL: Writables */
    const struct harness_types *types;                    /* of Writables: the classes; */
    const struct harness_signature *signature; /* the newest one of that name; NULL: none */
    bool overlong;                             /* release->utf8_nul_overlong */
    bool packed;                               /* parameters' arrays are, where that is known */
};

/* Its texts are borrowed from the arguments. */
struct harness_method harness_method_of(const struct harness *harness, const char *protocol,
                                        bool writables, const char *method);
/* Of Writables the same for who plays no case. */
struct harness_method harness_method_written(const struct harness_types *types,
                                             const struct release *release, const char *protocol,
                                             const char *method);

/* Of a method of Writables: how its parameters and its result are written. */
struct harness_manner harness_request_manner(const struct harness_method *method);
struct harness_manner harness_answer_manner(const struct harness_method *method);

/* Append the bytes of a call's body.  A table of fields where the only parameter is a message or
 * a Writable, else the list of its arguments; a string of bytes as they are.  A Lua error when it
 * does not fit. */
void harness_request_encode(lua_State *L, int index, const struct harness_method *method,
                            struct wire_buffer *out);
/* The same for a reply's value: of a return type that is no Writable the value itself. */
void harness_answer_encode(lua_State *L, int index, const struct harness_method *method,
                           struct wire_buffer *out);
/* Push what those have made; on failure nothing, and `problem` (WIRE_PROBLEM_MAX) says why.
 * *size (or NULL): the bytes used, as others may stand behind Writables. */
enum rpc_status harness_request_decode(lua_State *L, const struct harness_method *method,
                                       struct wire_bytes bytes, size_t *size, char *problem);
enum rpc_status harness_answer_decode(lua_State *L, const struct harness_method *method,
                                      struct wire_bytes bytes, size_t *size, char *problem);

/* Append the bytes of a request or response: a table of fields, or a string of bytes as they
 * are.  A Lua error when the table does not fit. */
void harness_encode_value(lua_State *L, int index, const ProtobufCMessageDescriptor *type,
                          struct wire_buffer *out);

/* --- targets: target.c --- */

/* Where a client or a dial goes to. */
struct harness_target {
    const char *name; /* NULL: the address as it is */
    struct world_address address;
    struct harness_server *server; /* NULL: not one of ours */
};

/* The server, peer, or "name:port" at `index`; what can't be a target is a Lua error. */
struct harness_target harness_target(lua_State *L, int index);

#endif
