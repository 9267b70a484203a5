#include "rpc/wire/schema.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "google/protobuf/descriptor.pb-c.h"
#include "rpc/wire/schema_java.h"
#include "rpc/wire/schema_types.h"
#include "rpc/wire/schema_walk.h"

typedef Google__Protobuf__FileDescriptorProto file_source;
typedef Google__Protobuf__DescriptorProto message_source;
typedef Google__Protobuf__EnumDescriptorProto enum_source;
typedef Google__Protobuf__ServiceDescriptorProto service_source;

enum entry_kind { ENTRY_MESSAGE, ENTRY_ENUM, ENTRY_SERVICE };

/* A name.  `source` and `proto3` count only while its set is being added. */
struct entry {
    const char *name;
    enum entry_kind kind;
    bool proto3;
    union {
        ProtobufCMessageDescriptor *message;
        ProtobufCEnumDescriptor *enumeration;
        struct schema_service *service;
    } of;
    const void *source;
};

struct names {
    struct entry *entries;
    size_t count, capacity;
};

struct schema {
    struct arena arena; /* owns all types and names */
    struct names names; /* sorted */
    const char **files;
    size_t file_count;
};

/* A set on its way in. */
struct adding {
    struct schema *schema;
    struct names names; /* the schema's and the new ones */
    const char **files;
    size_t file_count;
    char *problem;
};

/* --- names --- */

static int by_name(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static const struct entry *find(const struct names *names, enum entry_kind kind, const char *name)
{
    struct entry wanted = {.name = name};
    if (names->count == 0)
        return NULL;
    const struct entry *entry =
        bsearch(&wanted, names->entries, names->count, sizeof(wanted), by_name);
    return entry != NULL && entry->kind == kind ? entry : NULL;
}

static struct entry *append(struct names *names)
{
    if (names->count == names->capacity) {
        size_t capacity = names->capacity == 0 ? 64 : names->capacity * 2;
        struct entry *grown = realloc(names->entries, capacity * sizeof(*grown));
        if (grown == NULL)
            return NULL;
        names->entries = grown;
        names->capacity = capacity;
    }
    struct entry *entry = &names->entries[names->count++];
    *entry = (struct entry){.name = ""};
    return entry;
}

/* --- declaring: every type of the set gets its name --- */

static enum rpc_status malformed(struct adding *adding, const char *what, const char *name)
{
    snprintf(adding->problem, WIRE_PROBLEM_MAX, "%s %s", what, name);
    return RPC_MALFORMED;
}

/* Where types stand: what precedes their names, here and in Java. */
struct scope {
    const char *name, *java;
};

static enum rpc_status declare(struct adding *adding, enum entry_kind kind,
                               const struct scope *scope, const char *short_name,
                               const void *source, bool proto3)
{
    struct arena *arena = &adding->schema->arena;
    if (short_name == NULL || *short_name == '\0')
        return malformed(adding, "a type without a name in", scope->name);
    const char *dot = *scope->name != '\0' ? "." : "";
    char *name = arena_print(arena, "%s%s%s", scope->name, dot, short_name);
    char *java = arena_print(arena, "%s%s", scope->java, short_name);
    struct entry *entry = append(&adding->names);
    if (name == NULL || java == NULL || entry == NULL)
        return RPC_NO_MEMORY;
    *entry = (struct entry){.name = name, .kind = kind, .proto3 = proto3, .source = source};

    const char *last = strrchr(name, '.');
    const char *own = last == NULL ? name : last + 1;
    ProtobufCMessageDescriptor message = {.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
                                          .name = name,
                                          .short_name = own,
                                          .c_name = java,
                                          .package_name = ""};
    ProtobufCEnumDescriptor enumeration = {.magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
                                           .name = name,
                                           .short_name = own,
                                           .c_name = java,
                                           .package_name = ""};
    switch (kind) {
    case ENTRY_MESSAGE:
        entry->of.message = arena_take(arena, sizeof(message));
        if (entry->of.message != NULL)
            *entry->of.message = message;
        break;
    case ENTRY_ENUM:
        entry->of.enumeration = arena_take(arena, sizeof(enumeration));
        if (entry->of.enumeration != NULL)
            *entry->of.enumeration = enumeration;
        break;
    case ENTRY_SERVICE:
        entry->of.service = arena_take(arena, sizeof(*entry->of.service));
        if (entry->of.service != NULL)
            entry->of.service->name = name;
        break;
    }
    return entry->of.message == NULL ? RPC_NO_MEMORY : RPC_OK;
}

static enum rpc_status declare_enums(struct adding *adding, const struct scope *scope,
                                     enum_source *const *sources, size_t count)
{
    enum rpc_status status = RPC_OK;
    for (size_t i = 0; i < count && status == RPC_OK; i++)
        status = declare(adding, ENTRY_ENUM, scope, sources[i]->name, sources[i], false);
    return status;
}

/* As deep as types are nested, which the walker has limited. */
static enum rpc_status declare_message(struct adding *adding, const struct scope *scope,
                                       const message_source *source, bool proto3)
{
    enum rpc_status status = declare(adding, ENTRY_MESSAGE, scope, source->name, source, proto3);
    if (status != RPC_OK)
        return status;
    const ProtobufCMessageDescriptor *own =
        adding->names.entries[adding->names.count - 1].of.message;
    const struct scope inner = {own->name, arena_print(&adding->schema->arena, "%s$", own->c_name)};
    if (inner.java == NULL)
        return RPC_NO_MEMORY;
    status = declare_enums(adding, &inner, source->enum_type, source->n_enum_type);
    for (size_t i = 0; i < source->n_nested_type && status == RPC_OK; i++)
        status = declare_message(adding, &inner, source->nested_type[i], proto3);
    return status;
}

static bool knows_file(const struct adding *adding, const char *name)
{
    for (size_t i = 0; i < adding->file_count; i++)
        if (strcmp(adding->files[i], name) == 0)
            return true;
    return false;
}

static enum rpc_status declare_file(struct adding *adding, const file_source *source)
{
    const char *name = source->name == NULL ? "" : source->name;
    const struct scope scope = {source->package == NULL ? "" : source->package,
                                schema_java_prefix(&adding->schema->arena, source)};
    bool proto3 = source->syntax != NULL && strcmp(source->syntax, "proto3") == 0;

    if (knows_file(adding, name))
        return RPC_OK;
    adding->files[adding->file_count] = arena_text(&adding->schema->arena, name);
    if (adding->files[adding->file_count] == NULL || scope.java == NULL)
        return RPC_NO_MEMORY;
    adding->file_count++;

    enum rpc_status status = declare_enums(adding, &scope, source->enum_type, source->n_enum_type);
    for (size_t i = 0; i < source->n_message_type && status == RPC_OK; i++)
        status = declare_message(adding, &scope, source->message_type[i], proto3);
    for (size_t i = 0; i < source->n_service && status == RPC_OK; i++)
        status = declare(adding, ENTRY_SERVICE, &scope, source->service[i]->name,
                         source->service[i], proto3);
    return status;
}

/* --- defining: every new type is filled --- */

static const ProtobufCMessageDescriptor *look_up_message(const void *owner, const char *name)
{
    const struct entry *entry = find(owner, ENTRY_MESSAGE, *name == '.' ? name + 1 : name);
    return entry == NULL ? NULL : entry->of.message;
}

static const ProtobufCEnumDescriptor *look_up_enum(const void *owner, const char *name)
{
    const struct entry *entry = find(owner, ENTRY_ENUM, *name == '.' ? name + 1 : name);
    return entry == NULL ? NULL : entry->of.enumeration;
}

static enum rpc_status define_service(struct adding *adding, struct schema_service *service,
                                      const service_source *source)
{
    struct arena *arena = &adding->schema->arena;
    struct schema_method *methods = arena_take_array(arena, source->n_method + 1, sizeof(*methods));
    if (methods == NULL)
        return RPC_NO_MEMORY;
    for (size_t i = 0; i < source->n_method; i++) {
        const Google__Protobuf__MethodDescriptorProto *method = source->method[i];
        if (method->name == NULL || method->input_type == NULL || method->output_type == NULL)
            return malformed(adding, "a method lacks its name or types in", service->name);
        methods[i] = (struct schema_method){arena_text(arena, method->name),
                                            look_up_message(&adding->names, method->input_type),
                                            look_up_message(&adding->names, method->output_type)};
        if (methods[i].name == NULL)
            return RPC_NO_MEMORY;
        if (methods[i].request == NULL || methods[i].response == NULL) {
            snprintf(adding->problem, WIRE_PROBLEM_MAX, "service %s: method %s needs %s",
                     service->name, method->name,
                     methods[i].request == NULL ? method->input_type : method->output_type);
            return RPC_UNKNOWN_NAME;
        }
    }
    service->methods = methods;
    service->method_count = source->n_method;
    return RPC_OK;
}

static enum rpc_status define(struct adding *adding, const struct entry *entry)
{
    struct arena *arena = &adding->schema->arena;
    struct schema_lookup lookup = {.message = look_up_message,
                                   .enumeration = look_up_enum,
                                   .owner = &adding->names,
                                   .problem = adding->problem};
    switch (entry->kind) {
    case ENTRY_MESSAGE:
        return schema_fill_message(entry->of.message, entry->source, entry->proto3, arena, &lookup);
    case ENTRY_ENUM:
        return schema_fill_enum(entry->of.enumeration, entry->source, arena, &lookup);
    case ENTRY_SERVICE:
        return define_service(adding, entry->of.service, entry->source);
    }
    assert(false);
    return RPC_OK;
}

static enum rpc_status define_all(struct adding *adding, enum entry_kind kind)
{
    enum rpc_status status = RPC_OK;
    for (size_t i = 0; i < adding->names.count && status == RPC_OK; i++) {
        const struct entry *entry = &adding->names.entries[i];
        if (entry->source != NULL && entry->kind == kind)
            status = define(adding, entry);
    }
    return status;
}

/* Fields that hold map entries are told apart by a flag. */
static void mark_maps(struct adding *adding)
{
    for (size_t i = 0; i < adding->names.count; i++) {
        const struct entry *entry = &adding->names.entries[i];
        if (entry->kind != ENTRY_MESSAGE || entry->source == NULL)
            continue;
        for (unsigned k = 0; k < entry->of.message->n_fields; k++) {
            ProtobufCFieldDescriptor *field =
                (ProtobufCFieldDescriptor *)(uintptr_t)&entry->of.message->fields[k];
            const ProtobufCMessageDescriptor *type = field->descriptor;
            if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label != PROTOBUF_C_LABEL_REPEATED)
                continue;
            const struct entry *element = find(&adding->names, ENTRY_MESSAGE, type->name);
            if (element != NULL && element->source != NULL && schema_is_entry(element->source) &&
                type->n_fields == 2 && type->fields[0].id == 1 && type->fields[1].id == 2)
                field->flags |= SCHEMA_FLAG_MAP;
        }
    }
}

static enum rpc_status sort_names(struct adding *adding)
{
    struct names *names = &adding->names;
    if (names->count > 0)
        qsort(names->entries, names->count, sizeof(*names->entries), by_name);
    for (size_t i = 1; i < names->count; i++)
        if (strcmp(names->entries[i - 1].name, names->entries[i].name) == 0)
            return malformed(adding, "there are two types of the name", names->entries[i].name);
    return RPC_OK;
}

static enum rpc_status begin(struct adding *adding, size_t new_files)
{
    const struct schema *schema = adding->schema;
    adding->files = calloc(schema->file_count + new_files + 1, sizeof(*adding->files));
    if (adding->files == NULL)
        return RPC_NO_MEMORY;
    for (size_t i = 0; i < schema->file_count; i++)
        adding->files[adding->file_count++] = schema->files[i];
    for (size_t i = 0; i < schema->names.count; i++) {
        struct entry *entry = append(&adding->names);
        if (entry == NULL)
            return RPC_NO_MEMORY;
        *entry = schema->names.entries[i];
    }
    return RPC_OK;
}

static enum rpc_status add_set(struct adding *adding,
                               const Google__Protobuf__FileDescriptorSet *set)
{
    enum rpc_status status = begin(adding, set->n_file);
    for (size_t i = 0; i < set->n_file && status == RPC_OK; i++)
        status = declare_file(adding, set->file[i]);
    if (status == RPC_OK)
        status = sort_names(adding);
    if (status == RPC_OK)
        status = define_all(adding, ENTRY_ENUM);
    if (status == RPC_OK)
        status = define_all(adding, ENTRY_MESSAGE);
    if (status == RPC_OK)
        status = define_all(adding, ENTRY_SERVICE);
    if (status == RPC_OK)
        mark_maps(adding);
    return status;
}

static void commit(struct adding *adding)
{
    struct schema *schema = adding->schema;
    free(schema->names.entries);
    free(schema->files);
    schema->names = adding->names;
    for (size_t i = 0; i < schema->names.count; i++)
        schema->names.entries[i].source = NULL;
    schema->files = adding->files;
    schema->file_count = adding->file_count;
}

/* --- outside --- */

struct schema *schema_create(void)
{
    struct schema *schema = calloc(1, sizeof(*schema));
    if (schema != NULL)
        schema->arena.budget = WIRE_DECODED_MAX;
    return schema;
}

void schema_free(struct schema *schema)
{
    if (schema == NULL)
        return;
    free(schema->names.entries);
    free(schema->files);
    arena_release(&schema->arena);
    free(schema);
}

enum rpc_status schema_add(struct schema *schema, struct wire_bytes set, char *problem)
{
    struct arena arena = {.budget = WIRE_DECODED_MAX};
    ProtobufCMessage *message;

    enum rpc_status status = schema_decode(&google__protobuf__file_descriptor_set__descriptor, set,
                                           &arena, &message, problem);
    if (status == RPC_OK) {
        struct adding adding = {.schema = schema, .problem = problem};
        status = add_set(&adding, (const Google__Protobuf__FileDescriptorSet *)(void *)message);
        if (status == RPC_OK) {
            commit(&adding);
        } else {
            free(adding.names.entries);
            free(adding.files);
        }
    }
    if (status == RPC_NO_MEMORY && schema->arena.refused == RPC_TOO_LONG)
        status = RPC_TOO_LONG;
    if (status != RPC_OK && problem[0] == '\0')
        snprintf(problem, WIRE_PROBLEM_MAX, "%s", rpc_status_text(status));
    arena_release(&arena);
    return status;
}

const ProtobufCMessageDescriptor *schema_message(const struct schema *schema, const char *name)
{
    const struct entry *entry = find(&schema->names, ENTRY_MESSAGE, name);
    return entry == NULL ? NULL : entry->of.message;
}

const struct schema_service *schema_service(const struct schema *schema, const char *name)
{
    const struct entry *entry = find(&schema->names, ENTRY_SERVICE, name);
    return entry == NULL ? NULL : entry->of.service;
}

const struct schema_method *schema_method(const struct schema_service *service,
                                          struct wire_bytes name)
{
    for (size_t i = 0; i < service->method_count; i++)
        if (wire_is(name, service->methods[i].name))
            return &service->methods[i];
    return NULL;
}

const char *schema_name_at(const struct schema *schema, size_t index)
{
    return index < schema->names.count ? schema->names.entries[index].name : NULL;
}
