/* Loads and stores of register pairs: DDI 0487, C4.1.94 "Load/store register pair" and "no-allocate
 * pair". */
#include "cpu/isa/tables.h"

enum form { POST, OFF, PRE };

enum { PAIR_UNALLOCATED = 3 }; /* opc, in k where a row has it */

/* A pair of general registers; t is Rt2. */
static bool pair_general(struct tr *tr, const struct fields *f, enum form form, enum uop_op op,
                         unsigned size, bool load)
{
    uint64_t offset = (uint64_t)(bits_sext(f->i, 7) * (1 << size));
    uint64_t access = form == POST ? 0 : offset;
    uint8_t d = load ? Xd(f->d) : X(f->d);
    uint8_t t = load ? Xd(f->t) : X(f->t);
    uint8_t first;

    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, form != OFF || f->n != 31);
    if (form != OFF && load && f->n != 31) {
        /* UNPREDICTABLE: a target that is the base register written back: the base keeps the new
         * address. */
        if (f->d == f->n)
            d = SLOT_SINK;
        if (f->t == f->n)
            t = SLOT_SINK;
    }
    if (load && t == d)
        t = SLOT_SINK; /* UNPREDICTABLE: equal targets get the first value */
    /* A load leaves its base alone until both values are there. */
    first = load && d == XSP(f->n) ? SLOT_T0 : d;
    tr_emit(tr, op, first, XSP(f->n), 0, 0, t, access);
    if (first != d)
        tr_reg(tr, UOP_mov64, d, first, 0);
    if (form != OFF)
        tr_imm(tr, UOP_add64i, XSP(f->n), XSP(f->n), offset);
    return true;
}

static bool stp(struct tr *tr, const struct fields *f, enum form form)
{
    return pair_general(tr, f, form, f->k ? UOP_stp64 : UOP_stp32, f->k ? 3 : 2, false);
}

static bool ldp(struct tr *tr, const struct fields *f, enum form form)
{
    return pair_general(tr, f, form, f->k ? UOP_ldp64 : UOP_ldp32, f->k ? 3 : 2, true);
}

static bool ldpsw(struct tr *tr, const struct fields *f, enum form form)
{
    return pair_general(tr, f, form, UOP_ldpsw, 2, true);
}

/* A pair of vector registers; k is opc: S, D or Q. */
static bool pair_vector(struct tr *tr, const struct fields *f, enum form form, bool load)
{
    static const uint16_t ops[][2] = {
        [2] = {UOP_stv32, UOP_ldv32},
        [3] = {UOP_stpv64, UOP_ldpv64},
        [4] = {UOP_stpv128, UOP_ldpv128},
    };
    unsigned size = 2 + f->k;
    uint64_t offset, access;

    if (f->k == PAIR_UNALLOCATED)
        return false;
    if (!tr_fp_enabled(tr))
        return true;
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, form != OFF || f->n != 31);
    offset = (uint64_t)(bits_sext(f->i, 7) * (1 << size));
    access = form == POST ? 0 : offset;
    tr_emit(tr, ops[size][load], (uint8_t)f->d, XSP(f->n), 0, 0, (uint8_t)f->t, access);
    if (size == 2)
        tr_imm(tr, ops[size][load], (uint8_t)f->t, XSP(f->n), access + 4);
    if (form != OFF)
        tr_imm(tr, UOP_add64i, XSP(f->n), XSP(f->n), offset);
    return true;
}

static bool stpv(struct tr *tr, const struct fields *f, enum form form)
{
    return pair_vector(tr, f, form, false);
}

static bool ldpv(struct tr *tr, const struct fields *f, enum form form)
{
    return pair_vector(tr, f, form, true);
}

#define FORMS(what)                                                                                \
    static bool tr_##what##_post(struct tr *tr, const struct fields *f)                            \
    {                                                                                              \
        return what(tr, f, POST);                                                                  \
    }                                                                                              \
    static bool tr_##what##_off(struct tr *tr, const struct fields *f)                             \
    {                                                                                              \
        return what(tr, f, OFF);                                                                   \
    }                                                                                              \
    static bool tr_##what##_pre(struct tr *tr, const struct fields *f)                             \
    {                                                                                              \
        return what(tr, f, PRE);                                                                   \
    }
FORMS(stp)
FORMS(ldp)
FORMS(ldpsw)
FORMS(stpv)
FORMS(ldpv)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("k0101000 00iiiiii itttttnn nnnddddd", STNP_ldstnapair_offs, FEAT_NONE, tr_stp_off),
    INSN("k0101000 01iiiiii itttttnn nnnddddd", LDNP_ldstnapair_offs, FEAT_NONE, tr_ldp_off),
    INSN("kk101100 00iiiiii itttttnn nnnddddd", STNP_V_ldstnapair_offs, FEAT_FP, tr_stpv_off),
    INSN("kk101100 01iiiiii itttttnn nnnddddd", LDNP_V_ldstnapair_offs, FEAT_FP, tr_ldpv_off),

    INSN("k0101000 10iiiiii itttttnn nnnddddd", STP_ldstpair_post, FEAT_NONE, tr_stp_post),
    INSN("k0101000 11iiiiii itttttnn nnnddddd", LDP_ldstpair_post, FEAT_NONE, tr_ldp_post),
    INSN("01101000 11iiiiii itttttnn nnnddddd", LDPSW_ldstpair_post, FEAT_NONE, tr_ldpsw_post),
    INSN("kk101100 10iiiiii itttttnn nnnddddd", STP_V_ldstpair_post, FEAT_FP, tr_stpv_post),
    INSN("kk101100 11iiiiii itttttnn nnnddddd", LDP_V_ldstpair_post, FEAT_FP, tr_ldpv_post),

    INSN("k0101001 00iiiiii itttttnn nnnddddd", STP_ldstpair_off, FEAT_NONE, tr_stp_off),
    INSN("k0101001 01iiiiii itttttnn nnnddddd", LDP_ldstpair_off, FEAT_NONE, tr_ldp_off),
    INSN("01101001 01iiiiii itttttnn nnnddddd", LDPSW_ldstpair_off, FEAT_NONE, tr_ldpsw_off),
    INSN("kk101101 00iiiiii itttttnn nnnddddd", STP_V_ldstpair_off, FEAT_FP, tr_stpv_off),
    INSN("kk101101 01iiiiii itttttnn nnnddddd", LDP_V_ldstpair_off, FEAT_FP, tr_ldpv_off),

    INSN("k0101001 10iiiiii itttttnn nnnddddd", STP_ldstpair_pre, FEAT_NONE, tr_stp_pre),
    INSN("k0101001 11iiiiii itttttnn nnnddddd", LDP_ldstpair_pre, FEAT_NONE, tr_ldp_pre),
    INSN("01101001 11iiiiii itttttnn nnnddddd", LDPSW_ldstpair_pre, FEAT_NONE, tr_ldpsw_pre),
    INSN("kk101101 10iiiiii itttttnn nnnddddd", STP_V_ldstpair_pre, FEAT_FP, tr_stpv_pre),
    INSN("kk101101 11iiiiii itttttnn nnnddddd", LDP_V_ldstpair_pre, FEAT_FP, tr_ldpv_pre),
    /* clang-format on */
};

const struct insn_table insn_ldst_pair = {"ldst_pair", rows, ARRAY_SIZE(rows)};
