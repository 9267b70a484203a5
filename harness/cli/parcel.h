/*
 * An outcome as bytes, on its way from a worker to the parent.
 */
#ifndef HARNESS_CLI_PARCEL_H
#define HARNESS_CLI_PARCEL_H

#include <stdbool.h>

#include "harness/cli/player.h"
#include "rpc/wire/wire.h"

/* Append the outcome.  RPC_NO_MEMORY. */
enum rpc_status cli_parcel_pack(const struct cli_outcome *outcome, struct wire_buffer *out);

/* Make an outcome of it, which is released like any other.  RPC_MALFORMED, RPC_NO_MEMORY. */
enum rpc_status cli_parcel_open(struct wire_bytes bytes, struct cli_outcome *outcome);

#endif
