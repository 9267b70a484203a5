#include "harness/play/play.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/explain/explain.h"
#include "harness/fault/fault.h"
#include "harness/fault/outside.h"
#include "harness/judge/expect.h"
#include "harness/judge/invariants.h"
#include "harness/judge/matcher.h"
#include "harness/lua/chance.h"
#include "harness/lua/sandbox.h"
#include "harness/lua/units.h"
#include "harness/play/refs.h"
#include "harness/play/scene.h"
#include "harness/play/task.h"
#include "harness/trace/ledger.h"
#include "harness/trace/lines.h"
#include "harness/trace/trace.h"
#include "harness/trace/tracer.h"
#include "rpc/arena.h"
#include "rpc/release.h"

/* Nothing but pings for so long: nothing else will ever come.  No timer of the stack is
 * longer than an hour. */
#define QUIET_NS (UINT64_C(24) * 3600 * WORLD_SEC)

/* HARNESS_REST_NS in the simulation. */
#define REST_SIM_NS (UINT64_C(3600) * WORLD_SEC)
/* The same where the script has asked nothing so far: only a handler of its own still may; and
 * where it is void, as more may be to tell. */
#define REST_VOID_NS WORLD_SEC

/* What expectations of times forgive where the seed draws costs and latencies. */
#define ROUGH_EARLY_NS WORLD_MS
#define ROUGH_LATE_NS  (20 * WORLD_MS)

#define GIVE_UP_NS (UINT64_C(924) * WORLD_SEC)
enum { BUFFER = 64 * 1024 };

struct game {
    struct harness harness;
    struct harness_tracer tracer;
    const struct harness_case *play;
    const struct harness_worlds *worlds;
    bool body_ended, executors, modules_begun;
    bool hung; /* the body waited for what can't happen, or too long */
    bool interrupted;
};

void harness_task_failed(struct harness *harness, const char *name, const char *text)
{
    if (!harness->left)
        harness_broken(harness, "%s: %s", name, text);
}

/* --- making --- */

static bool begin_world(struct game *game)
{
    struct harness *harness = &game->harness;
    const struct harness_worlds *worlds = game->worlds;
    harness->world = worlds->create(worlds->owner, game->play);
    if (harness->world == NULL)
        return false;
    harness->lock = world_lock_create(harness->world);
    harness->trace = harness_trace_create(&harness->locked);
    harness->ledger = harness_ledger_create(harness);
    if (harness->lock == NULL || harness->trace == NULL || harness->ledger == NULL ||
        harness_findings_begin(harness) != RPC_OK)
        return false;
    /* Both worlds have the same buffers, else a response that is stuck in one fits in the other. */
    world_net(harness->world, &(struct world_net){.buffer = BUFFER, .give_up_ns = GIVE_UP_NS});
    harness_tracer_begin(&game->tracer, harness);
    harness->plan = plan_create(harness->world, harness_identify, harness_fault_struck, harness);
    if (harness->plan == NULL)
        return false;
    if (harness->record != NULL)
        harness->lines = harness_lines_create(harness);
    harness->host = world_host(harness->world, "script");
    if (harness->host == NULL)
        return false;
    world_executor_init(harness->world, &harness->executor, harness->host, "script", NULL);
    harness->executor.lowest = true;
    world_executor_init(harness->world, &harness->handlers, harness->host, "script/handlers",
                        &harness->executor);
    game->executors = true;
    return harness_tasks_begin(harness) == RPC_OK;
}

static bool begin_modules(struct game *game)
{
    game->modules_begun = true;
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++)
        if ((*module)->begin != NULL && (*module)->begin(&game->harness) != RPC_OK)
            return false;
    return true;
}

static void body_done(struct harness_task *task, lua_State *L, int status, int results, void *owner)
{
    struct game *game = owner;
    (void)task, (void)L, (void)status, (void)results;
    game->body_ended = true;
    world_stop(game->harness.world);
}

/* Protected: start the body as a task. */
static int start_body(lua_State *L)
{
    struct game *game = lua_touserdata(L, 1);
    struct harness *harness = &game->harness;
    lua_settop(L, 0);
    harness_push_body(L, game->play->scenario_index, game->play->row);
    harness_push(L, &harness_scene_type, harness);
    lua_insert(L, 2); /* body, t, case */
    if (harness_task_start(harness, HARNESS_SCRIPT, "the body", 2, body_done, game) == NULL)
        return luaL_error(L, "not enough memory");
    return 0;
}

static void begin_script(struct game *game)
{
    struct harness_sandbox *sandbox = game->play->file->sandbox;
    game->harness.lua = harness_sandbox_lua(sandbox);
    harness_sandbox_play(sandbox, &game->harness);
}

/* --- the body --- */

/* The task that holds the case up waits for what can't come. */
static void find_hang(struct game *game, const char *seen)
{
    struct harness *harness = &game->harness;
    char file[512], expected[256], why[HARNESS_WHY_MAX] = "";
    int line = 0;
    struct harness_task *task = harness_tasks_left(harness);
    game->hung = true;
    if (task == NULL)
        return;
    const char *what = harness_task_waits_for(task, file, sizeof(file), &line);
    snprintf(expected, sizeof(expected), "%s waits for %s", harness_task_name(task), what);
    const char *source = harness_source_line(harness, file, line);
    harness_explain_open(harness, why, sizeof(why));
    harness_find(harness, &(struct harness_finding){
                              .expr = source != NULL ? source : what,
                              .expected = expected,
                              .seen = seen,
                              .why = why[0] != '\0' ? why : NULL,
                              .file = line > 0 ? file : NULL,
                              .line = line,
                          });
}

/* When nothing but pings has happened for a long time, and nobody sleeps. */
static bool is_quiet(struct game *game)
{
    struct harness *harness = &game->harness;
    uint64_t now_ns = world_now(harness->world);
    return harness->kind == HARNESS_SIM && !harness_tasks_sleep(harness) &&
           now_ns - harness_ledger_last_ns(harness) >= QUIET_NS;
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

/* Whether it must end now, by no fault of its own. */
static bool is_interrupted(struct game *game)
{
    const struct harness_worlds *worlds = game->worlds;
    const char *why = worlds->interrupted != NULL ? worlds->interrupted(worlds->owner) : NULL;
    if (why == NULL)
        return false;
    harness_broken(&game->harness, "%s", why);
    game->hung = game->interrupted = true;
    return true;
}

/* The body's end is not the end if the onlooker says so. */
static void go_on(struct game *game)
{
    const struct harness_onlooker *onlooker = game->worlds->onlooker;
    if (onlooker == NULL || onlooker->goes_on == NULL || !onlooker->goes_on(onlooker->owner))
        return;
    while (!is_interrupted(game))
        world_run(game->harness.world, WORLD_NEVER);
}

static void run_body(struct game *game)
{
    struct harness *harness = &game->harness;
    while (!game->body_ended && !game->hung) {
        uint64_t now_ns = world_now(harness->world), until_ns = harness->limit_ns;
        if (harness->dead)
            until_ns = now_ns + WORLD_MS;
        else if (harness->kind == HARNESS_SIM)
            until_ns =
                earlier(harness_tasks_sleep(harness) ? now_ns + QUIET_NS
                                                     : harness_ledger_last_ns(harness) + QUIET_NS,
                        until_ns);
        if (until_ns <= now_ns)
            until_ns = now_ns + WORLD_MS;
        enum world_end end = world_run(harness->world, until_ns);
        if (is_interrupted(game))
            return;
        if (game->body_ended || end == WORLD_STOPPED)
            continue;
        char limit[HARNESS_DURATION_MAX], seen[128];
        if (harness->dead) {
            find_hang(game, "nothing is left that could ever happen");
        } else if (end == WORLD_DEAD || is_quiet(game)) {
            harness_tasks_ask_the_dead(harness);
        } else if (world_now(harness->world) >= harness->limit_ns) {
            snprintf(seen, sizeof(seen), "the limit of %s has passed",
                     harness_duration_text(harness->limit_ns, limit));
            find_hang(game, seen);
        }
    }
}

/* --- healing, stopping --- */

static bool has_settled(struct harness *harness)
{
    if (harness_tasks_left(harness) != NULL || harness_ledger_open(harness))
        return false;
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++)
        if ((*module)->settled != NULL && !(*module)->settled(harness))
            return false;
    return true;
}

static bool has_stopped(struct harness *harness)
{
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++)
        if ((*module)->stopped != NULL && !(*module)->stopped(harness))
            return false;
    return true;
}

static void stop_when_settled(struct harness *harness)
{
    if (has_settled(harness))
        world_stop(harness->world);
}

static void stop_when_stopped(struct harness *harness)
{
    if (has_stopped(harness))
        world_stop(harness->world);
}

/* Run until the condition holds, nothing can happen any more, or it takes `most_ns`; with
 * `yields` also no longer than until it is interrupted. */
static bool rest(struct game *game, uint64_t most_ns, bool (*is_over)(struct harness *),
                 void (*changed)(struct harness *), bool yields)
{
    struct harness *harness = &game->harness;
    uint64_t until_ns = world_now(harness->world) + most_ns;
    harness->changed = changed;
    while (!is_over(harness) && world_now(harness->world) < until_ns) {
        enum world_end end = world_run(harness->world, until_ns);
        if ((is_interrupted(game) && yields) || end != WORLD_STOPPED)
            break;
    }
    harness->changed = NULL;
    return is_over(harness);
}

static bool is_broken(struct harness *harness)
{
    return harness_findings_broken(harness) != NULL;
}

/* How long it is worth while to wait for rest; nobody wants to sit there for a broken script. */
static uint64_t patience(struct harness *harness)
{
    if (harness->kind == HARNESS_SIM)
        return REST_SIM_NS;
    if (harness_findings_spoilt(harness))
        return 0;
    bool is_void = is_broken(harness) || harness_findings_asked(harness) == 0;
    return (is_void ? REST_VOID_NS : HARNESS_REST_NS) * harness->speed;
}

static void heal(struct game *game)
{
    struct harness *harness = &game->harness;
    harness->ending = true;
    harness->dead = false;
    plan_heal(harness->plan);
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++)
        if ((*module)->heal != NULL)
            (*module)->heal(harness);
    if (!game->interrupted)
        harness->unsettled = !rest(game, patience(harness), has_settled, stop_when_settled, true);
}

static size_t module_count(void)
{
    size_t count = 0;
    while (harness_modules[count] != NULL)
        count++;
    return count;
}

static bool stop(struct game *game)
{
    struct harness *harness = &game->harness;
    for (size_t i = module_count(); i-- > 0;)
        if (harness_modules[i]->stop != NULL)
            harness_modules[i]->stop(harness);
    uint64_t most_ns =
        harness->kind == HARNESS_SIM ? REST_SIM_NS : HARNESS_REST_NS * harness->speed;
    return rest(game, most_ns, has_stopped, stop_when_stopped, false);
}

/* A script that asks nothing, and then calls that it has not waited for and faults that it has not
 * waited to strike: those only follow.  So do calls that never end from what is void. */
static void judge_whole(struct harness *harness)
{
    bool is_void = is_broken(harness);
    if (!is_void && harness_findings_asked(harness) == 0) {
        harness_void(harness, "the scenario expects nothing; say what: t:expect(x):is(…), "
                              ":returns{…}, :fails \"…\"");
        return;
    }
    harness_faults_check(harness);
    harness_draws_check(harness);
    if (!is_void)
        harness_invariants_judge(harness);
}

static void play_body(struct game *game)
{
    struct harness *harness = &game->harness;
    lua_State *L = harness->lua;
    lua_pushcfunction(L, start_body);
    lua_pushlightuserdata(L, game);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        harness_broken(harness, "%s", harness_error_text(L, -1));
        return;
    }
    run_body(game);
    if (game->body_ended && !is_broken(harness) && harness_findings_skipped(harness) == NULL)
        go_on(game);
    bool skipped = harness_findings_skipped(harness) != NULL;
    bool whole = !game->hung && !harness->left && !skipped;
    if (whole && harness_tasks_left(harness) == NULL)
        harness_unasked_check(harness);
    heal(game);
    harness_always_finish(harness);
    if (whole)
        harness_unasked_check(harness);
    if (whole && !harness_findings_spoilt(harness))
        judge_whole(harness);
    harness_ledger_finish(harness);
    harness_faults_record(harness);
    if (!stop(game) && !game->hung && !skipped)
        harness_broken(harness, "servers, clients or sockets could not be stopped");
}

/* --- the end --- */

static void end_modules(struct game *game)
{
    for (size_t i = module_count(); game->modules_begun && i-- > 0;)
        if (harness_modules[i]->end != NULL)
            harness_modules[i]->end(&game->harness);
}

/* Only a run that went well must leave nothing behind. */
static void check_leftovers(struct game *game)
{
    struct harness *harness = &game->harness;
    char text[256];
    bool well = harness_findings_failed(harness) == 0 && harness_findings_broken(harness) == NULL &&
                harness_findings_skipped(harness) == NULL;
    if (well && game->worlds->leftovers != NULL &&
        game->worlds->leftovers(game->worlds->owner, harness->world, text, sizeof(text)))
        harness_invariants_leak(harness, text);
}

static void judge(struct game *game, struct harness_result *result)
{
    struct harness *harness = &game->harness;
    const char *known = game->play->scenario->known;
    const char *broken = harness_findings_broken(harness);
    const char *skipped = harness_findings_skipped(harness), *reason = NULL;
    bool failed = harness_findings_failed(harness) > 0;
    if (broken != NULL)
        result->status = RECORD_BROKEN, reason = broken;
    else if (skipped != NULL)
        result->status = RECORD_SKIPPED, reason = skipped;
    else if (known != NULL)
        result->status = failed ? RECORD_KNOWN : RECORD_FIXED, reason = known;
    else
        result->status = failed ? RECORD_FAILED : RECORD_PASSED;
    if (reason != NULL)
        result->reason = arena_text(harness->arena, reason);
}

static void collect(struct game *game, struct harness_result *result)
{
    struct harness *harness = &game->harness;
    size_t failed = harness_findings_failed(harness), kept = 0;
    result->checks = harness_findings_asked(harness);
    result->answers = harness_findings_answers(harness);
    result->end_ns = world_now(harness->world);
    result->events = harness_trace_count(harness->trace);
    result->calls = harness_ledger_calls(harness);
    result->outside = harness_outside_strikes(harness);
    while (kept < failed && harness_findings_at(harness, kept) != NULL)
        kept++;
    result->failed = harness_allocate(harness, (kept + 1) * sizeof(*result->failed));
    result->failed_count = result->failed != NULL ? kept : 0;
    for (size_t i = 0; i < result->failed_count; i++)
        result->failed[i] = *harness_findings_at(harness, i);
}

static void finish_record(struct game *game, const struct harness_result *result)
{
    const struct record_pair counts[] = {
        {"calls", NULL, (int64_t)result->calls},
        {"checks", NULL, (int64_t)result->checks},
        {"events", NULL, (int64_t)result->events},
    };
    if (game->harness.record == NULL)
        return;
    record_finish(game->harness.record, &(struct record_end){
                                            .status = result->status,
                                            .t_ns = (int64_t)result->end_ns,
                                            .counts = counts,
                                            .count_count = sizeof(counts) / sizeof(counts[0]),
                                            .reason = result->reason,
                                            .hash = result->hash,
                                        });
}

/* The values of the case, and what the release takes where nothing is set. */
static size_t take_config(const struct harness_case *play, struct record_pair *config)
{
    struct release_settings defaults;
    size_t count = 0;
    release_defaults(play->release, &defaults);
    if (play->scenario->row_count > 0)
        config[count++] =
            (struct record_pair){.name = "case", .text = play->scenario->rows[play->row].name};
    for (int i = 0; i < SETTING_COUNT; i++)
        if (defaults.value[i] != RELEASE_NONE)
            config[count++] = (struct record_pair){
                .name = release_setting_key((enum release_setting)i), .number = defaults.value[i]};
    return count;
}

static void begin_record(const struct game *game)
{
    const struct harness_case *play = game->play;
    const struct harness_worlds *worlds = game->worlds;
    const struct harness_scenario *scenario = play->scenario;
    struct record_pair config[SETTING_COUNT + 1];
    const char *refs[HARNESS_REFS_MAX];
    if (game->harness.record == NULL)
        return;
    size_t ref_count = harness_refs(game->harness.arena, play->file, scenario, refs);
    record_scenario(game->harness.record, &(struct record_scenario){
                                              .name = play->name,
                                              .title = play->scenario->title,
                                              .file = play->file->path,
                                              .line = play->scenario->line,
                                              .subject = "self",
                                              .release = play->release->name,
                                              .live = worlds->kind == HARNESS_LIVE,
                                              .speed = (int64_t)worlds->speed,
                                              .rough = play->rough,
                                              .seed = play->seed,
                                              .config = config,
                                              .config_count = take_config(play, config),
                                              .tags = play->scenario->tags,
                                              .tag_count = play->scenario->tag_count,
                                              .refs = refs,
                                              .ref_count = ref_count,
                                              .replay = worlds->replay(worlds->owner, play),
                                              .known = play->scenario->known,
                                          });
}

/* A case that can't be played is told of all the same. */
static void refuse(struct game *game, enum record_status status, const char *reason,
                   struct harness_result *result)
{
    result->status = status;
    result->reason = arena_text(game->harness.arena, reason);
    finish_record(game, result);
}

static void tear_down(struct game *game)
{
    struct harness *harness = &game->harness;
    if (harness->world != NULL)
        harness->world->tracer = NULL;
    plan_free(harness->plan);
    world_lock_free(harness->lock);
    if (harness->world != NULL && game->worlds->gone != NULL)
        game->worlds->gone(game->worlds->owner);
    if (harness->world != NULL)
        world_free(harness->world);
    harness_lines_free(harness->lines);
    harness_ledger_free(harness->ledger);
    arena_release(&harness->locked);
}

/* What must be gone before the world can say what is left. */
static void end(struct game *game)
{
    struct harness *harness = &game->harness;
    end_modules(game);
    harness_tasks_end(harness);
    plan_free(harness->plan);
    harness->plan = NULL;
    if (game->executors) {
        world_executor_release(&harness->handlers);
        world_executor_release(&harness->executor);
    }
    harness->world->tracer = NULL;
}

static void play_in_world(struct game *game, struct harness_result *result)
{
    struct harness *harness = &game->harness;
    if (begin_modules(game) && harness_findings_broken(harness) == NULL)
        play_body(game);
    else
        harness_broken(harness, "not enough memory");
    end(game);
    result->hash = world_hash(harness->world);
    check_leftovers(game);
    judge(game, result);
    collect(game, result);
    finish_record(game, result);
}

void harness_play(const struct harness_case *play, const struct harness_worlds *worlds,
                  struct record *record, struct harness_result *result)
{
    struct game game = {.play = play, .worlds = worlds};
    uint64_t limit_ns = play->scenario->limit_ns;
    bool rough = play->rough && worlds->kind == HARNESS_SIM;
    *result = (struct harness_result){.failed = NULL};
    game.harness = (struct harness){
        .kind = worlds->kind,
        .release = play->release,
        .seed = play->seed,
        .thread_each = worlds->thread_each,
        .speed = worlds->speed,
        .early_ns = rough ? ROUGH_EARLY_NS : worlds->early_ns,
        .late_ns = rough ? ROUGH_LATE_NS : worlds->late_ns,
        .limit_ns = limit_ns != 0 ? limit_ns : worlds->limit_ns,
        .play = play,
        .arena = &result->arena,
        .record = record,
        .onlooker = worlds->onlooker,
        .forgets = worlds->onlooker != NULL && worlds->onlooker->goes_on != NULL,
    };
    begin_record(&game);
    if (play->skip != NULL) {
        refuse(&game, RECORD_SKIPPED, play->skip, result);
        return;
    }
    if (!begin_world(&game)) {
        refuse(&game, RECORD_BROKEN, "not enough memory or descriptors for a world", result);
    } else {
        begin_script(&game);
        play_in_world(&game, result);
    }
    tear_down(&game);
}

void harness_result_release(struct harness_result *result)
{
    arena_release(&result->arena);
    *result = (struct harness_result){.failed = NULL};
}
