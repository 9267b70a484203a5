/*
 * Calls of Writables for the command line: their arguments and answers as JSON.
 *
 * An object is a Writable's fields ("@class" its class where another is declared), or of a method
 * with several parameters an array has its arguments.  Texts and bytes are strings; what is no
 * UTF-8 is shown in base64.
 */
#ifndef HARNESS_CLI_WRITTEN_H
#define HARNESS_CLI_WRITTEN_H

#include "rpc/release.h"
#include "rpc/wire/wire.h"

struct cli_written;
struct harness_types;

/* A method of the protocol with Java's name, by what ripcord knows of that release and what the
 * files say (declarations as in harness/message/types.h; end with NULL; NULL: none).  An exit
 * status, after a complaint. */
int cli_written_find(const struct release *release, const char *const *files, const char *protocol,
                     const char *method, struct cli_written **found);
void cli_written_free(struct cli_written *written);

const struct writable_types *cli_written_classes(const struct cli_written *written);
/* Of its methods, as far as they are known. */
int32_t cli_written_fingerprint(const struct cli_written *written);
/* The protocol's version, or `otherwise` where it is not known. */
uint64_t cli_written_version(const struct cli_written *written, uint64_t otherwise);

/* Append the call's body.  RPC_OK, or a complaint in `problem` (CLI_JSON_PROBLEM_MAX bytes). */
enum rpc_status cli_written_encode(struct cli_written *written, const char *text, size_t length,
                                   struct wire_buffer *out, char *problem);
/* The answer as JSON, which the caller frees; NULL with its `problem`. */
char *cli_written_decode(struct cli_written *written, struct wire_bytes value, char *problem);

#endif
