/* Instructions that only move or rearrange NZCV (FEAT_FlagM, FEAT_FlagM2): rotate right into flags,
 * evaluate into flags, CFINV, AXFLAG and XAFLAG: DDI 0487, C4.1.94 and C4.1.95, C6.2. Emulators of
 * other processors are made of them; elsewhere they are rare. */
#include "cpu/cpu.h"
#include "cpu/isa/tables.h"

/* --- What they do --- */

/* x: the amount, y: the flags that change, N in bit 3 */
static bool rmif(struct cpu *cpu, const struct uop *uop)
{
    uint64_t rotated = ror64(cpu->x[uop->a], uop->x);

    if (uop->y & 8)
        cpu->nzcv.n = rotated >> 3 & 1;
    if (uop->y & 4)
        cpu->nzcv.z = rotated >> 2 & 1;
    if (uop->y & 2)
        cpu->nzcv.c = rotated >> 1 & 1;
    if (uop->y & 1)
        cpu->nzcv.v = rotated & 1;
    return true;
}

/* x: 8 or 16 bits. V: the sum of two such numbers would have overflowed. */
static bool setf(struct cpu *cpu, const struct uop *uop)
{
    uint64_t value = cpu->x[uop->a];

    cpu->nzcv.n = bit_get(value, uop->x - 1u);
    cpu->nzcv.z = bits_get(value, 0, uop->x) == 0;
    cpu->nzcv.v = bit_get(value, uop->x) != bit_get(value, uop->x - 1u);
    return true;
}

static bool cfinv(struct cpu *cpu, const struct uop *uop)
{
    (void)uop;
    cpu->nzcv.c ^= 1;
    return true;
}

/* From the flags of a floating-point comparison to those of other processors, and back. */
static bool axflag(struct cpu *cpu, const struct uop *uop)
{
    union nzcv old = cpu->nzcv;

    (void)uop;
    cpu->nzcv = (union nzcv){.z = old.z | old.v, .c = old.c && !old.v};
    return true;
}

static bool xaflag(struct cpu *cpu, const struct uop *uop)
{
    union nzcv old = cpu->nzcv;

    (void)uop;
    cpu->nzcv = (union nzcv){
        .n = !old.c && !old.z, .z = old.z & old.c, .c = old.c | old.z, .v = !old.c && old.z};
    return true;
}

/* --- Translators --- */

static bool tr_rmif(struct tr *tr, const struct fields *f)
{
    tr_call_pure(tr, rmif, 0, X(f->n), 0, (uint8_t)f->i, (uint8_t)f->v);
    return true;
}

static bool tr_setf(struct tr *tr, const struct fields *f)
{
    tr_call_pure(tr, setf, 0, X(f->n), 0, f->z ? 16 : 8, 0);
    return true;
}

#define FLAGS_ALONE(name)                                                                          \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        (void)f;                                                                                   \
        tr_call_pure(tr, name, 0, 0, 0, 0, 0);                                                     \
        return true;                                                                               \
    }
FLAGS_ALONE(cfinv)
FLAGS_ALONE(axflag)
FLAGS_ALONE(xaflag)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("10111010 000iiiii i00001nn nnn0vvvv", RMIF_only_rmif, FEAT_FlagM, tr_rmif),
    INSN("00111010 00000000 0z0010nn nnn01101", SETF_only_setf, FEAT_FlagM, tr_setf),
    INSN("11010101 00000000 01000000 00011111", CFINV_M_pstate, FEAT_FlagM, tr_cfinv),
    INSN("11010101 00000000 01000000 00111111", XAFLAG_M_pstate, FEAT_FlagM2, tr_xaflag),
    INSN("11010101 00000000 01000000 01011111", AXFLAG_M_pstate, FEAT_FlagM2, tr_axflag),
    /* clang-format on */
};

const struct insn_table insn_flags = {"flags", rows, ARRAY_SIZE(rows)};
