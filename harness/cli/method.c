#include "harness/cli/method.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/usage.h"
#include "harness/handles/handles.h"
#include "harness/lua/options.h"

enum { NAMES_MAX = 65536, NAME_MAX_LENGTH = 256 };

static bool has_files(const struct cli_types *types)
{
    return (types->protos != NULL && types->protos[0] != NULL) ||
           (types->descriptors != NULL && types->descriptors[0] != NULL);
}

static int complain_of_method(const struct schema_service *service, const char *method)
{
    char names[NAMES_MAX] = "", nearest[NAME_MAX_LENGTH];
    size_t used = 0;
    for (size_t i = 0; i < service->method_count && used < sizeof(names); i++)
        used +=
            (size_t)snprintf(names + used, sizeof(names) - used, "%s ", service->methods[i].name);
    if (harness_nearest(method, names, nearest, sizeof(nearest)) != NULL)
        return cli_complain(CLI_USAGE, "service %s has no method '%s'; did you mean '%s'?",
                            service->name, method, nearest);
    return cli_complain(CLI_USAGE, "service %s has no method '%s'; it has: %s", service->name,
                        method, names);
}

/* The only service of the files that has the method, or one called like the protocol. */
static const struct schema_service *guess(const struct schema *schema, const char *protocol,
                                          const char *method, size_t *candidates)
{
    const struct schema_service *found = schema_service(schema, protocol);
    *candidates = found != NULL;
    if (found != NULL)
        return found;
    const char *name;
    for (size_t i = 0; (name = schema_name_at(schema, i)) != NULL; i++) {
        const struct schema_service *service = schema_service(schema, name);
        if (service != NULL && schema_method(service, wire_text(method)) != NULL) {
            found = service;
            ++*candidates;
        }
    }
    return found;
}

static int find_service(const struct schema *schema, const char *name, const char *protocol,
                        const char *method, const struct schema_service **service)
{
    size_t candidates;
    if (name != NULL) {
        *service = schema_service(schema, name);
        if (*service == NULL)
            return cli_complain(CLI_USAGE, "there is no service %s in the files given", name);
        return CLI_WELL;
    }
    *service = guess(schema, protocol, method, &candidates);
    if (candidates == 0)
        return cli_complain(CLI_USAGE, "no service in the files given has a method '%s'", method);
    if (candidates > 1)
        return cli_complain(CLI_USAGE,
                            "%zu services in the files given have a method '%s'; say which with "
                            "--service NAME",
                            candidates, method);
    return CLI_WELL;
}

int cli_method_find(const struct cli_types *types, const char *name, const char *protocol,
                    const char *method, struct cli_method *found)
{
    const struct schema_service *service = NULL;
    int status = CLI_WELL;
    *found = (struct cli_method){.schema = NULL};
    if (has_files(types)) {
        found->schema = schema_create();
        status = found->schema != NULL ? cli_types_load(types, found->schema)
                                       : cli_complain(CLI_MACHINE, "out of memory");
        if (status == CLI_WELL)
            status = find_service(found->schema, name, protocol, method, &service);
    } else {
        service = name != NULL ? harness_service_named(name) : harness_service(protocol);
        if (service == NULL)
            status = cli_complain(CLI_USAGE,
                                  "the messages of %s are not known here; give --proto FILE or "
                                  "--descriptors FILE",
                                  name != NULL ? name : protocol);
    }
    if (status != CLI_WELL)
        return status;
    found->method = schema_method(service, wire_text(method));
    return found->method != NULL ? CLI_WELL : complain_of_method(service, method);
}

void cli_method_release(struct cli_method *found)
{
    schema_free(found->schema);
}
