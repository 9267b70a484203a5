#include "faults/aim.h"

#include <stdlib.h>
#include <string.h>

enum rpc_status aim_copy(struct plan_aim *aim, const struct plan_aim *from)
{
    *aim = *from;
    aim->lane = from->lane == NULL ? NULL : strdup(from->lane);
    aim->method = from->method == NULL ? NULL : strdup(from->method);
    if ((from->lane != NULL && aim->lane == NULL) ||
        (from->method != NULL && aim->method == NULL)) {
        aim_release(aim);
        return RPC_NO_MEMORY;
    }
    return RPC_OK;
}

void aim_release(struct plan_aim *aim)
{
    free((char *)(uintptr_t)aim->lane);
    free((char *)(uintptr_t)aim->method);
    *aim = (struct plan_aim){0};
}

static bool fits_number(uint32_t wanted, uint32_t seen)
{
    return wanted == 0 || wanted == seen;
}

/* The whole name, or what stands behind its first slash. */
static bool fits_lane(const char *wanted, const char *name)
{
    if (wanted == NULL)
        return true;
    if (name == NULL)
        return false;
    const char *slash = strchr(name, '/');
    return strcmp(wanted, name) == 0 || (slash != NULL && strcmp(wanted, slash + 1) == 0);
}

static bool fits_method(const char *wanted, const struct point_event *event)
{
    const char *method = wanted != NULL ? point_text(event, FIELD_METHOD) : NULL;
    return wanted == NULL || (method != NULL && strcmp(wanted, method) == 0);
}

bool aim_fits(const struct plan_aim *aim, const struct point_event *event, const char *lane,
              uint64_t now_ns)
{
    return fits_number(aim->host, event->host) && fits_number(aim->server, event->server) &&
           fits_number(aim->client, event->client) &&
           fits_number(aim->connection, event->connection) &&
           (!aim->has_call || aim->call_id == event->call_id) &&
           (!aim->has_retry || aim->retry == event->retry) &&
           (aim->direction == DIRECTION_NONE || aim->direction == event->direction) &&
           now_ns >= aim->from_ns && (aim->to_ns == 0 || now_ns < aim->to_ns) &&
           fits_lane(aim->lane, lane) && fits_method(aim->method, event) &&
           (aim->where == NULL || aim->where(aim->where_owner, event));
}
