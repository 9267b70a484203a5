#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/wire/wire.h"

enum { CAPACITY_MIN = 64 };

struct wire_bytes wire_text(const char *text)
{
    return (struct wire_bytes){(const uint8_t *)text, strlen(text)};
}

bool wire_is(struct wire_bytes bytes, const char *text)
{
    size_t length = strlen(text);
    return bytes.data != NULL && bytes.length == length && memcmp(bytes.data, text, length) == 0;
}

uint8_t *wire_buffer_grow(struct wire_buffer *buffer, size_t length)
{
    if (length > SIZE_MAX / 2 - buffer->length)
        return NULL;
    size_t needed = buffer->length + length;
    size_t capacity = 2 * buffer->capacity;
    if (capacity < CAPACITY_MIN)
        capacity = CAPACITY_MIN;
    if (capacity < needed)
        capacity = needed;
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL)
        return NULL;
    buffer->data = data;
    buffer->capacity = capacity;
    return data + buffer->length;
}

enum rpc_status wire_buffer_add(struct wire_buffer *buffer, const void *data, size_t length)
{
    uint8_t *room = wire_buffer_room(buffer, length);
    if (room == NULL)
        return RPC_NO_MEMORY;
    if (length > 0)
        memcpy(room, data, length);
    buffer->length += length;
    return RPC_OK;
}

void wire_buffer_release(struct wire_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct wire_buffer){NULL, 0, 0};
}
