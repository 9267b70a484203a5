#include "reports/viewer.h"

/* VIEWER_FOLDER is the build's: where viewer/ lies. */
#define EMBED(label, name)                                                                         \
    __asm__(".pushsection .rodata\n"                                                               \
            "viewer_" #label "_begin:\n"                                                           \
            ".incbin \"" VIEWER_FOLDER "/" name "\"\n"                                             \
            "viewer_" #label "_end:\n"                                                             \
            ".byte 0\n"                                                                            \
            ".popsection\n");                                                                      \
    extern const char viewer_##label##_begin[], viewer_##label##_end[]

#define SCRIPT_MAP(X)                                                                              \
    X(time, "time.js")                                                                             \
    X(record, "record.js")                                                                         \
    X(words, "words.js")                                                                           \
    X(order, "order.js")                                                                           \
    X(lanes, "lanes.js")                                                                           \
    X(dom, "dom.js")                                                                               \
    X(tables, "tables.js")                                                                         \
    X(frames, "frames.js")                                                                         \
    X(brush, "brush.js")                                                                           \
    X(axis, "axis.js")                                                                             \
    X(lanedraw, "lanedraw.js")                                                                     \
    X(spacetime, "spacetime.js")                                                                   \
    X(latency, "latency.js")                                                                       \
    X(timeline, "timeline.js")                                                                     \
    X(scenario, "scenario.js")                                                                     \
    X(compare, "compare.js")                                                                       \
    X(page, "page.js")

#define FILE_OF(label, name)                                                                       \
    {                                                                                              \
        name, viewer_##label##_begin, viewer_##label##_end                                         \
    }

EMBED(style, "page.css");
#define X(label, name) EMBED(label, name);
SCRIPT_MAP(X)
#undef X

const struct viewer_file viewer_style = FILE_OF(style, "page.css");

const struct viewer_file viewer_scripts[] = {
#define X(label, name) FILE_OF(label, name),
    SCRIPT_MAP(X)
#undef X
};

const size_t viewer_script_count = sizeof(viewer_scripts) / sizeof(viewer_scripts[0]);
