/*
 * The declared types of parameters, in a text.
 */
#include <stdio.h>

#include "rpc/wire/writable.h"

struct signature {
    char *text;
    size_t size, used;
};

static void see_parameter(void *owner, const struct writable_item *item)
{
    struct signature *signature = owner;
    if (item->depth > 0 || item->event == WRITABLE_CLOSE)
        return;
    size_t room = signature->size - signature->used;
    size_t length = item->declared.length < room ? item->declared.length : room;
    int added =
        snprintf(signature->text + signature->used, room, "%s%.*s", signature->used > 0 ? "," : "",
                 (int)length, (const char *)item->declared.data);
    signature->used += added < 0 ? 0 : (size_t)added < room ? (size_t)added : room - 1;
}

enum rpc_status writable_signature(const struct writable_types *types, struct wire_bytes parameters,
                                   char *text, size_t size, char *problem)
{
    struct signature signature = {text, size, 0};
    text[0] = '\0';
    return writable_walk(types, WRITABLE_GOAL_PARAMETERS, NULL, parameters, see_parameter,
                         &signature, NULL, problem);
}
