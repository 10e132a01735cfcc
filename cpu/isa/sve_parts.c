/* SVE where VL is 512 bits at most: a Z register is up to four vector slots (V_PARTS in cpu.h), and
 * Advanced SIMD's micro-ops do the work of a part. Of a predicate, pmask makes a vector of lanes
 * that are all ones or zeroes; masks stay in temporary slots until a predicate changes. */
#include "cpu/cpu.h"
#include "cpu/isa/sve.h"

enum { T_RESULT = V_TEMP + TR_MASKS, T_N, T_M };

/* Families whose operation a micro-op does, from elements of 1 << min bytes on up to 1 << max. Not
 * those that saturate, for micro-ops then set FPSR.QC. Of inactive elements, `masked` ones find
 * zeroes in place of operands: an exception that is not to be raised. */
struct twin {
    uop_helper *const *family;
    enum uop_op op;
    uint8_t min, max;
    bool masked;
};

#define TWIN(name, op, min, max) {sve_##name, UOP_##op, min, max, false},
#define BOTH(name, op, min, max) TWIN(name, op, min, max) TWIN(name##_m, op, min, max)
#define LOGIC(name)                                                                                \
    {sve_##name, UOP_v##name##64, 0, 3, false}, {sve_##name##_m, UOP_v##name##64, 0, 3, false},
#define NUMBERS(name) {sve_##name##_m, UOP_v##name##16, 1, 3, true},

static const struct twin twins[] = {
    /* clang-format off */
    BOTH(add, vadd8, 0, 3)
    BOTH(sub, vsub8, 0, 3)
    TWIN(mul_m, vmul8, 0, 2)
    TWIN(smax_m, vsmax8, 0, 2)
    TWIN(umax_m, vumax8, 0, 2)
    TWIN(smin_m, vsmin8, 0, 2)
    TWIN(umin_m, vumin8, 0, 2)
    TWIN(sabd_m, vsabd8, 0, 2)
    TWIN(uabd_m, vuabd8, 0, 2)
    LOGIC(and)
    LOGIC(orr)
    LOGIC(eor)
    LOGIC(bic)
    NUMBERS(fadd)
    NUMBERS(fsub)
    NUMBERS(fmul)
    NUMBERS(fmax)
    NUMBERS(fmin)
    NUMBERS(fmaxnm)
    NUMBERS(fminnm)
    NUMBERS(fabd)
    /* clang-format on */
};

static const struct twin *twin_of(const struct tr *tr, uop_helper *const *family, unsigned size)
{
    if (mode_parts(tr->mode) > V_PARTS || !family[size])
        return NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(twins); i++)
        if (twins[i].family == family && size >= twins[i].min && size <= twins[i].max)
            return &twins[i];
    return NULL;
}

/* Logic is the same for every size. */
static enum uop_op op_of(const struct twin *twin, unsigned size)
{
    return twin->op <= UOP_vbif64 && twin->op >= UOP_vand64
               ? twin->op
               : (enum uop_op)(twin->op + size - twin->min);
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

bool sve_by_parts(struct tr *tr, uop_helper *const *family, unsigned size, uint32_t d, uint32_t n,
                  uint32_t m)
{
    const struct twin *twin = twin_of(tr, family, size);

    if (!twin)
        return false;
    if (!tr_sve_enabled(tr))
        return true;
    for (unsigned part = 0; part < mode_parts(tr->mode); part++)
        emit(tr, op_of(twin, size), V_HIGH * part + d, V_HIGH * part + n, V_HIGH * part + m);
    written(tr, d);
    return true;
}

static void merge_part(struct tr *tr, const struct twin *twin, unsigned size, unsigned d,
                       unsigned n, unsigned m, unsigned where)
{
    if (uop_info[twin->op].operands[0] == 'Z') /* adds to what is there */
        emit(tr, UOP_vand64, T_RESULT, d, where);
    if (twin->masked) {
        emit(tr, UOP_vand64, T_N, n, where);
        emit(tr, UOP_vand64, T_M, m, where);
        n = T_N;
        m = T_M;
    }
    emit(tr, op_of(twin, size), T_RESULT, n, m);
    emit(tr, UOP_vbit64, d, T_RESULT, where);
}

bool sve_by_parts_merging(struct tr *tr, uop_helper *const *family, unsigned size, uint32_t d,
                          uint32_t n, uint32_t m, uint32_t p)
{
    const struct twin *twin = twin_of(tr, family, size);

    if (!twin)
        return false;
    if (!tr_sve_enabled(tr))
        return true;
    for (unsigned part = 0; part < mode_parts(tr->mode); part++)
        merge_part(tr, twin, size, V_HIGH * part + d, V_HIGH * part + n, V_HIGH * part + m,
                   mask(tr, p, size, part));
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
