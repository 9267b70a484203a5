/*
 * Memory that runs out when a test says so.  Whatever is linked into the test's program takes
 * its memory here (the linker's --wrap), libraries of the system do not.
 */
#ifndef TESTS_MEMORY_SCARCE_H
#define TESTS_MEMORY_SCARCE_H

#include <stdbool.h>
#include <stddef.h>

/* From here on the n-th allocation, from 1, fails; with `for_good` all after it too. */
void scarce_begin(size_t n, bool for_good);

/* There is enough again.  Whether an allocation has failed. */
bool scarce_end(void);

#endif
