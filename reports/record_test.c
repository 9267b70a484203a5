#include "reports/record.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define XXH_INLINE_ALL
#include <jansson.h>
#include <xxhash.h>

static const struct record_scenario purge = {
    .name = "purge.slow_reader",
    .file = "scenarios/purge/slow_reader.lua",
    .line = 2,
    .subject = "self",
    .release = "2.6",
    .seed = 7,
    .replay = "ripcord run scenarios/purge/slow_reader.lua --release 2.6 --seed 7",
};

static struct record *begin(int64_t bytes_max)
{
    struct record *record;
    cr_assert(eq(int, (int)record_create_memory(bytes_max, &record), RPC_OK));
    cr_assert(eq(int, (int)record_scenario(record, &purge), RPC_OK));
    return record;
}

/* The last line that was written, without its end. */
static const char *last_line(const struct record *record)
{
    static char line[1 << 20];
    size_t length;
    const char *bytes = record_bytes(record, &length);
    cr_assert(length > 1 && length < sizeof(line) && bytes[length - 1] == '\n');
    size_t begin_at = length - 1;
    while (begin_at > 0 && bytes[begin_at - 1] != '\n')
        begin_at--;
    memcpy(line, bytes + begin_at, length - 1 - begin_at);
    line[length - 1 - begin_at] = '\0';
    return line;
}

static size_t count_lines_with(const struct record *record, const char *part)
{
    size_t length, count = 0;
    const char *bytes = record_bytes(record, &length);
    char *text = strndup(bytes, length);
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    free(text);
    return count;
}

Test(record, the_first_line_names_schema_world_and_replay)
{
    struct record *record = begin(0);
    cr_assert_str_eq(
        last_line(record),
        "{\"type\":\"scenario\",\"schema\":\"ripcord.run/1\",\"name\":\"purge.slow_reader\","
        "\"file\":\"scenarios/purge/slow_reader.lua\",\"line\":2,\"subject\":\"self\","
        "\"release\":\"2.6\",\"world\":\"sim\",\"clock\":\"virtual\",\"seed\":7,"
        "\"replay\":\"ripcord run scenarios/purge/slow_reader.lua --release 2.6 "
        "--seed 7\"}");
    record_free(record);
}

Test(record, a_message_that_never_arrives_has_null_as_its_end)
{
    struct record *record = begin(0);
    struct record_msg msg = {
        .message = 31,
        .direction = RECORD_S2C,
        .connection = 1,
        .t_ns = 1201037000,
        .rx_ns = RECORD_NEVER,
        .kind = RECORD_MESSAGE_RESPONSE,
        .call = 7,
        .length = 4194391,
        .fate = RECORD_FATE_HELD,
        .fault = 1,
        .frame = 14,
    };
    cr_assert(eq(int, (int)record_msg(record, &msg), RPC_OK));
    cr_assert_str_eq(
        last_line(record),
        "{\"type\":\"msg\",\"id\":31,\"dir\":\"s2c\",\"conn\":1,\"t\":1201037000,"
        "\"rx\":null,\"kind\":\"response\",\"call\":7,\"len\":4194391,\"fate\":\"held\","
        "\"fault\":\"F1\",\"frame\":14}");
    record_free(record);
}

Test(record, a_call_tells_its_error_and_only_the_phases_it_reached)
{
    struct record *record = begin(0);
    struct record_call call = {
        .call = 7,
        .call_id = -4,
        .connection = 1,
        .method = "getListing",
        .t_ns = 1200000000,
        .end_ns = 956512360000,
        .ending = "eof",
        .error_class = "java.io.EOFException",
        .has_phases = true,
        .phase_ns = {RECORD_NEVER, 112000, 0, RECORD_NEVER, RECORD_NEVER},
        .attempts = (const int32_t[]){4, 5},
        .attempt_count = 2,
    };
    record_call(record, &call);
    cr_assert_str_eq(
        last_line(record),
        "{\"type\":\"call\",\"id\":7,\"call_id\":-4,\"conn\":1,\"method\":\"getListing\","
        "\"t\":1200000000,\"end\":956512360000,\"ending\":\"eof\",\"error\":{\"class\":"
        "\"java.io.EOFException\"},\"phases\":{\"send\":112000,\"queue\":0},"
        "\"attempts\":[4,5]}");
    record_free(record);
}

Test(record, hostile_texts_stay_one_line_of_valid_json)
{
    struct record *record = begin(0);
    const char *hostile = "a\"b\\c\nd\x01\x7f </script> \xff\xc3\xa4\xed\xa0\x80\xf4\x90\x80\x80";
    record_log(record, &(struct record_log){.t_ns = 1, .text = hostile});
    json_t *line = json_loads(last_line(record), 0, NULL);
    cr_assert(ne(ptr, line, NULL));
    cr_assert_str_eq(json_string_value(json_object_get(line, "text")),
                     "a\"b\\c\nd\x01\x7f </script> \xef\xbf\xbd\xc3\xa4"
                     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    json_decref(line);
    record_free(record);
}

Test(record, a_text_that_is_too_long_is_cut_between_characters)
{
    struct record *record = begin(0);
    char *text = malloc(3 * RECORD_TEXT_MAX);
    for (size_t i = 0; i + 2 < (size_t)3 * RECORD_TEXT_MAX; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    text[3 * RECORD_TEXT_MAX - 3] = '\0';
    record_log(record, &(struct record_log){.text = text});
    json_t *line = json_loads(last_line(record), 0, NULL);
    cr_assert(ne(ptr, line, NULL));
    size_t length = json_string_length(json_object_get(line, "text"));
    cr_assert(length >= RECORD_TEXT_MAX && length <= RECORD_TEXT_MAX + 6);
    json_decref(line);
    free(text);
    record_free(record);
}

Test(record, numbers_keep_all_their_digits)
{
    struct record *record;
    record_create_memory(0, &record);
    struct record_scenario scenario = purge;
    scenario.seed = UINT64_MAX;
    scenario.config = (const struct record_pair[]){{.name = "a", .number = INT64_MIN},
                                                   {.name = "b", .number = INT64_MAX}};
    scenario.config_count = 2;
    record_scenario(record, &scenario);
    const char *line = last_line(record);
    cr_assert(ne(ptr, (void *)strstr(line, "\"seed\":\"18446744073709551615\""), NULL));
    cr_assert(ne(ptr,
                 (void *)strstr(line, "\"config\":{\"a\":-9223372036854775808,"
                                      "\"b\":9223372036854775807}"),
                 NULL));
    record_free(record);
}

Test(record, beyond_its_limit_it_keeps_what_is_rare_and_says_so_once)
{
    struct record *record = begin(2000);
    for (int64_t t = 0; t < 100; t++) {
        struct record_msg msg = {.message = 1, .connection = 1, .t_ns = t, .rx_ns = t + 1};
        cr_assert(eq(int, (int)record_msg(record, &msg), RPC_OK));
    }
    record_mark(record, &(struct record_mark){.lane = "server1/listener", .kind = "accept"});
    cr_assert(eq(sz, count_lines_with(record, "span, msg, gauge, frame are left out"), 1));
    cr_assert(count_lines_with(record, "\"type\":\"msg\"") < 30);
    cr_assert(eq(sz, count_lines_with(record, "\"type\":\"mark\""), 1));
    for (int64_t t = 0; t < 100; t++)
        record_mark(record, &(struct record_mark){.lane = "server1/listener", .kind = "x"});
    record_check(record, &(struct record_check){.check = 1, .expr = "always"});
    record_finish(record, &(struct record_end){.status = RECORD_FAILED, .t_ns = 5});
    cr_assert(eq(sz, count_lines_with(record, "only check and end follow"), 1));
    cr_assert(eq(sz, count_lines_with(record, "\"type\":\"check\""), 1));
    cr_assert_str_eq(last_line(record), "{\"type\":\"end\",\"status\":\"failed\",\"t\":5}");
    record_free(record);
}

Test(record, a_full_disk_is_told_and_leaves_whole_lines)
{
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 200000, .rlim_max = RLIM_INFINITY});
    char path[] = "/tmp/ripcord-record-XXXXXX";
    close(mkstemp(path));
    struct record *record;
    cr_assert(eq(int, (int)record_create(path, 0, &record), RPC_OK));
    record_scenario(record, &purge);
    enum rpc_status status = RPC_OK;
    for (int i = 0; i < 10000 && status == RPC_OK; i++)
        status = record_mark(record, &(struct record_mark){.lane = "a", .t_ns = i, .kind = "b"});
    cr_assert(eq(int, (int)status, RPC_IO));
    cr_assert(
        eq(int, (int)record_finish(record, &(struct record_end){.status = RECORD_PASSED}), RPC_IO));
    record_free(record);

    FILE *file = fopen(path, "rb");
    fseek(file, -1, SEEK_END);
    cr_assert(eq(int, fgetc(file), '\n'));
    cr_assert(ftell(file) > 60000);
    fclose(file);
    unlink(path);
}

/* The bytes of a file that has been unlinked, with a NUL behind; free() it. */
static char *take_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    cr_assert(ne(ptr, file, NULL));
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = calloc(1, *length + 1);
    cr_assert(eq(sz, fread(bytes, 1, *length, file), *length));
    fclose(file);
    unlink(path);
    return bytes;
}

Test(record, a_rescue_brings_every_whole_line_to_the_file_and_none_follows)
{
    char path[] = "/tmp/ripcord-record-XXXXXX";
    close(mkstemp(path));
    struct record *record;
    cr_assert(eq(int, (int)record_create(path, 0, &record), RPC_OK));
    record_scenario(record, &purge);
    cr_assert(eq(int, (int)record_log(record, &(struct record_log){.text = "before"}), RPC_OK));
    cr_assert(record_rescue(record));
    cr_assert(eq(int, (int)record_log(record, &(struct record_log){.text = "after"}), RPC_IO));
    record_free(record);

    size_t length;
    char *bytes = take_file(path, &length);
    cr_assert(eq(chr, bytes[length - 1], '\n'));
    cr_assert(ne(ptr, strstr(bytes, "before"), NULL));
    cr_assert(eq(ptr, strstr(bytes, "after"), NULL));
    free(bytes);
}

static void *write_until_rescued(void *owner)
{
    enum rpc_status status = RPC_OK;
    for (int i = 0; status == RPC_OK && i < 1000000; i++)
        status = record_mark(owner, &(struct record_mark){.lane = "a", .t_ns = i, .kind = "b"});
    return NULL;
}

Test(record, a_rescue_may_come_from_any_thread_while_another_writes)
{
    for (int round = 0; round < 20; round++) {
        char path[] = "/tmp/ripcord-record-XXXXXX";
        close(mkstemp(path));
        struct record *record;
        pthread_t writer;
        cr_assert(eq(int, (int)record_create(path, 0, &record), RPC_OK));
        record_scenario(record, &purge);
        pthread_create(&writer, NULL, write_until_rescued, record);
        usleep(500u * (unsigned)round);
        while (!record_rescue(record))
            continue;
        size_t length;
        char *bytes = take_file(path, &length);
        cr_assert(gt(sz, length, 0u));
        cr_assert(eq(chr, bytes[length - 1], '\n'));
        free(bytes);
        pthread_join(writer, NULL);
        record_free(record);
    }
}

Test(record, a_place_that_cannot_be_written_is_refused)
{
    struct record *record;
    cr_assert(eq(int, (int)record_create("/no/such/folder/x.jsonl", 0, &record), RPC_IO));
    cr_assert(eq(ptr, record, NULL));
}

Test(record, file_and_memory_hold_the_same_bytes_and_the_hash_is_theirs)
{
    char path[] = "/tmp/ripcord-record-XXXXXX";
    close(mkstemp(path));
    struct record *both[2];
    record_create(path, 0, &both[0]);
    record_create_memory(0, &both[1]);
    for (int i = 0; i < 2; i++) {
        record_scenario(both[i], &purge);
        for (int t = 0; t < 3000; t++)
            record_gauge(both[i], &(struct record_gauge){.lane = "server1/callqueue", .t_ns = t});
        record_finish(both[i], &(struct record_end){.status = RECORD_PASSED, .hash = 1});
    }
    size_t length;
    const char *bytes = record_bytes(both[1], &length);
    char *from_file = malloc(length + 1);
    FILE *file = fopen(path, "rb");
    cr_assert(eq(sz, fread(from_file, 1, length + 1, file), length));
    fclose(file);
    cr_assert(eq(int, memcmp(bytes, from_file, length), 0));
    cr_assert(eq(u64, record_hash(both[0]), XXH3_64bits(bytes, length)));
    cr_assert(eq(u64, record_hash(both[1]), XXH3_64bits(bytes, length)));
    free(from_file);
    record_free(both[0]);
    record_free(both[1]);
    unlink(path);
}

Test(record, a_result_is_named_after_its_release_or_its_subject)
{
    struct record_scenario scenario = purge;
    scenario.name = "purge.slow_reader/handlers=10";
    char *name = record_result_name(&scenario, false);
    char *file = record_file_name(name);
    cr_assert_str_eq(name, "purge.slow_reader/handlers=10@2.6");
    cr_assert_str_eq(file, "purge.slow_reader+handlers=10@2.6.jsonl");
    free(file);
    free(name);
    scenario.subject = "hdfs-cli";
    name = record_result_name(&scenario, true);
    cr_assert_str_eq(name, "purge.slow_reader/handlers=10@hdfs-cli#7");
    free(name);
}
