#include "rpc/wire/writable_simple.h"

#define IO "org.apache.hadoop.io."

/* Bytes have an int32 in front. */
#define SIMPLE(name_, kind_)                                                                       \
    {                                                                                              \
        .name = IO name_, .field_count = 1,                                                        \
        .fields = &(const struct writable_field){.name = "value",                                  \
                                                 .shape = {.kind = (kind_)},                       \
                                                 .when_field = WRITABLE_ALWAYS,                    \
                                                 .slot = -1},                                      \
    }

static const struct writable_class simple[] = {
    SIMPLE("BooleanWritable", WRITABLE_BOOLEAN),
    SIMPLE("ByteWritable", WRITABLE_BYTE),
    SIMPLE("BytesWritable", WRITABLE_BYTES),
    SIMPLE("DoubleWritable", WRITABLE_DOUBLE),
    SIMPLE("FloatWritable", WRITABLE_FLOAT),
    SIMPLE("IntWritable", WRITABLE_INT),
    SIMPLE("LongWritable", WRITABLE_LONG),
    {.name = IO "NullWritable"},
    SIMPLE("ObjectWritable", WRITABLE_OBJECT),
    SIMPLE("Text", WRITABLE_TEXT),
    SIMPLE("UTF8", WRITABLE_UTF8),
    SIMPLE("VIntWritable", WRITABLE_VINT),
    SIMPLE("VLongWritable", WRITABLE_VLONG),
    {.name = IO "Writable", .kind = WRITABLE_ABSTRACT},
};

const struct writable_class *writable_simple_at(size_t index)
{
    return index < sizeof(simple) / sizeof(*simple) ? &simple[index] : NULL;
}
