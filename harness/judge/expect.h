/*
 * Expectations: t:expect(x), t:each(list), t:require(x) and their links, t:always(name, fn).
 */
#ifndef HARNESS_JUDGE_EXPECT_H
#define HARNESS_JUDGE_EXPECT_H

#include <lauxlib.h>

struct harness;

extern const luaL_Reg harness_t_expect[];
/* What expectations have in common; for struct harness_module. */
void harness_expectations_open(lua_State *L);

/* Expectations that no link has asked anything of make the case void. */
void harness_unasked_check(struct harness *harness);

/* The `always` of the case, after an event; on the executor of handlers. */
void harness_always_check(struct harness *harness);

/* Note those that held to the end as checks. */
void harness_always_finish(struct harness *harness);

#endif
