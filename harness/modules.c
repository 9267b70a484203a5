/*
 * What a case is made of: the parts of the engine, then the handles, each with its methods
 * of `t`.
 */
#include "harness/chance.h"
#include "harness/clock.h"
#include "harness/event.h"
#include "harness/expect.h"
#include "harness/fault.h"
#include "harness/handles/handles.h"
#include "harness/harness.h"
#include "harness/messages.h"
#include "harness/scene.h"

static const struct harness_module scene = {.methods = harness_t_scene};
static const struct harness_module time_module = {.methods = harness_t_clock};
static const struct harness_module chance = {.methods = harness_t_chance};
static const struct harness_module events = {.methods = harness_t_events};
static const struct harness_module expectations = {.methods = harness_t_expect};

const struct harness_module *const harness_modules[] = {
    &scene,         &time_module,      &chance,        &events,          &harness_faults_module,
    &expectations,  &harness_messages, &harness_hosts, &harness_servers, &harness_clients,
    &harness_peers, &harness_programs, NULL,
};
