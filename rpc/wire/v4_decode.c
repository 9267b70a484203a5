#include <stdio.h>

#include "rpc/wire/data_input.h"
#include "rpc/wire/v4.h"

/* A frame of SASL has no header; that of a call is its id (Server.java, processData). */
static enum rpc_status to_server(enum wire_kind expected, struct wire_data_input *in,
                                 struct wire_message *message)
{
    *message = wire_v4_message(expected);
    message->body = WIRE_ABSENT;
    if (expected == WIRE_REQUEST)
        message->call_id = wire_data_int32(in);
    else if (expected == WIRE_SASL)
        message->sasl_state = WIRE_SASL_INITIATE;
    return in->status;
}

static enum wire_status status_of(int32_t number)
{
    switch (number) {
    case WIRE_V4_SUCCESS:
        return WIRE_SUCCESS;
    case WIRE_V4_ERROR:
        return WIRE_ERROR;
    case WIRE_V4_FATAL:
        return WIRE_FATAL;
    default:
        return WIRE_STATUS_OTHER;
    }
}

static void read_status(struct wire_data_input *in, struct wire_message *message)
{
    int32_t number = wire_data_int32(in);
    message->status = status_of(number);
    message->code = message->status == WIRE_STATUS_OTHER ? number : WIRE_CODE_NONE;
}

static void read_failure(struct wire_data_input *in, struct wire_message *message)
{
    message->class_name = wire_data_string(in);
    message->text = wire_data_string(in);
}

/* Client.java, receiveResponse */
static enum rpc_status reply(struct wire_data_input *in, struct wire_message *message)
{
    *message = wire_v4_message(WIRE_RESPONSE);
    message->body = WIRE_ABSENT;
    message->call_id = wire_data_int32(in);
    read_status(in, message);
    if (message->status == WIRE_ERROR || message->status == WIRE_FATAL)
        read_failure(in, message);
    return in->status;
}

/* SaslRpcClient.java, readStatus and saslConnect: whatever is not SUCCESS is a failure. */
static enum rpc_status sasl_reply(struct wire_data_input *in, struct wire_message *message)
{
    *message = wire_v4_message(WIRE_SASL);
    message->side = WIRE_TO_CLIENT;
    message->sasl_state = WIRE_SASL_CHALLENGE;
    read_status(in, message);
    if (message->status != WIRE_SUCCESS)
        read_failure(in, message);
    return in->status;
}

enum rpc_status wire_v4_decode(enum wire_side side, enum wire_kind expected,
                               struct wire_bytes frame, struct wire_message *message,
                               struct arena *arena, char *problem, size_t problem_size)
{
    char text[WIRE_PROBLEM_MAX];
    struct wire_data_input in = wire_data_input(frame, arena, text);

    enum rpc_status status = side == WIRE_TO_SERVER  ? to_server(expected, &in, message)
                             : expected == WIRE_SASL ? sasl_reply(&in, message)
                                                     : reply(&in, message);
    message->payload = (struct wire_bytes){in.at, (size_t)(in.end - in.at)};
    if (status == RPC_OK || status == RPC_NO_MEMORY)
        return status;
    snprintf(problem, problem_size, "%s", text);
    return RPC_MALFORMED;
}

/* --- behind the header --- */

/* The fields are whole; what is left trails. */
static enum rpc_status finish(struct wire_data_input *in, struct wire_message *message)
{
    message->trailing = in->at < in->end ? wire_data_rest(in) : WIRE_ABSENT;
    return in->status == RPC_BAD_VALUE ? RPC_MALFORMED : in->status;
}

/* ConnectionHeader.java, readFields */
enum rpc_status wire_v4_open_context(struct wire_message *message, struct arena *arena,
                                     char *problem)
{
    struct wire_data_input in = wire_data_input(message->payload, arena, problem);

    message->user = message->real_user = WIRE_ABSENT;
    message->protocol = wire_data_text(&in);
    if (wire_data_boolean(&in)) {
        message->user = wire_data_utf(&in);
        if (wire_data_boolean(&in))
            message->real_user = wire_data_utf(&in);
    }
    return finish(&in, message);
}

/* To a server the frame is the token. */
enum rpc_status wire_v4_open_sasl(struct wire_message *message, struct arena *arena, char *problem)
{
    struct wire_data_input in = wire_data_input(message->payload, arena, problem);

    message->token = WIRE_ABSENT;
    message->auths = NULL;
    message->auth_count = 0;
    if (message->side == WIRE_TO_SERVER) {
        message->token = wire_data_rest(&in);
    } else if (message->status == WIRE_SUCCESS) {
        struct wire_data_input ahead = in;
        if (wire_data_int32(&ahead) == WIRE_V4_SWITCH_TO_SIMPLE) {
            message->sasl_state = WIRE_SASL_SUCCESS;
            in = ahead;
        } else {
            message->token = wire_data_string(&in);
        }
    }
    return finish(&in, message);
}

/* RPC.java, Invocation.readFields, up to its parameters */
enum rpc_status wire_v4_open_request(struct wire_message *message, struct arena *arena,
                                     char *problem)
{
    struct wire_data_input in = wire_data_input(message->payload, arena, problem);

    message->body = WIRE_ABSENT;
    message->method = wire_data_utf8(&in);
    message->no_utf8 = in.no_utf8;
    message->body = wire_data_rest(&in);
    return finish(&in, message);
}

enum rpc_status wire_v4_open_value(struct wire_message *message, struct arena *arena, char *problem)
{
    struct wire_data_input in = wire_data_input(message->payload, arena, problem);

    message->body = wire_data_rest(&in);
    return finish(&in, message);
}
