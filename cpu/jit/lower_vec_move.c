/* Forms of Advanced SIMD lowerings: moves to and from general registers, lanes and permutes. */
#include "cpu/jit/lower_vec.h"

const unsigned vec_unpack_low[4] = {X64_PUNPCKLBW, X64_PUNPCKLWD, X64_PUNPCKLDQ, X64_PUNPCKLQDQ};
const unsigned vec_unpack_high[4] = {X64_PUNPCKHBW, X64_PUNPCKHWD, X64_PUNPCKHDQ, X64_PUNPCKHQDQ};

/* --- Moves --- */

void vec_mov(struct vec *v)
{
    vec_end(v, vec_n(v));
}

/* MOVI, MVNI, FMOV (immediate) */
void vec_movi(struct vec *v)
{
    bool both = v->bytes == 16;
    unsigned to;

    v->bytes = 16;
    to = vec_to(v);
    vec_constant(v, to, v->uop->imm, both ? v->uop->imm : 0);
    vec_end(v, to);
}

/* XMM `to` = the general register, and zero above. */
static void from_general(struct vec *v, bool wide, unsigned to)
{
    enum x64_reg a = lower_in(v->l, wide, v->uop->a, RAX);

    x64_op_reg(&v->l->code, wide, X64_MOVD_LOAD, to, a);
}

void vec_from_general(struct vec *v)
{
    unsigned to = vec_to(v);

    from_general(v, v->row->bits == 64, to);
    vec_end(v, to);
}

void vec_high_from_general(struct vec *v)
{
    from_general(v, true, 3);
    vec_end_3(v, X64_PUNPCKLQDQ, vec_d(v), 3);
}

/* --- One lane everywhere --- */

/* Of halves: within the half of the register, then to the rest. */
static void broadcast_half(struct vec *v, unsigned to, unsigned a, unsigned y)
{
    vec_2i(v, y < 4 ? X64_PSHUFLW : X64_PSHUFHW, to, a, (y & 3) * 0x55);
    vec_2i(v, X64_PSHUFD, to, to, y < 4 ? 0x00 : 0xaa);
}

void vec_broadcast(struct vec *v, unsigned bits, unsigned to, unsigned a, unsigned y)
{
    switch (bits) {
    case 8:
        if (v->l->host->ssse3) {
            vec_3k(v, X64_PSHUFB, to, a, 8, y);
            break;
        }
        vec_3(v, y < 8 ? X64_PUNPCKLBW : X64_PUNPCKHBW, to, a, a);
        broadcast_half(v, to, to, y & 7);
        break;
    case 16:
        if (v->l->host->ssse3)
            vec_3k(v, X64_PSHUFB, to, a, 16, 0x0202 * y + 0x0100);
        else
            broadcast_half(v, to, a, y);
        break;
    case 32:
        vec_2i(v, X64_PSHUFD, to, a, y * 0x55);
        break;
    default:
        vec_2i(v, X64_PSHUFD, to, a, y ? 0xee : 0x44);
    }
}

void vec_dup_gen(struct vec *v)
{
    unsigned to = vec_to(v);

    from_general(v, v->row->bits == 64, to);
    vec_broadcast(v, v->row->bits, to, to, 0);
    vec_end(v, to);
}

void vec_dup_elem(struct vec *v)
{
    unsigned n = vec_n(v), to = vec_to(v);

    if (8 * v->bytes == v->row->bits && v->uop->y) /* DUP (element, scalar) */
        vec_shift_op(v, X64_PSRLDQ, to, n, v->uop->y * v->bytes);
    else if (8 * v->bytes == v->row->bits)
        to = n;
    else
        vec_broadcast(v, v->row->bits, to, n, v->uop->y);
    vec_end(v, to);
}

/* --- One lane of d: another stays as it is --- */

void vec_ins_gen(struct vec *v)
{
    static const unsigned ops[] = {X64_PINSRB, X64_PINSRW, X64_PINSRD};
    unsigned d = vec_d(v), y = v->uop->y;
    bool wide = v->row->bits == 64;
    enum x64_reg a;

    if (wide) {
        from_general(v, true, 3);
        vec_3(v, y ? X64_PUNPCKLQDQ : X64_MOVSD, d, d, 3);
    } else {
        a = lower_in(v->l, false, v->uop->a, RAX);
        vec_3i(v, ops[vec_size(v->row->bits)], d, d, a, y);
    }
    vec_end(v, d);
}

/* Where the host moves bytes and halves: through RAX. */
static void insert_small(struct vec *v, unsigned d, unsigned n)
{
    bool is_byte = v->row->bits == 8;
    unsigned y = v->uop->y;

    vec_2i(v, X64_PEXTRW, RAX, n, is_byte ? y / 2 : y);
    if (is_byte && (y & 1))
        x64_shift_imm(&v->l->code, false, SHIFT_SHR, RAX, 8);
    vec_3i(v, is_byte ? X64_PINSRB : X64_PINSRW, d, d, RAX, v->uop->x);
}

void vec_ins_elem(struct vec *v)
{
    unsigned n = vec_n(v), d = vec_d(v), x = v->uop->x, y = v->uop->y;

    v->bytes = 16;
    if (v->row->bits < 32) {
        insert_small(v, d, n);
    } else if (v->row->bits == 32) {
        vec_3i(v, X64_INSERTPS, d, d, n, y << 6 | x << 4);
    } else if (x) {
        vec_3i(v, X64_SHUFPD, d, d, n, y ? 2 : 0);
    } else if (!y) {
        vec_3(v, X64_MOVSD, d, d, n);
    } else {
        vec_3i(v, X64_SHUFPD, 3, n, d, 3);
        d = 3;
    }
    vec_end(v, d);
}

/* --- To a general register: these are not in the table, since they write no vector --- */

/* The doubleword, or the low `bits` of what is at lane y, in `to`. */
static void extract(struct vec *v, unsigned bits, unsigned y, enum x64_reg to)
{
    unsigned n = vec_n(v);

    if (bits == 16) {
        vec_2i(v, X64_PEXTRW, to, n, y);
        return;
    }
    if (y && bits == 64) {
        vec_2i(v, X64_PSHUFD, 0, n, 0xee);
        n = 0;
    } else if (y) {
        vec_2i(v, X64_PSHUFD, 0, n, y);
        n = 0;
    }
    x64_op_reg(&v->l->code, bits == 64, X64_MOVD_STORE, n, to);
}

/* UMOV, SMOV of bytes, halves and words */
static void extract_lane(struct vec *v, unsigned bits, bool is_signed, bool wide, enum x64_reg to)
{
    struct x64 *c = &v->l->code;
    unsigned y = v->uop->y;

    if (bits == 8) {
        extract(v, 16, y / 2, to);
        if (y & 1)
            x64_shift_imm(c, false, SHIFT_SHR, to, 8);
        if (is_signed || !(y & 1))
            x64_op_reg8(c, wide, is_signed ? X64_MOVSX8 : X64_MOVZX8, to, to);
        return;
    }
    extract(v, bits, y, to);
    if (is_signed)
        x64_op_reg(c, wide, bits == 16 ? X64_MOVSX16 : X64_MOVSXD, to, to);
}

bool lower_to_general(struct lower *l, const struct uop *uop)
{
    struct vec v = {.l = l, .uop = uop};
    enum x64_reg to = lower_out(l, uop->d, RAX);

    switch (uop->op) {
    case UOP_fmov_wv:
        extract(&v, 32, 0, to);
        break;
    case UOP_fmov_xv:
        extract(&v, 64, 0, to);
        break;
    case UOP_fmov_xvh:
        extract(&v, 64, 1, to);
        break;
    case UOP_vumov8:
    case UOP_vumov16:
    case UOP_vumov32:
        extract_lane(&v, 8u << (uop->op - UOP_vumov8), false, false, to);
        break;
    case UOP_vumov64:
        extract(&v, 64, uop->y, to);
        break;
    case UOP_vsmov8_32:
        extract_lane(&v, 8, true, false, to);
        break;
    case UOP_vsmov16_32:
        extract_lane(&v, 16, true, false, to);
        break;
    case UOP_vsmov8_64:
        extract_lane(&v, 8, true, true, to);
        break;
    case UOP_vsmov16_64:
        extract_lane(&v, 16, true, true, to);
        break;
    case UOP_vsmov32_64:
        extract_lane(&v, 32, true, true, to);
        break;
    default:
        return false;
    }
    lower_done(l, uop->d, to);
    return true;
}

/* --- Permutes. op of the row is the part: 0 or 1 --- */

void vec_unzip(struct vec *v, unsigned bits, unsigned part, unsigned to, unsigned a, unsigned b,
               unsigned t)
{
    switch (bits) {
    case 8:
        if (part) {
            vec_shift_op(v, X64_PSRLW, to, a, 8);
            vec_shift_op(v, X64_PSRLW, t, b, 8);
        } else {
            vec_3k(v, X64_PAND, to, a, 16, 0xff);
            vec_3k(v, X64_PAND, t, b, 16, 0xff);
        }
        vec_3(v, X64_PACKUSWB, to, to, t);
        break;
    case 16:
        if (part) {
            vec_shift_op(v, X64_PSRAD, to, a, 16);
            vec_shift_op(v, X64_PSRAD, t, b, 16);
        } else {
            vec_shift_op(v, X64_PSLLD, to, a, 16);
            vec_shift_op(v, X64_PSRAD, to, to, 16);
            vec_shift_op(v, X64_PSLLD, t, b, 16);
            vec_shift_op(v, X64_PSRAD, t, t, 16);
        }
        vec_3(v, X64_PACKSSDW, to, to, t);
        break;
    case 32:
        vec_3i(v, X64_SHUFPS, to, a, b, part ? 0xdd : 0x88);
        break;
    default:
        vec_3(v, part ? X64_PUNPCKHQDQ : X64_PUNPCKLQDQ, to, a, b);
    }
}

void vec_uzp(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    if (v->bytes == 8) {
        vec_3(v, X64_PUNPCKLQDQ, 0, n, m);
        n = m = 0;
    }
    vec_unzip(v, v->row->bits, v->row->op, 3, n, m, 2);
    vec_end(v, 3);
}

void vec_zip(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), size = vec_size(v->row->bits);

    if (v->bytes == 16 || !v->row->op) {
        vec_end_3(v, (v->row->op ? vec_unpack_high : vec_unpack_low)[size], n, m);
        return;
    }
    vec_3(v, vec_unpack_low[size], 3, n, m);
    vec_shift_op(v, X64_PSRLDQ, 3, 3, 8);
    v->bytes = 16; /* the upper half is zero already */
    vec_end(v, 3);
}

void vec_trn(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), bits = v->row->bits;

    if (bits == 64) {
        vec_end_3(v, v->row->op ? X64_PUNPCKHQDQ : X64_PUNPCKLQDQ, n, m);
        return;
    }
    vec_shift(v, v->row->op ? VEC_SHR : VEC_SHL, 2 * bits, 3, v->row->op ? n : m, bits, 2);
    vec_shift(v, v->row->op ? VEC_SHR : VEC_SHL, 2 * bits, 2, v->row->op ? m : n, bits, 2);
    vec_shift(v, v->row->op ? VEC_SHL : VEC_SHR, 2 * bits, 2, 2, bits, 2);
    vec_end_3(v, X64_POR, 3, 2);
}

void vec_ext(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), y = v->uop->y;

    if (v->bytes == 8) {
        vec_3(v, X64_PUNPCKLQDQ, 3, n, m);
        vec_shift_op(v, X64_PSRLDQ, 3, 3, y);
        vec_end(v, 3);
    } else if (v->l->host->avx) {
        vec_end_3(v, X64_PALIGNR, m, n);
        x64_u8(&v->l->code, y);
    } else {
        vec_shift_op(v, X64_PSRLDQ, 3, n, y);
        vec_shift_op(v, X64_PSLLDQ, 2, m, 16 - y);
        vec_end_3(v, X64_POR, 3, 2);
    }
}

/* REV16, REV32, REV64: elements of op bits change places within `bits`. */
void vec_rev(struct vec *v)
{
    unsigned n = vec_n(v), to = vec_to(v);
    unsigned group = v->row->bits / 8, element = v->row->op / 8;
    uint64_t half[2] = {0, 0};

    for (unsigned i = 0; i < 16; i++) {
        unsigned from =
            i / group * group + (group - element - i % group / element * element) + i % element;

        half[i / 8] |= (uint64_t)from << i % 8 * 8;
    }
    vec_3c(v, X64_PSHUFB, to, n, half[0], half[1]);
    vec_end(v, to);
}

/* XMM3 = what the tables have; zero where an index is beyond them. The index is in XMM `m`. */
static void look_up(struct vec *v, unsigned m)
{
    for (unsigned i = 0; i < v->uop->y; i++) {
        unsigned table = lower_vin(v->l, (v->uop->a + i) & 31, 0), index = 2;

        if (i)
            vec_3k(v, X64_PSUBB, 2, m, 8, 16 * i);
        vec_3k(v, X64_PADDUSB, 2, i ? 2 : m, 8, 0x70); /* beyond 15: bit 7 is set, so zero */
        vec_3(v, X64_PSHUFB, i ? 0 : 3, table, index);
        if (i)
            vec_3(v, X64_POR, 3, 3, 0);
    }
}

void vec_tbl(struct vec *v)
{
    look_up(v, vec_m(v));
    vec_end(v, 3);
}

void vec_tbx(struct vec *v)
{
    unsigned m = vec_m(v);

    look_up(v, m);
    vec_3k(v, X64_PMAXUB, 0, m, 8, 16 * v->uop->y); /* the index is beyond the tables: keep d */
    vec_3(v, X64_PCMPEQB, 0, 0, m);
    vec_3(v, X64_PAND, 0, 0, vec_d(v));
    vec_end_3(v, X64_POR, 0, 3);
}
