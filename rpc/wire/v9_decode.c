#include <stdio.h>
#include <string.h>

#include "rpc/arena.h"
#include "rpc/wire/coded.h"
#include "rpc/wire/data_input.h"
#include "rpc/wire/v9.h"

/* Why a message does not decode: the first reason counts, but missing fields are collected. */
struct problem {
    char *text;
    size_t size;
};

static enum rpc_status fail(struct problem *problem, const char *text)
{
    snprintf(problem->text, problem->size, "%s", text);
    return RPC_MALFORMED;
}

/* A delimited part could not be read. */
static enum rpc_status cut_short(struct problem *problem, const struct wire_coded_reader *in)
{
    fail(problem, in->problem);
    return in->problem == wire_coded_truncated ? RPC_END : RPC_MALFORMED;
}

/* Missing fields come in the order of their numbers, those of inner messages last
 * (MessageReflection.findMissingFields). */
static void missing(struct problem *problem, const char *field)
{
    static const char begin[] = "Message missing required fields: ";
    size_t length = strlen(problem->text);
    snprintf(problem->text + length, problem->size - length, "%s%s", length == 0 ? begin : ", ",
             field);
}

static enum rpc_status complete(const struct problem *problem)
{
    return problem->text[0] == '\0' ? RPC_OK : RPC_MALFORMED;
}

/* An enum's number, or none when it is not one of 0 to `last`. */
static void set_known(int *number, uint64_t value, int last)
{
    int32_t known = (int32_t)(uint32_t)value;
    if (known >= 0 && known <= last)
        *number = known;
}

static bool is_code(int32_t number)
{
    return (number >= WIRE_ERROR_APPLICATION && number <= WIRE_ERROR_RPC_VERSION_MISMATCH) ||
           (number >= WIRE_FATAL_UNKNOWN && number <= WIRE_FATAL_UNAUTHORIZED);
}

/* RPCCallerContextProto */
static void read_caller(struct wire_coded_reader *in, struct wire_bytes bytes,
                        struct wire_message *message)
{
    struct wire_coded_reader inside = wire_coded_reader(bytes);
    struct wire_coded_field field;

    while (wire_coded_next(&inside, &field)) {
        if (field.key == WIRE_CODED_BYTES(1))
            message->caller_context = field.bytes;
        else if (field.key == WIRE_CODED_BYTES(2))
            message->caller_signature = field.bytes;
    }
    if (inside.problem != NULL)
        in->problem = inside.problem;
}

static bool set_state(struct wire_message *message, uint32_t first,
                      const struct wire_coded_field *field)
{
    if (field->key == WIRE_CODED_NUMBER(first)) {
        message->has_state_id = true;
        message->state_id = (int64_t)field->number;
        return true;
    }
    if (field->key == WIRE_CODED_BYTES(first + 1)) {
        message->router_state = field->bytes;
        return true;
    }
    return false;
}

/* RpcRequestHeaderProto */
static enum rpc_status request_header(struct wire_bytes header, struct wire_message *message,
                                      struct problem *problem)
{
    struct wire_coded_reader in = wire_coded_reader(header);
    struct wire_coded_field field;
    bool has_call_id = false, has_caller = false;

    while (wire_coded_next(&in, &field)) {
        switch (field.key) {
        case WIRE_CODED_NUMBER(1):
            set_known(&message->rpc_kind, field.number, WIRE_KIND_PROTOBUF);
            break;
        case WIRE_CODED_NUMBER(2):
            set_known(&message->rpc_op, field.number, 2);
            break;
        case WIRE_CODED_NUMBER(3):
            message->call_id = wire_coded_unzigzag(field.number);
            has_call_id = true;
            break;
        case WIRE_CODED_BYTES(4):
            message->client_id = field.bytes;
            break;
        case WIRE_CODED_NUMBER(5):
            message->retry = wire_coded_unzigzag(field.number);
            break;
        case WIRE_CODED_BYTES(6): /* traceInfo */
            wire_coded_check(&in, field.bytes);
            break;
        case WIRE_CODED_BYTES(7):
            read_caller(&in, field.bytes, message);
            has_caller = true;
            break;
        default:
            set_state(message, 8, &field);
        }
    }
    if (in.problem != NULL)
        return fail(problem, in.problem);
    if (!has_call_id)
        missing(problem, "callId");
    if (message->client_id.data == NULL)
        missing(problem, "clientId");
    if (has_caller && message->caller_context.data == NULL)
        missing(problem, "callerContext.context");
    return complete(problem);
}

/* RpcResponseHeaderProto */
static enum rpc_status response_header(struct wire_bytes header, struct wire_message *message,
                                       struct problem *problem)
{
    struct wire_coded_reader in = wire_coded_reader(header);
    struct wire_coded_field field;
    bool has_call_id = false;
    int status = WIRE_NUMBER_ABSENT;

    while (wire_coded_next(&in, &field)) {
        switch (field.key) {
        case WIRE_CODED_NUMBER(1):
            message->call_id = (int32_t)(uint32_t)field.number;
            has_call_id = true;
            break;
        case WIRE_CODED_NUMBER(2):
            set_known(&status, field.number, WIRE_FATAL);
            break;
        case WIRE_CODED_NUMBER(3):
            message->ipc_version = (int32_t)(uint32_t)field.number;
            break;
        case WIRE_CODED_BYTES(4):
            message->class_name = field.bytes;
            break;
        case WIRE_CODED_BYTES(5):
            message->text = field.bytes;
            break;
        case WIRE_CODED_NUMBER(6):
            if (is_code((int32_t)(uint32_t)field.number))
                message->code = (int32_t)(uint32_t)field.number;
            break;
        case WIRE_CODED_BYTES(7):
            message->client_id = field.bytes;
            break;
        case WIRE_CODED_NUMBER(8):
            message->retry = wire_coded_unzigzag(field.number);
            break;
        default:
            set_state(message, 9, &field);
        }
    }
    if (in.problem != NULL)
        return fail(problem, in.problem);
    if (!has_call_id)
        missing(problem, "callId");
    if (status == WIRE_NUMBER_ABSENT)
        missing(problem, "status");
    else
        message->status = (enum wire_status)status;
    return complete(problem);
}

static enum wire_kind kind_of(enum wire_side side, const struct wire_message *message)
{
    if (side == WIRE_TO_CLIENT)
        return message->call_id == WIRE_CALL_SASL && message->status == WIRE_SUCCESS
                   ? WIRE_SASL
                   : WIRE_RESPONSE;
    switch (message->call_id) {
    case WIRE_CALL_CONTEXT:
        return WIRE_CONTEXT;
    case WIRE_CALL_PING:
        return WIRE_PING;
    case WIRE_CALL_SASL:
        return WIRE_SASL;
    default:
        return WIRE_REQUEST;
    }
}

/* A frame without a byte is, to Hadoop 2.6, a header without fields. */
static bool take_header(struct wire_coded_reader *in, struct wire_bytes *header)
{
    *header = (struct wire_bytes){in->at, 0};
    return in->at == in->end || wire_coded_delimited(in, header);
}

enum rpc_status wire_v9_decode(enum wire_side side, enum wire_kind expected,
                               struct wire_bytes frame, struct wire_message *message,
                               struct arena *arena, char *problem_text, size_t problem_size)
{
    (void)expected; /* each frame has a call id that says what it is */
    (void)arena;    /* every field is in the frame as it stands */
    struct problem problem = {problem_text, problem_size};
    struct wire_coded_reader in = wire_coded_reader(frame);
    struct wire_bytes header;
    enum rpc_status status;

    problem.text[0] = '\0';
    *message = (struct wire_message){.side = side,
                                     .rpc_kind = WIRE_NUMBER_ABSENT,
                                     .rpc_op = WIRE_NUMBER_ABSENT,
                                     .retry = -1,
                                     .ipc_version = WIRE_NUMBER_ABSENT};
    if (!take_header(&in, &header))
        status = fail(&problem, in.problem);
    else if (side == WIRE_TO_SERVER)
        status = request_header(header, message, &problem);
    else
        status = response_header(header, message, &problem);
    message->kind = kind_of(side, message);
    message->payload = (struct wire_bytes){in.at, (size_t)(in.end - in.at)};
    return status;
}

/* --- behind the header --- */

static enum rpc_status rest(struct wire_message *message, const struct wire_coded_reader *in)
{
    message->trailing =
        in->at < in->end ? (struct wire_bytes){in->at, (size_t)(in->end - in->at)} : WIRE_ABSENT;
    return RPC_OK;
}

/* UserInformationProto */
static void read_user(struct wire_coded_reader *in, struct wire_bytes bytes,
                      struct wire_message *message)
{
    struct wire_coded_reader inside = wire_coded_reader(bytes);
    struct wire_coded_field field;

    while (wire_coded_next(&inside, &field)) {
        if (field.key == WIRE_CODED_BYTES(1))
            message->user = field.bytes;
        else if (field.key == WIRE_CODED_BYTES(2))
            message->real_user = field.bytes;
    }
    if (inside.problem != NULL)
        in->problem = inside.problem;
}

enum rpc_status wire_v9_open_context(struct wire_message *message, struct arena *arena,
                                     char *problem_text)
{
    (void)arena;
    struct problem problem = {problem_text, WIRE_PROBLEM_MAX};
    struct wire_coded_reader in = wire_coded_reader(message->payload);
    struct wire_coded_field field;
    struct wire_bytes context;

    message->user = message->real_user = message->protocol = WIRE_ABSENT;
    if (!wire_coded_delimited(&in, &context))
        return cut_short(&problem, &in);
    struct wire_coded_reader inside = wire_coded_reader(context);
    while (wire_coded_next(&inside, &field)) {
        if (field.key == WIRE_CODED_BYTES(2))
            read_user(&inside, field.bytes, message);
        else if (field.key == WIRE_CODED_BYTES(3))
            message->protocol = field.bytes;
    }
    if (inside.problem != NULL)
        return fail(&problem, inside.problem);
    return rest(message, &in);
}

/* RpcSaslProto.SaslAuth */
static void read_auth(struct wire_coded_reader *in, struct wire_bytes bytes,
                      struct wire_sasl_auth *auth)
{
    struct wire_coded_reader inside = wire_coded_reader(bytes);
    struct wire_coded_field field;

    *auth = (struct wire_sasl_auth){.method = WIRE_ABSENT};
    while (wire_coded_next(&inside, &field)) {
        switch (field.key) {
        case WIRE_CODED_BYTES(1):
            auth->method = field.bytes;
            break;
        case WIRE_CODED_BYTES(2):
            auth->mechanism = field.bytes;
            break;
        case WIRE_CODED_BYTES(3):
            auth->protocol = field.bytes;
            break;
        case WIRE_CODED_BYTES(4):
            auth->server_id = field.bytes;
            break;
        case WIRE_CODED_BYTES(5):
            auth->challenge = field.bytes;
            break;
        default:
            break;
        }
    }
    if (inside.problem != NULL)
        in->problem = inside.problem;
}

static void find_missing(const struct wire_message *message, int state, struct problem *problem)
{
    char name[sizeof("auths[0].mechanism")];

    if (state == WIRE_NUMBER_ABSENT)
        missing(problem, "state");
    for (unsigned i = 0; i < message->auth_count; i++) {
        snprintf(name, sizeof(name), "auths[%u].method", i % 10);
        if (message->auths[i].method.data == NULL)
            missing(problem, name);
        snprintf(name, sizeof(name), "auths[%u].mechanism", i % 10);
        if (message->auths[i].mechanism.data == NULL)
            missing(problem, name);
    }
}

/* RpcSaslProto */
static enum rpc_status read_sasl(struct wire_bytes sasl, struct wire_message *message,
                                 struct wire_sasl_auth *auths, struct problem *problem)
{
    struct wire_coded_reader in = wire_coded_reader(sasl);
    struct wire_coded_field field;
    int state = WIRE_NUMBER_ABSENT;

    while (wire_coded_next(&in, &field)) {
        if (field.key == WIRE_CODED_NUMBER(2))
            set_known(&state, field.number, WIRE_SASL_WRAP);
        else if (field.key == WIRE_CODED_BYTES(3))
            message->token = field.bytes;
        else if (field.key == WIRE_CODED_BYTES(4) && message->auth_count == WIRE_SASL_AUTHS_MAX)
            in.problem = "There are more SASL auths than ripcord takes.";
        else if (field.key == WIRE_CODED_BYTES(4))
            read_auth(&in, field.bytes, &auths[message->auth_count++]);
    }
    if (in.problem != NULL)
        return fail(problem, in.problem);
    find_missing(message, state, problem);
    if (complete(problem) != RPC_OK)
        return RPC_MALFORMED;
    message->sasl_state = (enum wire_sasl_state)state;
    return RPC_OK;
}

enum rpc_status wire_v9_open_sasl(struct wire_message *message, struct arena *arena,
                                  char *problem_text)
{
    struct problem problem = {problem_text, WIRE_PROBLEM_MAX};
    struct wire_coded_reader in = wire_coded_reader(message->payload);
    struct wire_bytes sasl;

    struct wire_sasl_auth *auths = arena_room(arena, WIRE_SASL_AUTHS_MAX * sizeof(*auths));
    if (auths == NULL)
        return RPC_NO_MEMORY;
    problem.text[0] = '\0';
    message->token = WIRE_ABSENT;
    message->auths = auths;
    message->auth_count = 0;
    if (!wire_coded_delimited(&in, &sasl))
        return cut_short(&problem, &in);
    if (read_sasl(sasl, message, auths, &problem) != RPC_OK)
        return RPC_MALFORMED;
    return rest(message, &in);
}

/* RequestHeaderProto */
static enum rpc_status method_header(struct wire_bytes header, struct wire_message *message,
                                     struct problem *problem)
{
    struct wire_coded_reader in = wire_coded_reader(header);
    struct wire_coded_field field;
    struct wire_bytes method = WIRE_ABSENT, protocol = WIRE_ABSENT;
    bool has_version = false;

    while (wire_coded_next(&in, &field)) {
        if (field.key == WIRE_CODED_BYTES(1)) {
            method = field.bytes;
        } else if (field.key == WIRE_CODED_BYTES(2)) {
            protocol = field.bytes;
        } else if (field.key == WIRE_CODED_NUMBER(3)) {
            message->protocol_version = field.number;
            has_version = true;
        }
    }
    if (in.problem != NULL)
        return fail(problem, in.problem);
    if (method.data == NULL)
        missing(problem, "methodName");
    if (protocol.data == NULL)
        missing(problem, "declaringClassProtocolName");
    if (!has_version)
        missing(problem, "clientProtocolVersion");
    if (complete(problem) != RPC_OK)
        return RPC_MALFORMED;
    message->method = method;
    message->protocol = protocol;
    return RPC_OK;
}

/* WritableRpcEngine.Invocation, readFields, up to the parameters. */
static enum rpc_status open_writable(struct wire_message *message, struct arena *arena,
                                     char *problem)
{
    struct wire_data_input in = wire_data_input(message->payload, arena, problem);

    message->writable_version = wire_data_int64(&in);
    message->protocol = wire_data_utf8(&in);
    message->method = wire_data_utf8(&in);
    message->protocol_version = (uint64_t)wire_data_int64(&in);
    message->methods_hash = wire_data_int32(&in);
    message->no_utf8 = in.no_utf8;
    message->body = wire_data_rest(&in);
    return in.status;
}

/* Nothing is known but that all of it is the value. */
static enum rpc_status open_raw(struct wire_message *message)
{
    message->body = message->payload;
    message->trailing = WIRE_ABSENT;
    return RPC_OK;
}

enum rpc_status wire_v9_open_request(struct wire_message *message, struct arena *arena,
                                     char *problem_text)
{
    struct problem problem = {problem_text, WIRE_PROBLEM_MAX};
    struct wire_coded_reader in = wire_coded_reader(message->payload);
    struct wire_bytes header;

    problem.text[0] = '\0';
    message->method = message->protocol = message->body = message->trailing = WIRE_ABSENT;
    if (message->rpc_kind == WIRE_KIND_BUILTIN)
        return open_raw(message);
    if (message->rpc_kind == WIRE_KIND_WRITABLE)
        return open_writable(message, arena, problem_text);
    if (!wire_coded_delimited(&in, &header))
        return cut_short(&problem, &in);
    if (method_header(header, message, &problem) != RPC_OK)
        return RPC_MALFORMED;
    if (!wire_coded_delimited(&in, &message->body)) {
        message->body = WIRE_ABSENT;
        return cut_short(&problem, &in);
    }
    return rest(message, &in);
}

enum rpc_status wire_v9_open_value(struct wire_message *message, struct arena *arena,
                                   char *problem_text)
{
    (void)arena;
    struct problem problem = {problem_text, WIRE_PROBLEM_MAX};
    struct wire_coded_reader in = wire_coded_reader(message->payload);

    if (message->rpc_kind == WIRE_KIND_BUILTIN || message->rpc_kind == WIRE_KIND_WRITABLE)
        return open_raw(message);
    if (!wire_coded_delimited(&in, &message->body)) {
        message->body = WIRE_ABSENT;
        return cut_short(&problem, &in);
    }
    return rest(message, &in);
}
