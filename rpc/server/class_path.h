/*
 * Before 2.x a connection names a class, and any that is there will do.  That it is no protocol of
 * this server shows in each of its calls: a method is looked for in that class and then invoked on
 * the server's own object (ipc/RPC.java, Server.call).
 */
#ifndef RPC_SERVER_CLASS_PATH_H
#define RPC_SERVER_CLASS_PATH_H

#include "rpc/server/call.h"

/* What else than protocols of the server can be there. */
enum server_class {
    SERVER_CLASS_NONE,
    SERVER_CLASS_INTERFACE, /* a protocol of other servers, or VersionedProtocol */
    SERVER_CLASS_OTHER,     /* a Writable, an enum, an array, java.lang.String */
};

/* Any thread. */
enum server_class server_class_find(const struct server *server, struct wire_bytes name);

/* The method of a call whose connection names such a class, with its *owner: getProtocolVersion,
 * which all protocols have, is the server's own.  Or NULL: the call has got its exception, and
 * *answered says whether that was made.  Any thread. */
server_method_fn *server_class_method(struct server_call *call, void **owner,
                                      enum rpc_status *answered);

#endif
