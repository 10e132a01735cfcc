/* SVE where VL is 512 bits at most: a Z register is up to four vector slots (V_PARTS in cpu.h), and
 * Advanced SIMD's micro-ops do the work of a part. Of a predicate, pmask makes a vector of lanes
 * that are all ones or zeroes; masks stay in temporary slots until a predicate changes. */
#include "cpu/cpu.h"
#include "cpu/isa/sve.h"

enum { T_RESULT = V_TEMP + TR_MASKS, T_N, T_M };

enum form {
    MAP,     /* Zd = Zn op Zm, unpredicated */
    SHIFT,   /* Zd = Zn op immediate */
    MERGE,   /* Zd = Pg ? Zn op Zm : Zd */
    NUMBERS, /* the same, but inactive elements find zeroes in place of operands, for they are to
                raise no exception */
    SELECT,  /* Zd = Pg ? Zn : Zm */
};

/* Families whose operation a micro-op does, from elements of 1 << min bytes on up to 1 << max. Not
 * those that saturate, for micro-ops then set FPSR.QC. */
struct twin {
    uop_helper *const *family;
    enum uop_op op;
    uint8_t min, max;
    enum form form;
};

#define TWIN(name, op, min, max, form) {sve_##name, UOP_##op, min, max, form},
#define BOTH(name, op, min, max)                                                                   \
    TWIN(name, op, min, max, MAP)                                                                  \
    TWIN(name##_m, op, min, max, MERGE)

static const struct twin twins[] = {
    /* clang-format off */
    BOTH(add, vadd8, 0, 3)
    BOTH(sub, vsub8, 0, 3)
    BOTH(mul, vmul8, 0, 2)
    BOTH(and, vand64, 0, 3)
    BOTH(orr, vorr64, 0, 3)
    BOTH(eor, veor64, 0, 3)
    BOTH(bic, vbic64, 0, 3)
    TWIN(lsl_i, vshl8, 0, 3, SHIFT)
    TWIN(lsr_i, vushr8, 0, 3, SHIFT)
    TWIN(asr_i, vsshr8, 0, 3, SHIFT)
    TWIN(smax_m, vsmax8, 0, 2, MERGE)
    TWIN(umax_m, vumax8, 0, 2, MERGE)
    TWIN(smin_m, vsmin8, 0, 2, MERGE)
    TWIN(umin_m, vumin8, 0, 2, MERGE)
    TWIN(sabd_m, vsabd8, 0, 2, MERGE)
    TWIN(uabd_m, vuabd8, 0, 2, MERGE)
    TWIN(mla_m, vmla8, 0, 2, MERGE)
    TWIN(mls_m, vmls8, 0, 2, MERGE)
    TWIN(sel, vmov, 0, 3, SELECT)
    TWIN(fadd, vfadd16, 1, 3, MAP)
    TWIN(fsub, vfsub16, 1, 3, MAP)
    TWIN(fmul, vfmul16, 1, 3, MAP)
    TWIN(fadd_m, vfadd16, 1, 3, NUMBERS)
    TWIN(fsub_m, vfsub16, 1, 3, NUMBERS)
    TWIN(fmul_m, vfmul16, 1, 3, NUMBERS)
    TWIN(fmax_m, vfmax16, 1, 3, NUMBERS)
    TWIN(fmin_m, vfmin16, 1, 3, NUMBERS)
    TWIN(fmaxnm_m, vfmaxnm16, 1, 3, NUMBERS)
    TWIN(fminnm_m, vfminnm16, 1, 3, NUMBERS)
    TWIN(fabd_m, vfabd16, 1, 3, NUMBERS)
    TWIN(fmla_m, vfmla16, 1, 3, NUMBERS)
    TWIN(fmls_m, vfmls16, 1, 3, NUMBERS)
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

/* Moves and logic are the same for every size. */
static enum uop_op op_of(const struct twin *twin, unsigned size)
{
    bool same = twin->op == UOP_vmov || (twin->op >= UOP_vand64 && twin->op <= UOP_veor64);

    return same ? twin->op : (enum uop_op)(twin->op + size - twin->min);
}

static void emit(struct tr *tr, enum uop_op op, unsigned d, unsigned a, unsigned b)
{
    tr_emit_raw(tr, op, (uint8_t)d, (uint8_t)a, (uint8_t)b, 16, 0, 0);
}

/* The slot of the mask of a part of Pg. */
static unsigned mask(struct tr *tr, uint32_t p, unsigned size, unsigned part)
{
    unsigned there = tr->masks < TR_MASKS ? tr->masks : TR_MASKS, i;

    for (i = 0; i < there; i++)
        if (tr->mask[i].p == p && tr->mask[i].size == size && tr->mask[i].part == part)
            return V_TEMP + i;
    i = tr->masks++ % TR_MASKS;
    tr->mask[i].p = (uint8_t)p;
    tr->mask[i].size = (uint8_t)size;
    tr->mask[i].part = (uint8_t)part;
    tr_emit_raw(tr, UOP_pmask, (uint8_t)(V_TEMP + i), 0, 0, (uint8_t)p, (uint8_t)size, part);
    return V_TEMP + i;
}

static void written(struct tr *tr, uint32_t d)
{
    tr->rest_is_zero &= ~(1u << d);
}

static void merge_part(struct tr *tr, const struct twin *twin, unsigned size, unsigned d,
                       unsigned n, unsigned m, unsigned where)
{
    if (uop_info[twin->op].operands[0] == 'Z') /* adds to what is there */
        emit(tr, UOP_vand64, T_RESULT, d, where);
    if (twin->form == NUMBERS) {
        emit(tr, UOP_vand64, T_N, n, where);
        emit(tr, UOP_vand64, T_M, m, where);
        n = T_N;
        m = T_M;
    }
    emit(tr, op_of(twin, size), T_RESULT, n, m);
    emit(tr, UOP_vbit64, d, T_RESULT, where);
}

static void select_part(struct tr *tr, unsigned d, unsigned n, unsigned m, unsigned where)
{
    emit(tr, UOP_vmov, T_RESULT, m, 0);
    emit(tr, UOP_vbit64, T_RESULT, n, where);
    emit(tr, UOP_vmov, d, T_RESULT, 0);
}

bool sve_by_parts(struct tr *tr, uop_helper *helper, uint32_t d, uint32_t a, uint32_t b, uint32_t x,
                  uint32_t y)
{
    unsigned size;
    const struct twin *twin = twin_of(helper, &size);

    if (!twin || mode_parts(tr->mode) > V_PARTS)
        return false;
    for (unsigned part = 0; part < mode_parts(tr->mode); part++) {
        unsigned first = V_HIGH * part;

        if (twin->form == MAP)
            emit(tr, op_of(twin, size), first + d, first + a, first + b);
        else if (twin->form == SHIFT)
            tr_emit_raw(tr, op_of(twin, size), (uint8_t)(first + d), (uint8_t)(first + a), 0, 16, 0,
                        b | y << 8);
        else if (twin->form == SELECT)
            select_part(tr, first + d, first + a, first + b, mask(tr, x, size, part));
        else
            merge_part(tr, twin, size, first + d, first + a, first + b, mask(tr, x, size, part));
    }
    written(tr, d);
    return true;
}

bool sve_set_predicate(struct tr *tr, uint32_t d, unsigned size, unsigned count)
{
    static const uint64_t elements[] = {~0ull, 0x5555555555555555, 0x1111111111111111,
                                        0x0101010101010101};

    if (mode_parts(tr->mode) > V_PARTS)
        return false;
    if (!tr_sve_enabled(tr))
        return true;
    tr_imm(tr, UOP_movi, SLOT_T0, 0, elements[size] & bits_ones(count << size));
    tr_imm(tr, UOP_stfield, SLOT_T0, 0, offsetof(struct cpu, p) + d * sizeof(union preg));
    sve_predicate_written(tr);
    return true;
}

bool sve_whole(struct tr *tr, bool store, uint32_t d, uint32_t p, unsigned size)
{
    unsigned parts = mode_parts(tr->mode);

    if (parts > V_PARTS || tr->mode & (MODE_ALIGN | MODE_TAGS))
        return false;
    tr_emit_raw(tr, store ? UOP_zst : UOP_zld, (uint8_t)d, SLOT_T0, 0, (uint8_t)p,
                (uint8_t)(size | parts << 2), 0);
    if (!store)
        written(tr, d);
    return true;
}
