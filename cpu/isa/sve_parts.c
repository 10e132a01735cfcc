/* SVE where VL is 512 bits at most: a Z register is up to four vector slots (V_PARTS in cpu.h), and
 * Advanced SIMD's micro-ops do the work of a part. Of a predicate, pmask makes a vector of lanes
 * that are all ones or zeroes; masks stay in temporary slots until a predicate changes. */
#include "cpu/cpu.h"
#include "cpu/isa/simd.h"
#include "cpu/isa/sve.h"

enum { T_MASKS = V_TEMP, T_RESULT = V_TEMP + TR_MASKS, T_N, T_M, T_SECOND };

/* The second operand, of the family's helper and of the micro-op */
enum second {
    ZM,
    NONE,
    ZM_LANE,  /* lane y of each part of Zm */
    AMOUNT,   /* an immediate of the micro-op, b and y */
    ROUNDING, /* the same, y */
    IMM_U,    /* the same number, b and y, in every lane; without sign or with one */
    IMM_S,
    CONSTANT, /* 0, 0.5, 1 or 2, as b says */
    XM,       /* a general register */
};

/* What becomes of the result. To the inactive lanes of NUMBERS, operands are such that they raise
 * no exception. */
enum form {
    MAP,             /* Zd, unpredicated */
    MERGE,           /* Zd, where Pg is true */
    MASK,            /* the same, and with Zm 0 the operation leaves Zd as it is */
    ZEROING,         /* Zd, 0 where Pg is not true */
    NUMBERS,         /* as MERGE */
    QUOTIENTS,       /* the same, and a divisor of 0 does */
    SELECT,          /* Zd = Pg ? Zn : Zm */
    COMPARE,         /* Pd, and NZCV */
    COMPARE_NUMBERS, /* Pd */
};

enum {
    SWAPPED = 1 << 0,  /* the second operand comes first */
    INVERTED = 1 << 1, /* COMPARE: where it is false */
    /* The micro-op adds to its destination. That is not Zd, which is the first factor, but an
     * operand */
    ADDEND_N = 1 << 2,
    ADDEND_M = 1 << 3,
};

/* Families whose operation a micro-op does, from elements of 1 << min bytes on up to 1 << max. Not
 * those that saturate, for micro-ops then set FPSR.QC. */
struct twin {
    uop_helper *const *family;
    enum uop_op op; /* of the smallest elements */
    uint8_t min, max;
    uint8_t form, second, how;
    uint16_t imm; /* of the micro-op */
};

#define TWIN(name, op, min, max, ...) {.family = sve_##name, UOP_##op, min, max, __VA_ARGS__},
#define BOTH(name, op, min, max, form)                                                             \
    TWIN(name, op, min, max, MAP)                                                                  \
    TWIN(name##_m, op, min, max, form)
#define FP2(name, op)                                                                              \
    TWIN(name, op, 1, 3, MAP)                                                                      \
    FP2_M(name, op)
#define FP2_M(name, op) TWIN(name##_m, op, 1, 3, NUMBERS)
#define FP2_C(name, op) TWIN(name##_c, op, 1, 3, NUMBERS, CONSTANT)
#define FP1(name, op)   TWIN(name##_m, op, 1, 3, NUMBERS, NONE)
#define INTEGERS(number, integer, bits, size)                                                      \
    TWIN(scvtf_##integer##number##_m, vscvtf##bits, size, size, NUMBERS, NONE)                     \
    TWIN(ucvtf_##integer##number##_m, vucvtf##bits, size, size, NUMBERS, NONE)                     \
    TWIN(fcvtzs_##number##integer##_m, vfcvts##bits, size, size, NUMBERS, NONE,                    \
         .imm = SIMD_ROUNDING(ZERO))                                                               \
    TWIN(fcvtzu_##number##integer##_m, vfcvtu##bits, size, size, NUMBERS, NONE,                    \
         .imm = SIMD_ROUNDING(ZERO))

static const struct twin twins[] = {
    /* clang-format off */
    BOTH(add, vadd8, 0, 3, MASK)
    BOTH(sub, vsub8, 0, 3, MASK)
    BOTH(mul, vmul8, 0, 2, MERGE)
    BOTH(and, vand64, 0, 3, MERGE)
    BOTH(orr, vorr64, 0, 3, MASK)
    BOTH(eor, veor64, 0, 3, MASK)
    BOTH(bic, vbic64, 0, 3, MASK)
    TWIN(pmul, vpmul8, 0, 0, MAP)
    TWIN(smax_m, vsmax8, 0, 2, MERGE)
    TWIN(umax_m, vumax8, 0, 2, MERGE)
    TWIN(smin_m, vsmin8, 0, 2, MERGE)
    TWIN(umin_m, vumin8, 0, 2, MERGE)
    TWIN(sabd_m, vsabd8, 0, 2, MERGE)
    TWIN(uabd_m, vuabd8, 0, 2, MERGE)
    TWIN(mla_m, vmla8, 0, 2, MASK)
    TWIN(mls_m, vmls8, 0, 2, MASK)
    TWIN(mad_m, vmla8, 0, 2, MERGE, ZM, ADDEND_N)
    TWIN(msb_m, vmls8, 0, 2, MERGE, ZM, ADDEND_N)
    TWIN(sdot, vsdot32, 2, 2, MAP)
    TWIN(udot, vudot32, 2, 2, MAP)
    TWIN(usdot, vusdot32, 2, 2, MAP)
    TWIN(sdot_e, vsdot_elem32, 2, 2, MAP, ZM_LANE)
    TWIN(udot_e, vudot_elem32, 2, 2, MAP, ZM_LANE)
    TWIN(usdot_e, vusdot_elem32, 2, 2, MAP, ZM_LANE)
    TWIN(sudot_e, vsudot_elem32, 2, 2, MAP, ZM_LANE)
    TWIN(abs_m, vabs8, 0, 3, MERGE, NONE)
    TWIN(neg_m, vneg8, 0, 3, MERGE, NONE)
    TWIN(not_m, vnot64, 0, 3, MERGE, NONE)

    TWIN(lsl_i, vshl8, 0, 3, MAP, AMOUNT)
    TWIN(lsr_i, vushr8, 0, 3, MAP, AMOUNT)
    TWIN(asr_i, vsshr8, 0, 3, MAP, AMOUNT)
    TWIN(lsl_mi, vshl8, 0, 3, MERGE, AMOUNT)
    TWIN(lsr_mi, vushr8, 0, 3, MERGE, AMOUNT)
    TWIN(asr_mi, vsshr8, 0, 3, MERGE, AMOUNT)
    TWIN(add_i, vadd8, 0, 3, MAP, IMM_U)
    TWIN(sub_i, vsub8, 0, 3, MAP, IMM_U)
    TWIN(subr_i, vsub8, 0, 3, MAP, IMM_U, SWAPPED)
    TWIN(mul_i, vmul8, 0, 2, MAP, IMM_S)
    TWIN(smax_i, vsmax8, 0, 2, MAP, IMM_S)
    TWIN(umax_i, vumax8, 0, 2, MAP, IMM_U)
    TWIN(smin_i, vsmin8, 0, 2, MAP, IMM_S)
    TWIN(umin_i, vumin8, 0, 2, MAP, IMM_U)

    TWIN(and_i, vand64, 0, 3, MAP, XM)
    TWIN(orr_i, vorr64, 0, 3, MAP, XM)
    TWIN(eor_i, veor64, 0, 3, MAP, XM)
    TWIN(dupm_i, vmov, 0, 3, MAP, XM, SWAPPED)
    TWIN(dup, vmov, 0, 3, MAP, XM, SWAPPED)
    TWIN(cpy_m, vmov, 0, 3, MERGE, XM, SWAPPED)
    TWIN(cpy_z, vmov, 0, 3, ZEROING, XM, SWAPPED)
    TWIN(inc_z, vadd8, 0, 3, MAP, XM)
    TWIN(dec_z, vsub8, 0, 3, MAP, XM)
    TWIN(sel, vmov, 0, 3, SELECT)
    TWIN(movprfx, vmov, 0, 3, ZEROING, NONE)

    TWIN(cmpeq, vcmeq8, 0, 3, COMPARE)
    TWIN(cmpne, vcmeq8, 0, 3, COMPARE, ZM, INVERTED)
    TWIN(cmpge, vcmge8, 0, 3, COMPARE)
    TWIN(cmpgt, vcmgt8, 0, 3, COMPARE)
    TWIN(cmphs, vcmhs8, 0, 3, COMPARE)
    TWIN(cmphi, vcmhi8, 0, 3, COMPARE)
    TWIN(cmpeq_i, vcmeq8, 0, 3, COMPARE, IMM_S)
    TWIN(cmpne_i, vcmeq8, 0, 3, COMPARE, IMM_S, INVERTED)
    TWIN(cmpge_i, vcmge8, 0, 3, COMPARE, IMM_S)
    TWIN(cmpgt_i, vcmgt8, 0, 3, COMPARE, IMM_S)
    TWIN(cmple_i, vcmge8, 0, 3, COMPARE, IMM_S, SWAPPED)
    TWIN(cmplt_i, vcmgt8, 0, 3, COMPARE, IMM_S, SWAPPED)
    TWIN(cmphs_i, vcmhs8, 0, 3, COMPARE, IMM_U)
    TWIN(cmphi_i, vcmhi8, 0, 3, COMPARE, IMM_U)
    TWIN(cmpls_i, vcmhs8, 0, 3, COMPARE, IMM_U, SWAPPED)
    TWIN(cmplo_i, vcmhi8, 0, 3, COMPARE, IMM_U, SWAPPED)

    FP2(fadd, vfadd16)
    FP2(fsub, vfsub16)
    FP2(fmul, vfmul16)
    FP2_M(fmulx, vfmulx16)
    FP2_M(fmax, vfmax16)
    FP2_M(fmin, vfmin16)
    FP2_M(fmaxnm, vfmaxnm16)
    FP2_M(fminnm, vfminnm16)
    FP2_M(fabd, vfabd16)
    FP2_M(fmla, vfmla16)
    FP2_M(fmls, vfmls16)
    TWIN(fdiv_m, vfdiv16, 1, 3, QUOTIENTS)
    TWIN(fmad_m, vfmla16, 1, 3, NUMBERS, ZM, ADDEND_M)
    TWIN(fmsb_m, vfmls16, 1, 3, NUMBERS, ZM, ADDEND_M)
    TWIN(fmul_e, vfmul_elem16, 1, 3, MAP, ZM_LANE)
    TWIN(fmla_e, vfmla_elem16, 1, 3, MAP, ZM_LANE)
    TWIN(fmls_e, vfmls_elem16, 1, 3, MAP, ZM_LANE)
    FP2_C(fadd, vfadd16)
    FP2_C(fsub, vfsub16)
    FP2_C(fmul, vfmul16)
    FP2_C(fmax, vfmax16)
    FP2_C(fmin, vfmin16)
    FP2_C(fmaxnm, vfmaxnm16)
    FP2_C(fminnm, vfminnm16)
    TWIN(fsubr_c, vfsub16, 1, 3, NUMBERS, CONSTANT, SWAPPED)
    FP1(fsqrt, vfsqrt16)
    FP1(frecpx, vfrecpx16)
    TWIN(frecpe, vfrecpe16, 1, 3, MAP, NONE)
    TWIN(frsqrte, vfrsqrte16, 1, 3, MAP, NONE)
    TWIN(fabs_m, vfabs16, 1, 3, MERGE, NONE)
    TWIN(fneg_m, vfneg16, 1, 3, MERGE, NONE)
    TWIN(frint_m, vfrint16, 1, 3, NUMBERS, ROUNDING)
    INTEGERS(h, h, 16, 1)
    INTEGERS(s, s, 32, 2)
    INTEGERS(d, d, 64, 3)
    TWIN(fcmeq, vfcmeq16, 1, 3, COMPARE_NUMBERS)
    TWIN(fcmne, vfcmeq16, 1, 3, COMPARE_NUMBERS, ZM, INVERTED)
    TWIN(fcmge, vfcmge16, 1, 3, COMPARE_NUMBERS)
    TWIN(fcmgt, vfcmgt16, 1, 3, COMPARE_NUMBERS)
    TWIN(facge, vfacge16, 1, 3, COMPARE_NUMBERS)
    TWIN(facgt, vfacgt16, 1, 3, COMPARE_NUMBERS)
    TWIN(fcmeq_0, vfcmeqz16, 1, 3, COMPARE_NUMBERS, NONE)
    TWIN(fcmne_0, vfcmeqz16, 1, 3, COMPARE_NUMBERS, NONE, INVERTED)
    TWIN(fcmge_0, vfcmgez16, 1, 3, COMPARE_NUMBERS, NONE)
    TWIN(fcmgt_0, vfcmgtz16, 1, 3, COMPARE_NUMBERS, NONE)
    TWIN(fcmle_0, vfcmlez16, 1, 3, COMPARE_NUMBERS, NONE)
    TWIN(fcmlt_0, vfcmltz16, 1, 3, COMPARE_NUMBERS, NONE)
    /* clang-format on */
};

/* The helper's twin, and for which size of elements it is. */
static const struct twin *twin_of(uop_helper *helper, unsigned *size)
{
    for (unsigned i = 0; i < ARRAY_SIZE(twins); i++)
        for (*size = twins[i].min; *size <= twins[i].max; ++*size)
            if (twins[i].family[*size] == helper)
                return &twins[i];
    return NULL;
}

/* --- One part --- */

/* Registers of a part, or temporaries, and what else the micro-op takes. */
struct work {
    struct tr *tr;
    const struct twin *twin;
    enum uop_op op;
    unsigned size;
    unsigned d, n, m;
    unsigned lane;
    uint64_t imm;
    unsigned mask; /* the slot that has it; 0: there is none */
};

static void emit(struct tr *tr, enum uop_op op, unsigned d, unsigned a, unsigned b)
{
    tr_emit_raw(tr, op, (uint8_t)d, (uint8_t)a, (uint8_t)b, 16, 0, 0);
}

/* Moves and logic are the same for every size. */
static enum uop_op op_of(const struct twin *twin, unsigned size)
{
    bool same = twin->op == UOP_vmov || (twin->op >= UOP_vand64 && twin->op <= UOP_vnot64);

    return same ? twin->op : (enum uop_op)(twin->op + size - twin->min);
}

unsigned sve_mask(struct tr *tr, uint32_t p, unsigned size, unsigned part)
{
    unsigned there = tr->masks < TR_MASKS ? tr->masks : TR_MASKS, i;

    for (i = 0; i < there; i++)
        if (tr->mask[i].p == p && tr->mask[i].size == size && tr->mask[i].part == part)
            return T_MASKS + i;
    i = tr->masks++ % TR_MASKS;
    tr->mask[i].p = (uint8_t)p;
    tr->mask[i].size = (uint8_t)size;
    tr->mask[i].part = (uint8_t)part;
    tr_emit_raw(tr, UOP_pmask, (uint8_t)(T_MASKS + i), 0, 0, (uint8_t)p, (uint8_t)size, part);
    return T_MASKS + i;
}

static uint64_t number(unsigned size, unsigned constant)
{
    static const uint64_t numbers[4][4] = {
        {0},
        {0, 0x3800, 0x3c00, 0x4000},
        {0, 0x3f000000, 0x3f800000, 0x40000000},
        {0, 0x3fe0000000000000, 0x3ff0000000000000, 0x4000000000000000}};

    return sve_splat(size, numbers[size][constant]);
}

static void emit_value(struct tr *tr, unsigned slot, uint64_t value)
{
    tr_emit_raw(tr, UOP_vmovi, (uint8_t)slot, 0, 0, 16, 0, value);
}

/* Inactive lanes of the operands become 0: a divisor 1. */
static void hide_numbers(struct work *w)
{
    emit(w->tr, UOP_vand64, T_N, w->n, w->mask);
    w->n = T_N;
    if (w->twin->second != ZM)
        return;
    if (w->twin->form == QUOTIENTS) {
        emit_value(w->tr, T_M, number(w->size, 2));
        emit(w->tr, UOP_vbit64, T_M, w->m, w->mask);
    } else {
        emit(w->tr, UOP_vand64, T_M, w->m, w->mask);
    }
    w->m = T_M;
}

static void emit_operation(const struct work *w, unsigned d)
{
    bool swapped = w->twin->how & SWAPPED;

    tr_emit_raw(w->tr, w->op, (uint8_t)d, (uint8_t)(swapped ? w->m : w->n),
                (uint8_t)(swapped ? w->n : w->m), 16, (uint8_t)w->lane, w->imm);
}

/* The result, in the slot that is returned. */
static unsigned compute(struct work *w)
{
    const struct twin *twin = w->twin;
    unsigned addend = w->d;

    if (twin->op == UOP_vmov)
        return twin->how & SWAPPED ? w->m : w->n;
    if (twin->how & ADDEND_N) {
        addend = w->n;
        w->n = w->d;
    } else if (twin->how & ADDEND_M) {
        addend = w->m;
        w->m = w->n;
        w->n = w->d;
    }
    if (uop_info[w->op].operands[0] == 'Z')
        emit(w->tr, UOP_vand64, T_RESULT, addend, w->mask);
    if (twin->form == NUMBERS || twin->form == QUOTIENTS || twin->form == COMPARE_NUMBERS)
        hide_numbers(w);
    emit_operation(w, T_RESULT);
    return T_RESULT;
}

static void one_part(struct work *w)
{
    bool adds = uop_info[w->op].operands[0] == 'Z';
    enum form form = w->twin->form;

    if (form == MASK && !adds && w->d != w->n) /* the reversed forms */
        form = MERGE;
    switch (form) {
    case MAP:
        emit_operation(w, w->d);
        break;
    case MASK:
        emit(w->tr, UOP_vand64, T_M, w->m, w->mask);
        w->m = T_M;
        emit_operation(w, w->d);
        break;
    case ZEROING:
        emit(w->tr, UOP_vand64, w->d, compute(w), w->mask);
        break;
    case SELECT:
        emit(w->tr, UOP_vmov, T_RESULT, w->m, 0);
        emit(w->tr, UOP_vbit64, T_RESULT, w->n, w->mask);
        emit(w->tr, UOP_vmov, w->d, T_RESULT, 0);
        break;
    default:
        emit(w->tr, UOP_vbit64, w->d, compute(w), w->mask);
    }
}

/* --- All parts --- */

/* The second operand, unless it is Zm, and what else does not depend on the part. */
static void set_second(struct work *w, uint32_t b, uint32_t y)
{
    uint16_t imm = (uint16_t)(b | y << 8);

    w->m = T_SECOND;
    w->imm = w->twin->imm;
    switch ((enum second)w->twin->second) {
    case AMOUNT:
        w->imm = imm;
        break;
    case ROUNDING:
        w->imm = y;
        break;
    case ZM_LANE:
        w->lane = y;
        break;
    case IMM_U:
        emit_value(w->tr, T_SECOND, sve_splat(w->size, imm));
        break;
    case IMM_S:
        emit_value(w->tr, T_SECOND, sve_splat(w->size, (uint64_t)(int16_t)imm));
        break;
    case CONSTANT:
        emit_value(w->tr, T_SECOND, number(w->size, b));
        break;
    case XM:
        tr_emit_raw(w->tr, (enum uop_op)(UOP_vdup_gen8 + w->size), T_SECOND, (uint8_t)b, 0, 16, 0,
                    0);
        break;
    default:
        break;
    }
}

/* The comparison of each part, as bits in T0; then of those that are active. */
static void compare(struct work *w, uint32_t d, uint32_t p, unsigned part)
{
    bool last = part == mode_parts(w->tr->mode) - 1u;

    tr_emit_raw(w->tr, UOP_psigns, SLOT_T0, (uint8_t)compute(w), part ? SLOT_T0 : SLOT_ZERO,
                (uint8_t)(16 * part), 0, 0);
    if (last)
        sve_bits_compared(w->tr, d, p, w->size, w->twin->how & INVERTED, w->twin->form == COMPARE);
}

bool sve_by_parts(struct tr *tr, uop_helper *helper, uint32_t d, uint32_t a, uint32_t b, uint32_t x,
                  uint32_t y)
{
    struct work w = {.tr = tr};
    const struct twin *twin = twin_of(helper, &w.size);

    if (!twin || mode_parts(tr->mode) > V_PARTS)
        return false;
    w.twin = twin;
    w.op = op_of(twin, w.size);
    set_second(&w, b, y);
    for (unsigned part = 0; part < mode_parts(tr->mode); part++) {
        struct work here = w;

        here.d = V_HIGH * part + d;
        here.n = V_HIGH * part + a;
        if (twin->second <= ZM_LANE)
            here.m = V_HIGH * part + b;
        if (twin->form == COMPARE || twin->form == COMPARE_NUMBERS) {
            if (twin->form == COMPARE_NUMBERS)
                here.mask = sve_mask(tr, x, w.size, part);
            compare(&here, d, x, part);
            continue;
        }
        if (twin->form != MAP)
            here.mask = sve_mask(tr, x, w.size, part);
        one_part(&here);
    }
    return true;
}

/* Where neither alignment nor tags are checked. */
static bool access(struct tr *tr, enum uop_op op, uint32_t d, uint32_t p, unsigned kind, uint8_t y)
{
    if (mode_parts(tr->mode) > V_PARTS || tr->mode & (MODE_ALIGN | MODE_TAGS))
        return false;
    tr_emit_raw(tr, op, (uint8_t)d, SLOT_T0, (uint8_t)kind, (uint8_t)p, y, 0);
    return true;
}

bool sve_load(struct tr *tr, enum sve_load kind, uint32_t d, uint32_t p, struct sve_element element)
{
    return access(tr, UOP_zld, d, p, kind, sve_span_pack(element, mode_parts(tr->mode)));
}

bool sve_store(struct tr *tr, uint32_t d, uint32_t p, struct sve_element element)
{
    return access(tr, UOP_zst, d, p, 0, sve_span_pack(element, mode_parts(tr->mode)));
}

bool sve_access_structures(struct tr *tr, bool store, uint32_t d, uint32_t p, unsigned size,
                           unsigned count)
{
    struct sve_structures s = {(uint8_t)size, (uint8_t)count, (uint8_t)mode_parts(tr->mode)};

    return access(tr, store ? UOP_zstn : UOP_zldn, d, p, 0, sve_structures_pack(s));
}
