/*
 * One line of JSON, built in place at the end of a growing buffer.
 *
 * Every text is made valid on its way: what is not UTF-8 becomes U+FFFD, control characters
 * are escaped, and what is longer than RECORD_TEXT_MAX is cut and ends in an ellipsis.  So
 * whatever a server or a script says, a line stays one line that parses.
 */
#ifndef REPORTS_LINE_H
#define REPORTS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty.  Free `bytes` when done. */
struct line_buffer {
    char *bytes; /* owned */
    size_t length, capacity;
    bool no_memory; /* something did not fit; the rest is ignored */
};

/* Append bytes as they are. */
void line_raw(struct line_buffer *buffer, const void *bytes, size_t length);

/* A member of the object or, when `key` is NULL, an element of the array that is open.  The
 * comma before it comes by itself.  A key is plain ASCII. */
void line_number(struct line_buffer *buffer, const char *key, int64_t number);
void line_text(struct line_buffer *buffer, const char *key, const char *text);
void line_bool(struct line_buffer *buffer, const char *key, bool value);
void line_null(struct line_buffer *buffer, const char *key);
void line_open(struct line_buffer *buffer, const char *key, char bracket);
void line_close(struct line_buffer *buffer, char bracket);

/* A number of 64 bits without a sign: as text beyond 2^53, which JSON's readers lose. */
void line_unsigned(struct line_buffer *buffer, const char *key, uint64_t number);

/* Sixteen hex digits, as a text. */
void line_hash(struct line_buffer *buffer, const char *key, uint64_t hash);

/* Bytes in hex, as a text. */
void line_hex(struct line_buffer *buffer, const char *key, const void *bytes, size_t length);

/* Length of the UTF-8 sequence at `text`, 1 to 4, or 0: it is not valid (also: surrogates,
 * overlong forms, beyond U+10FFFF).  `text` ends with a NUL. */
size_t line_utf8(const char *text);

#endif
