/* Advanced SIMD loads and stores of structures: DDI 0487, C4.1.94. The post-indexed forms add Rm,
 * or the size of the access when Rm is 31. z is size.
 *
 * Registers are written when all memory has been read, except by LD1 of several registers, where an
 * abort may leave the first ones loaded: the architecture lets it, and the instruction starts over.
 */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

enum direction { ST, LD };
enum form { OFF, POST };

static void post_index(struct tr *tr, const struct fields *f, enum form form, unsigned bytes)
{
    if (form == OFF)
        return;
    if (f->m == 31)
        tr_imm(tr, UOP_add64i, XSP(f->n), XSP(f->n), bytes);
    else
        tr_reg(tr, UOP_add64, XSP(f->n), XSP(f->n), X(f->m));
}

/* --- Multiple structures --- */

/* LD1, ST1: registers one after the other. Where unaligned accesses fault, elements narrower than
 * the micro-op need one that knows them. Deviation: in other modes a Device access must be aligned
 * to a doubleword even if elements are smaller. */
static void consecutive(struct tr *tr, const struct fields *f, enum direction direction,
                        unsigned registers)
{
    static const enum uop_op ops[2][2] = {
        [ST] = {UOP_stv64, UOP_stv128}, [LD] = {UOP_ldv64, UOP_ldv128}};
    bool by_element = tr->mode & MODE_ALIGN && f->z < 3;
    enum uop_op op = by_element ? (direction == LD ? UOP_vldn : UOP_vstn) : ops[direction][f->q];

    for (unsigned i = 0; i < registers; i++)
        tr_emit_elements(tr, op, V((f->d + i) & 31), XSP(f->n), (uint8_t)f->z,
                         (uint8_t)simd_bytes(f), 1, i * simd_bytes(f), 1u << f->z);
}

static bool multiple(struct tr *tr, const struct fields *f, enum direction direction,
                     enum form form, unsigned registers, unsigned elements)
{
    if (f->z == 3 && !f->q && elements != 1)
        return false;
    if (!tr_fp_enabled(tr))
        return true;
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, form == POST || f->n != 31);
    if (elements == 1)
        consecutive(tr, f, direction, registers);
    else
        tr_emit_elements(tr, direction == LD ? UOP_vldn : UOP_vstn, V(f->d), XSP(f->n),
                         (uint8_t)f->z, (uint8_t)simd_bytes(f), (uint8_t)registers, 0, 1u << f->z);
    post_index(tr, f, form, registers * simd_bytes(f));
    return true;
}

/* --- Single structure: to one lane, or to all; i is the index: Q:S:size less the bits below an
 * element --- */

/* Element i of the structure goes through temporary i. */
static void load_elements(struct tr *tr, const struct fields *f, unsigned elements, unsigned size)
{
    static const enum uop_op ops[4] = {UOP_ld8, UOP_ld16, UOP_ld32, UOP_ld64};

    for (unsigned i = 0; i < elements; i++)
        tr_imm(tr, ops[size], (uint8_t)(SLOT_T0 + i), XSP(f->n), (uint64_t)i << size);
}

static void load_single(struct tr *tr, const struct fields *f, unsigned elements, unsigned size)
{
    load_elements(tr, f, elements, size);
    for (unsigned i = 0; i < elements; i++)
        tr_emit(tr, simd_op(UOP_vins_gen8, size), V((f->d + i) & 31), (uint8_t)(SLOT_T0 + i), 0, 0,
                (uint8_t)f->i, 0);
}

static void store_single(struct tr *tr, const struct fields *f, unsigned elements, unsigned size)
{
    static const enum uop_op ops[4] = {UOP_st8, UOP_st16, UOP_st32, UOP_st64};

    for (unsigned i = 0; i < elements; i++) {
        tr_emit(tr, simd_op(UOP_vumov8, size), SLOT_T0, V((f->d + i) & 31), 0, 0, (uint8_t)f->i, 0);
        tr_imm(tr, ops[size], SLOT_T0, XSP(f->n), (uint64_t)i << size);
    }
}

static bool single(struct tr *tr, const struct fields *f, enum direction direction, enum form form,
                   unsigned elements, unsigned size)
{
    if (!tr_fp_enabled(tr))
        return true;
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, form == POST || f->n != 31);
    if (direction == LD)
        load_single(tr, f, elements, size);
    else
        store_single(tr, f, elements, size);
    post_index(tr, f, form, elements << size);
    return true;
}

static bool replicate(struct tr *tr, const struct fields *f, enum form form, unsigned elements)
{
    if (!tr_fp_enabled(tr))
        return true;
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, form == POST || f->n != 31);
    load_elements(tr, f, elements, f->z);
    for (unsigned i = 0; i < elements; i++)
        tr_emit(tr, simd_op(UOP_vdup_gen8, f->z), V((f->d + i) & 31), (uint8_t)(SLOT_T0 + i), 0,
                (uint8_t)simd_bytes(f), 0, 0);
    post_index(tr, f, form, elements << f->z);
    return true;
}

/* --- The instructions: M(opcode, elements, registers), S(R, opcode<0>, elements), Z(name, bits,
 * size, opcode<2:1>, what stands in Q, in S and in size) --- */

#define MULTIPLES(M)                                                                               \
    M("0000", 4, 4)                                                                                \
    M("0010", 1, 4)                                                                                \
    M("0100", 3, 3)                                                                                \
    M("0110", 1, 3)                                                                                \
    M("0111", 1, 1)                                                                                \
    M("1000", 2, 2)                                                                                \
    M("1010", 1, 2)

#define SINGLES(S)                                                                                 \
    S("0", "0", 1)                                                                                 \
    S("1", "0", 2)                                                                                 \
    S("0", "1", 3)                                                                                 \
    S("1", "1", 4)

#define MULTIPLE_TR(opcode, elements, registers)                                                   \
    static bool tr_ld##elements##_##registers(struct tr *tr, const struct fields *f)               \
    {                                                                                              \
        return multiple(tr, f, LD, OFF, registers, elements);                                      \
    }                                                                                              \
    static bool tr_st##elements##_##registers(struct tr *tr, const struct fields *f)               \
    {                                                                                              \
        return multiple(tr, f, ST, OFF, registers, elements);                                      \
    }                                                                                              \
    static bool tr_ld##elements##_##registers##_post(struct tr *tr, const struct fields *f)        \
    {                                                                                              \
        return multiple(tr, f, LD, POST, registers, elements);                                     \
    }                                                                                              \
    static bool tr_st##elements##_##registers##_post(struct tr *tr, const struct fields *f)        \
    {                                                                                              \
        return multiple(tr, f, ST, POST, registers, elements);                                     \
    }
MULTIPLES(MULTIPLE_TR)

#define SINGLE_TR(name, size, elements)                                                            \
    static bool tr_ld##elements##name(struct tr *tr, const struct fields *f)                       \
    {                                                                                              \
        return single(tr, f, LD, OFF, elements, size);                                             \
    }                                                                                              \
    static bool tr_st##elements##name(struct tr *tr, const struct fields *f)                       \
    {                                                                                              \
        return single(tr, f, ST, OFF, elements, size);                                             \
    }                                                                                              \
    static bool tr_ld##elements##name##_post(struct tr *tr, const struct fields *f)                \
    {                                                                                              \
        return single(tr, f, LD, POST, elements, size);                                            \
    }                                                                                              \
    static bool tr_st##elements##name##_post(struct tr *tr, const struct fields *f)                \
    {                                                                                              \
        return single(tr, f, ST, POST, elements, size);                                            \
    }
#define SINGLE_TRS(r, opcode0, elements)                                                           \
    SINGLE_TR(b, 0, elements)                                                                      \
    SINGLE_TR(h, 1, elements)                                                                      \
    SINGLE_TR(s, 2, elements)                                                                      \
    SINGLE_TR(d, 3, elements)                                                                      \
    static bool tr_ld##elements##R(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        return replicate(tr, f, OFF, elements);                                                    \
    }                                                                                              \
    static bool tr_ld##elements##R_post(struct tr *tr, const struct fields *f)                     \
    {                                                                                              \
        return replicate(tr, f, POST, elements);                                                   \
    }
SINGLES(SINGLE_TRS)

/* --- Rows: what is the argument of a list above has the comma itself --- */

#define MULTIPLE_ROWS(opcode, n, registers)                                                        \
    INSN("0q001100 01000000 " opcode "zznn nnnddddd", LD##n##_asisdlse_R##registers, FEAT_AdvSIMD, \
         tr_ld##n##_##registers),                                                                  \
        INSN("0q001100 00000000 " opcode "zznn nnnddddd", ST##n##_asisdlse_R##registers,           \
             FEAT_AdvSIMD, tr_st##n##_##registers),                                                \
        INSN("0q001100 110mmmmm " opcode "zznn nnnddddd", LD##n##_asisdlsep_R##registers,          \
             FEAT_AdvSIMD, tr_ld##n##_##registers##_post),                                         \
        INSN("0q001100 100mmmmm " opcode "zznn nnnddddd", ST##n##_asisdlsep_R##registers,          \
             FEAT_AdvSIMD, tr_st##n##_##registers##_post),

#define SINGLE_SIZE_ROWS(NAME, name, q, opcode, r, n)                                              \
    INSN("0" q "001101 01" r "00000 " opcode "nn nnnddddd", LD##n##_asisdlso_##NAME##n,            \
         FEAT_AdvSIMD, tr_ld##n##name),                                                            \
        INSN("0" q "001101 00" r "00000 " opcode "nn nnnddddd", ST##n##_asisdlso_##NAME##n,        \
             FEAT_AdvSIMD, tr_st##n##name),                                                        \
        INSN("0" q "001101 11" r "mmmmm " opcode "nn nnnddddd", LD##n##_asisdlsop_##NAME##n,       \
             FEAT_AdvSIMD, tr_ld##n##name##_post),                                                 \
        INSN("0" q "001101 10" r "mmmmm " opcode "nn nnnddddd", ST##n##_asisdlsop_##NAME##n,       \
             FEAT_AdvSIMD, tr_st##n##name##_post),
#define SINGLE_ROWS(r, opcode0, n)                                                                 \
    SINGLE_SIZE_ROWS(B, b, "i", "00" opcode0 "iii", r, n)                                          \
    SINGLE_SIZE_ROWS(H, h, "i", "01" opcode0 "ii0", r, n)                                          \
    SINGLE_SIZE_ROWS(S, s, "i", "10" opcode0 "i00", r, n)                                          \
    SINGLE_SIZE_ROWS(D, d, "i", "10" opcode0 "001", r, n)                                          \
    INSN("0q001101 01" r "00000 11" opcode0 "0zznn nnnddddd", LD##n##R_asisdlso_R##n,              \
         FEAT_AdvSIMD, tr_ld##n##R),                                                               \
        INSN("0q001101 11" r "mmmmm 11" opcode0 "0zznn nnnddddd", LD##n##R_asisdlsop_R##n,         \
             FEAT_AdvSIMD, tr_ld##n##R_post),

static const struct insn_row rows[] = {
    /* clang-format off */
    MULTIPLES(MULTIPLE_ROWS)
    SINGLES(SINGLE_ROWS)
    /* clang-format on */
};

const struct insn_table insn_simd_ldst = {"simd_ldst", rows, ARRAY_SIZE(rows)};
