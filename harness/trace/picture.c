#include "harness/trace/picture.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "rpc/wire/big_endian.h"

enum { VALUE_MAX = 96, SHOWN_MAX = 32, WORD = 4, LONG = 8 };

const char *picture_print(struct picture *picture, const char *format, ...)
{
    char *text = picture->text + picture->used;
    size_t room = sizeof(picture->text) - picture->used;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room)
        return "…";
    picture->used += (size_t)length + 1;
    return text;
}

static bool is_readable(struct wire_bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        if (bytes.data[i] < 0x20 || bytes.data[i] > 0x7e)
            return false;
    return true;
}

const char *picture_bytes(struct picture *picture, struct wire_bytes bytes)
{
    char shown[VALUE_MAX];
    size_t used = 0;
    if (is_readable(bytes) && bytes.length < VALUE_MAX)
        return picture_print(picture, "\"%.*s\"", (int)bytes.length, (const char *)bytes.data);
    for (size_t i = 0; i < bytes.length && used + 4 < sizeof(shown) && i < SHOWN_MAX; i++)
        used += (size_t)snprintf(shown + used, sizeof(shown) - used, "%02x", bytes.data[i]);
    return picture_print(picture, "%s%s (%zu bytes)", shown, bytes.length > SHOWN_MAX ? "…" : "",
                         bytes.length);
}

void picture_add(struct picture *picture, size_t offset, size_t length, unsigned depth,
                 const char *name, const char *value)
{
    if (picture->count == PICTURE_FIELDS_MAX || offset + length > picture->bytes.length)
        return;
    picture->fields[picture->count++] = (struct record_field){.offset = (uint32_t)offset,
                                                              .length = (uint32_t)length,
                                                              .depth = depth,
                                                              .name = name,
                                                              .value = value};
}

void picture_add_rest(struct picture *picture, const char *name)
{
    if (picture->at < picture->bytes.length)
        picture_add(picture, picture->at, picture->bytes.length - picture->at, 0, name, NULL);
    picture->at = picture->bytes.length;
}

bool picture_int32(struct picture *picture, const char *name, int32_t *number)
{
    if (picture->bytes.length - picture->at < WORD)
        return false;
    *number = wire_int32(picture->bytes.data + picture->at);
    picture_add(picture, picture->at, WORD, 0, name, picture_print(picture, "%" PRId32, *number));
    picture->at += WORD;
    return true;
}

bool picture_int64(struct picture *picture, const char *name)
{
    if (picture->bytes.length - picture->at < LONG)
        return false;
    int64_t number = wire_int64(picture->bytes.data + picture->at);
    picture_add(picture, picture->at, LONG, 0, name, picture_print(picture, "%" PRId64, number));
    picture->at += LONG;
    return true;
}

struct wire_bytes picture_rest(const struct picture *picture)
{
    return (struct wire_bytes){picture->bytes.data + picture->at,
                               picture->bytes.length - picture->at};
}
