#include "harness/trace/trace.h"

#include <stdlib.h>
#include <string.h>

#include "harness/play/arena.h"
#include "rpc/world/world.h"

enum { FIRST_CHUNK = 16, CHUNKS = 24, TEXT_BUCKETS = 256 };

struct text {
    struct text *next; /* of its bucket */
    char bytes[];
};

/* The events of one point, in chunks that never move, each twice as long as the one before:
 * small worlds are many. */
struct series {
    struct harness_event *chunks[CHUNKS];
    uint32_t count;
};

struct lane {
    const char *name;
    uint32_t host;
};

struct harness_trace {
    struct harness_arena *arena; /* chunks, values, texts */
    struct series series[POINT_COUNT];
    struct text *texts[TEXT_BUCKETS];
    struct lane *lanes; /* by number */
    uint32_t lane_count, lane_room;
    uint32_t count;
    size_t bytes;
    bool full;
};

struct harness_trace *harness_trace_create(void)
{
    struct harness_trace *trace = calloc(1, sizeof(*trace));
    if (trace == NULL)
        return NULL;
    trace->arena = harness_arena_create();
    if (trace->arena == NULL) {
        free(trace);
        return NULL;
    }
    return trace;
}

void harness_trace_free(struct harness_trace *trace)
{
    if (trace == NULL)
        return;
    free(trace->lanes);
    harness_arena_free(trace->arena);
    free(trace);
}

/* Memory of the trace, counted; NULL when there is none or the limit is reached. */
static void *take(struct harness_trace *trace, size_t size)
{
    void *taken =
        trace->bytes + size <= HARNESS_TRACE_MAX ? harness_arena_take(trace->arena, size) : NULL;
    if (taken == NULL)
        trace->full = true;
    else
        trace->bytes += size;
    return taken;
}

static size_t bucket_of(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash % TEXT_BUCKETS;
}

const char *harness_trace_text(struct harness_trace *trace, const char *text)
{
    struct text **bucket = &trace->texts[bucket_of(text)];
    for (const struct text *known = *bucket; known != NULL; known = known->next)
        if (strcmp(known->bytes, text) == 0)
            return known->bytes;
    size_t size = strlen(text) + 1;
    struct text *made = take(trace, sizeof(*made) + size);
    if (made == NULL)
        return NULL;
    memcpy(made->bytes, text, size);
    made->next = *bucket;
    *bucket = made;
    return made->bytes;
}

/* Where event `i` of a series lies. */
static struct harness_event *place_of(const struct series *series, uint32_t i)
{
    unsigned chunk = 31u - (unsigned)__builtin_clz(i / FIRST_CHUNK + 1);
    return &series->chunks[chunk][i - FIRST_CHUNK * ((1u << chunk) - 1)];
}

/* Room for one more event of the series; NULL when there is none. */
static struct harness_event *append(struct harness_trace *trace, struct series *series)
{
    unsigned chunk = 31u - (unsigned)__builtin_clz(series->count / FIRST_CHUNK + 1);
    if (series->chunks[chunk] == NULL)
        series->chunks[chunk] =
            take(trace, ((size_t)FIRST_CHUNK << chunk) * sizeof(struct harness_event));
    return series->chunks[chunk] != NULL ? place_of(series, series->count) : NULL;
}

static const struct point_value *copy_values(struct harness_trace *trace,
                                             const struct point_event *event)
{
    struct point_value *values = take(trace, event->value_count * sizeof(*values));
    if (values == NULL)
        return NULL;
    for (size_t i = 0; i < event->value_count; i++) {
        values[i] = event->values[i];
        if (values[i].text != NULL)
            values[i].text = harness_trace_text(trace, values[i].text);
    }
    return values;
}

const struct harness_event *harness_trace_add(struct harness_trace *trace,
                                              const struct point_event *event)
{
    struct series *series = &trace->series[event->point];
    struct harness_event *kept = trace->full ? NULL : append(trace, series);
    if (kept == NULL)
        return NULL;
    *kept = (struct harness_event){
        .at_ns = event->at_ns,
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
    if (event->value_count > 0) {
        kept->values = copy_values(trace, event);
        if (kept->values == NULL)
            return NULL;
    }
    trace->count++;
    series->count++;
    return kept;
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
    return place_of(&trace->series[point], i);
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
    for (size_t i = 0; i < event->value_count; i++)
        if (event->values[i].field == field)
            return &event->values[i];
    return NULL;
}

/* --- lanes --- */

enum rpc_status harness_trace_lane(struct harness_trace *trace, uint32_t lane, const char *name,
                                   const struct world_host *host)
{
    if (lane >= trace->lane_room) {
        uint32_t room = lane < 32 ? 64 : lane * 2;
        struct lane *lanes = realloc(trace->lanes, room * sizeof(*lanes));
        if (lanes == NULL)
            return RPC_NO_MEMORY;
        memset(lanes + trace->lane_room, 0, (room - trace->lane_room) * sizeof(*lanes));
        trace->lanes = lanes;
        trace->lane_room = room;
    }
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
