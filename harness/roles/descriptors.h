/*
 * Files that the build puts into the program.
 */
#ifndef HARNESS_ROLES_DESCRIPTORS_H
#define HARNESS_ROLES_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

/* The descriptor sets of the .proto files that scripts see, one each. */
extern const uint8_t harness_descriptors_test[];
extern const size_t harness_descriptors_test_length;
extern const uint8_t harness_descriptors_namenode[];
extern const size_t harness_descriptors_namenode_length;
extern const uint8_t harness_descriptors_protocol_info[];
extern const size_t harness_descriptors_protocol_info_length;

/* Declarations of Writables (harness/message/types.h says how they read). */
extern const uint8_t harness_writables_common[];
extern const size_t harness_writables_common_length;
extern const uint8_t harness_writables_0_20[];
extern const size_t harness_writables_0_20_length;
extern const uint8_t harness_writables_1_2[];
extern const size_t harness_writables_1_2_length;
extern const uint8_t harness_writables_2_2[];
extern const size_t harness_writables_2_2_length;

#endif
