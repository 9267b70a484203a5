#include <stdatomic.h>
#include <string.h>

#include "rpc/world/stories/diary.h"
#include "rpc/world/stories/story.h"

/* --- posts --- */

static void posts_keep_their_order(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry entries[8];
    for (int index = 0; index < 8; index++) {
        entries[index] = story_entry_task(&diary, &story->server, (char)('a' + index), 8);
        world_post(&story->server, &entries[index].task);
    }
    EXPECT(story, diary.length == 0);
    story_diary_reads(story, &diary, "abcdefgh");
}

struct poster {
    struct world_task task;
    struct story_entry *posted;
    struct world_executor *executor;
    bool inlined;
};

static void post_it(struct world_task *task)
{
    struct poster *poster = world_container(task, struct poster, task);
    unsigned before = poster->posted->diary->length;
    world_post(poster->executor, &poster->posted->task);
    poster->inlined = poster->posted->diary->length != before;
}

static void a_post_is_never_run_inline(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry entry = story_entry_task(&diary, &story->server, 'x', 1);
    struct poster poster = {
        .task.run = post_it, .posted = &entry, .executor = &story->server, .inlined = true};
    world_post(&story->server, &poster.task);
    story_diary_reads(story, &diary, "x");
    EXPECT(story, !poster.inlined);
}

struct again {
    struct world_task task;
    struct world_executor *executor;
    unsigned count;
};

static void run_again(struct world_task *task)
{
    struct again *again = world_container(task, struct again, task);
    if (++again->count < 1000)
        world_post(again->executor, task);
    else
        world_stop(again->executor->world);
}

static void a_task_posts_itself_again(struct story *story)
{
    struct again again = {.task.run = run_again, .executor = &story->client};
    world_post(&story->client, &again.task);
    EXPECT(story, story_until(story, &again.count, 1000));
}

/* Two posters on threads of their own, one receiver. */
enum { MESSAGES = 500 };

struct message {
    struct world_task task;
    struct receiver *receiver;
    unsigned from, number;
};

struct receiver {
    struct world_executor *executor;
    unsigned seen[2], wrong, total;
};

struct sender {
    struct world_task task;
    struct world_executor *executor;
    struct message messages[MESSAGES];
    unsigned sent;
};

static void receive(struct world_task *task)
{
    struct message *message = world_container(task, struct message, task);
    struct receiver *receiver = message->receiver;
    receiver->wrong += message->number != receiver->seen[message->from]++;
    if (++receiver->total == 2 * MESSAGES)
        world_stop(receiver->executor->world);
}

static void send_some(struct world_task *task)
{
    struct sender *sender = world_container(task, struct sender, task);
    for (int count = 0; count < 7 && sender->sent < MESSAGES; count++) {
        struct message *message = &sender->messages[sender->sent++];
        world_post(message->receiver->executor, &message->task);
    }
    if (sender->sent < MESSAGES)
        world_post(sender->executor, &sender->task);
}

static void each_posters_order_is_kept(struct story *story)
{
    static struct sender senders[2];
    struct world_executor other;
    struct receiver receiver = {.executor = &story->client};
    world_executor_init_thread(story->world, &other, story->far_host, "other");
    for (unsigned from = 0; from < 2; from++) {
        senders[from] =
            (struct sender){.task.run = send_some, .executor = from == 0 ? &story->server : &other};
        for (unsigned number = 0; number < MESSAGES; number++)
            senders[from].messages[number] = (struct message){
                .task.run = receive, .receiver = &receiver, .from = from, .number = number};
        world_post(senders[from].executor, &senders[from].task);
    }
    EXPECT(story, story_until(story, &receiver.total, 2 * MESSAGES));
    EXPECT(story, receiver.wrong == 0);
    world_executor_release(&other);
}

/* --- standing --- */

static void one_that_stands_runs_nothing(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry parked = story_entry_task(&diary, &story->server, 'p', 3);
    struct story_entry posted = story_entry_task(&diary, &story->server, 'q', 3);
    struct story_entry timed;
    story_entry_timer(&timed, &diary, &story->server, 't', 3);
    world_stand(&story->server, &parked.task);
    world_post(&story->server, &posted.task);
    world_timer_start(&timed.timer, world_now(story->world) + 5 * WORLD_MS);
    story_pass(story, STORY_WHILE);
    EXPECT(story, diary.length == 0);
    world_resume(&story->server);
    EXPECT(story, story_until(story, &diary.length, 3));
    EXPECT(story, diary.text[0] == 'p'); /* what was parked goes first */
    world_timer_release(&timed.timer);
}

static void a_late_firing_is_taken_back(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry timed;
    story_entry_timer(&timed, &diary, &story->server, 't', 1);
    world_stand(&story->server, NULL);
    world_timer_start(&timed.timer, world_now(story->world) + 5 * WORLD_MS);
    story_pass(story, STORY_WHILE);
    world_timer_stop(&timed.timer);
    world_resume(&story->server);
    story_pass(story, STORY_WHILE);
    EXPECT(story, diary.length == 0);
    world_timer_release(&timed.timer);
}

static void nobody_stands_and_is_resumed(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry entry = story_entry_task(&diary, &story->server, 'x', 1);
    world_resume(&story->server);
    world_resume(&story->client);
    story_pass(story, STORY_WHILE);
    world_stand(&story->server, NULL); /* the earlier resume does not count */
    world_post(&story->server, &entry.task);
    story_pass(story, STORY_WHILE);
    EXPECT(story, diary.length == 0);
    world_resume(&story->server);
    story_diary_reads(story, &diary, "x");
}

struct sleeper {
    struct world_task sleep, wake;
    struct world_executor *self, *other;
    struct world_task rouse;
    unsigned round, most;
};

static void fall_asleep(struct world_task *task)
{
    struct sleeper *sleeper = world_container(task, struct sleeper, sleep);
    world_post(sleeper->other, &sleeper->rouse);
    world_stand(sleeper->self, &sleeper->wake);
}

static void rouse(struct world_task *task)
{
    struct sleeper *sleeper = world_container(task, struct sleeper, rouse);
    world_resume(sleeper->self);
}

static void wake_up(struct world_task *task)
{
    struct sleeper *sleeper = world_container(task, struct sleeper, wake);
    if (++sleeper->round < sleeper->most)
        world_post(sleeper->self, &sleeper->sleep);
    else
        world_stop(sleeper->self->world);
}

/* The resume may come while the sleeper's task still runs: it must not be lost. */
static void another_thread_resumes(struct story *story)
{
    struct sleeper sleeper = {.sleep.run = fall_asleep,
                              .wake.run = wake_up,
                              .rouse.run = rouse,
                              .self = &story->server,
                              .other = &story->client,
                              .most = 200};
    world_post(&story->server, &sleeper.sleep);
    EXPECT(story, story_until(story, &sleeper.round, 200));
}

static void a_companion_goes_on(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry stuck = story_entry_task(&diary, &story->server, 's', 2);
    struct story_entry moving = story_entry_task(&diary, &story->helper, 'm', 1);
    world_stand(&story->server, NULL);
    world_post(&story->server, &stuck.task);
    world_post(&story->helper, &moving.task);
    story_diary_reads(story, &diary, "m");
    world_resume(&story->server);
    story_diary_reads(story, &diary, "ms");
}

/* --- who runs when --- */

struct crowd {
    struct world_task task;
    struct world_executor *executor;
    _Atomic unsigned *inside;
    unsigned *overlaps, *rounds, *ended;
};

static void crowd_in(struct world_task *task)
{
    struct crowd *crowd = world_container(task, struct crowd, task);
    *crowd->overlaps += atomic_fetch_add(crowd->inside, 1) != 0;
    for (volatile int spin = 0; spin < 100; spin = spin + 1)
        continue;
    atomic_fetch_sub(crowd->inside, 1);
    if (++*crowd->rounds < 2000) {
        world_post(crowd->executor, task);
        return;
    }
    ++*crowd->ended;
    world_stop(crowd->executor->world);
}

static void companions_never_run_at_once(struct story *story)
{
    _Atomic unsigned inside = 0;
    unsigned overlaps = 0, rounds = 0, ended = 0;
    struct world_executor *const executors[] = {&story->server, &story->helper};
    struct crowd crowd[2];
    for (int index = 0; index < 2; index++) {
        crowd[index] = (struct crowd){.task.run = crowd_in,
                                      .executor = executors[index],
                                      .inside = &inside,
                                      .overlaps = &overlaps,
                                      .rounds = &rounds,
                                      .ended = &ended};
        world_post(executors[index], &crowd[index].task);
    }
    EXPECT(story, story_until(story, &ended, 2));
    EXPECT(story, overlaps == 0);
}

static void the_lowest_runs_last(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct world_executor body, other;
    world_executor_init(story->world, &body, story->near_host, "body", &story->client);
    world_executor_lowest(&body);
    world_executor_init(story->world, &other, story->near_host, "other", &story->client);
    struct story_entry last = story_entry_task(&diary, &body, 'z', 4);
    struct story_entry posted = story_entry_task(&diary, &other, 'p', 4), timed;
    struct story_entry posted_too = story_entry_task(&diary, &story->client, 'p', 4);
    story_entry_timer(&timed, &diary, &story->client, 'p', 4);
    world_post(&body, &last.task);
    world_post(&other, &posted.task);
    world_post(&story->client, &posted_too.task);
    world_timer_start(&timed.timer, world_now(story->world));
    story_diary_reads(story, &diary, "pppz");
    world_timer_release(&timed.timer);
    world_executor_release(&other);
    world_executor_release(&body);
}

struct guarded {
    struct world_task task;
    struct world_executor *executor;
    struct world_lock *lock;
    unsigned *shared;
    unsigned rounds;
};

static void count_guarded(struct world_task *task)
{
    struct guarded *guarded = world_container(task, struct guarded, task);
    world_lock(guarded->lock);
    unsigned total = ++*guarded->shared;
    world_unlock(guarded->lock);
    if (++guarded->rounds < 1000)
        world_post(guarded->executor, task);
    if (total == 2000)
        world_stop(guarded->executor->world);
}

static void a_lock_guards(struct story *story)
{
    struct world_lock *lock = world_lock_create(story->world);
    unsigned shared = 0;
    struct world_executor *const executors[] = {&story->server, &story->client};
    struct guarded guarded[2];
    for (int index = 0; index < 2; index++) {
        guarded[index] = (struct guarded){.task.run = count_guarded,
                                          .executor = executors[index],
                                          .lock = lock,
                                          .shared = &shared};
        world_post(executors[index], &guarded[index].task);
    }
    EXPECT(story, story_until(story, &shared, 2000));
    world_lock_free(lock);
}

/* What the server's thread wants to know of the main thread, under a lock that both use. */
struct asking {
    struct world_task task, question;
    struct world *world;
    struct world_lock *lock;
    unsigned *counted, asked, answered;
    bool locked;
};

static void answer(struct world_task *task)
{
    struct asking *asking = world_container(task, struct asking, question);
    asking->locked = world_locked(asking->world);
    asking->answered = ++*asking->counted;
    if (asking->answered == 100)
        world_stop(asking->world);
}

static void ask(struct world_task *task)
{
    struct asking *asking = world_container(task, struct asking, task);
    world_lock(asking->lock);
    for (unsigned i = 1; i <= 100; i++) {
        world_ask(asking->world, &asking->question);
        asking->asked += asking->answered != 0 && asking->locked;
        asking->answered = 0;
    }
    world_unlock(asking->lock);
}

static void a_question_is_answered_at_once_wherever_the_main_thread_is(struct story *story)
{
    struct world_lock *lock = world_lock_create(story->world);
    unsigned shared = 1000, answers = 0; /* who guards stops the world at 2000 */
    struct guarded guarded = {
        .task.run = count_guarded, .executor = &story->client, .lock = lock, .shared = &shared};
    struct asking asking = {.task.run = ask,
                            .question.run = answer,
                            .world = story->world,
                            .lock = lock,
                            .counted = &answers};
    world_post(&story->server, &asking.task);
    world_post(&story->client, &guarded.task);
    EXPECT(story, story_until(story, &shared, 2000));
    EXPECT(story, story_until(story, &answers, 100));
    EXPECT(story, asking.asked == 100);
    EXPECT(story, !world_locked(story->world));
    world_lock_free(lock);
}

static void a_run_ends_at_its_limit(struct story *story)
{
    struct story_ticker ticker = {.most = 1000000, .every_ns = WORLD_MS};
    uint64_t now_ns = world_now(story->world);
    world_timer_init(&story->client, &ticker.timer, story_tick);
    world_timer_start(&ticker.timer, now_ns);
    EXPECT(story, world_run(story->world, now_ns + 20 * WORLD_MS) == WORLD_LIMIT);
    EXPECT(story, world_now(story->world) >= now_ns + 20 * WORLD_MS);
    EXPECT(story, ticker.count >= 2);
    world_timer_release(&ticker.timer);
}

static void stop_the_world(struct world_task *task)
{
    struct again *again = world_container(task, struct again, task);
    again->count++;
    world_stop(again->executor->world);
}

static void a_run_ends_when_it_is_stopped(struct story *story)
{
    struct again stopper = {.task.run = stop_the_world, .executor = &story->server};
    struct again next = {.task.run = stop_the_world, .executor = &story->server};
    world_post(&story->server, &stopper.task);
    EXPECT(story, world_run(story->world, WORLD_NEVER) == WORLD_STOPPED);
    EXPECT(story, stopper.count == 1);
    world_post(&story->server, &next.task);
    EXPECT(story, world_run(story->world, WORLD_NEVER) == WORLD_STOPPED);
    EXPECT(story, next.count == 1);
}

static void nothing_runs_while_the_world_stands(struct story *story)
{
    struct story_ticker ticker = {.most = 1000000, .every_ns = WORLD_MS / 10};
    world_timer_init(&story->server, &ticker.timer, story_tick);
    world_timer_start(&ticker.timer, world_now(story->world));
    story_pass(story, STORY_WHILE);
    unsigned before = ticker.count;
    for (volatile int spin = 0; spin < 3000000; spin = spin + 1)
        continue;
    EXPECT(story, before > 0 && ticker.count == before);
    world_timer_release(&ticker.timer);
}

static void a_released_executor_forgets(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct world_executor brief;
    world_executor_init(story->world, &brief, story->near_host, "brief", &story->client);
    struct story_entry forgotten = story_entry_task(&diary, &brief, 'x', 1);
    struct story_entry kept = story_entry_task(&diary, &story->client, 'k', 1);
    world_post(&brief, &forgotten.task);
    world_post(&story->client, &kept.task);
    world_executor_release(&brief);
    story_pass(story, STORY_WHILE);
    EXPECT(story, strcmp(diary.text, "k") == 0);
}

struct starter {
    struct world_task begin, hello;
    struct world_executor made;
    struct story *story;
    unsigned greeted;
};

static void greet(struct world_task *task)
{
    struct starter *starter = world_container(task, struct starter, hello);
    starter->greeted = 1;
    world_stop(starter->story->world);
}

static void start_thread(struct world_task *task)
{
    struct starter *starter = world_container(task, struct starter, begin);
    world_executor_init_thread(starter->story->world, &starter->made, starter->story->far_host,
                               "made");
    world_post(&starter->made, &starter->hello);
}

static void an_executor_begins_while_the_world_runs(struct story *story)
{
    struct starter starter = {.begin.run = start_thread, .hello.run = greet, .story = story};
    world_post(&story->client, &starter.begin);
    EXPECT(story, story_until(story, &starter.greeted, 1));
    world_executor_release(&starter.made);
}

static void a_world_with_nothing_to_do_is_dead(struct story *story)
{
    EXPECT(story, world_run(story->world, WORLD_NEVER) == WORLD_DEAD);
}

static const struct story_claim claims[] = {
    STORY("posts keep their order", posts_keep_their_order),
    STORY("a post is never run inline", a_post_is_never_run_inline),
    STORY("a task may post itself again", a_task_posts_itself_again),
    STORY("each poster's order is kept", each_posters_order_is_kept),
    STORY("one that stands runs nothing, then what was parked", one_that_stands_runs_nothing),
    STORY("a firing that waits is taken back by a stop", a_late_firing_is_taken_back),
    STORY("a resume before the stand is nothing", nobody_stands_and_is_resumed),
    STORY("another thread's resume is never lost", another_thread_resumes),
    STORY("a companion goes on while the other stands", a_companion_goes_on),
    STORY("companions never run at the same time", companions_never_run_at_once),
    STORY("the lowest runs after all that is ready", the_lowest_runs_last),
    STORY("a lock guards what two threads share", a_lock_guards),
    STORY("a question is answered at once, wherever the main thread is",
          a_question_is_answered_at_once_wherever_the_main_thread_is),
    STORY("a run ends at its limit", a_run_ends_at_its_limit),
    STORY("a run ends when it is stopped", a_run_ends_when_it_is_stopped),
    STORY("nothing runs while the world stands", nothing_runs_while_the_world_stands),
    STORY("a released executor forgets its tasks", a_released_executor_forgets),
    STORY("an executor may begin while the world runs", an_executor_begins_while_the_world_runs),
    STORY_SIM_ONLY("a world with nothing to do is dead", a_world_with_nothing_to_do_is_dead),
};

const struct story_chapter story_tasks = {"tasks", claims, sizeof(claims) / sizeof(claims[0])};
