#include "harness/cli/parcel.h"

#include <stdint.h>
#include <string.h>

#include "rpc/arena.h"

/* Both sides are one program: numbers go as they lie in memory, texts with their length in
 * front, UINT32_MAX for one that is not there. */

#define TEXT_ABSENT UINT32_MAX

/* --- packing --- */

struct packer {
    struct wire_buffer *out;
    enum rpc_status status;
};

static void put(struct packer *packer, const void *data, size_t length)
{
    if (packer->status == RPC_OK && length > 0)
        packer->status = wire_buffer_add(packer->out, data, length);
}

static void put_text(struct packer *packer, const char *text)
{
    uint32_t length = text != NULL ? (uint32_t)strlen(text) : TEXT_ABSENT;
    put(packer, &length, sizeof(length));
    if (text != NULL)
        put(packer, text, length);
}

static void put_finding(struct packer *packer, const struct harness_finding *finding)
{
    put(packer, finding, sizeof(*finding)); /* its texts follow, the pointers mean nothing */
    put_text(packer, finding->expr);
    put_text(packer, finding->expected);
    put_text(packer, finding->seen);
    put_text(packer, finding->why);
    put_text(packer, finding->file);
    put_text(packer, finding->source);
}

enum rpc_status cli_parcel_pack(const struct cli_outcome *outcome, struct wire_buffer *out)
{
    struct packer packer = {.out = out};
    put(&packer, outcome, sizeof(*outcome));
    put_text(&packer, outcome->divergence);
    put_text(&packer, outcome->result.reason);
    put_text(&packer, outcome->result.answers);
    for (size_t i = 0; i < outcome->result.failed_count; i++)
        put_finding(&packer, &outcome->result.failed[i]);
    return packer.status;
}

/* --- opening --- */

struct opener {
    struct wire_bytes rest;
    struct arena *arena;
    enum rpc_status status;
};

static const uint8_t *get(struct opener *opener, size_t length)
{
    if (opener->status == RPC_OK && length > opener->rest.length)
        opener->status = RPC_MALFORMED;
    if (opener->status != RPC_OK)
        return NULL;
    const uint8_t *at = opener->rest.data;
    opener->rest.data += length;
    opener->rest.length -= length;
    return at;
}

static const char *get_text(struct opener *opener)
{
    uint32_t length = TEXT_ABSENT;
    const uint8_t *at = get(opener, sizeof(length));
    if (at == NULL)
        return NULL;
    memcpy(&length, at, sizeof(length));
    at = length != TEXT_ABSENT ? get(opener, length) : NULL;
    if (at == NULL)
        return NULL;
    char *text = arena_take(opener->arena, (size_t)length + 1);
    if (text == NULL)
        opener->status = RPC_NO_MEMORY;
    else
        memcpy(text, at, length);
    return text;
}

static void get_finding(struct opener *opener, struct harness_finding *finding)
{
    const uint8_t *at = get(opener, sizeof(*finding));
    if (at != NULL)
        memcpy(finding, at, sizeof(*finding));
    finding->expr = get_text(opener);
    finding->expected = get_text(opener);
    finding->seen = get_text(opener);
    finding->why = get_text(opener);
    finding->file = get_text(opener);
    finding->source = get_text(opener);
}

static void get_findings(struct opener *opener, struct harness_result *result)
{
    size_t count = result->failed_count;
    result->failed_count = 0;
    result->failed = NULL;
    if (count > opener->rest.length / sizeof(struct harness_finding))
        opener->status = RPC_MALFORMED;
    else if (count > 0)
        result->failed = arena_take(opener->arena, count * sizeof(*result->failed));
    if (count > 0 && result->failed == NULL && opener->status == RPC_OK)
        opener->status = RPC_NO_MEMORY;
    for (size_t i = 0; opener->status == RPC_OK && i < count; i++) {
        get_finding(opener, &result->failed[i]);
        result->failed_count = i + 1;
    }
}

enum rpc_status cli_parcel_open(struct wire_bytes bytes, struct cli_outcome *outcome)
{
    struct opener opener = {.rest = bytes, .arena = &outcome->result.arena};
    const uint8_t *at = get(&opener, sizeof(*outcome));
    if (at == NULL)
        return RPC_MALFORMED;
    memcpy(outcome, at, sizeof(*outcome));
    outcome->result.arena = (struct arena){.newest = NULL};
    outcome->divergence = get_text(&opener);
    outcome->result.reason = get_text(&opener);
    outcome->result.answers = get_text(&opener);
    get_findings(&opener, &outcome->result);
    if (opener.status == RPC_OK && outcome->result.status >= RECORD_STATUS_COUNT)
        opener.status = RPC_MALFORMED;
    if (opener.status != RPC_OK)
        harness_result_release(&outcome->result);
    return opener.status;
}
