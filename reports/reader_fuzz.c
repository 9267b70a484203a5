/*
 * libFuzzer: any bytes as a record, read by the reader and made into every report.
 */
#include <stdint.h>
#include <stdio.h>

#include "reports/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct report *report;
    if (report_create(&(struct report_run){.version = "fuzz"}, &report) != RPC_OK)
        return 0;
    struct report_input input = {.bytes = length > 0 ? (const char *)bytes : "", .length = length};
    if (report_add(report, &input) == RPC_OK) {
        FILE *nowhere = fopen("/dev/null", "w");
        if (nowhere != NULL) {
            report_write_tap(report, 14, nowhere);
            fclose(nowhere);
        }
        report_write_junit(report, "/dev/null", NULL, false);
        report_write_html(report, "/dev/null");
        report_write_run(report, "/dev/null");
    }
    report_free(report);
    return 0;
}
