/* Groups: neighbouring accesses with one probe of the TLB for all that go off the same base, which
 * is a register or the sum of two.
 *
 * A function's prologue, its epilogue, the fields of a structure, an element that is changed; and,
 * with two bases, a copy that loads and stores in turns. A probe is for the whole range of bytes
 * that are accessed off a base. RAX and RCX then stay as they are, so that between members only
 * micro-ops may stand that need neither. Where a probe misses, which it does as well where the
 * range leaves a page, the stub makes all accesses one by one. */
#include "cpu/jit/lower_mem.h"

#include <string.h>

#define GROUP_BYTES 256 /* off one base */

/* The bytes that the micro-op accesses; 0: it is none of those that can be members. */
static unsigned member_bytes(enum uop_op op)
{
    switch (op) {
    case UOP_ld8:
    case UOP_ld8x:
    case UOP_ld8s64:
    case UOP_ld8s64x:
    case UOP_ld8s32:
    case UOP_ld8s32x:
    case UOP_st8:
    case UOP_st8x:
        return 1;
    case UOP_ld16:
    case UOP_ld16x:
    case UOP_ld16s64:
    case UOP_ld16s64x:
    case UOP_ld16s32:
    case UOP_ld16s32x:
    case UOP_st16:
    case UOP_st16x:
        return 2;
    case UOP_ld32:
    case UOP_ld32x:
    case UOP_ld32s64:
    case UOP_ld32s64x:
    case UOP_st32:
    case UOP_st32x:
    case UOP_ldv32:
    case UOP_ldv32x:
    case UOP_stv32:
    case UOP_stv32x:
        return 4;
    case UOP_ld64:
    case UOP_ld64x:
    case UOP_st64:
    case UOP_st64x:
    case UOP_ldp32:
    case UOP_ldpsw:
    case UOP_stp32:
    case UOP_ldv64:
    case UOP_ldv64x:
    case UOP_stv64:
    case UOP_stv64x:
        return 8;
    case UOP_ldp64:
    case UOP_stp64:
    case UOP_ldv128:
    case UOP_ldv128x:
    case UOP_stv128:
    case UOP_stv128x:
    case UOP_ldpv64:
    case UOP_stpv64:
        return 16;
    case UOP_ldpv128:
    case UOP_stpv128:
        return 32;
    default:
        return 0;
    }
}

static bool is_store(enum uop_op op)
{
    return strchr("SU", uop_info[op].operands[0]) != NULL;
}

static bool has_home(const struct lower *l, unsigned slot)
{
    return lower_home(l, slot) != X64_NONE;
}

/* May this stand between members? Its lowering touches homes and vectors only, and no flags. */
static bool stays_out_of_the_way(const struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_movi:
        return has_home(l, uop->d);
    case UOP_mov64:
    case UOP_mov32:
        return has_home(l, uop->d) && (has_home(l, uop->a) || uop->a == SLOT_ZERO);
    case UOP_add64i:
    case UOP_sub64i:
        return has_home(l, uop->d) && has_home(l, uop->a) && uop->imm <= INT32_MAX;
    default:
        return lower_vector_is_simple(l, uop);
    }
}

static bool is_indexed(const struct uop *uop)
{
    return uop_info[uop->op].operands[2] == 'b';
}

static bool can_be_member(const struct lower *l, const struct uop *uop)
{
    if (!member_bytes(uop->op))
        return false;
    return is_indexed(uop) ? has_home(l, uop->b) && uop->x <= 3
                           : (int64_t)uop->imm == (int16_t)uop->imm;
}

/* What a micro-op adds to the slot. False: it is unknown. */
static bool follow_slot(const struct uop *uop, uint8_t slot, unsigned scale, int64_t *moved)
{
    struct regset use, def;
    int64_t by = (int64_t)uop->imm;

    region_operands(uop, &use, &def);
    if (!(def.x >> slot & 1))
        return true;
    if ((uop->op != UOP_add64i && uop->op != UOP_sub64i) || uop->a != slot)
        return false;
    *moved += (uop->op == UOP_add64i ? by : -by) * (1 << scale);
    return *moved == (int16_t)*moved;
}

/* What a micro-op does to the base: its value then, relative to the start. False: unknown. */
static bool follow_base(const struct uop *uop, const struct group_base *base, int64_t *moved)
{
    return follow_slot(uop, base->slot, 0, moved) &&
           (!base->indexed || follow_slot(uop, base->index, base->scale, moved));
}

static struct group_base *base_of(struct group *group, const struct uop *uop)
{
    for (unsigned i = 0; i < group->bases; i++) {
        struct group_base *base = &group->base[i];

        if (base->slot == uop->a && base->indexed == is_indexed(uop) &&
            (!base->indexed || (base->index == uop->b && base->scale == uop->x)))
            return base;
    }
    return NULL;
}

/* The base of a member that has another one than those before. NULL: there is no room for it, or it
 * is not known what became of it since the start. */
static struct group_base *add_base(struct group *group, const struct uop *uop, unsigned bases)
{
    struct group_base *base = &group->base[group->bases];

    if (group->bases == bases)
        return NULL;
    *base = (struct group_base){
        .slot = uop->a, .indexed = is_indexed(uop), .index = uop->b, .scale = uop->x};
    for (const struct uop *before = group->first; before < uop; before++)
        if (!follow_base(before, base, &base->moved))
            return NULL;
    group->bases++;
    return base;
}

static int64_t offset_of(const struct uop *uop)
{
    return is_indexed(uop) ? 0 : (int64_t)uop->imm;
}

/* False: the member is too far from those before. */
static bool add_member(struct group *group, struct group_base *base, const struct uop *uop)
{
    int64_t low = base->moved + offset_of(uop), high = low + member_bytes(uop->op);

    if (base->bytes) {
        int64_t old_high = base->low + (int64_t)base->bytes;

        low = low < base->low ? low : base->low;
        high = high > old_high ? high : old_high;
    }
    if (high - low > GROUP_BYTES)
        return false;
    base->low = (int32_t)low;
    base->bytes = (unsigned)(high - low);
    base->write |= is_store(uop->op);
    group->turns += !group->members++ || base_of(group, group->last) != base;
    group->last = uop;
    return true;
}

/* Looks for members from the present micro-op on, off so many bases at most. */
static void find_group(const struct lower *l, struct group *group, unsigned bases)
{
    const struct block *block = l->node->block;
    bool known = true;

    *group = (struct group){.first = l->uop};
    for (const struct uop *uop = l->uop; known && uop < &block->uop[block->uops]; uop++) {
        if (can_be_member(l, uop)) {
            struct group_base *base = base_of(group, uop);

            if (!base)
                base = add_base(group, uop, bases);
            if (!base || !add_member(group, base, uop))
                return;
        } else if (!stays_out_of_the_way(l, uop)) {
            return;
        }
        for (unsigned i = 0; i < group->bases; i++)
            known &= follow_base(uop, &group->base[i], &group->base[i].moved);
    }
}

static bool wants_latch(const struct lower *l, const struct group_base *base)
{
    return !base->write && lower_deserves_latch(l, base->slot, base->indexed, base->bytes);
}

/* Two bases, if they take turns more than once and only one of them deserves a latch: that one is
 * made the first. Else one base. */
static void choose_group(const struct lower *l, struct group *group)
{
    find_group(l, group, 2);
    if (group->bases < 2)
        return;
    if (group->turns > 2) {
        bool second = wants_latch(l, &group->base[1]);

        if (second && !wants_latch(l, &group->base[0])) {
            struct group_base first = group->base[0];

            group->base[0] = group->base[1];
            group->base[1] = first;
            return;
        }
        if (!second)
            return;
    }
    find_group(l, group, 1);
}

/* Off one base the address of the first byte is in RAX, and RCX has what to add to it. Of two, RAX
 * and RCX have the host's addresses. */
struct x64_mem lower_group_access(struct lower *l, const struct uop *uop)
{
    const struct group_base *base = base_of(&l->group, uop);
    int64_t at = offset_of(uop) - base->low;

    for (const struct uop *before = l->group.first; before < uop; before++)
        (void)follow_base(before, base, &at);
    if (l->group.bases == 1)
        return x64_indexed(RCX, RAX, 0, (int32_t)at);
    return x64_at(base == &l->group.base[0] ? RAX : RCX, (int32_t)at);
}

/* What a member reads is in its home before the probe: the stub must find all in one state. */
static void bring_all_home(struct lower *l)
{
    struct regset written = {0};

    for (const struct uop *uop = l->group.first; uop <= l->group.last; uop++) {
        struct regset use, def;

        region_operands(uop, &use, &def);
        for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
            if ((use.x & ~written.x) >> slot & 1)
                lower_bring_home(l, slot);
        for (unsigned v = 0; v < REGSET_VECTORS; v++)
            if ((use.v & ~written.v) >> v & 1)
                lower_bring_vector(l, v);
        written.x |= def.x;
        written.v |= def.v;
    }
}

static void lower_members(struct lower *l, const struct uop *uop, const struct uop *last)
{
    for (; uop <= last; uop++) {
        l->uop = uop;
        lower_vector_keep(l, uop);
        if (!lower_memory(l, uop) && !lower_int(l, uop))
            (void)lower_vector(l, uop);
    }
}

void lower_group_stub(struct lower *l, const struct stub *stub)
{
    lower_members(l, stub->uop, stub->last);
    x64_jmp_to(&l->code, stub->back);
}

/* reg = the address of the base's first byte. */
static void first_byte(struct lower *l, const struct group_base *base, enum x64_reg reg)
{
    enum x64_reg slot = lower_in(l, true, base->slot, reg);

    if (base->indexed)
        x64_lea(&l->code, true, reg,
                x64_indexed(slot, lower_home(l, base->index), base->scale, base->low));
    else
        x64_lea(&l->code, true, reg, x64_at(slot, base->low));
}

static struct stub *probe_first(struct lower *l, const struct group_base *base)
{
    bool latches = wants_latch(l, base);
    struct stub *latch = latches ? lower_stub(l, STUB_LATCH, NULL) : NULL;
    struct stub *stub = lower_stub(l, STUB_GROUP, NULL);

    first_byte(l, base, RAX);
    if (latches)
        lower_probe_latch(l, RAX, base->bytes, latch, stub);
    else
        stub->from = lower_probe_page(l, RAX, false, base->write, base->bytes);
    return stub;
}

static void probe_second(struct lower *l, const struct group_base *base, struct stub *stub)
{
    x64_alu(&l->code, true, ALU_ADD, RAX, RCX);
    first_byte(l, base, RDX);
    stub->also = lower_probe_page(l, RDX, false, base->write, base->bytes);
    first_byte(l, base, RDX);
    x64_alu(&l->code, true, ALU_ADD, RCX, RDX);
}

const struct uop *lower_group(struct lower *l)
{
    const struct uop *uop = l->uop;
    struct group group;
    struct stub *stub;

    if (!can_be_member(l, uop))
        return NULL;
    choose_group(l, &group);
    if (group.members < 2)
        return NULL;
    l->flags.host = HOST_NONE;
    l->group = group;
    l->group.members = 0; /* the addresses are not yet there */
    bring_all_home(l);
    stub = probe_first(l, &group.base[0]);
    stub->last = group.last;
    if (group.bases == 2)
        probe_second(l, &group.base[1], stub);
    l->group.members = group.members;
    lower_members(l, uop, group.last);
    l->group.members = 0;
    stub->back = l->code.at;
    return group.last;
}
