/*
 * One case being played, as the parts of the engine and the handles see it: the world,
 * the script, what has happened and what was found.
 *
 * The script runs in coroutines ("tasks") on one executor, which the world serves last: so
 * whatever was due at an instant has happened when a wait returns.  Everything here is for
 * the thread of that executor, unless it says "any thread".
 */
#ifndef HARNESS_HARNESS_H
#define HARNESS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

#include "faults/plan.h"
#include "faults/point.h"
#include "rpc/arena.h"
#include "rpc/release.h"
#include "rpc/world/world.h"

struct client_call;
struct harness_always;   /* expect.h */
struct harness_call;     /* handles/client.h */
struct harness_case;     /* what is played: cases.h */
struct harness_draws;    /* chance.h */
struct harness_faults;   /* fault.h */
struct harness_findings; /* expectations met and failed: findings.h */
struct harness_handles;  /* what the handles' modules keep: handles/ */
struct harness_ledger;   /* calls, connections: ledger.h */
struct harness_lines;    /* the record's: lines.h */
struct harness_passages; /* what was sent and has not arrived: passage.h */
struct harness_outside;  /* outside.h */
struct harness_proxy;    /* handles/client.h */
struct harness_road_map; /* messages on their way: messages.c */
struct harness_tap;      /* the filter on every stream, which makes the wire's events */
struct harness_tasks;    /* task.h */
struct harness_trace;    /* trace.h */
struct harness_types;    /* classes of Writables: message/types.h */
struct harness_unasked;  /* expectations without a link: expect.c */
struct record;

/* Somebody who looks on while a case is played, and gives its server an address: ripcord serve.
 * All functions may be NULL. */
struct harness_onlooker {
    void *owner;
    /* Told of every event, whole, and of every strike of a fault, `outside` if that was armed
     * through libfiu.  Any thread, one at a time. */
    void (*event)(void *owner, const struct point_event *event);
    void (*strike)(void *owner, const struct point_event *event, enum point_effect effect,
                   bool outside);
    /* A server on that host names neither host nor port: the host's address and the port may be
     * set.  False: it can't be made. */
    bool (*place)(void *owner, struct world_host *host, uint16_t *port);
    /* A server starts.  One at a time with `event` and `strike`. */
    void (*listens)(void *owner, struct world_address address);
    /* The body has ended: whether the world goes on until it is interrupted.  Where this is set
     * what happens is not kept. */
    bool (*goes_on)(void *owner);
};

enum harness_seen { HARNESS_SIM = 1, HARNESS_LIVE = 2 }; /* in which world */

struct harness {
    lua_State *lua;                /* the file's state; its tasks are coroutines of it */
    lua_State *judge;              /* a coroutine for aims and always-checks; NULL: not yet */
    unsigned judging;              /* aims that ask Lua now, one within another */
    bool observing;                /* an always-check asks Lua now */
    bool misjudged;                /* one raised an error: no other asks */
    struct world *world;           /* borrowed */
    enum harness_seen kind;        /* which one that is */
    struct plan *plan;             /* owned */
    const struct release *release; /* of the case */
    uint64_t seed;                 /* of the case */
    uint32_t draws;                /* of t:random and math.random so far */
    lua_Integer handles_made;      /* handle.c */
    struct harness_draws *draws_scripted; /* t:draw; NULL: none */
    bool left;      /* the body was left early: skipped, or `require` failed */
    bool ending;    /* the body is over: whatever still hangs must go home */
    bool unsettled; /* after healing something did not come to rest */
    struct harness_unasked *unasked, *spare_unasked; /* expect.c */
    const char *place;          /* the file that harness_keep_place has kept last; NULL: none */
    bool disturbed;             /* faults, holds, pauses: a Handler may rest with a full queue */
    bool dead;                  /* the world says that nothing can ever happen any more */
    bool thread_each;           /* each of a server's threads is one of the world's */
    uint64_t speed;             /* of the world's clock; 1 in sim */
    uint64_t early_ns, late_ns; /* what `at` and `took` forgive; 0 in a calm sim */
    uint64_t planned_ns;        /* when the last t:sleep was to end */
    uint64_t limit_ns;          /* of the world's time */
    void (*changed)(struct harness *); /* told of harness_changed; NULL: nobody wants it */
    struct world_host *host;           /* the script's own */
    struct world_executor executor;    /* of body and spawned tasks; lowest */
    struct world_executor handlers;    /* its companion for Lua handlers, not lowest: post calls
                                        * here.  Clients' executors are companions of both */

    const struct harness_case *play; /* borrowed */
    struct arena *arena;             /* the result's, which outlives the case */
    struct arena locked;             /* of what is told on any thread, under harness_lock */
    struct harness_trace *trace;
    struct harness_ledger *ledger;
    struct harness_listening *listening; /* who listens where: trace/listening.c */
    struct harness_findings *findings;
    struct harness_faults *faults; /* NULL: none yet */
    struct harness_outside *outside;
    struct harness_always *always; /* NULL: none yet */
    struct harness_tasks *tasks;
    struct harness_tap *tap; /* set and freed by its module, like the roads */
    struct harness_road_map *roads;
    struct harness_passages *passages;       /* NULL: none yet */
    struct harness_handles *handles;         /* set and freed by its module */
    struct harness_types *types;             /* the same */
    struct record *record;                   /* NULL: nobody wants one */
    struct harness_lines *lines;             /* the same */
    struct world_lock *lock;                 /* of trace, ledger, record */
    const struct harness_onlooker *onlooker; /* NULL: nobody looks on */
    bool forgets;                            /* it goes on for ever: no trace is kept */
};

/* The case that `L` plays. */
struct harness *harness_of(lua_State *L);

/* --- modules --- */

/* What a file of the harness adds to a case.  All functions may be NULL.  modules.c has the
 * list; they are begun in its order and ended in reverse. */
struct harness_module {
    const luaL_Reg *methods; /* of `t`; called with `t` first.  Ends with NULL */
    const char *looks;       /* those of them that only look, see below; or NULL */
    /* Add globals to the sandbox (the table on top) before a file is loaded into it; there is
     * no case yet.  With a name in `lazy` that is the only one, and waits until a script reads
     * it. */
    void (*open)(lua_State *L);
    const char *lazy;
    /* The sandbox and an empty world are there, the body has not begun. */
    enum rpc_status (*begin)(struct harness *harness);
    /* The body is over and faults and holds are gone: hung handlers return, what a script
     * left half-way goes on or is closed. */
    void (*heal)(struct harness *harness);
    /* Whether nothing of it is under way any more (after heal; asked again after each
     * harness_changed). */
    bool (*settled)(struct harness *harness);
    /* After the verdict on calls: stop clients and servers, close sockets; `stopped` is asked
     * until it says true. */
    void (*stop)(struct harness *harness);
    bool (*stopped)(struct harness *harness);
    /* Free everything.  The world does not run any more; after a failed run nothing may be
     * stopped yet. */
    void (*end)(struct harness *harness);
    /* A new stream of the world: a filter may be set.  Any thread. */
    void (*stream)(struct harness *harness, struct world_stream *stream);
    /* The payload of a fault's `change` (a table of fields) or `inject` (a string or message)
     * at `index`, living as long as the case; NULL: this module does not make it. */
    const void *(*payload)(lua_State *L, int index, enum point_effect effect);
};

/* Ends with NULL. */
extern const struct harness_module *const harness_modules[];

/* --- memory of a case --- */

/* Zeroed memory that lives as long as the case; a Lua error when there is none (so only
 * under a script).  Nothing is ever freed one by one. */
void *harness_keep(lua_State *L, size_t size);
/* The same from anywhere on the script's thread; NULL when out of memory. */
void *harness_allocate(struct harness *harness, size_t size);
/* The same under harness_lock, on any thread. */
void *harness_allocate_locked(struct harness *harness, size_t size);

/* --- handles --- */

/* A field of a handle: pushes one value (nil too). */
struct harness_field {
    const char *name;
    void (*push)(lua_State *L, struct harness *harness, void *object);
};

/* How a call stands, for expectations, `t:wait` and aims. */
struct harness_call_view {
    bool ended;
    const char *ending; /* the language's word; "never" while pending */
    uint64_t started_ns, ended_ns;
    const char *class_name, *message; /* NULL for a value */
    const char *cause_class;
    const char *doing;   /* of a pending one */
    uint32_t connection; /* 0: none yet */
    uint32_t client;
    int32_t call_id;
    uint32_t number; /* WORLD_ID_CALL, the record's id */
    const char *method;
    /* Of a client of ours; else NULL, 0. */
    const struct release_settings *settings;
    int64_t rpc_timeout_ms;
};

struct harness_program_view {
    bool ended;
    int status; /* exit status; 128 + n: ended by signal n */
    uint64_t started_ns, ended_ns;
    const char *output;
};

/* One kind of handle.  A handle is a userdata with a pointer to an object that lives as long
 * as the case; the same object always gives the same userdata.  Reading a name that is
 * neither method nor field, or writing any, is an error that gives the nearest right name. */
struct harness_type {
    const char *name;                   /* "server" */
    const luaL_Reg *methods;            /* handle first; or NULL */
    const char *looks;                  /* those of them that only look; or NULL */
    const struct harness_field *fields; /* ends with a NULL name; or NULL */
    /* "server1": for __tostring and messages.  Writes at most `size` bytes with NUL. */
    void (*describe)(const void *object, char *text, size_t size);
    /* Optional: `handle[i]` (pushes; nil when there is none), `#handle`, `handle(…)`, and names
     * that only the object knows (true when pushed). */
    void (*item)(lua_State *L, struct harness *harness, void *object, lua_Integer i);
    lua_Integer (*length)(struct harness *harness, void *object);
    bool (*dynamic)(lua_State *L, struct harness *harness, void *object, const char *name);
    /* Optional: the names that `dynamic` knows, pushed, with spaces between. */
    const char *(*names)(lua_State *L, struct harness *harness, void *object);
    /* Optional: as a handle by position in an aim. */
    void (*aim)(const void *object, struct plan_aim *aim);
    /* Optional: of the client that the aim then has, only this proxy is meant. */
    uint32_t (*proxy)(const void *object);
    /* Optional: what expectations may ask of it. */
    void (*call)(const void *object, struct harness_call_view *view);
    void (*push_value)(lua_State *L, void *object); /* of a call that returned */
    void (*program)(const void *object, struct harness_program_view *view);
    bool fleeting; /* its handles live as long as somebody has one: harness_is_held */
    bool list;     /* has #, [i]: count, at {…}, each */
    bool event;    /* has a point and a time: before, at */
};

/* The types whose metatables are made before a file is loaded; ends with NULL. */
extern const struct harness_type *const harness_types[];
void harness_handles_open(lua_State *L);

/* Push the handle of `object` (nil when NULL). */
void harness_push(lua_State *L, const struct harness_type *type, void *object);
/* Whether the object of a fleeting type may still have a handle. */
bool harness_is_held(lua_State *L, const struct harness_type *type, const void *object);
/* The object at `index`, or a Lua error "bad argument … (server expected, got client2)". */
void *harness_check(lua_State *L, int index, const struct harness_type *type);
/* The object at `index`, or NULL when it is anything else. */
void *harness_test(lua_State *L, int index, const struct harness_type *type);
/* The type and object of any handle at `index`; NULL when it is none. */
const struct harness_type *harness_type_at(lua_State *L, int index, void **object);

/* The how-manieth handle it is, from 1; 0: no handle. */
lua_Integer harness_serial(lua_State *L, int index);

/* The handle of a number that events speak of, pushed; nil when 0 or unknown. */
enum harness_entity {
    HARNESS_HOST,
    HARNESS_SERVER,
    HARNESS_CLIENT,
    HARNESS_CONNECTION,
    HARNESS_CALL,
};
void harness_push_entity(lua_State *L, enum harness_entity kind, uint32_t id);
/* That of the host with the address: events show it in place of "10.0.0.2:8020". */
void harness_push_host(lua_State *L, uint32_t ip);
/* Calls are many: who makes one says its number. */
void harness_enter_call(lua_State *L, uint32_t number, struct harness_call *call);

/* --- time: tasks that wait --- */

enum { HARNESS_NOT_YET = -1 };

/* Whether a wait is over: pushes its results on `L` and returns how many, or HARNESS_NOT_YET,
 * or raises a Lua error.  Asked on the script's executor when everything due at that instant
 * has happened.  With harness->dead set it is asked for the last time. */
typedef int harness_ready_fn(lua_State *L, struct harness *harness, void *owner);

struct harness_wait {
    harness_ready_fn *ready;
    void *owner;
    const char *what;  /* "call 3 to end": for messages.  It stays, or is on the stack */
    uint64_t until_ns; /* asked (again) at this time; 0: no such time */
    bool every_event;  /* asked after every event too, not only after harness_changed */
};

/* Wait, in a C function that a script has called: `return harness_wait(L, &wait);`.  Always
 * lets the world go first, even when it is ready at once.  The C function's arguments stay at
 * their indices for `ready`.  Outside of tasks (a `where`, an `always`) it is a Lua error. */
int harness_wait(lua_State *L, const struct harness_wait *wait);
/* From `ready`: not yet; ask again at this time. */
void harness_wait_until(struct harness *harness, uint64_t until_ns);

/* How late a thing may be by now: what the world forgives, and what chance has held up. */
uint64_t harness_late_ns(const struct harness *harness);

/* A state for Lua that can't wait (aims, `always`), whatever else is running. */
lua_State *harness_judge_state(struct harness *harness);

/* Do what a method of `of` ("client") does, for a script that has called it.  A `where` is asked in
 * the midst of a step, and may be asked again, and an always-check only observes: there a method
 * that is not among `looks` (names with spaces between; NULL: none), as it does something, waits or
 * expects, is a Lua error. */
int harness_call_method(lua_State *L, const char *of, const luaL_Reg *method, const char *looks);
/* A Lua error in a `where` that is asked while a step has a lock: then no server can be asked. */
void harness_check_asks(lua_State *L);

/* Something a task could wait for has changed.  Any thread. */
void harness_changed(struct harness *harness);

/* Start a handler's task: the function and its `arguments` are on top of the file's state
 * (`lua` of struct harness) and are popped.  It begins when `handlers` has its turn.
 * `done` (or NULL) is called on its end, with its results (or the error) on top of `L`. */
struct harness_task;
typedef void harness_done_fn(struct harness_task *task, lua_State *L, int status, int results,
                             void *owner);
struct harness_task *harness_spawn(struct harness *harness, const char *name, int arguments,
                                   harness_done_fn *done, void *owner);
/* Make a waiting task fail with the error message on its next turn (a handler whose server
 * stops).  Nothing happens to one that has ended. */
void harness_cancel(struct harness_task *task, const char *message);

/* --- findings --- */

/* Leave the case as skipped: the world, release or subject can't do it.  A Lua error that
 * pcall can't keep. */
int harness_skip(lua_State *L, const char *reason, ...) __attribute__((format(printf, 2, 3)));

/* Something in the case asks nothing, or has never come to pass: it is no proof, so not green.  Any
 * thread; all such things are told, unless they are many. */
void harness_void(struct harness *harness, const char *sentence, ...)
    __attribute__((format(printf, 2, 3)));

/* A script's mistake, or a failure of ours or the machine's.  Any thread; whatever comes after the
 * first one may only follow from it, and is not told. */
void harness_broken(struct harness *harness, const char *sentence, ...)
    __attribute__((format(printf, 2, 3)));

/* --- the ledger --- */

/* Told by who makes a call, right after client_call, and in its done function. */
void harness_call_started(const struct harness_proxy *proxy, const struct client_call *call,
                          const char *method);
void harness_call_ended(struct harness *harness, const struct client_call *call);

/* What makes the connection that the call wants: protocol, user, time-outs. */
void harness_call_key(struct harness *harness, uint32_t call, const char *key);

/* The lock of trace, ledger and record: whoever writes lines of its own to `record` has it.
 * Any thread; nothing of this header may be called under it. */
void harness_lock(struct harness *harness);
void harness_unlock(struct harness *harness);

/* `text` for the record's log, with a level: "info", "warn", "answer", "config". */
void harness_log(struct harness *harness, const char *level, const char *text);

#endif
