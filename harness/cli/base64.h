/*
 * Base64 (RFC 4648), for bytes in JSON.
 */
#ifndef HARNESS_CLI_BASE64_H
#define HARNESS_CLI_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for `length` bytes encoded, with NUL. */
#define CLI_BASE64_SIZE(length) (((length) + 2) / 3 * 4 + 1)

void cli_base64_encode(const uint8_t *bytes, size_t length, char *text);

/* Needs no padding, and takes the alphabet for URLs too; `bytes` has room for `length`.  False:
 * it is something else. */
bool cli_base64_decode(const char *text, size_t length, uint8_t *bytes, size_t *decoded);

#endif
