/*
 * An aim in parts, for an explanation of why nobody fitted it.
 */
#ifndef HARNESS_FAULT_AIM_PARTS_H
#define HARNESS_FAULT_AIM_PARTS_H

#include "harness/fault/aim.h"

/* The parts of an aim one by one, to say which of them nobody fitted: who is meant (server, client
 * …), what (method, the event's own fields), when (from, to), `where`.  nth, times and chance are
 * none. */
size_t harness_aim_parts(const struct harness_aim *aim);
bool harness_aim_part_fits(const struct harness_aim *aim, size_t part,
                           const struct point_event *event, const char *lane);
/* The part as a script writes it: `method = "ech"`, `server1`. */
void harness_aim_part_text(const struct harness_aim *aim, size_t part, char *text, size_t size);
/* What the event has in its place: `"echo"`, "server2"; false: nothing that can be said. */
bool harness_aim_part_seen(const struct harness_aim *aim, size_t part,
                           const struct point_event *event, const char *lane, char *text,
                           size_t size);

#endif
