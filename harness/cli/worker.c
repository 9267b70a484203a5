#include "harness/cli/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/cli/commands.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/parcel.h"

enum { SIGNAL_STACK = 64 * 1024 };

/* Answers of the range that is being played, all whole, which its end would send. */
static struct {
    int socket;
    const uint8_t *volatile bytes;
    volatile size_t length;
} unsent;

static bool send_all(int socket, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t sent = write(socket, at, length);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* --- a crash --- */

/* Send what cases before have come to and save the record, then die of the signal after all. */
static void on_crash(int signal)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigemptyset(&plain.sa_mask);
    sigaction(signal, &plain, NULL);
    send_all(unsent.socket, unsent.bytes, unsent.length);
    cli_player_rescue();
    raise(signal);
}

/* On a stack of its own, as the usual one may be what has run out; no other signal comes between.
 */
static void catch_crashes(void)
{
    static char room[SIGNAL_STACK];
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    struct rlimit no_core = {0};
    sigfillset(&action.sa_mask);
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    setrlimit(RLIMIT_CORE, &no_core);
}

/* --- work --- */

static bool receive(int socket, void *into, size_t size)
{
    char *at = into;
    while (size > 0) {
        ssize_t got = read(socket, at, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

/* Append the outcome behind its length. */
static bool add_answer(struct wire_buffer *answers, const struct cli_outcome *outcome)
{
    uint32_t length = 0;
    size_t begin = answers->length;
    if (wire_buffer_add(answers, &length, sizeof(length)) != RPC_OK ||
        cli_parcel_pack(outcome, answers) != RPC_OK)
        return false;
    length = (uint32_t)(answers->length - begin - sizeof(length));
    memcpy(answers->data + begin, &length, sizeof(length));
    return true;
}

/* Play the cases, and answer for all of them at once. */
static bool play_range(int socket, const struct cli_player *player, struct cli_range range,
                       struct wire_buffer *answers)
{
    bool well = true;
    answers->length = 0;
    unsent.socket = socket;
    for (uint32_t i = 0; well && i < range.count; i++) {
        struct cli_outcome outcome;
        cli_player_play(player, range.first + i, &outcome);
        unsent.length = 0;
        well = add_answer(answers, &outcome);
        unsent.bytes = answers->data;
        unsent.length = well ? answers->length : 0;
        harness_result_release(&outcome.result);
    }
    unsent.length = 0;
    return well && send_all(socket, answers->data, answers->length);
}

_Noreturn void cli_worker(int socket, const struct cli_player *player)
{
    struct wire_buffer answers = {.data = NULL};
    struct cli_range range;
    bool well = true;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    cli_interrupt_obey();
    catch_crashes();
    while (well && receive(socket, &range, sizeof(range)))
        well = play_range(socket, player, range, &answers);
    wire_buffer_release(&answers);
    _exit(well ? CLI_WELL : CLI_MACHINE);
}
