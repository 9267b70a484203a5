#include "faults/plan.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/world/sim/sim.h"

struct scene {
    struct world *world;
    struct plan *plan;
    struct world_executor executor;
    int steps;
    struct world_task step, poke;
};

static void open_scene(struct scene *scene)
{
    *scene = (struct scene){.world = sim_create(&(struct sim_options){.seed = 1})};
    scene->plan = plan_create(scene->world, NULL, NULL, NULL);
    world_executor_init(scene->world, &scene->executor, world_host(scene->world, "server1"),
                        "server1/reader/0", NULL);
    plan_lane(scene->plan, scene->executor.lane, "server1/reader/0");
}

static void close_scene(struct scene *scene)
{
    plan_free(scene->plan);
    world_executor_release(&scene->executor);
    world_free(scene->world);
}

static struct plan_fault *arm(struct scene *scene, enum point point, struct plan_aim aim,
                              struct point_strike strike)
{
    struct plan_fault *fault = NULL;
    cr_assert(eq(int, (int)plan_arm(scene->plan, point, &aim, &strike, &fault), RPC_OK));
    return fault;
}

static bool visit(struct point_event event, struct point_strike *strike)
{
    event.at_ns = event.at_ns == 0 ? 1 : event.at_ns;
    return point_strikes(&event, strike);
}

Test(plan, a_fault_strikes_who_it_is_aimed_at_and_nobody_else)
{
    struct scene scene;
    struct point_strike strike;
    open_scene(&scene);
    struct plan_fault *fault =
        arm(&scene, POINT_SERVER_WRITE, (struct plan_aim){.server = 1, .client = 2},
            (struct point_strike){.effect = EFFECT_SHORT, .bytes = 3});

    struct point_event event = {.point = POINT_SERVER_WRITE, .server = 1, .client = 3};
    cr_assert(eq(int, visit(event, &strike), 0));
    event.client = 2;
    cr_assert(visit(event, &strike));
    cr_assert(eq(int, (int)strike.effect, EFFECT_SHORT));
    cr_assert(eq(ulong, strike.bytes, 3));
    cr_assert(eq(uint, strike.fault, plan_fault_id(fault)));
    event.point = POINT_CLIENT_WRITE;
    cr_assert(eq(int, visit(event, &strike), 0));
    cr_assert(eq(uint, plan_fault_strikes(fault), 1));
    close_scene(&scene);
}

Test(plan, nth_counts_the_visits_that_fit_and_times_the_strikes)
{
    struct scene scene;
    struct point_strike strike;
    open_scene(&scene);
    arm(&scene, POINT_SERVER_READ, (struct plan_aim){.nth = 2},
        (struct point_strike){.effect = EFFECT_SHORT});
    arm(&scene, POINT_CLIENT_READ, (struct plan_aim){.times = 2},
        (struct point_strike){.effect = EFFECT_SHORT});

    bool seconds[3], twice[3];
    for (int i = 0; i < 3; i++) {
        seconds[i] = visit((struct point_event){.point = POINT_SERVER_READ}, &strike);
        twice[i] = visit((struct point_event){.point = POINT_CLIENT_READ}, &strike);
    }
    cr_assert(eq(int, seconds[0], 0));
    cr_assert(eq(int, seconds[1], 1));
    cr_assert(eq(int, seconds[2], 0));
    cr_assert(eq(int, twice[0] && twice[1], 1));
    cr_assert(eq(int, twice[2], 0));
    close_scene(&scene);
}

Test(plan, a_window_and_a_method_narrow_the_aim)
{
    struct scene scene;
    struct point_strike strike;
    open_scene(&scene);
    arm(&scene, POINT_SERVER_EXECUTE,
        (struct plan_aim){.method = "echo", .from_ns = 10, .to_ns = 20},
        (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 5});

    struct point_value echo = {FIELD_METHOD, "echo", 0}, blob = {FIELD_METHOD, "blob", 0};
    struct point_event event = {
        .point = POINT_SERVER_EXECUTE, .at_ns = 9, .values = &echo, .value_count = 1};
    cr_assert(eq(int, visit(event, &strike), 0));
    event.at_ns = 10;
    cr_assert(visit(event, &strike));
    event.values = &blob;
    cr_assert(eq(int, visit(event, &strike), 0));
    event.values = &echo;
    event.at_ns = 20;
    cr_assert(eq(int, visit(event, &strike), 0));
    close_scene(&scene);
}

Test(plan, a_lifted_fault_leaves_no_guard_behind)
{
    struct scene scene;
    struct point_strike strike;
    open_scene(&scene);
    struct plan_fault *fault = arm(&scene, POINT_SERVER_WRITE, (struct plan_aim){0},
                                   (struct point_strike){.effect = EFFECT_ERROR});
    cr_assert(point_guarded(POINT_SERVER_WRITE));

    plan_lift(fault);
    plan_lift(fault);

    cr_assert(eq(int, point_guarded(POINT_SERVER_WRITE), 0));
    cr_assert(eq(int, visit((struct point_event){.point = POINT_SERVER_WRITE}, &strike), 0));
    close_scene(&scene);
}

Test(plan, an_effect_that_the_point_does_not_have_is_refused)
{
    struct scene scene;
    struct plan_fault *fault;
    open_scene(&scene);
    struct plan_aim aim = {0};
    struct point_strike strike = {.effect = EFFECT_PARTITION};
    cr_assert(eq(int, (int)plan_arm(scene.plan, POINT_SERVER_WRITE, &aim, &strike, &fault),
                 RPC_UNKNOWN_NAME));
    close_scene(&scene);
}

static void run_step(struct world_task *task)
{
    world_container(task, struct scene, step)->steps++;
}

static void come_to_read(struct world_task *task)
{
    struct scene *scene = world_container(task, struct scene, poke);
    struct point_event event = {
        .point = POINT_SERVER_READ, .at_ns = 1, .lane = scene->executor.lane};
    if (!plan_held(scene->plan, &event, &scene->executor, &scene->step))
        scene->steps++;
}

static void come(struct scene *scene)
{
    scene->step.run = run_step;
    scene->poke.run = come_to_read;
    world_post(&scene->executor, &scene->poke);
    world_run(scene->world, WORLD_SEC);
}

Test(plan, a_ticket_is_good_when_its_gate_lets_it_go)
{
    const struct plan_aim aim = {.method = NULL};
    const struct point_event event = {.point = POINT_NET_SEGMENT, .call_id = POINT_NO_CALL};
    struct scene scene;
    struct plan_gate *gate;
    open_scene(&scene);
    cr_assert(plan_stopped(scene.plan, &event) == NULL);
    cr_assert(eq(int, (int)plan_hold(scene.plan, POINT_NET_SEGMENT, &aim, &gate), RPC_OK));
    const struct plan_ticket *first = plan_stopped(scene.plan, &event);
    const struct plan_ticket *second = plan_stopped(scene.plan, &event);
    cr_assert(eq(uint, plan_gate_held(gate), 2));
    plan_gate_release(gate, 1);
    cr_assert(plan_ticket_good(first));
    cr_assert(not(plan_ticket_good(second)));
    plan_gate_release(gate, 0);
    cr_assert(plan_ticket_good(second));
    cr_assert(plan_stopped(scene.plan, &event) == NULL, "an open gate stops nothing");
    close_scene(&scene);
}

Test(plan, a_gate_holds_whoever_comes_until_it_is_released)
{
    struct scene scene;
    struct plan_gate *gate;
    open_scene(&scene);
    struct plan_aim aim = {.lane = "reader/0"};
    cr_assert(eq(int, (int)plan_hold(scene.plan, POINT_SERVER_READ, &aim, &gate), RPC_OK));

    come(&scene);
    cr_assert(eq(int, scene.steps, 0));
    cr_assert(eq(uint, plan_gate_held(gate), 1));

    plan_gate_release(gate, 0);
    world_run(scene.world, 2 * WORLD_SEC);
    cr_assert(eq(int, scene.steps, 1));
    cr_assert(eq(uint, plan_gate_held(gate), 0));

    come(&scene);
    cr_assert(eq(int, scene.steps, 2), "an open gate holds nobody");
    close_scene(&scene);
}

Test(plan, a_stop_is_a_hold_that_lasts_until_the_fault_is_lifted)
{
    struct scene scene;
    open_scene(&scene);
    struct plan_fault *fault = arm(&scene, POINT_SERVER_READ, (struct plan_aim){0},
                                   (struct point_strike){.effect = EFFECT_STOP});
    come(&scene);
    cr_assert(eq(int, scene.steps, 0));
    cr_assert(eq(uint, plan_fault_strikes(fault), 1));

    plan_heal(scene.plan);
    world_run(scene.world, 2 * WORLD_SEC);
    cr_assert(eq(int, scene.steps, 1));
    close_scene(&scene);
}

Test(plan, a_stop_lets_its_bytes_through_first)
{
    struct scene scene;
    open_scene(&scene);
    arm(&scene, POINT_SERVER_READ, (struct plan_aim){0},
        (struct point_strike){.effect = EFFECT_STOP, .after = 10});
    come(&scene);
    cr_assert(eq(int, scene.steps, 1));

    struct point_value bytes = {FIELD_BYTES, NULL, 10};
    struct point_event read = {
        .point = POINT_SERVER_READ, .at_ns = 1, .values = &bytes, .value_count = 1};
    plan_saw(scene.plan, &read);
    come(&scene);
    cr_assert(eq(int, scene.steps, 1));
    close_scene(&scene);
}
