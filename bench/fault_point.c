/*
 * What a visit to a fault point costs while nobody asks for it: 16 visits to different points
 * beside the same loop without them, by turns; the best of each counts.
 *
 *   fault_point ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "faults/point.h"

enum { POINTS = 16, TURNS = 5 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Each round the same work, which the compiler must not take out of the loop. */
static unsigned without(uint64_t rounds)
{
    unsigned sum = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        for (unsigned point = 0; point < POINTS; point++)
            __asm__ volatile("" : "+r"(sum) : : "memory");
    }
    return sum;
}

static unsigned with(uint64_t rounds)
{
    unsigned sum = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        for (unsigned point = 0; point < POINTS; point++) {
            if (point_guarded((enum point)point))
                sum++;
            __asm__ volatile("" : "+r"(sum) : : "memory");
        }
    }
    return sum;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fault_point ROUNDS\n");
        return 2;
    }
    uint64_t rounds = strtoull(argv[1], NULL, 10);
    point_init();
    unsigned sum = 0;
    double least[2] = {1e9, 1e9};
    for (int turn = 0; turn < TURNS; turn++) {
        double began = seconds();
        sum += without(rounds);
        double between = seconds();
        sum += with(rounds);
        double ended = seconds();
        least[0] = between - began < least[0] ? between - began : least[0];
        least[1] = ended - between < least[1] ? ended - between : least[1];
    }
    printf("a disarmed fault point: %.2f ns a visit\n",
           (least[1] - least[0]) * 1e9 / (double)rounds / POINTS);
    return sum != 0;
}
