#include "rpc/world/name.h"

#include <string.h>

#include <criterion/criterion.h>

#define IS(expected, size, ...)                                                                    \
    do {                                                                                           \
        char name[32];                                                                             \
        world_name_print(name, size, __VA_ARGS__);                                                 \
        cr_assert(strcmp(name, expected) == 0, "%s", name);                                        \
    } while (0)

Test(name, is_put_together_of_texts_and_numbers)
{
    IS("client7/conn/1090/sender", 32, "client%u/conn/%u/%s", 7u, 1090u, "sender");
    IS("4294967295", 32, "%u", 4294967295u);
    IS("", 32, "%s", "");
}

Test(name, leaves_out_what_has_no_room)
{
    IS("server1", 8, "server%u/reader", 12345u);
    IS("reader/", 8, "%s!", "reader/0");
    IS("", 1, "%u", 1u);
}
