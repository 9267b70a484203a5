#include "rpc/wire/fingerprint.h"

/* String.hashCode of a name in ASCII, as Java's mostly are. */
static uint32_t hash_of(const char *text)
{
    uint32_t hash = 0;

    for (; *text != '\0'; text++)
        hash = 31 * hash + (unsigned char)*text;
    return hash;
}

int32_t wire_fingerprint(const char *method, const char *returns, const char *const *parameters,
                         size_t count)
{
    uint32_t hash = hash_of(method) + 31 * hash_of(returns);

    for (size_t i = 0; i < count; i++)
        hash = 31 * hash ^ hash_of(parameters[i]);
    return (int32_t)hash;
}
