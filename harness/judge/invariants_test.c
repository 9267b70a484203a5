/*
 * Each invariant, broken on purpose.
 */
#include "harness/judge/invariants.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "harness/harness.h"
#include "harness/judge/findings.h"
#include "harness/judge/passage.h"
#include "harness/play/cases.h"
#include "harness/play/task.h"
#include "harness/trace/ledger.h"
#include "harness/trace/trace.h"
#include "rpc/arena.h"
#include "rpc/client/client.h"
#include "rpc/wire/wire.h"
#include "rpc/world/sim/sim.h"

static struct harness harness;
static struct arena arena;
static struct harness_file file = {.path = "x.lua", .source = ""};
static struct harness_case played = {.file = &file};

static void begin(void)
{
    struct world *world = sim_create(&(struct sim_options){.seed = 1});
    harness =
        (struct harness){.kind = HARNESS_SIM, .world = world, .play = &played, .arena = &arena};
    harness.lock = world_lock_create(world);
    harness.trace = harness_trace_create(&harness.locked);
    harness.ledger = harness_ledger_create(&harness);
    cr_assert(eq(int, harness_findings_begin(&harness), RPC_OK));
    cr_assert(eq(int, harness_tasks_begin(&harness), RPC_OK));
}

static void end(void)
{
    world_lock_free(harness.lock);
    harness_ledger_free(harness.ledger);
    arena_release(&harness.locked);
    arena_release(harness.arena);
    world_free(harness.world);
}

TestSuite(invariants, .init = begin, .fini = end);

static void see(struct point_event event)
{
    harness_lock(&harness);
    harness_trace_add(harness.trace, &event);
    harness_ledger_learn(harness.ledger, &event);
    harness_unlock(&harness);
}

static void joins(uint32_t connection, int32_t call_id)
{
    see((struct point_event){
        .point = POINT_CLIENT_ADD, .client = 1, .connection = connection, .call_id = call_id});
}

static void begins(uint32_t number, int32_t call_id, uint64_t started_ns)
{
    harness_ledger_begin(&harness,
                         &(struct harness_ledger_view){.number = number,
                                                       .client = 1,
                                                       .connection = 1,
                                                       .call_id = call_id,
                                                       .method = "echo",
                                                       .started_ns = started_ns},
                         "P");
}

static void call(uint32_t number, int32_t call_id, uint64_t started_ns)
{
    begins(number, call_id, started_ns);
    joins(1, call_id);
}

static void returns(uint32_t number, const char *value, uint64_t ended_ns)
{
    struct client_outcome outcome = {.ending = CLIENT_VALUE, .value = wire_text(value)};
    harness_ledger_end(&harness, number, 1, ended_ns, &outcome);
}

static void response(int32_t call_id, const char *value)
{
    struct wire_message message = {.kind = WIRE_RESPONSE, .body = wire_text(value)};
    see((struct point_event){.point = POINT_WIRE_RESPONSE,
                             .direction = DIRECTION_S2C,
                             .client = 1,
                             .connection = 1,
                             .call_id = call_id,
                             .message = &message});
}

static void executes(uint32_t connection, int32_t call_id)
{
    see((struct point_event){
        .point = POINT_SERVER_EXECUTE, .client = 1, .connection = connection, .call_id = call_id});
}

/* The ids of what is broken, with spaces between. */
static const char *broken(void)
{
    static char ids[256];
    ids[0] = '\0';
    harness_invariants_judge(&harness);
    for (size_t i = 0; i < harness_findings_failed(&harness); i++) {
        strcat(ids, ids[0] != '\0' ? " " : "");
        strcat(ids, harness_findings_at(&harness, i)->expr);
    }
    return ids;
}

Test(invariants, a_good_run_breaks_none)
{
    call(1, 0, 0);
    executes(1, 0);
    response(0, "mine");
    see((struct point_event){.point = POINT_CLIENT_END, .client = 1, .call_id = 0});
    returns(1, "mine", 5);
    call(2, 0, 6);
    response(0, "mine again");
    returns(2, "mine again", 7);
    cr_assert(strcmp(broken(), "") == 0);
}

Test(invariants, a_call_that_never_ends)
{
    call(1, 0, 0);
    cr_assert(strcmp(broken(), "call.ends_once") == 0);
}

Test(invariants, but_one_that_may_pend_breaks_nothing)
{
    call(1, 0, 0);
    harness_ledger_may_pend(&harness, 1);
    cr_assert(strcmp(broken(), "") == 0);
}

Test(invariants, a_call_that_ends_twice)
{
    call(1, 0, 0);
    for (int i = 0; i < 2; i++)
        see((struct point_event){.point = POINT_CLIENT_END, .client = 1, .call_id = 0});
    returns(1, "x", 5);
    cr_assert(strcmp(broken(), "call.ends_once") == 0);
}

Test(invariants, a_call_that_gets_its_neighbours_value)
{
    call(1, 0, 0);
    call(2, 1, 0);
    response(0, "mine");
    response(1, "yours");
    returns(1, "yours", 5);
    returns(2, "yours", 5);
    cr_assert(strcmp(broken(), "call.own_value") == 0);
}

Test(invariants, two_open_calls_of_one_id)
{
    call(1, 0, 0);
    call(2, 0, 3);
    returns(1, "x", 5);
    returns(2, "x", 6);
    cr_assert(strcmp(broken(), "call.unique_id") == 0);
}

Test(invariants, a_call_that_is_executed_twice)
{
    call(1, 0, 0);
    for (int i = 0; i < 2; i++)
        executes(1, 0);
    returns(1, "x", 5);
    cr_assert(strcmp(broken(), "call.executed_once") == 0);
}

Test(invariants, unless_a_fault_has_doubled_its_request)
{
    struct point_event request = {.point = POINT_WIRE_REQUEST, .connection = 1, .call_id = 0};
    call(1, 0, 0);
    harness_lock(&harness);
    harness_ledger_struck(harness.ledger, EFFECT_DUPLICATE, &request);
    harness_unlock(&harness);
    for (int i = 0; i < 2; i++)
        executes(1, 0);
    returns(1, "x", 5);
    cr_assert(strcmp(broken(), "") == 0);
}

Test(invariants, an_id_is_a_call_only_on_the_connection_that_it_was_given_to)
{
    call(1, 0, 0);
    executes(1, 0);
    joins(2, 2);
    executes(2, 0); /* a bit of the other's id was turned over */
    returns(1, "x", 5);
    cr_assert(eq(uint, harness_ledger_executions(&harness, 1), 1u));
    cr_assert(strcmp(broken(), "") == 0, "%s", broken());
}

Test(invariants, an_attempt_is_executed_where_it_was_sent_though_the_next_has_its_id)
{
    call(1, 0, 0);
    returns(1, "x", 5);
    begins(2, 0, 6);
    joins(2, 0);
    executes(1, 0);
    executes(2, 0);
    returns(2, "x", 7);
    cr_assert(eq(uint, harness_ledger_executions(&harness, 1), 1u));
    cr_assert(eq(uint, harness_ledger_executions(&harness, 2), 1u));
}

Test(invariants, a_call_may_be_given_to_a_connection_before_the_ledger_knows_it)
{
    joins(1, 0);
    begins(1, 0, 0);
    executes(1, 0);
    returns(1, "x", 5);
    cr_assert(eq(uint, harness_ledger_executions(&harness, 1), 1u));
}

Test(invariants, a_connection_that_is_closed_twice)
{
    see((struct point_event){
        .point = POINT_SERVER_ACCEPT, .server = 1, .connection = 3, .call_id = POINT_NO_CALL});
    for (int i = 0; i < 2; i++)
        see((struct point_event){
            .point = POINT_SERVER_CLOSE, .server = 1, .connection = 3, .call_id = POINT_NO_CALL});
    cr_assert(strcmp(broken(), "connection.closed_once") == 0);
}

Test(invariants, a_run_that_does_not_come_to_rest)
{
    harness.unsettled = true;
    cr_assert(strcmp(broken(), "run.settles") == 0);
}

Test(invariants, something_is_left_of_the_world)
{
    harness_invariants_leak(&harness, "1 timers armed");
    cr_assert(strcmp(harness_findings_at(&harness, 0)->expr, "world.clean") == 0);
    cr_assert(strcmp(harness_findings_at(&harness, 0)->seen, "1 timers armed") == 0);
}

Test(invariants, a_trace_that_is_not_whole_makes_the_case_void)
{
    struct point_event event = {.point = POINT_SERVER_PUT, .call_id = POINT_NO_CALL};
    while (harness_trace_add(harness.trace, &event) != NULL)
        ;
    harness_invariants_judge(&harness);
    cr_assert(harness_findings_broken(&harness) != NULL);
}

static void see_call(enum point point, uint64_t at_ns, uint32_t lane, int32_t call_id)
{
    see((struct point_event){.point = point,
                             .at_ns = at_ns,
                             .server = 1,
                             .connection = 1,
                             .lane = lane,
                             .call_id = call_id});
}

Test(invariants, a_call_that_overtakes_another_in_the_queue)
{
    see_call(POINT_SERVER_PUT, 1, 1, 0);
    see_call(POINT_SERVER_PUT, 1, 1, 1);
    see_call(POINT_SERVER_TAKE, 1, 2, 1);
    see_call(POINT_SERVER_TAKE, 1, 3, 0);
    cr_assert(strcmp(broken(), "queue.fifo") == 0, "%s", broken());
}

Test(invariants, a_call_that_leaves_the_queue_twice)
{
    see_call(POINT_SERVER_PUT, 1, 1, 0);
    see_call(POINT_SERVER_TAKE, 1, 2, 0);
    see_call(POINT_SERVER_TAKE, 1, 3, 0);
    cr_assert(strcmp(broken(), "queue.fifo") == 0, "%s", broken());
}

Test(invariants, a_call_that_never_came_into_the_queue)
{
    see_call(POINT_SERVER_TAKE, 1, 2, 0);
    cr_assert(strcmp(broken(), "queue.fifo") == 0, "%s", broken());
}

Test(invariants, a_call_that_was_lost_in_the_queue_breaks_nothing)
{
    see_call(POINT_SERVER_PUT, 1, 1, 0); /* its server stopped */
    see_call(POINT_SERVER_PUT, 2, 1, 1);
    see_call(POINT_SERVER_TAKE, 2, 2, 1);
    cr_assert(strcmp(broken(), "") == 0, "%s", broken());
}

Test(invariants, a_handler_that_rests_while_a_call_waits)
{
    see_call(POINT_SERVER_PUT, 1, 1, 0);
    see_call(POINT_SERVER_TAKE, 5, 2, 0);
    cr_assert(strcmp(broken(), "queue.busy") == 0, "%s", broken());
}

Test(invariants, a_handler_that_comes_from_another_call_has_not_rested)
{
    see_call(POINT_SERVER_PUT, 1, 1, 0);
    see_call(POINT_SERVER_TAKE, 1, 2, 0);
    see_call(POINT_SERVER_PUT, 2, 1, 1);
    see_call(POINT_SERVER_REPLY, 5, 2, 0);
    see_call(POINT_SERVER_TAKE, 5, 2, 1);
    cr_assert(strcmp(broken(), "") == 0, "%s", broken());
}

static void server_closes(uint32_t connection, const char *why)
{
    const struct point_value value = {.field = FIELD_WHY, .text = why};
    see((struct point_event){.point = POINT_SERVER_CLOSE,
                             .server = 1,
                             .connection = connection,
                             .call_id = POINT_NO_CALL,
                             .values = &value,
                             .value_count = 1});
}

/* The client of connection 1 gives an attempt to connect up. */
static void gives_up(void)
{
    const struct point_value value = {.field = FIELD_RESULT, .text = "timeout"};
    see((struct point_event){.point = POINT_CLIENT_CONNECT,
                             .connection = 1,
                             .call_id = POINT_NO_CALL,
                             .values = &value,
                             .value_count = 1});
}

/* Server 1 has looked for idle connections. */
static void scans(void)
{
    see((struct point_event){.point = POINT_SERVER_SCAN, .server = 1, .call_id = POINT_NO_CALL});
}

Test(invariants, a_connection_that_nobody_accepted)
{
    server_closes(1, "eof");
    cr_assert(strcmp(broken(), "connection.accepted_once") == 0, "%s", broken());
}

Test(invariants, a_connection_that_is_accepted_twice)
{
    see_call(POINT_SERVER_ACCEPT, 1, 1, POINT_NO_CALL);
    see_call(POINT_SERVER_ACCEPT, 2, 1, POINT_NO_CALL);
    cr_assert(strcmp(broken(), "connection.accepted_once") == 0, "%s", broken());
}

Test(invariants, a_connection_may_be_accepted_again_whose_client_has_given_up_an_attempt)
{
    for (int i = 0; i < 2; i++) {
        see_call(POINT_SERVER_ACCEPT, 1, 1, POINT_NO_CALL);
        gives_up();
        server_closes(1, "eof");
    }
    cr_assert(strcmp(broken(), "") == 0, "%s", broken());
    server_closes(1, "eof");
    cr_assert(strcmp(broken(), "connection.closed_once") == 0, "%s", broken());
}

Test(invariants, a_connection_that_the_server_calls_idle_with_a_call_on_it)
{
    see_call(POINT_SERVER_ACCEPT, 1, 1, POINT_NO_CALL);
    see_call(POINT_SERVER_PUT, 1, 1, 0);
    server_closes(1, "idle");
    cr_assert(strcmp(broken(), "connection.idle") == 0, "%s", broken());
}

Test(invariants, a_scan_may_find_a_connection_idle_before_a_call_that_was_read_is_put)
{
    see_call(POINT_SERVER_ACCEPT, 1, 1, POINT_NO_CALL);
    see_call(POINT_SERVER_READ, 1, 1, POINT_NO_CALL);
    scans();
    see_call(POINT_SERVER_PUT, 1, 1, 0);
    server_closes(1, "idle");
    cr_assert(strcmp(broken(), "") == 0, "%s", broken());
}

Test(invariants, but_not_before_its_last_read)
{
    see_call(POINT_SERVER_ACCEPT, 1, 1, POINT_NO_CALL);
    scans();
    see_call(POINT_SERVER_PUT, 1, 1, 0);
    see_call(POINT_SERVER_REPLY, 1, 2, 0);
    scans();
    see_call(POINT_SERVER_READ, 1, 1, POINT_NO_CALL);
    see_call(POINT_SERVER_PUT, 1, 1, 1);
    scans();
    server_closes(1, "idle");
    cr_assert(strcmp(broken(), "connection.idle") == 0, "%s", broken());
}

Test(invariants, an_answer_that_comes_after_the_scan_is_too_late)
{
    see_call(POINT_SERVER_ACCEPT, 1, 1, POINT_NO_CALL);
    see_call(POINT_SERVER_PUT, 1, 1, 0);
    scans();
    see_call(POINT_SERVER_REPLY, 1, 2, 0);
    server_closes(1, "idle");
    cr_assert(strcmp(broken(), "connection.idle") == 0, "%s", broken());
}

Test(invariants, a_thread_may_tell_of_a_read_when_the_scan_has_been)
{
    see_call(POINT_SERVER_ACCEPT, 1, 1, POINT_NO_CALL);
    scans();
    see_call(POINT_SERVER_READ, 1, 1, POINT_NO_CALL);
    server_closes(1, "idle");
    harness.kind = HARNESS_LIVE;
    cr_assert(strcmp(broken(), "") == 0, "%s", broken());
    harness.kind = HARNESS_SIM;
    cr_assert(strcmp(broken(), "connection.idle") == 0, "%s", broken());
}

Test(invariants, calls_go_with_their_connection_that_is_accepted_again)
{
    see_call(POINT_SERVER_ACCEPT, 1, 1, POINT_NO_CALL);
    see_call(POINT_SERVER_PUT, 1, 1, 0);
    server_closes(1, "eof");
    gives_up();
    see_call(POINT_SERVER_ACCEPT, 2, 1, POINT_NO_CALL);
    scans();
    server_closes(1, "idle");
    cr_assert(strcmp(broken(), "") == 0, "%s", broken());
}

Test(invariants, a_connection_that_the_client_calls_idle_with_a_call_on_it)
{
    const struct point_value values[] = {{.field = FIELD_REASON, .text = "idle"},
                                         {.field = FIELD_CALLS, .number = 2}};
    see((struct point_event){.point = POINT_CLIENT_CLOSE,
                             .client = 1,
                             .connection = 1,
                             .call_id = POINT_NO_CALL,
                             .values = values,
                             .value_count = 2});
    cr_assert(strcmp(broken(), "connection.idle") == 0, "%s", broken());
}

static void passes(const char *sent, const char *received)
{
    harness_passage_sent(&harness, 1, DIRECTION_S2C, wire_text(sent));
    harness_passage_received(&harness, 1, DIRECTION_S2C, wire_text(received));
}

Test(invariants, what_arrives_is_not_what_was_sent)
{
    passes("hello", "hello");
    passes("a response", "a respomse");
    cr_assert(strcmp(broken(), "stream.order") == 0, "%s", broken());
}

Test(invariants, what_arrives_was_never_sent)
{
    passes("one", "one");
    harness_passage_received(&harness, 1, DIRECTION_S2C, wire_text("one"));
    cr_assert(strcmp(broken(), "stream.order") == 0, "%s", broken());
}

Test(invariants, what_a_fault_has_changed_is_not_compared)
{
    harness_passage_struck(&harness, 1, EFFECT_DELAY);
    passes("one", "one");
    harness_passage_struck(&harness, 1, EFFECT_CORRUPT);
    passes("two", "too");
    cr_assert(strcmp(broken(), "") == 0, "%s", broken());
}
