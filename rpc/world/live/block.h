/*
 * The addresses of a world: a /16 of 127.0.0.0/8, of which worlds of other processes that run
 * beside have another one.  127.0.0.0 for who is alone.
 */
#ifndef RPC_WORLD_LIVE_BLOCK_H
#define RPC_WORLD_LIVE_BLOCK_H

#include <stdint.h>

struct live_block {
    uint32_t ip;    /* of the block: its hosts come behind it */
    int descriptor; /* keeps it, as long as it is open, even if the process is killed; -1: shared,
                     * as all are taken */
};

void live_block_take(struct live_block *block);
void live_block_release(struct live_block *block);

#endif
