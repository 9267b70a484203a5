/*
 * What scripts declare: writable(name, fields) and protocol(name, {…}), once in a file, or
 * t:writable and t:protocol in a body.
 */
#ifndef HARNESS_MESSAGE_DECLARE_H
#define HARNESS_MESSAGE_DECLARE_H

#include "harness/harness.h"

/* Also owns the case's types (harness_writable_types). */
extern const struct harness_module harness_declarations;

#endif
