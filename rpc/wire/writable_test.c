/* ObjectWritables: the worked examples of the protocol's description. */
#include "rpc/wire/writable_stage.h"

Test(writable, object_writables_of_primitives_texts_nulls_and_void)
{
    struct wire_buffer out = {0};
    writable_put_long_object(&out, -5);
    cr_assert(eq(int, memcmp(out.data, "\0\4long\xff\xff\xff\xff\xff\xff\xff\xfb", 14), 0));
    says(object(NULL, bytes_of(&out)), " -5");
    out.length = 0;
    writable_put_string_object(&out, wire_text("hi"), false);
    says(object(NULL, bytes_of(&out)), " 'hi'");
    out.length = 0;
    writable_put_null_object(&out, "java.lang.String");
    cr_assert(eq(sz, out.length, 99));
    says(object(NULL, bytes_of(&out)), " null");
    out.length = 0;
    writable_put_null_object(&out, "void");
    cr_assert(eq(sz, out.length, 87));
    says(object(NULL, bytes_of(&out)), " null");
    out.length = 0;
    put_name(&out, "void");
    says(object(NULL, bytes_of(&out)), " null");
    out.length = 0;
    put_name(&out, "double");
    writable_put_real(&out, WRITABLE_DOUBLE, 0.5);
    says(object(NULL, bytes_of(&out)), " 0.5");
    out.length = 0;
    put_name(&out, "float");
    writable_put_real(&out, WRITABLE_FLOAT, -2);
    says(object(NULL, bytes_of(&out)), " -2");
    wire_buffer_release(&out);
}

/* An array of one element, whose bytes are zero. */
static enum rpc_status read_element(const char *array, const char *element)
{
    struct wire_buffer out = {0};
    put_name(&out, array);
    put_int(&out, 1);
    if (strcmp(element, "null") == 0)
        writable_put_null_object(&out, "java.lang.String");
    else
        put_name(&out, element);
    wire_buffer_add(&out, "\0\0\0\0\0\0\0", 8);
    enum rpc_status status =
        writable_walk(NULL, WRITABLE_GOAL_OBJECT, NULL, bytes_of(&out), NULL, NULL, NULL, problem);
    wire_buffer_release(&out);
    return status;
}

Test(writable, an_element_gets_wider_and_nothing_else_goes_into_an_array)
{
    static const struct {
        const char *array, *well, *badly;
    } all[] = {
        {"[Z", "boolean", "byte char short int long java.lang.String null void"},
        {"[B", "byte", "boolean char short int long float double"},
        {"[C", "char", "boolean byte short int"},
        {"[S", "byte short", "boolean char int long"},
        {"[I", "byte char short int", "boolean long float double java.lang.String null void [I"},
        {"[J", "byte char short int long", "boolean float double"},
        {"[F", "byte char short int long float", "boolean double"},
        {"[D", "byte char short int long float double", "boolean java.lang.String"},
        {"[Ljava.lang.String;", "java.lang.String null void", "int [I"},
        {"[[I", "[I null void", "int java.lang.String"},
    };
    for (size_t i = 0; i < ENTRIES(all); i++) {
        char well[128], badly[128], *rest;
        snprintf(well, sizeof(well), "%s", all[i].well);
        snprintf(badly, sizeof(badly), "%s", all[i].badly);
        for (char *one = strtok_r(well, " ", &rest); one != NULL; one = strtok_r(NULL, " ", &rest))
            cr_assert(eq(int, read_element(all[i].array, one), RPC_OK), "%s", one);
        for (char *one = strtok_r(badly, " ", &rest); one != NULL; one = strtok_r(NULL, " ", &rest))
            cr_assert(eq(int, read_element(all[i].array, one), RPC_BAD_VALUE), "%s", one);
    }
}

Test(writable, arrays_of_arrays_are_object_writables_all_the_way)
{
    struct wire_buffer out = {0};
    put_name(&out, "[[I");
    put_int(&out, 2);
    put_name(&out, "[I");
    put_int(&out, 2);
    for (int32_t i = 7; i < 9; i++) {
        put_name(&out, "int");
        put_int(&out, i);
    }
    writable_put_null_object(&out, "[I");
    says(object(NULL, bytes_of(&out)), " list( list( 7 8 ) null )");
    out.length = 0;
    put_name(&out, "[Ljava.lang.String;");
    put_int(&out, 1);
    writable_put_string_object(&out, wire_text("a"), false);
    cr_assert(eq(sz, out.length, 46));
    says(object(NULL, bytes_of(&out)), " list( 'a' )");
    wire_buffer_release(&out);
}

Test(writable, packed_arrays_are_known_where_they_were_added)
{
    struct writable_types *types = writable_types_create(NULL);
    struct wire_buffer out = {0};
    put_name(&out, "org.apache.hadoop.io.ArrayPrimitiveWritable$Internal");
    put_name(&out, "int");
    put_int(&out, 2);
    put_int(&out, 1);
    put_int(&out, 2);
    cr_assert(eq(sz, out.length, 71));
    cr_assert(eq(int, fate(types, bytes_of(&out)), RPC_UNKNOWN_NAME));
    cr_assert(eq(int, writable_types_add_packed(types, problem), RPC_OK));
    says(object(types, bytes_of(&out)), " list( 1 2 )");
    wire_buffer_release(&out);
    writable_types_free(types);
}

Test(writable, a_writable_names_its_class_and_an_enum_its_constant)
{
    static const char *const colors[] = {"RED", "GREEN"};
    struct writable_types *types = writable_types_create(NULL);
    struct wire_buffer out = {0};
    put_name(&out, "org.apache.hadoop.io.IntWritable");
    put_name(&out, "org.apache.hadoop.io.IntWritable");
    put_int(&out, 5);
    cr_assert(eq(sz, out.length, 72));
    says(object(types, bytes_of(&out)), " org.apache.hadoop.io.IntWritable( value=5 )");

    out.length = 0;
    writable_types_add_enum(types, "org.example.EchoProtocol$Color", colors, 2, problem);
    put_name(&out, "org.example.EchoProtocol$Color");
    put_name(&out, "GREEN");
    says(object(types, bytes_of(&out)), " 'GREEN'");
    out.length -= 7;
    put_name(&out, "BLUE");
    cr_assert(eq(int, fate(types, bytes_of(&out)), RPC_UNKNOWN_NAME));
    says(problem, "No enum constant org.example.EchoProtocol.Color.BLUE");
    wire_buffer_release(&out);
    writable_types_free(types);
}

Test(writable, a_signature_lists_the_declared_types)
{
    struct wire_buffer out = {0};
    char text[64];
    put_int(&out, 3);
    writable_put_string_object(&out, wire_text("x"), false);
    writable_put_long_object(&out, 1);
    writable_put_null_object(&out, "[B");
    cr_assert(
        eq(int, writable_signature(NULL, bytes_of(&out), text, sizeof(text), problem), RPC_OK));
    says(text, "java.lang.String,long,[B");
    cr_assert(eq(int, writable_signature(NULL, bytes_of(&out), text, 12, problem), RPC_OK));
    says(text, "java.lang.S");
    wire_buffer_release(&out);
}
