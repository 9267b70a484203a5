/*
 * The tap in a case: messages become events (wire.*), and lines of the record.
 */
#ifndef HARNESS_TRACE_MESSAGES_H
#define HARNESS_TRACE_MESSAGES_H

#include "harness/harness.h"

/* Comes before the modules that make streams. */
extern const struct harness_module harness_messages;

#endif
