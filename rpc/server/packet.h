/*
 * What a frame means to its connection (ipc/Server.java, readAndProcess and processOneRpc):
 * preamble, SASL, context, pings, calls, and everything that is refused.
 */
#ifndef RPC_SERVER_PACKET_H
#define RPC_SERVER_PACKET_H

#include "rpc/server/connection.h"

enum server_packet {
    PACKET_PARTIAL,     /* the message is not whole yet */
    PACKET_GO_ON,       /* the next one may be read in the same pass */
    PACKET_CALL,        /* connection->in_hand is to be put */
    PACKET_ENDS_PASS,   /* done; perhaps the connection is doomed */
    PACKET_REPLIES,     /* a reply is under way, or its step is held: the connection waits */
    PACKET_ENDS_READER, /* there is no memory for it; an Error that no Reader catches */
};

/* The Reader has put `got` bytes into the decoder; `message` is room for what they make. */
enum server_packet server_packet_take(struct server_connection *connection, size_t got,
                                      struct wire_message *message);

/* An Error was thrown, which nobody catches: PACKET_ENDS_READER, and the trace says so. */
enum server_packet server_packet_ends_reader(struct server_connection *connection);

#endif
