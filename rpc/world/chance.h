/*
 * Chance without a stream: every draw is a function of a seed and of three numbers that say
 * who draws, so that one draw more or less changes none of the others.  Both worlds draw by
 * it, so that one seed means the same back-off in both.
 */
#ifndef RPC_WORLD_CHANCE_H
#define RPC_WORLD_CHANCE_H

#include <stdint.h>

/* Multiply, and fold the product's halves into one. */
static inline uint64_t world_fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* 64 even bits for (seed, site, entity, ordinal). */
static inline uint64_t world_mix(uint64_t seed, uint32_t site, uint32_t entity, uint32_t ordinal)
{
    uint64_t key = (uint64_t)entity << 32 | ordinal;
    uint64_t mixed = world_fold(seed ^ UINT64_C(0xa0761d6478bd642f),
                                (site + UINT64_C(1)) * UINT64_C(0xe7037ed1a0b428db));
    mixed = world_fold(mixed ^ key, UINT64_C(0x8ebc6af09c88c6e3) ^ (key * 2 + 1));
    return world_fold(mixed ^ UINT64_C(0x589965cc75374cc3), UINT64_C(0x1d8e4e27c47d124f));
}

/* A number from 0 to `max` of even bits. */
static inline uint32_t world_uniform(uint64_t bits, uint32_t max)
{
    return (uint32_t)(((bits >> 32) * ((uint64_t)max + 1)) >> 32);
}

#endif
