#include "harness/cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/usage.h"

enum { ROOM = 4096 };

int cli_input_rest(int descriptor, size_t most, struct wire_buffer *bytes)
{
    for (;;) {
        uint8_t *room = wire_buffer_room(bytes, ROOM);
        if (room == NULL || bytes->length > most)
            return room == NULL ? ENOMEM : EFBIG;
        ssize_t got = read(descriptor, room, ROOM);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : 0;
        bytes->length += (size_t)got;
    }
}

int cli_input_file(const char *path, size_t most, struct wire_buffer *bytes)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    int error = descriptor >= 0 ? cli_input_rest(descriptor, most, bytes) : errno;
    if (descriptor >= 0)
        close(descriptor);
    if (error == 0)
        return CLI_WELL;
    return cli_complain(error == ENOMEM ? CLI_MACHINE : CLI_USAGE, "cannot read %s: %s", path,
                        strerror(error));
}
