#include <string.h>

#include "rpc/world/live/live.h"
#include "rpc/world/sim/sim.h"
#include "rpc/world/stories/story.h"

static void hosts_have_names_and_addresses(struct story *story)
{
    EXPECT(story, world_host(story->world, "near") == story->near_host);
    EXPECT(story, strcmp(story->far_host->name, "far") == 0);
    EXPECT(story, story->near_host->ip != story->far_host->ip);
    EXPECT(story, story->near_host->id != story->far_host->id);
    uint32_t ip = 0;
    EXPECT_STATUS(story, world_resolve(story->world, "far", &ip), RPC_OK);
    EXPECT(story, ip == story->far_host->ip);
}

static void dotted_numbers_resolve(struct story *story)
{
    uint32_t ip = 0;
    EXPECT_STATUS(story, world_resolve(story->world, "192.0.2.77", &ip), RPC_OK);
    EXPECT(story, ip == UINT32_C(0xc000024d));
    EXPECT_STATUS(story, world_resolve(story->world, "192.0.2", &ip), RPC_NO_SUCH_NAME);
    EXPECT_STATUS(story, world_resolve(story->world, "192.0.2.256", &ip), RPC_NO_SUCH_NAME);
    EXPECT_STATUS(story, world_resolve(story->world, "", &ip), RPC_NO_SUCH_NAME);
}

static void names_lead_where_dns_says(struct story *story)
{
    uint32_t ip = 0;
    EXPECT_STATUS(story, world_resolve(story->world, "nn", &ip), RPC_NO_SUCH_NAME);
    world_dns(story->world, "nn", story->far_host);
    EXPECT_STATUS(story, world_resolve(story->world, "nn", &ip), RPC_OK);
    EXPECT(story, ip == story->far_host->ip);
    world_dns(story->world, "nn", story->near_host);
    EXPECT_STATUS(story, world_resolve(story->world, "nn", &ip), RPC_OK);
    EXPECT(story, ip == story->near_host->ip);
    world_dns(story->world, "nn", NULL);
    EXPECT_STATUS(story, world_resolve(story->world, "nn", &ip), RPC_NO_SUCH_NAME);
    world_dns(story->world, "far", NULL);
    EXPECT_STATUS(story, world_resolve(story->world, "far", &ip), RPC_NO_SUCH_NAME);
}

static void clocks_jump(struct story *story)
{
    const int64_t hour_ns = 3600 * (int64_t)WORLD_SEC;
    uint64_t near_ms = world_wall_ms(story->near_host), far_ms = world_wall_ms(story->far_host);
    EXPECT(story, near_ms > UINT64_C(900000000000)); /* some time after 1998 */
    EXPECT(story, far_ms - near_ms < 1000);
    world_clock_jump(story->far_host, hour_ns);
    EXPECT(story, world_wall_ms(story->far_host) - far_ms >= 3600000);
    EXPECT(story, world_wall_ms(story->near_host) - near_ms < 1000);
    world_clock_jump(story->far_host, -2 * hour_ns);
    EXPECT(story, world_wall_ms(story->far_host) < far_ms);
    EXPECT(story, world_uptime_ns(story->far_host) >= 86400 * WORLD_SEC);
}

static void clocks_go_on(struct story *story)
{
    uint64_t wall_ms = world_wall_ms(story->near_host);
    uint64_t uptime_ns = world_uptime_ns(story->near_host), now_ns = world_now(story->world);
    story_pass(story, 50 * WORLD_MS);
    EXPECT(story, world_wall_ms(story->near_host) - wall_ms >= 49);
    EXPECT(story, world_uptime_ns(story->near_host) - uptime_ns >= 50 * WORLD_MS);
    EXPECT(story, world_now(story->world) - now_ns >= 50 * WORLD_MS);
}

static void chance_is_a_function(struct story *story)
{
    struct world *world = story->world;
    bool differs = false;
    for (uint32_t ordinal = 0; ordinal < 100; ordinal++) {
        uint32_t drawn = world_choose(world, SITE_CLIENT_RETRY, 1, ordinal, 9);
        EXPECT(story, drawn <= 9);
        EXPECT(story, drawn == world_choose(world, SITE_CLIENT_RETRY, 1, ordinal, 9));
        differs |= drawn != world_choose(world, SITE_CLIENT_RETRY, 2, ordinal, 9);
        if (!story->rough)
            EXPECT(story, world_choose(world, SITE_STALL, 1, ordinal, 9) == 0);
    }
    EXPECT(story, differs);
    EXPECT(story, world_choose(world, SITE_SCRIPT, 3, 4, 0) == 0);
}

static uint32_t decree(void *owner, enum world_site site, uint32_t entity, uint32_t ordinal,
                       uint32_t max, uint32_t drawn)
{
    (void)owner, (void)entity, (void)max;
    return site == SITE_SCRIPT && ordinal == 7 ? 5 : drawn;
}

static void a_script_decides_draws(struct story *story)
{
    uint32_t before = world_choose(story->world, SITE_SCRIPT, 1, 6, 100);
    story->world->draw = decree;
    EXPECT(story, world_choose(story->world, SITE_SCRIPT, 1, 7, 100) == 5);
    EXPECT(story, world_choose(story->world, SITE_SCRIPT, 1, 6, 100) == before);
    story->world->draw = NULL;
}

static void random_names_differ(struct story *story)
{
    char first[16] = {0}, second[16] = {0};
    world_random(story->world, first, sizeof(first));
    world_random(story->world, second, sizeof(second));
    EXPECT(story, memcmp(first, second, sizeof(first)) != 0);
}

/* --- life and death --- */

static void a_killed_host_ends_its_streams(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    struct world_address address = pair.listener->address;
    EXPECT_STATUS(story, story_write(story, pair.server, "said", 4), RPC_OK);
    world_host_kill(story->far_host);
    story_reads(story, pair.client, "said");
    EXPECT_STATUS(story, story_read_to_end(story, pair.client), RPC_END);
    struct world_stream *late = story_connect(story, address);
    EXPECT_STATUS(story, story_connected(story, late), RPC_REFUSED);
    world_close(late);
    story_pair_close(&pair);
}

static void a_killed_host_resets_what_it_has_not_read(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.client, "unheard", 7), RPC_OK);
    story_settle(story);
    world_host_kill(story->far_host);
    EXPECT_STATUS(story, story_read_to_end(story, pair.client), RPC_RESET);
    story_pair_close(&pair);
}

static void a_killed_host_resets_its_backlog(struct story *story)
{
    struct world_listener *listener = story_listen(story, 8);
    struct world_stream *client = story_connect(story, listener->address);
    EXPECT_STATUS(story, story_connected(story, client), RPC_OK);
    story_settle(story);
    world_host_kill(story->far_host);
    EXPECT_STATUS(story, story_read_to_end(story, client), RPC_RESET);
    story_pair_close(&(struct story_pair){listener, client, NULL});
}

struct beat {
    struct world_timer timer;
    unsigned count;
};

static void beat(struct world_timer *timer)
{
    struct beat *own = world_container(timer, struct beat, timer);
    own->count++;
    world_timer_start(timer, world_now(timer->executor->world) + WORLD_MS);
}

static void beat_begin(struct beat *own, struct world_executor *executor)
{
    own->count = 0;
    world_timer_init(executor, &own->timer, beat);
    world_timer_start(&own->timer, world_now(executor->world));
}

static void a_killed_host_runs_nothing(struct story *story)
{
    struct beat dead, alive;
    beat_begin(&dead, &story->server);
    beat_begin(&alive, &story->client);
    story_pass(story, STORY_WHILE);
    world_host_kill(story->far_host);
    unsigned then = dead.count, others = alive.count;
    EXPECT(story, then > 0);
    story_pass(story, STORY_WHILE);
    EXPECT(story, dead.count == then);
    EXPECT(story, alive.count > others);
    world_timer_release(&dead.timer);
    world_timer_release(&alive.timer);
}

struct killer {
    struct world_task task;
    struct world_host *host;
    unsigned done;
};

static void kill_host(struct world_task *task)
{
    struct killer *killer = world_container(task, struct killer, task);
    world_host_kill(killer->host);
    killer->done = 1;
    world_stop(killer->host->world);
}

static void a_host_is_killed_while_it_runs(struct story *story)
{
    struct beat own, helped;
    struct story_pair pair;
    struct killer killer = {.task.run = kill_host, .host = story->far_host};
    if (!story_pair_open(story, &pair))
        return;
    beat_begin(&own, &story->server);
    beat_begin(&helped, &story->helper);
    story_pass(story, STORY_WHILE);
    world_post(&story->client, &killer.task);
    EXPECT(story, story_until(story, &killer.done, 1));
    unsigned then = own.count + helped.count;
    story_pass(story, STORY_WHILE);
    EXPECT(story, own.count + helped.count == then);
    EXPECT_STATUS(story, story_read_to_end(story, pair.client), RPC_END);
    world_timer_release(&own.timer);
    world_timer_release(&helped.timer);
    story_pair_close(&pair);
}

static void a_host_may_kill_itself(struct story *story)
{
    struct killer killer = {.task.run = kill_host, .host = story->far_host};
    world_post(&story->server, &killer.task);
    EXPECT(story, story_until(story, &killer.done, 1));
}

static void a_killed_host_begins_anew(struct story *story)
{
    struct world_listener *listener = story_listen(story, 8), *again = NULL;
    uint16_t port = listener->address.port;
    world_host_kill(story->far_host);
    world_listener_close(listener);
    struct world_executor reborn;
    struct beat own;
    world_executor_init_thread(story->world, &reborn, story->far_host, "reborn");
    EXPECT_STATUS(story, world_listen(story->far_host, port, 8, &again), RPC_OK);
    beat_begin(&own, &reborn);
    story_pass(story, STORY_WHILE);
    EXPECT(story, own.count > 0);
    world_timer_release(&own.timer);
    world_listener_close(again);
    world_executor_release(&reborn);
}

static void a_paused_host_stands_still(struct story *story)
{
    struct beat paused, lively;
    beat_begin(&paused, &story->server);
    beat_begin(&lively, &story->client);
    world_host_pause(story->far_host, true);
    story_pass(story, STORY_WHILE);
    unsigned then = paused.count, others = lively.count;
    story_pass(story, STORY_WHILE);
    EXPECT(story, paused.count == then);
    EXPECT(story, lively.count > others);
    world_host_pause(story->far_host, false);
    story_pass(story, STORY_WHILE);
    EXPECT(story, paused.count > then);
    world_timer_release(&paused.timer);
    world_timer_release(&lively.timer);
}

static void a_paused_hosts_kernel_goes_on(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_host_pause(story->far_host, true);
    struct world_stream *other = story_connect(story, pair.listener->address);
    EXPECT_STATUS(story, story_connected(story, other), RPC_OK);
    EXPECT_STATUS(story, story_write(story, pair.client, "taken", 5), RPC_OK);
    world_host_pause(story->far_host, false);
    story_reads(story, pair.server, "taken");
    world_close(other);
    story_pair_close(&pair);
}

/* Those of other processes, too. */
static void worlds_beside_each_other_share_no_port(struct story *story)
{
    struct world *beside = story->live ? live_create(&(struct live_options){.speed = 1})
                                       : sim_create(&(struct sim_options){.seed = 1});
    struct world_listener *listener = story_listen(story, 8), *other;
    world_host(beside, story->near_host->name); /* the far one is its second, as it is here */
    struct world_host *host = world_host(beside, story->far_host->name);
    if (EXPECT_STATUS(story, world_listen(host, listener->address.port, 8, &other), RPC_OK))
        world_listener_close(other);
    world_listener_close(listener);
    world_free(beside);
}

static const struct story_claim claims[] = {
    STORY("hosts have names and addresses", hosts_have_names_and_addresses),
    STORY("dotted numbers resolve", dotted_numbers_resolve),
    STORY("names lead where the dns says", names_lead_where_dns_says),
    STORY("each host's clock jumps by itself", clocks_jump),
    STORY("clocks go on", clocks_go_on),
    STORY("chance is a function of what is drawn", chance_is_a_function),
    STORY("a script decides draws", a_script_decides_draws),
    STORY("random names differ", random_names_differ),
    STORY("a killed host ends its streams and refuses", a_killed_host_ends_its_streams),
    STORY("a killed host resets what it has not read", a_killed_host_resets_what_it_has_not_read),
    STORY("a killed host resets its backlog", a_killed_host_resets_its_backlog),
    STORY("a killed host runs nothing, others do", a_killed_host_runs_nothing),
    STORY("a host is killed while it runs", a_host_is_killed_while_it_runs),
    STORY("a host may kill itself", a_host_may_kill_itself),
    STORY("a killed host may begin anew", a_killed_host_begins_anew),
    STORY("a paused host stands still, others do not", a_paused_host_stands_still),
    STORY("a paused host's kernel goes on", a_paused_hosts_kernel_goes_on),
    STORY("worlds beside each other share no port", worlds_beside_each_other_share_no_port),
};

const struct story_chapter story_hosts = {"hosts", claims, sizeof(claims) / sizeof(claims[0])};
