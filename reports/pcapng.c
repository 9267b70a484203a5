/*
 * A record as a network capture: pcapng with raw IPv4, nanoseconds, one interface a side.
 *
 * Addresses and times are the record's (2000-01-01 plus virtual time), sequence numbers are made
 * so that a TCP dissector follows the stream.  A message stands on its sender's interface when
 * it was sent and on its receiver's when it came; what never came is seen at its sender only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/output.h"
#include "reports/report.h"
#include "reports/rows.h"

#define BASE_NS (INT64_C(946684800) * 1000000000) /* 2000-01-01 UTC */

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    LINKTYPE_RAW = 101,
    OPTION_COMMENT = 1,
    OPTION_NAME = 2,
    OPTION_APPLICATION = 4,
    OPTION_RESOLUTION = 9,
    SEGMENT_MAX = 60000, /* bytes of TCP payload in a packet */
    HEADERS = 40,
    COMMENT_MAX = 400,
    FIN = 1,
    SYN = 2,
    RST = 4,
    PSH = 8,
    ACK = 16
};

struct block {
    uint8_t *bytes; /* owned */
    size_t length, capacity;
    bool no_memory;
};

static void put(struct block *block, const void *bytes, size_t length)
{
    if (block->length + length > block->capacity) {
        size_t capacity = 2 * (block->length + length) + 256;
        uint8_t *grown = block->no_memory ? NULL : realloc(block->bytes, capacity);
        block->no_memory = grown == NULL;
        if (grown == NULL)
            return;
        block->bytes = grown;
        block->capacity = capacity;
    }
    if (length > 0)
        memcpy(block->bytes + block->length, bytes, length);
    block->length += length;
}

/* Blocks are little-endian, whatever the machine. */
static void put_le(struct block *block, uint64_t number, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
    put(block, bytes, size);
}

static void pad(struct block *block)
{
    while (block->length % 4 != 0 && !block->no_memory)
        put(block, "", 1);
}

static void put_option(struct block *block, unsigned code, const void *bytes, size_t length)
{
    put_le(block, code, 2);
    put_le(block, length, 2);
    put(block, bytes, length);
    pad(block);
}

static void begin(struct block *block, uint32_t type)
{
    block->length = 0;
    put_le(block, type, 4);
    put_le(block, 0, 4); /* the length: see finish */
}

static void finish(struct block *block, FILE *out)
{
    put_le(block, 0, 4); /* the end of the options */
    size_t whole = block->length + 4;
    put_le(block, whole, 4);
    if (block->no_memory)
        return;
    for (size_t i = 0; i < 4; i++)
        block->bytes[4 + i] = (uint8_t)(whole >> 8 * i);
    fwrite(block->bytes, 1, block->length, out);
}

static void put_section(struct block *block, FILE *out)
{
    begin(block, BLOCK_SECTION);
    put_le(block, 0x1a2b3c4d, 4);
    put_le(block, 1, 2);
    put_le(block, 0, 2);
    put_le(block, UINT64_MAX, 8);
    put_option(block, OPTION_APPLICATION, "ripcord", strlen("ripcord"));
    finish(block, out);
}

static void put_interface(struct block *block, FILE *out, const char *name)
{
    const uint8_t nanoseconds = 9;
    begin(block, BLOCK_INTERFACE);
    put_le(block, LINKTYPE_RAW, 2);
    put_le(block, 0, 2);
    put_le(block, 0, 4);
    put_option(block, OPTION_NAME, name, strlen(name));
    put_option(block, OPTION_RESOLUTION, &nanoseconds, 1);
    finish(block, out);
}

/* --- connections --- */

struct endpoint {
    uint32_t ip;
    uint16_t port;
    uint32_t next;  /* sequence number of the next byte */
    uint32_t heard; /* of the other side: what has come so far, and one more */
};

struct wire {
    int64_t id;
    struct endpoint ends[2]; /* client, server */
};

struct wires {
    struct wire *items;
    size_t count;
};

static void read_address(const char *text, struct endpoint *end)
{
    unsigned a, b, c, d, port;
    if (sscanf(text, "%u.%u.%u.%u:%u", &a, &b, &c, &d, &port) != 5)
        return;
    end->ip = (a & 255) << 24 | (b & 255) << 16 | (c & 255) << 8 | (d & 255);
    end->port = (uint16_t)port;
}

static struct wire *wire_of(struct wires *wires, int64_t id)
{
    for (size_t i = 0; i < wires->count; i++)
        if (wires->items[i].id == id)
            return &wires->items[i];
    struct wire *items = realloc(wires->items, (wires->count + 1) * sizeof(*items));
    if (items == NULL)
        return NULL;
    wires->items = items;
    struct wire *wire = &items[wires->count++];
    *wire = (struct wire){.id = id};
    wire->ends[0] = (struct endpoint){.ip = 0x0a000003, .port = (uint16_t)(40000 + id), .next = 1};
    wire->ends[1] = (struct endpoint){.ip = 0x0a000002, .port = 8020, .next = 1};
    return wire;
}

/* --- packets --- */

static void put_be(uint8_t *at, uint32_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(number >> 8 * (size - 1 - i));
}

static void make_headers(uint8_t *headers, const struct endpoint *from, const struct endpoint *to,
                         uint32_t sequence, uint32_t heard, unsigned flags, size_t length)
{
    uint32_t sum = 0;
    memset(headers, 0, HEADERS);
    headers[0] = 0x45;
    put_be(headers + 2, (uint32_t)(HEADERS + length), 2);
    headers[6] = 0x40; /* don't fragment */
    headers[8] = 64;
    headers[9] = 6;
    put_be(headers + 12, from->ip, 4);
    put_be(headers + 16, to->ip, 4);
    for (size_t i = 0; i < 20; i += 2)
        sum += (uint32_t)headers[i] << 8 | headers[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    put_be(headers + 10, ~(sum + (sum >> 16)) & 0xffff, 2);
    put_be(headers + 20, from->port, 2);
    put_be(headers + 22, to->port, 2);
    put_be(headers + 24, sequence, 4);
    put_be(headers + 28, heard, 4);
    headers[32] = 5 << 4;
    headers[33] = (uint8_t)flags;
    put_be(headers + 34, 65535, 2);
}

struct capture {
    FILE *out;
    struct block block;
    const struct rows *rows;
    const json_t **frames; /* by id, borrowed */
    size_t frame_count;
    struct wires wires;
};

/* One message at one end at one time. */
struct sight {
    const json_t *msg;
    int64_t t;
    size_t order;
    bool arrived;
    uint32_t sequence, heard; /* as sent */
    struct sight *sent;       /* of an arrival: its sending */
};

static uint8_t digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
}

/* Bytes [offset, …) of the message's frame, as many as the record has. */
static void put_payload(const struct capture *capture, struct block *block, const json_t *msg,
                        size_t offset, size_t length)
{
    size_t frame = (size_t)rows_number(msg, "frame", 0);
    const char *hex = frame < capture->frame_count && capture->frames[frame] != NULL
                          ? rows_text(capture->frames[frame], "hex")
                          : "";
    size_t have = strlen(hex) / 2;
    for (size_t i = offset; i < offset + length && i < have; i++) {
        uint8_t byte = (uint8_t)(digit(hex[2 * i]) << 4 | (digit(hex[2 * i + 1]) & 15));
        put(block, &byte, 1);
    }
}

static unsigned flags_of(const char *kind)
{
    static const struct {
        const char *kind;
        unsigned flags;
    } ends[] = {{"syn", SYN}, {"synack", SYN | ACK}, {"fin", FIN | ACK}, {"rst", RST | ACK}};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (strcmp(kind, ends[i].kind) == 0)
            return ends[i].flags;
    return PSH | ACK;
}

static bool is_to_server(const json_t *msg)
{
    return strcmp(rows_text(msg, "dir"), "s2c") != 0;
}

static void put_comment(struct block *block, const json_t *msg)
{
    char text[COMMENT_MAX];
    int64_t call = rows_number(msg, "call", 0);
    int length = snprintf(text, sizeof(text), "conn %lld %s",
                          (long long)rows_number(msg, "conn", 0), rows_text(msg, "kind"));
    if (call > 0)
        length +=
            snprintf(text + length, sizeof(text) - (size_t)length, " call %lld", (long long)call);
    if (strcmp(rows_text(msg, "fate"), "delivered") != 0)
        length += snprintf(text + length, sizeof(text) - (size_t)length, ", %s%s%.20s",
                           rows_text(msg, "fate"), *rows_text(msg, "fault") != '\0' ? " by " : "",
                           rows_text(msg, "fault"));
    if (*rows_text(msg, "note") != '\0')
        snprintf(text + length, sizeof(text) - (size_t)length, ": %.250s", rows_text(msg, "note"));
    put_option(block, OPTION_COMMENT, text, strlen(text));
}

/* One packet of a message; `offset` bytes of it went before. */
static void put_packet(struct capture *capture, const struct sight *sight, const struct wire *wire,
                       size_t offset, size_t length)
{
    struct block *block = &capture->block;
    bool to_server = is_to_server(sight->msg);
    const struct sight *sent = sight->sent != NULL ? sight->sent : sight;
    unsigned flags = flags_of(rows_text(sight->msg, "kind"));
    uint64_t time = (uint64_t)(BASE_NS + sight->t);
    uint8_t headers[HEADERS];
    make_headers(headers, &wire->ends[!to_server], &wire->ends[to_server],
                 sent->sequence + (uint32_t)offset, flags == SYN ? 0 : sent->heard, flags, length);

    begin(block, BLOCK_PACKET);
    put_le(block, to_server == sight->arrived, 4);
    put_le(block, time >> 32, 4);
    put_le(block, time & UINT32_MAX, 4);
    size_t at = block->length;
    put_le(block, 0, 4); /* what is captured */
    put_le(block, HEADERS + length, 4);
    put(block, headers, HEADERS);
    put_payload(capture, block, sight->msg, offset, length);
    if (block->no_memory)
        return;
    size_t captured = block->length - at - 8;
    for (size_t i = 0; i < 4; i++)
        block->bytes[at + i] = (uint8_t)(captured >> 8 * i);
    pad(block);
    put_comment(block, sight->msg);
    finish(block, capture->out);
}

static void put_sight(struct capture *capture, struct sight *sight)
{
    struct wire *wire = wire_of(&capture->wires, rows_number(sight->msg, "conn", 0));
    if (wire == NULL) {
        capture->block.no_memory = true;
        return;
    }
    bool to_server = is_to_server(sight->msg);
    struct endpoint *from = &wire->ends[!to_server], *to = &wire->ends[to_server];
    size_t length = (size_t)rows_number(sight->msg, "len", 0), offset = 0;
    bool counts_one = (flags_of(rows_text(sight->msg, "kind")) & (SYN | FIN)) != 0;
    uint32_t end;
    if (!sight->arrived) {
        sight->sequence = counts_one && length == 0 && from->next == 1 &&
                                  (flags_of(rows_text(sight->msg, "kind")) & SYN)
                              ? 0
                              : from->next;
        sight->heard = from->heard > 0 ? from->heard : 1;
        end = sight->sequence + (uint32_t)length + counts_one;
        if (end > from->next)
            from->next = end;
    } else {
        end = sight->sent->sequence + (uint32_t)length + counts_one;
        if (end > to->heard)
            to->heard = end;
    }
    do {
        size_t part = length - offset < SEGMENT_MAX ? length - offset : SEGMENT_MAX;
        put_packet(capture, sight, wire, offset, part);
        offset += part;
    } while (offset < length && !capture->block.no_memory);
}

static int by_time(const void *a, const void *b)
{
    const struct sight *one = *(struct sight *const *)a, *other = *(struct sight *const *)b;
    if (one->t != other->t)
        return one->t < other->t ? -1 : 1;
    return one->order < other->order ? -1 : one->order > other->order;
}

static enum rpc_status put_messages(struct capture *capture)
{
    size_t count = capture->rows->count, used = 0;
    struct sight *sights = calloc(2 * count + 1, sizeof(*sights));
    struct sight **sorted = calloc(2 * count + 1, sizeof(struct sight *));
    for (size_t i = 0; i < count && sights != NULL && sorted != NULL; i++) {
        const json_t *msg = capture->rows->lines[i];
        if (!rows_is(msg, "msg") || rows_number(msg, "t", -1) < 0)
            continue;
        struct sight *sent = &sights[used];
        *sent = (struct sight){.msg = msg, .t = rows_number(msg, "t", 0), .order = 2 * i};
        sorted[used++] = sent;
        if (rows_number(msg, "rx", -1) < sent->t)
            continue;
        sights[used] = (struct sight){.msg = msg,
                                      .t = rows_number(msg, "rx", 0),
                                      .order = 2 * i + 1,
                                      .arrived = true,
                                      .sent = sent};
        sorted[used] = &sights[used];
        used++;
    }
    bool whole = sights != NULL && sorted != NULL;
    if (whole) {
        qsort(sorted, used, sizeof(struct sight *), by_time);
        for (size_t i = 0; i < used; i++)
            put_sight(capture, sorted[i]);
    }
    free(sights);
    free(sorted);
    return whole && !capture->block.no_memory ? RPC_OK : RPC_NO_MEMORY;
}

/* Connections have their addresses, frames their places. */
static enum rpc_status prepare(struct capture *capture)
{
    for (size_t i = 0; i < capture->rows->count; i++) {
        const json_t *line = capture->rows->lines[i];
        int64_t id = rows_number(line, "id", 0);
        if (rows_is(line, "frame") && id > 0 && (size_t)id >= capture->frame_count &&
            (size_t)id <= 2 * capture->rows->count)
            capture->frame_count = (size_t)id + 1;
        struct wire *wire = rows_is(line, "conn") ? wire_of(&capture->wires, id) : NULL;
        if (wire == NULL)
            continue;
        read_address(rows_text(line, "local"), &wire->ends[0]);
        read_address(rows_text(line, "remote"), &wire->ends[1]);
    }
    capture->frames = calloc(capture->frame_count + 1, sizeof(json_t *));
    if (capture->frames == NULL)
        return RPC_NO_MEMORY;
    for (size_t i = 0; i < capture->rows->count; i++) {
        int64_t id = rows_number(capture->rows->lines[i], "id", 0);
        if (rows_is(capture->rows->lines[i], "frame") && id > 0 &&
            (size_t)id < capture->frame_count)
            capture->frames[id] = capture->rows->lines[i];
    }
    return RPC_OK;
}

enum rpc_status report_write_pcapng(const char *record_path, const char *path)
{
    static const char *const types[] = {"conn", "msg", "frame", NULL};
    struct rows rows;
    struct output output;
    enum rpc_status status = rows_read(record_path, types, &rows);
    if (status != RPC_OK)
        return status;
    struct capture capture = {.rows = &rows};
    status = prepare(&capture);
    if (status == RPC_OK)
        status = output_begin(&output, path);
    if (status == RPC_OK) {
        capture.out = output.file;
        put_section(&capture.block, output.file);
        put_interface(&capture.block, output.file, "client");
        put_interface(&capture.block, output.file, "server");
        status = output_end(&output, put_messages(&capture));
    }
    free(capture.frames);
    free(capture.wires.items);
    free(capture.block.bytes);
    rows_release(&rows);
    return status;
}
