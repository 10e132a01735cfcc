/* Lowerings of Advanced SIMD micro-ops: the table, and what the forms share. See lower_vec.h. */
#include "cpu/jit/lower_vec.h"

#include <string.h>

#include "cpu/jit/lower_fp.h"

/* --- What the host has --- */

static bool host_has(const struct host_features *host, unsigned op)
{
    unsigned map = op >> 8 & 0xff, low = op & 0xff;

    if ((op >> 16 & 0x7f) != 0x0f)
        return true;
    if (op >> 24 == 0)
        return host->sha;
    if (op == X64_PCLMULQDQ)
        return host->pclmul;
    if (op == X64_PALIGNR)
        return host->ssse3;
    if (op == X64_PCMPGTQ)
        return host->sse42;
    if (op == X64_VCVTPH2PS || op == X64_VCVTPS2PH)
        return host->f16c;
    if (map == 0x38 && low < 0x20)
        return host->ssse3;
    if (map == 0x38 && (low == 0xb8 || low == 0xbc))
        return host->fma;
    if (map == 0x38 && low >= 0xdb)
        return host->aes;
    if (map == 0x38 && low >= 0x45)
        return host->avx2;
    return host->sse41;
}

static void need(struct vec *v, unsigned op)
{
    if (!host_has(v->l->host, op))
        v->missing = true;
}

/* --- Operations --- */

void vec_2(struct vec *v, unsigned op, unsigned to, unsigned from)
{
    need(v, op);
    x64_v2(&v->l->code, v->l->host->avx, op, to, from);
}

void vec_2i(struct vec *v, unsigned op, unsigned to, unsigned from, unsigned imm)
{
    vec_2(v, op, to, from);
    x64_u8(&v->l->code, imm);
}

void vec_3(struct vec *v, unsigned op, unsigned to, unsigned a, unsigned b)
{
    need(v, op);
    x64_v3(&v->l->code, v->l->host->avx, op, to, a, b);
}

void vec_3i(struct vec *v, unsigned op, unsigned to, unsigned a, unsigned b, unsigned imm)
{
    vec_3(v, op, to, a, b);
    x64_u8(&v->l->code, imm);
}

void vec_3c(struct vec *v, unsigned op, unsigned to, unsigned a, uint64_t low, uint64_t high)
{
    need(v, op);
    lower_constant(v->l, x64_v3_rip(&v->l->code, v->l->host->avx, op, to, a), low, high);
}

void vec_3k(struct vec *v, unsigned op, unsigned to, unsigned a, unsigned bits, uint64_t value)
{
    uint64_t half = vec_splat(bits, value);

    vec_3c(v, op, to, a, half, half);
}

void vec_shift_op(struct vec *v, enum x64_lane_shift op, unsigned to, unsigned a, unsigned amount)
{
    x64_vshift(&v->l->code, v->l->host->avx, op, to, a, amount);
}

void vec_zero(struct vec *v, unsigned to)
{
    vec_3(v, X64_PXOR, to, to, to);
}

void vec_ones(struct vec *v, unsigned to)
{
    vec_3(v, X64_PCMPEQD, to, to, to);
}

void vec_constant(struct vec *v, unsigned to, uint64_t low, uint64_t high)
{
    if (!(low | high))
        vec_zero(v, to);
    else if (!~(low & high))
        vec_ones(v, to);
    else
        lower_constant(v->l, x64_vload_rip(&v->l->code, to), low, high);
}

unsigned vec_size(unsigned bits)
{
    return (unsigned)__builtin_ctz(bits / 8);
}

uint64_t vec_splat(unsigned bits, uint64_t value)
{
    return (value & bits_ones(bits)) * (~0ull / bits_ones(bits));
}

/* --- Operands and results --- */

unsigned vec_n(struct vec *v)
{
    return lower_vin(v->l, v->uop->a, 0);
}

unsigned vec_m(struct vec *v)
{
    unsigned m = lower_vin(v->l, v->uop->b, 1);

    if (!v->row->element)
        return m;
    vec_broadcast(v, v->row->bits, 1, m, v->uop->y);
    return 1;
}

unsigned vec_d(struct vec *v)
{
    return lower_vin(v->l, v->uop->d, 2);
}

unsigned vec_to(struct vec *v)
{
    return v->bytes == 16 ? lower_vout(v->l, v->uop->d, 0) : 0;
}

void vec_end(struct vec *v, unsigned xmm)
{
    v->result = xmm;
}

void vec_end_2(struct vec *v, unsigned op, unsigned from)
{
    v->result = vec_to(v);
    vec_2(v, op, v->result, from);
}

void vec_end_3(struct vec *v, unsigned op, unsigned a, unsigned b)
{
    unsigned to = vec_to(v);

    if (!v->l->host->avx && to == b && to != a) /* the two-operand form wants another place */
        to = a < 4 ? a : 3;
    vec_3(v, op, to, a, b);
    v->result = to;
}

void vec_end_not(struct vec *v, unsigned a)
{
    unsigned t = a == 3 ? 2 : 3;

    vec_ones(v, t);
    vec_end_3(v, X64_PXOR, a, t);
}

bool vec_is_simple(const struct vec_row *row, const struct uop *uop)
{
    bool shifts = row->form == vec_shl || row->form == vec_shr;

    return uop->x == 16 && (row->form == vec_two ||
                            (shifts && row->bits > 8 && !(row->is_signed && row->bits == 64)));
}

unsigned vec_simple_in(struct vec *v, unsigned number, unsigned busy)
{
    struct lower *l = v->l;

    if (l->region->vhome[number] != HOME_NONE)
        return lower_vin(l, number, 0);
    for (unsigned xmm = 0; xmm < 4; xmm++)
        if (l->kept.of[xmm] == number)
            return xmm;
    l->kept.next += l->kept.next % 4 == busy;
    l->kept.of[l->kept.next % 4] = (uint8_t)number;
    return lower_vin(l, number, l->kept.next++ % 4);
}

unsigned vec_simple_out(struct vec *v)
{
    struct lower *l = v->l;
    unsigned d = v->uop->d;

    if (l->region->vhome[d] != HOME_NONE)
        return l->region->vhome[d];
    for (unsigned xmm = 0; xmm < 4; xmm++)
        if (l->kept.of[xmm] == d)
            return xmm; /* what it has is overwritten anyway */
    l->kept.of[l->kept.next % 4] = (uint8_t)d;
    return l->kept.next++ % 4;
}

/* Zeroes what does not count, and puts the result where it belongs. */
static void write_result(struct vec *v)
{
    unsigned to = lower_vout(v->l, v->uop->d, 0);

    if (v->bytes == 8)
        vec_2(v, X64_MOVQ_LOAD, to, v->result);
    else if (v->bytes < 8)
        vec_3c(v, X64_PAND, to, v->result, bits_ones(8 * v->bytes), 0);
    lower_vdone(v->l, v->uop->d, v->bytes == 16 ? v->result : to);
}

/* --- The table: a row for each micro-op that has a lowering --- */

#define ROW(name, lane_bits, ...)                                                                  \
    [UOP_v##name##lane_bits - UOP_fmov32] = {.bits = lane_bits, __VA_ARGS__}
#define OP(f, opcode)            .form = vec_##f, .op = X64_##opcode
#define HS(name, ...)            ROW(name, 16, __VA_ARGS__), ROW(name, 32, __VA_ARGS__)
#define SD(name, ...)            ROW(name, 32, __VA_ARGS__), ROW(name, 64, __VA_ARGS__)
#define HSD(name, ...)           ROW(name, 16, __VA_ARGS__), SD(name, __VA_ARGS__)
#define BHS(name, ...)           ROW(name, 8, __VA_ARGS__), HS(name, __VA_ARGS__)
#define BHSD(name, ...)          BHS(name, __VA_ARGS__), ROW(name, 64, __VA_ARGS__)
#define OP2(name, f, b, h)       ROW(name, 8, OP(f, b)), ROW(name, 16, OP(f, h))
#define OP3(name, f, b, h, s)    OP2(name, f, b, h), ROW(name, 32, OP(f, s))
#define OP4(name, f, b, h, s, d) OP3(name, f, b, h, s), ROW(name, 64, OP(f, d))
#define FORM(f)                  .form = vec_##f
#define SIGNED                   .is_signed = true
#define ELEMENT                  .element = true
#define SUBTRACT                 .op = 1
#define FP(f, opcode)            .form = vec_fp_##f, .op = opcode, .floating = true
#define HALF(f, opcode)          .form = vec_half_##f, .op = opcode, .floating = true, TO_INTEGERS
#define TINY                     .op2 = 1
#define TO_INTEGERS              .to_integers = true
#define UNSIGNED_RESULT          .op = 1
#define ROUNDED                  .op2 = 1
#define PLAIN(name, ...)         [UOP_##name - UOP_fmov32] = {__VA_ARGS__}

static const struct vec_row rows[] = {
    /* clang-format off */
    PLAIN(fmov_vw, FORM(from_general), .bits = 32),
    PLAIN(fmov_vx, FORM(from_general), .bits = 64),
    PLAIN(fmov_vhx, FORM(high_from_general)),
    PLAIN(vmov, FORM(mov)),
    PLAIN(vmovi, FORM(movi)),
    BHSD(dup_gen, FORM(dup_gen)),
    BHSD(dup_elem, FORM(dup_elem)),
    BHSD(ins_gen, FORM(ins_gen)),
    BHSD(ins_elem, FORM(ins_elem)),

    BHSD(zip1, FORM(zip), .op = 0),
    BHSD(zip2, FORM(zip), .op = 1),
    BHSD(uzp1, FORM(uzp), .op = 0),
    BHSD(uzp2, FORM(uzp), .op = 1),
    BHSD(trn1, FORM(trn), .op = 0),
    BHSD(trn2, FORM(trn), .op = 1),
    PLAIN(vext, FORM(ext)),
    PLAIN(vtbl, FORM(tbl)),
    PLAIN(vtbx, FORM(tbx)),

    PLAIN(aese, OP(aes_last, AESENCLAST)),
    PLAIN(aesd, OP(aes_last, AESDECLAST)),
    PLAIN(aesmc, FORM(aesmc)),
    PLAIN(aesimc, FORM(aesimc)),
    PLAIN(pmull64, FORM(pmull64)),
    PLAIN(sha1c, FORM(sha1_rounds), .op = 0),
    PLAIN(sha1p, FORM(sha1_rounds), .op = 1),
    PLAIN(sha1m, FORM(sha1_rounds), .op = 2),
    PLAIN(sha1h, FORM(sha1h)),
    PLAIN(sha1su0, FORM(sha1su0)),
    PLAIN(sha1su1, FORM(sha1su1)),
    PLAIN(sha256h, FORM(sha256h), .op = 0),
    PLAIN(sha256h2, FORM(sha256h), .op = 1),
    PLAIN(sha256su0, FORM(sha256su0)),
    PLAIN(sha256su1, FORM(sha256su1)),
    PLAIN(sha512h, FORM(sha512h)),
    PLAIN(sha512h2, FORM(sha512h2)),
    PLAIN(sha512su0, FORM(sha512su0)),
    PLAIN(sha512su1, FORM(sha512su1)),
    PLAIN(eor3, FORM(eor3)),
    PLAIN(bcax, FORM(bcax)),
    PLAIN(rax1, FORM(rax1)),
    PLAIN(xar, FORM(xar)),

    ROW(and, 64, OP(two, PAND)),
    ROW(bic, 64, OP(two_swapped, PANDN)),
    ROW(orr, 64, OP(two, POR)),
    ROW(orn, 64, FORM(orn)),
    ROW(eor, 64, OP(two, PXOR)),
    ROW(bsl, 64, FORM(bsl)),
    ROW(bit, 64, FORM(bit)),
    ROW(bif, 64, FORM(bif)),
    ROW(not, 64, FORM(not)),
    ROW(bici, 64, OP(with_imm, PAND)),
    ROW(orri, 64, OP(with_imm, POR)),

    OP4(add, two, PADDB, PADDW, PADDD, PADDQ),
    OP4(sub, two, PSUBB, PSUBW, PSUBD, PSUBQ),
    BHS(mul, FORM(mul)),
    BHS(mla, FORM(mla)),
    BHS(mls, FORM(mls)),
    HS(mul_elem, FORM(mul), ELEMENT),
    HS(mla_elem, FORM(mla), ELEMENT),
    HS(mls_elem, FORM(mls), ELEMENT),
    ROW(pmul, 8, FORM(pmul)),
    ROW(pmull, 8, FORM(pmull)),
    BHS(shadd, FORM(hadd), SIGNED),
    BHS(uhadd, FORM(hadd)),
    BHS(srhadd, FORM(rhadd), SIGNED),
    OP2(urhadd, two, PAVGB, PAVGW),
    ROW(urhadd, 32, FORM(rhadd)),
    BHS(shsub, FORM(hsub), SIGNED),
    BHS(uhsub, FORM(hsub)),
    OP3(smax, two, PMAXSB, PMAXSW, PMAXSD),
    OP3(umax, two, PMAXUB, PMAXUW, PMAXUD),
    OP3(smin, two, PMINSB, PMINSW, PMINSD),
    OP3(umin, two, PMINUB, PMINUW, PMINUD),
    BHS(sabd, FORM(abd), SIGNED),
    BHS(uabd, FORM(abd)),
    BHS(saba, FORM(aba), SIGNED),
    BHS(uaba, FORM(aba)),
    BHSD(cmgt, FORM(cmgt)),
    BHSD(cmge, FORM(cmge)),
    BHS(cmhi, FORM(cmhi)),
    ROW(cmhi, 64, FORM(cmhi64)),
    BHS(cmhs, FORM(cmhs)),
    ROW(cmhs, 64, FORM(cmhs64)),
    OP4(cmeq, two, PCMPEQB, PCMPEQW, PCMPEQD, PCMPEQQ),
    BHSD(cmtst, FORM(cmtst)),
    ROW(sqadd, 8, OP(saturating, PADDSB), .op2 = X64_PADDB),
    ROW(sqadd, 16, OP(saturating, PADDSW), .op2 = X64_PADDW),
    ROW(uqadd, 8, OP(saturating, PADDUSB), .op2 = X64_PADDB),
    ROW(uqadd, 16, OP(saturating, PADDUSW), .op2 = X64_PADDW),
    ROW(sqsub, 8, OP(saturating, PSUBSB), .op2 = X64_PSUBB),
    ROW(sqsub, 16, OP(saturating, PSUBSW), .op2 = X64_PSUBW),
    ROW(uqsub, 8, OP(saturating, PSUBUSB), .op2 = X64_PSUBB),
    ROW(uqsub, 16, OP(saturating, PSUBUSW), .op2 = X64_PSUBW),
    SD(sqadd, FORM(qadd_signed)),
    SD(uqadd, FORM(qadd_unsigned)),
    SD(sqsub, FORM(qadd_signed), SUBTRACT),
    SD(uqsub, FORM(qadd_unsigned), SUBTRACT),
    HS(sqdmulh, FORM(qdmulh)),
    HS(sqrdmulh, FORM(qdmulh), ROUNDED),
    HS(sqdmulh_elem, FORM(qdmulh), ELEMENT),
    HS(sqrdmulh_elem, FORM(qdmulh), ROUNDED, ELEMENT),
    HS(sqrdmlah, FORM(qrdmlah)),
    HS(sqrdmlsh, FORM(qrdmlah), SUBTRACT),
    HS(sqrdmlah_elem, FORM(qrdmlah), ELEMENT),
    HS(sqrdmlsh_elem, FORM(qrdmlah), SUBTRACT, ELEMENT),
    ROW(sdot, 32, FORM(dot), SIGNED, .op = 1),
    ROW(udot, 32, FORM(dot)),
    ROW(usdot, 32, FORM(dot), .op = 1),
    ROW(sdot_elem, 32, FORM(dot), SIGNED, .op = 1, ELEMENT),
    ROW(udot_elem, 32, FORM(dot), ELEMENT),
    ROW(usdot_elem, 32, FORM(dot), .op = 1, ELEMENT),
    ROW(sudot_elem, 32, FORM(dot), SIGNED, ELEMENT),
    ROW(smmla, 32, FORM(matrix), SIGNED, .op = 1),
    ROW(ummla, 32, FORM(matrix)),
    ROW(usmmla, 32, FORM(matrix), .op = 1),
    ROW(sshl, 8, FORM(shift_bytes_by), SIGNED),
    ROW(sshl, 16, FORM(shift_halves_by), SIGNED),
    ROW(sshl, 32, FORM(shift_by), SIGNED),
    ROW(ushl, 8, FORM(shift_bytes_by)),
    ROW(ushl, 16, FORM(shift_halves_by)),
    SD(ushl, FORM(shift_by)),
    ROW(srshl, 8, FORM(shift_bytes_by), SIGNED, ROUNDED),
    ROW(srshl, 16, FORM(shift_halves_by), SIGNED, ROUNDED),
    ROW(srshl, 32, FORM(shift_by), SIGNED, ROUNDED),
    ROW(urshl, 8, FORM(shift_bytes_by), ROUNDED),
    ROW(urshl, 16, FORM(shift_halves_by), ROUNDED),
    SD(urshl, FORM(shift_by), ROUNDED),
    ROW(sqshl, 32, FORM(qshift_by), SIGNED),
    ROW(uqshl, 32, FORM(qshift_by)),
    ROW(sqrshl, 32, FORM(qshift_by), SIGNED, ROUNDED),
    ROW(uqrshl, 32, FORM(qshift_by), ROUNDED),

    OP4(addp, pairs, PADDB, PADDW, PADDD, PADDQ),
    OP3(smaxp, pairs, PMAXSB, PMAXSW, PMAXSD),
    OP3(umaxp, pairs, PMAXUB, PMAXUW, PMAXUD),
    OP3(sminp, pairs, PMINSB, PMINSW, PMINSD),
    OP3(uminp, pairs, PMINUB, PMINUW, PMINUD),
    ROW(addp_scalar, 64, OP(pair, PADDQ)),
    BHS(saddlp, FORM(pairs_long), SIGNED),
    BHS(uaddlp, FORM(pairs_long)),
    BHS(sadalp, FORM(pairs_long_add), SIGNED),
    BHS(uadalp, FORM(pairs_long_add)),
    ROW(addv, 8, FORM(across_bytes), .op2 = 1),
    ROW(addv, 16, OP(across, PADDW)),
    ROW(addv, 32, OP(across, PADDD)),
    OP3(smaxv, across, PMAXSB, PMAXSW, PMAXSD),
    OP3(umaxv, across, PMAXUB, PMAXUW, PMAXUD),
    OP3(sminv, across, PMINSB, PMINSW, PMINSD),
    OP3(uminv, across, PMINUB, PMINUW, PMINUD),
    BHS(saddlv, FORM(across_long), SIGNED),
    ROW(uaddlv, 8, FORM(across_bytes), .op2 = 2),
    HS(uaddlv, FORM(across_long)),

    BHS(saddl, FORM(long), SIGNED),
    BHS(uaddl, FORM(long)),
    BHS(ssubl, FORM(long), SIGNED, SUBTRACT),
    BHS(usubl, FORM(long), SUBTRACT),
    BHS(saddw, FORM(wide), SIGNED),
    BHS(uaddw, FORM(wide)),
    BHS(ssubw, FORM(wide), SIGNED, SUBTRACT),
    BHS(usubw, FORM(wide), SUBTRACT),
    BHS(sabdl, FORM(abdl), SIGNED),
    BHS(uabdl, FORM(abdl)),
    BHS(sabal, FORM(abal), SIGNED),
    BHS(uabal, FORM(abal)),
    BHS(smull, FORM(mull), SIGNED),
    BHS(umull, FORM(mull)),
    BHS(smlal, FORM(mlal), SIGNED),
    BHS(umlal, FORM(mlal)),
    BHS(smlsl, FORM(mlal), SIGNED, SUBTRACT),
    BHS(umlsl, FORM(mlal), SUBTRACT),
    HS(smull_elem, FORM(mull), SIGNED, ELEMENT),
    HS(umull_elem, FORM(mull), ELEMENT),
    HS(smlal_elem, FORM(mlal), SIGNED, ELEMENT),
    HS(umlal_elem, FORM(mlal), ELEMENT),
    HS(smlsl_elem, FORM(mlal), SIGNED, SUBTRACT, ELEMENT),
    HS(umlsl_elem, FORM(mlal), SUBTRACT, ELEMENT),
    HS(sqdmull, FORM(qdmull), SIGNED),
    HS(sqdmlal, FORM(qdmlal), SIGNED),
    HS(sqdmlsl, FORM(qdmlal), SIGNED, SUBTRACT),
    HS(sqdmull_elem, FORM(qdmull), SIGNED, ELEMENT),
    HS(sqdmlal_elem, FORM(qdmlal), SIGNED, ELEMENT),
    HS(sqdmlsl_elem, FORM(qdmlal), SIGNED, SUBTRACT, ELEMENT),
    BHS(addhn, FORM(addhn)),
    BHS(raddhn, FORM(addhn), ROUNDED),
    BHS(subhn, FORM(addhn), SUBTRACT),
    BHS(rsubhn, FORM(addhn), SUBTRACT, ROUNDED),

    BHSD(shl, FORM(shl)),
    BHSD(sshr, FORM(shr), SIGNED),
    BHSD(ushr, FORM(shr)),
    BHSD(ssra, FORM(shr_add), SIGNED),
    BHSD(usra, FORM(shr_add)),
    BHSD(srshr, FORM(rshr), SIGNED),
    BHSD(urshr, FORM(rshr)),
    BHSD(srsra, FORM(rshr_add), SIGNED),
    BHSD(ursra, FORM(rshr_add)),
    BHSD(sli, FORM(sli)),
    BHSD(sri, FORM(sri)),
    BHSD(sqshli, FORM(qshl), SIGNED),
    BHSD(uqshli, FORM(qshl)),
    BHS(sshll, FORM(shll), SIGNED),
    BHS(ushll, FORM(shll)),
    BHS(shrn, FORM(xtn)),
    BHS(rshrn, FORM(xtn), ROUNDED),
    BHS(xtn, FORM(xtn)),
    BHS(sqshrn, FORM(qxtn), SIGNED),
    BHS(uqshrn, FORM(qxtn), UNSIGNED_RESULT),
    BHS(sqshrun, FORM(qxtn), SIGNED, UNSIGNED_RESULT),
    BHS(sqrshrn, FORM(qxtn), SIGNED, ROUNDED),
    BHS(uqrshrn, FORM(qxtn), UNSIGNED_RESULT, ROUNDED),
    BHS(sqrshrun, FORM(qxtn), SIGNED, UNSIGNED_RESULT, ROUNDED),

    BHSD(neg, FORM(neg)),
    OP3(abs, abs, PABSB, PABSW, PABSD),
    ROW(abs, 64, FORM(abs64)),
    BHSD(sqabs, FORM(qabs)),
    BHSD(sqneg, FORM(qabs), SUBTRACT),
    BHSD(cmgtz, FORM(cmgtz)),
    BHSD(cmgez, FORM(cmgez)),
    BHSD(cmeqz, FORM(cmeqz)),
    BHSD(cmlez, FORM(cmlez)),
    BHSD(cmltz, FORM(cmltz)),
    HSD(fabs, OP(sign, PAND)),
    HSD(fneg, OP(sign, PXOR)),
    BHS(clz, FORM(clz)),
    BHS(cls, FORM(cls)),
    ROW(cnt, 8, FORM(cnt)),
    ROW(rbit, 8, FORM(rbit)),
    ROW(rev64_8_, 64, FORM(rev), .op = 8),
    ROW(rev64_16_, 64, FORM(rev), .op = 16),
    ROW(rev64_32_, 64, FORM(rev), .op = 32),
    ROW(rev32_8_, 32, FORM(rev), .op = 8),
    ROW(rev32_16_, 32, FORM(rev), .op = 16),
    ROW(rev16_8_, 16, FORM(rev), .op = 8),

    SD(fadd, FP(two, 0x58)),
    SD(fsub, FP(two, 0x5c)),
    SD(fmul, FP(two, 0x59), TINY),
    SD(fmul_elem, FP(two, 0x59), TINY, ELEMENT),
    SD(fmulx, FP(mulx, 0x59), TINY),
    SD(fmulx_elem, FP(mulx, 0x59), TINY, ELEMENT),
    SD(fdiv, FP(two, 0x5e), TINY),
    SD(fabd, FP(abd, 0)),
    SD(fsqrt, FP(sqrt, 0x51)),
    SD(fmla, FP(fused, 0x660f38b8)),
    SD(fmla_elem, FP(fused, 0x660f38b8), ELEMENT),
    SD(fmls, FP(fused, 0x660f38bc)),
    SD(fmls_elem, FP(fused, 0x660f38bc), ELEMENT),
    SD(fmax, FP(extreme, 0x5f)),
    SD(fmin, FP(extreme, 0x5d)),
    SD(fmaxnm, FP(extreme, 0x5f)),
    SD(fminnm, FP(extreme, 0x5d)),
    ROW(fmaxv, 32, FP(across, 0x5f)),
    ROW(fminv, 32, FP(across, 0x5d)),
    ROW(fmaxnmv, 32, FP(across, 0x5f)),
    ROW(fminnmv, 32, FP(across, 0x5d)),
    SD(faddp, FP(pairs, 0)),
    SD(fmaxp, FP(pairs_extreme, 0x5f)),
    SD(fminp, FP(pairs_extreme, 0x5d)),
    SD(fmaxnmp, FP(pairs_extreme, 0x5f)),
    SD(fminnmp, FP(pairs_extreme, 0x5d)),
    SD(faddp_scalar, FP(pair, 0)),
    SD(fmaxp_scalar, FP(pair_extreme, 0x5f)),
    SD(fminp_scalar, FP(pair_extreme, 0x5d)),
    SD(fmaxnmp_scalar, FP(pair_extreme, 0x5f)),
    SD(fminnmp_scalar, FP(pair_extreme, 0x5d)),
    SD(fcmeq, FP(compare, 0)),
    SD(fcmge, FP(compare, 2), .op2 = VEC_SWAPPED),
    SD(fcmgt, FP(compare, 1), .op2 = VEC_SWAPPED),
    SD(facge, FP(compare, 2), .op2 = VEC_SWAPPED | VEC_MAGNITUDES),
    SD(facgt, FP(compare, 1), .op2 = VEC_SWAPPED | VEC_MAGNITUDES),
    SD(fcmeqz, FP(compare, 0), .op2 = VEC_WITH_ZERO),
    SD(fcmgez, FP(compare, 2), .op2 = VEC_SWAPPED | VEC_WITH_ZERO),
    SD(fcmgtz, FP(compare, 1), .op2 = VEC_SWAPPED | VEC_WITH_ZERO),
    SD(fcmlez, FP(compare, 2), .op2 = VEC_WITH_ZERO),
    SD(fcmltz, FP(compare, 1), .op2 = VEC_WITH_ZERO),
    SD(frint, FP(round, 0)),
    ROW(scvtf, 32, FP(from_signed, 0)),
    ROW(ucvtf, 32, FP(from_unsigned, 0)),
    ROW(scvtf, 64, FP(from_doublewords, 0), SIGNED),
    ROW(ucvtf, 64, FP(from_doublewords, 0)),
    ROW(fcvts, 32, FP(to_signed, 0), SIGNED, TO_INTEGERS),
    ROW(fcvtu, 32, FP(to_unsigned, 0), TO_INTEGERS),
    ROW(fcvts, 64, FP(to_doublewords, 0), SIGNED, TO_INTEGERS),
    ROW(fcvtu, 64, FP(to_doublewords, 0), TO_INTEGERS),
    ROW(fcvtl, 16, FP(long_half, 0)),
    ROW(fcvtl, 32, FP(long, 0)),
    ROW(fcvtn, 16, FP(narrow_half, 0), TO_INTEGERS),
    ROW(fcvtn, 32, FP(narrow, 0)),
    SD(frecps, FP(step, 0x660f38bc)),
    SD(frsqrts, FP(step, 0x660f38bc), .op2 = 1),
    SD(fcadd, FP(complex_add, 0)),
    SD(fcmla, FP(complex_fused, 0x660f38b8)),
    ROW(fcmla_elem, 32, FP(complex_fused, 0x660f38b8), ELEMENT),
    ROW(fmlal, 32, FP(fused_long, 0x660f38b8)),
    ROW(fmlsl, 32, FP(fused_long, 0x660f38bc)),
    ROW(fmlal_elem, 32, FP(fused_long, 0x660f38b8), ELEMENT),
    ROW(fmlsl_elem, 32, FP(fused_long, 0x660f38bc), ELEMENT),

    ROW(bfmlal, 32, FP(fused_bfloat, 0x660f38b8)),
    ROW(bfmlal_elem, 32, FP(fused_bfloat, 0x660f38b8), ELEMENT),
    ROW(bfcvtn, 16, FP(narrow_bfloat, 0), TO_INTEGERS),
    ROW(frecpe, 16, FP(recip_estimate, 0), TO_INTEGERS),
    SD(frecpe, FP(recip_estimate, 0)),
    ROW(frsqrte, 16, FP(rsqrt_estimate, 0), TO_INTEGERS),
    SD(frsqrte, FP(rsqrt_estimate, 0)),
    ROW(frecpx, 16, FP(recpx, 0), TO_INTEGERS),
    SD(frecpx, FP(recpx, 0)),

    ROW(fadd, 16, HALF(two, 0x58)),
    ROW(fsub, 16, HALF(two, 0x5c)),
    ROW(fmul, 16, HALF(two, 0x59), TINY),
    ROW(fmul_elem, 16, HALF(two, 0x59), TINY, ELEMENT),
    ROW(fmulx, 16, HALF(mulx, 0x59), TINY),
    ROW(fmulx_elem, 16, HALF(mulx, 0x59), TINY, ELEMENT),
    ROW(fdiv, 16, HALF(two, 0x5e), TINY),
    ROW(fabd, 16, HALF(abd, 0x5c)),
    ROW(fsqrt, 16, HALF(sqrt, 0x51)),
    ROW(fmla, 16, HALF(fused, 0x660f38b8)),
    ROW(fmla_elem, 16, HALF(fused, 0x660f38b8), ELEMENT),
    ROW(fmls, 16, HALF(fused, 0x660f38bc)),
    ROW(fmls_elem, 16, HALF(fused, 0x660f38bc), ELEMENT),
    ROW(fmax, 16, HALF(extreme, X64_PMAXSW)),
    ROW(fmin, 16, HALF(extreme, X64_PMINSW)),
    ROW(fmaxnm, 16, HALF(extreme, X64_PMAXSW)),
    ROW(fminnm, 16, HALF(extreme, X64_PMINSW)),
    ROW(faddp, 16, HALF(pairs, 0x58)),
    ROW(fmaxp, 16, HALF(pairs_extreme, X64_PMAXSW)),
    ROW(fminp, 16, HALF(pairs_extreme, X64_PMINSW)),
    ROW(fmaxnmp, 16, HALF(pairs_extreme, X64_PMAXSW)),
    ROW(fminnmp, 16, HALF(pairs_extreme, X64_PMINSW)),
    ROW(faddp_scalar, 16, HALF(pair, 0x58)),
    ROW(fmaxp_scalar, 16, HALF(pair_extreme, X64_PMAXSW)),
    ROW(fminp_scalar, 16, HALF(pair_extreme, X64_PMINSW)),
    ROW(fmaxnmp_scalar, 16, HALF(pair_extreme, X64_PMAXSW)),
    ROW(fminnmp_scalar, 16, HALF(pair_extreme, X64_PMINSW)),
    ROW(fcmeq, 16, HALF(compare, 0)),
    ROW(fcmge, 16, HALF(compare, 2), .op2 = VEC_SWAPPED),
    ROW(fcmgt, 16, HALF(compare, 1), .op2 = VEC_SWAPPED),
    ROW(facge, 16, HALF(compare, 2), .op2 = VEC_SWAPPED | VEC_MAGNITUDES),
    ROW(facgt, 16, HALF(compare, 1), .op2 = VEC_SWAPPED | VEC_MAGNITUDES),
    ROW(fcmeqz, 16, HALF(compare, 0), .op2 = VEC_WITH_ZERO),
    ROW(fcmgez, 16, HALF(compare, 2), .op2 = VEC_SWAPPED | VEC_WITH_ZERO),
    ROW(fcmgtz, 16, HALF(compare, 1), .op2 = VEC_SWAPPED | VEC_WITH_ZERO),
    ROW(fcmlez, 16, HALF(compare, 2), .op2 = VEC_WITH_ZERO),
    ROW(fcmltz, 16, HALF(compare, 1), .op2 = VEC_WITH_ZERO),
    ROW(frint, 16, HALF(round, 0)),
    ROW(fcvts, 16, HALF(to_integers, 0), SIGNED),
    ROW(fcvtu, 16, HALF(to_integers, 0)),
    ROW(scvtf, 16, HALF(from_integers, 0), SIGNED),
    ROW(ucvtf, 16, HALF(from_integers, 0)),
    /* clang-format on */
};

/* --- One micro-op --- */

static const struct vec_row *row_of(const struct uop *uop)
{
    unsigned index = uop->op - UOP_fmov32;

    return uop->op < UOP_fmov32 || index >= ARRAY_SIZE(rows) || !rows[index].form ? NULL
                                                                                  : &rows[index];
}

bool lower_vector_is_noted(const struct uop *uop, bool wide)
{
    const struct vec_row *row = row_of(uop);

    if (!row || !row->floating || row->to_integers || row->form == vec_fp_narrow)
        return false;
    return wide == (row->bits == 64 || row->form == vec_fp_long);
}

bool lower_vector_is_simple(const struct lower *l, const struct uop *uop)
{
    const struct vec_row *row = row_of(uop);

    return row && l->host->avx && vec_is_simple(row, uop) && host_has(l->host, row->op);
}

void lower_vector_keep(struct lower *l, const struct uop *uop)
{
    const struct vec_row *row = uop ? row_of(uop) : NULL;

    if (uop && (uop->op < UOP_crc32 || uop->op == UOP_zmark) && !*uop_info[uop->op].effects)
        return; /* arithmetic on general registers */
    if (uop && uop->op == UOP_zzero) {
        for (unsigned xmm = 0; xmm < 4; xmm++)
            if (l->kept.of[xmm] >= V_HIGH && l->kept.of[xmm] % V_HIGH == uop->x)
                l->kept.of[xmm] = HOME_NONE;
        return;
    }
    if (!row || !vec_is_simple(row, uop))
        memset(l->kept.of, HOME_NONE, sizeof(l->kept.of));
}

bool lower_vector(struct lower *l, const struct uop *uop)
{
    struct vec v = {.l = l, .uop = uop};
    struct x64 code = l->code;
    struct regset valid = l->valid;
    unsigned constants = l->constants, uses = l->constant_uses, stubs = l->stubs;

    v.row = row_of(uop);
    if (!v.row || !(lower_constants_left(l) || lower_vector_is_simple(l, uop)))
        return lower_to_general(l, uop) || lower_structures(l, uop);
    v.bytes = strchr(uop_info[uop->op].operands, 'x') ? uop->x : 16;
    if (v.row->floating && !l->host->avx)
        return false;
    v.row->form(&v);
    if (v.missing) {
        lower_vector_keep(l, NULL);
        l->stubs = stubs;
        l->code = code;
        l->valid = valid;
        l->constants = constants;
        l->constant_uses = uses;
        return false;
    }
    write_result(&v);
    if (v.stub)
        v.stub->back = l->code.at;
    return true;
}
