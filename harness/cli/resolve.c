#include "harness/cli/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/cli/usage.h"

/* The port behind the colon; -1: none that could be one. */
static long port_of(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);
    bool is_number = text[0] >= '0' && text[0] <= '9' && *end == '\0';
    return is_number && port <= UINT16_MAX ? port : -1;
}

static int look_up(const char *given, struct cli_endpoint *endpoint)
{
    const struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct in_addr number;
    if (inet_pton(AF_INET, endpoint->name, &number) == 1) {
        endpoint->address.ip = ntohl(number.s_addr);
        return CLI_WELL;
    }
    int error = getaddrinfo(endpoint->name, NULL, &wanted, &found);
    if (error != 0)
        return cli_complain(CLI_USAGE, "cannot find the host of %s: %s", given,
                            gai_strerror(error));
    struct sockaddr_in address;
    memcpy(&address, found->ai_addr, sizeof(address));
    endpoint->address.ip = ntohl(address.sin_addr.s_addr);
    freeaddrinfo(found);
    return CLI_WELL;
}

int cli_resolve(const char *text, uint16_t port, struct cli_endpoint *endpoint)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    long given = colon != NULL ? port_of(colon + 1) : port;
    *endpoint = (struct cli_endpoint){.address.ip = 0};
    if (text[0] == '[' || strchr(text, ':') != colon)
        return cli_complain(CLI_USAGE,
                            "'%s' is no address of IPv4, the only one that is spoken; "
                            "write HOST:PORT",
                            text);
    if (length == 0 || length >= sizeof(endpoint->name) || given < 0)
        return cli_complain(CLI_USAGE, "'%s' is no address; write HOST:PORT", text);
    if (colon == NULL && port == 0)
        return cli_complain(CLI_USAGE, "'%s' has no port; write %s:PORT", text, text);
    memcpy(endpoint->name, text, length);
    endpoint->address.port = (uint16_t)given;
    return look_up(text, endpoint);
}
