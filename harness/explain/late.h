/*
 * Where the time of a call went that ended later than it should.
 */
#ifndef HARNESS_EXPLAIN_LATE_H
#define HARNESS_EXPLAIN_LATE_H

#include "harness/explain/story.h"

/* It ended so much later than was expected; false: nothing is known.  Locked. */
bool explain_late(struct explain_story *story, uint64_t late_ns, char *text, size_t size);

#endif
