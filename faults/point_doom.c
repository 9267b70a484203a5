#include "faults/point_doom.h"

void point_doom_begin(struct point_doom *doom, const struct point_strike *strike)
{
    if (doom->error != RPC_OK)
        return;
    doom->after = strike->after;
    doom->error = strike->error != 0 ? (enum rpc_status)strike->error : RPC_RESET;
}

enum rpc_status point_doom_cut(const struct point_doom *doom, size_t *length)
{
    if (doom->error == RPC_OK)
        return RPC_OK;
    if (doom->after == 0)
        return doom->error;
    if (*length > doom->after)
        *length = (size_t)doom->after;
    return RPC_OK;
}

void point_doom_passed(struct point_doom *doom, size_t length)
{
    if (doom->error != RPC_OK)
        doom->after -= length;
}
