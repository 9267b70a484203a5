/*
 * Ctrl-C and SIGTERM: the first asks for an end, the second exits at once.
 *
 * A world that nobody ends for a second after the first (cli_interrupt_heed), as Lua's patterns may
 * search for ever, ends the process with its record whole up to there: a worker aborts, any
 * other says so and exits.  What is heeded may take its time to stop: six seconds where no parent
 * watches it.
 */
#ifndef HARNESS_CLI_INTERRUPT_H
#define HARNESS_CLI_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

struct world;

/* From now on a signal is remembered, and stops the world that plays. */
void cli_interrupt_catch(void);

/* In a worker: Ctrl-C is the parent's, who sends SIGTERM; a second signal changes nothing. */
void cli_interrupt_obey(void);

/* Which signal has come; 0: none. */
int cli_interrupted(void);

/* Whether the world that plays must end; who asks ends it. */
bool cli_interrupt_heed(void);

/* How many have come. */
int cli_interrupt_count(void);

/* The world that a signal stops from now on; NULL: none.  It comes and goes with the case. */
void cli_interrupt_world(struct world *world);

/* While this is set a second signal is only counted: somebody looks at cli_interrupt_count. */
void cli_interrupt_attended(bool attended);

#endif
