/* Pointer authentication, FEAT_PAuth: DDI 0487, C4.1 "Data-processing (1 source)", "Hints",
 * "Unconditional branch (register)", "Load/store register (pac)". */
#include "cpu/isa/tables.h"

#include <stddef.h>

#include "cpu/exception.h"
#include "cpu/model.h"
#include "cpu/pauth.h"

/* SCTLR_EL1.EnIA and the others: without it the instructions leave pointers alone. */
static bool enabled(const struct tr *tr, enum pauth_key key)
{
    return tr->mode & (uint32_t)MODE_KEY_IA << key;
}

/* d = AddPAC(d, b) */
static void add_code(struct tr *tr, unsigned d, uint8_t b, enum pauth_key key)
{
    if (enabled(tr, key))
        tr_emit(tr, UOP_pac, Xd(d), X(d), b, (uint8_t)key, 0, 0);
}

/* d = Auth(a, b); nothing is accessed that could have to be aligned */
static void emit_aut(struct tr *tr, uint8_t d, uint8_t a, uint8_t b, unsigned x)
{
    tr_emit_elements(tr, UOP_aut, d, a, b, (uint8_t)x, 0, 0, 1);
}

static void authenticate(struct tr *tr, unsigned d, uint8_t b, enum pauth_key key)
{
    if (enabled(tr, key))
        emit_aut(tr, Xd(d), X(d), b, key);
}

/* The pointer in slot a, authenticated for an instruction that uses it: the slot where it is. */
static uint8_t authenticated(struct tr *tr, uint8_t a, uint8_t b, enum pauth_key key)
{
    if (!enabled(tr, key))
        return a;
    emit_aut(tr, SLOT_T0, a, b, key | PAUTH_COMBINED);
    return SLOT_T0;
}

/* --- On registers: row->imm is the key; the modifier is Xn, SP, or zero --- */

static enum pauth_key key_of(const struct fields *f)
{
    return (enum pauth_key)f->row->imm;
}

static bool tr_pac(struct tr *tr, const struct fields *f)
{
    add_code(tr, f->d, XSP(f->n), key_of(f));
    return true;
}

static bool tr_pacz(struct tr *tr, const struct fields *f)
{
    add_code(tr, f->d, SLOT_ZERO, key_of(f));
    return true;
}

static bool tr_aut(struct tr *tr, const struct fields *f)
{
    authenticate(tr, f->d, XSP(f->n), key_of(f));
    return true;
}

static bool tr_autz(struct tr *tr, const struct fields *f)
{
    authenticate(tr, f->d, SLOT_ZERO, key_of(f));
    return true;
}

static bool tr_xpac(struct tr *tr, const struct fields *f)
{
    tr_emit(tr, UOP_xpac, Xd(f->d), X(f->d), 0, (uint8_t)f->row->imm, 0, 0);
    return true;
}

static bool pacga(struct cpu *cpu, const struct uop *uop)
{
    cpu->x[uop->d] = pauth_generic(cpu, cpu->x[uop->a], cpu->x[uop->b]);
    return true;
}

static bool tr_pacga(struct tr *tr, const struct fields *f)
{
    tr_call_pure(tr, pacga, Xd(f->d), X(f->n), XSP(f->m), 0, 0);
    return true;
}

/* --- Hints: X17 with X16, X30 with zero or SP --- */

static bool tr_pac1716(struct tr *tr, const struct fields *f)
{
    add_code(tr, 17, 16, key_of(f));
    return true;
}

static bool tr_aut1716(struct tr *tr, const struct fields *f)
{
    authenticate(tr, 17, 16, key_of(f));
    return true;
}

static bool tr_paclrz(struct tr *tr, const struct fields *f)
{
    add_code(tr, 30, SLOT_ZERO, key_of(f));
    return true;
}

/* A target of calls, and, unless SCTLR_EL1.BT0 or BT1 is set, of jumps. */
static bool tr_paclrsp(struct tr *tr, const struct fields *f)
{
    tr_landing(tr, 1 << 1 | 1 << 2 | (tr->mode & MODE_BT ? 0 : 1 << 3));
    add_code(tr, 30, SLOT_SP, key_of(f));
    return true;
}

static bool tr_autlrz(struct tr *tr, const struct fields *f)
{
    authenticate(tr, 30, SLOT_ZERO, key_of(f));
    return true;
}

static bool tr_autlrsp(struct tr *tr, const struct fields *f)
{
    authenticate(tr, 30, SLOT_SP, key_of(f));
    return true;
}

static bool tr_xpaclri(struct tr *tr, const struct fields *f)
{
    (void)f;
    tr_emit(tr, UOP_xpac, 30, 30, 0, false, 0, 0);
    return true;
}

/* --- Branches --- */

static bool tr_bra(struct tr *tr, const struct fields *f)
{
    tr_branch_register(tr, authenticated(tr, X(f->n), XSP(f->m), key_of(f)), BRANCH_JUMP, f->n);
    return true;
}

static bool tr_braz(struct tr *tr, const struct fields *f)
{
    tr_branch_register(tr, authenticated(tr, X(f->n), SLOT_ZERO, key_of(f)), BRANCH_JUMP, f->n);
    return true;
}

static void call(struct tr *tr, const struct fields *f, uint8_t modifier)
{
    uint8_t target = authenticated(tr, X(f->n), modifier, key_of(f));

    if (target == 30) {
        tr_reg(tr, UOP_mov64, SLOT_T0, target, 0);
        target = SLOT_T0;
    }
    tr_pc_relative(tr, 30, 4);
    tr_branch_register(tr, target, BRANCH_CALL, f->n);
}

static bool tr_blra(struct tr *tr, const struct fields *f)
{
    call(tr, f, XSP(f->m));
    return true;
}

static bool tr_blraz(struct tr *tr, const struct fields *f)
{
    call(tr, f, SLOT_ZERO);
    return true;
}

static bool tr_reta(struct tr *tr, const struct fields *f)
{
    tr_branch_register(tr, authenticated(tr, 30, SLOT_SP, key_of(f)), BRANCH_RETURN, 30);
    return true;
}

/* To the address in slot a. */
static bool eret_to(struct cpu *cpu, const struct uop *uop)
{
    exception_return(cpu, cpu->x[uop->a]);
    return true;
}

static bool tr_ereta(struct tr *tr, const struct fields *f)
{
    if (!(tr->mode & MODE_EL_MASK))
        return false;
    tr_imm(tr, UOP_ldfield, SLOT_T0, 0, offsetof(struct cpu, elr[1]));
    tr_call_jump(tr, eret_to, 0, authenticated(tr, SLOT_T0, SLOT_SP, key_of(f)), 0, 0, 0);
    return true;
}

/* --- LDRAA, LDRAB: the offset counts doublewords; o: the address is written back --- */

static bool tr_ldra(struct tr *tr, const struct fields *f)
{
    uint64_t offset = (uint64_t)bits_sext(f->i, 10) * 8;
    uint8_t base;

    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, f->o || f->n != 31);
    base = authenticated(tr, XSP(f->n), SLOT_ZERO, key_of(f));
    if (!f->o) {
        tr_imm(tr, UOP_ld64, Xd(f->d), base, offset);
        return true;
    }
    /* UNPREDICTABLE: a base that is also the target: the value stays */
    tr_imm(tr, UOP_add64i, SLOT_T0, base, offset);
    tr_imm(tr, UOP_ld64, SLOT_T0 + 1, SLOT_T0, 0);
    tr_reg(tr, UOP_mov64, XSP(f->n), SLOT_T0, 0);
    tr_reg(tr, UOP_mov64, Xd(f->d), SLOT_T0 + 1, 0);
    return true;
}

#define KEYED(pattern, id, translate, key)                                                         \
    INSN_ARGS(pattern, id, FEAT_PAuth, translate, .imm = PAUTH_##key)

static const struct insn_row rows[] = {
    /* clang-format off */
    KEYED("11011010 11000001 000000nn nnnddddd", PACIA_dp_1src, tr_pac, IA),
    KEYED("11011010 11000001 000001nn nnnddddd", PACIB_dp_1src, tr_pac, IB),
    KEYED("11011010 11000001 000010nn nnnddddd", PACDA_dp_1src, tr_pac, DA),
    KEYED("11011010 11000001 000011nn nnnddddd", PACDB_dp_1src, tr_pac, DB),
    KEYED("11011010 11000001 000100nn nnnddddd", AUTIA_dp_1src, tr_aut, IA),
    KEYED("11011010 11000001 000101nn nnnddddd", AUTIB_dp_1src, tr_aut, IB),
    KEYED("11011010 11000001 000110nn nnnddddd", AUTDA_dp_1src, tr_aut, DA),
    KEYED("11011010 11000001 000111nn nnnddddd", AUTDB_dp_1src, tr_aut, DB),
    KEYED("11011010 11000001 00100011 111ddddd", PACIZA_dp_1src, tr_pacz, IA),
    KEYED("11011010 11000001 00100111 111ddddd", PACIZB_dp_1src, tr_pacz, IB),
    KEYED("11011010 11000001 00101011 111ddddd", PACDZA_dp_1src, tr_pacz, DA),
    KEYED("11011010 11000001 00101111 111ddddd", PACDZB_dp_1src, tr_pacz, DB),
    KEYED("11011010 11000001 00110011 111ddddd", AUTIZA_dp_1src, tr_autz, IA),
    KEYED("11011010 11000001 00110111 111ddddd", AUTIZB_dp_1src, tr_autz, IB),
    KEYED("11011010 11000001 00111011 111ddddd", AUTDZA_dp_1src, tr_autz, DA),
    KEYED("11011010 11000001 00111111 111ddddd", AUTDZB_dp_1src, tr_autz, DB),
    INSN_ARGS("11011010 11000001 01000011 111ddddd", XPACI_dp_1src, FEAT_PAuth, tr_xpac, .imm = false),
    INSN_ARGS("11011010 11000001 01000111 111ddddd", XPACD_dp_1src, FEAT_PAuth, tr_xpac, .imm = true),
    INSN("10011010 110mmmmm 001100nn nnnddddd", PACGA_dp_2src, FEAT_PAuth, tr_pacga),

    INSN("11010101 00000011 00100000 11111111", XPACLRI_HI_hints, FEAT_PAuth, tr_xpaclri),
    KEYED("11010101 00000011 00100001 00011111", PACIA1716_HI_hints, tr_pac1716, IA),
    KEYED("11010101 00000011 00100001 01011111", PACIB1716_HI_hints, tr_pac1716, IB),
    KEYED("11010101 00000011 00100001 10011111", AUTIA1716_HI_hints, tr_aut1716, IA),
    KEYED("11010101 00000011 00100001 11011111", AUTIB1716_HI_hints, tr_aut1716, IB),
    KEYED("11010101 00000011 00100011 00011111", PACIAZ_HI_hints, tr_paclrz, IA),
    KEYED("11010101 00000011 00100011 00111111", PACIASP_HI_hints, tr_paclrsp, IA),
    KEYED("11010101 00000011 00100011 01011111", PACIBZ_HI_hints, tr_paclrz, IB),
    KEYED("11010101 00000011 00100011 01111111", PACIBSP_HI_hints, tr_paclrsp, IB),
    KEYED("11010101 00000011 00100011 10011111", AUTIAZ_HI_hints, tr_autlrz, IA),
    KEYED("11010101 00000011 00100011 10111111", AUTIASP_HI_hints, tr_autlrsp, IA),
    KEYED("11010101 00000011 00100011 11011111", AUTIBZ_HI_hints, tr_autlrz, IB),
    KEYED("11010101 00000011 00100011 11111111", AUTIBSP_HI_hints, tr_autlrsp, IB),

    KEYED("11010110 00011111 000010nn nnn11111", BRAAZ_64_branch_reg, tr_braz, IA),
    KEYED("11010110 00011111 000011nn nnn11111", BRABZ_64_branch_reg, tr_braz, IB),
    KEYED("11010111 00011111 000010nn nnnmmmmm", BRAA_64P_branch_reg, tr_bra, IA),
    KEYED("11010111 00011111 000011nn nnnmmmmm", BRAB_64P_branch_reg, tr_bra, IB),
    KEYED("11010110 00111111 000010nn nnn11111", BLRAAZ_64_branch_reg, tr_blraz, IA),
    KEYED("11010110 00111111 000011nn nnn11111", BLRABZ_64_branch_reg, tr_blraz, IB),
    KEYED("11010111 00111111 000010nn nnnmmmmm", BLRAA_64P_branch_reg, tr_blra, IA),
    KEYED("11010111 00111111 000011nn nnnmmmmm", BLRAB_64P_branch_reg, tr_blra, IB),
    KEYED("11010110 01011111 00001011 11111111", RETAA_64E_branch_reg, tr_reta, IA),
    KEYED("11010110 01011111 00001111 11111111", RETAB_64E_branch_reg, tr_reta, IB),
    KEYED("11010110 10011111 00001011 11111111", ERETAA_64E_branch_reg, tr_ereta, IA),
    KEYED("11010110 10011111 00001111 11111111", ERETAB_64E_branch_reg, tr_ereta, IB),

    KEYED("11111000 0i1iiiii iiiio1nn nnnddddd", LDRAA_ldst_pac, tr_ldra, DA),
    KEYED("11111000 1i1iiiii iiiio1nn nnnddddd", LDRAB_ldst_pac, tr_ldra, DB),
    /* clang-format on */
};

const struct insn_table insn_pauth = {"pauth", rows, ARRAY_SIZE(rows)};
