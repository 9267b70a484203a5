#include "tests/hostile/writables.h"

#include <string.h>

#include "rpc/wire/writable.h"
#include "tests/hostile/chance.h"

enum { NESTED_MAX = 40, LETHAL_NESTED_MAX = 3000, MEGABYTE = 1 << 20 };

static bool lethal;

void hostile_be_lethal(void)
{
    lethal = true;
}

static const char object[] = "org.apache.hadoop.io.ObjectWritable";
static const char nothing[] = "org.apache.hadoop.io.ObjectWritable$NullInstance";

static void add(struct wire_buffer *out, const void *bytes, size_t length)
{
    wire_buffer_add(out, bytes, length);
}

static void add_int(struct wire_buffer *out, int64_t number)
{
    writable_put_number(out, WRITABLE_INT, number);
}

static void add_utf8(struct wire_buffer *out, const char *text)
{
    writable_put_text(out, WRITABLE_UTF8, wire_text(text), false);
}

static void add_many(struct wire_buffer *out, char letter, size_t count)
{
    uint8_t *room = wire_buffer_room(out, count);
    if (room == NULL)
        return;
    memset(room, letter, count);
    out->length += count;
}

/* A length that lies; now and then one that does not. */
static int32_t lie(size_t truth)
{
    static const int32_t lies[] = {INT32_MIN, -1,  -2,        MEGABYTE, 65536,  0,
                                   255,       128, INT32_MAX, 1 << 30,  1 << 28};
    size_t place = (size_t)chance_draw(16);
    size_t count = sizeof(lies) / sizeof(lies[0]) - (lethal ? 0 : 3);
    return place < count ? lies[place] : (int32_t)truth;
}

static const char *a_class(void)
{
    static const char *const classes[] = {
        "java.lang.String",
        "int",
        "long",
        "boolean",
        "double",
        "void",
        "[I",
        "[[[[[[[[I",
        "[Ljava.lang.String;",
        "[B",
        "[Lno.Such;",
        "no.Such",
        "",
        "[",
        "[L",
        "java.util.ArrayList",
        "org.apache.hadoop.io.Writable",
        object,
        nothing,
        "org.ripcord.EchoRequest",
        "org.ripcord.EchoResponse",
        "org.ripcord.BlobRequest",
        "org.apache.hadoop.io.LongWritable",
        "org.apache.hadoop.io.ArrayPrimitiveWritable$Internal",
    };
    return classes[chance_draw(sizeof(classes) / sizeof(classes[0]))];
}

/* A vint that promises a length, with as many bytes of itself as chance leaves. */
static void add_vint_length(struct wire_buffer *out, size_t truth)
{
    size_t before = out->length;
    writable_put_number(out, WRITABLE_VINT, lie(truth));
    if (chance_draw(8) == 0)
        out->length = before + (size_t)chance_draw(out->length - before + 1);
}

static void add_object(struct wire_buffer *out);

static void add_nested(struct wire_buffer *out)
{
    for (uint64_t left = 1 + chance_draw(lethal ? LETHAL_NESTED_MAX : NESTED_MAX); left > 0;
         left--) {
        add_utf8(out, "org.apache.hadoop.io.Writable");
        add_utf8(out, object);
    }
}

/* Arrays in arrays; the innermost may say that it has 2^31 elements. */
static void add_array(struct wire_buffer *out)
{
    char name[256];
    size_t depth = 1 + (size_t)chance_draw(chance_draw(4) == 0 && lethal ? sizeof(name) - 2 : 4);
    memset(name, '[', depth);
    name[depth] = "IJZB"[chance_draw(4)];
    name[depth + 1] = '\0';
    add_utf8(out, name);
    for (size_t i = 0; i < depth; i++) {
        add_int(out, i + 1 < depth && chance_draw(4) != 0 ? 1 : lie(2));
        if (i + 1 < depth)
            add_utf8(out, name + i + 1);
    }
    for (uint64_t left = chance_draw(3); left > 0; left--)
        add_utf8(out, a_class());
}

static void add_object(struct wire_buffer *out)
{
    switch (chance_draw(8)) {
    case 0: /* a class name with a length that lies */
        writable_put_number(out, WRITABLE_SHORT, lie(3));
        add(out, "int", 3);
        return;
    case 1: /* as long as a class name can be */
        writable_put_number(out, WRITABLE_SHORT, -1);
        add_many(out, chance_draw(2) == 0 ? 'x' : '[', 65535);
        return;
    case 2:
        add_nested(out);
        return;
    case 3:
        add_array(out);
        return;
    case 4: /* null of a class */
        add_utf8(out, "org.apache.hadoop.io.Writable");
        add_utf8(out, nothing);
        add_utf8(out, a_class());
        return;
    case 5: { /* a text whose length lies */
        const char *name =
            chance_draw(2) == 0 ? "org.ripcord.EchoRequest" : "org.ripcord.EchoResponse";
        size_t length = (size_t)chance_draw(chance_draw(16) == 0 ? MEGABYTE : 64);
        add_utf8(out, name);
        add_utf8(out, name);
        add(out, "\1", 1);
        add_vint_length(out, length);
        add_many(out, 'y', length);
        add_many(out, '\0', 8);
        return;
    }
    default: /* any class, or two, and a few bytes for it */
        add_utf8(out, a_class());
        if (chance_draw(2) == 0)
            add_utf8(out, a_class());
        add_int(out, lie(1));
        add_int(out, (int64_t)chance_draw(3));
        return;
    }
}

/* The bytes from `begin` on become a frame: its length goes in front. */
static void frame(struct wire_buffer *stream, size_t begin)
{
    uint8_t prefix[4];
    size_t length = stream->length - begin;
    int32_t said = (int32_t)length;
    if (chance_draw(16) == 0)
        said = lethal ? lie(length) : INT32_MIN; /* else what follows is taken for a length */
    for (int i = 0; i < 4; i++)
        prefix[i] = (uint8_t)((uint32_t)said >> (24 - 8 * i));
    if (wire_buffer_room(stream, sizeof(prefix)) == NULL)
        return;
    memmove(stream->data + begin + sizeof(prefix), stream->data + begin, length);
    memcpy(stream->data + begin, prefix, sizeof(prefix));
    stream->length += sizeof(prefix);
}

void hostile_opening(struct wire_buffer *stream)
{
    static const uint8_t preamble[] = {'h', 'r', 'p', 'c', 4, 0x50};
    static const char protocol[] = "org.ripcord.TestProtocol";
    add(stream, preamble, sizeof(preamble));
    size_t begin = stream->length;
    switch (chance_draw(16)) {
    case 0: /* a protocol of a megabyte */
        writable_put_number(stream, WRITABLE_VINT, MEGABYTE);
        add_many(stream, 'p', MEGABYTE);
        break;
    case 1:
        add_vint_length(stream, sizeof(protocol) - 1);
        add(stream, protocol, sizeof(protocol) - 1);
        break;
    default:
        writable_put_text(stream, WRITABLE_TEXT, wire_text(protocol), false);
    }
    if (chance_draw(2) == 0) {
        add(stream, "\1", 1);
        add_utf8(stream, "mallory");
    }
    add(stream, "", 1);
    frame(stream, begin);
}

void hostile_call(struct wire_buffer *stream)
{
    static const char *const methods[] = {"echo", "getProtocolVersion", "throw", "", "no\1such"};
    size_t begin = stream->length;
    uint64_t count = chance_draw(4);
    add_int(stream, chance_draw(8) == 0 ? lie(1) : (int64_t)chance_draw(4));
    add_utf8(stream, methods[chance_draw(sizeof(methods) / sizeof(methods[0]))]);
    add_int(stream, chance_draw(8) == 0 ? lie(count) : (int64_t)count);
    for (; count > 0; count--)
        add_object(stream);
    frame(stream, begin);
}

void hostile_reply(struct wire_buffer *stream)
{
    static const char *const texts[] = {"java.io.IOException", "no.Such", "", "a\nb"};
    add_int(stream, chance_draw(8) == 0 ? lie(0) : (int64_t)chance_draw(3));
    uint64_t status = chance_draw(4);
    add_int(stream, status == 3 ? lie(0) : status == 2 ? -1 : (int64_t)status);
    if (status == 0) {
        add_object(stream);
        return;
    }
    for (int i = 0; i < 2; i++) {
        const char *text = texts[chance_draw(sizeof(texts) / sizeof(texts[0]))];
        bool large = chance_draw(8) == 0;
        size_t length = large ? MEGABYTE : strlen(text);
        add_int(stream, chance_draw(4) == 0 ? lie(length) : (int64_t)length);
        if (large)
            add_many(stream, 'z', length);
        else
            add(stream, text, length);
    }
}
