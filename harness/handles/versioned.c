/*
 * What every protocol of Writables has besides its own methods (ipc/VersionedProtocol.java), as
 * most servers of Hadoop implement it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/handles/served.h"
#include "harness/handles/spoken.h"
#include "harness/message/types.h"

enum { FINGERPRINTS_MAX = 4096 };

/* (String protocol, long clientVersion, int clientMethodsHash) */
struct question {
    struct wire_bytes protocol;
    int32_t hash;
};

static void see_parameter(void *owner, const struct writable_item *item)
{
    struct question *question = owner;
    if (item->depth == 0 && item->index == 0)
        question->protocol = item->bytes;
    else if (item->depth == 0 && item->index == 2)
        question->hash = (int32_t)item->number;
}

static struct question read_question(const struct harness *harness, const struct server_call *call)
{
    char problem[WIRE_PROBLEM_MAX];
    struct question question = {WIRE_ABSENT, 0};
    writable_walk(harness_writable_types(harness), WRITABLE_GOAL_PARAMETERS, NULL,
                  server_call_body(call), see_parameter, &question, NULL, problem);
    return question;
}

/* The highest version of the server's protocol of Writables with that name; NULL: it has none. */
static const struct harness_spoken *find(const struct harness_server *server,
                                         struct wire_bytes name)
{
    const struct harness_spoken *found = NULL;
    for (const struct harness_spoken *each = server->spoken; each != NULL; each = each->next)
        if (each->writables && name.data != NULL && wire_is(name, each->name) &&
            (found == NULL || each->version > found->version))
            found = each;
    return found;
}

/* Of null they ask whether it equals a name, or Class.forName, and throw before they say `what`. */
static void fail(struct server_call *call, const char *what, struct wire_bytes name)
{
    char text[HARNESS_PROTOCOL_MAX + 64] = "java.lang.NullPointerException";
    int length = name.length < HARNESS_PROTOCOL_MAX ? (int)name.length : HARNESS_PROTOCOL_MAX;
    if (name.data != NULL)
        snprintf(text, sizeof(text), "%s: %.*s", what, length, (const char *)name.data);
    server_call_throw(call, "java.io.IOException", text);
}

static enum server_outcome get_version(struct server_call *call, void *speaker)
{
    const struct harness_server *server = ((const struct harness_speaker *)speaker)->spoken->server;
    const struct question question = read_question(server->harness, call);
    const struct harness_spoken *spoken = find(server, question.protocol);
    struct wire_buffer value = {0};
    if (spoken == NULL)
        fail(call, "Unknown protocol", question.protocol);
    else
        server_call_return_made(call, writable_put_long_object(&value, (int64_t)spoken->version),
                                &value);
    return SERVER_DONE;
}

/* ProtocolSignature.write: the fingerprints are left out for who knows them all. */
static enum rpc_status put_signature(struct wire_buffer *out, const struct harness_spoken *spoken,
                                     int32_t known)
{
    const struct harness_types *types = spoken->server->harness->types;
    int32_t *hashes = calloc(FINGERPRINTS_MAX, sizeof(*hashes));
    if (hashes == NULL)
        return RPC_NO_MEMORY;
    size_t count = harness_types_fingerprints(types, spoken->name, hashes, FINGERPRINTS_MAX);
    bool tells = harness_types_fingerprint(types, spoken->name) != known;
    const struct wire_bytes class = wire_text(HARNESS_PROTOCOL_SIGNATURE);
    enum rpc_status status = writable_put_text(out, WRITABLE_UTF8, class, false);
    if (status == RPC_OK)
        status = writable_put_text(out, WRITABLE_UTF8, class, false);
    if (status == RPC_OK)
        status = writable_put_number(out, WRITABLE_LONG, (int64_t)spoken->version);
    if (status == RPC_OK)
        status = writable_put_number(out, WRITABLE_BOOLEAN, tells);
    if (status == RPC_OK && tells)
        status = writable_put_number(out, WRITABLE_INT, (int64_t)count);
    for (size_t i = 0; status == RPC_OK && tells && i < count; i++)
        status = writable_put_number(out, WRITABLE_INT, hashes[i]);
    free(hashes);
    return status;
}

/* ProtocolSignature.getProtocolSignature(this, …), which wants the interface's class first. */
static enum server_outcome get_signature(struct server_call *call, void *speaker)
{
    const struct harness_server *server = ((const struct harness_speaker *)speaker)->spoken->server;
    const struct question question = read_question(server->harness, call);
    const struct harness_spoken *spoken = find(server, question.protocol);
    struct wire_buffer value = {0};
    if (spoken != NULL) {
        server_call_return_made(call, put_signature(&value, spoken, question.hash), &value);
        return SERVER_DONE;
    }
    bool there = question.protocol.data != NULL &&
                 harness_has_method(server->harness, question.protocol, WIRE_ABSENT, NULL);
    fail(call, there ? "Unknown protocol" : "java.lang.ClassNotFoundException", question.protocol);
    return SERVER_DONE;
}

server_method_fn *harness_versioned_method(const struct harness *harness, struct wire_bytes name,
                                           const char *types)
{
    static const struct {
        const char *name;
        server_method_fn *serve;
    } all[] = {{"getProtocolVersion", get_version}, {"getProtocolSignature", get_signature}};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        const struct harness_signature *known =
            harness_signature_versioned(harness->types, all[i].name);
        if (wire_is(name, all[i].name) && known != NULL && strcmp(types, known->text) == 0)
            return all[i].serve;
    }
    return NULL;
}
