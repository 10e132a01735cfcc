/* Lowerings of loads and stores of structures: one probe for all their bytes.
 *
 * Structures of three elements: memory is taken in as many pieces as there are registers, each as
 * large as what counts of a register; a register gathers its bytes from all pieces by PSHUFB, and
 * the other way round. So are the largest of four.
 *
 * Structures of two or four elements fill pieces of 16 bytes: PSHUFB brings together those of a
 * piece that go to the same register, half or a quarter of it, and registers are made of these
 * groups by interleaving. */
#include "cpu/jit/lower_vec.h"

/* Which bytes of `from` are to come to their place in `to`; zero where none. False: none at all.
 * One of them is a register, the other one a piece of memory. */
static bool pick(const struct vec_structures *s, bool load, unsigned from, unsigned to,
                 uint64_t mask[2])
{
    bool any = false;

    mask[0] = mask[1] = ~0ull;
    for (unsigned i = 0; i < s->bytes * s->count; i++) { /* byte i of memory */
        unsigned element = i / s->size;
        unsigned piece = i / s->bytes, in_piece = i % s->bytes;
        unsigned reg = element % s->count;
        unsigned in_reg = element / s->count * s->size + i % s->size;
        unsigned at = load ? in_reg : in_piece;

        if ((load ? piece : reg) != from || (load ? reg : piece) != to)
            continue;
        mask[at / 8] &= ~(0xffull << at % 8 * 8);
        mask[at / 8] |= (uint64_t)(load ? in_piece : in_reg) << at % 8 * 8;
        any = true;
    }
    return any;
}

static unsigned register_of(const struct vec_structures *s, unsigned reg)
{
    return s->part + ((s->first + reg) & 31);
}

static struct x64_mem piece_at(const struct vec_structures *s, struct x64_mem mem, unsigned piece)
{
    mem.disp += (int32_t)(piece * s->bytes);
    return mem;
}

/* The first part makes the result, the others are added. */
static void add_part(struct vec *v, bool *first, unsigned to, unsigned part, uint64_t mask[2])
{
    vec_3c(v, X64_PSHUFB, *first ? to : 1, part, mask[0], mask[1]);
    if (!*first)
        vec_3(v, X64_POR, to, to, 1);
    *first = false;
}

static void load_register(struct vec *v, const struct vec_structures *s, struct x64_mem mem,
                          unsigned reg)
{
    unsigned number = register_of(s, reg), to = lower_vout(v->l, number, 0);
    bool first = true;
    uint64_t mask[2];

    for (unsigned piece = 0; piece < s->count; piece++) {
        if (!pick(s, true, piece, reg, mask))
            continue;
        x64_op_mem(&v->l->code, false, s->bytes == 16 ? X64_MOVUPS_LOAD : X64_MOVQ_LOAD, 1,
                   piece_at(s, mem, piece));
        add_part(v, &first, to, 1, mask);
    }
    lower_vdone(v->l, number, to);
}

static void store_piece(struct vec *v, const struct vec_structures *s, struct x64_mem mem,
                        unsigned piece)
{
    bool first = true;
    uint64_t mask[2];

    for (unsigned reg = 0; reg < s->count; reg++)
        if (pick(s, false, reg, piece, mask))
            add_part(v, &first, 0, lower_vin(v->l, register_of(s, reg), 1), mask);
    x64_op_mem(&v->l->code, false, s->bytes == 16 ? X64_MOVUPS_STORE : X64_MOVQ_STORE, 0,
               piece_at(s, mem, piece));
}

/* --- By groups --- */

static bool has_groups(const struct vec_structures *s)
{
    return s->count % 2 == 0 && s->count * s->size <= 16;
}

/* XMM = the piece with its bytes in groups, or from groups into the order of memory. */
static void group(struct vec *v, const struct vec_structures *s, bool load, unsigned xmm)
{
    uint64_t mask[2] = {0, 0};

    if (s->count * s->size == 16) /* there is one of each */
        return;
    for (unsigned i = 0; i < 16; i++) { /* byte i of memory */
        unsigned element = i / s->size % s->count, structure = i / s->size / s->count;
        unsigned grouped = element * (16 / s->count) + structure * s->size + i % s->size;
        unsigned to = load ? grouped : i, from = load ? i : grouped;

        mask[to / 8] |= (uint64_t)from << to % 8 * 8;
    }
    vec_3c(v, X64_PSHUFB, xmm, xmm, mask[0], mask[1]);
}

static void load_group(struct vec *v, const struct vec_structures *s, struct x64_mem mem,
                       unsigned piece, unsigned xmm)
{
    mem.disp += (int32_t)(16 * piece);
    x64_op_mem(&v->l->code, false, X64_MOVUPS_LOAD, xmm, mem);
    group(v, s, true, xmm);
}

/* Two registers: the lower and the upper doublewords of XMM a and b, or, where only 8 bytes count,
 * those of a. */
static void end_load(struct vec *v, const struct vec_structures *s, unsigned reg, unsigned a,
                     unsigned b)
{
    for (unsigned high = 0; high < 2; high++) {
        unsigned number = register_of(s, reg + high), to = lower_vout(v->l, number, 3);

        if (s->bytes == 16)
            vec_3(v, high ? X64_PUNPCKHQDQ : X64_PUNPCKLQDQ, to, a, b);
        else if (high)
            vec_shift_op(v, X64_PSRLDQ, to, a, 8);
        else
            vec_2(v, X64_MOVQ_LOAD, to, a);
        lower_vdone(v->l, number, to);
    }
}

static void load_by_groups(struct vec *v, const struct vec_structures *s, struct x64_mem mem)
{
    unsigned first_pieces = s->bytes == 16 ? 2 : 1;

    if (s->count == 2) {
        for (unsigned i = 0; i < first_pieces; i++)
            load_group(v, s, mem, i, i);
        end_load(v, s, 0, 0, 1);
        return;
    }
    for (unsigned half = 0; half < 2; half++) {
        unsigned op = half ? X64_PUNPCKHDQ : X64_PUNPCKLDQ;

        load_group(v, s, mem, 0, 0);
        load_group(v, s, mem, 1, 1);
        vec_3(v, op, 0, 0, 1);
        if (s->bytes == 16) {
            load_group(v, s, mem, 2, 1);
            load_group(v, s, mem, 3, 2);
            vec_3(v, op, 1, 1, 2);
        }
        end_load(v, s, 2 * half, 0, 1);
    }
}

static unsigned stored(struct vec *v, const struct vec_structures *s, unsigned reg,
                       unsigned scratch)
{
    return lower_vin(v->l, register_of(s, reg), scratch);
}

/* Two pieces: the lower and the upper doublewords of XMM a and b. */
static void end_store(struct vec *v, const struct vec_structures *s, struct x64_mem mem,
                      unsigned piece, unsigned a, unsigned b)
{
    for (unsigned high = 0; high < 2 && 16 * (piece + high) < s->count * s->bytes; high++) {
        struct x64_mem at = mem;

        at.disp += (int32_t)(16 * (piece + high));
        vec_3(v, high ? X64_PUNPCKHQDQ : X64_PUNPCKLQDQ, 2, a, b);
        group(v, s, false, 2);
        x64_op_mem(&v->l->code, false, X64_MOVUPS_STORE, 2, at);
    }
}

static void store_by_groups(struct vec *v, const struct vec_structures *s, struct x64_mem mem)
{
    if (s->count == 2) {
        end_store(v, s, mem, 0, stored(v, s, 0, 0), stored(v, s, 1, 1));
        return;
    }
    for (unsigned half = 0; half < s->bytes / 8; half++) {
        unsigned op = half ? X64_PUNPCKHDQ : X64_PUNPCKLDQ;

        vec_3(v, op, 0, stored(v, s, 0, 0), stored(v, s, 1, 1));
        vec_3(v, op, 1, stored(v, s, 2, 2), stored(v, s, 3, 3));
        end_store(v, s, mem, 2 * half, 0, 1);
    }
}

void vec_structures(struct vec *v, const struct vec_structures *s, bool load, struct x64_mem mem)
{
    if (has_groups(s) && load)
        load_by_groups(v, s, mem);
    else if (has_groups(s))
        store_by_groups(v, s, mem);
    for (unsigned i = 0; i < s->count && !has_groups(s); i++) {
        if (load)
            load_register(v, s, mem, i);
        else
            store_piece(v, s, mem, i);
    }
}

bool lower_structures(struct lower *l, const struct uop *uop)
{
    struct vec v = {.l = l, .uop = uop};
    struct vec_structures s;
    bool load = uop->op == UOP_vldn;
    struct lower_probe p;

    if ((!load && uop->op != UOP_vstn) || !l->host->ssse3 || !lower_constants_left(l))
        return false;
    s = (struct vec_structures){
        .count = uop->y, .bytes = uop->x, .size = 1u << uop->b, .first = uop->d};
    for (unsigned i = 0; i < s.count && !load; i++)
        lower_bring_vector(l, register_of(&s, i));
    p = lower_probe_access(l, uop, false, !load, s.count * s.bytes);
    vec_structures(&v, &s, load, p.mem);
    lower_accessed(l, p);
    return true;
}
