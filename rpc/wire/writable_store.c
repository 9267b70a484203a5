#include "rpc/wire/writable_store.h"

#include <stdlib.h>
#include <string.h>

struct writable_piece {
    struct writable_piece *older;
    max_align_t bytes[];
};

void *writable_store_take(struct writable_store *store, size_t size)
{
    struct writable_piece *piece = calloc(1, sizeof(*piece) + size);
    if (piece == NULL)
        return NULL;
    piece->older = store->newest;
    store->newest = piece;
    return piece->bytes;
}

const char *writable_store_copy(struct writable_store *store, const char *text, size_t length)
{
    char *made = writable_store_take(store, length + 1);
    if (made != NULL)
        memcpy(made, text, length);
    return made;
}

void writable_store_give_back(struct writable_store *store, const struct writable_piece *until)
{
    while (store->newest != until) {
        struct writable_piece *older = store->newest->older;
        free(store->newest);
        store->newest = older;
    }
}
