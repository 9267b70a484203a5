/*
 * Writables: the values of IPC version 4, as bytes that tell their own length only to who
 * knows their classes.
 *
 * Three things stand here.  The classes: by what fields each is written, declared at run time
 * in a small grammar.  The scanner: one pass over bytes that come piece by piece, which finds
 * where the value ends and tells a visitor what lies where, with an explicit stack and without
 * building anything.  And the pieces to write with.  Sources: Hadoop 0.20.203 and 1.2.1
 * io/ObjectWritable.java, io/WritableUtils.java, io/UTF8.java, io/Text.java.
 */
#ifndef RPC_WIRE_WRITABLE_H
#define RPC_WIRE_WRITABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/status.h"
#include "rpc/wire/wire.h"

/* --- classes --- */

struct writable_types;
struct writable_class;

/* What stands in a place.  The word in front is the grammar's. */
enum writable_kind {
    WRITABLE_BOOLEAN,  /* boolean: one byte */
    WRITABLE_BYTE,     /* byte */
    WRITABLE_CHAR,     /* char: two bytes, unsigned */
    WRITABLE_SHORT,    /* short */
    WRITABLE_INT,      /* int */
    WRITABLE_LONG,     /* long */
    WRITABLE_FLOAT,    /* float */
    WRITABLE_DOUBLE,   /* double */
    WRITABLE_VINT,     /* vint: WritableUtils */
    WRITABLE_VLONG,    /* vlong */
    WRITABLE_UTF8,     /* utf8: uint16 length, CESU-8 */
    WRITABLE_UTF,      /* utf: DataOutput.writeUTF */
    WRITABLE_TEXT,     /* text: vint length, UTF-8 */
    WRITABLE_STRING,   /* string: int32 length, UTF-8; -1 is null */
    WRITABLE_BYTES,    /* bytes (bytes:int), bytes:vint, bytes:12 (as many, without a length) */
    WRITABLE_ENUM,     /* enum CLASS (enum:text), enum:utf8 CLASS: its constant's name */
    WRITABLE_LIST,     /* list TYPE (list:int), list:vint TYPE: a count, then its elements */
    WRITABLE_OPTIONAL, /* optional TYPE: a boolean, then the value if it is true */
    WRITABLE_CLASS,    /* org.example.Name: that class's fields */
    WRITABLE_NAMED,    /* writable:utf8, writable:text: the name of a class, then its fields */
    WRITABLE_OBJECT,   /* object: an ObjectWritable */
    WRITABLE_ARRAY,    /* of an ObjectWritable: a Java array, or ArrayPrimitiveWritable */
    WRITABLE_NULL,     /* of an ObjectWritable: NullInstance, and void */
};

/* How a length, a count or a name stands in front. */
enum writable_prefix {
    WRITABLE_BY_INT,
    WRITABLE_BY_VINT,
    WRITABLE_BY_SIZE, /* bytes only */
    WRITABLE_BY_TEXT,
    WRITABLE_BY_UTF8,
};

/* A type: borrowed from its class, lives as long. */
struct writable_shape {
    enum writable_kind kind;
    enum writable_prefix prefix;     /* of bytes, lists, enums, named Writables */
    size_t size;                     /* of bytes without a length */
    bool nullable;                   /* bytes whose length of -1 is null */
    const char *class_name;          /* of WRITABLE_CLASS and WRITABLE_ENUM (NULL: any constant) */
    const struct writable_shape *of; /* of lists and optionals */
};

enum { WRITABLE_ALWAYS = -1 };

struct writable_field {
    const char *name; /* "": the fields of that class are the object's own (a super class) */
    struct writable_shape shape;
    int when_field;  /* it is there if that earlier field, or WRITABLE_ALWAYS, … */
    int64_t when_is; /* … has this value (true is 1, an enum's constant its ordinal) */
    int slot;        /* where a scanner keeps its value, since a later field asks; -1: nowhere */
};

enum writable_class_kind {
    WRITABLE_STRUCT,    /* a Writable with fields */
    WRITABLE_CONSTANTS, /* an enum */
    WRITABLE_ABSTRACT,  /* an interface or abstract class: others stand in its place */
    WRITABLE_PACKED,    /* ArrayPrimitiveWritable$Internal, from IPC version 5 on */
};

struct writable_class {
    const char *name; /* Class.getName(): "org.example.Outer$Inner" */
    enum writable_class_kind kind;
    const struct writable_field *fields;
    size_t field_count;
    const char *const *constants;
    size_t constant_count;
};

/* A field to declare: `type` in the grammar above. */
struct writable_declared {
    const char *type, *name; /* NULL name: "" */
    const char *when;        /* name of an earlier field, or NULL; without when_constant … */
    int64_t when_is;         /* … its number or boolean */
    const char *when_constant;
};

enum {
    WRITABLE_DEPTH_MAX = 100,  /* of values in each other */
    WRITABLE_FIELDS_MAX = 256, /* of a class */
    WRITABLE_SLOTS_MAX = 8,    /* of them, those that conditions ask */
    WRITABLE_CLASSES_MAX = 8192,
    WRITABLE_NAME_MAX = 512,
    WRITABLE_EMPTY_MAX = 65536,    /* elements without a byte, of one value */
    WRITABLE_COUNT_MAX = 1 << 28,  /* elements; a Java heap has no room for more */
    WRITABLE_LENGTH_MAX = 1 << 30, /* of bytes or a text */
};

/* The classes of `base` (borrowed; NULL: none but Hadoop's simplest, like LongWritable), and what
 * is added.  NULL when out of memory.  A class once added stays where it is until the types are
 * freed; adding beside readers of other threads is allowed. */
struct writable_types *writable_types_create(const struct writable_types *base);
void writable_types_free(struct writable_types *types);

/* Declare a class; all is copied.  One that is known by that name is replaced.  RPC_MALFORMED,
 * RPC_UNKNOWN_NAME (a type word, or a field that `when` names), RPC_TOO_LONG, RPC_NO_MEMORY,
 * with a sentence in `problem` (WIRE_PROBLEM_MAX bytes) that names class and field.  Classes that
 * fields are of may come later. */
enum rpc_status writable_types_add(struct writable_types *types, const char *name,
                                   const struct writable_declared *fields, size_t count,
                                   char *problem);
enum rpc_status writable_types_add_enum(struct writable_types *types, const char *name,
                                        const char *const *constants, size_t count, char *problem);
enum rpc_status writable_types_add_abstract(struct writable_types *types, const char *name,
                                            char *problem);
/* 0.20.203: no UTF8 is malformed.  Else one that is not UTF-8 does not read (io/UTF8.java).  Those
 * of `base` hold here too. */
void writable_types_take_any_utf8(struct writable_types *types);
bool writable_types_takes_any_utf8(const struct writable_types *types);

/* Packed arrays of primitives, which IPC version 4 does not know. */
#define WRITABLE_PACKED_CLASS "org.apache.hadoop.io.ArrayPrimitiveWritable$Internal"
enum rpc_status writable_types_add_packed(struct writable_types *types, char *problem);

/* The words that types begin with, with spaces between, for "did you mean". */
extern const char writable_words[];

/* NULL: not known.  NULL types: only Hadoop's simplest. */
const struct writable_class *writable_types_find(const struct writable_types *types,
                                                 struct wire_bytes name);
/* All names, sorted; NULL from the end on. */
const char *writable_types_name_at(const struct writable_types *types, size_t index);

/* What a Java type's name stands for in an ObjectWritable: BOOLEAN … DOUBLE, UTF8 for
 * java.lang.String, NULL for void, ARRAY ("[I", "[Lorg.example.Name;": *name becomes that of its
 * elements), ENUM, or CLASS with the class.  False: there is no such type. */
bool writable_types_declared(const struct writable_types *types, struct wire_bytes *name,
                             enum writable_kind *kind, const struct writable_class **class);

/* --- the scanner --- */

enum writable_event {
    WRITABLE_VALUE, /* what has no parts */
    WRITABLE_OPEN,  /* a class, a list, an array; its parts follow */
    WRITABLE_CLOSE,
};

/* What is found.  Texts are as they stand: writable_read_text makes UTF-8 of them. */
struct writable_item {
    enum writable_event event;
    enum writable_kind kind;            /* LIST, CLASS, ARRAY; of others the value's own */
    const struct writable_class *in;    /* of whose fields it is one; NULL: an element, the top */
    const struct writable_field *field; /* which; NULL: none */
    const struct writable_class *type;  /* of CLASS, and of an ENUM that is known */
    struct wire_bytes declared;         /* in an ObjectWritable: the declared class, else absent;
                                         * of NULL the class that NullInstance names */
    bool loose;                         /* an "object" or "writable": only the bytes say its type */
    bool absent;                        /* an optional that is not there, a null */
    size_t index;                       /* of an element or parameter; of a field its number */
    size_t count;                       /* OPEN of a list or array */
    unsigned depth;                     /* 0: the outermost value */
    size_t offset, length;              /* OPEN: the head's; CLOSE: the whole's */
    int64_t number;                     /* boolean, integers; an enum's ordinal, -1: unknown */
    double real;                        /* float, double */
    struct wire_bytes bytes;            /* texts and bytes without length, an enum's constant; in
                                         * the bytes that were given */
};

typedef void writable_visit_fn(void *owner, const struct writable_item *item);

struct writable_scan;

/* NULL when out of memory. */
struct writable_scan *writable_scan_create(void);
void writable_scan_free(struct writable_scan *scan);

/* What the next bytes are: one ObjectWritable; parameters (an int32 count and as many
 * ObjectWritables); or the fields of one class.  `types` is borrowed; NULL: Hadoop's simplest. */
enum writable_goal { WRITABLE_GOAL_OBJECT, WRITABLE_GOAL_PARAMETERS, WRITABLE_GOAL_CLASS };
void writable_scan_begin(struct writable_scan *scan, const struct writable_types *types,
                         enum writable_goal goal, const struct writable_class *class);
/* Who is told, after _begin; NULL, and by itself: nobody. */
void writable_scan_visit(struct writable_scan *scan, writable_visit_fn *visit, void *owner);

/* `bytes` are those that have come, from the value's first on: those of the last look, and more
 * (they may lie elsewhere now).  What was passed is not looked at again.  *size: how many bytes
 * it has at least; never more than must come.
 * RPC_OK: it is whole, *size bytes.  RPC_AGAIN: it is not.
 * Else `problem` (WIRE_PROBLEM_MAX bytes) has the exception's text as Java words it:
 * RPC_UNKNOWN_NAME, a class or constant that is not known, and RPC_BAD_VALUE, a negative length or
 * an element that does not go into its array (RuntimeExceptions); RPC_MALFORMED (an IOException);
 * RPC_TOO_LONG (an OutOfMemoryError) and RPC_TOO_DEEP (a StackOverflowError). */
enum rpc_status writable_scan(struct writable_scan *scan, struct wire_bytes bytes, size_t *size,
                              char *problem);

/* The same for bytes at hand: all of them must be there, RPC_END when they are not (an
 * EOFException, which has no text).  *size may be NULL; bytes behind the value are not looked at.
 */
enum rpc_status writable_walk(const struct writable_types *types, enum writable_goal goal,
                              const struct writable_class *class, struct wire_bytes bytes,
                              writable_visit_fn *visit, void *owner, size_t *size, char *problem);

/* The declared types of parameters as Java's NoSuchMethodException lists them:
 * "java.lang.String,long"; cut to `size` with NUL.  The errors of writable_walk. */
enum rpc_status writable_signature(const struct writable_types *types, struct wire_bytes parameters,
                                   char *text, size_t size, char *problem);

/* Whether an object of `class` may stand where a `name` is declared: it is one, or a class with
 * `name` for a super class, or `name` is abstract, which any class may implement. */
bool writable_is_a(const struct writable_types *types, const struct writable_class *class,
                   struct wire_bytes name);

/* Whether java.lang.reflect.Method.invoke takes parameters for what they are declared as, or
 * throws an IllegalArgumentException; the first that does not fit counts.  A visitor of
 * WRITABLE_GOAL_PARAMETERS, whose owner is a struct writable_arguments. */
enum writable_fit {
    WRITABLE_FITS,
    WRITABLE_NULL_FOR_PRIMITIVE, /* without text */
    WRITABLE_OTHER_TYPE,         /* "argument type mismatch" */
};
struct writable_arguments {
    const struct writable_types *types;
    enum writable_fit fit;
};
writable_visit_fn writable_see_argument;

/* --- reading pieces --- */

/* A vint or vlong.  How many bytes were used; 0: it does not end here. */
size_t writable_read_vlong(struct wire_bytes bytes, int64_t *value);
/* How long one is, by its first byte. */
size_t writable_vlong_size(uint8_t first);

/* Where io/UTF8.java from 1.x on stumbles in a UTF8 (without its length); its end: nowhere. */
size_t writable_check_utf8(struct wire_bytes text);
/* The same for who reads it: RPC_MALFORMED with the UTFDataFormatException's text in `problem`. */
enum rpc_status writable_refuse_utf8(struct wire_bytes text, char *problem);
/* Whether a TEXT or STRING is UTF-8, so that writable_read_text would leave it as it is. */
bool writable_is_utf8(struct wire_bytes text);

/* UTF-8 of a UTF8 or UTF text (WRITABLE_UTF8, _UTF: without its length): surrogate pairs become
 * one sequence, c0 80 a NUL; a lone surrogate keeps its three bytes, and what Java would not read
 * becomes '?'.  Of a TEXT or STRING what is not UTF-8 becomes U+FFFD, as Java's decoder cuts it.
 * Other kinds are appended as they are.  RPC_NO_MEMORY. */
enum rpc_status writable_read_text(enum writable_kind kind, struct wire_bytes bytes,
                                   struct wire_buffer *out);

/* --- writing pieces --- */

/* Each appends; RPC_NO_MEMORY, and what is said. */

enum rpc_status writable_put_number(struct wire_buffer *out, enum writable_kind kind,
                                    int64_t number); /* boolean … long, vint, vlong */
enum rpc_status writable_put_real(struct wire_buffer *out, enum writable_kind kind, double number);
/* UTF8, UTF, TEXT, STRING with its length, of UTF-8 text.  UTF8 ends after 21845 UTF-16 units, as
 * Java's writer does without a word; UTF above 65535 bytes is RPC_TOO_LONG.  `overlong`: UTF8
 * writes NUL as c0 80 (0.20.203), else as 00.  STRING: absent bytes are null. */
enum rpc_status writable_put_text(struct wire_buffer *out, enum writable_kind kind,
                                  struct wire_bytes text, bool overlong);
/* With its length in front.  RPC_TOO_LONG: 2^31 and more. */
enum rpc_status writable_put_bytes(struct wire_buffer *out, enum writable_prefix prefix,
                                   struct wire_bytes bytes);

/* ObjectWritables of what needs no class: a long, a String, a null of that type ("void" too). */
enum rpc_status writable_put_long_object(struct wire_buffer *out, int64_t number);
enum rpc_status writable_put_string_object(struct wire_buffer *out, struct wire_bytes text,
                                           bool overlong);
enum rpc_status writable_put_null_object(struct wire_buffer *out, const char *declared);

#endif
