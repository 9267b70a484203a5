/*
 * Any bytes as an ObjectWritable, as parameters and as a class: at once, and in two looks.  The
 * first byte says what they are, the second where they are cut.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/wire/writable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct writable_types *make_types(void)
{
    static const struct writable_declared leaf[] = {
        {.type = "utf8", .name = "name"},
        {.type = "vint", .name = "kind"},
    };
    static const struct writable_declared all[] = {
        {.type = "org.example.Leaf"},
        {.type = "vlong", .name = "long", .when = "kind", .when_is = 3},
        {.type = "list:vint optional text", .name = "words"},
        {.type = "bytes:vint?", .name = "data"},
        {.type = "bytes:3", .name = "raw"},
        {.type = "string", .name = "note"},
        {.type = "list org.example.Leaf", .name = "leaves"},
        {.type = "list list org.example.Nothing", .name = "nothing"},
        {.type = "enum org.example.Color", .name = "color"},
        {.type = "org.example.All", .name = "inner", .when = "color", .when_constant = "RED"},
        {.type = "object", .name = "any"},
        {.type = "writable:text", .name = "split"},
        {.type = "utf", .name = "utf"},
        {.type = "double", .name = "real"},
    };
    static const char *const colors[] = {"RED", "GREEN"};
    char problem[WIRE_PROBLEM_MAX];
    struct writable_types *types = writable_types_create(NULL);
    if (types == NULL)
        abort();
    writable_types_add_enum(types, "org.example.Color", colors, 2, problem);
    writable_types_add(types, "org.example.Nothing", NULL, 0, problem);
    writable_types_add(types, "org.example.Leaf", leaf, 2, problem);
    /* `kind` is of the super class: a condition asks only its own class's fields. */
    enum rpc_status status =
        writable_types_add(types, "org.example.All", all, sizeof(all) / sizeof(*all), problem);
    assert(status == RPC_UNKNOWN_NAME);
    struct writable_declared own[sizeof(all) / sizeof(*all)];
    memcpy(own, all, sizeof(all));
    own[1].when = NULL;
    status = writable_types_add(types, "org.example.All", own, sizeof(all) / sizeof(*all), problem);
    assert(status == RPC_OK);
    writable_types_add_packed(types, problem);
    return types;
}

struct seen {
    size_t events, depth;
    size_t hash;
};

static void see(void *owner, const struct writable_item *item)
{
    struct seen *seen = owner;
    seen->events++;
    if (item->event == WRITABLE_OPEN)
        seen->depth++;
    if (item->event == WRITABLE_CLOSE)
        assert(seen->depth-- > 0);
    assert(item->depth <= WRITABLE_DEPTH_MAX);
    for (size_t i = 0; i < item->bytes.length; i++)
        seen->hash = seen->hash * 31 + item->bytes.data[i];
    seen->hash = seen->hash * 31 + item->offset + item->length + (size_t)item->number;
    struct wire_buffer text = {0};
    if (item->event == WRITABLE_VALUE && item->kind == WRITABLE_UTF8 &&
        writable_read_text(item->kind, item->bytes, &text) == RPC_OK)
        assert(text.length <= item->bytes.length);
    wire_buffer_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct writable_types *types;
    static struct writable_scan *scan;
    char problem[WIRE_PROBLEM_MAX] = "";
    if (types == NULL) {
        types = make_types();
        scan = writable_scan_create();
    }
    if (size < 2)
        return 0;
    enum writable_goal goal = (enum writable_goal)(data[0] % 3);
    const struct writable_class *class = writable_types_find(types, wire_text("org.example.All"));
    struct wire_bytes bytes = {data + 2, size - 2};
    struct seen whole = {0}, pieces = {0};
    size_t used = 0, least = 0;
    enum rpc_status status = writable_walk(types, goal, class, bytes, see, &whole, &used, problem);
    assert(status != RPC_OK || used <= bytes.length);
    assert(whole.events <= 4 * (bytes.length + WRITABLE_EMPTY_MAX) + 16);

    size_t cut = bytes.length * data[1] / 255;
    writable_scan_begin(scan, types, goal, class);
    writable_scan_visit(scan, see, &pieces);
    enum rpc_status again =
        writable_scan(scan, (struct wire_bytes){bytes.data, cut}, &least, problem);
    assert(again != RPC_AGAIN || least > cut);
    if (again == RPC_AGAIN) {
        assert(status != RPC_OK || least <= used);
        again = writable_scan(scan, bytes, &least, problem);
    }
    assert((again == RPC_AGAIN ? RPC_END : again) == status);
    assert(pieces.events == whole.events && pieces.hash == whole.hash);
    char text[256];
    writable_signature(types, bytes, text, sizeof(text), problem);
    return 0;
}
