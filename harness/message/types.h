/*
 * What a case knows of Writables: their classes, and the signatures of protocols' methods.
 * First comes what ripcord ships for the release, then what file and script have declared.
 *
 * Adding is for the script's thread; reading is allowed on any.
 */
#ifndef HARNESS_MESSAGE_TYPES_H
#define HARNESS_MESSAGE_TYPES_H

#include <stdatomic.h>

#include "rpc/release.h"
#include "rpc/wire/writable.h"

struct harness;

/* A method by the types that it is declared with, all of them Class.getName(). */
struct harness_signature {
    const struct harness_signature *next; /* older */
    const char *protocol, *method, *returns;
    const char *const *parameters; /* `count` of them */
    size_t count;
    const char *text; /* "java.lang.String,long" */
};

struct harness_types {
    const struct harness_types *base; /* NULL: none */
    struct writable_types *classes;   /* owned */
    _Atomic(const struct harness_signature *) signatures;
    struct harness_protocols *protocols;
};

/* NULL when out of memory.  `base` is borrowed. */
struct harness_types *harness_types_create(const struct harness_types *base);
void harness_types_free(struct harness_types *types);

/* What ripcord ships for a release.  Made once, never freed; NULL when out of memory.  The main
 * thread. */
const struct harness_types *harness_types_shipped(const struct release *release);
const struct writable_types *harness_shipped_types(const struct release *release);

/* The classes of a case; never NULL while it is played.  Any thread. */
const struct writable_types *harness_writable_types(const struct harness *harness);

/* Declare a method; types may be written as in Java ("byte[]", "String"; of `package` see
 * harness_java_name).  RPC_MALFORMED with `problem` (WIRE_PROBLEM_MAX bytes); RPC_NO_MEMORY. */
enum rpc_status harness_types_add_method(struct harness_types *types, const char *protocol,
                                         const char *method, const char *package,
                                         const char *returns, const char *const *parameters,
                                         size_t count, char *problem);
/* A protocol's version, and whether it is one of Writables in all releases; else it is one of
 * protobuf from 2.x on.  RPC_NO_MEMORY. */
enum rpc_status harness_types_set_protocol(struct harness_types *types, const char *protocol,
                                           uint64_t version, bool writables);
/* False: it is not known. */
bool harness_types_version(const struct harness_types *types, const char *protocol,
                           uint64_t *version);
bool harness_types_writables(const struct harness_types *types, const char *protocol);
/* The fingerprints of its methods that are declared, ascending, at most `max`; returns how many. */
size_t harness_types_fingerprints(const struct harness_types *types, const char *protocol,
                                  int32_t *hashes, size_t max);
/* ipc/ProtocolSignature.java, getFingerprint, of all of them. */
int32_t harness_types_fingerprint(const struct harness_types *types, const char *protocol);

/* The newest declaration first: with those parameters ("java.lang.String,long"); or any, from the
 * one after `after` on (NULL: the first).  NULL: there is none (more). */
const struct harness_signature *harness_signature_exact(const struct harness_types *types,
                                                        const char *protocol, const char *method,
                                                        const char *parameters);
const struct harness_signature *harness_signature_next(const struct harness_types *types,
                                                       const char *protocol, const char *method,
                                                       const struct harness_signature *after);
/* A method that every protocol of Writables has (ipc/VersionedProtocol.java).  NULL: it is none. */
#define HARNESS_PROTOCOL_SIGNATURE "org.apache.hadoop.ipc.ProtocolSignature"
const struct harness_signature *harness_signature_versioned(const struct harness_types *types,
                                                            const char *method);
/* What a server answers to a call with those parameters: as declared; as every protocol does; or,
 * of a method that nobody has declared, Anything of Anything.  NULL: nothing. */
const struct harness_signature *harness_signature_served(const struct harness_types *types,
                                                         const char *protocol, const char *method,
                                                         const char *parameters);
/* The same whatever its name, to list a protocol's methods. */
const struct harness_signature *harness_signature_of(const struct harness_types *types,
                                                     const char *protocol,
                                                     const struct harness_signature *after);

/* Class.getName() of a type as Java's source has it: "[B" of "byte[]".  `package` (NULL: none)
 * goes before names without a dot that begin with a capital.  False: it does not fit. */
bool harness_java_name(const char *type, const char *package, char *name, size_t size);

/* Declare what a text says; `problem` has line and sentence.  Its lines:
 *     package org.example
 *     class Name                  then its fields, indented: TYPE NAME [when FIELD VALUE]
 *         super Base
 *     enum Name RED GREEN
 *     abstract Name
 *     packed                      ArrayPrimitiveWritable$Internal
 *     protocol Name 61            then its methods, indented: boolean mkdirs(String, byte[])
 * RPC_MALFORMED and the errors of writable_types_add. */
enum rpc_status harness_types_read(struct harness_types *types, const char *text, size_t length,
                                   char *problem);

#endif
