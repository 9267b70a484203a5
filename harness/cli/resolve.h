/*
 * "host:port" of the command line to an address, by the system's resolver.
 */
#ifndef HARNESS_CLI_RESOLVE_H
#define HARNESS_CLI_RESOLVE_H

#include "rpc/world/world.h"

struct cli_endpoint {
    char name[WORLD_NAME_MAX]; /* as it was given */
    struct world_address address;
};

/* Read `text`; without a port it is `port`, and 0 there means that one is needed.  0, or an
 * exit status after a complaint. */
int cli_resolve(const char *text, uint16_t port, struct cli_endpoint *endpoint);

#endif
