/*
 * Memory that nobody may touch at present.  AddressSanitizer watches over it; without it this is
 * nothing.
 */
#ifndef RPC_POISON_H
#define RPC_POISON_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ADDRESS_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAVE_ADDRESS_SANITIZER 1
#endif

#ifdef HAVE_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(piece, size)   ((void)(piece), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(piece, size) ((void)(piece), (void)(size))
#endif

#endif
