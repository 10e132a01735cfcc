/* What the translators of SVE instructions call: helpers in families by element size, and some that
 * stand alone. The walks over registers are in interp_sve.h, the helpers in interp_sve_*.c. */
#ifndef ULNA_CPU_SVE_H
#define ULNA_CPU_SVE_H

#include "cpu/uop.h"

/* FAMILY(name, sizes, walk, lane): sve_NAME[] has a helper for each of the element sizes (SVE_BHSD
 * and so on), by log2 of their bytes; NULL where there is none. */
#define FAMILY(name, sizes, walk, lane) extern uop_helper *const sve_##name[4];
#include "cpu/sve_fp.def"
#include "cpu/sve2_int.def"
#include "cpu/sve2_long.def"
#include "cpu/sve_int.def"
#include "cpu/sve_perm.def"
#include "cpu/sve_pred.def"
#undef FAMILY

/* interp_sve_pred.c: the first elements of Pd are true, of 1 << x bytes each; a and b are how many
 * (sve_ptrues: and NZCV is set). */
uop_helper sve_ptrue, sve_ptrues;
/* WHILE..: y says which, with these bits; x is log2 of the bytes of an element. */
enum sve_while {
    SVE_WHILE_EQ = 1 << 0,
    SVE_WHILE_LT = 1 << 1, /* counts up; otherwise down */
    SVE_WHILE_U = 1 << 2,  /* compares without sign */
    SVE_WHILE_X = 1 << 3,  /* doublewords */
};
uop_helper sve_while;
/* WHILEWR, WHILERW: the addresses are in slots a and b; x as before. */
uop_helper sve_whilewr, sve_whilerw;
/* Pd = Pg ? Pn : Pm */
uop_helper sve_p_sel;
/* BRKA, BRKB: x is Pg, y says which, with these bits; BRKPA, BRKPB, BRKN. */
enum sve_break {
    SVE_BREAK_BEFORE = 1 << 0,
    SVE_BREAK_MERGE = 1 << 1,
    SVE_BREAK_FLAGS = 1 << 2,
};
uop_helper sve_brk, sve_brkp, sve_brkn;
/* NZCV of Pn where Pg, which is x, is true */
uop_helper sve_ptest;
uop_helper sve_pfirst, sve_pnext; /* y is log2 of the bytes of an element */
uop_helper sve_punpklo, sve_punpkhi;
/* Slot d = how many elements of 1 << y bytes are true in both Pn and P<x> */
uop_helper sve_cntp;
/* CTERMEQ, CTERMNE: slots a and b; x says whether they should be equal. */
uop_helper sve_cterm;

/* interp_sve_perm.c: x is the byte of Zn that comes first. */
uop_helper sve_ext;
/* Part y of Zn in each one of Zd */
uop_helper sve_dup_elem_q;

/* interp_sve2_int.c: by segments of 128 bits. x is Pg. */
uop_helper sve_histseg;
extern uop_helper *const sve_histcnt[4], *const sve_match[4], *const sve_nmatch[4];
/* interp_crypto.c, interp_sm.c; y of sve_pmull128 chooses the upper doublewords */
uop_helper sve_aese, sve_aesd, sve_aesmc, sve_aesimc, sve_pmull128, sve_sm4e, sve_sm4ekey;

/* interp_sve.c: ZCR_EL1 has a new value, and block_update_mode() knows. What registers have beyond
 * VL is forgotten, as far as anybody relies on it. */
void sve_length_changed(struct cpu *cpu);

/* interp_sve_fp.c: y is the size of an element in bits. */
uop_helper sve_fmmla;

/* An element in its register and in memory, log2 of its bytes. */
struct sve_element {
    uint8_t size, memory;
    bool is_signed;
};

/* What dtype of loads says: the two sizes, or their complements where that would not fit. */
static inline struct sve_element sve_element(unsigned dtype)
{
    unsigned memory = dtype >> 2, size = dtype & 3;

    if (memory <= size)
        return (struct sve_element){(uint8_t)size, (uint8_t)memory, false};
    return (struct sve_element){(uint8_t)(3 - size), (uint8_t)(3 - memory), true};
}

/* y of zld and zst: the element, and how many parts of 128 bits VL has, four at most. x of those
 * of whole registers, which have no predicate, is SVE_WHOLE. */
#define SVE_WHOLE 255

/* b of zld: FF and NF for where an access may not be, R for the same element in every place. */
enum sve_load {
    SVE_LD1,
    SVE_LDFF1,
    SVE_LDNF1,
    SVE_LD1R,
};

struct sve_span {
    struct sve_element element;
    uint8_t parts;
    uint8_t bytes; /* of a part, in memory */
};

static inline uint8_t sve_span_pack(struct sve_element element, unsigned parts)
{
    return (uint8_t)(element.size | element.memory << 2 | (parts - 1) << 4 |
                     element.is_signed << 6);
}

static inline struct sve_span sve_span(uint8_t packed)
{
    struct sve_element element = {packed & 3, packed >> 2 & 3, packed >> 6 & 1};

    return (struct sve_span){element, (uint8_t)((packed >> 4 & 3) + 1),
                             (uint8_t)(16 >> element.size << element.memory)};
}

/* y of zldn and zstn: log2 of the bytes of an element; elements in a structure, two to four; parts
 */
struct sve_structures {
    uint8_t size, count, parts;
};

static inline uint8_t sve_structures_pack(struct sve_structures s)
{
    return (uint8_t)(s.size | (s.count - 1) << 2 | (s.parts - 1) << 4);
}

static inline struct sve_structures sve_structures(uint8_t packed)
{
    return (struct sve_structures){packed & 3, (uint8_t)((packed >> 2 & 3) + 1),
                                   (uint8_t)((packed >> 4 & 3) + 1)};
}

/* All that is accessed. */
static inline unsigned sve_span_bytes(struct sve_span span, bool repeated)
{
    return repeated ? 1u << span.element.memory : (unsigned)span.bytes * span.parts;
}

/* interp_sve_mem.c: contiguous, from the address in slot a. y is what loads call dtype, and its
 * like of stores, msz:size. */
uop_helper sve_ld1, sve_st1;
/* The same of which only the first active element may fault, or none. */
uop_helper sve_ldff1, sve_ldnf1;
/* Registers from d on; y is log2 of the bytes of an element and, from bit 2 on, how many they are.
 */
uop_helper sve_ldn, sve_stn;
/* The same in every place: an element, y as for sve_ld1; or parts, y as for sve_ldn. */
uop_helper sve_ld1r, sve_ld1rq;
/* Each element from an address of its own: slot a and an element of Zm, extended and shifted. y has
 * log2 of the bytes in memory from SVE_GATHER_MEMORY on, and these bits. */
enum sve_gather {
    SVE_GATHER_D = 1 << 0, /* elements are doublewords; otherwise words */
    SVE_GATHER_SIGNED = 1 << 1,
    SVE_GATHER_SCALED = 1 << 2,
    SVE_GATHER_SXTW = 1 << 3,
    SVE_GATHER_UXTW = 1 << 4,
    SVE_GATHER_MEMORY = 6,
};
uop_helper sve_gather, sve_gather_ff, sve_scatter;
/* Whole registers: d is Zt or Pt. */
uop_helper sve_ldr_z, sve_str_z, sve_ldr_p, sve_str_p;

#endif
