/*
 * The socket calls on a stream: read, write, shut down, close.
 */
#ifndef RPC_WORLD_SIM_STREAM_H
#define RPC_WORLD_SIM_STREAM_H

#include "rpc/world/world.h"

/* For world_ops. */
enum rpc_status sim_read(struct world_stream *stream, void *buffer, size_t size, size_t *got);
enum rpc_status sim_writev(struct world_stream *stream, const struct iovec *parts, int count,
                           size_t *accepted);
void sim_shutdown(struct world_stream *stream);
void sim_close(struct world_stream *stream, bool reset);
void sim_wake(struct world_stream *stream, enum world_direction direction);
size_t sim_unread(struct world_stream *stream);
enum rpc_status sim_net(struct world *world, const struct world_net *net);

#endif
