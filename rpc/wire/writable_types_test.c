/* Classes by name: many of them, namesakes, super classes; and what may stand for what. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/writable.h"

static char problem[WIRE_PROBLEM_MAX];

static void add(struct writable_types *types, const char *name, const char *type, const char *field)
{
    struct writable_declared declared = {.type = type, .name = field};
    cr_assert(eq(int, writable_types_add(types, name, &declared, 1, problem), RPC_OK), "%s",
              problem);
}

static const struct writable_class *find(const struct writable_types *types, const char *name)
{
    return writable_types_find(types, wire_text(name));
}

static void has_field(const struct writable_types *types, const char *class, const char *field)
{
    cr_assert(strcmp(find(types, class)->fields[0].name, field) == 0, "%s", class);
}

Test(writable_types, as_many_classes_as_there_may_be_are_all_found_and_one_more_is_refused)
{
    struct writable_types *types = writable_types_create(NULL);
    struct writable_declared field = {.type = "int", .name = "n"};
    char name[32];
    for (int i = 0; i < WRITABLE_CLASSES_MAX; i++) {
        snprintf(name, sizeof(name), "org.example.C%d", i);
        add(types, name, "int", "n");
    }
    for (int i = 0; i < WRITABLE_CLASSES_MAX; i++) {
        snprintf(name, sizeof(name), "org.example.C%d", i);
        const struct writable_class *class = find(types, name);
        cr_assert(class != NULL && strcmp(class->name, name) == 0, "%s", name);
    }
    cr_assert(
        eq(int, writable_types_add(types, "org.example.More", &field, 1, problem), RPC_TOO_LONG));
    add(types, "org.example.C7", "long", "m");
    cr_assert(find(types, "org.example.More") == NULL);
    writable_types_free(types);
}

Test(writable_types, a_class_hides_its_older_namesakes_here_and_below)
{
    struct writable_types *base = writable_types_create(NULL);
    add(base, "org.example.A", "int", "below");
    add(base, "org.example.B", "int", "below");
    struct writable_types *types = writable_types_create(base);
    add(types, "org.example.A", "int", "first");
    add(types, "org.example.A", "int", "second");
    has_field(types, "org.example.A", "second");
    has_field(types, "org.example.B", "below");
    has_field(base, "org.example.A", "below");
    size_t named = 0;
    for (size_t i = 0; writable_types_name_at(types, i) != NULL; i++)
        named += strcmp(writable_types_name_at(types, i), "org.example.A") == 0;
    cr_assert(eq(sz, named, 1ul));
    writable_types_free(types);
    writable_types_free(base);
}

Test(writable_types, a_class_that_is_refused_leaves_those_before_and_behind_it_as_they_are)
{
    static const struct writable_declared bad[] = {
        {.type = "list org.example.A", .name = "well"},
        {.type = "lnog", .name = "wrong"},
    };
    struct writable_types *types = writable_types_create(NULL);
    char name[WRITABLE_NAME_MAX + 1];
    for (int i = 0; i < 200; i++) { /* more than one piece of memory */
        snprintf(name, sizeof(name), "org.example.%0400dX%d", 0, i);
        cr_assert(eq(int, writable_types_add(types, name, bad, 2, problem), RPC_UNKNOWN_NAME));
        cr_assert(find(types, name) == NULL);
        add(types, name, "int", "n");
    }
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "org.example.%0400dX%d", 0, i);
        has_field(types, name, "n");
    }
    writable_types_free(types);
}

Test(writable_types, an_object_is_of_its_class_of_those_above_and_of_any_interface)
{
    struct writable_types *types = writable_types_create(NULL);
    static const struct {
        const char *class, *name;
        bool is;
    } all[] = {
        {"org.example.Derived", "org.example.Derived", true},
        {"org.example.Derived", "org.example.Base", true},
        {"org.example.Derived", "org.example.Root", true},
        {"org.example.Derived", "org.apache.hadoop.io.Writable", true},
        {"org.example.Base", "org.example.Derived", false},
        {"org.example.Other", "org.example.Base", false},
        {"org.example.Other", "org.example.Unknown", false},
        {"org.example.Round", "org.example.Base", false}, /* its own super class */
    };
    add(types, "org.example.Root", "int", "n");
    add(types, "org.example.Base", "org.example.Root", "");
    add(types, "org.example.Derived", "org.example.Base", "");
    add(types, "org.example.Other", "org.example.Base", "has");
    add(types, "org.example.Round", "org.example.Round", "");
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        cr_assert(eq(int, writable_is_a(types, find(types, all[i].class), wire_text(all[i].name)),
                     all[i].is),
                  "%s as %s", all[i].class, all[i].name);
    writable_types_free(types);
}
