/*
 * What the faults `change` and `inject` get from a script.
 */
#ifndef HARNESS_HANDLES_PAYLOAD_H
#define HARNESS_HANDLES_PAYLOAD_H

#include <lua.h>

#include "faults/point.h"

/* For struct harness_module: of `change` a table of fields (false: absent; `cut`: only so many
 * bytes go out), of `inject` a string or a message. */
const void *harness_fault_payload(lua_State *L, int index, enum point_effect effect);

#endif
