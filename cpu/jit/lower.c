/* The frame of the lowering: guest registers in their homes, flags, calls of C, and the order in
 * which nodes and stubs are written. See lower.h. */
#include "cpu/jit/lower.h"

#include <string.h>

#include "cpu/jit/dump.h"

/* --- Guest registers --- */

/* Those who ask before they know whether the micro-op is theirs may name a vector's slot. */
enum x64_reg lower_home(const struct lower *l, unsigned slot)
{
    return slot < SLOT_COUNT ? (enum x64_reg)l->region->home[slot] : X64_NONE;
}

enum x64_reg lower_in(struct lower *l, bool wide, unsigned slot, enum x64_reg scratch)
{
    enum x64_reg home = lower_home(l, slot);

    if (home == X64_NONE) {
        lower_copy(l, wide, slot, scratch);
        return scratch;
    }
    if (!(l->valid.x >> slot & 1)) {
        x64_load(&l->code, true, home, SLOT_FIELD(slot));
        l->valid.x |= 1ull << slot;
    }
    return home;
}

void lower_copy(struct lower *l, bool wide, unsigned slot, enum x64_reg scratch)
{
    if (slot == SLOT_ZERO)
        x64_mov_imm(&l->code, scratch, 0);
    else if (lower_home(l, slot) != X64_NONE)
        x64_mov(&l->code, wide, scratch, lower_in(l, wide, slot, scratch));
    else
        x64_load(&l->code, wide, scratch, SLOT_FIELD(slot));
}

enum x64_reg lower_out(struct lower *l, unsigned slot, enum x64_reg scratch)
{
    enum x64_reg home = lower_home(l, slot);

    return home == X64_NONE ? scratch : home;
}

void lower_overwritten(struct lower *l, unsigned slot)
{
    if (l->flags.source.numbers)
        return;
    if (l->flags.source.a == slot || (!l->flags.source.constant && l->flags.source.b == slot))
        l->flags.source.intact = false;
}

void lower_done(struct lower *l, unsigned slot, enum x64_reg reg)
{
    enum x64_reg home = lower_home(l, slot);

    if (slot == SLOT_SINK)
        return;
    lower_overwritten(l, slot);
    if (home == X64_NONE) {
        x64_store(&l->code, true, SLOT_FIELD(slot), reg);
        return;
    }
    if (home != reg)
        x64_mov(&l->code, true, home, reg);
    l->valid.x |= 1ull << slot;
    l->dirty.x |= 1ull << slot;
}

static unsigned vector_home(const struct lower *l, unsigned v)
{
    return l->region->vhome[v];
}

unsigned lower_vin(struct lower *l, unsigned v, unsigned scratch)
{
    unsigned home = vector_home(l, v);
    unsigned xmm = home == HOME_NONE ? scratch : home;

    if (home == HOME_NONE || !(l->valid.v >> v & 1))
        x64_op_mem(&l->code, false, X64_MOVAPS, xmm, VECTOR_FIELD(v, 0));
    if (home != HOME_NONE)
        l->valid.v |= regset_vector(v);
    return xmm;
}

unsigned lower_vout(struct lower *l, unsigned v, unsigned scratch)
{
    return vector_home(l, v) == HOME_NONE ? scratch : vector_home(l, v);
}

void lower_vdone(struct lower *l, unsigned v, unsigned xmm)
{
    struct flag_source *source = &l->flags.source;
    unsigned home = vector_home(l, v);

    if (source->numbers && (source->a == v || (!source->constant && source->b == v)))
        source->intact = false;

    if (home == HOME_NONE) {
        x64_op_mem(&l->code, false, X64_MOVAPS | 1, xmm, VECTOR_FIELD(v, 0)); /* 0x29: to memory */
        return;
    }
    if (home != xmm)
        x64_op_reg(&l->code, false, X64_MOVAPS, home, xmm);
    l->valid.v |= regset_vector(v);
    l->dirty.v |= regset_vector(v);
}

void lower_spill(struct lower *l, struct regset set)
{
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        if (set.x >> slot & 1)
            x64_store(&l->code, true, SLOT_FIELD(slot), lower_home(l, slot));
    for (unsigned v = 0; v < REGSET_VECTORS; v++)
        if (set.v >> v & 1)
            x64_op_mem(&l->code, false, X64_MOVAPS | 1, vector_home(l, v), VECTOR_FIELD(v, 0));
}

void lower_fill(struct lower *l, struct regset set)
{
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        if (set.x >> slot & 1)
            x64_load(&l->code, true, lower_home(l, slot), SLOT_FIELD(slot));
    for (unsigned v = 0; v < REGSET_VECTORS; v++)
        if (set.v >> v & 1)
            x64_op_mem(&l->code, false, X64_MOVAPS, vector_home(l, v), VECTOR_FIELD(v, 0));
}

/* --- Constants --- */

bool lower_constants_fit(const struct lower *l, unsigned count)
{
    return l->constants + count <= LOWER_CONSTANTS &&
           l->constant_uses + count <= LOWER_CONSTANT_USES;
}

bool lower_constants_left(const struct lower *l)
{
    return lower_constants_fit(l, UOP_CONSTANTS);
}

void lower_constant(struct lower *l, uint8_t *from, uint64_t low, uint64_t high)
{
    unsigned i = 0;

    while (i < l->constants && (l->constant[i].half[0] != low || l->constant[i].half[1] != high))
        i++;
    if (i == l->constants) {
        l->constant[i].half[0] = low;
        l->constant[i].half[1] = high;
        l->constants++;
    }
    l->constant_use[l->constant_uses].from = from;
    l->constant_use[l->constant_uses++].constant = i;
}

static void align_code(struct lower *l, unsigned bytes)
{
    while (((uintptr_t)l->code.at & (bytes - 1)) && !l->code.full)
        x64_u8(&l->code, 0xcc);
}

static void write_constants(struct lower *l)
{
    uint8_t *first;

    align_code(l, 16);
    first = l->code.at;
    for (unsigned i = 0; i < l->constants; i++)
        x64_bytes(&l->code, l->constant[i].half, 16);
    for (unsigned i = 0; i < l->constant_uses && !l->code.full; i++)
        x64_land_at(&l->code, l->constant_use[i].from, first + 16 * l->constant_use[i].constant);
}

/* --- Flags --- */

/* Floating-point numbers are not the host's in blocks of MODE_AFP: what obeys FPCR calls its
 * handler. */
static bool is_for_handler(const struct node *node, const struct uop *uop)
{
    return (node->block->mode & MODE_AFP) && ((uop->op >= UOP_fabs32 && uop->op <= UOP_fcvtu_x16) ||
                                              (uop->op >= UOP_vfadd16 && uop->op <= UOP_vbfcvtn16));
}

/* Does lowering this micro-op leave the host's flags alone? */
static bool keeps_flags(const struct node *node, const struct uop *uop)
{
    if (is_for_handler(node, uop))
        return false;
    switch (uop->op) {
    case UOP_mov64:
    case UOP_mov32:
    case UOP_movi:
    case UOP_pcadd:
    case UOP_ldfield:
    case UOP_stfield:
    case UOP_stbyte:
    case UOP_add64:
    case UOP_add32:
    case UOP_add64i:
    case UOP_add32i:
    case UOP_sub64i:
    case UOP_sub32i:
    case UOP_csel64:
    case UOP_csel32:
    case UOP_csinc64:
    case UOP_csinc32:
    case UOP_csinv64:
    case UOP_csinv32:
    case UOP_csneg64:
    case UOP_csneg32:
    case UOP_jump:
    case UOP_bcond:
    case UOP_fmov64:
    case UOP_fmov32:
    case UOP_fmovi:
    case UOP_fabs64:
    case UOP_fabs32:
    case UOP_fneg64:
    case UOP_fneg32:
    case UOP_fcsel64:
    case UOP_fcsel32:
        return true;
    default:
        return false;
    }
}

/* Does its lowering take NZCV from the host's flags? Handlers look at cpu->nzcv. */
static bool reads_host_flags(const struct node *node, const struct uop *uop)
{
    return uop->op <= UOP_fcsel64 && !is_for_handler(node, uop);
}

static bool changes_host_flags(const struct node *node, const struct uop *uop,
                               const struct flag_source *source)
{
    bool direct = !source->numbers || !uop_has(uop->op, 'R') ||
                  lower_fp_condition_is_direct(source->numbers, uop->x);

    return !direct || !keeps_flags(node, uop);
}

static bool overwrites(const struct uop *uop, const struct flag_source *source)
{
    struct regset use, def;

    region_operands(uop, &use, &def);
    if (source->numbers)
        def.x = def.v;
    return (def.x >> source->a & 1) || (!source->constant && (def.x >> source->b & 1));
}

static bool wanted_from(const struct lower *l, const struct node *node, unsigned first,
                        bool clobbered, struct flag_source source);

/* Will anybody want NZCV behind this edge who finds neither the host's flags nor the operands? */
static bool wanted_behind(const struct lower *l, const struct node *node, enum node_edge edge,
                          bool clobbered, struct flag_source source)
{
    const struct node *to;

    if (node->edge[edge] < 0)
        return clobbered && !source.intact; /* leaving the region saves them */
    to = &l->region->node[node->edge[edge]];
    if (!to->observes_flags)
        return false;
    if (to->preds != 1 || to->entry || to->loop)
        return clobbered && !source.intact; /* the edge saves them */
    return wanted_from(l, to, 0, clobbered, source);
}

/* The same from a micro-op of a node on. */
static bool wanted_from(const struct lower *l, const struct node *node, unsigned first,
                        bool clobbered, struct flag_source source)
{
    const struct block *block = node->block;
    unsigned links = region_links(block);

    for (unsigned i = first; i < block->uops; i++) {
        const struct uop *uop = &block->uop[i];
        const char *effects = uop_info[uop->op].effects;

        if (strchr(effects, 'C') || (strchr(effects, 'M') && !source.intact) ||
            (strchr(effects, 'R') &&
             ((clobbered && !source.intact) || !reads_host_flags(node, uop))))
            return true;
        if (strchr(effects, 'W'))
            return false;
        if (changes_host_flags(node, uop, &source))
            clobbered = true;
        if (overwrites(uop, &source)) {
            source.intact = false;
            clobbered |= source.numbers != 0; /* the host's flags alone cannot be saved */
        }
    }
    if (!links || region_ends_in_call(block))
        return clobbered && !source.intact;
    for (enum node_edge edge = 0; edge < links; edge++)
        if (wanted_behind(l, node, edge, clobbered, source))
            return true;
    return false;
}

bool lower_flags_wanted(const struct lower *l, const struct flag_source *source)
{
    struct flag_source kept = source ? *source : (struct flag_source){0};

    kept.intact = kept.intact && (kept.moved || !overwrites(l->uop, &kept));
    return wanted_from(l, l->node, (unsigned)(l->uop - l->node->block->uop) + 1, false, kept);
}

/* The kind in which operands are saved. */
static uint32_t lazy_kind(const struct flag_source *source)
{
    bool small = source->constant && source->value >= 0 && source->value <= LAZY_IMM_MAX;

    switch (source->alu) {
    case ALU_AND:
        return source->wide ? LAZY_LOGIC64 : LAZY_LOGIC32;
    case ALU_ADD:
        return source->wide ? LAZY_ADD64 : LAZY_ADD32;
    default:
        if (small)
            return (source->wide ? LAZY_SUBI64 : LAZY_SUBI32) | (uint32_t)source->value
                                                                    << LAZY_IMM_SHIFT;
        return source->wide ? LAZY_SUB64 : LAZY_SUB32;
    }
}

void lower_save_lazy(struct lower *l, const struct flag_source *source, enum x64_reg a,
                     enum x64_reg b)
{
    uint32_t kind = lazy_kind(source);

    x64_store_imm(&l->code, false, CPU_FIELD(lazy.kind), (int32_t)kind);
    x64_store(&l->code, true, CPU_FIELD(lazy.a), a);
    if (kind == LAZY_SUB64 || kind == LAZY_SUB32 || kind == LAZY_ADD64 || kind == LAZY_ADD32) {
        if (source->constant) {
            x64_mov_imm(&l->code, RCX,
                        source->wide ? (uint64_t)(int64_t)source->value : (uint32_t)source->value);
            b = RCX;
        }
        x64_store(&l->code, true, CPU_FIELD(lazy.b), b);
    }
    l->flags.lazy = kind;
    l->flags.saved = true;
    l->flags.bytes = false;
}

/* NZCV from the host's flags into struct cpu; they stay as they are. */
static void save_flags(struct lower *l, int host)
{
    struct x64 *c = &l->code;

    x64_setcc_mem(c, CC_S, CPU_FIELD(nzcv.n));
    x64_setcc_mem(c, CC_E, CPU_FIELD(nzcv.z));
    x64_setcc_mem(c, host == HOST_SUB ? CC_AE : CC_B, CPU_FIELD(nzcv.c));
    x64_setcc_mem(c, CC_O, CPU_FIELD(nzcv.v));
    x64_store_imm(c, false, CPU_FIELD(lazy.kind), LAZY_NONE);
}

void lower_flags_are(struct lower *l, int host, bool wanted)
{
    if (wanted)
        save_flags(l, host);
    l->flags = (struct flags){.host = host, .saved = wanted, .bytes = wanted};
}

/* The first operand. Changes no flag; may use RAX. */
static enum x64_reg first_operand(struct lower *l, bool wide)
{
    const struct flag_source *s = &l->flags.source;
    enum x64_reg a = lower_in(l, wide, s->a, RAX);

    if (!s->moved)
        return a;
    x64_lea(&l->code, wide, RAX, x64_at(a, s->moved));
    return RAX;
}

/* The host's flags again, by doing the operation again. */
static void redo(struct lower *l)
{
    const struct flag_source *s = &l->flags.source;
    struct x64 *c = &l->code;
    enum x64_reg a;

    if (s->numbers) {
        lower_fp_redo(l);
        return;
    }
    a = first_operand(l, s->wide);
    if (s->alu == ALU_ADD) {
        if (a != RAX)
            x64_mov(c, s->wide, RAX, a);
        a = RAX;
    }
    if (s->alu == ALU_AND && s->constant)
        x64_test_imm(c, s->wide, a, (uint32_t)s->value);
    else if (s->alu == ALU_AND)
        x64_test(c, s->wide, a, lower_in(l, s->wide, s->b, RCX));
    else if (s->constant)
        x64_alu_imm(c, s->wide, s->alu == ALU_SUB ? ALU_CMP : ALU_ADD, a, s->value);
    else
        x64_alu(c, s->wide, s->alu == ALU_SUB ? ALU_CMP : ALU_ADD, a,
                lower_in(l, s->wide, s->b, RCX));
    l->flags.host = s->alu == ALU_SUB ? HOST_SUB : HOST_ADD;
}

/* The result of an AND, to be saved: done again, it leaves the same flags. */
static void save_result(struct lower *l)
{
    const struct flag_source s = l->flags.source;

    lower_copy(l, s.wide, s.a, RAX);
    if (s.constant)
        x64_alu_imm(&l->code, s.wide, ALU_AND, RAX, s.value);
    else
        x64_alu(&l->code, s.wide, ALU_AND, RAX, lower_in(l, s.wide, s.b, RCX));
    if (l->flags.host == HOST_SUB)
        x64_u8(&l->code, 0xf5); /* cmc */
    else
        l->flags.host = HOST_ADD;
    lower_save_lazy(l, &s, RAX, X64_NONE);
}

/* The operands, to be saved. Keeps the host's flags. */
static void save_source(struct lower *l)
{
    const struct flag_source s = l->flags.source;
    enum x64_reg a;

    if (s.numbers) {
        lower_fp_save_source(l);
        return;
    }
    if (s.alu == ALU_AND) {
        save_result(l);
        return;
    }
    a = first_operand(l, true);
    lower_save_lazy(l, &s, a, s.constant ? X64_NONE : lower_in(l, true, s.b, RCX));
}

/* At the start of a loop: the operands, unless struct cpu has NZCV. */
static void save_repeated(struct lower *l)
{
    const struct regset valid = l->valid; /* nothing comes home the first time */
    uint8_t *first_time;

    x64_lea(&l->code, true, RCX, x64_at(R14, -l->flags.counted));
    x64_alu_load(&l->code, true, ALU_CMP, RCX, CPU_FIELD(loop_entry));
    first_time = x64_jcc(&l->code, CC_E);
    save_source(l);
    x64_land(&l->code, first_time);
    l->valid = valid;
    l->flags = (struct flags){.saved = true};
}

void lower_save_flags(struct lower *l)
{
    if (l->flags.saved)
        return;
    if (l->flags.repeated) {
        save_repeated(l);
        return;
    }
    if (l->flags.source.intact) {
        save_source(l);
        return;
    }
    if (l->flags.host == HOST_NONE)
        redo(l);
    save_flags(l, l->flags.host);
    l->flags.saved = l->flags.bytes = true;
}

void lower_sync_flags(struct lower *l)
{
    lower_save_flags(l);
    if (!l->flags.bytes) {
        x64_alu_mem_imm(&l->code, false, ALU_CMP, CPU_FIELD(lazy.kind), LAZY_NONE);
        lower_stub(l, STUB_FLAGS, x64_jcc(&l->code, CC_NE));
    }
    l->flags = (struct flags){.saved = true, .bytes = true};
}

/* The host's flags again, from what the last flag-setting operation had saved. */
static bool recompute_flags(struct lower *l)
{
    struct x64 *c = &l->code;
    uint32_t lazy = l->flags.lazy;
    enum lazy_kind kind = lazy & LAZY_KIND;
    bool wide = kind & 1; /* the kinds of 64 bits are odd */

    if (l->flags.source.intact) {
        redo(l);
        return true;
    }
    if (lazy == LAZY_NONE)
        return false;
    if (kind >= LAZY_FCMP64) {
        x64_op_mem(c, false, X64_MOVQ_LOAD, 0, CPU_FIELD(lazy.a));
        x64_op_mem(c, false, wide ? 0x660f2e : 0x0f2e, 0, CPU_FIELD(lazy.b)); /* ucomis */
        l->flags.host = HOST_FCMP;
        return true;
    }
    l->flags.host = kind >= LAZY_ADD64 ? HOST_ADD : HOST_SUB;
    if (kind == LAZY_SUBI64 || kind == LAZY_SUBI32) {
        x64_alu_mem_imm(c, wide, ALU_CMP, CPU_FIELD(lazy.a), (int32_t)(lazy >> LAZY_IMM_SHIFT));
        return true;
    }
    x64_load(c, wide, RAX, CPU_FIELD(lazy.a));
    if (kind == LAZY_LOGIC64 || kind == LAZY_LOGIC32)
        x64_test(c, wide, RAX, RAX);
    else
        x64_alu_load(c, wide, l->flags.host == HOST_ADD ? ALU_ADD : ALU_CMP, RAX,
                     CPU_FIELD(lazy.b));
    return true;
}

/* By the bytes of cpu->nzcv. Uses RAX. */
static enum x64_cond condition_of_bytes(struct lower *l, unsigned condition)
{
    struct x64 *c = &l->code;
    const struct x64_mem flag[4] = {CPU_FIELD(nzcv.z), CPU_FIELD(nzcv.c), CPU_FIELD(nzcv.n),
                                    CPU_FIELD(nzcv.v)};
    bool negate = condition & 1;

    lower_sync_flags(l);
    switch (condition >> 1) {
    default:
        x64_alu_mem_imm8(c, ALU_CMP, flag[condition >> 1], 0);
        return negate ? CC_E : CC_NE;
    case 4: /* HI: C and not Z, that is Z < C */
        x64_op_mem(c, false, 0x8a, RAX, CPU_FIELD(nzcv.z));
        x64_op_mem(c, false, 0x3a, RAX, CPU_FIELD(nzcv.c));
        return negate ? CC_AE : CC_B;
    case 5: /* GE: N = V */
        x64_op_mem(c, false, 0x8a, RAX, CPU_FIELD(nzcv.n));
        x64_op_mem(c, false, 0x3a, RAX, CPU_FIELD(nzcv.v));
        return negate ? CC_NE : CC_E;
    case 6: /* GT: N = V and not Z */
        x64_op_mem(c, false, 0x8a, RAX, CPU_FIELD(nzcv.n));
        x64_op_mem(c, false, 0x32, RAX, CPU_FIELD(nzcv.v));
        x64_op_mem(c, false, 0x0a, RAX, CPU_FIELD(nzcv.z));
        return negate ? CC_NE : CC_E;
    }
}

enum x64_cond lower_condition(struct lower *l, unsigned condition)
{
    static const uint8_t host[14] = {CC_E,  CC_NE, CC_AE, CC_B,  CC_S, CC_NS, CC_O,
                                     CC_NO, CC_A,  CC_BE, CC_GE, CC_L, CC_G,  CC_LE};

    if (l->flags.host == HOST_NONE && !recompute_flags(l))
        return condition_of_bytes(l, condition);
    if (l->flags.host >= HOST_FCMP)
        return lower_fp_condition(l, condition);
    if (l->flags.host == HOST_ADD && condition >> 1 == 1)
        return (enum x64_cond)(host[condition] ^ 1);
    if (l->flags.host == HOST_ADD && condition >> 1 == 4) {
        x64_u8(&l->code, 0xf5); /* cmc */
        l->flags.host = HOST_SUB;
    }
    return (enum x64_cond)host[condition];
}

/* --- Stubs and calls of C --- */

struct stub *lower_stub(struct lower *l, enum stub_kind kind, uint8_t *from)
{
    struct stub *stub = &l->stub[l->stubs];

    if (l->stubs == LOWER_STUBS - 1)
        l->code.full = true; /* as if there were no room: cannot be, by its size */
    else
        l->stubs++;
    *stub = (struct stub){.kind = kind,
                          .from = from,
                          .back = l->code.at,
                          .node = l->node,
                          .uop = l->uop,
                          .last = l->uop,
                          .valid = l->valid,
                          .dirty = l->dirty,
                          .flags = l->flags};
    return stub;
}

void lower_record(struct lower *l, struct node *node, const struct uop *uop)
{
    unsigned i = l->records;

    if (l->records < LOWER_STUBS - 1)
        l->records++;
    else
        l->code.full = true;
    l->record[i].from = x64_lea_rip(&l->code, RSI);
    l->record[i].node = node;
    l->record[i].uop = uop;
}

struct regset lower_lost_in_c(const struct lower *l, struct regset set)
{
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++) {
        enum x64_reg home = lower_home(l, slot);

        if (home == R12 || home == R13 || home == RBP)
            set.x &= ~(1ull << slot);
    }
    return set;
}

static void call_handler_of(struct lower *l, struct node *node, const struct uop *uop)
{
    bool arithmetic = uop->op >= UOP_fmov32 && !uop_has(uop->op, 'M');

    lower_record(l, node, uop);
    x64_call_to(&l->code, (arithmetic ? l->thunks->arithmetic : l->thunks->handler) - l->to_rx);
}

/* Runs handlers instead of what stands between the jump to here and `back`: from there on what the
 * micro-ops write is in its home. A fault finds the registers as they were before. */
static void handler_stub(struct lower *l, const struct stub *stub)
{
    struct regset fill = lower_lost_in_c(l, stub->valid);

    lower_spill(l, stub->dirty);
    lower_save_flags(l);
    if (stub->restores)
        x64_op_mem(&l->code, false, X64_MXCSR, 2, CPU_FIELD(mxcsr_before));
    for (const struct uop *uop = stub->uop; uop <= stub->last; uop++) {
        struct regset use, def;

        region_operands(uop, &use, &def);
        fill.x |= def.x & l->region->mapped.x;
        fill.v |= def.v & l->region->mapped.v;
        call_handler_of(l, stub->node, uop);
    }
    lower_fill(l, fill);
    x64_jmp_to(&l->code, stub->back);
}

/* A micro-op without a lowering. */
static void call_handler(struct lower *l, const struct uop *uop)
{
    struct regset use, def, kept = l->valid;

    if (uop_has(uop->op, 'R') || uop_has(uop->op, 'W'))
        lower_sync_flags(l);
    lower_spill(l, l->dirty);
    if (*uop_info[uop->op].effects)
        lower_save_flags(l);
    call_handler_of(l, l->node, uop);
    lower_vector_keep(l, NULL);
    l->dirty = l->valid = (struct regset){0};
    region_operands(uop, &use, &def);
    l->valid.x = kept.x & ~def.x & ~lower_lost_in_c(l, kept).x;
    l->flags.host = HOST_NONE;
    l->flags.source.intact &= !overwrites(uop, &l->flags.source);
}

static void call_helper(struct lower *l, const struct uop *uop, const uint8_t *thunk)
{
    lower_spill(l, l->dirty);
    lower_save_flags(l);
    lower_record(l, l->node, uop);
    x64_call_to(&l->code, thunk - l->to_rx);
    l->dirty = l->valid = (struct regset){0};
    l->flags = (struct flags){.saved = true, .bytes = true};
}

static void end_by_helper(struct lower *l, const struct uop *uop)
{
    lower_spill(l, l->dirty);
    lower_save_flags(l);
    lower_record(l, l->node, uop);
    x64_jmp_to(&l->code, l->thunks->helper_end - l->to_rx);
}

/* From here on the code is for this micro-op. */
static void note_place(struct lower *l)
{
    if (l->places < LOWER_PLACES)
        l->place[l->places++] = (struct lower_place){(uint32_t)(l->code.at - l->start),
                                                     (uint16_t)(l->node - l->region->node),
                                                     (uint16_t)(l->uop - l->node->block->uop)};
}

static void write_stub(struct lower *l, const struct stub *stub)
{
    x64_land(&l->code, stub->from);
    if (stub->also)
        x64_land(&l->code, stub->also);
    l->node = stub->node;
    l->uop = stub->uop;
    note_place(l);
    l->valid = stub->valid;
    l->dirty = stub->dirty;
    l->flags = stub->flags;
    switch (stub->kind) {
    case STUB_HANDLER:
        handler_stub(l, stub);
        break;
    case STUB_GROUP:
        lower_group_stub(l, stub);
        break;
    case STUB_LATCH:
        lower_latch_stub(l, stub);
        break;
    case STUB_DIVIDE:
        lower_divide_stub(l, stub);
        break;
    case STUB_FLAGS:
        lower_spill(l, (struct regset){0, l->dirty.v});
        x64_call_to(&l->code, l->thunks->flags - l->to_rx);
        lower_fill(l, (struct regset){0, l->valid.v});
        x64_jmp_to(&l->code, stub->back);
        break;
    case STUB_ZERO:
        lower_zero_stub(l, stub);
        break;
    case STUB_MASK:
        if (!lower_mask_stub(l, stub))
            handler_stub(l, stub);
        break;
    case STUB_STORE:
        if (!lower_store_stub(l, stub))
            handler_stub(l, stub);
        break;
    case STUB_DENORMAL:
        x64_alu_mem_imm(&l->code, false, ALU_OR, CPU_FIELD(fp.fpsr), FPSR_IDC);
        x64_jmp_to(&l->code, stub->back);
        break;
    default:
        lower_edge_stub(l, stub);
    }
}

/* --- The region --- */

static void lower_uop(struct lower *l, const struct uop *uop)
{
    if (!keeps_flags(l->node, uop) && !uop_has(uop->op, 'R') && !uop_has(uop->op, 'E'))
        l->flags.host = HOST_NONE;
    if (uop->op == UOP_call)
        call_helper(l, uop, l->thunks->helper);
    else if (uop->op == UOP_copy)
        call_helper(l, uop, l->thunks->copy);
    else if (uop->op == UOP_fill)
        call_helper(l, uop, l->thunks->fill);
    else if (uop->op == UOP_calle)
        end_by_helper(l, uop);
    else if (is_for_handler(l->node, uop))
        call_handler(l, uop);
    else if (!lower_int(l, uop) && !lower_bits(l, uop) && !lower_memory(l, uop) &&
             !lower_fp(l, uop) && !lower_vector(l, uop) && !lower_atomic(l, uop) &&
             !lower_system(l, uop) && !lower_pauth(l, uop) && !lower_sve(l, uop) &&
             !lower_end(l, uop))
        call_handler(l, uop);
    if (uop_has(uop->op, 'R') && !uop_has(uop->op, 'W') && !keeps_flags(l->node, uop))
        l->flags.host = HOST_NONE;
}

static void lower_node(struct lower *l, struct node *node)
{
    l->node = node;
    lower_start(l);
    for (l->uop = node->block->uop; l->uop < &node->block->uop[node->block->uops]; l->uop++) {
        const struct uop *first = l->uop, *last;
        const uint8_t *from = l->code.at;

        note_place(l);
        lower_vector_keep(l, l->uop);
        last = lower_group(l);
        if (!last)
            last = lower_extended(l);
        if (!last)
            last = lower_aes_round(l);
        if (last)
            l->uop = last;
        else
            lower_uop(l, l->uop);
        for (const struct uop *uop = first; uop <= l->uop; uop++)
            lower_fp_track(l, uop);
        if (l->code.full)
            return;
        if (log_on(l->cpu->log, LOG_UOP_OPT))
            dump_uops(l, first, from);
    }
}

static void write_records(struct lower *l)
{
    align_code(l, 8);
    for (unsigned i = 0; i < l->records && !l->code.full; i++) {
        struct call_record record;

        x64_land(&l->code, l->record[i].from);
        call_record_init(&record, l->record[i].uop, l->record[i].node->block,
                         l->record[i].node->offset);
        x64_bytes(&l->code, &record, sizeof(record));
    }
}

bool lower_region(struct lower *l)
{
    l->start = l->code.at;
    l->latches = true;
    lower_entry(l, &l->region->node[0]);
    for (unsigned i = 0; i < l->region->count && !l->code.full; i++)
        lower_node(l, &l->region->node[i]);
    for (unsigned i = 0; i < l->region->count && !l->code.full; i++)
        if (i && l->region->node[i].loop)
            lower_entry(l, &l->region->node[i]);
    l->latches = false;                                      /* not behind the hot path */
    for (unsigned i = 0; i < l->stubs && !l->code.full; i++) /* those of groups add some */
        write_stub(l, &l->stub[i]);
    for (unsigned i = 0; i < l->forwards && !l->code.full; i++)
        x64_land_at(&l->code, l->forward[i].from, l->label[l->forward[i].node]);
    write_constants(l);
    write_records(l);
    return !l->code.full;
}
