/*
 * What a scenario refers to: issues of Hadoop and RFCs, as its title and comments name them.
 */
#ifndef HARNESS_PLAY_REFS_H
#define HARNESS_PLAY_REFS_H

#include <stddef.h>

struct arena;
struct harness_file;
struct harness_scenario;

enum { HARNESS_REFS_MAX = 8 };

/* The references in the scenario's text, "HADOOP-2789", "RFC 793", each once, in their order; the
 * text reaches from its line to the next scenario's.  How many; `refs` has room for
 * HARNESS_REFS_MAX, texts live in the arena.  Fewer when memory runs out. */
size_t harness_refs(struct arena *arena, const struct harness_file *file,
                    const struct harness_scenario *scenario, const char **refs);

#endif
