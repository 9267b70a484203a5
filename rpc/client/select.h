/*
 * A select of net/SocketIOWithTimeout.java.  What a wait has taken is told by the host's wall
 * clock, in every release: if that was set back meanwhile, a select that is over waits again for
 * what seems to be left. Not that of plain sockets, whose time-out is the kernel's.
 */
#ifndef RPC_CLIENT_SELECT_H
#define RPC_CLIENT_SELECT_H

#include "rpc/client/client.h"

struct client_select {
    int64_t left_ms;   /* of its time-out; 0: none, or over */
    uint64_t began_ms; /* wall clock */
    uint64_t ends_ns;  /* WORLD_NEVER: without a time-out */
};

void client_select_begin(struct client_select *select, const struct client *client,
                         int64_t timeout_ms);

/* Count off what has passed, and begin anew with what is left: that, 0 if nothing is. */
int64_t client_select_go_on(struct client_select *select, const struct client *client);

#endif
