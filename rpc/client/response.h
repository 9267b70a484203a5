/*
 * Bytes of a connection to replies, as the release reads them: 2.x field by field from the
 * stream, believing its length word only afterwards; 3.x whole frames of limited length.  Those
 * of before, which have no length, are unframed.c's, and so are Writables in 2.x, which have none
 * either.
 */
#ifndef RPC_CLIENT_RESPONSE_H
#define RPC_CLIENT_RESPONSE_H

#include "rpc/client/failure.h"
#include "rpc/client/inside.h"

enum client_response_stage { /* unframed: always the first */
                             RESPONSE_LENGTH,
                             RESPONSE_FRAME, /* 3.x */
                             RESPONSE_HEADER_LENGTH,
                             RESPONSE_HEADER, /* 2.x */
                             RESPONSE_VALUE_LENGTH,
                             RESPONSE_VALUE,          /* 2.x */
                             RESPONSE_WRITABLE,       /* 2.x: in the place of these two */
                             RESPONSE_GOODBYE_STATUS, /* 3.x: after a first length of -1 */
                             RESPONSE_CLASS_LENGTH,
                             RESPONSE_CLASS,
                             RESPONSE_TEXT_LENGTH,
                             RESPONSE_TEXT,
};

/* An all-zero one waits for the first reply. */
struct client_response {
    enum client_response_stage stage;
    bool later; /* a reply has come before */
    int32_t length;
    size_t header_size; /* 2.x: with its delimiter */
    size_t want;        /* of the present piece */
    uint64_t number;    /* a varint on its way */
    unsigned digits;
    int32_t call_id;
    char *class_name;           /* of a goodbye */
    struct wire_extent *extent; /* unframed: of what is being read, else NULL */
    struct client_chunk *chunk;
    size_t chunk_begin, chunk_end;
    struct wire_buffer piece; /* one that does not lie in the chunk as a whole */
    size_t piece_done;        /* it has been used up */
};

/* One reply, or why there is none.  Bytes are borrowed until the next call. */
struct client_reply {
    enum wire_status status;
    int32_t call_id;
    int code; /* ERROR, FATAL */
    struct wire_bytes class_name, text;
    struct wire_bytes value;              /* SUCCESS */
    struct client_failure *value_failure; /* 3.x: the value does not decode, its call fails */
    struct client_failure *afterwards;    /* the lengths do not fit, told after the value */
};

enum client_response_result { RESPONSE_MORE, RESPONSE_REPLY, RESPONSE_FAILED };

/* Take the next reply from what has been read.  RESPONSE_FAILED sets *failure. */
enum client_response_result client_response_next(struct client_response *response,
                                                 struct client *client, int64_t length_max,
                                                 struct client_reply *reply,
                                                 struct client_failure **failure);

/* Where the next bytes go and how many at most, as java.io.BufferedInputStream asks for them.
 * NULL: out of memory. */
uint8_t *client_response_room(struct client_response *response, struct client *client,
                              size_t *room);
void client_response_take(struct client_response *response, size_t length);

/* What the end of the stream means here. */
struct client_failure *client_response_end(const struct client_response *response,
                                           const struct client *client);

/* Nothing has been read that is not used: give the memory back. */
void client_response_rest(struct client_response *response, struct client *client);
void client_response_release(struct client_response *response, struct client *client);

#endif
