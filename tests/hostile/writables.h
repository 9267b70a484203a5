/*
 * Frames of IPC version 4 whose Writables mean harm: lengths that are negative or huge, classes
 * that nobody knows, values in values without an end, texts of a megabyte, vints that are cut.
 */
#ifndef TESTS_HOSTILE_WRITABLES_H
#define TESTS_HOSTILE_WRITABLES_H

#include "rpc/wire/wire.h"

/* With lengths that no Java heap has room for and nests that no stack has room for, of which the
 * real server's Reader dies too; without, until this is called. */
void hostile_be_lethal(void);

/* A preamble and a ConnectionHeader of the test protocol, mostly as they should be. */
void hostile_opening(struct wire_buffer *stream);
/* A call of the test protocol. */
void hostile_call(struct wire_buffer *stream);
/* A reply to one of the first calls. */
void hostile_reply(struct wire_buffer *stream);

#endif
