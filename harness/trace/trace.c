#include "harness/trace/trace.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "rpc/arena.h"
#include "rpc/world/world.h"

enum { FIRST_ROOM = 4, TEXT_BUCKETS = 128 };

struct text {
    struct text *next; /* of its bucket */
    char bytes[];
};

/* An event never moves. */
struct kept {
    struct harness_event event;
    struct point_value values[];
};

/* The events of one point. */
struct series {
    struct harness_event **events;
    uint32_t count, room;
};

struct lane {
    const char *name;
    uint32_t host;
};

struct harness_trace {
    struct arena *arena; /* borrowed; of events, series, texts, lanes */
    struct series series[POINT_COUNT];
    struct text *texts[TEXT_BUCKETS];
    struct lane *lanes; /* by number */
    uint32_t lane_count, lane_room;
    uint32_t count;
    size_t bytes;
    bool full;
};

struct harness_trace *harness_trace_create(struct arena *arena)
{
    struct harness_trace *trace = arena_take(arena, sizeof(*trace));
    if (trace != NULL)
        trace->arena = arena;
    return trace;
}

/* Memory of the trace, counted, not zeroed; NULL when there is none or the limit is reached. */
static void *take(struct harness_trace *trace, size_t size)
{
    void *taken = trace->bytes + size <= HARNESS_TRACE_MAX ? arena_room(trace->arena, size) : NULL;
    if (taken == NULL)
        trace->full = true;
    else
        trace->bytes += size;
    return taken;
}

const char *harness_trace_text(struct harness_trace *trace, const char *text)
{
    size_t size = strlen(text) + 1;
    struct text **bucket = &trace->texts[XXH3_64bits(text, size) % TEXT_BUCKETS];
    for (const struct text *known = *bucket; known != NULL; known = known->next)
        if (strcmp(known->bytes, text) == 0)
            return known->bytes;
    struct text *made = take(trace, sizeof(*made) + size);
    if (made == NULL)
        return NULL;
    memcpy(made->bytes, text, size);
    made->next = *bucket;
    *bucket = made;
    return made->bytes;
}

/* Memory for an event of the series, and behind it for a longer list of them where that is full. */
static struct kept *take_kept(struct harness_trace *trace, struct series *series, size_t values)
{
    size_t size = sizeof(struct kept) + values * sizeof(struct point_value), room = series->room;
    if (series->count < room)
        return take(trace, size);
    room = room == 0 ? FIRST_ROOM : room * 2;
    struct kept *kept = take(trace, size + room * sizeof(struct harness_event *));
    if (kept == NULL)
        return NULL;
    struct harness_event **events = (struct harness_event **)(kept->values + values);
    if (series->count > 0)
        memcpy(events, series->events, series->count * sizeof(struct harness_event *));
    series->events = events;
    series->room = (uint32_t)room;
    return kept;
}

const struct harness_event *harness_trace_add(struct harness_trace *trace,
                                              const struct point_event *event)
{
    struct series *series = &trace->series[event->point];
    struct kept *kept = trace->full ? NULL : take_kept(trace, series, event->value_count);
    if (kept == NULL)
        return NULL;
    kept->event = (struct harness_event){
        .at_ns = event->at_ns,
        .values = kept->values,
        .number = trace->count + 1,
        .host = event->host,
        .server = event->server,
        .client = event->client,
        .connection = event->connection,
        .lane = event->lane,
        .call_id = event->call_id,
        .retry = event->retry,
        .point = (uint8_t)event->point,
        .direction = (uint8_t)event->direction,
        .value_count = (uint8_t)event->value_count,
    };
    for (size_t i = 0; i < event->value_count; i++) {
        kept->values[i] = event->values[i];
        if (event->values[i].text != NULL)
            kept->values[i].text = harness_trace_text(trace, event->values[i].text);
    }
    trace->count++;
    series->events[series->count++] = &kept->event;
    return &kept->event;
}

bool harness_trace_is_full(const struct harness_trace *trace)
{
    return trace->full;
}

uint32_t harness_trace_count(const struct harness_trace *trace)
{
    return trace->count;
}

uint32_t harness_trace_point_count(const struct harness_trace *trace, enum point point)
{
    return trace->series[point].count;
}

const struct harness_event *harness_trace_at(const struct harness_trace *trace, enum point point,
                                             uint32_t i)
{
    return trace->series[point].events[i];
}

struct point_event harness_event_view(const struct harness_event *event)
{
    return (struct point_event){
        .point = (enum point)event->point,
        .direction = (enum point_direction)event->direction,
        .at_ns = event->at_ns,
        .host = event->host,
        .server = event->server,
        .client = event->client,
        .connection = event->connection,
        .lane = event->lane,
        .call_id = event->call_id,
        .retry = event->retry,
        .values = event->values,
        .value_count = event->value_count,
    };
}

const struct point_value *harness_event_value(const struct harness_event *event,
                                              enum point_field field)
{
    return point_find_value(event->values, event->value_count, field);
}

bool harness_event_says(const struct harness_event *event, enum point_field field, const char *text)
{
    const struct point_value *value = harness_event_value(event, field);
    return value != NULL && value->text != NULL && strcmp(value->text, text) == 0;
}

/* --- lanes --- */

enum rpc_status harness_trace_lane(struct harness_trace *trace, uint32_t lane, const char *name,
                                   const struct world_host *host)
{
    struct lane *lanes =
        arena_lengthen(trace->arena, trace->lanes, &trace->lane_room, lane, sizeof(*lanes));
    if (lanes == NULL)
        return RPC_NO_MEMORY;
    trace->lanes = lanes;
    trace->lanes[lane].name = harness_trace_text(trace, name);
    trace->lanes[lane].host = host != NULL ? host->id : 0;
    if (lane > trace->lane_count)
        trace->lane_count = lane;
    return trace->lanes[lane].name != NULL ? RPC_OK : RPC_NO_MEMORY;
}

const char *harness_trace_lane_name(const struct harness_trace *trace, uint32_t lane)
{
    return lane <= trace->lane_count && trace->lanes != NULL ? trace->lanes[lane].name : NULL;
}

uint32_t harness_trace_lane_host(const struct harness_trace *trace, uint32_t lane)
{
    return lane <= trace->lane_count && trace->lanes != NULL ? trace->lanes[lane].host : 0;
}

uint32_t harness_trace_lanes(const struct harness_trace *trace)
{
    return trace->lane_count;
}
