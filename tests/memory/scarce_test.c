/* The first, the second, the third … allocation fails, until there is enough. */
#include "tests/memory/scarce.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "faults/plan.h"
#include "rpc/client/client.h"
#include "rpc/client/failure.h"
#include "rpc/server/server.h"
#include "rpc/wire/examples.h"
#include "rpc/wire/schema.h"
#include "rpc/wire/v9.h"
#include "rpc/world/sim/sim.h"

enum { ALLOCATIONS_MAX = 10000, FRAME_MAX = 1 << 20 };

/* Do it all and give everything back; what it ends with.  Leaks are the sanitizer's to find. */
typedef enum rpc_status attempt_fn(void *subject);

/* One allocation is missing; `or_worse`: or all from there on.  Fails when `attempt` has run short
 * of memory and says anything but so, or what it says with enough. */
static void grow_poor(attempt_fn *attempt, void *subject, bool or_worse)
{
    enum rpc_status whole = attempt(subject); /* the world has what it needs by now */
    cr_assert(whole != RPC_NO_MEMORY);
    for (int for_good = 0; for_good < 1 + or_worse; for_good++) {
        size_t n = 0;
        bool struck = true;
        while (struck) {
            cr_assert(lt(sz, ++n, (size_t)ALLOCATIONS_MAX));
            scarce_begin(n, for_good != 0);
            enum rpc_status status = attempt(subject);
            struck = scarce_end();
            cr_assert(status == RPC_NO_MEMORY || status == whole, "%zu: %s", n,
                      rpc_status_text(status));
            cr_assert(struck || status == whole);
        }
        cr_assert(gt(sz, n, (size_t)1));
    }
}

/* --- rpc/wire --- */

static enum rpc_status open_message(struct wire_message *message, struct arena *arena)
{
    char problem[WIRE_PROBLEM_MAX];
    switch (message->kind) {
    case WIRE_CONTEXT:
        return wire_v9_open_context(message, arena, problem);
    case WIRE_SASL:
        return wire_v9_open_sasl(message, arena, problem);
    case WIRE_REQUEST:
        return wire_v9_open_request(message, arena, problem);
    case WIRE_RESPONSE:
        return message->status == WIRE_SUCCESS ? wire_v9_open_value(message, NULL, problem)
                                               : RPC_OK;
    case WIRE_PREAMBLE:
    case WIRE_PING:
    case WIRE_GOODBYE:
    case WIRE_HTTP:
        break;
    }
    return RPC_OK;
}

struct example {
    enum wire_side side;
    struct wire_bytes bytes;
};

/* Decode the stream and encode what came. */
static enum rpc_status read_example(void *subject)
{
    const struct example *example = subject;
    struct wire_bytes rest = example->bytes;
    struct wire_message message;
    struct wire_buffer out = {.data = NULL};
    size_t used;
    struct wire_decoder *decoder = wire_decoder_create(wire_codec(9), example->side, FRAME_MAX);
    enum rpc_status status = decoder != NULL ? RPC_OK : RPC_NO_MEMORY;
    while (status == RPC_OK && rest.length > 0) {
        status = wire_decoder_feed(decoder, rest, &used, &message);
        rest = (struct wire_bytes){rest.data + used, rest.length - used};
        if (status == RPC_OK)
            status = open_message(&message, wire_decoder_arena(decoder));
        if (status == RPC_OK && message.kind != WIRE_GOODBYE && message.kind != WIRE_HTTP)
            status = wire_codec(9)->encode(&message, &out);
    }
    wire_buffer_release(&out);
    if (decoder != NULL)
        wire_decoder_free(decoder);
    return status;
}

Test(scarce, a_stream_is_read_and_written_or_memory_is_missing)
{
    for (int i = 0; i < EXAMPLE_COUNT; i++) {
        struct wire_buffer bytes = {.data = NULL};
        struct example example = {.side = wire_example_side((enum wire_example)i)};
        wire_example_add((enum wire_example)i, &bytes);
        /* Only what a decoder that has just begun can read. */
        bool begins = example.side == WIRE_TO_CLIENT || memcmp(bytes.data, "hrpc", 4) == 0;
        example.bytes = (struct wire_bytes){bytes.data, bytes.length};
        if (begins && i != EXAMPLE_HTTP_ANSWER)
            grow_poor(read_example, &example, true);
        wire_buffer_release(&bytes);
    }
}

/* --- faults --- */

static enum rpc_status make_plan(void *subject)
{
    struct plan *plan = plan_create(subject, NULL, NULL, NULL);
    if (plan == NULL)
        return RPC_NO_MEMORY;
    const struct plan_aim aim = {.lane = "reader/0", .method = "echo"};
    const struct point_strike throws = {
        .effect = EFFECT_THROW, .class_name = "java.io.IOException", .message = "no"};
    const struct point_strike stops = {.effect = EFFECT_STOP};
    struct plan_fault *fault;
    struct plan_gate *gate;
    plan_lane(plan, 3, "server1/reader/0");
    enum rpc_status status = plan_arm(plan, POINT_SERVER_EXECUTE, &aim, &throws, &fault);
    if (status == RPC_OK)
        status = plan_arm(plan, POINT_SERVER_READ, &aim, &stops, &fault);
    if (status == RPC_OK)
        status = plan_hold(plan, POINT_SERVER_PUT, &aim, &gate);
    plan_free(plan);
    return status;
}

Test(scarce, a_plan_is_made_or_memory_is_missing)
{
    struct world *world = sim_create(&(struct sim_options){.seed = 1});
    grow_poor(make_plan, world, true);
    world_free(world);
}

#define HOUR_NS (UINT64_C(3600) * WORLD_SEC)

/* --- rpc/server, rpc/client --- */

struct pair {
    struct world *world;
    struct release_settings settings;
    const struct release *release;
    struct world_executor executor;
    unsigned ended; /* calls */
};

static server_method_fn *find(const struct server_protocol *protocol, struct wire_bytes method)
{
    (void)protocol, (void)method;
    return NULL;
}

static enum rpc_status make_server(void *subject)
{
    const struct pair *pair = subject;
    const struct server_protocol protocol = {
        .name = "org.example.EchoProtocol", .version = 1, .find = find};
    struct server *server;
    enum rpc_status status =
        server_create(pair->world,
                      &(struct server_config){.release = pair->release,
                                              .settings = &pair->settings,
                                              .host = world_host(pair->world, "server1"),
                                              .handlers = 3},
                      &server);
    if (status != RPC_OK)
        return status;
    status = server_add_protocol(server, &protocol);
    server_free(server);
    return status;
}

static enum rpc_status make_client(void *subject)
{
    struct pair *pair = subject;
    const struct client_remote remote = {.address = {.ip = 0x0a000002, .port = 8020},
                                         .protocol = "org.example.EchoProtocol",
                                         .protocol_version = 1,
                                         .user = "somebody"};
    struct client *client;
    struct client_call *call = NULL;
    enum rpc_status status =
        client_create(pair->world,
                      &(struct client_config){.release = pair->release,
                                              .settings = &pair->settings,
                                              .host = world_host(pair->world, "client1")},
                      &pair->executor, &client);
    if (status != RPC_OK)
        return status;
    struct client_caller *caller = client_caller_create(client);
    status = caller == NULL ? RPC_NO_MEMORY
                            : client_call(client, &remote, "echo",
                                          (struct wire_bytes){(const uint8_t *)"x", 1}, caller,
                                          NULL, NULL, &call);
    if (status == RPC_OK)
        client_call_free(call);
    client_caller_free(caller);
    client_free(client);
    return status;
}

static enum server_outcome echo(struct server_call *call, void *owner)
{
    (void)owner;
    while (server_call_return(call, server_call_body(call)) != RPC_OK)
        ; /* one allocation fails, not two */
    return SERVER_DONE;
}

static server_method_fn *find_echo(const struct server_protocol *protocol, struct wire_bytes method)
{
    (void)protocol, (void)method;
    return echo;
}

static void ended(struct client_call *call, void *owner)
{
    struct pair *pair = owner;
    (void)call;
    pair->ended++;
    world_stop(pair->world);
}

/* A call to a server, whatever comes of it.  RPC_OK also when it fails: somebody was poor. */
static enum rpc_status exchange(void *subject)
{
    struct pair *pair = subject;
    const struct server_protocol protocol = {
        .name = "org.example.EchoProtocol", .version = 1, .find = find_echo};
    struct client_remote remote = {.protocol = protocol.name, .protocol_version = 1};
    struct server *server = NULL;
    struct client *client = NULL;
    struct client_call *call = NULL;
    unsigned before = pair->ended;
    enum rpc_status status =
        server_create(pair->world,
                      &(struct server_config){.release = pair->release,
                                              .settings = &pair->settings,
                                              .host = world_host(pair->world, "server1")},
                      &server);
    if (status == RPC_OK)
        status = server_add_protocol(server, &protocol);
    if (status == RPC_OK)
        status = client_create(pair->world,
                               &(struct client_config){.release = pair->release,
                                                       .settings = &pair->settings,
                                                       .host = world_host(pair->world, "client1")},
                               &pair->executor, &client);
    if (status == RPC_OK) {
        server_start(server);
        remote.address = server_address(server);
        status = client_call(client, &remote, "echo", (struct wire_bytes){(const uint8_t *)"", 1},
                             NULL, ended, pair, &call);
    }
    if (status == RPC_OK)
        while (pair->ended == before &&
               world_run(pair->world, world_now(pair->world) + HOUR_NS) == WORLD_STOPPED)
            ;
    bool hangs = status == RPC_OK && pair->ended == before;
    client_call_free(call);
    if (client != NULL) {
        client_stop(client, NULL);
        world_run(pair->world, world_now(pair->world) + HOUR_NS);
        client_free(client);
    }
    if (server != NULL) {
        server_kill(server);
        world_run(pair->world, world_now(pair->world) + HOUR_NS);
        server_free(server);
    }
    return hangs ? RPC_TIMED_OUT : status;
}

static void begin_pair(struct pair *pair, enum release_id id)
{
    *pair = (struct pair){.world = sim_create(&(struct sim_options){.seed = 1}),
                          .release = release_get(id)};
    release_defaults(pair->release, &pair->settings);
    world_executor_init(pair->world, &pair->executor, world_host(pair->world, "client1"), "main",
                        NULL);
}

static void end_pair(struct pair *pair)
{
    world_executor_release(&pair->executor);
    world_free(pair->world);
}

static void with_releases(attempt_fn *attempt, bool or_worse)
{
    for (enum release_id id = RELEASE_2_6; id <= RELEASE_3_4; id++) {
        struct pair pair;
        begin_pair(&pair, id);
        grow_poor(attempt, &pair, or_worse);
        end_pair(&pair);
    }
}

Test(scarce, a_server_is_made_or_memory_is_missing)
{
    with_releases(make_server, true);
}

Test(scarce, a_client_and_a_call_are_made_or_memory_is_missing)
{
    with_releases(make_client, true);
}

Test(scarce, a_call_ends_though_memory_is_missing_on_its_way)
{
    with_releases(exchange, false);
}

Test(scarce, the_failure_that_says_so_is_not_changed_by_the_calls_that_end_with_it)
{
    struct pair pair;
    struct plan_fault *fault;
    begin_pair(&pair, RELEASE_3_4);
    struct plan *plan = plan_create(pair.world, NULL, NULL, NULL);
    const struct point_strike throws = {.effect = EFFECT_THROW,
                                        .class_name = "java.io.IOException"};
    cr_assert(plan_arm(plan, POINT_CLIENT_ENCODE, &(struct plan_aim){0}, &throws, &fault) ==
              RPC_OK);
    grow_poor(exchange, &pair, false);
    cr_assert(gt(uint, plan_fault_strikes(fault), 1u));
    scarce_begin(1, true);
    const struct client_failure *failure =
        client_failure_create(CLIENT_REFUSED, "java.net.ConnectException", NULL, NULL, NULL);
    cr_assert(scarce_end());
    cr_assert(failure->ending == CLIENT_INTERNAL && !failure->as_it_is && failure->code == 0);
    plan_free(plan);
    end_pair(&pair);
}
