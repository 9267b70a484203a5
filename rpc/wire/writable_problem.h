/*
 * The sentence that says what is wrong with a declaration, or with bytes.
 */
#ifndef RPC_WIRE_WRITABLE_PROBLEM_H
#define RPC_WIRE_WRITABLE_PROBLEM_H

#include "rpc/wire/wire.h"

/* Write it to `problem` (WIRE_PROBLEM_MAX bytes); returns `status`. */
enum rpc_status writable_problem(char *problem, enum rpc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* RPC_NO_MEMORY. */
enum rpc_status writable_problem_memory(char *problem);

#endif
