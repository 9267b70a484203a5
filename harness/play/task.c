#include "harness/play/task.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/queue.h>

#include "harness/lua/sandbox.h"
#include "harness/lua/units.h"
#include "rpc/arena.h"

enum { TASK_NAME_MAX = 256 };

enum state {
    TASK_NEW,     /* its coroutine has not begun */
    TASK_WAITING, /* has yielded in harness_wait */
    TASK_RUNNING,
    TASK_ENDED,
};

struct harness_task {
    struct harness *harness;
    TAILQ_ENTRY(harness_task) all; /* in the order of their start; of those that are free */
    lua_State *lua;
    int reference; /* keeps the coroutine */
    enum harness_rank rank;
    enum state state;
    bool asked;       /* must be asked at the next turn */
    bool still_waits; /* was asked in vain */
    char name[TASK_NAME_MAX];
    struct harness_wait wait;
    struct world_timer timer; /* of wait.until_ns */
    const char *cancelled;    /* the error it will end with */
    harness_done_fn *done;
    void *owner;
};

struct turn {
    struct world_task task;
    struct harness_tasks *tasks;
    struct world_executor *executor;
    bool posted;
};

struct harness_tasks {
    struct harness *harness;
    TAILQ_HEAD(harness_task_list, harness_task) all; /* the body is the first */
    struct harness_task_list free; /* handlers' that have ended: nobody has them */
    struct harness_task *current;
    struct turn turns[HARNESS_RANKS];
    struct world_task wake; /* from other threads */
    _Atomic bool wake_posted, events_wanted;
};

/* --- being asked --- */

static void ask(struct harness_task *task)
{
    struct turn *turn = &task->harness->tasks->turns[task->rank];
    task->asked = true;
    if (!turn->posted) {
        turn->posted = true;
        world_post(turn->executor, &turn->task);
    }
}

static void ask_all(struct harness_tasks *tasks)
{
    struct harness_task *task;
    TAILQ_FOREACH (task, &tasks->all, all)
        if (task->state == TASK_WAITING)
            ask(task);
}

static void wake(struct world_task *posted)
{
    struct harness_tasks *tasks = world_container(posted, struct harness_tasks, wake);
    atomic_store(&tasks->wake_posted, false);
    ask_all(tasks);
    if (tasks->harness->changed != NULL)
        tasks->harness->changed(tasks->harness);
}

void harness_changed(struct harness *harness)
{
    struct harness_tasks *tasks = harness->tasks;
    if (tasks != NULL && !atomic_exchange(&tasks->wake_posted, true))
        world_post(&harness->handlers, &tasks->wake);
}

void harness_tasks_event(struct harness *harness)
{
    if (harness->tasks != NULL && atomic_load(&harness->tasks->events_wanted))
        harness_changed(harness);
}

static void time_has_come(struct world_timer *timer)
{
    ask(world_container(timer, struct harness_task, timer));
}

/* --- running --- */

static void enter(struct harness_task *task, enum state next)
{
    static const unsigned may_follow[] = {
        [TASK_NEW] = 1u << TASK_RUNNING,
        [TASK_WAITING] = 1u << TASK_RUNNING,
        [TASK_RUNNING] = 1u << TASK_WAITING | 1u << TASK_ENDED,
        [TASK_ENDED] = 0,
    };
    assert(may_follow[task->state] & 1u << next);
    task->state = next;
}

/* A handler's task has ended, and goes to the free ones. */
static void leave(struct harness_tasks *tasks, struct harness_task *task)
{
    if (task == TAILQ_FIRST(&tasks->all))
        return; /* the body's place */
    TAILQ_REMOVE(&tasks->all, task, all);
    TAILQ_INSERT_HEAD(&tasks->free, task, all);
}

static void end(struct harness_task *task, int status, int results)
{
    struct harness *harness = task->harness;
    enter(task, TASK_ENDED);
    world_timer_release(&task->timer);
    if (status == LUA_ERRMEM) {
        harness_task_failed(harness, task->name, "it needs more than 256 MiB of memory");
    } else if (status != LUA_OK && task->cancelled == NULL && task->rank != HARNESS_HANDLER) {
        harness_task_failed(harness, task->name, harness_error_text(task->lua, -1));
        lua_pop(task->lua, 1);
    }
    if (task->done != NULL)
        task->done(task, task->lua, status, results, task->owner);
    luaL_unref(harness->lua, LUA_REGISTRYINDEX, task->reference);
    task->lua = NULL;
    if (task->rank == HARNESS_HANDLER)
        leave(harness->tasks, task);
    harness_changed(harness);
}

/* Let the task run until it waits (again) or ends. */
static void go_on(struct harness_task *task)
{
    struct harness_tasks *tasks = task->harness->tasks;
    int arguments = task->state == TASK_NEW ? lua_gettop(task->lua) - 1 : 0, results = 0;
    task->asked = task->still_waits = false;
    enter(task, TASK_RUNNING);
    tasks->current = task;
    harness_count_instructions(task->lua);
    int status = lua_resume(task->lua, task->harness->lua, arguments, &results);
    tasks->current = NULL;
    if (status == LUA_YIELD)
        enter(task, TASK_WAITING);
    else
        end(task, status, results);
}

/* The next task of the rank that must be asked, the body after all others: what was due at an
 * instant has happened when one of its waits is over. */
static struct harness_task *next_asked(struct harness_tasks *tasks, enum harness_rank rank)
{
    struct harness_task *body = NULL;
    struct harness_task *task;
    TAILQ_FOREACH (task, &tasks->all, all) {
        if (!task->asked || task->rank != rank || task->state == TASK_ENDED)
            continue;
        if (task != TAILQ_FIRST(&tasks->all))
            return task;
        body = task;
    }
    return body;
}

/* What a script has just done may be what another task waits for. */
static void ask_curious(struct harness_tasks *tasks)
{
    if (!atomic_load(&tasks->events_wanted))
        return;
    struct harness_task *task;
    TAILQ_FOREACH (task, &tasks->all, all)
        if (task->state == TASK_WAITING && task->wait.every_event)
            ask(task);
}

/* Ask tasks until one goes on; the world then has its turn. */
static void take_turn(struct world_task *posted)
{
    struct turn *turn = world_container(posted, struct turn, task);
    struct harness_tasks *tasks = turn->tasks;
    enum harness_rank rank =
        turn == &tasks->turns[HARNESS_HANDLER] ? HARNESS_HANDLER : HARNESS_SCRIPT;
    bool went_on = false;
    turn->posted = false;
    for (struct harness_task *task; !went_on && (task = next_asked(tasks, rank)) != NULL;) {
        go_on(task);
        went_on = !task->still_waits;
    }
    if (went_on) {
        tasks->harness->dead = false;
        ask_curious(tasks);
    }
    if (next_asked(tasks, rank) != NULL && !turn->posted) {
        turn->posted = true;
        world_post(turn->executor, &turn->task);
    }
}

/* --- waiting --- */

static void note_wanted_events(struct harness_tasks *tasks)
{
    bool wanted = false;
    const struct harness_task *task;
    TAILQ_FOREACH (task, &tasks->all, all)
        wanted = wanted || (task->state != TASK_ENDED && task->wait.every_event);
    atomic_store(&tasks->events_wanted, wanted);
}

static int continue_wait(lua_State *L, int status, lua_KContext arguments)
{
    struct harness *harness = harness_of(L);
    struct harness_task *task = harness->tasks->current;
    (void)status;
    lua_settop(L, (int)arguments);
    if (task->cancelled != NULL) {
        lua_pushstring(L, task->cancelled);
        return harness_leave(L);
    }
    int results = task->wait.ready(L, harness, task->wait.owner);
    if (results == HARNESS_NOT_YET) {
        task->still_waits = true;
        return lua_yieldk(L, 0, arguments, continue_wait);
    }
    world_timer_stop(&task->timer);
    task->wait = (struct harness_wait){.ready = NULL};
    note_wanted_events(harness->tasks);
    return results;
}

int harness_wait(lua_State *L, const struct harness_wait *wait)
{
    struct harness *harness = harness_of(L);
    struct harness_task *task =
        harness != NULL && harness->tasks != NULL ? harness->tasks->current : NULL;
    if (task == NULL || task->lua != L || !lua_isyieldable(L))
        return luaL_error(L, "here nothing can wait; only a body, a handler or a spawned task can");
    task->wait = *wait;
    if (wait->until_ns != 0)
        world_timer_start(&task->timer, wait->until_ns);
    note_wanted_events(harness->tasks);
    ask(task);
    return lua_yieldk(L, 0, lua_gettop(L), continue_wait);
}

void harness_wait_until(struct harness *harness, uint64_t until_ns)
{
    struct harness_task *task = harness->tasks->current;
    task->wait.until_ns = until_ns;
    world_timer_start(&task->timer, until_ns);
}

void harness_cancel(struct harness_task *task, const char *message)
{
    if (task->state == TASK_ENDED || task->cancelled != NULL)
        return;
    task->cancelled = arena_text(task->harness->arena, message);
    if (task->cancelled == NULL)
        task->cancelled = "cancelled";
    ask(task);
}

/* --- life --- */

enum rpc_status harness_tasks_begin(struct harness *harness)
{
    struct harness_tasks *tasks = harness_allocate(harness, sizeof(*tasks));
    if (tasks == NULL)
        return RPC_NO_MEMORY;
    tasks->harness = harness;
    TAILQ_INIT(&tasks->all);
    TAILQ_INIT(&tasks->free);
    tasks->wake.run = wake;
    tasks->turns[HARNESS_HANDLER].executor = &harness->handlers;
    tasks->turns[HARNESS_SCRIPT].executor = &harness->executor;
    for (unsigned rank = 0; rank < HARNESS_RANKS; rank++) {
        tasks->turns[rank].tasks = tasks;
        tasks->turns[rank].task.run = take_turn;
    }
    harness->tasks = tasks;
    return RPC_OK;
}

void harness_tasks_end(struct harness *harness)
{
    if (harness->tasks == NULL)
        return;
    struct harness_task *task;
    TAILQ_FOREACH (task, &harness->tasks->all, all)
        if (task->state != TASK_ENDED)
            world_timer_release(&task->timer);
    harness->tasks = NULL;
}

struct harness_task *harness_task_start(struct harness *harness, enum harness_rank rank,
                                        const char *name, int arguments, harness_done_fn *done,
                                        void *owner)
{
    struct harness_tasks *tasks = harness->tasks;
    lua_State *lua = harness->lua;
    struct harness_task *task = TAILQ_FIRST(&tasks->free);
    if (task != NULL)
        TAILQ_REMOVE(&tasks->free, task, all);
    else
        task = harness_allocate(harness, sizeof(*task));
    if (task == NULL)
        return NULL;
    *task = (struct harness_task){.harness = harness, .rank = rank, .done = done, .owner = owner};
    memccpy(task->name, name, '\0', sizeof(task->name) - 1);
    task->lua = lua_newthread(lua);
    task->reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_xmove(lua, task->lua, arguments + 1);
    world_timer_init(tasks->turns[rank].executor, &task->timer, time_has_come);
    TAILQ_INSERT_TAIL(&tasks->all, task, all);
    ask(task);
    return task;
}

struct harness_task *harness_spawn(struct harness *harness, const char *name, int arguments,
                                   harness_done_fn *done, void *owner)
{
    return harness_task_start(harness, HARNESS_HANDLER, name, arguments, done, owner);
}

bool harness_task_ended(const struct harness_task *task)
{
    return task->state == TASK_ENDED;
}

lua_State *harness_task_lua(struct harness *harness)
{
    struct harness_task *task = harness->tasks != NULL ? harness->tasks->current : NULL;
    return task != NULL ? task->lua : NULL;
}

struct harness_task *harness_tasks_left(const struct harness *harness)
{
    struct harness_task *task;
    TAILQ_FOREACH (task, &harness->tasks->all, all)
        if (task->state != TASK_ENDED)
            break;
    return task;
}

const char *harness_task_waits_for(struct harness_task *task, char *file, size_t size, int *line)
{
    *line = harness_place(task->lua, file, size);
    return task->wait.what != NULL ? task->wait.what : "";
}

const char *harness_task_name(const struct harness_task *task)
{
    return task->name;
}

bool harness_tasks_sleep(const struct harness *harness)
{
    const struct harness_task *task;
    TAILQ_FOREACH (task, &harness->tasks->all, all)
        if (task->state == TASK_WAITING && task->wait.until_ns != 0)
            return true;
    return false;
}

bool harness_tasks_ask_the_dead(struct harness *harness)
{
    bool waiting = false;
    struct harness_task *task;
    TAILQ_FOREACH (task, &harness->tasks->all, all)
        waiting = waiting || task->state == TASK_WAITING;
    harness->dead = true;
    ask_all(harness->tasks);
    return waiting;
}
