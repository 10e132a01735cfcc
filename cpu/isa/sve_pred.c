/* SVE predicates: DDI 0487, C4.1, "SVE encodings". */
#include "cpu/isa/sve.h"
#include "cpu/isa/tables.h"

/* Pd = the first `count` elements. */
static bool initialise(struct tr *tr, const struct fields *f, unsigned count, bool flags)
{
    if (!tr_sve_enabled(tr) || sve_bits_first(tr, f->d, f->z, count, flags))
        return true;
    tr_call_pure(tr, flags ? sve_ptrues : sve_ptrue, (uint8_t)f->d, count & 255,
                 (uint8_t)(count >> 8), (uint8_t)f->z, 0);
    return true;
}

static bool tr_ptrue(struct tr *tr, const struct fields *f)
{
    return initialise(tr, f, sve_pattern(tr, f->j, f->z), false);
}

static bool tr_ptrues(struct tr *tr, const struct fields *f)
{
    return initialise(tr, f, sve_pattern(tr, f->j, f->z), true);
}

static bool tr_pfalse(struct tr *tr, const struct fields *f)
{
    return initialise(tr, f, 0, false);
}

/* row->imm: enum sve_while but for the width */
static bool tr_while(struct tr *tr, const struct fields *f)
{
    uint32_t kind = f->row->imm | (f->f ? SVE_WHILE_X : 0);
    unsigned parts = mode_parts(tr->mode);

    if (parts > V_PARTS)
        return sve_call(tr, sve_while, f->d, X(f->n), X(f->m), f->z, kind);
    if (tr_sve_enabled(tr)) {
        tr_emit(tr, UOP_pwhile, 0, X(f->n), X(f->m), (uint8_t)f->d, (uint8_t)(f->z | parts << 2),
                kind);
        sve_predicate_written(tr);
    }
    return true;
}

static bool tr_whilewr(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_whilewr, f->d, X(f->n), X(f->m), f->z, 0);
}

static bool tr_whilerw(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_whilerw, f->d, X(f->n), X(f->m), f->z, 0);
}

/* row->imm: whether the loop ends where they are equal */
static bool tr_cterm(struct tr *tr, const struct fields *f)
{
    uint8_t n = SLOT_T0, m = SLOT_T0 + 1;

    if (!tr_sve_enabled(tr))
        return true;
    tr_reg(tr, f->f ? UOP_mov64 : UOP_mov32, n, X(f->n), 0);
    tr_reg(tr, f->f ? UOP_mov64 : UOP_mov32, m, X(f->m), 0);
    tr_call_pure(tr, sve_cterm, 0, n, m, (uint8_t)f->row->imm, 0);
    return true;
}

/* --- Logic and moves --- */

/* row->op, row->imm: enum logic_kind */
enum logic_kind {
    LOGIC_INVERTED = 1 << 0,
    LOGIC_FLAGS = 1 << 1,
};

static bool logic(struct tr *tr, const struct fields *f, uint32_t d, uint32_t n, uint32_t m,
                  uint32_t g)
{
    struct sve_logic what = {f->row->op, f->row->imm & LOGIC_INVERTED, f->row->imm & LOGIC_FLAGS};

    if (tr_sve_enabled(tr) && !sve_bits_logic(tr, what, d, n, m, g))
        tr_call_pure(tr, f->row->helpers[0], (uint8_t)d, (uint8_t)n, (uint8_t)m, (uint8_t)g, 0);
    return true;
}

static bool tr_logic(struct tr *tr, const struct fields *f)
{
    return logic(tr, f, f->d, f->n, f->m, f->p);
}

static bool tr_sel(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr) && !sve_bits_select(tr, f->d, f->n, f->m, f->p))
        tr_call_pure(tr, sve_p_sel, (uint8_t)f->d, (uint8_t)f->n, (uint8_t)f->m, (uint8_t)f->p, 0);
    return true;
}

static bool tr_ptest(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr) && !sve_bits_test(tr, f->n, f->p))
        tr_call_pure(tr, sve_ptest, 0, (uint8_t)f->n, 0, (uint8_t)f->p, 0);
    return true;
}

/* FFR, where Pg is true; or to and from a whole predicate */
static bool tr_rdffr_z(struct tr *tr, const struct fields *f)
{
    return logic(tr, f, f->d, P_FFR, P_FFR, f->p);
}

static bool tr_rdffr(struct tr *tr, const struct fields *f)
{
    return logic(tr, f, f->d, P_FFR, P_FFR, P_FFR);
}

static bool tr_wrffr(struct tr *tr, const struct fields *f)
{
    return logic(tr, f, P_FFR, f->n, f->n, f->n);
}

static bool tr_setffr(struct tr *tr, const struct fields *f)
{
    struct fields of_ffr = *f;

    of_ffr.d = P_FFR;
    of_ffr.z = 0;
    return initialise(tr, &of_ffr, sve_bytes(tr), false);
}

static bool tr_permute(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[f->z], f->d, f->n, f->m, 0, 0);
}

/* row->imm: the upper half */
static bool tr_unpack(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr) && !sve_bits_unpack(tr, f->d, f->n, f->row->imm))
        tr_call_pure(tr, f->row->imm ? sve_punpkhi : sve_punpklo, (uint8_t)f->d, (uint8_t)f->n, 0,
                     0, 0);
    return true;
}

/* --- Up to elements that are true, and on from them; row->imm: enum sve_break --- */

static bool tr_brk(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr) && !sve_bits_break(tr, f->d, f->n, f->p, f->row->imm))
        tr_call_pure(tr, sve_brk, (uint8_t)f->d, (uint8_t)f->n, 0, (uint8_t)f->p,
                     (uint8_t)f->row->imm);
    return true;
}

static bool tr_brkp(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_brkp, f->d, f->n, f->m, f->p, f->row->imm);
}

static bool tr_brkn(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_brkn, f->d, f->n, 0, f->p, f->row->imm);
}

static bool tr_pfirst(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr) && !sve_bits_pfirst(tr, f->d, f->p))
        tr_call_pure(tr, sve_pfirst, (uint8_t)f->d, 0, 0, (uint8_t)f->p, 0);
    return true;
}

static bool tr_pnext(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_pnext, f->d, 0, 0, f->p, f->z);
}

static bool tr_cntp(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr) && !sve_bits_count(tr, Xd(f->d), f->n, f->p, f->z))
        tr_call_pure(tr, sve_cntp, Xd(f->d), (uint8_t)f->n, 0, (uint8_t)f->p, (uint8_t)f->z);
    return true;
}

#define WHILE(u, lt, eq, id, feature, kind)                                                        \
    INSN_ARGS("00100101 zz1mmmmm 000f" u lt "nn nnn" eq "dddd", id##_p_p_rr, feature, tr_while,    \
              .imm = kind)
#define LOGIC(opcode, o2, o3, id, uop, kind)                                                       \
    INSN_ARGS("00100101 " opcode "00mmmm 01pppp" o2 "n nnn" o3 "dddd", id##_p_p_pp_z, FEAT_SVE,    \
              tr_logic, .helpers = sve_p_##id, .op = UOP_##uop##64, .imm = kind)
#define BREAK(opcode, merge, id, translate, kind)                                                  \
    INSN_ARGS("00100101 " opcode "00 01pppp0n nnn" merge "dddd", id, FEAT_SVE, translate,          \
              .imm = kind)
#define BREAK_PAIR(opcode, before, id, kind)                                                       \
    INSN_ARGS("00100101 " opcode "00mmmm 11pppp0n nnn" before "dddd", id##_p_p_pp, FEAT_SVE,       \
              tr_brkp, .imm = kind)
#define PERMUTE(opcode, id)                                                                        \
    INSN_ARGS("00000101 zz10mmmm 010" opcode "0n nnn0dddd", id##_p_pp, FEAT_SVE, tr_permute,       \
              .helpers = sve_p_##id)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("00100101 zz011000 111000jj jjj0dddd", ptrue_p_s, FEAT_SVE, tr_ptrue),
    INSN("00100101 zz011001 111000jj jjj0dddd", ptrues_p_s, FEAT_SVE, tr_ptrues),
    INSN("00100101 00011000 11100100 0000dddd", pfalse_p, FEAT_SVE, tr_pfalse),
    WHILE("0", "1", "0", whilelt, FEAT_SVE, SVE_WHILE_LT),
    WHILE("0", "1", "1", whilele, FEAT_SVE, SVE_WHILE_LT | SVE_WHILE_EQ),
    WHILE("1", "1", "0", whilelo, FEAT_SVE, SVE_WHILE_LT | SVE_WHILE_U),
    WHILE("1", "1", "1", whilels, FEAT_SVE, SVE_WHILE_LT | SVE_WHILE_U | SVE_WHILE_EQ),
    WHILE("0", "0", "0", whilege, FEAT_SVE2, 0),
    WHILE("0", "0", "1", whilegt, FEAT_SVE2, SVE_WHILE_EQ),
    WHILE("1", "0", "0", whilehs, FEAT_SVE2, SVE_WHILE_U),
    WHILE("1", "0", "1", whilehi, FEAT_SVE2, SVE_WHILE_U | SVE_WHILE_EQ),
    INSN("00100101 zz1mmmmm 001100nn nnn0dddd", whilewr_p_rr, FEAT_SVE2, tr_whilewr),
    INSN("00100101 zz1mmmmm 001100nn nnn1dddd", whilerw_p_rr, FEAT_SVE2, tr_whilerw),
    INSN_ARGS("00100101 1f1mmmmm 001000nn nnn00000", ctermeq_rr, FEAT_SVE, tr_cterm, .imm = true),
    INSN_ARGS("00100101 1f1mmmmm 001000nn nnn10000", ctermne_rr, FEAT_SVE, tr_cterm, .imm = false),

    LOGIC("00", "0", "0", and, and, 0),
    LOGIC("00", "0", "1", bic, bic, 0),
    LOGIC("00", "1", "0", eor, eor, 0),
    LOGIC("01", "0", "0", ands, and, LOGIC_FLAGS),
    LOGIC("01", "0", "1", bics, bic, LOGIC_FLAGS),
    LOGIC("01", "1", "0", eors, eor, LOGIC_FLAGS),
    LOGIC("10", "0", "0", orr, orr, 0),
    LOGIC("10", "0", "1", orn, orn, 0),
    LOGIC("10", "1", "0", nor, orr, LOGIC_INVERTED),
    LOGIC("10", "1", "1", nand, and, LOGIC_INVERTED),
    LOGIC("11", "0", "0", orrs, orr, LOGIC_FLAGS),
    LOGIC("11", "0", "1", orns, orn, LOGIC_FLAGS),
    LOGIC("11", "1", "0", nors, orr, LOGIC_INVERTED | LOGIC_FLAGS),
    LOGIC("11", "1", "1", nands, and, LOGIC_INVERTED | LOGIC_FLAGS),
    INSN("00100101 0000mmmm 01pppp1n nnn1dddd", sel_p_p_pp, FEAT_SVE, tr_sel),
    INSN("00100101 01010000 11pppp0n nnn00000", ptest_p_p, FEAT_SVE, tr_ptest),
    INSN_ARGS("00100101 00011000 1111000p ppp0dddd", rdffr_p_p_f, FEAT_SVE, tr_rdffr_z, .helpers = sve_p_and, .op = UOP_and64),
    INSN_ARGS("00100101 01011000 1111000p ppp0dddd", rdffrs_p_p_f, FEAT_SVE, tr_rdffr_z, .helpers = sve_p_ands, .op = UOP_and64, .imm = LOGIC_FLAGS),
    INSN_ARGS("00100101 00011001 11110000 0000dddd", rdffr_p_f, FEAT_SVE, tr_rdffr, .helpers = sve_p_and, .op = UOP_and64),
    INSN_ARGS("00100101 00101000 1001000n nnn00000", wrffr_f_p, FEAT_SVE, tr_wrffr, .helpers = sve_p_and, .op = UOP_and64),
    INSN("00100101 00101100 10010000 00000000", setffr_f, FEAT_SVE, tr_setffr),

    BREAK("000100", "0", brka_p_p_p, tr_brk, 0),
    BREAK("000100", "1", brka_p_p_p_m, tr_brk, SVE_BREAK_MERGE),
    BREAK("100100", "0", brkb_p_p_p, tr_brk, SVE_BREAK_BEFORE),
    BREAK("100100", "1", brkb_p_p_p_m, tr_brk, SVE_BREAK_BEFORE | SVE_BREAK_MERGE),
    BREAK("010100", "0", brkas_p_p_p_z, tr_brk, SVE_BREAK_FLAGS),
    BREAK("110100", "0", brkbs_p_p_p_z, tr_brk, SVE_BREAK_BEFORE | SVE_BREAK_FLAGS),
    BREAK("000110", "0", brkn_p_p_pp, tr_brkn, 0),
    BREAK("010110", "0", brkns_p_p_pp, tr_brkn, SVE_BREAK_FLAGS),
    BREAK_PAIR("00", "0", brkpa, 0),
    BREAK_PAIR("00", "1", brkpb, SVE_BREAK_BEFORE),
    BREAK_PAIR("01", "0", brkpas, SVE_BREAK_FLAGS),
    BREAK_PAIR("01", "1", brkpbs, SVE_BREAK_BEFORE | SVE_BREAK_FLAGS),
    INSN("00100101 01011000 1100000p ppp0dddd", pfirst_p_p_p, FEAT_SVE, tr_pfirst),
    INSN("00100101 zz011001 1100010p ppp0dddd", pnext_p_p_p, FEAT_SVE, tr_pnext),

    PERMUTE("000", zip1),
    PERMUTE("001", zip2),
    PERMUTE("010", uzp1),
    PERMUTE("011", uzp2),
    PERMUTE("100", trn1),
    PERMUTE("101", trn2),
    INSN_ARGS("00000101 zz110100 0100000n nnn0dddd", rev_p_p, FEAT_SVE, tr_permute, .helpers = sve_p_rev),
    INSN_ARGS("00000101 00110000 0100000n nnn0dddd", punpklo_p_p, FEAT_SVE, tr_unpack, .imm = false),
    INSN_ARGS("00000101 00110001 0100000n nnn0dddd", punpkhi_p_p, FEAT_SVE, tr_unpack, .imm = true),
    INSN("00100101 zz100000 10pppp0n nnnddddd", cntp_r_p_p, FEAT_SVE, tr_cntp),
    /* clang-format on */
};

const struct insn_table insn_sve_pred = {"sve_pred", rows, ARRAY_SIZE(rows)};
