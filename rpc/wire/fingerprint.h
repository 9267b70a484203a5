/*
 * A method's fingerprint (ipc/ProtocolSignature.java, getFingerprint), by which Hadoop's clients
 * and servers tell whether they mean the same.
 */
#ifndef RPC_WIRE_FINGERPRINT_H
#define RPC_WIRE_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

/* Of its name and its types, all of them Class.getName(): "int", "[B", "java.lang.String". */
int32_t wire_fingerprint(const char *method, const char *returns, const char *const *parameters,
                         size_t count);

#endif
