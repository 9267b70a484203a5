/*
 * Proxies, and the cache of the Clients behind them (ipc/RPC.java; from 2.x ipc/ClientCache.java).
 *
 * A process has one Client for each socket factory, made with the settings of whoever came first,
 * and counts the proxies that have it: the last one to be closed stops it.
 *
 * For the thread of the cache's executor, or when the world does not run.
 */
#ifndef RPC_CLIENT_PROXY_H
#define RPC_CLIENT_PROXY_H

#include "rpc/client/client.h"

struct client_cache;
struct client_proxy;

/* The cache of a process.  NULL when out of memory. */
struct client_cache *client_cache_create(struct world *world, struct world_executor *executor);
/* With all its Clients, stopped ones too.  Its proxies are gone already.  NULL is allowed. */
void client_cache_free(struct client_cache *cache);

/* The Client of config->plain_sockets, counted once more; made with `config` when there is none.
 * RPC_NO_MEMORY, and the errors of client_create. */
enum rpc_status client_cache_take(struct client_cache *cache, const struct client_config *config,
                                  struct client **client);
/* It is counted down; nobody's is stopped, and the next one to ask gets another. */
void client_cache_give(struct client_cache *cache, struct client *client);

/* client_threads of all its Clients, stopped ones too. */
unsigned client_cache_threads(const struct client_cache *cache);

/* How many have it; 0: it was stopped. */
unsigned client_cache_proxies(const struct client_cache *cache, const struct client *client);

/* A proxy; texts of `remote` and the `config` must outlive it.  The errors of
 * client_cache_take. */
enum rpc_status client_proxy_create(struct client_cache *cache, const struct client_config *config,
                                    const struct client_remote *remote,
                                    struct client_proxy **proxy);
/* Closes it too.  NULL is allowed. */
void client_proxy_free(struct client_proxy *proxy);

/* RPC.stopProxy.  Again: nothing. */
void client_proxy_close(struct client_proxy *proxy);

struct client *client_proxy_client(const struct client_proxy *proxy);

/* How an opening has ended. */
typedef void client_opened_fn(struct client_proxy *proxy, void *owner);

/* Who looks on: told of each getProtocolVersion right after client_call, and at its end. */
struct client_proxy_watch {
    void (*begun)(struct client_call *call, void *owner);
    void (*ended)(struct client_call *call, void *owner);
};
/* Before client_proxy_open, with whose `owner` they are called. */
void client_proxy_watch(struct client_proxy *proxy, const struct client_proxy_watch *watch);

/* RPC.getProxy and RPC.waitForProxy: where the release checks versions, the proxy's first call is
 * getProtocolVersion.  While nobody answers it is made again, with a second in between, until
 * `wait_ms` have passed (0: once).  `opened` is called once, never from within.  Each attempt is
 * of a proxy of its own, and one that fails is never closed: its Client is kept for ever. */
enum rpc_status client_proxy_open(struct client_proxy *proxy, int64_t wait_ms,
                                  client_opened_fn *opened, void *owner);
/* Once it has been opened: ending VALUE, or what was thrown. */
const struct client_outcome *client_proxy_outcome(const struct client_proxy *proxy);
unsigned client_proxy_attempts(const struct client_proxy *proxy);

#endif
