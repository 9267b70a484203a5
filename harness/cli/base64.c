#include "harness/cli/base64.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void cli_base64_encode(const uint8_t *bytes, size_t length, char *text)
{
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? bytes[i + 2] : 0;
        *text++ = letters[group >> 18];
        *text++ = letters[group >> 12 & 63];
        *text++ = left > 1 ? letters[group >> 6 & 63] : '=';
        *text++ = left > 2 ? letters[group & 63] : '=';
    }
    *text = '\0';
}

static int value_of(char letter)
{
    const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
    if (letter == '-')
        return 62;
    if (letter == '_')
        return 63;
    return found != NULL ? (int)(found - letters) : -1;
}

bool cli_base64_decode(const char *text, size_t length, uint8_t *bytes, size_t *decoded)
{
    uint32_t group = 0;
    size_t written = 0, taken = 0;
    while (length > 0 && text[length - 1] == '=')
        length--;
    for (; taken < length; taken++) {
        int value = value_of(text[taken]);
        if (value < 0)
            return false;
        group = group << 6 | (uint32_t)value;
        if (taken % 4 == 0)
            continue;
        unsigned unused = 6 - 2 * (unsigned)(taken % 4); /* bits that belong to the next byte */
        bytes[written++] = (uint8_t)(group >> unused);
    }
    *decoded = written;
    return length % 4 != 1;
}
