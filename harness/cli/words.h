/*
 * Texts that must be one of a list where they stand: points, faults, endings, durations.
 */
#ifndef HARNESS_CLI_WORDS_H
#define HARNESS_CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/library/language.h"

enum { CLI_WORDS_MAX = 16384, CLI_MISTAKE_MAX = 512 };

/* Whether the text may stand where `type` is expected.  If not, `mistake` (CLI_MISTAKE_MAX bytes)
 * says so, with the nearest right one. */
bool cli_word_fits(const struct language *language, struct language_type type, const char *text,
                   char *mistake);

/* "there is no KIND 'NAME'; did you mean 'NEAREST'?" of the names `known`, spaces between. */
void cli_word_missing(const char *kind, const char *name, const char *known, char *mistake);

/* Append what an aim may have besides who and when: the fields of the point.  False: there is none
 * of that name. */
bool cli_words_of_point(const char *point, char *names, size_t size);
/* The same of a fault: its parameters too. */
bool cli_words_of_fault(const char *fault, char *names, size_t size);
/* Append the fields of all points. */
void cli_words_of_events(char *names, size_t size);

#endif
