/*
 * Types of messages that the command line names: files *.proto, read by protoc, or descriptor
 * sets as protoc writes them.
 */
#ifndef HARNESS_CLI_PROTOC_H
#define HARNESS_CLI_PROTOC_H

#include "rpc/wire/schema.h"

struct cli_types {
    const char *const *protos;      /* end with NULL; NULL: none */
    const char *const *includes;    /* folders, for imports; the same */
    const char *const *descriptors; /* the same */
};

/* Read them all.  An exit status, after a complaint. */
int cli_types_load(const struct cli_types *types, struct schema *schema);

#endif
