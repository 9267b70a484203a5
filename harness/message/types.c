#include "harness/message/types.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/harness.h"

enum { NAME_MAX_BYTES = WRITABLE_NAME_MAX + 1, PARAMETERS_MAX = 32 };

/* A protocol's version; the newest stands first. */
struct harness_versions {
    struct harness_versions *next;
    uint64_t version;
    char protocol[];
};

/* A signature and its texts in one piece. */
struct owned_signature {
    struct harness_signature signature;
    struct owned_signature *older;
    const char *parameters[PARAMETERS_MAX];
    char texts[];
};

struct harness_types *harness_types_create(const struct harness_types *base)
{
    struct harness_types *types = calloc(1, sizeof(*types));
    if (types == NULL)
        return NULL;
    types->base = base;
    atomic_init(&types->signatures, NULL);
    types->classes = writable_types_create(base == NULL ? NULL : base->classes);
    if (types->classes == NULL) {
        free(types);
        return NULL;
    }
    return types;
}

static struct owned_signature *owner_of(const struct harness_signature *signature)
{
    union {
        const struct harness_signature *in;
        struct owned_signature *out;
    } first = {.in = signature};
    return first.out;
}

void harness_types_free(struct harness_types *types)
{
    if (types == NULL)
        return;
    const struct harness_signature *signature = atomic_load(&types->signatures);
    struct owned_signature *owned = signature == NULL ? NULL : owner_of(signature);
    while (owned != NULL) {
        struct owned_signature *older = owned->older;
        free(owned);
        owned = older;
    }
    while (types->versions != NULL) {
        struct harness_versions *next = types->versions->next;
        free(types->versions);
        types->versions = next;
    }
    writable_types_free(types->classes);
    free(types);
}

const struct writable_types *harness_writable_types(const struct harness *harness)
{
    return harness->types->classes;
}

/* --- methods -----------------------------------------------------------------------------------
 */

static bool qualify(const char *type, const char *package, char *name, size_t size)
{
    int length;
    if (strcmp(type, "String") == 0)
        length = snprintf(name, size, "java.lang.String");
    else if (package != NULL && isupper((unsigned char)type[0]) && strchr(type, '.') == NULL)
        length = snprintf(name, size, "%s.%s", package, type);
    else
        length = snprintf(name, size, "%s", type);
    return length > 0 && (size_t)length < size;
}

static char letter_of(const char *primitive)
{
    static const char *const names[] = {"boolean", "byte", "char",  "short",
                                        "int",     "long", "float", "double"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(primitive, names[i]) == 0)
            return "ZBCSIJFD"[i];
    return '\0';
}

bool harness_java_name(const char *type, const char *package, char *name, size_t size)
{
    char element[NAME_MAX_BYTES], qualified[NAME_MAX_BYTES];
    size_t length = strlen(type), dimensions = 0;
    while (length > 2 && strncmp(type + length - 2, "[]", 2) == 0) {
        length -= 2;
        dimensions++;
    }
    if (length == 0 || length >= sizeof(element) || dimensions >= 8)
        return false;
    snprintf(element, sizeof(element), "%.*s", (int)length, type);
    if (!qualify(element, package, qualified, sizeof(qualified)))
        return false;
    int used;
    if (dimensions == 0)
        used = snprintf(name, size, "%s", qualified);
    else if (letter_of(qualified) != '\0')
        used = snprintf(name, size, "%.*s%c", (int)dimensions, "[[[[[[[[", letter_of(qualified));
    else
        used = snprintf(name, size, "%.*sL%s;", (int)dimensions, "[[[[[[[[", qualified);
    return used > 0 && (size_t)used < size;
}

static enum rpc_status no_such_name(const char *name, char *problem)
{
    snprintf(problem, WIRE_PROBLEM_MAX, "'%.100s' is no name of a type", name);
    return RPC_MALFORMED;
}

static char *append(char **at, const char *text)
{
    char *start = *at;
    size_t length = strlen(text) + 1;
    memcpy(start, text, length);
    *at += length;
    return start;
}

/* What a signature's texts have in common with Java's: names of types, and "a,b,c". */
struct names {
    char returns[NAME_MAX_BYTES], parameters[PARAMETERS_MAX][NAME_MAX_BYTES];
    char text[PARAMETERS_MAX * 64];
};

static enum rpc_status read_names(struct names *names, const char *returns,
                                  const char *const *parameters, size_t count, char *problem)
{
    size_t used = 0;
    names->text[0] = '\0';
    if (!harness_java_name(returns, NULL, names->returns, sizeof(names->returns)))
        return no_such_name(returns, problem);
    for (size_t i = 0; i < count; i++) {
        if (!harness_java_name(parameters[i], NULL, names->parameters[i],
                               sizeof(names->parameters[i])))
            return no_such_name(parameters[i], problem);
        size_t room = sizeof(names->text) - used;
        int added =
            snprintf(names->text + used, room, "%s%s", i > 0 ? "," : "", names->parameters[i]);
        if (added < 0 || (size_t)added >= room)
            return no_such_name(parameters[i], problem);
        used += (size_t)added;
    }
    return RPC_OK;
}

static struct owned_signature *make_signature(const char *protocol, const char *method,
                                              const struct names *names, size_t count)
{
    size_t size =
        strlen(protocol) + strlen(method) + strlen(names->returns) + strlen(names->text) + 4;
    for (size_t i = 0; i < count; i++)
        size += strlen(names->parameters[i]) + 1;
    struct owned_signature *owned = calloc(1, sizeof(*owned) + size);
    if (owned == NULL)
        return NULL;
    char *at = owned->texts;
    owned->signature.protocol = append(&at, protocol);
    owned->signature.method = append(&at, method);
    owned->signature.returns = append(&at, names->returns);
    owned->signature.text = append(&at, names->text);
    for (size_t i = 0; i < count; i++)
        owned->parameters[i] = append(&at, names->parameters[i]);
    owned->signature.parameters = owned->parameters;
    owned->signature.count = count;
    return owned;
}

enum rpc_status harness_types_add_method(struct harness_types *types, const char *protocol,
                                         const char *method, const char *returns,
                                         const char *const *parameters, size_t count, char *problem)
{
    if (count > PARAMETERS_MAX) {
        snprintf(problem, WIRE_PROBLEM_MAX, "more than %d parameters", PARAMETERS_MAX);
        return RPC_MALFORMED;
    }
    struct names *names = malloc(sizeof(*names));
    enum rpc_status status =
        names == NULL ? RPC_NO_MEMORY : read_names(names, returns, parameters, count, problem);
    if (status == RPC_OK) {
        struct owned_signature *owned = make_signature(protocol, method, names, count);
        if (owned != NULL) {
            const struct harness_signature *first = atomic_load(&types->signatures);
            owned->signature.next = first;
            owned->older = first == NULL ? NULL : owner_of(first);
            atomic_store(&types->signatures, &owned->signature);
        } else {
            status = RPC_NO_MEMORY;
        }
    }
    free(names);
    if (status == RPC_NO_MEMORY)
        snprintf(problem, WIRE_PROBLEM_MAX, "%s", rpc_status_text(status));
    return status;
}

static bool is_of(const struct harness_signature *signature, const char *protocol,
                  const char *method)
{
    return strcmp(signature->protocol, protocol) == 0 &&
           (method == NULL || strcmp(signature->method, method) == 0);
}

static const struct harness_signature *next_of(const struct harness_types *types,
                                               const char *protocol, const char *method,
                                               const struct harness_signature *after)
{
    bool passed = after == NULL;
    for (; types != NULL; types = types->base) {
        const struct harness_signature *signature = atomic_load(&types->signatures);
        for (; signature != NULL; signature = signature->next) {
            if (passed && is_of(signature, protocol, method))
                return signature;
            passed = passed || signature == after;
        }
    }
    return NULL;
}

const struct harness_signature *harness_signature_next(const struct harness_types *types,
                                                       const char *protocol, const char *method,
                                                       const struct harness_signature *after)
{
    return next_of(types, protocol, method, after);
}

const struct harness_signature *harness_signature_of(const struct harness_types *types,
                                                     const char *protocol,
                                                     const struct harness_signature *after)
{
    return next_of(types, protocol, NULL, after);
}

const struct harness_signature *harness_signature_exact(const struct harness_types *types,
                                                        const char *protocol, const char *method,
                                                        const char *parameters)
{
    const struct harness_signature *found = next_of(types, protocol, method, NULL);
    while (found != NULL && strcmp(found->text, parameters) != 0)
        found = next_of(types, protocol, method, found);
    return found;
}

const struct harness_signature *harness_signature_served(const struct harness_types *types,
                                                         const char *protocol, const char *method,
                                                         const char *parameters)
{
    static const char *const names[] = {"java.lang.String", "long", "org.ripcord.Anything"};
    static const struct harness_signature version = {.protocol = "",
                                                     .method = "getProtocolVersion",
                                                     .returns = "long",
                                                     .parameters = names,
                                                     .count = 2,
                                                     .text = "java.lang.String,long"};
    static const struct harness_signature anything = {.protocol = "",
                                                      .method = "",
                                                      .returns = "org.ripcord.Anything",
                                                      .parameters = names + 2,
                                                      .count = 1,
                                                      .text = "org.ripcord.Anything"};
    const struct harness_signature *found =
        harness_signature_exact(types, protocol, method, parameters);
    if (found != NULL)
        return found;
    if (strcmp(method, version.method) == 0)
        return strcmp(parameters, version.text) == 0 ? &version : NULL;
    bool known = harness_signature_next(types, protocol, method, NULL) != NULL;
    return !known && strcmp(parameters, anything.text) == 0 ? &anything : NULL;
}

/* --- versions ---------------------------------------------------------------------------- */

enum rpc_status harness_types_set_version(struct harness_types *types, const char *protocol,
                                          uint64_t version)
{
    size_t length = strlen(protocol) + 1;
    struct harness_versions *made = calloc(1, sizeof(*made) + length);
    if (made == NULL)
        return RPC_NO_MEMORY;
    made->version = version;
    memcpy(made->protocol, protocol, length);
    made->next = types->versions;
    types->versions = made;
    return RPC_OK;
}

bool harness_types_version(const struct harness_types *types, const char *protocol,
                           uint64_t *version)
{
    for (; types != NULL; types = types->base)
        for (const struct harness_versions *known = types->versions; known != NULL;
             known = known->next)
            if (strcmp(known->protocol, protocol) == 0) {
                *version = known->version;
                return true;
            }
    return false;
}
