/*
 * What the tests of version 9 share.
 */
#ifndef RPC_WIRE_V9_STAGE_H
#define RPC_WIRE_V9_STAGE_H

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/examples.h"
#include "rpc/wire/v9.h"

static const char *const echo_protocol = "org.example.EchoProtocol";

/* As hex, until the next one. */
static inline const char *hex_of_bytes(const struct wire_buffer *bytes)
{
    static char text[4096];

    cr_assert(bytes->length < sizeof(text) / 2);
    for (size_t i = 0; i < bytes->length; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes->data[i]);
    text[2 * bytes->length] = '\0';
    return text;
}

static inline const char *hex_of(enum wire_example example)
{
    struct wire_buffer out = {NULL, 0, 0};

    wire_example_add(example, &out);
    const char *text = hex_of_bytes(&out);
    wire_buffer_release(&out);
    return text;
}

#endif
