/*
 * What a case is made of: the parts of the engine, then the handles, each with its methods
 * of `t`.
 */
#include "harness/fault/fault.h"
#include "harness/fault/outside.h"
#include "harness/handles/handles.h"
#include "harness/harness.h"
#include "harness/judge/expect.h"
#include "harness/lua/chance.h"
#include "harness/message/declare.h"
#include "harness/play/clock.h"
#include "harness/play/scene.h"
#include "harness/trace/event.h"
#include "harness/trace/messages.h"

static const struct harness_module scene = {.methods = harness_t_scene, .looks = "by log since"};
static const struct harness_module time_module = {.methods = harness_t_clock, .looks = "times"};
static const struct harness_module chance = {.methods = harness_t_chance,
                                             .looks = "random random_bytes"};
static const struct harness_module events = {.methods = harness_t_events, .looks = "events"};
static const struct harness_module expectations = {.methods = harness_t_expect,
                                                   .open = harness_expectations_open};

const struct harness_module *const harness_modules[] = {
    &harness_declarations,
    &scene,
    &time_module,
    &chance,
    &events,
    &harness_faults_module,
    &harness_outside_module,
    &expectations,
    &harness_messages,
    &harness_hosts,
    &harness_servers,
    &harness_clients,
    &harness_peers,
    &harness_programs,
    NULL,
};

const struct harness_type *const harness_types[] = {
    &harness_scene_type,  &harness_task_type,    &harness_event_type,    &harness_events_type,
    &harness_fault_type,  &harness_gate_type,    &harness_host_type,     &harness_server_type,
    &harness_served_type, &harness_lane_type,    &harness_counters_type, &harness_client_type,
    &harness_proxy_type,  &harness_opening_type, &harness_call_type,     &harness_connection_type,
    &harness_peer_type,   &harness_raw_type,     &harness_program_type,  NULL,
};
