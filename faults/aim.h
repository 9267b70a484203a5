/*
 * Whether a visit to a point is the one that a fault or a hold is aimed at.
 */
#ifndef FAULTS_AIM_H
#define FAULTS_AIM_H

#include <stdbool.h>

#include "faults/plan.h"

/* Copy `from`, its texts too.  RPC_NO_MEMORY leaves `aim` empty. */
enum rpc_status aim_copy(struct plan_aim *aim, const struct plan_aim *from);
void aim_release(struct plan_aim *aim);

/* Who, what and when; not how often: nth, times and chance are counted by the plan.
 * `lane` is the name of the event's lane, or NULL. */
bool aim_fits(const struct plan_aim *aim, const struct point_event *event, const char *lane,
              uint64_t now_ns);

#endif
