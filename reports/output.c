#include "reports/output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char ending[] = ".part";

enum rpc_status output_begin(struct output *output, const char *path)
{
    struct stat there;
    *output = (struct output){.path = path};
    if (strcmp(path, "-") == 0) {
        output->file = stdout;
        return RPC_OK;
    }
    bool plain = stat(path, &there) != 0 || S_ISREG(there.st_mode);
    if (plain) {
        size_t length = strlen(path);
        output->beside = malloc(length + sizeof(ending));
        if (output->beside == NULL)
            return RPC_NO_MEMORY;
        memcpy(output->beside, path, length);
        memcpy(output->beside + length, ending, sizeof(ending));
    }
    output->file = fopen(plain ? output->beside : path, "wb");
    if (output->file != NULL)
        return RPC_OK;
    free(output->beside);
    output->beside = NULL;
    return RPC_IO;
}

enum rpc_status output_end(struct output *output, enum rpc_status status)
{
    bool failed = fflush(output->file) != 0 || ferror(output->file);
    if (output->file != stdout && fclose(output->file) != 0)
        failed = true;
    if (status == RPC_OK && failed)
        status = RPC_IO;
    if (output->beside != NULL) {
        if (status == RPC_OK && rename(output->beside, output->path) != 0)
            status = RPC_IO;
        int why = errno;
        if (status != RPC_OK)
            unlink(output->beside);
        errno = why;
    }
    free(output->beside);
    *output = (struct output){0};
    return status;
}
