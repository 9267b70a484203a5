/* Bytes that mean harm. */
#include "rpc/wire/writable_stage.h"

Test(writable, counts_and_lengths_that_cannot_be_are_refused_at_once)
{
    static const struct {
        int32_t count;
        enum rpc_status status;
        const char *says;
    } all[] = {
        {-1, RPC_BAD_VALUE, "-1"},
        {INT32_MIN, RPC_BAD_VALUE, "-2147483648"},
        {INT32_MAX, RPC_TOO_LONG, "Requested array size exceeds VM limit"},
        {INT32_MAX - 2, RPC_TOO_LONG, "Java heap space"},
        {1000000, RPC_END, ""},
    };
    for (size_t i = 0; i < ENTRIES(all); i++) {
        struct wire_buffer out = {0};
        put_name(&out, "[J");
        put_int(&out, all[i].count);
        cr_assert(eq(int, fate(NULL, bytes_of(&out)), all[i].status), "%d", all[i].count);
        says(problem, all[i].says);
        wire_buffer_release(&out);
    }
}

Test(writable, classes_that_nobody_knows_are_named)
{
    struct wire_buffer out = {0};
    put_name(&out, "foo.Bar");
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_UNKNOWN_NAME));
    says(problem, "readObject can't find class foo.Bar");
    out.length = 0;
    put_name(&out, "[Lfoo.Bar;");
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_UNKNOWN_NAME));
    says(problem, "readObject can't find class [Lfoo.Bar;");
    out.length = 0;
    put_name(&out, "org.apache.hadoop.io.Writable");
    put_name(&out, "foo.Bar");
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_UNKNOWN_NAME));
    says(problem, "readObject can't find class foo.Bar");
    out.length = 0;
    writable_put_null_object(&out, "foo.Bar");
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_UNKNOWN_NAME));
    says(problem, "java.lang.ClassNotFoundException: foo.Bar");

    char *name = malloc(60001);
    memset(name, 'x', 60000);
    name[60000] = '\0';
    out.length = 0;
    writable_put_number(&out, WRITABLE_SHORT, (int16_t)60000);
    wire_buffer_add(&out, name, 60000);
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_UNKNOWN_NAME));
    cr_assert(eq(sz, strlen(problem), WIRE_PROBLEM_MAX - 1));
    free(name);
    wire_buffer_release(&out);
}

Test(writable, what_nests_without_end_is_refused)
{
    struct wire_buffer out = {0};
    for (int i = 0; i < 300; i++) {
        put_name(&out, "org.apache.hadoop.io.Writable");
        put_name(&out, "org.apache.hadoop.io.ObjectWritable");
    }
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_TOO_DEEP));
    wire_buffer_release(&out);

    static const struct writable_declared self[] = {{.type = "org.example.Self"}},
                                          inner[] = {{.type = "org.example.In", .name = "in"}};
    struct writable_types *types = writable_types_create(NULL);
    declare(types, "org.example.Self", self, 1);
    declare(types, "org.example.In", inner, 1);
    for (size_t i = 0; i < 2; i++) {
        const struct writable_class *class =
            writable_types_find(types, wire_text(i == 0 ? "org.example.Self" : "org.example.In"));
        cr_assert(eq(int,
                     writable_walk(types, WRITABLE_GOAL_CLASS, class, WIRE_ABSENT, NULL, NULL, NULL,
                                   problem),
                     RPC_TOO_DEEP));
    }
    writable_types_free(types);
}

Test(writable, elements_without_a_byte_do_not_make_work_without_end)
{
    static const struct writable_declared lists[] = {
        {.type = "list list org.example.Nothing", .name = "all"}};
    struct writable_types *types = writable_types_create(NULL);
    struct wire_buffer out = {0};
    struct diary diary = {.used = 0};
    declare(types, "org.example.Nothing", NULL, 0);
    declare(types, "org.example.Lists", lists, 1);
    put_int(&out, 100);
    put_int(&out, 1 << 27);
    const struct writable_class *class = writable_types_find(types, wire_text("org.example.Lists"));
    cr_assert(eq(int,
                 writable_walk(types, WRITABLE_GOAL_CLASS, class, bytes_of(&out), see, &diary, NULL,
                               problem),
                 RPC_TOO_LONG));
    cr_assert(lt(sz, diary.events, 4 * WRITABLE_EMPTY_MAX));
    out.length = 0;
    put_int(&out, 1);
    put_int(&out, 1000);
    cr_assert(eq(
        int,
        writable_walk(types, WRITABLE_GOAL_CLASS, class, bytes_of(&out), NULL, NULL, NULL, problem),
        RPC_OK));
    wire_buffer_release(&out);
    writable_types_free(types);
}

Test(writable, a_truncated_value_ends_too_early_wherever_it_is_cut)
{
    struct writable_types *types = example_types();
    struct wire_buffer out = {0};
    put_leaf(&out, false, "KILL");
    const struct writable_class *class = writable_types_find(types, wire_text("org.example.Leaf"));
    for (size_t length = 0; length <= out.length; length++) {
        enum rpc_status status =
            writable_walk(types, WRITABLE_GOAL_CLASS, class, (struct wire_bytes){out.data, length},
                          NULL, NULL, NULL, problem);
        cr_assert(eq(int, status, length < out.length ? RPC_END : RPC_OK));
    }
    wire_buffer_release(&out);
    writable_types_free(types);
}
