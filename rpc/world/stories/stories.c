/*
 * Tells every story in every world: the calm simulation, rough ones, the live world, and the
 * live world with a thread for every executor.
 *
 *     rpc.world.stories [part of a claim]
 *
 * Prints a line for each story, and how many have passed and failed; exits with 1 when one
 * has failed.
 */
#include <stdio.h>
#include <string.h>

#include "rpc/world/live/live.h"
#include "rpc/world/live/statistics.h"
#include "rpc/world/sim/sim.h"
#include "rpc/world/stories/story.h"

enum { ROUGH_SEEDS = 20 };

static const struct story_chapter *const chapters[] = {
    &story_connecting, &story_bytes, &story_ending,  &story_watching, &story_tasks,
    &story_timers,     &story_hosts, &story_network, &story_pieces,   &story_programs,
};

/* A world to try: its name, and how it is made. */
struct setting {
    const char *name;
    bool live, rough, thread_each;
    uint64_t seed;
};

static struct world *create(const struct setting *setting, const struct story_claim *claim)
{
    if (setting->live)
        return live_create(&(struct live_options){.speed = claim->speed > 0 ? claim->speed : 1,
                                                  .thread_each = setting->thread_each,
                                                  .seed = setting->seed});
    return sim_create(&(struct sim_options){.seed = setting->seed, .rough = setting->rough});
}

static void check_live_rest(struct story *story)
{
    struct live_statistics rest;
    live_statistics(story->world, &rest);
    EXPECT(story, rest.executors == 0);
    EXPECT(story, rest.timers_armed == 0);
    EXPECT(story, rest.watches == 0);
    EXPECT(story, rest.streams == 0);
    EXPECT(story, rest.listeners == 0);
    EXPECT(story, rest.sending + rest.programs > 0 || rest.descriptors == 0);
}

/* Whether the story has cleaned up after itself. */
static void check_rest(struct story *story)
{
    if (story->live) {
        check_live_rest(story);
        return;
    }
    struct sim_statistics rest;
    sim_statistics(story->world, &rest);
    EXPECT(story, rest.executors == 0);
    EXPECT(story, rest.timers_armed == 0);
    EXPECT(story, rest.watches_on == 0);
    EXPECT(story, rest.streams == 0);
    EXPECT(story, rest.listeners == 0);
    EXPECT(story, rest.locks == 0);
}

static void play(struct story *story, const struct story_claim *claim)
{
    struct world *world = story->world;
    story->near_host = world_host(world, "near");
    story->far_host = world_host(world, "far");
    world_executor_init(world, &story->client, story->near_host, "client", NULL);
    world_executor_init_thread(world, &story->server, story->far_host, "server");
    world_executor_init(world, &story->helper, story->far_host, "helper", &story->server);
    claim->tell(story);
    if (story->failures == 0) {
        world_executor_release(&story->helper);
        world_executor_release(&story->server);
        world_executor_release(&story->client);
        check_rest(story);
    }
}

/* Returns whether the claim held. */
static bool tell(const struct setting *setting, const struct story_claim *claim)
{
    struct story story = {.live = setting->live, .rough = setting->rough};
    if (claim->where == (setting->live ? STORY_SIM : STORY_LIVE))
        return true;
    story.world = create(setting, claim);
    if (story.world == NULL) {
        printf("      no world\n");
        return false;
    }
    play(&story, claim);
    world_free(story.world);
    if (story.failures > 0)
        printf("      in %s, seed %d: %s\n", setting->name, (int)setting->seed, story.complaint);
    return story.failures == 0;
}

static bool tell_everywhere(const struct story_claim *claim)
{
    bool held = tell(&(struct setting){.name = "sim", .seed = 1}, claim);
    bool held_rough = true;
    for (uint64_t seed = 1; seed <= ROUGH_SEEDS && held_rough; seed++)
        held_rough =
            tell(&(struct setting){.name = "rough sim", .rough = true, .seed = seed}, claim);
    held &= held_rough;
    held &= tell(&(struct setting){.name = "live", .live = true, .seed = 1}, claim);
    held &= tell(
        &(struct setting){
            .name = "live with a thread each", .live = true, .thread_each = true, .seed = 1},
        claim);
    return held;
}

static const char *const marks[] = {
    [STORY_EVERYWHERE] = "", [STORY_SIM] = " (sim)", [STORY_LIVE] = " (live)"};

int main(int argc, char **argv)
{
    const char *wanted = argc > 1 ? argv[1] : "";
    unsigned passed = 0, failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    point_init();
    for (size_t index = 0; index < sizeof(chapters) / sizeof(chapters[0]); index++) {
        const struct story_chapter *chapter = chapters[index];
        for (size_t at = 0; at < chapter->count; at++) {
            const struct story_claim *claim = &chapter->claims[at];
            if (strstr(claim->claim, wanted) == NULL && strcmp(chapter->name, wanted) != 0)
                continue;
            bool held = tell_everywhere(claim);
            printf("%s %s: %s%s\n", held ? "ok   " : "FAILED", chapter->name, claim->claim,
                   marks[claim->where]);
            *(held ? &passed : &failed) += 1;
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0;
}
