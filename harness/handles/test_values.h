/*
 * What the test protocol's calls and answers hold, as protobuf messages (harness/proto/test.proto)
 * or as Writables (harness/roles/common.writables), as the server has it.
 */
#ifndef HARNESS_HANDLES_TEST_VALUES_H
#define HARNESS_HANDLES_TEST_VALUES_H

#include "harness/handles/spoken.h"

/* Any request of the test protocol.  Bytes are the call's. */
struct harness_test_request {
    struct wire_bytes text; /* echo: message; throw: class */
    struct wire_bytes message;
    int64_t size; /* blob */
    uint64_t time_ms;
    bool null; /* a Writable that is null, so nothing of the above */
};

enum harness_test_kind {
    HARNESS_TEST_ECHO,
    HARNESS_TEST_BLOB,
    HARNESS_TEST_THROW,
    HARNESS_TEST_HANG
};

/* RPC_MALFORMED and the like, with `problem` (WIRE_PROBLEM_MAX bytes). */
enum rpc_status harness_test_read(const struct harness_spoken *spoken, enum harness_test_kind kind,
                                  struct wire_bytes body, struct harness_test_request *request,
                                  char *problem);

/* Append the answer of echo, with its message or (absent) without; of throw and hang, which have
 * nothing in it.  RPC_NO_MEMORY. */
enum rpc_status harness_test_answer(const struct harness_spoken *spoken,
                                    enum harness_test_kind kind, struct wire_bytes text,
                                    struct wire_buffer *out);
/* Append blob's answer, so long that the call's whole frame has `size` bytes, as near as can be. */
enum rpc_status harness_test_blob(const struct harness_spoken *spoken,
                                  const struct server_call *call, size_t size,
                                  struct wire_buffer *out);

#endif
