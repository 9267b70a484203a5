#include "rpc/world/live/address.h"

#include <arpa/inet.h>
#include <limits.h>
#include <sys/socket.h>

struct sockaddr_in live_address_of(struct world_address address)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(address.port),
                                .sin_addr.s_addr = htonl(address.ip)};
}

struct world_address live_address_from(const struct sockaddr_in *address)
{
    return (struct world_address){.ip = ntohl(address->sin_addr.s_addr),
                                  .port = ntohs(address->sin_port)};
}

struct sockaddr *live_address_any(struct sockaddr_in *address)
{
    return (struct sockaddr *)(void *)address;
}

struct world_address live_address_local(int descriptor)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof(address);
    getsockname(descriptor, live_address_any(&address), &size);
    return live_address_from(&address);
}

bool live_address_is_loopback(struct world_address address)
{
    return address.ip >> 24 == IN_LOOPBACKNET;
}

void live_address_set_buffers(int descriptor, size_t size)
{
    /* Linux doubles what it is asked for, and spends the other half on its own records. */
    const int bytes = size > INT_MAX ? INT_MAX : (int)size;
    if (bytes == 0)
        return;
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}
