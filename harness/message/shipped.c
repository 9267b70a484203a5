/*
 * The classes and signatures that come with ripcord, by release.
 */
#include <assert.h>

#include "harness/message/types.h"
#include "harness/roles/descriptors.h"

/* For which releases, and what. */
static const struct {
    const char *releases;
    const uint8_t *text;
    const size_t *length;
} shipped[] = {
    {"", harness_writables_common, &harness_writables_common_length},
    {"-0.20", harness_writables_0_20, &harness_writables_0_20_length},
    {"1.2-", harness_writables_1_2, &harness_writables_1_2_length},
    {"2.2-", harness_writables_2_2, &harness_writables_2_2_length},
};

static struct harness_types *make_shipped(const struct release *release)
{
    char problem[WIRE_PROBLEM_MAX];
    struct harness_types *types = harness_types_create(NULL);
    if (types != NULL && release->utf8_unchecked)
        writable_types_take_any_utf8(types->classes);
    for (size_t i = 0; types != NULL && i < sizeof(shipped) / sizeof(*shipped); i++) {
        unsigned mask = 0;
        release_range(shipped[i].releases, &mask);
        if ((mask & 1u << release->id) == 0)
            continue;
        enum rpc_status status =
            harness_types_read(types, (const char *)shipped[i].text, *shipped[i].length, problem);
        assert(status == RPC_OK || status == RPC_NO_MEMORY); /* the texts are ours */
        if (status != RPC_OK) {
            harness_types_free(types);
            return NULL;
        }
    }
    return types;
}

const struct harness_types *harness_types_shipped(const struct release *release)
{
    static struct harness_types *known[RELEASE_COUNT];
    if (known[release->id] == NULL)
        known[release->id] = make_shipped(release);
    return known[release->id];
}

const struct writable_types *harness_shipped_types(const struct release *release)
{
    const struct harness_types *types = harness_types_shipped(release);
    return types == NULL ? NULL : types->classes;
}
