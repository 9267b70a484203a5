/*
 * What a decoder says to its wire_extent (see wire.h).
 */
#ifndef RPC_WIRE_EXTENT_H
#define RPC_WIRE_EXTENT_H

#include "rpc/wire/wire.h"

enum { WIRE_EXTENT_HEADER = 8 }; /* call id and status; bytes that any reply has */

/* The classes that values may be of, from the next reply on. */
void wire_extent_types(struct wire_extent *extent, const struct writable_types *types);

/* WIRE_SASL: the next replies are those of SaslRpcClient.java.  Anything else: of calls. */
void wire_extent_expect(struct wire_extent *extent, enum wire_kind expected);

#endif
