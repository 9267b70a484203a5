/*
 * The types of a method that the command line names.
 */
#ifndef HARNESS_CLI_METHOD_H
#define HARNESS_CLI_METHOD_H

#include "harness/cli/protoc.h"
#include "rpc/wire/schema.h"

struct cli_method {
    struct schema *schema;              /* owned; NULL: ripcord's own types */
    const struct schema_method *method; /* lives as long as the schema */
};

/* Find `method` of the protocol with Java's name: in the files given, else among those that
 * ripcord knows.  `service` (or NULL) is the name in the .proto, where it can't be guessed.  An
 * exit status, after a complaint. */
int cli_method_find(const struct cli_types *types, const char *service, const char *protocol,
                    const char *method, struct cli_method *found);
void cli_method_release(struct cli_method *found);

#endif
