/*
 * The grammar in which types of Writables are declared (the words beside enum writable_kind).
 */
#ifndef RPC_WIRE_WRITABLE_GRAMMAR_H
#define RPC_WIRE_WRITABLE_GRAMMAR_H

#include "rpc/arena.h"
#include "rpc/wire/writable.h"

/* Whether it could name a class: "org.example.Outer$Inner", or one without a package. */
bool writable_grammar_is_class(const char *text, size_t length);

/* The type that `text` declares; what it refers to is taken from the arena.  RPC_UNKNOWN_NAME: it
 * is none; RPC_TOO_DEEP: lists and optionals in each other; RPC_NO_MEMORY. */
enum rpc_status writable_grammar_parse(struct arena *arena, const char *text,
                                       struct writable_shape *shape);

#endif
