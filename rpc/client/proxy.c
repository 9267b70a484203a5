#include "rpc/client/proxy.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/client/failure.h"
#include "rpc/client/inside.h"
#include "rpc/wire/writable.h"
#include "rpc/world/name.h"

/* --- the cache --- */

struct cached {
    struct cached *next;
    struct client *client;
    unsigned proxies; /* 0: stopped, and in nobody's way */
};

struct client_cache {
    struct world *world;
    struct world_executor *executor; /* borrowed */
    struct cached *first;            /* newest first */
};

struct client_cache *client_cache_create(struct world *world, struct world_executor *executor)
{
    struct client_cache *cache = malloc(sizeof(*cache));
    if (cache != NULL)
        *cache = (struct client_cache){.world = world, .executor = executor};
    return cache;
}

void client_cache_free(struct client_cache *cache)
{
    if (cache == NULL)
        return;
    for (struct cached *at = cache->first, *next; at != NULL; at = next) {
        next = at->next;
        client_free(at->client);
        free(at);
    }
    free(cache);
}

enum rpc_status client_cache_take(struct client_cache *cache, const struct client_config *config,
                                  struct client **client)
{
    for (struct cached *at = cache->first; at != NULL; at = at->next) {
        if (at->proxies == 0 || at->client->plain_sockets != config->plain_sockets)
            continue;
        at->proxies++;
        *client = at->client;
        return RPC_OK;
    }
    struct cached *made = malloc(sizeof(*made));
    if (made == NULL)
        return RPC_NO_MEMORY;
    *made = (struct cached){.next = cache->first, .proxies = 1};
    enum rpc_status status = client_create(cache->world, config, cache->executor, &made->client);
    if (status != RPC_OK) {
        free(made);
        return status;
    }
    cache->first = made;
    *client = made->client;
    return RPC_OK;
}

static struct cached *find(const struct client_cache *cache, const struct client *client)
{
    struct cached *at = cache->first;
    while (at->client != client)
        at = at->next;
    return at;
}

unsigned client_cache_proxies(const struct client_cache *cache, const struct client *client)
{
    return find(cache, client)->proxies;
}

unsigned client_cache_threads(const struct client_cache *cache)
{
    unsigned count = 0;
    for (const struct cached *at = cache->first; at != NULL; at = at->next)
        count += client_threads(at->client);
    return count;
}

void client_cache_give(struct client_cache *cache, struct client *client)
{
    struct cached *at = find(cache, client);
    assert(at->proxies > 0);
    if (--at->proxies == 0)
        client_stop(client, NULL);
}

/* --- a proxy --- */

struct client_proxy {
    struct client_cache *cache;         /* borrowed */
    const struct client_config *config; /* borrowed */
    struct client_remote remote;
    struct client *client;
    bool closed;

    struct world_executor executor; /* of who opens it */
    struct world_timer timer;
    struct world_task told;
    struct client_caller *caller;
    struct client_call *call;
    uint64_t began_ms;
    int64_t wait_ms;
    unsigned attempts;
    const struct client_proxy_watch *watch; /* borrowed; NULL: nobody */
    client_opened_fn *opened;
    void *owner;
    struct client_failure *failure; /* of our own */
    struct client_outcome outcome;
};

static void try_again(struct world_timer *timer);

static void tell(struct world_task *task)
{
    struct client_proxy *proxy = world_container(task, struct client_proxy, told);
    proxy->opened(proxy, proxy->owner);
}

enum rpc_status client_proxy_create(struct client_cache *cache, const struct client_config *config,
                                    const struct client_remote *remote,
                                    struct client_proxy **created)
{
    struct client_proxy *proxy = calloc(1, sizeof(*proxy));
    if (proxy == NULL)
        return RPC_NO_MEMORY;
    *proxy = (struct client_proxy){
        .cache = cache, .config = config, .remote = *remote, .told = {.run = tell}};
    enum rpc_status status = client_cache_take(cache, config, &proxy->client);
    if (status != RPC_OK) {
        free(proxy);
        return status;
    }
    char name[WORLD_NAME_MAX];
    world_name_print(name, sizeof(name), "client%u/opens", client_id(proxy->client));
    world_executor_init(cache->world, &proxy->executor, config->host, name, cache->executor);
    world_timer_init(&proxy->executor, &proxy->timer, try_again);
    *created = proxy;
    return RPC_OK;
}

void client_proxy_close(struct client_proxy *proxy)
{
    if (proxy->closed)
        return;
    proxy->closed = true;
    client_cache_give(proxy->cache, proxy->client);
}

void client_proxy_free(struct client_proxy *proxy)
{
    if (proxy == NULL)
        return;
    client_call_free(proxy->call);
    client_caller_free(proxy->caller);
    client_failure_drop(proxy->failure);
    world_timer_release(&proxy->timer);
    world_executor_release(&proxy->executor);
    client_proxy_close(proxy);
    free(proxy);
}

struct client *client_proxy_client(const struct client_proxy *proxy)
{
    return proxy->client;
}

const struct client_outcome *client_proxy_outcome(const struct client_proxy *proxy)
{
    return &proxy->outcome;
}

unsigned client_proxy_attempts(const struct client_proxy *proxy)
{
    return proxy->attempts;
}

/* --- opening it --- */

static void end(struct client_proxy *proxy)
{
    world_post(&proxy->executor, &proxy->told);
}

/* Takes the failure. */
static void end_with(struct client_proxy *proxy, struct client_failure *failure)
{
    proxy->closed = true; /* nobody has it, and so nobody will close it */
    proxy->failure = failure;
    proxy->outcome = (struct client_outcome){
        .ending = failure->ending,
        .class_name = failure->class_name,
        .message = failure->message,
    };
    end(proxy);
}

struct answer {
    bool is_long;
    int64_t number;
};

static void read_answer(void *owner, const struct writable_item *item)
{
    struct answer *answer = owner;
    if (item->depth == 0 && item->event == WRITABLE_VALUE && item->kind == WRITABLE_LONG)
        *answer = (struct answer){.is_long = true, .number = item->number};
}

/* RPC.checkVersion; NULL: the versions are the same. */
static struct client_failure *check_version(const struct client_proxy *proxy,
                                            struct wire_bytes value)
{
    char problem[WIRE_PROBLEM_MAX];
    struct answer answer = {0};
    int64_t ours = (int64_t)proxy->remote.protocol_version;
    if (writable_walk(NULL, WRITABLE_GOAL_OBJECT, NULL, value, read_answer, &answer, NULL,
                      problem) != RPC_OK ||
        !answer.is_long)
        return client_failure_create(CLIENT_REJECTED, "java.lang.ClassCastException", NULL, NULL,
                                     NULL);
    if (answer.number == ours)
        return NULL;
    return client_failure_format(CLIENT_REJECTED, "org.apache.hadoop.ipc.RPC$VersionMismatch",
                                 "Protocol %s version mismatch. (client = %lld, server = %lld)",
                                 proxy->remote.protocol != NULL ? proxy->remote.protocol : "null",
                                 (long long)ours, (long long)answer.number);
}

static bool is_class(const struct client_outcome *outcome, const char *class_name)
{
    return outcome->class_name != NULL && strcmp(outcome->class_name, class_name) == 0;
}

/* waitForProxy goes on only if nobody has answered, and while there is time. */
static bool goes_on(const struct client_proxy *proxy, const struct client_outcome *outcome)
{
    const struct client *client = proxy->client;
    bool refused = is_class(outcome, "java.net.ConnectException");
    if (!refused && !is_class(outcome, client->release->connect_timeout) &&
        !is_class(outcome, "java.net.SocketTimeoutException"))
        return false;
    int64_t passed = (int64_t)(world_wall_ms(client->host) - proxy->began_ms);
    return passed < proxy->wait_ms;
}

static void answered(struct client_call *call, void *owner)
{
    struct client_proxy *proxy = owner;
    const struct client_outcome *outcome = client_call_outcome(call);
    if (proxy->watch != NULL)
        proxy->watch->ended(call, proxy->owner);
    if (outcome->ending != CLIENT_VALUE && goes_on(proxy, outcome)) {
        world_timer_start(&proxy->timer, world_now(proxy->client->world) + WORLD_SEC);
        return;
    }
    struct client_failure *failure =
        outcome->ending == CLIENT_VALUE ? check_version(proxy, outcome->value) : NULL;
    if (failure != NULL) {
        end_with(proxy, failure);
        return;
    }
    proxy->outcome = *outcome;
    proxy->closed = outcome->ending != CLIENT_VALUE;
    end(proxy);
}

/* getProtocolVersion(protocol, version) */
static enum rpc_status attempt(struct client_proxy *proxy)
{
    static const uint8_t two[] = {0, 0, 0, 2};
    struct wire_buffer body = {0};
    const char *protocol = proxy->remote.protocol != NULL ? proxy->remote.protocol : "";
    enum rpc_status status = wire_buffer_add(&body, two, sizeof(two));
    if (status == RPC_OK)
        status = writable_put_string_object(&body, wire_text(protocol), false);
    if (status == RPC_OK)
        status = writable_put_long_object(&body, (int64_t)proxy->remote.protocol_version);
    client_call_free(proxy->call);
    proxy->call = NULL;
    proxy->attempts++;
    if (status == RPC_OK)
        status = client_call(proxy->client, &proxy->remote, "getProtocolVersion",
                             (struct wire_bytes){body.data, body.length}, proxy->caller, answered,
                             proxy, &proxy->call);
    wire_buffer_release(&body);
    if (status == RPC_OK && proxy->watch != NULL)
        proxy->watch->begun(proxy->call, proxy->owner);
    return status;
}

/* getProxy once more, which counts the Client once more. */
static void try_again(struct world_timer *timer)
{
    struct client_proxy *proxy = world_container(timer, struct client_proxy, timer);
    struct client *same;
    enum rpc_status status = client_cache_take(proxy->cache, proxy->config, &same);
    assert(status != RPC_OK || same == proxy->client);
    if (status == RPC_OK)
        status = attempt(proxy);
    if (status != RPC_OK)
        end_with(proxy, client_failure_create(CLIENT_INTERNAL, "java.lang.OutOfMemoryError",
                                              "Java heap space", NULL, NULL));
}

void client_proxy_watch(struct client_proxy *proxy, const struct client_proxy_watch *watch)
{
    proxy->watch = watch;
}

enum rpc_status client_proxy_open(struct client_proxy *proxy, int64_t wait_ms,
                                  client_opened_fn *opened, void *owner)
{
    assert(proxy->attempts == 0 && !proxy->closed);
    proxy->opened = opened;
    proxy->owner = owner;
    proxy->wait_ms = wait_ms;
    proxy->began_ms = world_wall_ms(proxy->client->host);
    if (!proxy->client->release->checks_version) {
        proxy->outcome.ending = CLIENT_VALUE;
        end(proxy);
        return RPC_OK;
    }
    proxy->caller = client_caller_create(proxy->client);
    return proxy->caller != NULL ? attempt(proxy) : RPC_NO_MEMORY;
}
