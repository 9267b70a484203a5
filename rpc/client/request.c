#include "rpc/client/request.h"

struct point_event client_request_visit(struct client_caller *caller, struct point_value *value)
{
    *value = (struct point_value)WORLD_TEXT(METHOD, client_call_method(caller->call));
    struct point_event event = client_visit(caller->client, POINT_CLIENT_ENCODE, &caller->thread,
                                            caller->thread.connection, caller->call);
    event.values = value;
    event.value_count = 1;
    return event;
}

/* NULL: the frame is ready. */
static struct client_failure *make_frame(struct client_call *call)
{
    if (client_call_encode(call) != RPC_OK)
        return client_failure_create(CLIENT_ENCODE_ERROR, "java.lang.OutOfMemoryError",
                                     "Java heap space", NULL, NULL);
    return NULL;
}

/* The same where somebody looks on. */
static struct client_failure *make_frame_seen(struct client_caller *caller)
{
    struct point_strike strike;
    struct point_value value;
    struct point_event event = client_request_visit(caller, &value);
    struct client_failure *failure;
    if (point_strikes(&event, &strike) && strike.effect == EFFECT_THROW) {
        failure = client_failure_thrown(CLIENT_ENCODE_ERROR, strike.class_name, strike.message);
        client_failure_ends(failure, CLIENT_ENCODE_ERROR);
    } else {
        failure = make_frame(caller->call);
    }
    client_trace(caller->client, &event);
    return failure;
}

struct client_failure *client_request_make(struct client_caller *caller)
{
    return client_seen(caller->client, POINT_CLIENT_ENCODE) ? make_frame_seen(caller)
                                                            : make_frame(caller->call);
}
