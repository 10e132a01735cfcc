/* The block cache: look-up, translation of blocks, invalidation and reclaiming. See block.h. */
#include "cpu/block.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/debug.h"
#include "cpu/decode.h"
#include "cpu/disasm.h"
#include "cpu/exception.h"
#include "cpu/group.h"
#include "cpu/jit/jit.h"
#include "cpu/model.h"
#include "cpu/mte.h"
#include "cpu/mxcsr.h"
#include "cpu/pmu.h"
#include "cpu/translate.h"

#define HASH_BITS     17 /* more slots than blocks: a step along a chain is a cache miss */
#define PAGE_SLOTS    4096
#define SEGMENTS      16
#define SEGMENT_BYTES (1280 * KIB) /* all together the bound on memory for blocks */
#define LINE_BYTES    64
#define GROUP_BYTES   (4 * BLOCK_INSNS_MAX) /* a block ends in the group it starts in or the next */

/* A guest page that has blocks. */
struct code_page {
    uint64_t phys;
    uint64_t
        lines; /* a bit for each line that may hold code: stores to the others are of no account */
    unsigned count; /* of blocks */
    bool doubtful;  /* another vCPU may have written to it unseen: see watch_page() */
    struct block *blocks[PAGE_SIZE / GROUP_BYTES]; /* by where they start */
    struct code_page *next;
};

struct segment {
    uint8_t *memory;
    size_t used;
};

struct block_cache {
    pthread_mutex_t lock;
    _Atomic(struct block *) hash[1 << HASH_BITS]; /* read without the lock */
    struct code_page *pages[PAGE_SLOTS];
    unsigned page_count;
    struct segment segment[SEGMENTS];
    unsigned filling; /* the segment new blocks go to; the next one is empty of live blocks, */
    uint64_t retired; /* since this (group_retire) */
    _Atomic uint64_t drops; /* invalidations so far: what was drafted before one may be outdated */
    struct decoder *decoder;
    struct block_stats stats;
    struct block none; /* never live */
};

void block_lock(struct cpu *cpu)
{
    pthread_mutex_lock(&cpu->blocks->lock);
}

void block_unlock(struct cpu *cpu)
{
    pthread_mutex_unlock(&cpu->blocks->lock);
}

static size_t block_bytes(const struct block *block)
{
    return (sizeof(*block) + block->uops * sizeof(struct uop) + 15) & ~(size_t)15;
}

static _Atomic(struct block *) *hash_slot(struct block_cache *cache, uint64_t phys, uint32_t mode)
{
    uint64_t key = phys >> 2 ^ (uint64_t)mode << 32;

    return &cache->hash[key * 0x9e3779b97f4a7c15 >> (64 - HASH_BITS)];
}

static struct code_page **page_slot(struct block_cache *cache, uint64_t phys)
{
    struct code_page **at = &cache->pages[(phys >> PAGE_SHIFT) % PAGE_SLOTS];

    while (*at && (*at)->phys != phys)
        at = &(*at)->next;
    return at;
}

/* --- Leaving the cache --- */

/* Takes the block out of its hash chain; its memory stays until its segment is reclaimed. */
static void unhash(struct cpu *cpu, struct block *block)
{
    _Atomic(struct block *) *at = hash_slot(cpu->blocks, block->phys, block->mode);

    while (*at != block)
        at = &(*at)->next;
    atomic_store_explicit(at, block->next, memory_order_release);
    atomic_store_explicit(&block->live, false, memory_order_relaxed);
    if (cpu->jit)
        jit_block_dropped(cpu, block);
}

static void page_emptied(struct cpu *cpu, struct code_page **at)
{
    struct code_page *page = *at;
    struct ram_block *ram = bus_ram(cpu->bus, page->phys);

    if (ram)
        atomic_fetch_and(&ram->page_flags[(page->phys - ram->base) >> PAGE_SHIFT],
                         (uint8_t)~PAGE_CODE);
    *at = page->next;
    cpu->blocks->page_count--;
    free(page);
}

static unsigned group_of(uint64_t phys)
{
    return (phys & (PAGE_SIZE - 1)) / GROUP_BYTES;
}

/* [from, to) is on one page. */
static uint64_t lines_of(uint64_t from, uint64_t to)
{
    unsigned first = (from & (PAGE_SIZE - 1)) / LINE_BYTES;
    unsigned last = ((to - 1) & (PAGE_SIZE - 1)) / LINE_BYTES;

    return bits_ones(last - first + 1) << first;
}

static void unlink_block(struct cpu *cpu, struct code_page *page, struct block **at)
{
    struct block *block = *at;

    *at = block->page_next;
    page->count--;
    unhash(cpu, block);
    cpu->blocks->stats.invalidated++;
}

/* Drops the blocks of one page that overlap the lines [from, to). */
static void page_invalidate(struct cpu *cpu, struct code_page **slot, uint64_t from, uint64_t to)
{
    struct code_page *page = *slot;
    uint64_t lines = lines_of(from, to);
    unsigned first = group_of(from), last = group_of(to - 1);

    if (!(page->lines & lines))
        return;
    for (unsigned group = first ? first - 1 : 0; group <= last; group++) {
        struct block **at = &page->blocks[group];

        while (*at) {
            if ((*at)->phys < to && (*at)->phys + 4u * (*at)->insns > from)
                unlink_block(cpu, page, at);
            else
                at = &(*at)->page_next;
        }
    }
    page->lines &= ~lines;
    if (!page->count)
        page_emptied(cpu, slot);
}

static void drop_lines(struct cpu *cpu, uint64_t address, uint64_t size)
{
    uint64_t from = align_down(address, LINE_BYTES), end = align_up(address + size, LINE_BYTES);

    while (from < end) {
        uint64_t page_end = align_down(from, PAGE_SIZE) + PAGE_SIZE;
        uint64_t to = end < page_end ? end : page_end;
        struct code_page **slot = page_slot(cpu->blocks, align_down(from, PAGE_SIZE));

        if (*slot)
            page_invalidate(cpu, slot, from, to);
        from = to;
    }
}

void block_code_written(void *opaque, uint64_t address, uint64_t size)
{
    struct cpu *cpu = opaque;

    block_lock(cpu);
    atomic_fetch_add(&cpu->blocks->drops, 1);
    drop_lines(cpu, address, size);
    block_unlock(cpu);
}

void block_invalidate_line(struct cpu *cpu, uint64_t phys)
{
    struct block_stats *stats = &cpu->blocks->stats;
    uint64_t before;

    block_lock(cpu);
    before = stats->invalidated;
    atomic_fetch_add(&cpu->blocks->drops, 1);
    drop_lines(cpu, phys, 1);
    stats->by_line += stats->invalidated - before;
    block_unlock(cpu);
}

void block_forget_jumps(struct cpu *cpu)
{
    memset(cpu->jumps, 0, JUMP_CACHE_SLOTS * sizeof(struct jump));
    memset(cpu->guard, 0, sizeof(cpu->guard));
}

/* Calls `visit` for each block in a segment, live or not. */
static void segment_each(struct cpu *cpu, struct segment *segment,
                         void (*visit)(struct cpu *, struct block *))
{
    for (size_t at = 0; at < segment->used;) {
        struct block *block = (struct block *)(segment->memory + at);

        visit(cpu, block);
        at += block_bytes(block);
    }
}

static void drop(struct cpu *cpu, struct block *block)
{
    struct code_page **slot;
    struct block **at;

    if (!block_is_live(block))
        return;
    slot = page_slot(cpu->blocks, align_down(block->phys, PAGE_SIZE));
    at = &(*slot)->blocks[group_of(block->phys)];
    while (*at != block)
        at = &(*at)->page_next;
    unlink_block(cpu, *slot, at);
    if (!(*slot)->count)
        page_emptied(cpu, slot);
}

static void set_links(struct block *block, struct block *to)
{
    for (unsigned i = 0; i < ARRAY_SIZE(block->link); i++)
        atomic_store_explicit(&block->link[i].to, to, memory_order_release);
}

static void reset_dead_links(struct cpu *cpu, struct block *block)
{
    for (unsigned i = 0; i < ARRAY_SIZE(block->link); i++)
        if (!block_is_live(block->link[i].to))
            atomic_store_explicit(&block->link[i].to, &cpu->blocks->none, memory_order_release);
}

void block_set_link(struct cpu *cpu, struct link *link, struct block *block)
{
    block_lock(cpu);
    if (block_is_live(block))
        atomic_store_explicit(&link->to, block, memory_order_release);
    block_unlock(cpu);
}

/* Takes the blocks of the oldest segment out of reach: piecemeal, so that the hot blocks of the
 * others stay. */
static void retire_oldest(struct cpu *cpu)
{
    struct block_cache *cache = cpu->blocks;
    struct segment *oldest = &cache->segment[(cache->filling + 1) % SEGMENTS];
    uint64_t before = cache->stats.invalidated;

    if (!oldest->used)
        return;
    segment_each(cpu, oldest, drop);
    cache->stats.by_eviction += cache->stats.invalidated - before;
    for (unsigned i = 0; i < SEGMENTS; i++)
        segment_each(cpu, &cache->segment[i], reset_dead_links);
    cache->retired = group_retire(cpu);
    cache->stats.evicted++;
}

/* False: some vCPU may still be in it. */
static bool next_segment(struct cpu *cpu)
{
    struct block_cache *cache = cpu->blocks;

    if (!group_passed(cpu, cache->retired))
        return false;
    cache->filling = (cache->filling + 1) % SEGMENTS;
    cache->segment[cache->filling].used = 0;
    retire_oldest(cpu);
    return true;
}

static void invalidate_pages(struct cpu *cpu, bool doubtful_only)
{
    struct block_cache *cache = cpu->blocks;
    uint64_t before;

    block_lock(cpu);
    before = cache->stats.invalidated;
    atomic_fetch_add(&cache->drops, 1);
    for (unsigned i = 0; cache->page_count && i < PAGE_SLOTS; i++)
        for (struct code_page **at = &cache->pages[i], *page; (page = *at) != NULL;) {
            if (page->doubtful || !doubtful_only)
                page_invalidate(cpu, at, page->phys, page->phys + PAGE_SIZE);
            else
                at = &page->next;
        }
    cache->stats.by_all += cache->stats.invalidated - before;
    block_unlock(cpu);
}

void block_invalidate_all(struct cpu *cpu)
{
    invalidate_pages(cpu, false);
}

void block_invalidate_doubtful(struct cpu *cpu)
{
    invalidate_pages(cpu, true);
}

void block_each(struct cpu *cpu, void (*visit)(struct cpu *cpu, struct block *block))
{
    block_lock(cpu);
    for (unsigned i = 0; i < SEGMENTS; i++)
        segment_each(cpu, &cpu->blocks->segment[i], visit);
    block_unlock(cpu);
}

/* --- Translating --- */

/* What an unallocated or unimplemented word becomes. Its bits travel in the operands. */
static bool undefined(struct cpu *cpu, const struct uop *uop)
{
    uint32_t word =
        (uint32_t)uop->a << 24 | (uint32_t)uop->b << 16 | (uint32_t)uop->x << 8 | uop->y;
    char text[96];

    /* UDF is undefined for good, and EL0 may probe: only say what may be missing. */
    if ((word >> 16) != 0 && log_on(cpu->log, LOG_UNIMP) && log_once(cpu->log, LOG_UNIMP, word)) {
        disasm(word, cpu_insn_pc(cpu, uop), text, sizeof(text));
        log_at(cpu->log, LOG_UNIMP, cpu_insn_pc(cpu, uop), "undefined instruction 0x%08x: %s", word,
               text);
    }
    return cpu_undefined(cpu, uop);
}

static void translate_undefined(struct tr *tr, uint32_t word)
{
    tr_call_jump(tr, undefined, 0, (uint8_t)(word >> 24), (uint8_t)(word >> 16),
                 (uint8_t)(word >> 8), (uint8_t)word);
}

static void translate_one(struct cpu *cpu, struct tr *tr, uint32_t word)
{
    struct fields fields;
    const struct insn_row *row = decoder_find(cpu->blocks->decoder, word, &fields);
    unsigned before = tr->uops;

    if (row && tr_row(tr, row, &fields))
        return;
    tr->uops = before;
    tr->end = false;
    translate_undefined(tr, word);
}

static void log_block(struct cpu *cpu, const struct block *block, const uint8_t *host)
{
    if (log_on(cpu->log, LOG_IN_ASM)) {
        for (unsigned i = 0; i < block->insns; i++) {
            char text[96];
            uint32_t word;

            memcpy(&word, host + 4 * i, 4);
            disasm(word, cpu->pc + 4 * i, text, sizeof(text));
            log_at(cpu->log, LOG_IN_ASM, cpu->pc + 4 * i, "%08x  %s", word, text);
        }
    }
    if (log_on(cpu->log, LOG_UOP)) {
        for (unsigned i = 0; i < block->uops; i++) {
            const struct uop *uop = &block->uop[i];
            char text[UOP_TEXT];

            log_at(cpu->log, LOG_UOP, cpu->pc + 4u * uop->insn, "%s", uop_print(uop, text));
        }
    }
}

/* Debug exceptions are looked for where a block starts. */
static bool starts_block(const struct cpu *cpu, uint32_t mode, uint64_t phys)
{
    return (mode & MODE_STEP) || ((mode & MODE_BREAK) && debug_stops_at(cpu, phys));
}

static bool is_load_exclusive(uint32_t word)
{
    return (word & 0x3fc00000) == 0x08400000 && (word >> 31 || !(word >> 21 & 1));
}

/* Fills cpu->draft from the instructions at host. */
static void draft_block(struct cpu *cpu, uint64_t phys, uint32_t mode, const uint8_t *host)
{
    struct block *draft = cpu->draft;
    unsigned room = (unsigned)((PAGE_SIZE - (phys & (PAGE_SIZE - 1))) / 4);
    struct tr tr = {.block = draft, .mode = mode, .model = cpu->model};

    memset(draft, 0, sizeof(*draft));
    draft->phys = phys;
    draft->mode = mode;
    draft->landing = mode & MODE_GUARDED ? 1 : 15;
    draft->gated = starts_block(cpu, mode, phys);
    if (room > BLOCK_INSNS_MAX)
        room = BLOCK_INSNS_MAX;
    if (mode & MODE_LIMIT)
        tr_emit(&tr, UOP_limit, 0, 0, 0, 0, 0, 0);
    if (mode & MODE_STEP) {
        uint32_t word;

        memcpy(&word, host, 4);
        tr_call(&tr, debug_step, 0, 0, 0, is_load_exclusive(word), 0);
    }
    while (draft->insns < room && !tr.end &&
           !(draft->insns && starts_block(cpu, mode, phys + 4u * draft->insns))) {
        unsigned before = tr.uops;
        bool was_pure = !tr.impure;
        uint32_t word;

        memcpy(&word, host + 4u * draft->insns, 4);
        tr.insn = draft->insns;
        tr.tag_checked = false;
        translate_one(cpu, &tr, word);
        /* -engine check runs pure blocks twice: what is not pure gets a block of its own. */
        if (cpu->engine == ENGINE_CHECK && tr.impure) {
            if (was_pure && draft->insns) {
                tr.uops = before;
                tr.end = false;
                tr.impure = false;
            } else {
                draft->insns++;
            }
            break;
        }
        draft->insns++;
    }
    tr_finish(&tr);
}

static struct block *store_draft(struct cpu *cpu)
{
    struct block_cache *cache = cpu->blocks;
    const struct block *draft = cpu->draft;
    size_t bytes = block_bytes(draft);
    struct segment *segment = &cache->segment[cache->filling];
    struct block *block;
    struct uop *last;

    if (segment->used + bytes > SEGMENT_BYTES) {
        if (!next_segment(cpu))
            return NULL;
        segment = &cache->segment[cache->filling];
    }
    block = (struct block *)(segment->memory + segment->used);
    segment->used += bytes;
    memcpy((void *)block, (const void *)draft, sizeof(*block) + draft->uops * sizeof(struct uop));
    last = &block->uop[block->uops - 1];
    if (strchr(uop_info[last->op].operands, 'l'))
        last->imm = (uintptr_t)block->link;
    set_links(block, &cache->none);
    atomic_store_explicit(&block->live, true, memory_order_relaxed);
    return block;
}

/* From now on stores to the page are seen. */
static struct code_page *watch_page(struct cpu *cpu, uint64_t phys)
{
    struct code_page **slot = page_slot(cpu->blocks, phys);
    struct ram_block *ram = bus_ram(cpu->bus, phys);
    _Atomic uint8_t *flags = &ram->page_flags[(phys - ram->base) >> PAGE_SHIFT];

    if (!*slot) {
        *slot = calloc(1, sizeof(**slot));
        if (!*slot)
            return NULL;
        (*slot)->phys = phys;
        cpu->blocks->page_count++;
        if (atomic_fetch_or(flags, PAGE_CODE) & PAGE_WRITE_TLB) {
            const struct mail mail = {.kind = MAIL_DROP_WRITES, .va = phys};

            mmu_drop_writes(&cpu->mmu, phys);
            group_tell(cpu, &mail);
            atomic_fetch_and(flags, (uint8_t)~PAGE_WRITE_TLB);
        }
        /* Until the others have done it, this time or the last, their stores are not seen: what
         * they leave outdated goes by IC. */
        (*slot)->doubtful = !group_answered(cpu);
    }
    return *slot;
}

/* The draft becomes a block that can be found. NULL: there is no room for it yet. */
static struct block *publish(struct cpu *cpu)
{
    struct block_cache *cache = cpu->blocks;
    struct block *block = store_draft(cpu), **group;
    _Atomic(struct block *) *slot;
    struct code_page *page;

    if (!block)
        return NULL;
    page = watch_page(cpu, align_down(block->phys, PAGE_SIZE));
    if (!page)
        abort(); /* the host is out of memory for a few bytes */
    group = &page->blocks[group_of(block->phys)];
    block->page_next = *group;
    *group = block;
    page->count++;
    page->lines |= lines_of(block->phys, block->phys + 4u * block->insns);
    if (cpu->jit)
        jit_block_created(cpu, block);
    slot = hash_slot(cache, block->phys, block->mode);
    block->next = *slot;
    atomic_store_explicit(slot, block, memory_order_release);
    cache->stats.translated++;
    cache->stats.insns += block->insns;
    cache->stats.uops += block->uops;
    return block;
}

/* Another vCPU may be faster, or change what was read. */
static struct block *translate(struct cpu *cpu, uint64_t phys, uint32_t mode, const uint8_t *host)
{
    struct block_cache *cache = cpu->blocks;
    uint64_t drops = atomic_load(&cache->drops);
    struct block *block;

    draft_block(cpu, phys, mode, host);
    block_lock(cpu);
    block = block_lookup(cpu, phys, mode);
    if (!block) {
        if (atomic_load(&cache->drops) != drops)
            draft_block(cpu, phys, mode, host);
        block = publish(cpu);
    }
    block_unlock(cpu);
    if (block)
        log_block(cpu, block, host);
    return block;
}

/* --- Finding --- */

static struct block *raise_fetch(struct cpu *cpu, uint32_t ec, uint32_t iss, bool has_far,
                                 uint64_t far)
{
    cpu->syndrome = (struct syndrome){.ec = ec, .iss = iss, .has_far = has_far, .far = far};
    cpu->exit = EXIT_EXCEPTION;
    return NULL;
}

/* The syndrome is there. */
static struct block *debug_exception(struct cpu *cpu)
{
    cpu->exit = EXIT_EXCEPTION;
    return NULL;
}

struct block *block_lookup(const struct cpu *cpu, uint64_t phys, uint32_t mode)
{
    struct block *block =
        atomic_load_explicit(hash_slot(cpu->blocks, phys, mode), memory_order_acquire);

    while (block && (block->phys != phys || block->mode != mode))
        block = atomic_load_explicit(&block->next, memory_order_acquire);
    return block;
}

struct block *block_none(struct cpu *cpu)
{
    return &cpu->blocks->none;
}

uint32_t block_mode_of_page(const struct cpu *cpu)
{
    bool guarded = cpu->mmu.guarded && model_has(cpu->model, FEAT_BTI);

    return cpu->mode | (guarded ? MODE_GUARDED : 0);
}

/* Contexts have been numbered until no more go into cpu->context: all that names one is forgotten,
 * and they are counted from the start again. Returns that compiled code expects name old ones. */
static void renumber_contexts(struct cpu *cpu)
{
    block_forget_jumps(cpu);
    atomic_fetch_or(&cpu->pending, PENDING_UNWIND);
    mmu_renumber_contexts(&cpu->mmu);
}

static void update_context(struct cpu *cpu)
{
    if (unlikely(cpu->mmu.context >> (64 - MODE_BITS)))
        renumber_contexts(cpu);
    cpu->context = cpu->mmu.context << MODE_BITS | cpu->mode;
}

/* The branch that led to the block has set PSTATE.BTYPE. */
static struct block *land(struct cpu *cpu, struct block *block)
{
    if (block->landing & LANDING_KEEPS)
        return block;
    if (!(block->landing >> cpu->btype & 1))
        return raise_fetch(cpu, EC_BRANCH_TARGET, cpu->btype, false, 0);
    cpu->btype = 0;
    return block;
}

struct block *block_find(struct cpu *cpu)
{
    struct jump *jump = block_jump_slot(cpu, cpu->pc);
    const uint8_t *host;
    struct block *block;
    uint64_t phys;
    uint32_t mode;

    if (jump->pc == cpu->pc && jump->context == cpu->context && block_is_live(jump->block))
        return cpu->btype ? land(cpu, jump->block) : jump->block;
    if (unlikely(cpu->mode & MODE_STEP) && debug_step_pending(cpu))
        return debug_exception(cpu);
    /* No tagged PC gets into the jump cache, so that the fast look-ups need not know of tags. */
    cpu->pc = exception_branch_address(cpu, cpu->pc);
    jump = block_jump_slot(cpu, cpu->pc);
    if (unlikely(cpu->pc & 3))
        return raise_fetch(cpu, EC_PC_ALIGNMENT, 0, true, cpu->pc);
    if (!mmu_fetch(&cpu->mmu, cpu->pc, &phys, &host))
        return raise_fetch(cpu, EC_FETCH_ABORT_LOWER + (cpu->el != 0), cpu->mmu.fault.status, true,
                           cpu->pc);
    update_context(cpu);
    if (unlikely(cpu->mode & MODE_BREAK) && debug_breakpoint_hit(cpu))
        return debug_exception(cpu);
    if (unlikely(cpu->il)) /* after the faults of the fetch (D1.3.5) */
        return raise_fetch(cpu, EC_ILLEGAL_STATE, 0, false, 0);
    mode = block_mode_of_page(cpu);
    block = block_lookup(cpu, phys, mode);
    if (!block) {
        uint8_t before = mmu_activity(&cpu->mmu, ACTIVITY_TRANSLATOR);

        block = translate(cpu, phys, mode, host);
        mmu_activity(&cpu->mmu, before);
        if (!block) {
            sched_yield();
            return NULL;
        }
    }
    if (likely(!block->gated))
        *jump = (struct jump){cpu->pc, cpu->context, block};
    return cpu->btype ? land(cpu, block) : block;
}

/* What SVE adds: VL is the longest that ZCR_EL1.LEN permits of those that there are. */
static uint32_t mode_of_sve(const struct cpu *cpu, unsigned el)
{
    unsigned zen = (unsigned)bits_get(cpu->sys.cpacr, 16, 2), len = cpu->sys.zcr & 15;

    if (!model_has(cpu->model, FEAT_SVE))
        return 0;
    while (!(cpu->model->sve_vls >> len & 1))
        len--;
    return len << MODE_LEN_SHIFT |
           (zen == 0 || zen == 2 || (zen == 1 && el == 0) ? MODE_SVE_TRAP : 0);
}

/* What registers say of the mode of an EL. */
static uint32_t mode_of_registers(const struct cpu *cpu, unsigned el)
{
    unsigned fpen = (unsigned)bits_get(cpu->sys.cpacr, 20, 2);
    uint64_t sctlr = cpu->mmu.regs.sctlr;
    uint32_t mode = el;

    if (fpen == 0 || fpen == 2 || (fpen == 1 && el == 0))
        mode |= MODE_FP_TRAP;
    /* With the MMU off all data is Device memory, where unaligned accesses fault too. */
    if (bit_get(sctlr, 1) || !bit_get(sctlr, 0))
        mode |= MODE_ALIGN;
    if (bit_get(sctlr, el ? 3 : 4)) /* SA, SA0 */
        mode |= MODE_SP_ALIGN;
    if (bit_get(sctlr, 6)) /* nAA */
        mode |= MODE_NAA;
    mode |= (bit_get(sctlr, 31) ? MODE_KEY_IA : 0) | (bit_get(sctlr, 30) ? MODE_KEY_IB : 0) |
            (bit_get(sctlr, 27) ? MODE_KEY_DA : 0) | (bit_get(sctlr, 13) ? MODE_KEY_DB : 0);
    if (bit_get(sctlr, el ? 36 : 35)) /* BT1, BT0 */
        mode |= MODE_BT;
    if (cpu->fp.fpcr & FPCR_FZ)
        mode |= MODE_FZ | (cpu->fp.fpsr & FPSR_IXC ? MODE_INEXACT : 0);
    if (cpu->fp.fpcr & (FPCR_AHP | FPCR_FZ16))
        mode |= MODE_AHP;
    if (cpu->fp.fpcr & (FPCR_AH | FPCR_FIZ | FPCR_NEP))
        mode |= MODE_AFP;
    if (!bit_get(sctlr, 0) || (el == 0 && !bit_get(sctlr, 14))) /* DZE */
        mode |= MODE_NO_ZVA;
    if (el == 0 && !bit_get(cpu->sys.cntkctl, 1)) /* EL0VCTEN */
        mode |= MODE_NO_COUNT;
    if (mte_checks(cpu, el))
        mode |= MODE_TAGS;
    if (el && mte_checks(cpu, 0))
        mode |= MODE_TAGS_USER;
    return mode | mode_of_sve(cpu, el) | debug_mode(cpu, el) | pmu_mode(cpu, el);
}

void block_update_mode(struct cpu *cpu)
{
    if (cpu->fp.fpcr & FPCR_FZ)
        mxcsr_collect(cpu);
    for (unsigned el = 0; el < 2; el++)
        cpu->mode_of_registers[el] = mode_of_registers(cpu, el);
    cpu->mxcsr = mxcsr_of(cpu->fp.fpcr);
    pauth_update(cpu);
    block_level_changed(cpu);
}

void block_level_changed(struct cpu *cpu)
{
    cpu->mode = cpu->mode_of_registers[cpu->el] | (cpu->uao ? MODE_UAO : 0) |
                (cpu->il ? MODE_IL : 0) | (cpu->el && !cpu->sp_sel ? MODE_SP_EL0 : 0);
    if (cpu->tco)
        cpu->mode &= ~(uint32_t)(MODE_TAGS | MODE_TAGS_USER);
    update_context(cpu);
}

/* --- Life --- */

bool block_init(struct cpu *cpu, struct err *err)
{
    cpu->jumps = calloc(JUMP_CACHE_SLOTS, sizeof(struct jump));
    for (unsigned i = 0; i < BRANCH_SITES; i++)
        cpu->branch_slot[i] = cpu->jumps;
    /* Room for the most micro-ops a block may have. */
    cpu->draft =
        malloc(sizeof(struct block) + (BLOCK_INSNS_MAX + 1) * TR_UOPS_MAX * sizeof(struct uop));
    return (cpu->jumps && cpu->draft) || err_set(err, "out of memory for the jump cache");
}

void block_fini(struct cpu *cpu)
{
    free(cpu->jumps);
    free(cpu->draft);
}

/* Held for less than it takes to put a thread to sleep. */
static void init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

bool block_cache_init(struct cpu *cpu, struct err *err)
{
    struct block_cache *cache = calloc(1, sizeof(*cache));

    cpu->blocks = cache;
    if (!cache)
        return err_set(err, "out of memory for the block cache");
    init_lock(&cache->lock);
    for (unsigned i = 0; i < SEGMENTS; i++) {
        void *memory = mmap(NULL, SEGMENT_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
            return err_set(err, "out of memory for the block cache");
        cache->segment[i].memory = memory;
    }
    cache->decoder = decoder_new(cpu->model, err);
    return cache->decoder != NULL;
}

void block_cache_fini(struct cpu *cpu)
{
    struct block_cache *cache = cpu->blocks;

    if (!cache)
        return;
    for (unsigned i = 0; i < PAGE_SLOTS; i++) {
        while (cache->pages[i]) {
            struct code_page *page = cache->pages[i];

            cache->pages[i] = page->next;
            free(page);
        }
    }
    for (unsigned i = 0; i < SEGMENTS; i++)
        if (cache->segment[i].memory)
            munmap(cache->segment[i].memory, SEGMENT_BYTES);
    decoder_free(cache->decoder);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

struct block_stats block_cache_stats(const struct cpu *cpu)
{
    struct block_stats stats = cpu->blocks->stats;

    for (unsigned i = 0; i < SEGMENTS; i++)
        stats.bytes += cpu->blocks->segment[i].used;
    return stats;
}
