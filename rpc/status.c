#include "rpc/status.h"

#include <assert.h>
#include <stddef.h>

static const char *const texts[] = {
#define X(name, text) [RPC_##name] = text,
    RPC_STATUS_MAP(X)
#undef X
};

const char *rpc_status_text(enum rpc_status status)
{
    assert((size_t)status < sizeof(texts) / sizeof(texts[0]));
    return texts[status];
}
