#include "rpc/wire/writable_store.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_SIZE = 4096 };

struct writable_piece {
    struct writable_piece *older;
    size_t size, used; /* of bytes[] */
    alignas(max_align_t) unsigned char bytes[];
};

static void *take(struct writable_store *store, size_t size)
{
    const size_t grain = alignof(max_align_t);
    const size_t rounded = (size + grain - 1) / grain * grain;
    struct writable_piece *piece = store->newest;
    if (piece == NULL || piece->size - piece->used < rounded) {
        const size_t room = rounded > PIECE_SIZE ? rounded : PIECE_SIZE;
        piece = malloc(sizeof(*piece) + room);
        if (piece == NULL)
            return NULL;
        *piece = (struct writable_piece){.older = store->newest, .size = room};
        store->newest = piece;
    }
    void *taken = piece->bytes + piece->used;
    piece->used += rounded;
    return taken;
}

void *writable_store_take(struct writable_store *store, size_t size)
{
    void *taken = take(store, size);
    return taken == NULL ? NULL : memset(taken, 0, size);
}

const char *writable_store_copy(struct writable_store *store, const char *text, size_t length)
{
    char *made = take(store, length + 1);
    if (made == NULL)
        return NULL;
    memcpy(made, text, length);
    made[length] = '\0';
    return made;
}

struct writable_mark writable_store_mark(const struct writable_store *store)
{
    struct writable_piece *newest = store->newest;
    return (struct writable_mark){newest, newest == NULL ? 0 : newest->used};
}

void writable_store_give_back(struct writable_store *store, struct writable_mark mark)
{
    while (store->newest != mark.newest) {
        struct writable_piece *older = store->newest->older;
        free(store->newest);
        store->newest = older;
    }
    if (mark.newest != NULL)
        mark.newest->used = mark.used;
}
