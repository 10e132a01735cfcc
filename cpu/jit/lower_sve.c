/* Lowerings of the SVE micro-ops: predicates become masks, and whole registers go to and from
 * memory. What is done with them meanwhile is Advanced SIMD's, a part of 128 bits at a time. */
#include "cpu/jit/lower_mem.h"
#include "cpu/jit/lower_vec.h"
#include "cpu/sve.h"

#define P_FIELD(n)                                                                                 \
    x64_at(RBX, (int32_t)(offsetof(struct cpu, p) + (n) * sizeof(union preg)) - CPU_BIAS)

/* The lowest bits of the elements of all parts. */
static uint64_t elements_of(unsigned size, unsigned parts)
{
    static const uint64_t elements[] = {~0ull, 0x5555555555555555, 0x1111111111111111,
                                        0x0101010101010101};

    return elements[size] & bits_ones(16 * parts);
}

/* --- What Z registers have above V: most have nothing there --- */

static bool zero_rest(struct lower *l, const struct uop *uop)
{
    struct x64_mem byte = CPU_FIELD(z_high);

    byte.disp += uop->x / 8;
    x64_test_mem_imm8(&l->code, byte, 1u << uop->x % 8);
    lower_stub(l, STUB_ZERO, x64_jcc(&l->code, CC_NE));
    return true;
}

/* Of XMM registers, none but homes: the hot path may have values in the others. */
void lower_zero_stub(struct lower *l, const struct stub *stub)
{
    unsigned z = stub->uop->x, parts = stub->uop->y;
    struct x64_mem byte = CPU_FIELD(z_high);
    struct x64 *c = &l->code;

    byte.disp += (int32_t)z / 8;
    if (regset_vector(V_HIGH + z) & l->valid.v) {
        unsigned home = l->region->vhome[V_HIGH + z];

        x64_op_reg(c, false, X64_XORPS, home, home);
    }
    for (unsigned part = 1; part < parts; part++) {
        size_t field = part < V_PARTS
                           ? offsetof(struct cpu, v) + 16u * (V_HIGH * part + z)
                           : offsetof(struct cpu, z_rest) + 16u * (32u * (part - V_PARTS) + z);

        x64_store_imm(c, true, x64_at(RBX, (int32_t)field - CPU_BIAS), 0);
        x64_store_imm(c, true, x64_at(RBX, (int32_t)field + 8 - CPU_BIAS), 0);
    }
    x64_op_mem(c, false, 0x80, ALU_AND, byte); /* and byte [], imm8 */
    x64_u8(c, (uint8_t) ~(1u << z % 8));
    x64_jmp_to(c, stub->back);
}

static bool mark(struct lower *l, const struct uop *uop)
{
    x64_alu_mem_imm(&l->code, false, ALU_OR, CPU_FIELD(z_high), (int32_t)uop->imm);
    return true;
}

/* --- Predicates as numbers and as masks --- */

/* For each byte of a part: the byte of the predicate that has the bit of its element, and the bit
 * there. */
static void mask_constants(unsigned size, uint64_t from[2], uint64_t bit[2])
{
    for (unsigned half = 0; half < 2; half++) {
        from[half] = half * 0x0101010101010101u;
        bit[half] = 0;
        for (unsigned i = 0; i < 8; i++)
            bit[half] |= 1ull << (i >> size << size) << 8 * i;
    }
}

/* XMM `to` = the mask of a part of predicate p. Uses RDX. */
static void mask_of_part(struct vec *v, unsigned to, unsigned p, unsigned size, unsigned part)
{
    uint64_t from[2], bit[2];

    mask_constants(size, from, bit);
    x64_op_mem(&v->l->code, false, X64_MOVZX16, RDX,
               x64_at(RBX, P_FIELD(p).disp + 2 * (int32_t)part));
    x64_op_reg(&v->l->code, false, X64_MOVD_LOAD, to, RDX);
    vec_3c(v, X64_PSHUFB, to, to, from[0], from[1]);
    vec_3c(v, X64_PAND, to, to, bit[0], bit[1]);
    vec_3c(v, X64_PCMPEQB, to, to, bit[0], bit[1]);
}

static bool mask(struct lower *l, const struct uop *uop)
{
    struct vec v = {.l = l, .uop = uop, .bytes = 16};
    unsigned to = lower_vout(l, uop->d, 0);

    if (!l->host->ssse3 || !lower_constants_left(l))
        return false;
    mask_of_part(&v, to, uop->x, uop->y, (unsigned)uop->imm);
    lower_vdone(l, uop->d, to);
    return true;
}

static bool signs(struct lower *l, const struct uop *uop)
{
    struct x64 *c = &l->code;

    x64_v2(c, l->host->avx, X64_PMOVMSKB, RAX, lower_vin(l, uop->a, 0));
    if (uop->x)
        x64_shift_imm(c, true, SHIFT_SHL, RAX, uop->x);
    if (uop->b != SLOT_ZERO)
        x64_alu(c, true, ALU_OR, RAX, lower_in(l, true, uop->b, RCX));
    lower_done(l, uop->d, RAX);
    return true;
}

static bool spread(struct lower *l, const struct uop *uop)
{
    enum x64_reg from = lower_in(l, true, uop->a, RAX), to = lower_out(l, uop->d, RAX);

    if (!l->host->bmi2)
        return false;
    x64_mov_imm(&l->code, RCX, uop->imm);
    x64_vex_reg(&l->code, (struct x64_vex){VEX_0F38, VEX_F2, 0xf5, true, false}, to, from,
                RCX); /* pdep */
    lower_done(l, uop->d, to);
    return true;
}

/* NZCV of an operation on predicates: N, Z and C have been stored. */
static void flags_done(struct lower *l)
{
    x64_store_imm8(&l->code, CPU_FIELD(nzcv.v), 0);
    x64_store_imm(&l->code, false, CPU_FIELD(lazy.kind), LAZY_NONE);
    l->flags = (struct flags){.saved = true, .bytes = true};
}

static bool test(struct lower *l, const struct uop *uop)
{
    enum x64_reg counts = lower_in(l, true, uop->a, RAX), result = lower_in(l, true, uop->b, RCX);
    struct x64 *c = &l->code;

    /* N: the lowest bit of those that count is in the result */
    x64_mov(c, true, RDX, counts);
    x64_neg(c, true, RDX);
    x64_alu(c, true, ALU_AND, RDX, counts);
    x64_test(c, true, RDX, result);
    x64_setcc_mem(c, CC_NE, CPU_FIELD(nzcv.n));
    /* C: the highest one is not: those that are not are the larger number, or there are none */
    x64_mov(c, true, RDX, counts);
    x64_alu(c, true, ALU_AND, RDX, result);
    x64_setcc_mem(c, CC_E, CPU_FIELD(nzcv.z));
    if (counts != RAX)
        x64_mov(c, true, RAX, counts);
    x64_alu(c, true, ALU_XOR, RAX, RDX);
    x64_alu(c, true, ALU_CMP, RAX, RDX);
    x64_setcc_mem(c, CC_AE, CPU_FIELD(nzcv.c));
    flags_done(l);
    return true;
}

/* --- Contiguous elements. A load takes all, and if not all are active, a stub drops the others: on
 * the page of an active one they can be read --- */

/* The flag NE: not all elements are active. Uses RDX, and a constant. */
static void test_all(struct lower *l, unsigned p, unsigned size, unsigned parts)
{
    struct x64 *c = &l->code;

    x64_load(c, true, RDX, P_FIELD(p));
    x64_not(c, true, RDX);
    lower_constant(l, x64_op_rip(c, X64_TEST64, RDX), elements_of(size, parts), 0);
}

/* PMOVZX and PMOVSX: by log2 of the bytes in the register and in memory */
static unsigned extension(struct sve_element element)
{
    static const uint8_t low[4][3] = {{0}, {0x30}, {0x31, 0x33}, {0x32, 0x34, 0x35}};

    return 0x660f3800u | (low[element.size][element.memory] - (element.is_signed ? 0x10u : 0));
}

static void load_part(struct lower *l, unsigned to, struct sve_element element, struct x64_mem mem)
{
    if (element.size == element.memory)
        x64_op_mem(&l->code, false, X64_MOVUPS_LOAD, to, mem);
    else if (l->host->avx)
        x64_vex_mem(&l->code, x64_vex_of(extension(element)), to, 0, mem);
    else
        x64_op_mem(&l->code, false, extension(element), to, mem);
}

/* RDX = the element at `mem`, extended */
static void load_element(struct lower *l, struct sve_element element, struct x64_mem mem)
{
    static const unsigned zero[] = {X64_MOVZX8, X64_MOVZX16, X64_MOV_LOAD, X64_MOV_LOAD};
    static const unsigned sign[] = {X64_MOVSX8, X64_MOVSX16, X64_MOVSXD};

    x64_op_mem(&l->code, element.is_signed || element.memory == 3,
               element.is_signed ? sign[element.memory] : zero[element.memory], RDX, mem);
}

/* XMM0 = the element at `mem` in every place. Uses RDX. */
static void load_repeated(struct lower *l, const struct uop *uop, struct sve_element element,
                          struct x64_mem mem)
{
    struct vec v = {.l = l, .uop = uop, .bytes = 16};

    load_element(l, element, mem);
    x64_op_reg(&l->code, true, X64_MOVD_LOAD, 0, RDX);
    vec_broadcast(&v, 8u << element.size, 0, 0, 0);
}

static bool load(struct lower *l, const struct uop *uop)
{
    struct sve_span span = sve_span(uop->y);
    bool repeated = uop->b == SVE_LD1R;
    struct lower_probe p;

    if (!l->host->ssse3 || !l->host->sse41 || !lower_constants_left(l)) /* some for the stub */
        return false;
    p = lower_probe_access(l, uop, false, false, sve_span_bytes(span, repeated));
    if (repeated)
        load_repeated(l, uop, span.element, p.mem);
    for (unsigned part = 0; part < span.parts; part++) {
        unsigned slot = V_HIGH * part + uop->d, to = repeated ? 0 : lower_vout(l, slot, 0);
        struct x64_mem mem = p.mem;

        mem.disp += span.bytes * (int32_t)part;
        if (!repeated)
            load_part(l, to, span.element, mem);
        lower_vdone(l, slot, to);
    }
    if (uop->x != SVE_WHOLE) {
        test_all(l, uop->x, span.element.size, span.parts);
        lower_stub(l, STUB_MASK, x64_jcc(&l->code, CC_NE));
    }
    lower_accessed(l, p);
    return true;
}

bool lower_mask_stub(struct lower *l, const struct stub *stub)
{
    struct vec v = {.l = l, .uop = stub->uop, .bytes = 16};
    struct sve_span span = sve_span(stub->uop->y);

    if (!lower_constants_left(l))
        return false;
    for (unsigned part = 0; part < span.parts; part++) {
        unsigned slot = V_HIGH * part + stub->uop->d, to = lower_vin(l, slot, 1);

        mask_of_part(&v, 0, stub->uop->x, span.element.size, part);
        vec_3(&v, X64_PAND, to, to, 0);
        lower_vdone(l, slot, to);
    }
    x64_jmp_to(&l->code, stub->back);
    return true;
}

/* The first bytes of the elements of XMM, side by side in XMM0. */
static void narrow(struct lower *l, unsigned xmm, struct sve_element element)
{
    struct vec v = {.l = l, .bytes = 16};
    uint64_t from = 0;

    for (unsigned i = 0; i < 16u >> element.size << element.memory; i++)
        from |=
            (uint64_t)((i >> element.memory << element.size) + (i & ((1u << element.memory) - 1)))
            << 8 * i;
    vec_3c(&v, X64_PSHUFB, 0, xmm, from, 0);
}

static void store_part(struct lower *l, unsigned xmm, struct sve_span span, struct x64_mem mem)
{
    if (span.bytes == 16) {
        x64_op_mem(&l->code, false, X64_MOVUPS_STORE, xmm, mem);
        return;
    }
    narrow(l, xmm, span.element);
    if (span.bytes == 8) {
        x64_op_mem(&l->code, false, X64_MOVQ_STORE, 0, mem);
        return;
    }
    x64_op_reg(&l->code, false, X64_MOVD_STORE, 0, RDX);
    x64_store_sized(&l->code, span.bytes, mem, RDX);
}

/* The host has masks for words and doublewords. */
static bool stores_some(const struct lower *l, struct sve_element element)
{
    return l->host->avx2 && element.size == element.memory && element.size >= 2;
}

static bool store(struct lower *l, const struct uop *uop)
{
    struct sve_span span = sve_span(uop->y);
    struct stub *some = NULL;
    struct lower_probe p;

    if (!l->host->ssse3 || !lower_constants_left(l))
        return false;
    lower_bring_home(l, uop->a);
    for (unsigned part = 0; part < span.parts; part++)
        lower_bring_vector(l, V_HIGH * part + uop->d);
    p = lower_probe_access(l, uop, false, true, sve_span_bytes(span, false));
    if (uop->x != SVE_WHOLE) {
        test_all(l, uop->x, span.element.size, span.parts);
        some = lower_stub(l, stores_some(l, span.element) ? STUB_STORE : STUB_HANDLER,
                          x64_jcc(&l->code, CC_NE));
        some->va = p.mem.index;
    }
    for (unsigned part = 0; part < span.parts; part++) {
        struct x64_mem mem = p.mem;

        mem.disp += span.bytes * (int32_t)part;
        store_part(l, lower_vin(l, V_HIGH * part + uop->d, 0), span, mem);
    }
    lower_accessed(l, p);
    if (some)
        some->back = l->code.at;
    return true;
}

bool lower_store_stub(struct lower *l, const struct stub *stub)
{
    struct vec v = {.l = l, .uop = stub->uop, .bytes = 16};
    struct sve_span span = sve_span(stub->uop->y);
    unsigned op = span.element.size == 3 ? X64_VPMASKMOVQ_STORE : X64_VPMASKMOVD_STORE;

    if (!lower_constants_left(l))
        return false;
    for (unsigned part = 0; part < span.parts; part++) {
        unsigned from = lower_vin(l, V_HIGH * part + stub->uop->d, 1);

        mask_of_part(&v, 0, stub->uop->x, span.element.size, part);
        x64_vex_mem(&l->code, x64_vex_of(op), from, 0,
                    x64_indexed(RCX, stub->va, 0, 16 * (int32_t)part));
    }
    x64_jmp_to(&l->code, stub->back);
    return true;
}

/* --- Structures, if all are active --- */

static bool structures(struct lower *l, const struct uop *uop, bool load)
{
    struct sve_structures s = sve_structures(uop->y);
    struct vec v = {.l = l, .uop = uop};
    struct vec_structures part = {
        .count = s.count, .bytes = 16, .size = 1u << s.size, .first = uop->d};
    struct lower_probe p;
    struct stub *some;

    if (!l->host->ssse3 || !lower_constants_fit(l, UOP_CONSTANTS * (s.parts + 1u)))
        return false;
    lower_bring_home(l, uop->a);
    for (unsigned i = 0; i < s.count * s.parts && !load; i++)
        lower_bring_vector(l, V_HIGH * (i / s.count) + ((uop->d + i % s.count) & 31));
    test_all(l, uop->x, s.size, s.parts);
    some = lower_stub(l, STUB_HANDLER, x64_jcc(&l->code, CC_NE));
    p = lower_probe_access(l, uop, false, !load, 16u * s.count * s.parts);
    for (unsigned i = 0; i < s.parts; i++) {
        vec_structures(&v, &part, load, p.mem);
        part.part += V_HIGH;
        p.mem.disp += 16 * (int32_t)s.count;
    }
    lower_accessed(l, p);
    some->back = l->code.at;
    return true;
}

/* --- Gathers and scatters: each element has a probe of its own --- */

/* One element of a Z register: the first of its bytes is `at`. */
struct place {
    uint8_t z, at;
};

/* reg = the lower 32 bits of the element, or all 64. Uses XMM0. */
static void get_element(struct lower *l, struct place from, bool wide, enum x64_reg reg)
{
    unsigned slot = V_HIGH * (from.at / 16u) + from.z, xmm = l->region->vhome[slot];
    struct x64_mem mem = VECTOR_FIELD(slot, 0);

    if (xmm == HOME_NONE) {
        mem.disp += from.at % 16;
        x64_load(&l->code, wide, reg, mem);
        return;
    }
    if (from.at % 16) {
        x64_v2(&l->code, l->host->avx, X64_PSHUFD, 0, xmm);
        x64_u8(&l->code, wide ? 0xee : from.at % 16u / 4);
        xmm = 0;
    }
    x64_op_reg(&l->code, wide, X64_MOVD_STORE, xmm, reg);
}

/* XMM `to`: RDX in the place of the element. Uses XMM0. */
static void put_element(struct vec *v, unsigned to, unsigned size, unsigned at)
{
    if (size == 2) {
        vec_3i(v, X64_PINSRD, to, to, RDX, at % 16 / 4);
        return;
    }
    x64_op_reg(&v->l->code, true, X64_MOVD_LOAD, 0, RDX);
    vec_3(v, at % 16 ? X64_PUNPCKLQDQ : X64_MOVSD, to, to, 0);
}

/* The host's address of what is accessed for the element at `at` is RAX + RCX. The result is the
 * jump taken if that is not active. Where the bank misses, a jump leads to that of the next
 * element, whose condition then holds as well, and at last to the stub. Uses RDX. */
static uint8_t *find_element(struct lower *l, const struct uop *uop, struct stub *stub, unsigned at,
                             bool write)
{
    bool sign = uop->y & SVE_GATHER_SXTW, whole = !(uop->y & (SVE_GATHER_SXTW | SVE_GATHER_UXTW));
    unsigned memory = uop->y >> SVE_GATHER_MEMORY;
    struct x64_mem active = P_FIELD(uop->x);
    uint8_t *inactive, *miss;
    struct x64 *c = &l->code;

    active.disp += (int32_t)at / 8;
    x64_test_mem_imm8(c, active, 1u << at % 8);
    inactive = x64_jcc(c, CC_E);
    get_element(l, (struct place){uop->b, (uint8_t)at}, whole, RAX);
    if (sign)
        x64_op_reg(c, true, X64_MOVSXD, RAX, RAX);
    x64_lea(c, true, RAX,
            x64_indexed(lower_in(l, true, uop->a, RDX), RAX,
                        uop->y & SVE_GATHER_SCALED ? memory : 0, 0));
    miss = lower_probe_page(l, RAX, false, write, 1u << memory);
    if (stub->from)
        x64_land_at(c, stub->from, miss - X64_JCC_BYTES);
    stub->from = miss;
    return inactive;
}

/* What is read, and written, is where the stub finds it. */
static struct stub *begin_each(struct lower *l, const struct uop *uop, bool write)
{
    lower_bring_home(l, uop->a);
    for (unsigned part = 0; part < uop->imm; part++) {
        lower_bring_vector(l, V_HIGH * part + uop->b);
        if (write)
            lower_bring_vector(l, V_HIGH * part + uop->d);
    }
    return lower_stub(l, STUB_HANDLER, NULL);
}

static bool gather(struct lower *l, const struct uop *uop)
{
    struct sve_element element = {.size = uop->y & SVE_GATHER_D ? 3 : 2,
                                  .memory = uop->y >> SVE_GATHER_MEMORY,
                                  .is_signed = uop->y & SVE_GATHER_SIGNED};
    struct vec v = {.l = l, .uop = uop, .bytes = 16};
    struct stub *stub;

    if (!l->host->sse41)
        return false;
    stub = begin_each(l, uop, false);
    for (unsigned part = 0; part < uop->imm; part++)
        vec_zero(&v, 1 + part);
    for (unsigned at = 0; at < 16 * uop->imm; at += 1u << element.size) {
        uint8_t *inactive = find_element(l, uop, stub, at, false);

        load_element(l, element, x64_indexed(RCX, RAX, 0, 0));
        put_element(&v, 1 + at / 16, element.size, at);
        x64_land(&l->code, inactive);
    }
    for (unsigned part = 0; part < uop->imm; part++)
        lower_vdone(l, V_HIGH * part + uop->d, 1 + part);
    stub->back = l->code.at;
    return true;
}

/* Nothing is stored before all have been found. */
static bool scatter(struct lower *l, const struct uop *uop)
{
    unsigned memory = uop->y >> SVE_GATHER_MEMORY, bytes = uop->y & SVE_GATHER_D ? 8 : 4;
    struct stub *stub = begin_each(l, uop, true);

    for (unsigned at = 0; at < 16 * uop->imm; at += bytes)
        x64_land(&l->code, find_element(l, uop, stub, at, true));
    for (unsigned at = 0; at < 16 * uop->imm; at += bytes) {
        uint8_t *inactive = find_element(l, uop, stub, at, true);

        get_element(l, (struct place){uop->d, (uint8_t)at}, memory == 3, RDX);
        x64_store_sized(&l->code, 1u << memory, x64_indexed(RCX, RAX, 0, 0), RDX);
        x64_land(&l->code, inactive);
    }
    stub->back = l->code.at;
    return true;
}

/* --- WHILELT, WHILELO: the others are rare --- */

/* RCX = how many of the `lanes` are true */
static void count_while(struct lower *l, const struct uop *uop, unsigned lanes)
{
    bool wide = uop->imm & SVE_WHILE_X;
    struct x64 *c = &l->code;
    enum x64_reg n;

    lower_copy(l, wide, uop->b, RCX);
    n = lower_in(l, wide, uop->a, RAX);
    x64_mov_imm(c, RDX, 0);
    x64_alu(c, wide, ALU_SUB, RCX, n);
    x64_cmov(c, wide, uop->imm & SVE_WHILE_U ? CC_BE : CC_LE, RCX, RDX);
    x64_mov_imm(c, RDX, lanes);
    x64_alu(c, wide, ALU_CMP, RCX, RDX);
    x64_cmov(c, wide, CC_A, RCX, RDX);
}

/* The predicate is the first RCX elements. */
static void write_first(struct lower *l, unsigned p, unsigned size, unsigned parts)
{
    struct x64 *c = &l->code;

    if (size)
        x64_shift_imm(c, false, SHIFT_SHL, RCX, size);
    x64_mov_imm(c, RAX, 1);
    x64_shift_cl(c, true, SHIFT_SHL, RAX);
    x64_alu_imm(c, true, ALU_SUB, RAX, 1);
    x64_mov_imm(c, RDX, elements_of(size, parts));
    if (parts == 4) { /* a shift by 64 is none */
        x64_alu_imm(c, false, ALU_CMP, RCX, 64);
        x64_cmov(c, true, CC_E, RAX, RDX);
    }
    x64_alu(c, true, ALU_AND, RAX, RDX);
    x64_store(c, true, P_FIELD(p), RAX);
}

static bool count_up(struct lower *l, const struct uop *uop)
{
    unsigned size = uop->y & 3, lanes = 16 * (uop->y >> 2) >> size;
    struct x64 *c = &l->code;

    if (!(uop->imm & SVE_WHILE_LT) || (uop->imm & SVE_WHILE_EQ))
        return false;
    count_while(l, uop, lanes);
    /* N: the first is true; Z: none is; C: the last is not */
    x64_test(c, false, RCX, RCX);
    x64_setcc_mem(c, CC_NE, CPU_FIELD(nzcv.n));
    x64_setcc_mem(c, CC_E, CPU_FIELD(nzcv.z));
    x64_alu_imm(c, false, ALU_CMP, RCX, (int32_t)lanes);
    x64_setcc_mem(c, CC_B, CPU_FIELD(nzcv.c));
    write_first(l, uop->x, size, uop->y >> 2);
    flags_done(l);
    return true;
}

bool lower_sve(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_zmark:
        return mark(l, uop);
    case UOP_zzero:
        return zero_rest(l, uop);
    case UOP_pmask:
        return mask(l, uop);
    case UOP_psigns:
        return signs(l, uop);
    case UOP_pspread:
        return spread(l, uop);
    case UOP_ptest:
        return test(l, uop);
    case UOP_zld:
        return load(l, uop);
    case UOP_zst:
        return store(l, uop);
    case UOP_zldn:
        return structures(l, uop, true);
    case UOP_zstn:
        return structures(l, uop, false);
    case UOP_zgather:
        return gather(l, uop);
    case UOP_zscatter:
        return scatter(l, uop);
    case UOP_pwhile:
        return count_up(l, uop);
    default:
        return false;
    }
}
