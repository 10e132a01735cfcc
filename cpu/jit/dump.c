/* Dumps of regions: see dump.h. */
#include "cpu/jit/dump.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

/* A line that grows; what does not fit is cut. */
struct line {
    char text[1024];
    size_t used;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...)
{
    size_t room = sizeof(line->text) - line->used;
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(line->text + line->used, room, format, args);
    va_end(args);
    line->used += length < 0 ? 0 : (size_t)length < room ? (size_t)length : room - 1;
}

static void add_slot(struct line *line, unsigned slot)
{
    if (slot < SLOT_SP)
        add(line, " x%u", slot);
    else if (slot >= SLOT_T0)
        add(line, " t%u", slot - SLOT_T0);
    else
        add(line, " %s", slot == SLOT_SP ? "sp" : slot == SLOT_ZERO ? "zero" : "sink");
}

static const char *host_name(unsigned reg)
{
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

    return names[reg];
}

/* The registers of the set that have a home, and which. */
static void add_homes(struct line *line, const struct region *region, struct regset set)
{
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        if (set.x >> slot & 1 && region->home[slot] != HOME_NONE) {
            add_slot(line, slot);
            add(line, "=%s", host_name(region->home[slot]));
        }
    for (unsigned v = 0; v < REGSET_VECTORS; v++)
        if (set.v >> v & 1 && region->vhome[v] != HOME_NONE)
            add(line, " v%u=xmm%u", v, region->vhome[v]);
}

static void add_set(struct line *line, const char *name, struct regset set)
{
    if (!set.x && !set.v)
        return;
    add(line, "; %s", name);
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        if (set.x >> slot & 1)
            add_slot(line, slot);
    for (unsigned v = 0; v < REGSET_VECTORS; v++)
        if (set.v >> v & 1)
            add(line, " v%u", v);
}

/* --- -d region --- */

static void add_edges(struct line *line, const struct node *node)
{
    unsigned links = region_links(node->block);

    for (unsigned edge = 0; edge < links; edge++) {
        add(line, "%s", edge ? ", " : " -> ");
        if (node->edge[edge] < 0)
            add(line, "out");
        else
            add(line, "%d", node->edge[edge]);
    }
    if (!links)
        add(line, " -> anywhere");
    if (region_ends_in_call(node->block))
        add(line, node->edge[EDGE_RETURN] < 0 ? ", returns out" : ", returns to %d",
            node->edge[EDGE_RETURN]);
}

static void dump_node(const struct cpu *cpu, const struct region *region, unsigned i)
{
    const struct node *node = &region->node[i];
    struct line line = {.used = 0};

    add(&line, "  node %u: %u instructions, %u micro-ops, %u runs", i, node->block->insns,
        node->block->uops, node->block->runs);
    add_edges(&line, node);
    add(&line, "%s%s%s%s", node->entry ? "; entry" : "", node->loop ? "; loop" : "",
        node->has_call ? "; calls C" : "", node->observes_flags ? "; flags seen" : "");
    add_set(&line, "use", node->use);
    add_set(&line, "def", node->def);
    add_set(&line, "live", node->live);
    add_set(&line, "dirty", node->dirty);
    log_at(cpu->log, LOG_REGION, cpu->pc + (uint64_t)(int64_t)node->offset, "%s", line.text);
}

void dump_region(const struct cpu *cpu, const struct region *region)
{
    struct line line = {.used = 0};

    add(&line, "region of %u blocks, %u micro-ops; homes", region->count, region->uops);
    add_homes(&line, region, region->mapped);
    log_at(cpu->log, LOG_REGION, cpu->pc, "%s", line.text);
    for (unsigned i = 0; i < region->count; i++)
        dump_node(cpu, region, i);
}

/* --- -d uop_opt --- */

static void add_flags(struct line *line, const struct flags *flags)
{
    static const char *const hosts[] = {[HOST_NONE] = "lost",
                                        [HOST_ADD] = "in the host's",
                                        [HOST_SUB] = "in the host's, C inverted",
                                        [HOST_FCMP] = "in the host's, of numbers",
                                        [HOST_FCMP_SWAPPED] = "in the host's, of b and a"};

    add(line, "; flags %s, %s", hosts[flags->host],
        !flags->saved  ? flags->source.intact ? "not saved: operands are there" : "not saved"
        : flags->bytes ? "saved"
                       : "saved as operands");
}

void dump_uops(const struct lower *l, const struct uop *first, const uint8_t *from)
{
    for (const struct uop *uop = first; uop <= l->uop; uop++) {
        struct line line = {.used = 0};
        struct regset use, def;
        char text[UOP_TEXT];

        region_operands(uop, &use, &def);
        use.x |= def.x;
        use.v |= def.v;
        add(&line, "%s;", uop_print(uop, text));
        add_homes(&line, l->region, use);
        if (uop < l->uop)
            add(&line, " with the next");
        else
            add(&line, " code +0x%zx, %zu bytes", (size_t)(from - l->start),
                (size_t)(l->code.at - from));
        if (uop == l->uop && uop_has(uop->op, 'W'))
            add_flags(&line, &l->flags);
        log_at(l->cpu->log, LOG_UOP_OPT,
               l->cpu->pc + (uint64_t)(int64_t)l->node->offset + 4u * uop->insn, "%s", line.text);
    }
}
