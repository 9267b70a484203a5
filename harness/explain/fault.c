/*
 * Which faults have struck a call or its connection.
 */
#include <stdio.h>
#include <string.h>

#include "harness/explain/story.h"
#include "harness/fault/partition.h"
#include "harness/handles/client.h"
#include "harness/handles/server.h"
#include "harness/judge/matcher.h"

/* Whether it hit the call itself; or, else, its connection while the call was on it. */
static bool hit(const struct explain_story *story, const struct harness_strike *strike, bool *call)
{
    const struct harness_call_view *view = &story->view;
    bool connection = view->connection != 0 && strike->connection == view->connection;
    bool client = strike->connection == 0 && view->client != 0 && strike->client == view->client;
    *call = strike->call_id == view->call_id;
    bool open = strike->at_ns >= view->started_ns && strike->at_ns <= story->until_ns;
    return open && (*call ? connection || client : connection && strike->call_id == POINT_NO_CALL);
}

/* The last strike that hit, those of the call itself before those of its connection. */
static const struct harness_strike *find_strike(const struct explain_story *story,
                                                const struct harness_fault_view *fault, bool *call)
{
    const struct harness_strike *found = NULL;
    bool own;
    *call = false;
    for (size_t i = 0; i < fault->struck_count; i++) {
        if (!hit(story, &fault->struck[i], &own) || (*call && !own))
            continue;
        found = &fault->struck[i];
        *call = own;
    }
    return found;
}

/* What of the call it hit. */
static const char *say_target(const struct harness_fault_view *fault, bool call)
{
    if (!call)
        return "its connection";
    if (fault->point == POINT_WIRE_REQUEST)
        return "its request";
    return fault->point == POINT_WIRE_RESPONSE ? "its response" : "it";
}

static bool say_strike(struct explain_story *story, const struct harness_fault_view *fault,
                       char *text, size_t size)
{
    bool call;
    char by[HARNESS_DURATION_MAX + 16] = "";
    const struct harness_strike *strike = find_strike(story, fault, &call);
    if (strike == NULL)
        return false;
    if (fault->effect->effect == EFFECT_DELAY)
        snprintf(by, sizeof(by), " (by %s)", explain_at(story, fault->effect->by_ns));
    snprintf(text, size, "the fault %s (%s:%d) struck %s at %s: %s%s", fault->name, fault->file,
             fault->line, say_target(fault, call), explain_at(story, strike->at_ns),
             point_effect_sentence(fault->effect->effect), by);
    return true;
}

/* It stands between the client's host and the server's. */
static bool say_partition(struct explain_story *story, const struct harness_fault_view *fault,
                          char *text, size_t size)
{
    uint64_t since_ns;
    const struct harness_client *client = harness_client_by_id(story->harness, story->view.client);
    if (fault->partition == NULL || client == NULL || story->server == NULL || story->view.ended ||
        !harness_partition_divides(fault->partition, client->host->host->id,
                                   story->server->host->host->id, &since_ns))
        return false;
    snprintf(text, size, "the partition of %s:%d has kept %s and %s apart since %s", fault->file,
             fault->line, client->host->host->name, story->server->host->host->name,
             explain_at(story, since_ns));
    return true;
}

bool explain_faults(struct explain_story *story, char *text, size_t size)
{
    enum { SENTENCES = 2 };
    struct harness_fault_view fault;
    size_t said = 0, used = 0;
    for (size_t i = 0; said < SENTENCES && harness_fault_at(story->harness, i, &fault); i++) {
        char one[HARNESS_WHY_MAX / 2];
        if (!say_partition(story, &fault, one, sizeof(one)) &&
            !say_strike(story, &fault, one, sizeof(one)))
            continue;
        int length = snprintf(text + used, size - used, "%s%s", said++ > 0 ? "; " : "", one);
        used += (size_t)length < size - used ? (size_t)length : size - used - 1;
    }
    return said > 0;
}
