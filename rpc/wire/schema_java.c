#include "rpc/wire/schema_java.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

typedef Google__Protobuf__FileDescriptorProto file_source;

/* "NameNode" of "some/name_node.proto". */
static char *camel_case(struct arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/'), *at = slash == NULL ? file : slash + 1;
    const char *dot = strrchr(at, '.'), *end = dot == NULL ? at + strlen(at) : dot;
    char *name = arena_take(arena, (size_t)(end - at) + 1), *out = name;
    bool upper = true;

    for (; name != NULL && at < end; at++) {
        if (isalnum((unsigned char)*at))
            *out++ = upper ? (char)toupper((unsigned char)*at) : *at;
        upper = !isalpha((unsigned char)*at);
    }
    return name;
}

static bool has_type(const file_source *file, const char *name)
{
    bool found = false;

    for (size_t i = 0; i < file->n_message_type; i++)
        found = found || (file->message_type[i]->name != NULL &&
                          strcmp(file->message_type[i]->name, name) == 0);
    for (size_t i = 0; i < file->n_enum_type; i++)
        found = found ||
                (file->enum_type[i]->name != NULL && strcmp(file->enum_type[i]->name, name) == 0);
    for (size_t i = 0; i < file->n_service; i++)
        found =
            found || (file->service[i]->name != NULL && strcmp(file->service[i]->name, name) == 0);
    return found;
}

/* The class around them all; it must not be called like one of them. */
static const char *outer_class(struct arena *arena, const file_source *file)
{
    if (file->options != NULL && file->options->java_outer_classname != NULL)
        return file->options->java_outer_classname;
    const char *name = camel_case(arena, file->name == NULL ? "" : file->name);
    return name != NULL && has_type(file, name) ? arena_print(arena, "%sOuterClass", name) : name;
}

char *schema_java_prefix(struct arena *arena, const file_source *file)
{
    const bool each_its_own = file->options != NULL && file->options->java_multiple_files;
    const char *package = file->package == NULL ? "" : file->package;

    if (file->options != NULL && file->options->java_package != NULL)
        package = file->options->java_package;
    const char *dot = *package != '\0' ? "." : "";
    if (each_its_own)
        return arena_print(arena, "%s%s", package, dot);
    const char *outer = outer_class(arena, file);
    return outer == NULL ? NULL : arena_print(arena, "%s%s%s$", package, dot, outer);
}
