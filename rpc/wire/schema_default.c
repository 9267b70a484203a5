#include "rpc/wire/schema_default.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/wire/schema_walk.h"

/* Any default; protobuf-c reads the member that its type says. */
union value {
    int32_t int32;
    uint32_t uint32;
    int64_t int64;
    uint64_t uint64;
    float single;
    double number;
    protobuf_c_boolean boolean;
    ProtobufCBinaryData bytes;
};

static bool read_signed(const char *text, int64_t least, int64_t most, int64_t *value)
{
    char *end;
    errno = 0;
    long long read = strtoll(text, &end, 10);
    *value = read;
    return errno == 0 && end != text && *end == '\0' && read >= least && read <= most;
}

static bool read_unsigned(const char *text, uint64_t most, uint64_t *value)
{
    char *end;
    errno = 0;
    unsigned long long read = strtoull(text, &end, 10);
    *value = read;
    return errno == 0 && end != text && *end == '\0' && *text != '-' && read <= most;
}

static bool read_double(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0';
}

/* "a\001\"b": as protoc's CEscape writes bytes.  In place; returns the length. */
static size_t unescape(char *text)
{
    static const char letters[] = "n\nr\rt\t";
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        if (*in != '\\' || in[1] == '\0') {
            *out++ = *in;
            continue;
        }
        in++;
        if (*in >= '0' && *in <= '7') {
            unsigned byte = 0;
            int digits = 0;
            for (; digits < 3 && in[digits] >= '0' && in[digits] <= '7'; digits++)
                byte = byte * 8 + (unsigned)(in[digits] - '0');
            *out++ = (char)(unsigned char)byte;
            in += digits - 1;
            continue;
        }
        const char *letter = strchr(letters, *in);
        bool known = letter != NULL && (letter - letters) % 2 == 0;
        *out++ = known ? letter[1] : *in;
    }
    return (size_t)(out - text);
}

static enum rpc_status read_bytes(const ProtobufCFieldDescriptor *field, const char *text,
                                  struct arena *arena, union value *value)
{
    char *copy = arena_text(arena, text);
    if (copy == NULL)
        return RPC_NO_MEMORY;
    size_t length = schema_is_text(field) ? strlen(copy) : unescape(copy);
    value->bytes = (ProtobufCBinaryData){length, (uint8_t *)copy};
    return RPC_OK;
}

static bool read_number(ProtobufCType type, const char *text, union value *value)
{
    int64_t whole = 0;
    uint64_t natural = 0;
    double number = 0;
    bool fits = false;

    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        fits = read_signed(text, INT32_MIN, INT32_MAX, &whole);
        value->int32 = (int32_t)whole;
        return fits;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        fits = read_signed(text, INT64_MIN, INT64_MAX, &whole);
        value->int64 = whole;
        return fits;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        fits = read_unsigned(text, UINT32_MAX, &natural);
        value->uint32 = (uint32_t)natural;
        return fits;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_unsigned(text, UINT64_MAX, &value->uint64);
    case PROTOBUF_C_TYPE_FLOAT:
        fits = read_double(text, &number);
        value->single = (float)number;
        return fits;
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_double(text, &value->number);
    case PROTOBUF_C_TYPE_BOOL:
        value->boolean = strcmp(text, "true") == 0;
        return value->boolean || strcmp(text, "false") == 0;
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return false;
    }
    return false;
}

enum rpc_status schema_default(ProtobufCFieldDescriptor *field, const char *text,
                               struct arena *arena)
{
    union value *value = arena_take(arena, sizeof(*value));
    if (value == NULL)
        return RPC_NO_MEMORY;
    field->default_value = value;
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return read_bytes(field, text, arena, value);
    if (field->type == PROTOBUF_C_TYPE_ENUM) {
        const ProtobufCEnumValue *named =
            protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, text);
        value->int32 = named == NULL ? 0 : named->value;
        return named == NULL ? RPC_BAD_VALUE : RPC_OK;
    }
    return read_number(field->type, text, value) ? RPC_OK : RPC_BAD_VALUE;
}
