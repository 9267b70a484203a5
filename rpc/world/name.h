/*
 * Names of what a world has, put together of texts and numbers: "client1/conn/3/sender".  A world
 * makes dozens of them before anything happens.
 */
#ifndef RPC_WORLD_NAME_H
#define RPC_WORLD_NAME_H

#include <stddef.h>
#include <stdint.h>

/* Print like snprintf, of which it knows %s and %u alone; returns `name`.  What has no room in
 * `size` bytes is left out. */
char *world_name_print(char *name, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
