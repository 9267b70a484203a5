#include "harness/message/types.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/harness.h"
#include "rpc/wire/fingerprint.h"

enum { NAME_MAX_BYTES = WRITABLE_NAME_MAX + 1, PARAMETERS_MAX = 32, TEXT_MAX_BYTES = 2048 };

/* What is said of protocols; the newest stands first. */
struct harness_protocols {
    struct harness_protocols *next;
    uint64_t version;
    bool writables;
    char name[];
};

/* A signature and its texts in one piece. */
struct owned_signature {
    struct harness_signature signature;
    struct owned_signature *older;
    const char *parameters[]; /* then the texts */
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
    return (struct owned_signature *)(uintptr_t)signature; /* its first member */
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
    while (types->protocols != NULL) {
        struct harness_protocols *next = types->protocols->next;
        free(types->protocols);
        types->protocols = next;
    }
    writable_types_free(types->classes);
    free(types);
}

const struct writable_types *harness_writable_types(const struct harness *harness)
{
    return harness->types->classes;
}

/* --- methods --- */

/* A name that is being written; `fits` is false from the piece on that found no room. */
struct writing {
    char *at;
    size_t room; /* with the NUL's */
    bool fits;
};

static void write_bytes(struct writing *name, const char *bytes, size_t length)
{
    name->fits = name->fits && length < name->room;
    if (!name->fits)
        return;
    memcpy(name->at, bytes, length);
    name->at += length;
    name->room -= length;
    *name->at = '\0';
}

static void write_text(struct writing *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static bool is_text(const char *bytes, size_t length, const char *text)
{
    return strlen(text) == length && memcmp(bytes, text, length) == 0;
}

static void write_qualified(struct writing *name, const char *type, size_t length,
                            const char *package)
{
    if (is_text(type, length, "String")) {
        write_text(name, "java.lang.");
    } else if (package != NULL && isupper((unsigned char)type[0]) &&
               memchr(type, '.', length) == NULL) {
        write_text(name, package);
        write_text(name, ".");
    }
    write_bytes(name, type, length);
}

/* The letter that stands for it in the name of an array; 0: it is no primitive. */
static char letter_of(const char *type, size_t length)
{
    static const char *const names[] = {"boolean", "byte", "char",  "short",
                                        "int",     "long", "float", "double"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (is_text(type, length, names[i]))
            return "ZBCSIJFD"[i];
    return '\0';
}

bool harness_java_name(const char *type, const char *package, char *name, size_t size)
{
    struct writing writing = {name, size, true};
    size_t length = strlen(type), dimensions = 0;
    while (length > 2 && memcmp(type + length - 2, "[]", 2) == 0) {
        length -= 2;
        dimensions++;
    }
    if (length == 0 || dimensions >= 8)
        return false;
    const char letter = dimensions > 0 ? letter_of(type, length) : '\0';
    write_bytes(&writing, "[[[[[[[[", dimensions);
    if (letter != '\0') {
        write_bytes(&writing, &letter, 1);
    } else {
        write_text(&writing, dimensions > 0 ? "L" : "");
        write_qualified(&writing, type, length, package);
        write_text(&writing, dimensions > 0 ? ";" : "");
    }
    return writing.fits;
}

static char *append(char **at, const char *text)
{
    char *start = *at;
    size_t length = strlen(text) + 1;
    memcpy(start, text, length);
    *at += length;
    return start;
}

/* A signature's types as Java names them. */
struct names {
    char returns[NAME_MAX_BYTES];
    char text[TEXT_MAX_BYTES];   /* "a,b,c" */
    size_t ends[PARAMETERS_MAX]; /* where each of these is over */
};

/* NULL: all are names; else the one that is none, or for which there is no room. */
static const char *read_names(struct names *names, const char *package, const char *returns,
                              const char *const *parameters, size_t count)
{
    size_t used = 0;
    if (!harness_java_name(returns, package, names->returns, sizeof(names->returns)))
        return returns;
    for (size_t i = 0; i < count; i++) {
        const size_t left = sizeof(names->text) - used;
        const size_t room = left < NAME_MAX_BYTES ? left : NAME_MAX_BYTES;
        if (!harness_java_name(parameters[i], package, names->text + used, room))
            return parameters[i];
        used += strlen(names->text + used);
        names->ends[i] = used;
        names->text[used++] = ',';
    }
    names->text[used > 0 ? used - 1 : 0] = '\0';
    return NULL;
}

static struct owned_signature *make_signature(const char *protocol, const char *method,
                                              const struct names *names, size_t count)
{
    const size_t texts =
        strlen(protocol) + strlen(method) + strlen(names->returns) + 2 * strlen(names->text) + 5;
    struct owned_signature *owned =
        malloc(sizeof(*owned) + count * sizeof(*owned->parameters) + texts);
    if (owned == NULL)
        return NULL;
    char *at = (char *)(owned->parameters + count);
    *owned = (struct owned_signature){{.parameters = owned->parameters, .count = count}, NULL};
    owned->signature.protocol = append(&at, protocol);
    owned->signature.method = append(&at, method);
    owned->signature.returns = append(&at, names->returns);
    owned->signature.text = append(&at, names->text);
    char *each = append(&at, names->text);
    for (size_t i = 0; i < count; i++) {
        owned->parameters[i] = i == 0 ? each : each + names->ends[i - 1] + 1;
        each[names->ends[i]] = '\0';
    }
    return owned;
}

enum rpc_status harness_types_add_method(struct harness_types *types, const char *protocol,
                                         const char *method, const char *package,
                                         const char *returns, const char *const *parameters,
                                         size_t count, char *problem)
{
    struct names names;
    if (count > PARAMETERS_MAX) {
        snprintf(problem, WIRE_PROBLEM_MAX, "more than %d parameters", PARAMETERS_MAX);
        return RPC_MALFORMED;
    }
    const char *wrong = read_names(&names, package, returns, parameters, count);
    if (wrong != NULL) {
        snprintf(problem, WIRE_PROBLEM_MAX, "'%.100s' is no name of a type", wrong);
        return RPC_MALFORMED;
    }
    struct owned_signature *owned = make_signature(protocol, method, &names, count);
    if (owned == NULL) {
        snprintf(problem, WIRE_PROBLEM_MAX, "%s", rpc_status_text(RPC_NO_MEMORY));
        return RPC_NO_MEMORY;
    }
    const struct harness_signature *first = atomic_load(&types->signatures);
    owned->signature.next = first;
    owned->older = first == NULL ? NULL : owner_of(first);
    atomic_store(&types->signatures, &owned->signature);
    return RPC_OK;
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

const struct harness_signature *harness_signature_versioned(const struct harness_types *types,
                                                            const char *method)
{
    static const char *const names[] = {"java.lang.String", "long", "int"};
    static const struct harness_signature all[] = {
        {.method = "getProtocolVersion",
         .returns = "long",
         .count = 2,
         .text = "java.lang.String,long",
         .parameters = names,
         .protocol = ""},
        {.method = "getProtocolSignature",
         .returns = HARNESS_PROTOCOL_SIGNATURE,
         .count = 3,
         .text = "java.lang.String,long,int",
         .parameters = names,
         .protocol = ""},
    };
    const bool has_both =
        writable_types_find(types->classes, wire_text(HARNESS_PROTOCOL_SIGNATURE)) != NULL;
    for (size_t i = 0; i < (has_both ? 2 : 1); i++)
        if (strcmp(all[i].method, method) == 0)
            return &all[i];
    return NULL;
}

const struct harness_signature *harness_signature_served(const struct harness_types *types,
                                                         const char *protocol, const char *method,
                                                         const char *parameters_text)
{
    static const char *const parameters[] = {"org.ripcord.Anything"};
    static const struct harness_signature anything = {.protocol = "",
                                                      .method = "",
                                                      .returns = "org.ripcord.Anything",
                                                      .parameters = parameters,
                                                      .count = 1,
                                                      .text = "org.ripcord.Anything"};
    const struct harness_signature *found =
        harness_signature_exact(types, protocol, method, parameters_text);
    if (found != NULL)
        return found;
    found = harness_signature_versioned(types, method);
    if (found != NULL)
        return strcmp(parameters_text, found->text) == 0 ? found : NULL;
    bool known = harness_signature_next(types, protocol, method, NULL) != NULL;
    return !known && strcmp(parameters_text, anything.text) == 0 ? &anything : NULL;
}

/* --- protocols --- */

enum rpc_status harness_types_set_protocol(struct harness_types *types, const char *protocol,
                                           uint64_t version, bool writables)
{
    size_t length = strlen(protocol) + 1;
    struct harness_protocols *made = calloc(1, sizeof(*made) + length);
    if (made == NULL)
        return RPC_NO_MEMORY;
    made->version = version;
    made->writables = writables;
    memcpy(made->name, protocol, length);
    made->next = types->protocols;
    types->protocols = made;
    return RPC_OK;
}

static const struct harness_protocols *find_protocol(const struct harness_types *types,
                                                     const char *name)
{
    for (; types != NULL; types = types->base)
        for (const struct harness_protocols *known = types->protocols; known != NULL;
             known = known->next)
            if (strcmp(known->name, name) == 0)
                return known;
    return NULL;
}

bool harness_types_version(const struct harness_types *types, const char *protocol,
                           uint64_t *version)
{
    const struct harness_protocols *known = find_protocol(types, protocol);
    if (known != NULL)
        *version = known->version;
    return known != NULL;
}

bool harness_types_writables(const struct harness_types *types, const char *protocol)
{
    const struct harness_protocols *known = find_protocol(types, protocol);
    return known != NULL && known->writables;
}

static int32_t fingerprint_of(const struct harness_signature *signature)
{
    return wire_fingerprint(signature->method, signature->returns, signature->parameters,
                            signature->count);
}

static int by_number(const void *a, const void *b)
{
    const int32_t *first = a, *second = b;
    return (*first > *second) - (*first < *second);
}

size_t harness_types_fingerprints(const struct harness_types *types, const char *protocol,
                                  int32_t *hashes, size_t max)
{
    const struct harness_signature *each = NULL;
    size_t count = 0;
    while ((each = harness_signature_of(types, protocol, each)) != NULL && count < max)
        if (harness_signature_exact(types, protocol, each->method, each->text) == each)
            hashes[count++] = fingerprint_of(each); /* not one that is declared anew */
    qsort(hashes, count, sizeof(*hashes), by_number);
    return count;
}

int32_t harness_types_fingerprint(const struct harness_types *types, const char *protocol)
{
    const struct harness_signature *each = harness_signature_of(types, protocol, NULL);
    size_t count = 0;
    uint32_t fingerprint = 1;
    for (; each != NULL; each = harness_signature_of(types, protocol, each))
        count++;
    int32_t *hashes = calloc(count + 1, sizeof(*hashes));
    if (hashes == NULL)
        return 0;
    count = harness_types_fingerprints(types, protocol, hashes, count);
    for (size_t i = 0; i < count; i++)
        fingerprint = 31 * fingerprint + (uint32_t)hashes[i];
    free(hashes);
    return (int32_t)fingerprint;
}
