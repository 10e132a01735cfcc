/* SVE loads and stores: DDI 0487, C4.1, "SVE encodings". */
#include "cpu/isa/sve.h"
#include "cpu/isa/tables.h"

/* A call that accesses memory at the address in T0; b says that it is Tag Checked. */
static void access_memory(struct tr *tr, uop_helper *helper, uint32_t d, uint32_t x, uint32_t y)
{
    tr_call(tr, helper, (uint8_t)d, SLOT_T0, tr->tag_checked, (uint8_t)x, (uint8_t)y);
}

/* T0 = the base and the offset; false: SVE is trapped. Deviation: SP must be aligned even where no
 * element is active, which is up to us. */
static bool address_imm(struct tr *tr, const struct fields *f, int64_t offset)
{
    if (!tr_sve_enabled(tr))
        return false;
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, f->n != 31);
    tr_imm(tr, offset < 0 ? UOP_sub64i : UOP_add64i, SLOT_T0, XSP(f->n),
           (uint64_t)(offset < 0 ? -offset : offset));
    return true;
}

static bool address_reg(struct tr *tr, const struct fields *f, unsigned shift)
{
    if (!tr_sve_enabled(tr))
        return false;
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, true);
    tr_emit(tr, UOP_add64l, SLOT_T0, XSP(f->n), X(f->m), (uint8_t)shift, 0, 0);
    return true;
}

/* --- Contiguous: i counts what all elements take in memory --- */

/* i counts vectors as they are in memory. */
static int64_t offset_of(const struct tr *tr, const struct fields *f, unsigned memory,
                         unsigned size)
{
    return bits_sext(f->i, 4) * (int64_t)(sve_bytes(tr) >> size << memory);
}

static void load(struct tr *tr, const struct fields *f, enum sve_load kind)
{
    static uop_helper *const helpers[] = {[SVE_LD1] = sve_ld1,
                                          [SVE_LDFF1] = sve_ldff1,
                                          [SVE_LDNF1] = sve_ldnf1,
                                          [SVE_LD1R] = sve_ld1r};

    if (!sve_load(tr, kind, f->d, f->p, sve_element(f->o)))
        access_memory(tr, helpers[kind], f->d, f->p, f->o);
}

static void store(struct tr *tr, const struct fields *f)
{
    struct sve_element element = {(uint8_t)f->o, (uint8_t)f->z, false};

    if (!sve_store(tr, f->d, f->p, element))
        access_memory(tr, sve_st1, f->d, f->p, f->z << 2 | f->o);
}

static bool tr_ld1_imm(struct tr *tr, const struct fields *f)
{
    struct sve_element element = sve_element(f->o);

    if (address_imm(tr, f, offset_of(tr, f, element.memory, element.size)))
        load(tr, f, SVE_LD1);
    return true;
}

static bool tr_ld1_reg(struct tr *tr, const struct fields *f)
{
    if (f->m == 31)
        return false;
    if (address_reg(tr, f, sve_element(f->o).memory))
        load(tr, f, SVE_LD1);
    return true;
}

/* z is what an element has in memory, o in its register. */
static bool tr_st1_imm(struct tr *tr, const struct fields *f)
{
    if (f->o < f->z)
        return false;
    if (address_imm(tr, f, offset_of(tr, f, f->z, f->o)))
        store(tr, f);
    return true;
}

static bool tr_st1_reg(struct tr *tr, const struct fields *f)
{
    if (f->o < f->z || f->m == 31)
        return false;
    if (address_reg(tr, f, f->z))
        store(tr, f);
    return true;
}

static bool tr_ldff1(struct tr *tr, const struct fields *f)
{
    if (address_reg(tr, f, sve_element(f->o).memory))
        load(tr, f, SVE_LDFF1);
    return true;
}

static bool tr_ldnf1(struct tr *tr, const struct fields *f)
{
    struct sve_element element = sve_element(f->o);

    if (address_imm(tr, f, offset_of(tr, f, element.memory, element.size)))
        load(tr, f, SVE_LDNF1);
    return true;
}

/* --- Whole registers: i counts them --- */

static bool whole(struct tr *tr, const struct fields *f, uop_helper *helper, unsigned bytes)
{
    if (address_imm(tr, f, bits_sext(f->i, 9) * bytes))
        access_memory(tr, helper, f->d, 0, 0);
    return true;
}

static bool whole_z(struct tr *tr, const struct fields *f, bool store)
{
    struct sve_element element = {3, 3, false};

    if (address_imm(tr, f, bits_sext(f->i, 9) * sve_bytes(tr)) &&
        !(store ? sve_store(tr, f->d, SVE_WHOLE, element)
                : sve_load(tr, SVE_LD1, f->d, SVE_WHOLE, element)))
        access_memory(tr, store ? sve_str_z : sve_ldr_z, f->d, 0, 0);
    return true;
}

static bool tr_ldr_z(struct tr *tr, const struct fields *f)
{
    return whole_z(tr, f, false);
}

static bool tr_str_z(struct tr *tr, const struct fields *f)
{
    return whole_z(tr, f, true);
}

static bool tr_ldr_p(struct tr *tr, const struct fields *f)
{
    return whole(tr, f, sve_ldr_p, sve_bytes(tr) / 8);
}

static bool tr_str_p(struct tr *tr, const struct fields *f)
{
    return whole(tr, f, sve_str_p, sve_bytes(tr) / 8);
}

/* --- Contiguous and not temporal, which is a hint: z is the size in memory and in the register.
 * With o they are what is above --- */

static struct fields temporal(const struct fields *f, uint32_t o)
{
    struct fields same = *f;

    same.o = o;
    return same;
}

static bool tr_ldnt1_imm(struct tr *tr, const struct fields *f)
{
    struct fields same = temporal(f, f->z << 2 | f->z);

    return tr_ld1_imm(tr, &same);
}

static bool tr_ldnt1_reg(struct tr *tr, const struct fields *f)
{
    struct fields same = temporal(f, f->z << 2 | f->z);

    return tr_ld1_reg(tr, &same);
}

static bool tr_stnt1_imm(struct tr *tr, const struct fields *f)
{
    struct fields same = temporal(f, f->z);

    return tr_st1_imm(tr, &same);
}

static bool tr_stnt1_reg(struct tr *tr, const struct fields *f)
{
    struct fields same = temporal(f, f->z);

    return tr_st1_reg(tr, &same);
}

/* --- Several registers, of which memory has the elements by turns; row->imm: how many --- */

static void structures(struct tr *tr, const struct fields *f, bool store)
{
    if (!sve_access_structures(tr, store, f->d, f->p, f->z, f->row->imm))
        access_memory(tr, store ? sve_stn : sve_ldn, f->d, f->p, f->z | f->row->imm << 2);
}

static bool structures_imm(struct tr *tr, const struct fields *f, bool store)
{
    if (address_imm(tr, f, bits_sext(f->i, 4) * (int64_t)(sve_bytes(tr) * f->row->imm)))
        structures(tr, f, store);
    return true;
}

static bool structures_reg(struct tr *tr, const struct fields *f, bool store)
{
    if (f->m == 31)
        return false;
    if (address_reg(tr, f, f->z))
        structures(tr, f, store);
    return true;
}

static bool tr_ldn_imm(struct tr *tr, const struct fields *f)
{
    return structures_imm(tr, f, false);
}

static bool tr_ldn_reg(struct tr *tr, const struct fields *f)
{
    return structures_reg(tr, f, false);
}

static bool tr_stn_imm(struct tr *tr, const struct fields *f)
{
    return structures_imm(tr, f, true);
}

static bool tr_stn_reg(struct tr *tr, const struct fields *f)
{
    return structures_reg(tr, f, true);
}

/* --- The same for all of a vector: an element, or row->imm parts, which is UNDEFINED where a
 * vector has fewer, unless it is trapped --- */

static bool tr_ld1r(struct tr *tr, const struct fields *f)
{
    if (address_imm(tr, f, (int64_t)f->i << sve_element(f->o).memory))
        load(tr, f, SVE_LD1R);
    return true;
}

static bool tr_ld1rq_imm(struct tr *tr, const struct fields *f)
{
    unsigned parts = f->row->imm;

    if (mode_parts(tr->mode) < parts)
        return !tr_sve_enabled(tr);
    if (address_imm(tr, f, bits_sext(f->i, 4) * (int64_t)(16 * parts)))
        access_memory(tr, sve_ld1rq, f->d, f->p, f->z | parts << 2);
    return true;
}

static bool tr_ld1rq_reg(struct tr *tr, const struct fields *f)
{
    unsigned parts = f->row->imm;

    if (f->m == 31)
        return false;
    if (mode_parts(tr->mode) < parts)
        return !tr_sve_enabled(tr);
    if (address_reg(tr, f, f->z))
        access_memory(tr, sve_ld1rq, f->d, f->p, f->z | parts << 2);
    return true;
}

/* Prefetches are hints. */
static bool tr_prf(struct tr *tr, const struct fields *f)
{
    (void)f;
    (void)tr_sve_enabled(tr);
    return true;
}

static bool tr_prf_reg(struct tr *tr, const struct fields *f)
{
    return f->m != 31 && tr_prf(tr, f);
}

/* --- Gathers and scatters: row->imm is of enum sve_gather, without the size in memory, which is z;
 * u: without sign --- */

/* What is not allocated: elements larger in memory, scaled bytes, signed elements of full size. */
static bool gather_exists(const struct fields *f, uint32_t kind)
{
    unsigned size = kind & SVE_GATHER_D ? 3 : 2;

    return f->z <= size && !(kind & SVE_GATHER_SIGNED && f->z == size) &&
           !(kind & SVE_GATHER_SCALED && f->z == 0);
}

/* One after the other, without a call where the JIT has registers for all of them and neither
 * alignment nor tags are checked. */
static void access_each(struct tr *tr, uop_helper *helper, uint32_t d, uint8_t a, uint32_t b,
                        uint32_t p, uint32_t kind)
{
    unsigned parts = mode_parts(tr->mode);

    if (helper == sve_gather_ff || parts > 2 || tr->mode & (MODE_ALIGN | MODE_TAGS))
        tr_call(tr, helper, (uint8_t)d, a, (uint8_t)b, (uint8_t)p, (uint8_t)kind);
    else
        tr_emit_raw(tr, helper == sve_gather ? UOP_zgather : UOP_zscatter, (uint8_t)d, a,
                    (uint8_t)b, (uint8_t)p, (uint8_t)kind, parts);
}

/* The base is Xn or SP, Zm has the offsets. */
static bool from_base(struct tr *tr, const struct fields *f, uop_helper *helper, uint32_t kind)
{
    if (!gather_exists(f, kind))
        return false;
    if (tr_sve_enabled(tr)) {
        tr_check_sp(tr, f->n);
        access_each(tr, helper, f->d, XSP(f->n), f->m, f->p, kind | f->z << SVE_GATHER_MEMORY);
    }
    return true;
}

/* Zn has the bases; the offset is a register or an immediate, in `slot`. */
static bool from_vector(struct tr *tr, const struct fields *f, uop_helper *helper, uint32_t kind,
                        uint8_t slot)
{
    access_each(tr, helper, f->d, slot, f->n, f->p, kind | f->z << SVE_GATHER_MEMORY);
    return true;
}

static bool from_vector_imm(struct tr *tr, const struct fields *f, uop_helper *helper,
                            uint32_t kind)
{
    if (!gather_exists(f, kind))
        return false;
    if (!tr_sve_enabled(tr))
        return true;
    tr_imm(tr, UOP_movi, SLOT_T0, 0, (uint64_t)f->i << f->z);
    return from_vector(tr, f, helper, kind, SLOT_T0);
}

static bool from_vector_reg(struct tr *tr, const struct fields *f, uop_helper *helper,
                            uint32_t kind)
{
    if (!gather_exists(f, kind))
        return false;
    return !tr_sve_enabled(tr) || from_vector(tr, f, helper, kind, X(f->m));
}

/* r: only the first active element may fault */
static uop_helper *gather(const struct fields *f)
{
    return f->r ? sve_gather_ff : sve_gather;
}

static uint32_t with_sign(const struct fields *f)
{
    return f->row->imm | (f->u ? 0 : SVE_GATHER_SIGNED);
}

/* h: offsets are signed, of 32 bits; k: they are scaled */
static uint32_t with_offset(const struct fields *f, uint32_t kind)
{
    return kind | (f->h ? SVE_GATHER_SXTW : SVE_GATHER_UXTW) | (f->k ? SVE_GATHER_SCALED : 0);
}

static bool tr_gather_32(struct tr *tr, const struct fields *f)
{
    return from_base(tr, f, gather(f), with_offset(f, with_sign(f)));
}

static bool tr_gather_64(struct tr *tr, const struct fields *f)
{
    return from_base(tr, f, gather(f), with_sign(f) | (f->k ? SVE_GATHER_SCALED : 0));
}

static bool tr_gather_imm(struct tr *tr, const struct fields *f)
{
    return from_vector_imm(tr, f, gather(f), with_sign(f));
}

static bool tr_gather_reg(struct tr *tr, const struct fields *f)
{
    return from_vector_reg(tr, f, sve_gather, with_sign(f));
}

static bool tr_scatter_32(struct tr *tr, const struct fields *f)
{
    return from_base(tr, f, sve_scatter, with_offset(f, f->row->imm));
}

static bool tr_scatter_64(struct tr *tr, const struct fields *f)
{
    return from_base(tr, f, sve_scatter, f->row->imm | (f->k ? SVE_GATHER_SCALED : 0));
}

static bool tr_scatter_imm(struct tr *tr, const struct fields *f)
{
    return from_vector_imm(tr, f, sve_scatter, f->row->imm);
}

static bool tr_scatter_reg(struct tr *tr, const struct fields *f)
{
    return from_vector_reg(tr, f, sve_scatter, f->row->imm);
}

#define WORDS(pattern, id, feature, translate)                                                     \
    INSN_ARGS(pattern "pppnn nnnddddd", id, feature, translate, .imm = SVE_GATHER_UXTW)
#define DOUBLEWORDS(pattern, id, feature, translate)                                               \
    INSN_ARGS(pattern "pppnn nnnddddd", id, feature, translate, .imm = SVE_GATHER_D)

#define STRUCTURE(opcode, count)                                                                   \
    INSN_ARGS("1010010z z" opcode "0iiii 111pppnn nnnddddd", ld##count##_z_p_bi, FEAT_SVE,         \
              tr_ldn_imm, .imm = count),                                                           \
        INSN_ARGS("1010010z z" opcode "mmmmm 110pppnn nnnddddd", ld##count##_z_p_br, FEAT_SVE,     \
                  tr_ldn_reg, .imm = count),                                                       \
        INSN_ARGS("1110010z z" opcode "1iiii 111pppnn nnnddddd", st##count##_z_p_bi, FEAT_SVE,     \
                  tr_stn_imm, .imm = count),                                                       \
        INSN_ARGS("1110010z z" opcode "mmmmm 011pppnn nnnddddd", st##count##_z_p_br, FEAT_SVE,     \
                  tr_stn_reg, .imm = count)
#define REPLICATED(opcode, id, feature, parts)                                                     \
    INSN_ARGS("1010010z z" opcode "0iiii 001pppnn nnnddddd", id##_z_p_bi, feature, tr_ld1rq_imm,   \
              .imm = parts),                                                                       \
        INSN_ARGS("1010010z z" opcode "mmmmm 000pppnn nnnddddd", id##_z_p_br, feature,             \
                  tr_ld1rq_reg, .imm = parts)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("1010010o ooommmmm 010pppnn nnnddddd", ld1_z_p_br, FEAT_SVE, tr_ld1_reg),
    INSN("1010010o ooo0iiii 101pppnn nnnddddd", ld1_z_p_bi, FEAT_SVE, tr_ld1_imm),
    INSN("1010010o ooommmmm 011pppnn nnnddddd", ldff1_z_p_br, FEAT_SVE, tr_ldff1),
    INSN("1010010o ooo1iiii 101pppnn nnnddddd", ldnf1_z_p_bi, FEAT_SVE, tr_ldnf1),
    INSN("1110010z zoommmmm 010pppnn nnnddddd", st1_z_p_br, FEAT_SVE, tr_st1_reg),
    INSN("1110010z zoo0iiii 111pppnn nnnddddd", st1_z_p_bi, FEAT_SVE, tr_st1_imm),
    INSN("1010010z z00mmmmm 110pppnn nnnddddd", ldnt1_z_p_br, FEAT_SVE, tr_ldnt1_reg),
    INSN("1010010z z000iiii 111pppnn nnnddddd", ldnt1_z_p_bi, FEAT_SVE, tr_ldnt1_imm),
    INSN("1110010z z00mmmmm 011pppnn nnnddddd", stnt1_z_p_br, FEAT_SVE, tr_stnt1_reg),
    INSN("1110010z z001iiii 111pppnn nnnddddd", stnt1_z_p_bi, FEAT_SVE, tr_stnt1_imm),
    STRUCTURE("01", 2),
    STRUCTURE("10", 3),
    STRUCTURE("11", 4),
    INSN("1000010o o1iiiiii 1oopppnn nnnddddd", ld1r_z_p_bi, FEAT_SVE, tr_ld1r),
    REPLICATED("00", ld1rq, FEAT_SVE, 1),
    REPLICATED("01", ld1ro, FEAT_F64MM, 2),
    INSN("10000101 11iiiiii 0zzpppnn nnn0jjjj", prf_i_p_bi, FEAT_SVE, tr_prf),
    INSN("1000010z z00mmmmm 110pppnn nnn0jjjj", prf_i_p_br, FEAT_SVE, tr_prf_reg),
    INSN("1000010z z00iiiii 111pppnn nnn0jjjj", prf_i_p_ai_s, FEAT_SVE, tr_prf),
    INSN("1100010z z00iiiii 111pppnn nnn0jjjj", prf_i_p_ai_d, FEAT_SVE, tr_prf),
    INSN("10000100 0h1mmmmm 0zzpppnn nnn0jjjj", prf_i_p_bz_s, FEAT_SVE, tr_prf),
    INSN("11000100 0h1mmmmm 0zzpppnn nnn0jjjj", prf_i_p_bz_d_x32, FEAT_SVE, tr_prf),
    INSN("11000100 011mmmmm 1zzpppnn nnn0jjjj", prf_i_p_bz_d_64, FEAT_SVE, tr_prf),
    INSN("1000010z zhkmmmmm 0urpppnn nnnddddd", ld1_z_p_bz_s, FEAT_SVE, tr_gather_32),
    WORDS("1000010z z01iiiii 1ur", ld1_z_p_ai_s, FEAT_SVE, tr_gather_imm),
    WORDS("1000010z z00mmmmm 10u", ldnt1_z_p_ar_s, FEAT_SVE2, tr_gather_reg),
    DOUBLEWORDS("1100010z zhkmmmmm 0ur", ld1_z_p_bz_d_x32, FEAT_SVE, tr_gather_32),
    DOUBLEWORDS("1100010z z1kmmmmm 1ur", ld1_z_p_bz_d_64, FEAT_SVE, tr_gather_64),
    DOUBLEWORDS("1100010z z01iiiii 1ur", ld1_z_p_ai_d, FEAT_SVE, tr_gather_imm),
    DOUBLEWORDS("1100010z z00mmmmm 1u0", ldnt1_z_p_ar_d, FEAT_SVE2, tr_gather_reg),
    INSN("1110010z z1kmmmmm 1h0pppnn nnnddddd", st1_z_p_bz_s, FEAT_SVE, tr_scatter_32),
    WORDS("1110010z z11iiiii 101", st1_z_p_ai_s, FEAT_SVE, tr_scatter_imm),
    WORDS("1110010z z10mmmmm 001", stnt1_z_p_ar_s, FEAT_SVE2, tr_scatter_reg),
    DOUBLEWORDS("1110010z z0kmmmmm 1h0", st1_z_p_bz_d_x32, FEAT_SVE, tr_scatter_32),
    DOUBLEWORDS("1110010z z0kmmmmm 101", st1_z_p_bz_d_64, FEAT_SVE, tr_scatter_64),
    DOUBLEWORDS("1110010z z10iiiii 101", st1_z_p_ai_d, FEAT_SVE, tr_scatter_imm),
    DOUBLEWORDS("1110010z z00mmmmm 001", stnt1_z_p_ar_d, FEAT_SVE2, tr_scatter_reg),
    INSN("10000101 10iiiiii 010iiinn nnnddddd", ldr_z_bi, FEAT_SVE, tr_ldr_z),
    INSN("10000101 10iiiiii 000iiinn nnn0dddd", ldr_p_bi, FEAT_SVE, tr_ldr_p),
    INSN("11100101 10iiiiii 010iiinn nnnddddd", str_z_bi, FEAT_SVE, tr_str_z),
    INSN("11100101 10iiiiii 000iiinn nnn0dddd", str_p_bi, FEAT_SVE, tr_str_p),
    /* clang-format on */
};

const struct insn_table insn_sve_mem = {"sve_mem", rows, ARRAY_SIZE(rows)};
