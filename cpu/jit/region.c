/* Forming a region, and the analyses over it: order, liveness, and which guest registers live in
 * host registers. Each is a few lines over the graph; the lowering asks for the results. */
#include "cpu/jit/region.h"

#include <string.h>

#include "cpu/jit/x64.h"
#include "cpu/sve.h"

#define WARM_RUNS    8 /* a block that ran less often is not worth including */
#define CALLEE_NODES 8 /* a function that is small enough to be taken in */
#define CALLEE_UOPS  120
#define REGION_REACH (128 * (int64_t)MIB) /* as far as B reaches */

/* --- Micro-ops --- */

/* Vector registers from `first` on, `count` of them, modulo 32. */
static uint64_t vector_list(unsigned first, unsigned count)
{
    uint64_t set = 0;

    for (unsigned i = 0; i < count; i++)
        set |= regset_vector((first + i) & 31);
    return set;
}

/* The same of Z registers: those of two parts have homes. */
static uint64_t z_list(const struct uop *uop)
{
    struct sve_structures s = sve_structures(uop->y);
    uint64_t list = vector_list(uop->d, s.count);

    _Static_assert(REGSET_VECTORS == 2 * V_HIGH, "two parts");
    return s.parts > 1 ? list | list << V_HIGH : list;
}

/* What y means depends on the operation: see uops.def. */
static void operand_y(const struct uop *uop, const char *operands, struct regset *use,
                      struct regset *def)
{
    if (!strncmp(operands, "dy", 2))
        def->x |= 1ull << uop->y;
    else if (!strncmp(operands, "Sy", 2) || !strcmp(operands, "daby"))
        use->x |= 1ull << uop->y;
    else if (!strncmp(operands, "Vy", 2))
        def->v |= regset_vector(uop->y);
    else if (!strncmp(operands, "Uy", 2) || !strcmp(operands, "VABy"))
        use->v |= regset_vector(uop->y);
}

void region_operands(const struct uop *uop, struct regset *use, struct regset *def)
{
    const char *operands = uop_info[uop->op].operands;

    *use = *def = (struct regset){0};
    if (uop_has(uop->op, 'C'))
        return;
    for (const char *o = operands; *o; o++) {
        switch (*o) {
        case 'D':
            use->x |= 1ull << uop->d;
            /* fall through */
        case 'd':
            def->x |= 1ull << uop->d;
            break;
        case 'S':
            use->x |= 1ull << uop->d;
            break;
        case 'a':
            use->x |= 1ull << uop->a;
            break;
        case 'b':
            use->x |= uop->b < SLOT_COUNT ? 1ull << uop->b : 0; /* it may be an immediate */
            break;
        case 'Z':
            use->v |= regset_vector(uop->d);
            /* fall through */
        case 'V':
            def->v |= regset_vector(uop->d);
            break;
        case 'U':
            use->v |= regset_vector(uop->d);
            break;
        case 'A':
            use->v |= regset_vector(uop->a);
            break;
        case 'B':
            use->v |= regset_vector(uop->b);
            break;
        case 'y':
            operand_y(uop, operands, use, def);
            break;
        }
    }
    switch (uop->op) {
    case UOP_subsbi64: /* b and y are the immediate */
    case UOP_subsbi32:
        use->x = 1ull << uop->a;
        break;
    case UOP_vldn:
        use->x = 1ull << uop->a, use->v = 0, def->v = vector_list(uop->d, uop->y);
        break;
    case UOP_vstn:
        use->x = 1ull << uop->a, use->v = vector_list(uop->d, uop->y), def->v = 0;
        break;
    case UOP_zld:
        def->v |= sve_span(uop->y).parts > 1 ? regset_vector(V_HIGH + uop->d) : 0;
        break;
    case UOP_zst:
        use->v |= sve_span(uop->y).parts > 1 ? regset_vector(V_HIGH + uop->d) : 0;
        break;
    case UOP_zgather:
        use->v |= uop->imm > 1 ? regset_vector(V_HIGH + uop->b) : 0;
        def->v |= uop->imm > 1 ? regset_vector(V_HIGH + uop->d) : 0;
        break;
    case UOP_zscatter:
        use->v |=
            uop->imm > 1 ? regset_vector(V_HIGH + uop->b) | regset_vector(V_HIGH + uop->d) : 0;
        break;
    case UOP_zldn:
        def->v = z_list(uop);
        break;
    case UOP_zstn:
        use->v = z_list(uop);
        break;
    case UOP_vtbl:
    case UOP_vtbx:
        use->v |= vector_list(uop->a, uop->y);
        break;
    }
    use->x &= ~(1ull << SLOT_ZERO);
    def->x &= ~(1ull << SLOT_SINK);
}

/* --- The graph --- */

static int find_node(const struct region *region, const struct block *block, int32_t offset)
{
    for (unsigned i = 0; i < region->count; i++)
        if (region->node[i].block == block && region->node[i].offset == offset)
            return (int)i;
    return -1;
}

unsigned region_links(const struct block *block)
{
    enum uop_op last = block->uop[block->uops - 1].op;

    if (!strchr(uop_info[last].operands, 'l'))
        return 0;
    return last == UOP_jump || last == UOP_daifwr || last == UOP_daifclr || last == UOP_dsb ||
                   last == UOP_isb
               ? 1
               : 2;
}

bool region_returns(const struct block *block)
{
    const struct uop *last = &block->uop[block->uops - 1];

    return last->op == UOP_br && last->x == BRANCH_RETURN;
}

bool region_ends_in_call(const struct block *block)
{
    const struct uop *last = &block->uop[block->uops - 1];

    return (last->op == UOP_jump || last->op == UOP_br) && last->x == BRANCH_CALL;
}

/* A block at a place relative to the head; NULL: none. */
struct target {
    struct block *block;
    int32_t offset;
};

/* The block, if it is live and has proved warm. */
static struct target warm(struct block *block, int64_t offset)
{
    if (block && (!block->live || block->runs < WARM_RUNS || offset > REGION_REACH ||
                  offset < -REGION_REACH))
        block = NULL;
    return (struct target){block, (int32_t)offset};
}

/* Where a link of the node leads. Into another page only as the present mapping has it. */
static struct target link_target(const struct cpu *cpu, const struct region *region,
                                 const struct node *node, enum node_edge edge)
{
    const struct link *link = &node->block->link[edge];
    int64_t offset = node->offset + link->offset;

    if (edge >= region_links(node->block))
        return (struct target){NULL, 0};
    if (link->same_page)
        return warm(link->to, offset);
    return warm(block_in_jump_cache(cpu, region->va + (uint64_t)offset), offset);
}

static struct target call_target(const struct cpu *cpu, const struct region *region,
                                 const struct node *node)
{
    return region_ends_in_call(node->block) ? link_target(cpu, region, node, EDGE_LINK0)
                                            : (struct target){NULL, 0};
}

static struct target return_target(const struct cpu *cpu, const struct node *node)
{
    unsigned bytes = 4u * node->block->insns;
    uint64_t behind = node->block->phys + bytes;

    if (!region_ends_in_call(node->block) || is_aligned(behind, PAGE_SIZE))
        return (struct target){NULL, 0};
    return warm(block_lookup(cpu, behind, node->block->mode), node->offset + (int64_t)bytes);
}

/* Where an edge of the node leads inside the region, or would if the region had it. */
static struct target edge_target(const struct cpu *cpu, const struct region *region,
                                 const struct node *node, enum node_edge edge)
{
    struct target to;

    if (edge == EDGE_RETURN)
        return return_target(cpu, node);
    to = link_target(cpu, region, node, edge);
    if (!to.block || !region_ends_in_call(node->block))
        return to;
    for (unsigned i = 0; i < region->callees; i++)
        if (region->callee[i] == to.block && return_target(cpu, node).block)
            return to;
    return (struct target){NULL, 0};
}

/* Does the region have the page the target is in? There is room for some more. */
static bool add_page(struct region *region, struct target to)
{
    int32_t offset = to.offset - (int32_t)(to.block->phys % PAGE_SIZE);
    uint64_t phys = align_down(to.block->phys, PAGE_SIZE);
    bool guarded = to.block->mode & MODE_GUARDED;

    for (unsigned i = 0; i < region->pages; i++)
        if (region->page[i].offset == offset)
            return region->page[i].phys == phys && region->page[i].guarded == guarded;
    if (region->pages == REGION_PAGES)
        return false;
    region->page[region->pages++] = (struct region_page){offset, guarded, phys};
    return true;
}

static bool add_node(struct region *region, struct target to)
{
    if (!add_page(region, to))
        return false;
    region->uops += to.block->uops;
    region->node[region->count++] = (struct node){.block = to.block, .offset = to.offset};
    return true;
}

/* Adds what the nodes from number `from` on reach, nearest first. False: there is more. */
static bool grow(const struct cpu *cpu, struct region *region, unsigned from, unsigned nodes,
                 unsigned uops)
{
    for (unsigned i = from; i < region->count; i++) {
        for (enum node_edge edge = 0; edge < EDGE_COUNT; edge++) {
            struct target to = edge_target(cpu, region, &region->node[i], edge);

            if (!to.block || find_node(region, to.block, to.offset) >= 0)
                continue;
            if (region->count == nodes || region->uops + to.block->uops > uops ||
                !add_node(region, to))
                return false;
        }
    }
    return true;
}

/* Is this all of a function that calls nobody? */
static bool is_leaf(const struct region *region, unsigned from)
{
    bool returns = false;

    for (unsigned i = from; i < region->count; i++) {
        const struct block *block = region->node[i].block;

        if (region_ends_in_call(block))
            return false;
        returns |= region_returns(block);
    }
    return returns;
}

/* Takes in what a node calls, if that is a small function. */
static void add_callee(const struct cpu *cpu, struct region *region, struct target callee)
{
    unsigned count = region->count, uops = region->uops;

    if (!callee.block || region->callees == REGION_CALLEES || count == REGION_NODES)
        return;
    for (unsigned i = 0; i < region->callees; i++)
        if (region->callee[i] == callee.block)
            return;
    if (find_node(region, callee.block, callee.offset) < 0) {
        unsigned nodes = count + CALLEE_NODES < REGION_NODES ? count + CALLEE_NODES : REGION_NODES;

        if (!add_node(region, callee))
            return;
        if (!grow(cpu, region, count, nodes, uops + CALLEE_UOPS) || !is_leaf(region, count)) {
            region->count = count;
            region->uops = uops;
            return;
        }
    }
    region->callee[region->callees++] = callee.block;
}

/* The function around the head, as far as it is warm, and the small ones that it calls. */
static void collect(const struct cpu *cpu, unsigned uops, struct region *region)
{
    unsigned count;

    region->callee[region->callees++] = region->node[0].block; /* it may call itself */
    (void)grow(cpu, region, 0, REGION_NODES, uops);
    count = region->count;
    for (unsigned i = 0; i < count; i++)
        add_callee(cpu, region, call_target(cpu, region, &region->node[i]));
}

/* The node that an edge of a node leads to; -1: out of the region. */
static int edge_node(const struct cpu *cpu, const struct region *region, const struct node *node,
                     enum node_edge edge)
{
    struct target to = edge_target(cpu, region, node, edge);

    return to.block ? find_node(region, to.block, to.offset) : -1;
}

/* Reverse postorder: a node stands before those it leads to, but for loops. */
static unsigned visit(const struct cpu *cpu, const struct region *from, unsigned node, bool *seen,
                      uint8_t *order, unsigned place)
{
    static const enum node_edge farthest_first[EDGE_COUNT] = {EDGE_LINK0, EDGE_RETURN, EDGE_LINK1};

    seen[node] = true;
    for (unsigned i = 0; i < EDGE_COUNT; i++) {
        int next = edge_node(cpu, from, &from->node[node], farthest_first[i]);

        if (next >= 0 && !seen[next])
            place = visit(cpu, from, (unsigned)next, seen, order, place);
    }
    order[--place] = (uint8_t)node;
    return place;
}

static void arrange(const struct cpu *cpu, struct region *region)
{
    struct region before = *region;
    uint8_t order[REGION_NODES];
    bool seen[REGION_NODES] = {false};
    unsigned place = visit(cpu, &before, 0, seen, order, region->count);

    region->count -= place; /* what was collected but is not reached after all */
    for (unsigned i = 0; i < region->count; i++)
        region->node[i] = before.node[order[place + i]];
}

static void connect_edge(struct region *region, unsigned from, enum node_edge edge, unsigned to)
{
    struct node *node = &region->node[to];

    if (edge == EDGE_RETURN) {
        node->entry = true;
        if (region->node[from].edge[EDGE_LINK0] < 0)
            return;
        region->returns |= 1ull << to;
        node->loop |= to <= from; /* it may be all that closes a loop */
        return;
    }
    node->preds++;
    node->loop |= to <= from;
    node->entry |= region_ends_in_call(region->node[from].block);
}

static void connect(const struct cpu *cpu, struct region *region, bool alone)
{
    region->node[0].entry = true;
    for (unsigned i = 0; i < region->count; i++) {
        struct node *node = &region->node[i];

        for (enum node_edge edge = 0; edge < EDGE_COUNT; edge++)
            node->edge[edge] = (int8_t)(alone ? -1 : edge_node(cpu, region, node, edge));
        /* A call inside needs its callee and a place to return to. */
        if (region_ends_in_call(node->block) && node->edge[EDGE_RETURN] < 0)
            node->edge[EDGE_LINK0] = -1;
        for (enum node_edge edge = 0; edge < EDGE_COUNT; edge++)
            if (node->edge[edge] >= 0)
                connect_edge(region, i, edge, (unsigned)node->edge[edge]);
    }
}

/* --- Registers --- */

static struct regset both(struct regset a, struct regset b)
{
    return (struct regset){a.x & b.x, a.v & b.v};
}

static struct regset either(struct regset a, struct regset b)
{
    return (struct regset){a.x | b.x, a.v | b.v};
}

static struct regset without(struct regset a, struct regset b)
{
    return (struct regset){a.x & ~b.x, a.v & ~b.v};
}

static bool same(struct regset a, struct regset b)
{
    return a.x == b.x && a.v == b.v;
}

static void add_uses(uint64_t *uses, uint64_t set, uint64_t count)
{
    for (; set; set &= set - 1)
        uses[__builtin_ctzll(set)] += count;
}

/* A run count of each use, and more for writes that would be stored in a loop. */
static void count_uses(const struct region *region, uint64_t *x, uint64_t *v)
{
    for (unsigned i = 0; i < region->count; i++) {
        const struct block *block = region->node[i].block;

        for (unsigned j = 0; j < block->uops; j++) {
            struct regset use, def;

            region_operands(&block->uop[j], &use, &def);
            add_uses(x, use.x, block->runs + 1ull);
            add_uses(x, def.x, block->runs + 1ull);
            add_uses(v, use.v, block->runs + 1ull);
            add_uses(v, def.v, block->runs + 1ull);
        }
    }
}

/* Gives the `homes` most used of `count` registers a home each. */
static void assign(const uint64_t *uses, unsigned count, uint64_t least, const uint8_t *homes,
                   unsigned home_count, uint8_t *home)
{
    memset(home, HOME_NONE, count);
    for (unsigned i = 0; i < home_count; i++) {
        unsigned best = 0;

        for (unsigned slot = 1; slot < count; slot++)
            if (home[best] != HOME_NONE || (home[slot] == HOME_NONE && uses[slot] > uses[best]))
                best = slot;
        if (home[best] != HOME_NONE || uses[best] < least)
            break;
        home[best] = homes[i];
    }
}

static void map_registers(struct region *region)
{
    /* Those that C code keeps come first. */
    static const uint8_t homes[] = {R12, R13, RBP, RSI, RDI, R8, R9, R10, R11};
    static const uint8_t vhomes[] = {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    uint64_t x[SLOT_COUNT] = {0}, v[REGSET_VECTORS] = {0};
    uint64_t least = 2ull * (region->node[0].block->runs + 1);

    count_uses(region, x, v);
    x[SLOT_ZERO] = x[SLOT_SINK] = 0;
    assign(x, SLOT_COUNT, least, homes, sizeof(homes), region->home);
    memset(region->vhome, HOME_NONE, sizeof(region->vhome));
    assign(v, REGSET_VECTORS, least, vhomes, sizeof(vhomes), region->vhome);
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        region->mapped.x |= (uint64_t)(region->home[slot] != HOME_NONE) << slot;
    for (unsigned reg = 0; reg < REGSET_VECTORS; reg++)
        region->mapped.v |= (uint64_t)(region->vhome[reg] != HOME_NONE) << reg;
}

static void summarise(struct node *node)
{
    struct regset written = {0};
    const struct block *block = node->block;

    for (unsigned i = 0; i < block->uops; i++) {
        struct regset use, def;

        if (uop_has(block->uop[i].op, 'C')) {
            node->has_call = true;
            node->def = (struct regset){0};
            continue;
        }
        region_operands(&block->uop[i], &use, &def);
        if (!node->has_call) {
            node->use = either(node->use, without(use, written));
            written = either(written, def);
        }
        node->def = either(node->def, def);
    }
}

/* The nodes that are behind a node, as a set of bits. */
static uint64_t successors(const struct region *region, const struct node *node)
{
    uint64_t set = 0;

    if (region_returns(node->block))
        return region->returns;
    for (enum node_edge edge = EDGE_LINK0; edge <= EDGE_LINK1; edge++)
        if (node->edge[edge] >= 0)
            set |= 1ull << node->edge[edge];
    return set;
}

/* What is carried on to the nodes behind, and back from them. */
static bool flow(struct region *region, struct node *node)
{
    struct regset live = {0}, dirty = node->has_call ? (struct regset){0} : node->dirty;
    struct regset before = node->live;
    bool changed = false;

    dirty = both(either(dirty, node->def), region->mapped);
    for (uint64_t set = successors(region, node); set; set &= set - 1) {
        struct node *to = &region->node[__builtin_ctzll(set)];

        live = either(live, to->live);
        changed |= !same(either(to->dirty, dirty), to->dirty);
        to->dirty = either(to->dirty, dirty);
    }
    node->live = node->has_call ? node->use : either(node->use, without(live, node->def));
    return changed || !same(before, node->live);
}

/* Which nodes lead back to themselves. */
static void find_loops(struct region *region)
{
    uint64_t reached[REGION_NODES];

    for (unsigned i = 0; i < region->count; i++)
        reached[i] = successors(region, &region->node[i]);
    for (unsigned via = 0; via < region->count; via++)
        for (unsigned i = 0; i < region->count; i++)
            if (reached[i] >> via & 1)
                reached[i] |= reached[via];
    for (unsigned i = 0; i < region->count; i++)
        region->node[i].repeats = reached[i] >> i & 1;
}

/* Is NZCV at the start of the node looked at: read, seen by whoever handles a fault, or carried out
 * of the region? */
static bool observes(const struct region *region, const struct node *node)
{
    const struct block *block = node->block;

    if (node->loop) /* where interruptions leave */
        return true;
    for (unsigned i = 0; i < block->uops; i++) {
        const char *effects = uop_info[block->uop[i].op].effects;

        if (strpbrk(effects, "RMC"))
            return true;
        if (strchr(effects, 'W'))
            return false;
    }
    if (!region_links(block))
        return true;
    for (unsigned edge = 0; edge < region_links(block); edge++)
        if (node->edge[edge] < 0 || region->node[node->edge[edge]].observes_flags)
            return true;
    return false;
}

/* The sum or difference that the branch at the end of the block looks at; NULL: there is none, or
 * its operands are not to be had later. That it takes a constant from its own result does not harm.
 */
static const struct uop *find_comparison(const struct block *block)
{
    const struct uop *uop = &block->uop[block->uops - 1];

    if (uop->op == UOP_bcond && block->uops > 1)
        uop--;
    switch (uop->op) {
    case UOP_adds64i:
    case UOP_subs64i:
        return (int64_t)uop->imm == (int32_t)uop->imm && (int32_t)uop->imm != INT32_MIN ? uop
                                                                                        : NULL;
    case UOP_adds32i:
    case UOP_subs32i:
        return (int32_t)uop->imm != INT32_MIN ? uop : NULL;
    case UOP_subsbi64:
    case UOP_subsbi32:
        return uop;
    case UOP_adds64:
    case UOP_adds32:
    case UOP_subs64:
    case UOP_subs32:
    case UOP_subsb64:
    case UOP_subsb32:
        return uop->d != uop->a && uop->d != uop->b ? uop : NULL;
    default:
        return NULL;
    }
}

/* Do the operands of a comparison stay where they are while NZCV at the start of the node may be
 * looked at, by handlers of faults only? */
static bool operands_stay(const struct node *node, const struct uop *compare)
{
    const struct block *block = node->block;
    struct regset operands, use, def;
    bool lost = false;

    region_operands(compare, &operands, &def);
    if (operands.x & TEMPORARIES)
        return false;
    for (unsigned i = 0; i < block->uops; i++) {
        const struct uop *uop = &block->uop[i];

        if (uop_has(uop->op, 'R') || uop_has(uop->op, 'C') || (lost && uop_has(uop->op, 'M')))
            return false;
        if (uop_has(uop->op, 'W'))
            return true;
        region_operands(uop, &use, &def);
        lost |= (def.x & operands.x) != 0;
    }
    return false;
}

/* See struct node. The loop is left alone if more than one edge repeats it, or calls lead there. */
static const struct uop *find_again(const struct region *region, unsigned loop)
{
    const struct uop *again = NULL;

    for (unsigned i = 0; i < region->count; i++) {
        const struct node *node = &region->node[i];

        for (enum node_edge edge = 0; edge < EDGE_COUNT; edge++) {
            if (node->edge[edge] != (int)loop)
                continue;
            if (region_ends_in_call(node->block) || (i >= loop && again))
                return NULL;
            if (i >= loop && !(again = find_comparison(node->block)))
                return NULL;
        }
    }
    return again && operands_stay(&region->node[loop], again) ? again : NULL;
}

void region_form(const struct cpu *cpu, struct block *head, unsigned uops, struct region *region)
{
    bool changed = true;

    memset(region, 0, sizeof(*region));
    region->va = cpu->pc;
    (void)add_node(region, (struct target){head, 0});
    if (uops) {
        collect(cpu, uops, region);
        arrange(cpu, region);
    }
    connect(cpu, region, uops == 0);
    map_registers(region);
    find_loops(region);
    for (unsigned i = 0; i < region->count; i++)
        summarise(&region->node[i]);
    while (changed) {
        changed = false;
        for (unsigned i = region->count; i-- > 0;)
            changed |= flow(region, &region->node[i]);
    }
    /* From "observed" downwards, backwards through the order: loops stay observed. */
    for (unsigned i = 0; i < region->count; i++)
        region->node[i].observes_flags = true;
    for (unsigned i = region->count; i-- > 0;)
        region->node[i].observes_flags = observes(region, &region->node[i]);
    for (unsigned i = 0; i < region->count; i++)
        region->node[i].again = find_again(region, i);
}

struct regset region_wanted(const struct region *region, const struct node *node)
{
    return both(either(node->live, node->dirty), region->mapped);
}
