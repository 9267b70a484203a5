#include "rpc/client/select.h"

#include "rpc/client/inside.h"

void client_select_begin(struct client_select *select, const struct client *client,
                         int64_t timeout_ms)
{
    uint64_t now_ns = world_now(client->world);
    select->left_ms = timeout_ms;
    select->began_ms = world_wall_ms_at(client->host, now_ns);
    select->ends_ns = timeout_ms > 0 ? now_ns + (uint64_t)timeout_ms * WORLD_MS : WORLD_NEVER;
}

int64_t client_select_go_on(struct client_select *select, const struct client *client)
{
    int64_t passed = (int64_t)(world_wall_ms(client->host) - select->began_ms);
    int64_t left =
        client->plain_sockets || passed >= select->left_ms ? 0 : select->left_ms - passed;
    client_select_begin(select, client, left);
    return left;
}
