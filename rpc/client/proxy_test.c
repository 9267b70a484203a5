#include "rpc/client/proxy.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

/* One opening. */
struct opening {
    struct stage *stage;
    struct client_proxy *proxy;
    bool over;
    uint64_t at_ms;
};

static void opened(struct client_proxy *proxy, void *owner)
{
    struct opening *opening = owner;
    cr_assert(eq(ptr, proxy, opening->proxy));
    cr_assert(not(opening->over));
    opening->over = true;
    opening->at_ms = stage_now_ms(opening->stage);
}

static struct opening open_it(struct stage *stage, struct client_cache *cache)
{
    struct opening opening = {.stage = stage};
    cr_assert(eq(int,
                 (int)client_proxy_create(cache, &stage->config, &stage->remote, &opening.proxy),
                 RPC_OK));
    return opening;
}

/* A proxy of version 61 has been opened, and the server has read what it asks, if it does. */
static struct client_cache *ask_for_61(enum release_id release, struct opening *opening)
{
    struct stage *stage = stage_create(release);
    struct client_cache *cache = client_cache_create(stage->world, &stage->body);
    stage->remote.protocol_version = 61;
    stage_listen(stage);
    *opening = open_it(stage, cache);
    client_proxy_open(opening->proxy, 0, opened, opening);
    stage_until(stage, 10);
    return cache;
}

static void answer_version(struct stage *stage, int32_t id, uint8_t version)
{
    uint8_t reply[] = {0,   0,   0,   (uint8_t)id, 0, 0, 0, 0, 0, 4, 'l',
                       'o', 'n', 'g', 0,           0, 0, 0, 0, 0, 0, version};
    stage_send(stage, 0, reply, sizeof(reply));
}

/* HT-37, wire.md 9.6 */
Test(proxy, asks_for_the_version_first_before_2_x)
{
    STAGE_EACH_RELEASE(release)
    {
        struct opening opening;
        struct client_cache *cache = ask_for_61(release, &opening);
        struct stage *stage = opening.stage;
        if (release <= RELEASE_1_2) {
            cr_assert(not(opening.over));
            cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 1));
            cr_assert(stage_is(stage->links[0].messages[2].text, "org.example.EchoProtocol"));
            answer_version(stage, 0, 61);
            stage_until(stage, 20);
        }
        cr_assert(opening.over);
        cr_assert(eq(sz, stage->link_count, release <= RELEASE_1_2 ? 1 : 0));
        cr_assert(eq(int, (int)client_proxy_outcome(opening.proxy)->ending, (int)CLIENT_VALUE));
        client_proxy_free(opening.proxy);
        client_cache_free(cache);
        stage_free(stage);
    }
}

Test(proxy, of_another_version_is_refused_where_it_is_made)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct opening opening;
        struct client_cache *cache = ask_for_61(release, &opening);
        struct stage *stage = opening.stage;
        answer_version(stage, 0, 62);
        stage_until(stage, 20);
        const struct client_outcome *outcome = client_proxy_outcome(opening.proxy);
        cr_assert(opening.over);
        cr_assert(stage_is(outcome->class_name, "org.apache.hadoop.ipc.RPC$VersionMismatch"));
        cr_assert(stage_is(outcome->message, "Protocol org.example.EchoProtocol version mismatch. "
                                             "(client = 61, server = 62)"));
        stage_until(stage, 5000);
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 1));
        client_proxy_free(opening.proxy);
        client_cache_free(cache);
        stage_free(stage);
    }
}

/* RX-25 */
Test(proxy, is_waited_for_with_an_attempt_each_second)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->settings.value[SETTING_CONNECT_RETRIES] = 0;
        struct client_cache *cache = client_cache_create(stage->world, &stage->body);
        struct opening patient = open_it(stage, cache), hasty = open_it(stage, cache);
        client_proxy_open(patient.proxy, 60000, opened, &patient);
        client_proxy_open(hasty.proxy, 3000, opened, &hasty);
        stage_until(stage, 5500);
        cr_assert(eq(u64, hasty.at_ms, 3000));
        cr_assert(eq(uint, client_proxy_attempts(hasty.proxy), 4));
        cr_assert(
            stage_is(client_proxy_outcome(hasty.proxy)->class_name, "java.net.ConnectException"));
        stage_listen(stage);
        stage_until(stage, 6010);
        cr_assert(eq(u64, stage->links[0].accepted_ms, 6000));
        answer_version(stage, stage->links[0].messages[2].call_id, 1);
        stage_until(stage, 6020);
        cr_assert(eq(u64, patient.at_ms, 6010));
        cr_assert(eq(uint, client_proxy_attempts(patient.proxy), 7));
        cr_assert(eq(int, (int)client_proxy_outcome(patient.proxy)->ending, (int)CLIENT_VALUE));
        client_proxy_free(patient.proxy);
        client_proxy_free(hasty.proxy);
        client_cache_free(cache);
        stage_free(stage);
    }
}

static bool refuses(struct stage *stage, struct client *client)
{
    struct client_call *call;
    client_call(client, &stage->remote, "echo", wire_text("\0\0\0\0"), NULL, NULL, NULL, &call);
    stage_until(stage, stage_now_ms(stage) + 1);
    bool stopped = client_call_outcome(call)->ending == CLIENT_STOPPED;
    client_call_free(call);
    return stopped;
}

/* SD-12 */
Test(proxy, shares_its_client_with_those_of_its_socket_factory_and_the_last_stops_it)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        struct client_cache *cache = client_cache_create(stage->world, &stage->body);
        stage_listen(stage);
        struct client_proxy *proxies[3], *plain, *next;
        for (int i = 0; i < 3; i++) {
            client_proxy_create(cache, &stage->config, &stage->remote, &proxies[i]);
            cr_assert(eq(ptr, client_proxy_client(proxies[i]), client_proxy_client(proxies[0])));
        }
        struct client *client = client_proxy_client(proxies[0]);
        struct client_config other = stage->config;
        other.plain_sockets = true;
        client_proxy_create(cache, &other, &stage->remote, &plain);
        cr_assert(ne(ptr, client_proxy_client(plain), client));
        client_proxy_close(proxies[0]);
        client_proxy_close(proxies[0]);
        client_proxy_close(proxies[1]);
        cr_assert(not(refuses(stage, client)));
        client_proxy_close(proxies[2]);
        cr_assert(refuses(stage, client));
        cr_assert(not(refuses(stage, client_proxy_client(plain))));
        client_proxy_create(cache, &stage->config, &stage->remote, &next);
        cr_assert(ne(ptr, client_proxy_client(next), client));
        for (int i = 0; i < 3; i++)
            client_proxy_free(proxies[i]);
        client_proxy_free(plain);
        client_proxy_free(next);
        client_cache_free(cache);
        stage_free(stage);
    }
}
