/*
 * The kernel's addresses and ours.
 */
#ifndef RPC_WORLD_LIVE_ADDRESS_H
#define RPC_WORLD_LIVE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "rpc/world/world.h"

struct sockaddr_in live_address_of(struct world_address address);
struct world_address live_address_from(const struct sockaddr_in *address);
struct sockaddr *live_address_any(struct sockaddr_in *address);

/* Where `descriptor` is bound. */
struct world_address live_address_local(int descriptor);

bool live_address_is_loopback(struct world_address address);

/* Ask for buffers of `size` bytes; the kernel rounds.  0: as the kernel likes. */
void live_address_set_buffers(int descriptor, size_t size);

#endif
