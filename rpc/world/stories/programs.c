#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "rpc/world/stories/story.h"

struct run {
    struct world_task ended, printed;
    struct world_program *program;
    struct world *world;
    unsigned done, told;
};

static void when_ended(struct world_task *task)
{
    struct run *run = world_container(task, struct run, ended);
    run->done = 1;
    world_stop(run->world);
}

static void when_printed(struct world_task *task)
{
    struct run *run = world_container(task, struct run, printed);
    run->told = 1;
    world_stop(run->world);
}

static enum rpc_status start(struct story *story, struct run *run, const char *const *argv,
                             const char *const *environment)
{
    *run = (struct run){.ended.run = when_ended, .world = story->world};
    return world_program_start(story->world, argv, environment, &story->client, &run->ended,
                               &run->program);
}

static bool shell(struct story *story, struct run *run, const char *script)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    return EXPECT_STATUS(story, start(story, run, argv, NULL), RPC_OK);
}

static void both_outputs_are_kept(struct story *story)
{
    struct run run;
    if (!shell(story, &run, "echo one; echo two >&2; exit 3"))
        return;
    EXPECT(story, run.program->started_ns == 0); /* the world does not run yet */
    EXPECT(story, story_until(story, &run.done, 1));
    EXPECT(story, strcmp(run.program->output, "one\ntwo\n") == 0);
    EXPECT(story, run.program->output_length == 8);
    EXPECT(story, run.program->exit_status == 3 && run.program->signal == 0);
    EXPECT(story, run.program->ended_ns >= run.program->started_ns);
    world_program_free(run.program);
}

static void its_output_is_told_while_it_runs(struct story *story)
{
    struct run run;
    if (!shell(story, &run, "echo one; sleep 10"))
        return;
    run.printed.run = when_printed;
    run.program->printed = &run.printed;
    EXPECT(story, story_until(story, &run.told, 1));
    EXPECT(story, strcmp(run.program->output, "one\n") == 0);
    EXPECT(story, run.program->ended_ns == 0);
    world_program_free(run.program);
}

static void its_environment_is_added_to_ours(struct story *story)
{
    const char *const argv[] = {"sh", "-c", "echo \"$RIPCORD_STORY:${PATH:+path}\"", NULL};
    const char *const environment[] = {"RIPCORD_STORY=told", NULL};
    struct run run;
    if (!EXPECT_STATUS(story, start(story, &run, argv, environment), RPC_OK))
        return;
    EXPECT(story, story_until(story, &run.done, 1));
    EXPECT(story, strcmp(run.program->output, "told:path\n") == 0);
    world_program_free(run.program);
}

static void there_is_no_such_program(struct story *story)
{
    const char *const argv[] = {"no-such-program-anywhere", NULL};
    struct run run;
    EXPECT_STATUS(story, start(story, &run, argv, NULL), RPC_UNKNOWN_NAME);
}

static void a_signal_ends_it(struct story *story)
{
    struct run run;
    if (!shell(story, &run, "sleep 100"))
        return;
    story_pass(story, STORY_WHILE);
    EXPECT(story, run.program->ended_ns == 0);
    world_program_kill(run.program, SIGTERM);
    EXPECT(story, story_until(story, &run.done, 1));
    EXPECT(story, run.program->exit_status == -1 && run.program->signal == SIGTERM);
    world_program_kill(run.program, SIGTERM); /* harmless */
    world_program_free(run.program);
}

static void its_children_are_killed_with_it(struct story *story)
{
    struct run run;
    if (!shell(story, &run, "sleep 100 & sleep 100 & wait"))
        return;
    story_pass(story, STORY_WHILE);
    uint64_t killed_ns = world_now(story->world);
    world_program_kill(run.program, SIGKILL);
    /* They had the output, too: it would not be whole while one of them lived. */
    EXPECT(story, story_until(story, &run.done, 1));
    EXPECT(story, run.program->ended_ns - killed_ns < WORLD_SEC);
    world_program_free(run.program);
}

static void it_is_freed_while_it_runs(struct story *story)
{
    struct run run, left;
    if (!shell(story, &run, "sleep 100") || !shell(story, &left, "sleep 100"))
        return;
    story_pass(story, STORY_WHILE);
    world_program_free(run.program);
    EXPECT(story, run.done == 0);
    /* The world takes care of the one that is left. */
}

static void much_output_is_cut(struct story *story)
{
    struct run run;
    if (!shell(story, &run, "head -c 3000000 /dev/zero | tr '\\0' x"))
        return;
    EXPECT(story, story_until(story, &run.done, 1));
    EXPECT(story, run.program->output_length == 1 << 20);
    EXPECT(story, strlen(run.program->output) == 1 << 20);
    EXPECT(story, run.program->exit_status == 0);
    world_program_free(run.program);
}

static void nothing_is_there_to_be_read(struct story *story)
{
    struct run run;
    if (!shell(story, &run, "cat; echo done"))
        return;
    EXPECT(story, story_until(story, &run.done, 1));
    EXPECT(story, strcmp(run.program->output, "done\n") == 0);
    world_program_free(run.program);
}

/* Somebody who is not of this world comes to a listener of ours. */
static void a_foreign_peer_gets_a_number(struct story *story)
{
    struct world_listener *listener = story_listen(story, 8);
    struct run run;
    char script[160], address[24];
    uint32_t before = world_new_id(story->world, WORLD_ID_CONNECTION);
    world_address_text(listener->address, address);
    *strchr(address, ':') = '/';
    snprintf(script, sizeof(script), "exec 3<>/dev/tcp/%s; printf hello >&3; head -c 2 <&3",
             address);
    const char *const argv[] = {"bash", "-c", script, NULL};
    if (!EXPECT_STATUS(story, start(story, &run, argv, NULL), RPC_OK))
        return;
    struct world_stream *server = story_accept(story, listener);
    if (server == NULL)
        return;
    EXPECT(story, server->connection > before);
    story_reads(story, server, "hello");
    EXPECT_STATUS(story, story_write(story, server, "ok", 2), RPC_OK);
    EXPECT(story, story_until(story, &run.done, 1));
    EXPECT(story, strcmp(run.program->output, "ok") == 0);
    EXPECT_STATUS(story, story_read_to_end(story, server), RPC_END);
    world_program_free(run.program);
    story_pair_close(&(struct story_pair){listener, NULL, server});
}

static void the_simulation_has_no_programs(struct story *story)
{
    const char *const argv[] = {"true", NULL};
    struct run run;
    EXPECT_STATUS(story, start(story, &run, argv, NULL), RPC_UNSUPPORTED);
}

static const struct story_claim claims[] = {
    STORY_LIVE_ONLY("both output streams of a program are kept", both_outputs_are_kept),
    STORY_LIVE_ONLY("a program's output is told while it runs", its_output_is_told_while_it_runs),
    STORY_LIVE_ONLY("a program's environment is added to ours", its_environment_is_added_to_ours),
    STORY_LIVE_ONLY("a program that does not exist is told at once", there_is_no_such_program),
    STORY_LIVE_ONLY("a signal ends a program", a_signal_ends_it),
    STORY_LIVE_ONLY("a program's children are killed with it", its_children_are_killed_with_it),
    STORY_LIVE_ONLY("a program is freed while it runs", it_is_freed_while_it_runs),
    STORY_LIVE_ONLY("much output is cut at its limit", much_output_is_cut),
    STORY_LIVE_ONLY("a program has nothing to read", nothing_is_there_to_be_read),
    STORY_LIVE_ONLY("a foreign peer gets a number of its own", a_foreign_peer_gets_a_number),
    STORY_SIM_ONLY("the simulation has no programs", the_simulation_has_no_programs),
};

const struct story_chapter story_programs = {"programs", claims,
                                             sizeof(claims) / sizeof(claims[0])};
