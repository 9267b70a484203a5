#include "rpc/client/failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEE "; For more details see:  http://wiki.apache.org/hadoop/"

/* All of a process share it, on any thread: it is never written to. */
static struct client_failure out_of_memory = {
    .references = 1,
    .ending = CLIENT_INTERNAL,
    .class_name = "java.lang.OutOfMemoryError",
    .message = "Java heap space",
};

static const char *put(char **at, const char *text)
{
    if (text == NULL)
        return NULL;
    char *begin = *at;
    size_t size = strlen(text) + 1;
    memcpy(begin, text, size);
    *at += size;
    return begin;
}

static size_t room(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

static char *print_list(const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

/* A text of its own; NULL without memory. */
static char *print(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = print_list(format, arguments);
    va_end(arguments);
    return text;
}

struct client_failure *client_failure_create(enum client_ending ending, const char *class_name,
                                             const char *message, const char *cause_class,
                                             const char *cause_message)
{
    size_t size = room(class_name) + room(message) + room(cause_class) + room(cause_message);
    struct client_failure *failure = malloc(sizeof(*failure) + size);
    if (failure == NULL)
        return client_failure_keep(&out_of_memory);
    char *at = (char *)(failure + 1);
    *failure = (struct client_failure){.references = 1, .ending = ending};
    failure->class_name = put(&at, class_name);
    failure->message = put(&at, message);
    failure->cause_class = put(&at, cause_class);
    failure->cause_message = put(&at, cause_message);
    return failure;
}

struct client_failure *client_failure_format(enum client_ending ending, const char *class_name,
                                             const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = print_list(format, arguments);
    va_end(arguments);
    if (text == NULL)
        return client_failure_keep(&out_of_memory);
    struct client_failure *failure = client_failure_create(ending, class_name, text, NULL, NULL);
    free(text);
    return failure;
}

/* As a text, with NUL. */
static const char *put_bytes(char **at, struct wire_bytes bytes)
{
    char *begin = *at;
    if (bytes.length > 0)
        memcpy(begin, bytes.data, bytes.length);
    begin[bytes.length] = '\0';
    *at += bytes.length + 1;
    return begin;
}

/* Where the frames of a stack trace begin. */
static size_t before_stack(struct wire_bytes message)
{
    static const char frame[] = "\n\tat ";
    size_t at = 0, length = sizeof(frame) - 1;
    while (at + length <= message.length && memcmp(message.data + at, frame, length) != 0)
        at++;
    return at + length <= message.length ? at : message.length;
}

struct client_failure *client_failure_of_bytes(enum client_ending ending,
                                               struct wire_bytes class_name,
                                               struct wire_bytes message)
{
    struct client_failure *failure =
        malloc(sizeof(*failure) + class_name.length + message.length + 3);
    if (failure == NULL)
        return client_failure_keep(&out_of_memory);
    char *at = (char *)(failure + 1);
    *failure = (struct client_failure){.references = 1, .ending = ending};
    failure->class_name = put_bytes(&at, class_name);
    if (message.data == NULL)
        return failure;
    size_t length = before_stack(message), rest = message.length - length;
    failure->message = put_bytes(&at, (struct wire_bytes){message.data, length});
    if (rest > 0)
        failure->stack = put_bytes(&at, (struct wire_bytes){message.data + length, rest});
    return failure;
}

struct client_failure *client_failure_thrown(enum client_ending ending, const char *class_name,
                                             const char *message)
{
    if (class_name == NULL)
        class_name = "java.io.IOException";
    if (strcmp(class_name, "java.net.ConnectException") == 0)
        ending = CLIENT_REFUSED;
    else if (strcmp(class_name, "org.apache.hadoop.net.ConnectTimeoutException") == 0)
        ending = CLIENT_CONNECT_TIMEOUT;
    else if (strcmp(class_name, "java.net.NoRouteToHostException") == 0 ||
             strcmp(class_name, "java.net.UnknownHostException") == 0)
        ending = CLIENT_UNREACHABLE;
    return client_failure_create(ending, class_name, message, NULL, NULL);
}

struct client_failure *client_failure_as_it_is(struct client_failure *failure, int code)
{
    if (failure == &out_of_memory)
        return failure;
    failure->as_it_is = true;
    failure->code = code;
    return failure;
}

struct client_failure *client_failure_ends(struct client_failure *failure,
                                           enum client_ending ending)
{
    if (failure != &out_of_memory)
        failure->ending = ending;
    return failure;
}

struct client_failure *client_failure_keep(struct client_failure *failure)
{
    if (failure != NULL && failure != &out_of_memory)
        failure->references++;
    return failure;
}

void client_failure_drop(struct client_failure *failure)
{
    if (failure != NULL && failure != &out_of_memory && --failure->references == 0)
        free(failure);
}

bool client_failure_is(const struct client_failure *failure, const char *class_name)
{
    return strcmp(failure->class_name, class_name) == 0;
}

bool client_failure_is_io(const struct client_failure *failure)
{
    const char *name = failure->class_name;
    size_t length = strlen(name);
    if (strncmp(name, "java.lang.", 10) == 0 || strncmp(name, "java.util.", 10) == 0 ||
        strcmp(name, "java.io.UncheckedIOException") == 0 ||
        strcmp(name, "java.nio.channels.UnresolvedAddressException") == 0)
        return false;
    if (length > 5 && strcmp(name + length - 5, "Error") == 0)
        return false;
    return strstr(name, "Runtime") == NULL;
}

char *client_failure_string(const struct client_failure *failure)
{
    if (failure->message == NULL)
        return print("%s", failure->class_name);
    return print("%s: %s", failure->class_name, failure->message);
}

/* Classes of which wrapException makes a sentence of their own. */
enum shape {
    SHAPE_BIND,     /* "Problem binding to [L:0] " */
    SHAPE_UNSET,    /* of a server's address that was never set, and then before SHAPE_CALL */
    SHAPE_CALL,     /* "Call From L to H:P failed on ": WHAT ": " CAUSE SEE */
    SHAPE_HOST,     /* "Invalid host name: " */
    SHAPE_NO_ROUTE, /* "No Route to Host from  L to H:P failed on socket timeout exception: " */
    SHAPE_EOF,      /* "End of File Exception between " */
    SHAPE_ACCESS,   /* "Call From L to H:P failed: ": the cause's text alone */
};

static const struct sentence {
    const char *class_name;
    enum shape shape;
    const char *what, *page;
    enum release_wording since;
} sentences[] = {
    {"java.net.BindException", SHAPE_BIND, NULL, "BindException", WORDING_NET},
    {"java.net.ConnectException", SHAPE_UNSET, NULL, "UnsetHostnameOrPort", WORDING_KEEPS},
    {"java.net.ConnectException", SHAPE_CALL, "connection exception", "ConnectionRefused",
     WORDING_NET},
    {"java.net.UnknownHostException", SHAPE_HOST, NULL, "UnknownHost", WORDING_NET},
    {"java.net.SocketTimeoutException", SHAPE_CALL, "socket timeout exception", "SocketTimeout",
     WORDING_NET},
    {"org.apache.hadoop.net.ConnectTimeoutException", SHAPE_CALL, "socket timeout exception",
     "SocketTimeout", WORDING_NET},
    {"java.net.NoRouteToHostException", SHAPE_NO_ROUTE, NULL, "NoRouteToHost", WORDING_NET},
    {"java.io.EOFException", SHAPE_EOF, NULL, "EOFException", WORDING_EOF},
    {"java.net.SocketException", SHAPE_CALL, "socket exception", "SocketException", WORDING_KEEPS},
    {"java.net.PortUnreachableException", SHAPE_CALL, "socket exception", "SocketException",
     WORDING_KEEPS},
    {"org.apache.hadoop.security.AccessControlException", SHAPE_ACCESS, NULL, NULL, WORDING_KEEPS},
};

/* Port 0, or the wildcard that only who listens has a use for. */
static bool is_unset(const struct client_hosts *hosts)
{
    return hosts->port == 0 || strcmp(hosts->remote, "0.0.0.0") == 0 ||
           strcmp(hosts->remote, "0:0:0:0:0:0:0:0") == 0 || strcmp(hosts->remote, "::") == 0;
}

static const struct sentence *find_sentence(const struct release *release,
                                            const struct client_hosts *hosts,
                                            const struct client_failure *failure)
{
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
        if (client_failure_is(failure, sentences[i].class_name) &&
            release->wording >= sentences[i].since &&
            (sentences[i].shape != SHAPE_UNSET || is_unset(hosts)))
            return &sentences[i];
    return NULL;
}

static const char *quote(const char *host)
{
    return host != NULL ? "\"" : "";
}

/* "local host is: "L"; destination host is: "H":P; " */
static char *details(const struct client_hosts *hosts)
{
    const char *local = hosts->local != NULL ? hosts->local : "(unknown)";
    return print("local host is: %s%s%s; destination host is: \"%s\":%u; ", quote(hosts->local),
                 local, quote(hosts->local), hosts->remote, hosts->port);
}

static char *tell(const struct sentence *sentence, const struct client_hosts *hosts,
                  const struct client_failure *failure, const char *cause)
{
    char *between = details(hosts), *text = NULL;
    const char *local = hosts->local != NULL ? hosts->local : "null";
    if (between == NULL)
        return NULL;
    switch (sentence->shape) {
    case SHAPE_BIND:
        text = print("Problem binding to [%s:0] %s" SEE "%s", local, cause, sentence->page);
        break;
    case SHAPE_UNSET:
        text = print("Your endpoint configuration is wrong" SEE "%s", sentence->page);
        break;
    case SHAPE_CALL:
        text = print("Call From %s to %s:%u failed on %s: %s" SEE "%s", local, hosts->remote,
                     hosts->port, sentence->what, cause, sentence->page);
        break;
    case SHAPE_HOST:
        text = print("Invalid host name: %s%s" SEE "%s", between, cause, sentence->page);
        break;
    case SHAPE_NO_ROUTE:
        text = print("No Route to Host from  %s to %s:%u failed on socket timeout exception: %s" SEE
                     "%s",
                     local, hosts->remote, hosts->port, cause, sentence->page);
        break;
    case SHAPE_EOF:
        text =
            print("End of File Exception between %s: %s" SEE "%s", between, cause, sentence->page);
        break;
    case SHAPE_ACCESS:
        text = print("Call From %s to %s:%u failed: %s", local, hosts->remote, hosts->port,
                     failure->message != NULL ? failure->message : "null");
        break;
    }
    free(between);
    return text;
}

/* What has no public constructor of a text cannot be made again with another: who keeps classes
 * leaves it as it is. */
static bool is_left(const struct release *release, const struct client_failure *failure)
{
    static const char *const classes[] = {
        "java.nio.channels.ClosedByInterruptException",
        "java.nio.channels.AsynchronousCloseException",
        "java.nio.channels.ClosedChannelException",
        "java.nio.charset.CharacterCodingException",
        "java.nio.charset.MalformedInputException",
        "org.apache.hadoop.ipc.RpcClientException",
        "org.apache.hadoop.ipc.RpcException",
    };
    if (failure->as_it_is)
        return true;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (release->wording >= WORDING_KEEPS && client_failure_is(failure, classes[i]))
            return true;
    return false;
}

static char *tell_local(const struct release *release, const struct client_hosts *hosts,
                        const char *cause, const char **class_name)
{
    if (release->wording >= WORDING_KEEPS)
        return print("DestHost:destPort %s:%u , LocalHost:localPort %s:0. Failed on local "
                     "exception: %s",
                     hosts->remote, hosts->port, hosts->local != NULL ? hosts->local : "null",
                     cause);
    *class_name = "java.io.IOException";
    char *between = details(hosts);
    if (between == NULL)
        return NULL;
    char *text = print("Failed on local exception: %s; Host Details : %s", cause, between);
    free(between);
    return text;
}

/* 0.20 and 1.x (ipc/Client.java, wrapException): three kinds are told apart. */
static char *tell_call_to(const struct client_hosts *hosts, const struct client_failure *failure,
                          const char *cause, const char **class_name)
{
    const char *what = "local exception";
    *class_name = "java.io.IOException";
    if (client_failure_is(failure, "java.net.ConnectException")) {
        what = "connection exception";
        *class_name = failure->class_name;
    } else if (client_failure_is(failure, "java.net.SocketTimeoutException")) {
        what = "socket timeout exception";
        *class_name = failure->class_name;
    }
    return print("Call to %s failed on %s: %s", hosts->address, what, cause);
}

static char *tell_of(const struct release *release, const struct client_hosts *hosts,
                     const struct client_failure *failure, const char *cause,
                     const char **class_name)
{
    const struct sentence *sentence = find_sentence(release, hosts, failure);
    *class_name = failure->class_name;
    if (release->wording == WORDING_CALL_TO)
        return tell_call_to(hosts, failure, cause, class_name);
    return sentence != NULL ? tell(sentence, hosts, failure, cause)
                            : tell_local(release, hosts, cause, class_name);
}

/* 2.2 (net/NetUtils.java, wrapException) makes this one without its cause; 2.6 no more. */
static bool is_made_anew(const struct release *release, const struct client_failure *failure)
{
    return release->wording == WORDING_NET && client_failure_is(failure, "java.net.BindException");
}

struct client_failure *client_failure_wrap(const struct release *release,
                                           const struct client_hosts *hosts,
                                           struct client_failure *failure)
{
    if (is_left(release, failure))
        return client_failure_keep(failure);
    char *cause = client_failure_string(failure);
    if (cause == NULL)
        return client_failure_keep(failure);
    const char *class_name;
    char *text = tell_of(release, hosts, failure, cause, &class_name);
    bool is_root = is_made_anew(release, failure);
    struct client_failure *wrapped = client_failure_create(failure->ending, class_name, text,
                                                           is_root ? NULL : failure->class_name,
                                                           is_root ? NULL : failure->message);
    if (wrapped != &out_of_memory)
        wrapped->code = failure->code;
    free(text);
    free(cause);
    return wrapped;
}
