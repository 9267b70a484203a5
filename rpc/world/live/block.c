#include "rpc/world/live/block.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LOOPBACK_IP (UINT32_C(127) << 24)

enum { BLOCKS = 255 }; /* 127.255.255.255 is everybody's */

/* A name that only one socket of the machine's network has: in no folder, and gone with it. */
static int bind_name(int descriptor, unsigned number)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "ripcord/127.%u", number);
    return bind(descriptor, (struct sockaddr *)(void *)&name,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length));
}

void live_block_take(struct live_block *block)
{
    unsigned number = 0;
    *block = (struct live_block){.ip = LOOPBACK_IP,
                                 .descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    while (block->descriptor >= 0 && bind_name(block->descriptor, number) != 0)
        if (++number == BLOCKS)
            live_block_release(block);
    if (block->descriptor >= 0)
        block->ip = LOOPBACK_IP | (uint32_t)number << 16;
}

void live_block_release(struct live_block *block)
{
    if (block->descriptor >= 0)
        close(block->descriptor);
    block->descriptor = -1;
}
