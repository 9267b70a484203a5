#include "reports/line.h"

#include <stdlib.h>
#include <string.h>

#include "reports/record.h"

static const char hex_digits[] = "0123456789abcdef";

static bool reserve(struct line_buffer *buffer, size_t more)
{
    if (buffer->no_memory)
        return false;
    if (more <= buffer->capacity - buffer->length)
        return true;
    size_t capacity = buffer->capacity < 512 ? 512 : buffer->capacity;
    while (capacity - buffer->length < more) {
        if (capacity > SIZE_MAX / 2)
            goto fail;
        capacity *= 2;
    }
    char *bytes = realloc(buffer->bytes, capacity);
    if (bytes == NULL)
        goto fail;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;

fail:
    buffer->no_memory = true;
    return false;
}

void line_raw(struct line_buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0 || !reserve(buffer, length))
        return;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

static void put(struct line_buffer *buffer, char c)
{
    line_raw(buffer, &c, 1);
}

/* The comma, if one is due, and the key.  A value never ends in an opening bracket (a text
 * ends in a quote), so the last byte tells. */
static void begin_value(struct line_buffer *buffer, const char *key)
{
    char last = '{';
    if (buffer->length > 0 && buffer->bytes != NULL)
        last = buffer->bytes[buffer->length - 1];
    if (last != '{' && last != '[' && last != '\n')
        put(buffer, ',');
    if (key != NULL) {
        put(buffer, '"');
        line_raw(buffer, key, strlen(key));
        line_raw(buffer, "\":", 2);
    }
}

/* Decimal digits of `number` at the end of `digits`; returns the first. */
static char *to_decimal(uint64_t number, char digits[static 21])
{
    char *first = digits + 20;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return first;
}

void line_number(struct line_buffer *buffer, const char *key, int64_t number)
{
    char digits[21];
    begin_value(buffer, key);
    if (number < 0)
        put(buffer, '-');
    char *first = to_decimal(number < 0 ? 0 - (uint64_t)number : (uint64_t)number, digits);
    line_raw(buffer, first, strlen(first));
}

void line_unsigned(struct line_buffer *buffer, const char *key, uint64_t number)
{
    if (number <= UINT64_C(1) << 53) {
        line_number(buffer, key, (int64_t)number);
        return;
    }
    char digits[21];
    line_text(buffer, key, to_decimal(number, digits));
}

void line_bool(struct line_buffer *buffer, const char *key, bool value)
{
    begin_value(buffer, key);
    if (value)
        line_raw(buffer, "true", 4);
    else
        line_raw(buffer, "false", 5);
}

void line_null(struct line_buffer *buffer, const char *key)
{
    begin_value(buffer, key);
    line_raw(buffer, "null", 4);
}

void line_open(struct line_buffer *buffer, const char *key, char bracket)
{
    begin_value(buffer, key);
    put(buffer, bracket);
}

void line_close(struct line_buffer *buffer, char bracket)
{
    put(buffer, bracket);
}

static bool is_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t line_utf8(const char *text)
{
    unsigned char a = (unsigned char)text[0];
    if (a < 0x80)
        return 1;
    if (a < 0xc2 || a > 0xf4 || !is_tail(text[1]))
        return 0;
    unsigned char b = (unsigned char)text[1];
    if (a < 0xe0)
        return 2;
    bool overlong = (a == 0xe0 && b < 0xa0) || (a == 0xf0 && b < 0x90);
    bool surrogate = a == 0xed && b > 0x9f;
    bool beyond = a == 0xf4 && b > 0x8f;
    if (overlong || surrogate || beyond || !is_tail(text[2]))
        return 0;
    if (a < 0xf0)
        return 3;
    return is_tail(text[3]) ? 4 : 0;
}

static void put_escaped(struct line_buffer *buffer, char c)
{
    char escape[6] = {'\\', 'u', '0', '0', 0, 0};
    switch (c) {
    case '"':
        line_raw(buffer, "\\\"", 2);
        return;
    case '\\':
        line_raw(buffer, "\\\\", 2);
        return;
    case '\n':
        line_raw(buffer, "\\n", 2);
        return;
    case '\r':
        line_raw(buffer, "\\r", 2);
        return;
    case '\t':
        line_raw(buffer, "\\t", 2);
        return;
    default:
        escape[4] = hex_digits[(unsigned char)c >> 4];
        escape[5] = hex_digits[(unsigned char)c & 15];
        line_raw(buffer, escape, sizeof(escape));
        return;
    }
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f && c != '"' && c != '\\';
}

void line_text(struct line_buffer *buffer, const char *key, const char *text)
{
    if (text == NULL)
        return;
    begin_value(buffer, key);
    put(buffer, '"');
    const char *begin = text;
    while (*text != '\0') {
        const char *plain = text;
        while (is_plain(*text) && text - begin < RECORD_TEXT_MAX)
            text++;
        line_raw(buffer, plain, (size_t)(text - plain));
        if (*text == '\0')
            break;
        if (text - begin >= RECORD_TEXT_MAX) {
            line_raw(buffer, "\xe2\x80\xa6", 3);
            break;
        }
        size_t length = line_utf8(text);
        if (length == 0)
            line_raw(buffer, "\xef\xbf\xbd", 3);
        else if (length == 1)
            put_escaped(buffer, *text);
        else
            line_raw(buffer, text, length);
        text += length == 0 ? 1 : length;
    }
    put(buffer, '"');
}

void line_hash(struct line_buffer *buffer, const char *key, uint64_t hash)
{
    char text[17];
    for (int i = 0; i < 16; i++)
        text[i] = hex_digits[hash >> (60 - 4 * i) & 15];
    text[16] = '\0';
    line_text(buffer, key, text);
}

void line_hex(struct line_buffer *buffer, const char *key, const void *bytes, size_t length)
{
    begin_value(buffer, key);
    put(buffer, '"');
    if (reserve(buffer, 2 * length)) {
        const unsigned char *from = bytes;
        char *to = buffer->bytes + buffer->length;
        for (size_t i = 0; i < length; i++) {
            *to++ = hex_digits[from[i] >> 4];
            *to++ = hex_digits[from[i] & 15];
        }
        buffer->length += 2 * length;
    }
    put(buffer, '"');
}
