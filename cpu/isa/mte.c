/* Memory tagging, FEAT_MTE and FEAT_MTE2: DDI 0487, C4.1 "Add/subtract (immediate, with tags)",
 * "Data-processing (2 source)", "Load/store memory tags", and STGP of "Load/store register pair".
 */
#include "cpu/isa/ldst.h"
#include "cpu/isa/tables.h"

#include <stddef.h>
#include <sys/random.h>

#include "cpu/decode.h"
#include "cpu/mte.h"
#include "cpu/sysreg.h"

/* --- On registers --- */

/* d = the address in b, with the tag that is x tags on from that of a */
static bool choose_tag(struct cpu *cpu, const struct uop *uop)
{
    uint8_t tag = 0;

    if (mte_enabled(cpu, cpu->el))
        tag = mte_choose_tag(mte_tag(cpu->x[uop->a]), uop->x, (uint16_t)cpu->sys.gcr);
    cpu->x[uop->d] = mte_with_tag(cpu->x[uop->b], tag);
    return true;
}

/* i counts granules, j tags; row->op adds or subtracts. */
static bool tr_addg(struct tr *tr, const struct fields *f)
{
    tr_imm(tr, f->row->op, SLOT_T0, XSP(f->n), f->i * TAG_GRANULE);
    tr_call_pure(tr, choose_tag, XSP(f->d), XSP(f->n), SLOT_T0, (uint8_t)f->j, 0);
    return true;
}

/* AArch64.NextRandomTagBit(), four times. */
static unsigned random_tag(uint16_t *seed)
{
    unsigned tag = 0;

    for (unsigned i = 0; i < 4; i++) {
        unsigned top = (*seed ^ *seed >> 2 ^ *seed >> 3 ^ *seed >> 5) & 1;

        *seed = (uint16_t)(*seed >> 1 | top << 15);
        tag |= top << i;
    }
    return tag;
}

/* With GCR_EL1.RRND the choice is IMPLEMENTATION DEFINED: the same, but never from the seed 0, out
 * of which nothing else comes. */
static bool irg(struct cpu *cpu, const struct uop *uop)
{
    uint16_t exclude = (uint16_t)(cpu->x[uop->b] | cpu->sys.gcr);
    uint16_t seed = (uint16_t)bits_get(cpu->sys.rgsr, 8, 16);
    uint8_t tag = 0;

    if (mte_enabled(cpu, cpu->el)) {
        if (bit_get(cpu->sys.gcr, 16) && !seed &&
            getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
            seed = 1;
        tag = (uint8_t)bits_get(cpu->sys.rgsr, 0, 4);
        tag = mte_choose_tag(tag, random_tag(&seed), exclude);
        cpu->sys.rgsr = (uint64_t)seed << 8 | tag;
    }
    cpu->x[uop->d] = mte_with_tag(cpu->x[uop->a], tag);
    return true;
}

static bool tr_irg(struct tr *tr, const struct fields *f)
{
    tr_call(tr, irg, XSP(f->d), XSP(f->n), X(f->m), 0, 0);
    return true;
}

static bool gmi(struct cpu *cpu, const struct uop *uop)
{
    cpu->x[uop->d] = cpu->x[uop->b] | 1ull << mte_tag(cpu->x[uop->a]);
    return true;
}

static bool tr_gmi(struct tr *tr, const struct fields *f)
{
    tr_call_pure(tr, gmi, Xd(f->d), XSP(f->n), X(f->m), 0, 0);
    return true;
}

/* SUBP, SUBPS: the tag bytes do not count. */
static bool tr_subp(struct tr *tr, const struct fields *f)
{
    tr_emit(tr, UOP_sbfx64, SLOT_T0, XSP(f->n), 0, 0, 56, 0);
    tr_emit(tr, UOP_sbfx64, SLOT_T0 + 1, XSP(f->m), 0, 0, 56, 0);
    tr_reg(tr, f->row->op, Xd(f->d), SLOT_T0, SLOT_T0 + 1);
    return true;
}

/* --- LDG, STG and the like --- */

static bool ldg(struct cpu *cpu, const struct uop *uop)
{
    uint8_t tag;

    if (!mte_load_tag(cpu, align_down(cpu->x[uop->a], TAG_GRANULE), &tag))
        return cpu_data_abort(cpu, uop);
    cpu->x[uop->d] = mte_with_tag(cpu->x[uop->d], tag);
    return true;
}

static bool tr_ldg(struct tr *tr, const struct fields *f)
{
    uint8_t d = Xd(f->d);

    tr_check_sp(tr, f->n);
    tr_imm(tr, UOP_add64i, SLOT_T0, XSP(f->n), (uint64_t)bits_sext(f->i, 9) * TAG_GRANULE);
    tr_call(tr, ldg, d, SLOT_T0, 0, 0, 0);
    return true;
}

/* Zeroes and tags: a granule at a time, each after the other. */
static bool zero_and_tag(struct cpu *cpu, uint64_t va, unsigned granules, uint8_t tag)
{
    static const uint64_t zeros[2];

    for (unsigned i = 0; i < granules; i++, va += TAG_GRANULE)
        if (!mmu_write128(&cpu->mmu, va, zeros, 0) || !mte_store_tags(cpu, va, 1, tag, 0))
            return false;
    return true;
}

/* x granules at the address in a get the tag of the address in b; y: and are zeroed */
static bool stg(struct cpu *cpu, const struct uop *uop)
{
    uint64_t va = cpu->x[uop->a];
    uint8_t tag = mte_tag(cpu->x[uop->b]);

    if (!is_aligned(va, TAG_GRANULE))
        return ldst_alignment_fault(cpu, uop, va, true);
    return (uop->y ? zero_and_tag(cpu, va, uop->x, tag)
                   : mte_store_tags(cpu, va, uop->x, tag, 0)) ||
           cpu_data_abort(cpu, uop);
}

enum form { POST = 1, OFF, PRE }; /* 0: other instructions, or none */

/* o is the form; row->bits granules, row->imm: zeroed. */
static bool tr_stg(struct tr *tr, const struct fields *f)
{
    uint64_t offset = (uint64_t)bits_sext(f->i, 9) * TAG_GRANULE;

    if (!f->o)
        return false;
    tr_check_sp(tr, f->n);
    tr_imm(tr, UOP_add64i, SLOT_T0, XSP(f->n), f->o == POST ? 0 : offset);
    tr_call(tr, stg, 0, SLOT_T0, XSP(f->d), f->row->bits, (uint8_t)f->row->imm);
    if (f->o != OFF)
        tr_imm(tr, UOP_add64i, XSP(f->n), XSP(f->n), offset);
    return true;
}

static bool stgp(struct cpu *cpu, const struct uop *uop)
{
    const uint64_t pair[2] = {cpu->x[uop->b], cpu->x[uop->y]};
    uint64_t va = cpu->x[uop->a];

    return (mmu_write128(&cpu->mmu, va, pair, ACCESS_ALIGNED) &&
            mte_store_tags(cpu, va, 1, mte_tag(va), 0)) ||
           cpu_data_abort(cpu, uop);
}

static bool tr_stgp(struct tr *tr, const struct fields *f)
{
    uint64_t offset = (uint64_t)bits_sext(f->i, 7) * TAG_GRANULE;

    if (!f->o)
        return false;
    tr_check_sp(tr, f->n);
    tr_imm(tr, UOP_add64i, SLOT_T0, XSP(f->n), f->o == POST ? 0 : offset);
    tr_call(tr, stgp, 0, SLOT_T0, X(f->d), 0, X(f->t));
    if (f->o != OFF)
        tr_imm(tr, UOP_add64i, XSP(f->n), XSP(f->n), offset);
    return true;
}

/* --- Blocks of tags: at EL1 --- */

#define BLOCK_GRANULES ((1u << MTE_BLOCK_LOG2) / TAG_GRANULE)

/* A block of 16 granules: the tag of the first is in bits 3..0. */
static bool ldgm(struct cpu *cpu, const struct uop *uop)
{
    uint64_t va = align_down(cpu->x[uop->a], 1u << MTE_BLOCK_LOG2), tags = 0;

    for (unsigned i = 0; i < BLOCK_GRANULES; i++) {
        uint8_t tag;

        if (!mte_load_tag(cpu, va + i * TAG_GRANULE, &tag))
            return cpu_data_abort(cpu, uop);
        tags |= (uint64_t)tag << 4 * i;
    }
    cpu->x[uop->d] = tags;
    return true;
}

static bool stgm(struct cpu *cpu, const struct uop *uop)
{
    uint64_t va = align_down(cpu->x[uop->a], 1u << MTE_BLOCK_LOG2), tags = cpu->x[uop->b];

    for (unsigned i = 0; i < BLOCK_GRANULES; i++)
        if (!mte_store_tags(cpu, va + i * TAG_GRANULE, 1, (uint8_t)bits_get(tags, 4 * i, 4), 0))
            return cpu_data_abort(cpu, uop);
    return true;
}

static bool stzgm(struct cpu *cpu, const struct uop *uop)
{
    uint64_t va = align_down(cpu->x[uop->a], DC_ZVA_BYTES);

    return zero_and_tag(cpu, va, DC_ZVA_BYTES / TAG_GRANULE, cpu->x[uop->b] & 15) ||
           cpu_data_abort(cpu, uop);
}

static bool block_of_tags(struct tr *tr, const struct fields *f, uop_helper *helper, uint8_t d,
                          uint8_t b)
{
    if (!(tr->mode & MODE_EL_MASK))
        return false;
    tr_check_sp(tr, f->n);
    tr_call(tr, helper, d, XSP(f->n), b, 0, 0);
    return true;
}

static bool tr_ldgm(struct tr *tr, const struct fields *f)
{
    return block_of_tags(tr, f, ldgm, Xd(f->d), 0);
}

static bool tr_stgm(struct tr *tr, const struct fields *f)
{
    return block_of_tags(tr, f, stgm, 0, X(f->d));
}

static bool tr_stzgm(struct tr *tr, const struct fields *f)
{
    return block_of_tags(tr, f, stzgm, 0, X(f->d));
}

#define STORE(opc, id, granules, zero)                                                             \
    INSN_ARGS("11011001 " opc "1iiiii iiiioonn nnnddddd", id, FEAT_MTE, tr_stg, .bits = granules,  \
              .imm = zero)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN_ARGS("10010001 10iiiiii 00jjjjnn nnnddddd", ADDG_addsub_immtags, FEAT_MTE, tr_addg, .op = UOP_add64i),
    INSN_ARGS("11010001 10iiiiii 00jjjjnn nnnddddd", SUBG_addsub_immtags, FEAT_MTE, tr_addg, .op = UOP_sub64i),
    INSN_ARGS("10011010 110mmmmm 000000nn nnnddddd", SUBP_dp_2src, FEAT_MTE, tr_subp, .op = UOP_sub64),
    INSN_ARGS("10111010 110mmmmm 000000nn nnnddddd", SUBPS_dp_2src, FEAT_MTE, tr_subp, .op = UOP_subs64),
    INSN("10011010 110mmmmm 000100nn nnnddddd", IRG_dp_2src, FEAT_MTE, tr_irg),
    INSN("10011010 110mmmmm 000101nn nnnddddd", GMI_dp_2src, FEAT_MTE, tr_gmi),

    STORE("00", STG_ldsttags, 1, false),
    STORE("01", STZG_ldsttags, 1, true),
    STORE("10", ST2G_ldsttags, 2, false),
    STORE("11", STZ2G_ldsttags, 2, true),
    INSN("11011001 011iiiii iiii00nn nnnddddd", LDG_ldsttags, FEAT_MTE, tr_ldg),
    INSN("11011001 00100000 000000nn nnnddddd", STZGM_ldsttags, FEAT_MTE2, tr_stzgm),
    INSN("11011001 10100000 000000nn nnnddddd", STGM_ldsttags, FEAT_MTE2, tr_stgm),
    INSN("11011001 11100000 000000nn nnnddddd", LDGM_ldsttags, FEAT_MTE2, tr_ldgm),
    INSN("0110100o o0iiiiii itttttnn nnnddddd", STGP_ldstpair, FEAT_MTE, tr_stgp),
    /* clang-format on */
};

const struct insn_table insn_mte = {"mte", rows, ARRAY_SIZE(rows)};
