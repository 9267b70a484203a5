#include "rpc/wire/writable_problem.h"

#include <stdarg.h>
#include <stdio.h>

#include "rpc/wire/wire.h"

enum rpc_status writable_problem(char *problem, enum rpc_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, WIRE_PROBLEM_MAX, format, arguments);
    va_end(arguments);
    return status;
}

enum rpc_status writable_problem_memory(char *problem)
{
    return writable_problem(problem, RPC_NO_MEMORY, "%s", rpc_status_text(RPC_NO_MEMORY));
}
