/*
 * Files that the build puts into the program.
 */
#ifndef HARNESS_ROLES_DESCRIPTORS_H
#define HARNESS_ROLES_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

/* The descriptor set of all our .proto files that scripts see. */
extern const uint8_t harness_descriptors[];
extern const size_t harness_descriptors_length;

#endif
