#include "rpc/world/name.h"

#include <assert.h>
#include <stdarg.h>

/* Each puts what there is room for before `end`, and returns where that has ended. */
static char *put_text(char *at, const char *end, const char *text)
{
    while (*text != '\0' && at < end)
        *at++ = *text++;
    return at;
}

static char *put_number(char *at, const char *end, unsigned number)
{
    if (number >= 10)
        at = put_number(at, end, number / 10);
    if (at < end)
        *at++ = (char)('0' + number % 10);
    return at;
}

char *world_name_print(char *name, size_t size, const char *format, ...)
{
    char *at = name;
    const char *end = name + size - 1;
    va_list values;

    assert(size > 0);
    va_start(values, format);
    for (; *format != '\0' && at < end; format++) {
        if (*format != '%') {
            *at++ = *format;
            continue;
        }
        format++;
        assert(*format == 's' || *format == 'u');
        if (*format == 's')
            at = put_text(at, end, va_arg(values, const char *));
        else
            at = put_number(at, end, va_arg(values, unsigned));
    }
    va_end(values);
    *at = '\0';
    return name;
}
