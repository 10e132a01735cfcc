/* What the SVE translators share: DDI 0487, C4.1, "SVE encodings". Letters of their rows: d Zd,
 * Zdn, Zda or Pd; n Zn, m Zm, a Za; p Pg; z size; i an immediate, j a pattern. */
#ifndef ULNA_CPU_ISA_SVE_H
#define ULNA_CPU_ISA_SVE_H

#include "cpu/sve.h"
#include "cpu/translate.h"

/* A call of the helper, or what does the same, unless SVE is trapped; false, which is UNDEFINED, if
 * it is NULL. The operands are as interp_sve.h has them. */
bool sve_call(struct tr *tr, uop_helper *helper, uint32_t d, uint32_t a, uint32_t b, uint32_t x,
              uint32_t y);

/* VL in bytes */
static inline unsigned sve_bytes(const struct tr *tr)
{
    return 16 * mode_parts(tr->mode);
}

/* DecodePredCount(): how many elements of 1 << size bytes a pattern means. */
unsigned sve_pattern(const struct tr *tr, unsigned pattern, unsigned size);

/* --- Without calls, where VL is 512 bits at most. What is not done so is answered with false. SVE
 * is not trapped --- */

/* sve_parts.c */

/* What the helper would do, by Advanced SIMD's micro-ops */
bool sve_by_parts(struct tr *tr, uop_helper *helper, uint32_t d, uint32_t a, uint32_t b, uint32_t x,
                  uint32_t y);
/* Loads Zd from the address in T0, or stores it; p may be SVE_WHOLE */
bool sve_load(struct tr *tr, enum sve_load kind, uint32_t d, uint32_t p,
              struct sve_element element);
bool sve_store(struct tr *tr, uint32_t d, uint32_t p, struct sve_element element);
/* The same of structures of `count` elements of 1 << size bytes */
bool sve_access_structures(struct tr *tr, bool store, uint32_t d, uint32_t p, unsigned size,
                           unsigned count);

/* The vector slot of the mask of a part of Pg: ones in active elements. It may not last longer than
 * the instruction. */
unsigned sve_mask(struct tr *tr, uint32_t p, unsigned size, unsigned part);
/* The value in each element of a doubleword. */
static inline uint64_t sve_splat(unsigned size, uint64_t value)
{
    return (value & bits_ones(8u << size)) * (~0ull / bits_ones(8u << size));
}

/* sve_reduce.c: the same as sve_by_parts(), of all elements to a scalar */
bool sve_by_reduction(struct tr *tr, uop_helper *helper, uint32_t d, uint32_t n, uint32_t p);

/* sve_places.c: the same as sve_by_parts(), where elements change places */
bool sve_by_places(struct tr *tr, uop_helper *helper, uint32_t d, uint32_t n, uint32_t m,
                   uint32_t y);

/* sve_bits.c: predicates as numbers in general slots, T0 and so on */

/* Pd = the first `count` elements; with or without NZCV */
bool sve_bits_first(struct tr *tr, uint32_t d, unsigned size, unsigned count, bool flags);
/* Pd = Pg and Pn op Pm, or, inverted, Pg and not (Pn op Pm) */
struct sve_logic {
    enum uop_op op;
    bool inverted, flags;
};
bool sve_bits_logic(struct tr *tr, struct sve_logic logic, uint32_t d, uint32_t n, uint32_t m,
                    uint32_t g);
bool sve_bits_select(struct tr *tr, uint32_t d, uint32_t n, uint32_t m, uint32_t g);
bool sve_bits_test(struct tr *tr, uint32_t n, uint32_t g);
/* BRKA, BRKB; kind: enum sve_break */
bool sve_bits_break(struct tr *tr, uint32_t d, uint32_t n, uint32_t g, unsigned kind);
bool sve_bits_pfirst(struct tr *tr, uint32_t d, uint32_t g);
bool sve_bits_unpack(struct tr *tr, uint32_t d, uint32_t n, bool high);
/* Slot = how many elements are true in both */
bool sve_bits_count(struct tr *tr, uint8_t slot, uint32_t n, uint32_t g, unsigned size);
/* The end of a comparison: T0 has the bits of elements where it is true, and others. Pd = Pg and
 * these, or, inverted, the others; `flags`: NZCV as well */
void sve_bits_compared(struct tr *tr, uint32_t d, uint32_t g, unsigned size, bool inverted,
                       bool flags);
/* After a write of a predicate without a call: masks made of it are no longer right. */
static inline void sve_predicate_written(struct tr *tr)
{
    tr->masks = 0;
}

/* --- Translators of many rows: they call row->helpers[z] --- */

/* Zd = Zn op Zm, unpredicated */
translator sve_zzz;
/* The same of doublewords whatever z is: what does not depend on the size of elements */
translator sve_zzz_d;
/* Zdn = Pg ? Zdn op Zm : Zdn; and with its operands swapped */
translator sve_zpzz, sve_zpzz_swapped;
/* Zd = Pg ? op Zn : Zd */
translator sve_zpz;
/* Pd = Pg and Zn op Zm; and with Zm the immediate i, signed or not */
translator sve_ppzz, sve_ppzi_s, sve_ppzi_u;

/* An immediate of 8 bits, signed or not, or (h) shifted by 8: Zdn = Zdn op i */
translator sve_zzi_s, sve_zzi_u;
/* Shifts; j is tsz:imm3, which says the size as well, and is no size below 8. To the right or to
 * the left: Zd = Zn shifted; Zdn = Pg ? Zdn shifted : Zdn */
translator sve_shift_right, sve_shift_left, sve_shift_right_p, sve_shift_left_p;
/* The same where tsz is for the narrow elements, and helpers are for the wide ones */
translator sve_shift_narrow, sve_shift_long;
/* Zd = Zn op Zm[i], or Zdn with it, of row->bits */
translator sve_zze;

#endif
