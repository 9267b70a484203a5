/*
 * How a connection comes to its Reader before Hadoop 2.3 (ipc/Server.java, doAccept: startAdd,
 * registerChannel, finishAdd).
 *
 * The Listener tells the Reader that it wants in and wakes its selector; the Reader then waits,
 * and only so lets go of its monitor.  Under that monitor the Listener registers the channel and
 * appends the connection; then the Reader goes on.  A Reader that stands before a full callQueue
 * lets nobody in: the Listener stands too, with the first connection that is for that Reader in
 * its hand, and accepts nothing for the others either.
 */
#ifndef RPC_SERVER_REGISTRATION_H
#define RPC_SERVER_REGISTRATION_H

struct server_listener;
struct server_reader;
struct world_stream;

/* The Listener's lane registers `stream`, which it owns from now on, with `reader`, and then
 * goes on (server_listener_goes_on).  Takes the lock. */
void server_register(struct server_listener *listener, struct server_reader *reader,
                     struct world_stream *stream);

#endif
