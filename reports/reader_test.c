#include "reports/reader.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "reports/golden.h"

#define FIRST "{\"type\":\"scenario\",\"schema\":\"ripcord.run/1\",\"name\":\"a\"}\n"

struct seen {
    size_t lines, calls, ends;
    enum rpc_status answer;
};

static enum rpc_status see(void *owner, const char *type, const json_t *line)
{
    struct seen *seen = owner;
    seen->lines++;
    seen->calls += strcmp(type, "call") == 0;
    seen->ends += strcmp(type, "end") == 0;
    cr_assert(eq(int, json_typeof(line), JSON_OBJECT));
    return seen->answer;
}

static enum rpc_status read_text(const char *text, struct seen *seen,
                                 struct record_reading *reading)
{
    *seen = (struct seen){.answer = RPC_OK};
    return record_read(text, strlen(text), NULL, see, seen, reading);
}

Test(reader, reads_every_line_that_the_writer_wrote)
{
    struct golden goldens[] = {golden_purge(),     golden_storm(), golden_fatal(),
                               golden_events(500), golden_empty(), golden_hostile()};
    for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
        struct record_reading reading;
        struct seen seen = {.answer = RPC_OK};
        size_t lines = 0;
        for (size_t k = 0; k < goldens[i].length; k++)
            lines += goldens[i].bytes[k] == '\n';
        cr_assert(eq(
            int, (int)record_read(goldens[i].bytes, goldens[i].length, NULL, see, &seen, &reading),
            RPC_OK));
        cr_assert(eq(sz, seen.lines, lines));
        cr_assert(eq(sz, reading.lines, lines));
        cr_assert(eq(sz, reading.skipped, 0));
        cr_assert(eq(sz, seen.ends, 1));
        cr_assert(not(reading.truncated));
        free(goldens[i].bytes);
    }
}

Test(reader, a_last_line_that_was_cut_off_is_told_and_harms_nothing)
{
    struct golden golden = golden_truncated();
    struct record_reading reading;
    struct seen seen = {.answer = RPC_OK};
    cr_assert(
        eq(int, (int)record_read(golden.bytes, golden.length, NULL, see, &seen, &reading), RPC_OK));
    cr_assert(reading.truncated);
    cr_assert(eq(sz, reading.skipped, 0));
    cr_assert(seen.lines > 100);
    free(golden.bytes);
}

Test(reader, types_that_are_not_wanted_are_passed_over)
{
    static const char *const types[] = {"call", "end", NULL};
    struct golden golden = golden_purge();
    struct record_reading reading;
    struct seen seen = {.answer = RPC_OK};
    record_read(golden.bytes, golden.length, types, see, &seen, &reading);
    cr_assert(eq(sz, seen.calls, 10));
    cr_assert(eq(sz, seen.lines, 12)); /* and the first and the last */
    cr_assert(reading.lines > 100);
    free(golden.bytes);
}

Test(reader, a_wanted_type_is_found_wherever_it_stands_in_its_line)
{
    static const char *const types[] = {"end", NULL};
    struct record_reading reading;
    struct seen seen = {.answer = RPC_OK};
    const char *text =
        FIRST "{\"status\":\"passed\",\"type\":\"end\"}\n{\"x\":1,\"type\":\"msg\"}\n";
    record_read(text, strlen(text), types, see, &seen, &reading);
    cr_assert(eq(sz, seen.ends, 1));
    cr_assert(eq(sz, seen.lines, 2));
}

Test(reader, broken_and_strange_lines_are_counted_and_the_rest_is_read)
{
    struct record_reading reading;
    struct seen seen;
    cr_assert(eq(int,
                 (int)read_text(FIRST "{\"type\":\"call\"\n[1,2]\n17\n\n{\"type\":7}\n"
                                      "{\"type\":\"call\",\"id\":1}\n{\"type\":\"from 2031\"}\n",
                                &seen, &reading),
                 RPC_OK));
    cr_assert(eq(sz, reading.skipped, 4));
    cr_assert(eq(sz, seen.calls, 1));
    cr_assert(eq(sz, seen.lines, 3));
}

Test(reader, what_is_no_record_or_of_another_version_is_refused)
{
    struct record_reading reading;
    struct seen seen;
    cr_assert(eq(int, (int)read_text("", &seen, &reading), RPC_MALFORMED));
    cr_assert(eq(int, (int)read_text("\n\n", &seen, &reading), RPC_MALFORMED));
    cr_assert(eq(int, (int)read_text("<html>\n" FIRST, &seen, &reading), RPC_MALFORMED));
    cr_assert(eq(int, (int)read_text("{\"type\":\"end\"}\n", &seen, &reading), RPC_MALFORMED));
    const char *later = "{\"type\":\"scenario\",\"schema\":\"ripcord.run/2\"}\n";
    cr_assert(eq(int, (int)read_text(later, &seen, &reading), RPC_UNSUPPORTED));
    cr_assert(eq(sz, seen.lines, 0));
}

Test(reader, a_line_that_is_too_long_or_too_deep_is_passed_over)
{
    const size_t length = (size_t)RECORD_LINE_MAX + 100;
    char *text = malloc(length + 200);
    strcpy(text, FIRST);
    size_t at = strlen(FIRST);
    at += (size_t)sprintf(text + at, "{\"type\":\"log\",\"text\":\"");
    memset(text + at, 'x', length - at);
    strcpy(text + length, "\"}\n{\"type\":\"end\"}\n");
    struct record_reading reading;
    struct seen seen;
    cr_assert(eq(int, (int)read_text(text, &seen, &reading), RPC_OK));
    cr_assert(eq(sz, reading.skipped, 1));
    cr_assert(eq(sz, seen.ends, 1));

    strcpy(text, FIRST "{\"type\":\"log\",\"text\":");
    memset(text + strlen(text), '[', 100000);
    strcpy(text + strlen(FIRST) + 21 + 100000, "\n{\"type\":\"end\"}\n");
    cr_assert(eq(int, (int)read_text(text, &seen, &reading), RPC_OK));
    cr_assert(eq(sz, reading.skipped, 1));
    cr_assert(eq(sz, seen.ends, 1));
    free(text);
}

Test(reader, stops_where_its_caller_says_so)
{
    struct record_reading reading;
    struct seen seen = {.answer = RPC_NO_MEMORY};
    const char *text = FIRST FIRST;
    cr_assert(
        eq(int, (int)record_read(text, strlen(text), NULL, see, &seen, &reading), RPC_NO_MEMORY));
    cr_assert(eq(sz, seen.lines, 1));
}

Test(reader, a_file_is_read_whole)
{
    char path[] = "/tmp/ripcord-reader-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "wb");
    for (int i = 0; i < 300000; i++)
        fputc("abc"[i % 3], file);
    fclose(file);
    char *bytes;
    size_t length;
    cr_assert(eq(int, (int)record_read_file(path, &bytes, &length), RPC_OK));
    cr_assert(eq(sz, length, 300000));
    cr_assert(eq(chr, bytes[299999], 'c'));
    free(bytes);
    unlink(path);
    cr_assert(eq(int, (int)record_read_file(path, &bytes, &length), RPC_IO));
}
