/* Permutations, of Z and P registers alike: which element goes to place i, counted from that of n
 * on, and those of m follow. */
#ifndef ULNA_CPU_INTERP_SVE_PERM_H
#define ULNA_CPU_INTERP_SVE_PERM_H

#include "cpu/interp_sve.h"

typedef unsigned sve_place(unsigned i, unsigned lanes);

#define PLACE(name) static ALWAYS_INLINE unsigned lane_##name(unsigned i, unsigned lanes UNUSED)

PLACE(zip1)
{
    return i / 2 + i % 2 * lanes;
}

PLACE(zip2)
{
    return lanes / 2 + lane_zip1(i, lanes);
}

PLACE(uzp1)
{
    return 2 * i;
}

PLACE(uzp2)
{
    return 2 * i + 1;
}

PLACE(trn1)
{
    return i - i % 2 + i % 2 * lanes;
}

PLACE(trn2)
{
    return 1 + lane_trn1(i, lanes);
}

PLACE(rev)
{
    return lanes - 1 - i;
}

#undef PLACE

#endif
