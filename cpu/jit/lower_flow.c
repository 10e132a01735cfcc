/* Lowerings of control flow: starts of nodes, edges inside the region and out of it, calls and
 * returns on the host's stack, and branches to addresses in registers. */
#include "cpu/jit/lower.h"

#define FRAME 32 /* bytes on the stack for an expected return */

static unsigned number(const struct lower *l, const struct node *node)
{
    return (unsigned)(node - l->region->node);
}

static void jump_to_thunk(struct lower *l, const uint8_t *thunk)
{
    x64_jmp_to(&l->code, thunk - l->to_rx);
}

/* The jump that ends at `from` goes to the node, written or not. */
static void land_at_node(struct lower *l, uint8_t *from, unsigned node)
{
    if (l->label[node]) {
        x64_land_at(&l->code, from, l->label[node]);
        return;
    }
    l->forward[l->forwards].from = from;
    l->forward[l->forwards].node = (uint8_t)node;
    l->forwards++;
}

/* Registers that have to be in their homes at the start of the node and are not. */
static struct regset missing(const struct lower *l, const struct node *node)
{
    struct regset set = region_wanted(l->region, node);

    set.x &= ~l->valid.x;
    set.v &= ~l->valid.v;
    return set;
}

static void bring_home(struct lower *l, const struct node *node)
{
    struct regset set = missing(l, node);

    lower_fill(l, set);
    l->valid.x |= set.x;
    l->valid.v |= set.v;
}

static void add_to_pc(struct lower *l, int64_t offset)
{
    if (offset == (int32_t)offset) {
        x64_alu_mem_imm(&l->code, true, ALU_ADD, CPU_FIELD(pc), (int32_t)offset);
    } else {
        x64_mov_imm(&l->code, RCX, (uint64_t)offset);
        x64_op_mem(&l->code, true, 0x01, RCX, CPU_FIELD(pc));
    }
}

/* --- Starts --- */

/* The flags as the only way here left them. */
static struct flags inherited_flags(const struct lower *l)
{
    const struct node *node = l->node;

    if (node->again)
        return (struct flags){.source = lower_again_source(node->again), .repeated = true};
    if (node->preds == 1 && !node->entry && !node->loop)
        for (unsigned i = 0; i < number(l, node); i++)
            for (enum node_edge edge = EDGE_LINK0; edge <= EDGE_LINK1; edge++)
                if (l->region->node[i].edge[edge] == (int)number(l, node) && l->at_end[i].known)
                    return l->at_end[i].flags;
    return (struct flags){.saved = true};
}

/* A line of the host's code: a loop that starts in the midst of one costs up to a fifth (strlen), a
 * tenth often (loops, bytes of tests/bench). 32 serves all but strlen as well. */
#define LOOP_ALIGN 64

void lower_start(struct lower *l)
{
    if (l->node->loop)
        x64_nop(&l->code, -(uintptr_t)l->code.at % LOOP_ALIGN);
    l->label[number(l, l->node)] = l->code.at;
    l->valid = region_wanted(l->region, l->node);
    l->dirty.x = l->node->dirty.x & l->region->mapped.x;
    l->dirty.v = l->node->dirty.v & l->region->mapped.v;
    l->flags = inherited_flags(l);
    lower_fp_forget(l);
    lower_vector_keep(l, NULL);
    if (l->node->loop) {
        x64_alu_mem_imm(&l->code, false, ALU_CMP, CPU_FIELD(pending), 0);
        lower_stub(l, STUB_LEAVE, x64_jcc(&l->code, CC_NE));
    }
    x64_lea(&l->code, true, R14, x64_at(R14, l->node->block->insns));
    l->flags.counted = l->node->block->insns;
}

/* Before a way into a loop that does not repeat it. */
static void come_into_loop(struct lower *l, const struct node *node)
{
    if (node->again)
        x64_store(&l->code, true, CPU_FIELD(loop_entry), R14);
}

/* A region of several pages is right in the mapping that it was made in; in another one C looks. */
static void check_guard(struct lower *l, const struct node *node)
{
    struct x64 *c = &l->code;
    unsigned slot = l->id % JIT_GUARDS;
    uint8_t *other[3];

    x64_load(c, true, RAX, CPU_FIELD(context));
    x64_alu_load(c, true, ALU_CMP, RAX, CPU_FIELD(guard[slot].context));
    other[0] = x64_jcc(c, CC_NE);
    x64_load(c, true, RAX, CPU_FIELD(pc));
    x64_alu_load(c, true, ALU_CMP, RAX, CPU_FIELD(guard[slot].va));
    other[1] = x64_jcc(c, CC_NE);
    x64_alu_mem_imm(c, true, ALU_CMP, CPU_FIELD(guard[slot].id), (int32_t)l->id);
    other[2] = x64_jcc(c, CC_NE);
    for (unsigned i = 0; i < ARRAY_SIZE(other); i++)
        lower_stub(l, STUB_GUARD, other[i])->node = (struct node *)node;
}

static void enter_at(struct lower *l, struct node *node, bool from_outside)
{
    l->valid = l->dirty = (struct regset){0};
    l->flags = (struct flags){.saved = true};
    if (node->offset)
        add_to_pc(l, -(int64_t)node->offset);
    if (from_outside && l->region->pages > 1)
        check_guard(l, node);
    lower_fill(l, region_wanted(l->region, node));
    come_into_loop(l, node);
}

void lower_entry(struct lower *l, struct node *node)
{
    l->entry[l->entries].block = node->block;
    l->entry[l->entries].at = l->code.at;
    l->entries++;
    if (!node->loop && !l->alone) {
        x64_alu_mem_imm(&l->code, false, ALU_CMP, CPU_FIELD(pending), 0);
        x64_jcc_to(&l->code, CC_NE, l->thunks->leave - l->to_rx);
    }
    enter_at(l, node, true);
    if (number(l, node) || l->label[0])
        land_at_node(l, x64_jmp(&l->code), number(l, node));
}

/* --- Ways out. Everything goes to struct cpu --- */

static void put_down(struct lower *l)
{
    lower_spill(l, (struct regset){l->dirty.x & ~TEMPORARIES, l->dirty.v});
    lower_save_flags(l);
}

/* RAX = the block the link leads to, and RCX = the link, or 0 if it is not on this page; the jumps
 * to take when the slot of the jump cache that the branch took last is not that of cpu->pc in this
 * context: then RCX is where the number of that slot is kept. */
struct unless {
    uint8_t *context, *pc;
};

static struct unless point_at_link(struct lower *l, const struct link *link)
{
    struct x64 *c = &l->code;
    struct unless other = {NULL, NULL};

    if (link->same_page) {
        x64_mov_imm(c, RCX, (uintptr_t)link);
        x64_load(c, true, RAX, x64_at(RCX, offsetof(struct link, to)));
    } else {
        x64_lea(c, true, RCX, CPU_FIELD(branch_slot[(*l->sites)++ % BRANCH_SITES]));
        x64_load(c, true, RDX, x64_at(RCX, 0));
        x64_load(c, true, RAX, CPU_FIELD(pc));
        x64_alu_load(c, true, ALU_CMP, RAX, x64_at(RDX, offsetof(struct jump, pc)));
        other.pc = x64_jcc(c, CC_NE);
        other.context = thunks_take_jump(c);
    }
    return other;
}

static void leave_by(struct lower *l, enum node_edge edge)
{
    const struct link *link = &l->node->block->link[edge];
    struct unless other;

    put_down(l);
    add_to_pc(l, l->node->offset + link->offset);
    if (l->alone) {
        jump_to_thunk(l, l->thunks->leave);
        return;
    }
    other = point_at_link(l, link);
    x64_jmp_mem(&l->code, x64_at(RAX, offsetof(struct block, entry)));
    if (other.pc) {
        x64_land_at(&l->code, other.context, l->thunks->branch - l->to_rx);
        x64_land_at(&l->code, other.pc, l->thunks->branch - l->to_rx);
    }
}

/* --- Edges --- */

/* Does the edge repeat a loop whose NZCV stays in the operands of the comparison? */
static bool repeats(const struct lower *l, enum node_edge edge)
{
    int to = l->node->edge[edge];

    return to >= 0 && to <= (int)number(l, l->node) && l->region->node[to].again;
}

/* Where several ways meet, NZCV is expected in struct cpu. */
static bool wants_flags_saved(const struct lower *l, enum node_edge edge)
{
    const struct node *to = l->node->edge[edge] < 0 ? NULL : &l->region->node[l->node->edge[edge]];

    return to && !repeats(l, edge) && to->observes_flags &&
           (to->preds != 1 || to->entry || to->loop);
}

/* Makes everything as the node that the edge leads to expects it. */
static void prepare(struct lower *l, enum node_edge edge)
{
    const struct node *to = &l->region->node[l->node->edge[edge]];

    if (wants_flags_saved(l, edge))
        lower_save_flags(l);
    lower_fill(l, missing(l, to));
    if (!repeats(l, edge))
        come_into_loop(l, to);
}

/* Is it so already? */
static bool is_prepared(const struct lower *l, enum node_edge edge)
{
    const struct node *to = &l->region->node[l->node->edge[edge]];
    struct regset set = missing(l, to);

    return !set.x && !set.v && (l->flags.saved || !wants_flags_saved(l, edge)) &&
           (!to->again || repeats(l, edge));
}

/* Goes where the edge leads, from here. */
static void take(struct lower *l, enum node_edge edge)
{
    int to = l->node->edge[edge];

    if (to < 0) {
        leave_by(l, edge);
        return;
    }
    prepare(l, edge);
    land_at_node(l, x64_jmp(&l->code), (unsigned)to);
}

/* Falls into the node that is written next, if that is where the edge leads. */
static void take_last(struct lower *l, enum node_edge edge)
{
    int to = l->node->edge[edge];

    if (to != (int)number(l, l->node) + 1) {
        take(l, edge);
        return;
    }
    prepare(l, edge);
}

static void take_if(struct lower *l, enum x64_cond cond, enum node_edge edge)
{
    uint8_t *from = x64_jcc(&l->code, cond);
    int to = l->node->edge[edge];

    if (to >= 0 && is_prepared(l, edge))
        land_at_node(l, from, (unsigned)to);
    else
        lower_stub(l, STUB_EDGE, from)->edge = edge;
}

static void remember_flags(struct lower *l)
{
    l->at_end[number(l, l->node)].known = true;
    l->at_end[number(l, l->node)].flags = l->flags;
}

/* Does a conditional branch repeat, as a rule, a loop whose NZCV stays there? Of two loops the
 * inner one counts, whose head is written later. */
static bool repeats_mostly(const struct lower *l)
{
    const int8_t *to = l->node->edge;
    int here = (int)number(l, l->node);
    bool second = to[EDGE_LINK0] < 0 || to[EDGE_LINK0] > here ||
                  (to[EDGE_LINK1] > to[EDGE_LINK0] && to[EDGE_LINK1] <= here);

    return repeats(l, second ? EDGE_LINK1 : EDGE_LINK0);
}

/* Before a conditional branch: so that neither side has to. */
static void save_for_edges(struct lower *l)
{
    if (repeats_mostly(l))
        return; /* leaving the loop is for the other side */
    if (wants_flags_saved(l, EDGE_LINK0) || wants_flags_saved(l, EDGE_LINK1))
        lower_save_flags(l);
}

static void branch(struct lower *l, enum x64_cond taken)
{
    int next = (int)number(l, l->node) + 1;

    save_for_edges(l);
    remember_flags(l);
    if (l->node->edge[EDGE_LINK0] == next && l->node->edge[EDGE_LINK1] != next) {
        take_if(l, (enum x64_cond)(taken ^ 1), EDGE_LINK1);
        take_last(l, EDGE_LINK0);
    } else {
        take_if(l, taken, EDGE_LINK0);
        take_last(l, EDGE_LINK1);
    }
}

/* --- Calls and returns --- */

/* `region`: the number of the region that the call does not leave, else 0. */
static void push_frame(struct lower *l, uint32_t region)
{
    struct x64 *c = &l->code;
    struct stub *stub;

    x64_alu_load(c, true, ALU_CMP, RSP, CPU_FIELD(jit_limit));
    stub = lower_stub(l, STUB_UNWIND, x64_jcc(c, CC_B));
    stub->back = c->at;
    x64_push_imm(c, (int32_t)region);
    x64_push_mem(c, CPU_FIELD(context));
    if (l->valid.x >> 30 & 1)
        x64_push(c, lower_home(l, 30));
    else
        x64_push_mem(c, SLOT_FIELD(30));
}

/* Where the callee returns to; cpu->pc is this address. */
static void land_return(struct lower *l)
{
    int to = l->node->edge[EDGE_RETURN];

    x64_lea(&l->code, true, RSP, x64_at(RSP, FRAME - 8));
    if (to < 0) {
        jump_to_thunk(l, l->thunks->find);
        return;
    }
    enter_at(l, &l->region->node[to], false); /* in the context of the call */
    if (to != (int)number(l, l->node) + 1)
        land_at_node(l, x64_jmp(&l->code), (unsigned)to);
}

static void call_link(struct lower *l)
{
    const struct link *link = &l->node->block->link[EDGE_LINK0];
    struct unless other;

    put_down(l);
    push_frame(l, 0);
    add_to_pc(l, l->node->offset + link->offset);
    other = point_at_link(l, link);
    x64_call_mem(&l->code, x64_at(RAX, offsetof(struct block, entry)));
    if (other.pc) {
        lower_stub(l, STUB_CALL, other.context);
        lower_stub(l, STUB_CALL, other.pc);
    }
    land_return(l);
}

/* A call of a function of this region: registers stay where they are. */
static void call_inside(struct lower *l)
{
    unsigned callee = (unsigned)l->node->edge[EDGE_LINK0];
    int to = l->node->edge[EDGE_RETURN];

    prepare(l, EDGE_LINK0);
    push_frame(l, l->id);
    land_at_node(l, x64_call(&l->code), callee);
    x64_lea(&l->code, true, RSP, x64_at(RSP, FRAME - 8));
    if (to != (int)number(l, l->node) + 1)
        land_at_node(l, x64_jmp(&l->code), (unsigned)to);
}

/* Is the frame on the stack that of the return to RAX, pushed for this region (0: for none)? The
 * jumps to take if not. */
static void match_frame(struct lower *l, uint32_t region, uint8_t *otherwise[3])
{
    struct x64 *c = &l->code;

    x64_alu_load(c, true, ALU_CMP, RAX, x64_at(RSP, 8));
    otherwise[0] = x64_jcc(c, CC_NE);
    x64_load(c, true, RCX, CPU_FIELD(context));
    x64_alu_load(c, true, ALU_CMP, RCX, x64_at(RSP, 16));
    otherwise[1] = x64_jcc(c, CC_NE);
    x64_alu_mem_imm(c, true, ALU_CMP, x64_at(RSP, 24), (int32_t)region);
    otherwise[2] = x64_jcc(c, CC_NE);
}

/* Registers are where all places that calls inside return to want them. RETAA has its address in a
 * temporary slot. */
static void return_inside(struct lower *l, const struct uop *uop)
{
    uint8_t *otherwise[3];

    lower_save_flags(l);
    for (uint64_t set = l->region->returns; set; set &= set - 1)
        bring_home(l, &l->region->node[__builtin_ctzll(set)]);
    lower_copy(l, true, uop->a, RAX);
    match_frame(l, l->id, otherwise);
    x64_ret(&l->code);
    for (unsigned i = 0; i < 3; i++)
        x64_land(&l->code, otherwise[i]);
}

static void expected_return(struct lower *l)
{
    uint8_t *otherwise[3];

    match_frame(l, 0, otherwise);
    x64_ret(&l->code);
    for (unsigned i = 0; i < 3; i++)
        x64_land_at(&l->code, otherwise[i], l->thunks->miss_return - l->to_rx);
}

/* PSTATE.BTYPE, for whoever looks for the target in C. */
static void note_branch_type(struct lower *l, const struct uop *uop)
{
    if (uop->op == UOP_br && uop->y)
        x64_store_imm8(&l->code, CPU_FIELD(btype), uop->y);
}

static void branch_register(struct lower *l, const struct uop *uop)
{
    struct x64 *c = &l->code;
    uint8_t *otherwise[3] = {NULL};
    unsigned ways = 2;

    if (uop->x == BRANCH_RETURN && l->region->returns)
        return_inside(l, uop);
    put_down(l);
    if (!l->alone && uop->x == BRANCH_CALL)
        push_frame(l, 0);
    lower_copy(l, true, uop->a, RAX);
    x64_store(c, true, CPU_FIELD(pc), RAX);
    if (l->alone) {
        note_branch_type(l, uop);
        jump_to_thunk(l, l->thunks->leave);
        return;
    }
    if (uop->x == BRANCH_RETURN) {
        expected_return(l);
        return;
    }
    thunks_ask_jump_cache(c, otherwise, (*l->sites)++ % BRANCH_SITES);
    if (uop->y) { /* may it be entered so? */
        x64_test_mem_imm8(c, x64_at(RAX, offsetof(struct block, landing)), 1u << uop->y);
        otherwise[ways++] = x64_jcc(c, CC_E);
    }
    if (uop->x == BRANCH_CALL) {
        x64_call_mem(c, x64_at(RAX, offsetof(struct block, entry)));
        for (unsigned i = 0; i < ways; i++)
            lower_stub(l, STUB_CALL, otherwise[i]);
        land_return(l);
        return;
    }
    x64_jmp_mem(c, x64_at(RAX, offsetof(struct block, entry)));
    for (unsigned i = 0; i < ways; i++)
        x64_land(c, otherwise[i]);
    note_branch_type(l, uop);
    jump_to_thunk(l, l->thunks->find);
}

/* --- Stubs --- */

/* Linux waits with a DSB for each page that it unmaps: to leave for it would lose the expected
 * returns. */
static void sync_here(struct lower *l, const struct stub *stub)
{
    uint8_t *refused;

    x64_call_to(&l->code, l->thunks->sync - l->to_rx);
    refused = x64_jcc(&l->code, CC_E);
    lower_fill(l, lower_lost_in_c(l, stub->valid));
    x64_jmp_to(&l->code, stub->back);
    x64_land(&l->code, refused);
}

void lower_edge_stub(struct lower *l, const struct stub *stub)
{
    switch (stub->kind) {
    case STUB_EDGE:
        take(l, stub->edge);
        break;
    case STUB_LEAVE:
        put_down(l);
        if (l->node->offset)
            add_to_pc(l, l->node->offset);
        jump_to_thunk(l, l->thunks->leave);
        break;
    case STUB_GUARD:
        x64_mov_imm(&l->code, RSI, (uintptr_t)l->installed);
        x64_mov_imm(&l->code, RDX, (uint64_t)(int64_t)l->node->offset);
        x64_call_to(&l->code, l->thunks->guard - l->to_rx);
        x64_jmp_to(&l->code, stub->back);
        break;
    case STUB_BEHIND:
        put_down(l);
        if (l->uop->op == UOP_dsb) {
            sync_here(l, stub);
            x64_store_imm(&l->code, false, CPU_FIELD(exit), EXIT_DSB);
        } else if (l->uop->op != UOP_isb) {
            x64_u8(&l->code, X64_LOCK);
            x64_alu_mem_imm(&l->code, false, ALU_OR, CPU_FIELD(pending), PENDING_IRQ);
        }
        add_to_pc(l, l->node->offset + l->node->block->link[EDGE_LINK0].offset);
        jump_to_thunk(l, l->thunks->leave);
        break;
    case STUB_CALL:
        note_branch_type(l, l->uop);
        x64_call_to(&l->code, (region_links(l->node->block) ? l->thunks->branch : l->thunks->find) -
                                  l->to_rx);
        x64_jmp_to(&l->code, stub->back);
        break;
    default: /* STUB_UNWIND: the first frame is the bottom, which no return matches */
        x64_load(&l->code, true, RSP, CPU_FIELD(jit_sp));
        x64_lea(&l->code, true, RSP, x64_at(RSP, -FRAME));
        x64_jmp_to(&l->code, stub->back);
    }
}

/* --- Ends of blocks --- */

static void compare_zero(struct lower *l, const struct uop *uop, bool wide, enum x64_cond taken)
{
    enum x64_reg a;

    save_for_edges(l); /* the host's flags will be others */
    a = lower_in(l, wide, uop->a, RAX);
    l->flags.host = HOST_NONE;
    x64_test(&l->code, wide, a, a);
    branch(l, taken);
}

static void test_bit(struct lower *l, const struct uop *uop, enum x64_cond taken)
{
    enum x64_reg a;

    save_for_edges(l);
    a = lower_in(l, true, uop->a, RAX);
    l->flags.host = HOST_NONE;
    x64_op_reg(&l->code, true, 0x0fba, 4, a); /* bt a, imm8: CF is the bit */
    x64_u8(&l->code, uop->x);
    branch(l, taken);
}

/* By the guest's condition; 14 and 15 always hold. */
static void branch_if(struct lower *l, unsigned condition)
{
    if (condition < 14) {
        branch(l, lower_condition(l, condition));
        return;
    }
    remember_flags(l);
    take_last(l, EDGE_LINK0);
}

static void subtract_and_branch(struct lower *l, const struct uop *uop, bool wide, bool immediate)
{
    lower_subtract(l, uop, wide, immediate);
    branch_if(l, uop->x);
}

/* Goes on, unless there is something to look at first. */
static void go_on_unless(struct lower *l, struct x64_mem something)
{
    l->flags.host = HOST_NONE;
    x64_alu_mem_imm(&l->code, false, ALU_CMP, something, 0);
    lower_stub(l, STUB_BEHIND, x64_jcc(&l->code, CC_NE));
    remember_flags(l);
    take_last(l, EDGE_LINK0);
}

static void write_daif(struct lower *l, const struct uop *uop)
{
    lower_copy(l, false, uop->a, RAX);
    x64_shift_imm(&l->code, false, SHIFT_SHR, RAX, 6);
    x64_alu_imm(&l->code, false, ALU_AND, RAX, 15);
    x64_store_sized(&l->code, 1, CPU_FIELD(daif), RAX);
    go_on_unless(l, CPU_FIELD(lines));
}

bool lower_end(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_jump:
        remember_flags(l);
        if (l->node->edge[EDGE_LINK0] >= 0 && uop->x == BRANCH_CALL)
            call_inside(l);
        else if (uop->x == BRANCH_CALL && !l->alone)
            call_link(l);
        else
            take_last(l, EDGE_LINK0);
        return true;
    case UOP_bcond:
        branch_if(l, uop->x);
        return true;
    case UOP_subsb64:
    case UOP_subsb32:
        subtract_and_branch(l, uop, uop->op == UOP_subsb64, false);
        return true;
    case UOP_subsbi64:
    case UOP_subsbi32:
        subtract_and_branch(l, uop, uop->op == UOP_subsbi64, true);
        return true;
    case UOP_cbz64:
    case UOP_cbz32:
        compare_zero(l, uop, uop->op == UOP_cbz64, CC_E);
        return true;
    case UOP_cbnz64:
    case UOP_cbnz32:
        compare_zero(l, uop, uop->op == UOP_cbnz64, CC_NE);
        return true;
    case UOP_tbz:
        test_bit(l, uop, CC_AE);
        return true;
    case UOP_tbnz:
        test_bit(l, uop, CC_B);
        return true;
    case UOP_br:
        branch_register(l, uop);
        return true;
    case UOP_daifwr:
        write_daif(l, uop);
        return true;
    case UOP_daifclr:
        x64_alu_mem_imm8(&l->code, ALU_AND, CPU_FIELD(daif), (uint8_t)~uop->x);
        go_on_unless(l, CPU_FIELD(lines));
        return true;
    case UOP_dsb:
        lower_barrier(l);
        go_on_unless(l, CPU_FIELD(unsynced));
        return true;
    case UOP_isb: /* code that was dropped may be this region */
        go_on_unless(l, CPU_FIELD(pending));
        return true;
    case UOP_next:
        put_down(l);
        add_to_pc(l, l->node->offset + (int64_t)uop->imm);
        jump_to_thunk(l, l->alone ? l->thunks->leave : l->thunks->find);
        return true;
    default:
        return false;
    }
}
