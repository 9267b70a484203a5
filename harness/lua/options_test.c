#include "harness/lua/options.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const char *nearest(const char *name, const char *known)
{
    static char found[64];
    return harness_nearest(name, known, found, sizeof(found));
}

Test(options, a_letter_too_few_too_many_wrong_or_swapped_is_recognized)
{
    const char *known = "handlers queue conf host port";
    cr_assert(strcmp(nearest("handlrs", known), "handlers") == 0);
    cr_assert(strcmp(nearest("handleers", known), "handlers") == 0);
    cr_assert(strcmp(nearest("qweue", known), "queue") == 0);
    cr_assert(strcmp(nearest("hsot", known), "host") == 0);
    cr_assert(strcmp(nearest("efo", "eof"), "eof") == 0);
    cr_assert(strcmp(nearest("Handlers", known), "handlers") == 0);
}

Test(options, of_two_the_nearer_one_is_named)
{
    cr_assert(strcmp(nearest("slep", "seed sleep settle"), "sleep") == 0);
}

Test(options, what_is_like_nothing_gets_no_advice)
{
    cr_assert(nearest("zzzzzz", "handlers queue") == NULL);
    cr_assert(nearest("x", "handlers queue") == NULL);
}

Test(options, endless_names_are_no_trouble)
{
    char name[500];
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    cr_assert(nearest(name, "aaaa") == NULL);
    cr_assert(nearest("aaaa", name) == NULL);
}
