/* Classes, as they are declared. */
#include "rpc/wire/writable_stage.h"

Test(writable, a_class_is_read_by_its_fields_and_conditions)
{
    struct writable_types *types = example_types();
    struct wire_buffer out = {0};
    put_leaf(&out, true, "LAUNCH");
    says(told(types, WRITABLE_GOAL_CLASS, "org.example.Leaf", bytes_of(&out)),
         " org.example.Leaf( name='dn' port=9 map=1 words=list( null 'w' ) data='dd' "
         "raw='rrr' note=null nodes=list( org.example.Base( name='dn' port=9 ) ) "
         "action='LAUNCH' any=3 split=org.example.Base( name='dn' port=9 ) )");
    out.length = 0;
    put_leaf(&out, false, "KILL");
    const char *text = told(types, WRITABLE_GOAL_CLASS, "org.example.Leaf", bytes_of(&out));
    cr_assert(ne(ptr, strstr(text, "map=0 shuffled=1000"), NULL));
    cr_assert(ne(ptr, strstr(text, "action='KILL' job=77"), NULL));
    wire_buffer_release(&out);
    writable_types_free(types);
}

Test(writable, whatever_the_pieces_the_same_is_found_and_nothing_behind_it_is_asked_for)
{
    struct writable_types *types = example_types();
    struct writable_scan *scan = writable_scan_create();
    struct wire_buffer out = {0};
    struct diary diary = {.used = 0}, whole = {.used = 0};
    put_int(&out, 2);
    put_name(&out, "org.example.Leaf");
    put_name(&out, "org.example.Leaf");
    put_leaf(&out, false, "KILL");
    put_name(&out, "[I");
    put_int(&out, 1);
    put_name(&out, "int");
    put_int(&out, 4);
    writable_walk(types, WRITABLE_GOAL_PARAMETERS, NULL, bytes_of(&out), see, &whole, NULL,
                  problem);

    writable_scan_begin(scan, types, WRITABLE_GOAL_PARAMETERS, NULL);
    writable_scan_visit(scan, see, &diary);
    size_t size = 0;
    enum rpc_status status = RPC_AGAIN;
    for (size_t length = 0; length <= out.length; length++) {
        uint8_t *moved = malloc(length + 1); /* elsewhere each time */
        memcpy(moved, out.data, length);
        status = writable_scan(scan, (struct wire_bytes){moved, length}, &size, problem);
        free(moved);
        if (length < out.length)
            cr_assert(eq(int, status, RPC_AGAIN));
        cr_assert(le(sz, size, out.length));
        cr_assert(length == out.length || size > length);
    }
    cr_assert(eq(int, status, RPC_OK));
    cr_assert(eq(sz, size, out.length));
    says(diary.text, whole.text);
    writable_scan_free(scan);
    wire_buffer_release(&out);
    writable_types_free(types);
}

Test(writable, what_is_declared_wrong_is_told_by_class_and_field)
{
    static const struct {
        struct writable_declared field;
        const char *says;
    } all[] = {
        {{.type = "lnog", .name = "size"},
         "class org.example.X: field 'size' has the type 'lnog', which is none"},
        {{.type = "list", .name = "a"},
         "class org.example.X: field 'a' has the type 'list', which is none"},
        {{.type = "bytes:-1", .name = "a"},
         "class org.example.X: field 'a' has the type 'bytes:-1', which is none"},
        {{.type = "long"}, "class org.example.X: a field of type 'long' has no name"},
        {{.type = "long", .name = "a", .when = "b"},
         "class org.example.X: field 'a' asks 'b', which is no field before it"},
    };
    struct writable_types *types = writable_types_create(NULL);
    for (size_t i = 0; i < ENTRIES(all); i++) {
        cr_assert(
            ne(int, writable_types_add(types, "org.example.X", &all[i].field, 1, problem), RPC_OK));
        says(problem, all[i].says);
    }
    cr_assert(ne(int, writable_types_add(types, "org example", NULL, 0, problem), RPC_OK));
    cr_assert(
        eq(ptr, (void *)(uintptr_t)writable_types_find(types, wire_text("org.example.X")), NULL));
    writable_types_free(types);
}

Test(writable, a_later_declaration_takes_the_place_of_an_earlier_one)
{
    static const struct writable_declared first[] = {{.type = "int", .name = "a"}},
                                          second[] = {{.type = "long", .name = "b"}};
    struct writable_types *base = writable_types_create(NULL);
    declare(base, "org.example.A", first, 1);
    struct writable_types *types = writable_types_create(base);
    says(writable_types_find(types, wire_text("org.example.A"))->fields[0].name, "a");
    declare(types, "org.example.A", second, 1);
    declare(types, "org.example.A", second, 1);
    says(writable_types_find(types, wire_text("org.example.A"))->fields[0].name, "b");
    says(writable_types_find(base, wire_text("org.example.A"))->fields[0].name, "a");
    size_t count = 0;
    while (writable_types_name_at(types, count) != NULL)
        count++;
    cr_assert(eq(sz, count, 15));
    writable_types_free(types);
    writable_types_free(base);
}
