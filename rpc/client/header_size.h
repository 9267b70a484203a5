/*
 * How long a response header would be if protobuf-java wrote it anew.  2.x compares that, and
 * not what has come, with the length word.
 */
#ifndef RPC_CLIENT_HEADER_SIZE_H
#define RPC_CLIENT_HEADER_SIZE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of an unsigned varint at its shortest. */
size_t client_varint_size(uint64_t value);

/* Of a header that has been decoded, without its delimiter: each of RpcResponseHeaderProto's own
 * fields once, unknown ones as often as they came, all at their shortest. */
size_t client_header_size(const uint8_t *header, size_t length);

#endif
