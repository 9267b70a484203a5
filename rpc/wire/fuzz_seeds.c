/*
 * fuzz_seeds FOLDER: writes the examples as seeds for the fuzzers: FOLDER/to_server and
 * FOLDER/to_client for the streams, FOLDER/payload for what stands behind a header, and
 * FOLDER/v4_to_server and FOLDER/v4_to_client for those of version 4, FOLDER/extent as well.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "rpc/wire/examples.h"

static const char *root;

static bool make_folder(const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", root, name);
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

static bool write_seed(const char *folder, const char *name, const uint8_t *data, size_t size)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s/%s", root, folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool written = size == 0 || fwrite(data, size, 1, file) == 1;
    return fclose(file) == 0 && written;
}

/* The payload of the last message in the stream. */
static bool write_payload(enum wire_example example, const struct wire_buffer *stream)
{
    struct wire_decoder *decoder =
        wire_decoder_create(wire_codec(9), wire_example_side(example), 1 << 20);
    struct wire_message message = {.size = 0};
    size_t at = 0, used;

    while (at < stream->length) {
        struct wire_bytes rest = {stream->data + at, stream->length - at};
        if (wire_decoder_feed(decoder, rest, &used, &message) != RPC_OK)
            break;
        at += used;
    }
    bool written = write_seed("payload", wire_example_name(example), message.payload.data,
                              at == stream->length ? message.payload.length : 0);
    wire_decoder_free(decoder);
    return written;
}

/* A stream of its own: one byte for the size of pieces, and a preamble where one belongs. */
static bool write_example(enum wire_example example)
{
    bool to_server = wire_example_side(example) == WIRE_TO_SERVER;
    struct wire_buffer bytes = {NULL, 0, 0};

    wire_hex_add("00", &bytes);
    wire_example_add(example, &bytes);
    if (to_server && bytes.data[1] != 'h') {
        bytes.length = 1;
        wire_hex_add("68727063 090000", &bytes);
        wire_example_add(example, &bytes);
    }
    struct wire_buffer stream = {bytes.data + 1, bytes.length - 1, 0};
    bool written = write_seed(to_server ? "to_server" : "to_client", wire_example_name(example),
                              bytes.data, bytes.length) &&
                   write_payload(example, &stream);
    wire_buffer_release(&bytes);
    return written;
}

static bool write_v4(enum wire_example example)
{
    bool to_server = wire_example_side(example) == WIRE_TO_SERVER;
    struct wire_buffer bytes = {NULL, 0, 0};

    wire_hex_add(example == EXAMPLE_V4_SWITCH ? "ff" : "00", &bytes);
    if (to_server && example != EXAMPLE_V4_CONTEXT)
        wire_example_add(EXAMPLE_V4_CONTEXT, &bytes);
    wire_example_add(example, &bytes);
    bool written =
        write_seed(to_server ? "v4_to_server" : "v4_to_client", wire_example_name(example),
                   bytes.data, bytes.length) &&
        (to_server || write_seed("extent", wire_example_name(example), bytes.data, bytes.length));
    wire_buffer_release(&bytes);
    return written;
}

/* A reply with one field of each kind (types_fuzz.h), which no example has. */
static bool write_all_kinds(void)
{
    struct wire_buffer bytes = {NULL, 0, 0};

    wire_hex_add("00 00000001 00000000 000154 000154 01 0000000000000009 7f 00026869 00026869 "
                 "026869 000000026869 000000026869 026869 02 00000000000000010000000000000002 "
                 "0159 00 00000001 01 00015201 0003696e7400000005",
                 &bytes);
    bool written = write_seed("v4_to_client", "ALL_KINDS", bytes.data, bytes.length) &&
                   write_seed("extent", "ALL_KINDS", bytes.data, bytes.length);
    wire_buffer_release(&bytes);
    return written;
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    root = arguments[1];
    if (!make_folder("") || !make_folder("to_server") || !make_folder("to_client") ||
        !make_folder("payload") || !make_folder("v4_to_server") || !make_folder("v4_to_client") ||
        !make_folder("extent")) {
        fprintf(stderr, "fuzz_seeds: %s: %s\n", root, strerror(errno));
        return 1;
    }
    for (int example = 0; example < EXAMPLE_COUNT; example++) {
        if (!write_example((enum wire_example)example))
            return 1;
    }
    for (int example = EXAMPLE_COUNT; example < EXAMPLE_ALL; example++) {
        if (!write_v4((enum wire_example)example))
            return 1;
    }
    return write_all_kinds() ? 0 : 1;
}
