/*
 * Real programs beside the stack: each a process group of its own, with both its output
 * streams in one pipe.
 */
#ifndef RPC_WORLD_LIVE_PROGRAM_H
#define RPC_WORLD_LIVE_PROGRAM_H

#include "rpc/world/live/inside.h"

/* What is kept of a program's output; the rest is read and forgotten. */
enum { LIVE_OUTPUT_MAX = 1 << 20 };

/* On the thread of `executor`, where the program's fields change from then on. */
enum rpc_status live_program_start(struct world *world, const char *const *argv,
                                   const char *const *environment, struct world_executor *executor,
                                   struct world_task *ended, struct world_program **program);
void live_program_kill(struct world_program *program, int signal);
void live_program_free(struct world_program *program);

/* Kill and free what is left. */
void live_programs_free(struct live_world *world);

#endif
