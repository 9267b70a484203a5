/*
 * Threads of a server that an Error has ended, and responses that were lost as they were made.
 */
#ifndef HARNESS_EXPLAIN_GONE_H
#define HARNESS_EXPLAIN_GONE_H

#include "harness/explain/story.h"

/* Whether the thread of that lane, of the server as it is now, was gone by the story's end;
 * *at_ns: since when. */
bool explain_lane_died(const struct explain_story *story, uint32_t server, uint32_t lane,
                       uint64_t *at_ns);

/* A fault struck as the response to the call was made that the event is about: there will never be
 * one.  *at_ns: when. */
bool explain_is_lost(const struct explain_story *story, const struct harness_event *event,
                     uint64_t *at_ns);

/* Its Handler, or the response alone: a stage. */
explain_fn explain_lost_response;

#endif
