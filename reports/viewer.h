/*
 * The viewer (viewer/), as it lies in the binary.
 */
#ifndef REPORTS_VIEWER_H
#define REPORTS_VIEWER_H

#include <stddef.h>

struct viewer_file {
    const char *name;
    const char *begin, *end;
};

/* The style, then the scripts in the order in which they run. */
extern const struct viewer_file viewer_style;
extern const struct viewer_file viewer_scripts[];
extern const size_t viewer_script_count;

#endif
