#include "tests/memory/scarce.h"

#include <stdlib.h>
#include <string.h>

static size_t left; /* allocations up to the one that fails; 0: it has, or none will */
static bool good_for_nothing, failed;

void scarce_begin(size_t n, bool for_good)
{
    left = n;
    good_for_nothing = for_good;
    failed = false;
}

bool scarce_end(void)
{
    left = 0;
    good_for_nothing = false;
    return failed;
}

static bool fails(void)
{
    bool now = left == 1 || (left == 0 && good_for_nothing);
    if (left > 0)
        left--;
    failed |= now;
    return now;
}

/* The names are the linker's. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t length);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t length)
{
    return fails() ? NULL : __real_strndup(text, length);
}
