/*
 * What a server speaks: for each engine protocols in versions (ipc/RPC.java, Server:
 * protocolImplMap).
 */
#ifndef RPC_SERVER_PROTOCOLS_H
#define RPC_SERVER_PROTOCOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "rpc/server/server.h"

/* The protocol of that engine, name and version, or NULL.  Any thread. */
const struct server_protocol *server_find_protocol(const struct server *server,
                                                   enum server_engine engine,
                                                   struct wire_bytes name, uint64_t version);

/* The highest version of that protocol; NULL: there is none.  Any thread. */
const struct server_protocol *server_highest_protocol(const struct server *server,
                                                      enum server_engine engine,
                                                      struct wire_bytes name);

/* What Java calls its interface. */
static inline const char *server_interface(const struct server_protocol *protocol)
{
    return protocol->class_name != NULL ? protocol->class_name : protocol->name;
}

/* Whether calls of that RpcKindProto are served: protobuf's always, but by a server of Writables
 * only.  Any thread. */
bool server_has_engine(const struct server *server, int rpc_kind);

void server_free_protocols(struct server *server);

#endif
