#include "faults/point.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <fiu-control.h>
#include <fiu.h>

#include "rpc/status.h"

static const struct {
    const char *name, *fields, *effects, *sentence;
} points[] = {
#define X(id, name, fields, effects, sentence) [POINT_##id] = {name, fields, effects, sentence},
    POINT_MAP(X)
#undef X
};

static const struct {
    const char *name, *parameters, *sentence;
} effects_of[] = {
#define X(id, name, parameters, sentence) [EFFECT_##id] = {name, parameters, sentence},
    POINT_EFFECT_MAP(X)
#undef X
};

static const char *const field_names[] = {
#define X(id, name) [FIELD_##id] = name,
    POINT_FIELD_MAP(X)
#undef X
};

_Atomic uint8_t point_guard[POINT_COUNT];

/* How many holds stand at each point, and whose judges are asked for its faults. */
static _Atomic int holds[POINT_COUNT];
static struct {
    point_judge_fn *_Atomic judge;
    void *_Atomic owner;
} judges[POINT_COUNT][EFFECT_COUNT];

/* Who is told of what was armed from outside. */
static point_outside_fn *_Atomic watch_outside;
static void *_Atomic watch_owner;

/* Whether libfiu has found that we have armed what it is being asked about. */
static _Thread_local bool is_ours;

const char *point_name(enum point point)
{
    return points[point].name;
}

const char *point_fields(enum point point)
{
    return points[point].fields;
}

/* A message is no thread's, what travels is about no call, and nothing else has a direction. */
const char *point_besides(enum point point)
{
    if (strncmp(point_name(point), "wire.", 5) == 0)
        return "host server client connection call method call_id retry direction";
    if (strncmp(point_name(point), "net", 3) == 0)
        return "host server client connection lane direction";
    return "host server client connection call lane method call_id retry";
}

const char *point_effects(enum point point)
{
    return points[point].effects;
}

const char *point_sentence(enum point point)
{
    return points[point].sentence;
}

const char *point_field_name(enum point_field field)
{
    return field_names[field];
}

const struct point_value *point_find_value(const struct point_value *values, size_t count,
                                           enum point_field field)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].field == field)
            return &values[i];
    return NULL;
}

const char *point_text(const struct point_event *event, enum point_field field)
{
    const struct point_value *value = point_find_value(event->values, event->value_count, field);
    return value != NULL ? value->text : NULL;
}

int64_t point_number(const struct point_event *event, enum point_field field)
{
    const struct point_value *value = point_find_value(event->values, event->value_count, field);
    return value != NULL ? value->number : 0;
}

const char *point_effect_name(enum point_effect effect)
{
    return effects_of[effect].name;
}

const char *point_effect_parameters(enum point_effect effect)
{
    return effects_of[effect].parameters;
}

const char *point_effect_sentence(enum point_effect effect)
{
    return effects_of[effect].sentence;
}

/* Whether the words of `list` have `word` among them. */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; *at != '\0';) {
        size_t step = strcspn(at, " ");
        if (step == length && memcmp(at, word, length) == 0)
            return true;
        at += step + strspn(at + step, " ");
    }
    return false;
}

bool point_has_effect(enum point point, enum point_effect effect)
{
    return has_word(points[point].effects, effects_of[effect].name);
}

static bool is(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

enum point point_by_name(const char *name, size_t length)
{
    unsigned point = 0;
    while (point < POINT_COUNT && !is(points[point].name, name, length))
        point++;
    return (enum point)point;
}

enum point_effect point_effect_by_name(const char *name, size_t length)
{
    unsigned effect = 0;
    while (effect < EFFECT_COUNT && !is(effects_of[effect].name, name, length))
        effect++;
    return (enum point_effect)effect;
}

enum point_field point_field_by_name(const char *name, size_t length)
{
    unsigned field = 0;
    while (field < FIELD_COUNT && !is(field_names[field], name, length))
        field++;
    return (enum point_field)field;
}

/* libfiu's name: "ripcord/server/write/short".  Longer than any of ours. */
enum { FIU_NAME_MAX = 64 };

static const char *fiu_name(enum point point, enum point_effect effect, char name[FIU_NAME_MAX])
{
    char *end = stpcpy(name, "ripcord/");
    for (const char *from = points[point].name; *from != '\0'; from++)
        *end++ = *from == '.' ? '/' : *from;
    *end++ = '/';
    strcpy(end, effects_of[effect].name);
    return name;
}

/* libfiu's own controls come from the environment: fiu-run sets these. */
static bool driven_from_outside(void)
{
    const char *control = getenv("FIU_CTRL_FIFO");
    const char *enable = getenv("FIU_ENABLE");
    return (control != NULL && *control != '\0') || (enable != NULL && *enable != '\0');
}

void point_init(void)
{
    fiu_init(0);
    if (!driven_from_outside())
        return;
    for (unsigned point = 0; point < POINT_COUNT; point++)
        if (points[point].effects[0] != '\0')
            atomic_fetch_or(&point_guard[point], GUARD_OUTSIDE);
}

/* libfiu comes here, with its table locked, when it is asked about what we have armed.  The judge
 * is asked when that is unlocked again: it may wait for who arms something. */
static int find_ours(const char *name, int *failnum, void **failinfo, unsigned int *flags)
{
    (void)name, (void)failnum, (void)failinfo, (void)flags;
    is_ours = true;
    return 1;
}

static bool any_judge(enum point point)
{
    for (unsigned effect = 0; effect < EFFECT_COUNT; effect++)
        if (judges[point][effect].judge != NULL)
            return true;
    return false;
}

void point_arm(enum point point, enum point_effect effect, point_judge_fn *judge, void *owner)
{
    assert(point_has_effect(point, effect));
    char name[FIU_NAME_MAX];
    fiu_name(point, effect, name);
    bool was_armed = judges[point][effect].judge != NULL;
    if (judge != NULL)
        judges[point][effect].owner = owner; /* before anybody can see the judge */
    judges[point][effect].judge = judge;
    if (judge != NULL && !was_armed)
        fiu_enable_external(name, 1, NULL, 0, find_ours);
    else if (judge == NULL && was_armed)
        fiu_disable(name);
    if (any_judge(point))
        atomic_fetch_or(&point_guard[point], GUARD_FAULT);
    else
        atomic_fetch_and(&point_guard[point], (uint8_t)~GUARD_FAULT);
}

void point_hold_guard(enum point point, int change)
{
    if (atomic_fetch_add(&holds[point], change) + change > 0)
        atomic_fetch_or(&point_guard[point], GUARD_HOLD);
    else
        atomic_fetch_and(&point_guard[point], (uint8_t)~GUARD_HOLD);
}

void point_watch_outside(point_outside_fn *told, void *owner)
{
    watch_owner = owner; /* before anybody can see the function */
    watch_outside = told;
}

/* What a fault that nobody gave parameters does.  libfiu's failinfo, a number, is the one that
 * matters most: bytes, milliseconds, bytes a second.  False: it can't be without a script. */
static bool fill_from_outside(struct point_strike *strike, uint64_t number)
{
    switch (strike->effect) {
    case EFFECT_CHANGE:
    case EFFECT_INJECT:
    case EFFECT_PARTITION:
        return false;
    case EFFECT_DELAY:
        strike->by_ns = (number != 0 ? number : 1000) * UINT64_C(1000000);
        return true;
    case EFFECT_ERROR:
        strike->error = RPC_RESET;
        strike->after = number;
        return true;
    case EFFECT_FIN:
    case EFFECT_RST:
    case EFFECT_STOP:
        strike->after = number;
        return true;
    case EFFECT_SHORT:
        strike->bytes = number != 0 ? number : 1;
        return true;
    case EFFECT_SLOW:
        strike->rate = number != 0 ? number : 1024;
        return true;
    case EFFECT_SPLIT:
        strike->size = number != 0 ? number : 1;
        return true;
    case EFFECT_CORRUPT:
        strike->offset = number;
        return true;
    case EFFECT_THROW:
        strike->class_name = "java.io.IOException";
        strike->message = "a fault armed from outside";
        return true;
    case EFFECT_DROP:
    case EFFECT_DUPLICATE:
    case EFFECT_FAIL:
    case EFFECT_MEMORY:
    case EFFECT_REFUSE:
    case EFFECT_SWALLOW:
    case EFFECT_COUNT:
        break;
    }
    return true;
}

static bool strikes_from_outside(const struct point_event *event, struct point_strike *strike)
{
    if (!fill_from_outside(strike, (uintptr_t)fiu_failinfo()))
        return false;
    point_outside_fn *told = watch_outside;
    if (told != NULL)
        told(watch_owner, event, strike->effect);
    return true;
}

static bool asks_judge(const struct point_event *event, enum point_effect effect,
                       struct point_strike *strike)
{
    point_judge_fn *judge = judges[event->point][effect].judge;
    void *owner = judges[event->point][effect].owner;
    return judge != NULL && judge(owner, event, effect, strike);
}

bool point_strikes_slowly(const struct point_event *event, struct point_strike *strike)
{
    for (unsigned i = 0; i < EFFECT_COUNT; i++) {
        enum point_effect effect = (enum point_effect)i;
        char name[FIU_NAME_MAX];
        if (!point_has_effect(event->point, effect))
            continue;
        is_ours = false;
        if (fiu_fail(fiu_name(event->point, effect, name)) == 0)
            continue;
        *strike = (struct point_strike){.effect = effect};
        if (is_ours ? asks_judge(event, effect, strike) : strikes_from_outside(event, strike))
            return true;
    }
    return false;
}
