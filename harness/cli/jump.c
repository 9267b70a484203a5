/*
 * For the thread sanitizer, which watches longjmp, but not the one that a hardened liblua calls: it
 * would go on counting the functions that Lua's errors and yields have left as entered, until there
 * are more than it can count.
 */
#include <setjmp.h>

_Noreturn void __longjmp_chk(jmp_buf where, int value);

_Noreturn void __longjmp_chk(jmp_buf where, int value)
{
    longjmp(where, value);
}
