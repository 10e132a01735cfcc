/* Branches, exception generating and system instructions: the system half (DDI 0487, C4.1, C5, C6).
 */
#include "cpu/isa/tables.h"

#include <stddef.h>

#include "cpu/decode.h"
#include "cpu/exception.h"
#include "cpu/group.h"
#include "cpu/model.h"
#include "cpu/mte.h"
#include "cpu/sysreg.h"

/* --- MRS, MSR, SYS: one row of the system register table each --- */

static const struct sysreg *row_of(const struct uop *uop)
{
    return sysreg_row(uop->x | (unsigned)uop->y << 8);
}

static uint64_t read_register(struct cpu *cpu, const struct sysreg *reg)
{
    if (reg->read)
        return reg->read(cpu, reg);
    return reg->offset ? *(uint64_t *)((char *)cpu + reg->offset) : 0;
}

static void write_register(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    if (reg->write)
        reg->write(cpu, reg, value);
    else if (reg->offset)
        *(uint64_t *)((char *)cpu + reg->offset) =
            reg->access & SYSREG_WORD ? (uint32_t)value : value;
}

/* ISS of a trapped MSR, MRS or System instruction (D17.2, ESR_ELx). */
static bool trap(struct cpu *cpu, const struct uop *uop, const struct sysreg *reg, unsigned rt,
                 bool read)
{
    uint32_t key = reg->key;
    uint32_t iss = (uint32_t)(bits_get(key, 14, 2) << 20 | bits_get(key, 0, 3) << 17 |
                              bits_get(key, 11, 3) << 14 | bits_get(key, 7, 4) << 10 |
                              bits_get(key, 3, 4) << 1);

    return cpu_raise(cpu, uop, EC_SYSREG, iss | rt << 5 | read);
}

static bool mrs(struct cpu *cpu, const struct uop *uop)
{
    const struct sysreg *reg = row_of(uop);

    if (cpu->el == 0 && !reg->check(cpu, reg, true))
        return trap(cpu, uop, reg, uop->b, true);
    cpu->x[uop->d] = read_register(cpu, reg);
    return true;
}

static bool msr(struct cpu *cpu, const struct uop *uop)
{
    const struct sysreg *reg = row_of(uop);

    if (cpu->el == 0 && !reg->check(cpu, reg, false))
        return trap(cpu, uop, reg, uop->b, false);
    write_register(cpu, reg, cpu->x[uop->a]);
    return true;
}

/* No such right at this EL, which is nothing to report. */
static bool forbidden_register(struct cpu *cpu, const struct uop *uop)
{
    return cpu_undefined(cpu, uop);
}

/* System instructions and registers with CRn 11 or 15 are IMPLEMENTATION DEFINED. */
static bool is_implementation_defined(uint32_t key)
{
    unsigned crn = key >> 7 & 15;

    return (key >> 14 == 1 || key >> 14 == 3) && (crn == 11 || crn == 15);
}

/* An encoding that no row has: UNDEFINED, and named once; or trapped by SCTLR_EL1.TIDCP. The key is
 * in x and y, Rt in b. */
static bool unknown_register(struct cpu *cpu, const struct uop *uop)
{
    uint32_t key = uop->x | (uint32_t)uop->y << 8;
    struct sysreg reg = {.key = (uint16_t)key};

    if (cpu->el == 0 && (cpu->mmu.regs.sctlr & SCTLR_TIDCP) && is_implementation_defined(key))
        return trap(cpu, uop, &reg, uop->b, uop->a);
    if (log_on(cpu->log, LOG_UNIMP) && log_once(cpu->log, LOG_UNIMP, 1ull << 32 | key))
        log_at(cpu->log, LOG_UNIMP, cpu_insn_pc(cpu, uop),
               "undefined system register S%u_%u_C%u_C%u_%u %s at EL%u", key >> 14 & 3,
               key >> 11 & 7, key >> 7 & 15, key >> 3 & 15, key & 7, uop->a ? "read" : "written",
               cpu->el);
    return cpu_undefined(cpu, uop);
}

/* FEAT_IDST: a read of the space of ID registers at EL0 traps as a system instruction, registers or
 * not. The key is in x and y, Rt in b. */
static bool id_register(struct cpu *cpu, const struct uop *uop)
{
    struct sysreg reg = {.key = (uint16_t)(uop->x | uop->y << 8)};

    return trap(cpu, uop, &reg, uop->b, true);
}

static bool is_id_space(uint16_t key)
{
    unsigned op1 = key >> 11 & 7;

    return key >> 14 == 3 && op1 != 2 && op1 < 4 && !(key >> 7 & 15) && (key >> 3 & 15) < 8;
}

/* The register is just a place, and nobody has to be asked. */
static void access_place(struct tr *tr, const struct sysreg *reg, unsigned rt, bool read)
{
    uint8_t from = X(rt);

    if (read) {
        tr_imm(tr, reg->offset ? UOP_ldfield : UOP_movi, Xd(rt), 0, reg->offset);
    } else if (reg->offset) {
        if (reg->access & SYSREG_WORD) {
            tr_reg(tr, UOP_mov32, SLOT_T0, from, 0);
            from = SLOT_T0;
        }
        tr_imm(tr, UOP_stfield, from, 0, reg->offset);
        tr->impure = true;
    }
}

static bool set_byte(struct tr *tr, size_t offset, unsigned value)
{
    tr_emit(tr, UOP_stbyte, 0, 0, 0, (uint8_t)value, 0, offset);
    tr->impure = true;
    return true;
}

/* A function of the row's answers, and nobody has to be asked. */
static void access_leaf(struct tr *tr, const struct sysreg *reg, unsigned rt, bool read)
{
    if (read)
        tr_imm(tr, UOP_sysread, Xd(rt), 0, (uintptr_t)reg);
    else
        tr_imm(tr, UOP_syswrite, 0, X(rt), (uintptr_t)reg);
    tr->impure = true;
}

#define KEY_SP_EL0    SYSREG_KEY(3, 0, 4, 1, 0)
#define KEY_SPSEL     SYSREG_KEY(3, 0, 4, 2, 0)
#define KEY_ZCR       SYSREG_KEY(3, 0, 1, 2, 0)
#define KEY_CURRENTEL SYSREG_KEY(3, 0, 4, 2, 2)
#define KEY_NZCV      SYSREG_KEY(3, 3, 4, 2, 0)
#define KEY_DAIF      SYSREG_KEY(3, 3, 4, 2, 1)
#define KEY_CNTVCT    SYSREG_KEY(3, 3, 14, 0, 2)
#define KEY_CNTVCTSS  SYSREG_KEY(3, 3, 14, 0, 6)

/* The parts of PSTATE that have micro-ops of their own, or that the mode tells. False: not one. */
static bool access_pstate(struct tr *tr, uint16_t key, unsigned rt, bool read)
{
    switch (key) {
    case KEY_NZCV:
        tr_reg(tr, read ? UOP_nzcv : UOP_nzcvwr, read ? Xd(rt) : 0, read ? 0 : X(rt), 0);
        return true;
    case KEY_DAIF:
        if (!(tr->mode & MODE_EL_MASK))
            return false; /* EL0 needs leave */
        if (read)
            tr_reg(tr, UOP_daif, Xd(rt), 0, 0);
        else
            tr_branch(tr, UOP_daifwr, X(rt), 0, 4);
        return true;
    case KEY_CURRENTEL:
        tr_imm(tr, UOP_movi, Xd(rt), 0, (tr->mode & MODE_EL_MASK) << 2);
        return true;
    case KEY_SPSEL:
        if (read)
            tr_imm(tr, UOP_movi, Xd(rt), 0, !(tr->mode & MODE_SP_EL0));
        return read;
    default:
        return false;
    }
}

/* SP_EL0 is UNDEFINED while it is the stack pointer in use (C5.2, SP_EL0). */
static bool accessible(const struct tr *tr, const struct sysreg *reg, bool read)
{
    bool el0 = (tr->mode & MODE_EL_MASK) == 0;
    unsigned need = el0 ? (read ? SYSREG_R0 : SYSREG_W0) : (read ? SYSREG_R1 : SYSREG_W1);

    if ((tr->mode & MODE_SP_EL0) && reg->key == KEY_SP_EL0)
        return false;
    return (reg->access & need) && model_has(tr->model, sysreg_feature(reg->key));
}

/* Is it known that the row's `check` would agree? */
static bool needs_no_leave(const struct tr *tr, const struct sysreg *reg)
{
    if ((tr->mode & MODE_EL_MASK) || (reg->access & SYSREG_FREE))
        return true;
    return (reg->key == KEY_CNTVCT || reg->key == KEY_CNTVCTSS) && !(tr->mode & MODE_NO_COUNT);
}

static bool access_row(struct tr *tr, uint16_t key, unsigned rt, bool read)
{
    int index = sysreg_find(key);
    const struct sysreg *reg = index < 0 ? NULL : sysreg_row((unsigned)index);

    if (!reg || !accessible(tr, reg, read)) {
        if (read && !(tr->mode & MODE_EL_MASK) && is_id_space(key) &&
            model_has(tr->model, FEAT_IDST)) {
            tr_call_jump(tr, id_register, 0, 0, (uint8_t)rt, (uint8_t)key, (uint8_t)(key >> 8));
            return true;
        }
        tr_call_jump(tr, reg ? forbidden_register : unknown_register, 0, read, (uint8_t)rt,
                     (uint8_t)key, (uint8_t)(key >> 8));
        return true;
    }
    if (access_pstate(tr, key, rt, read) || (key == KEY_ZCR && !tr_sve_enabled(tr)))
        return true;
    if (needs_no_leave(tr, reg) && (read ? !reg->read : !reg->write))
        access_place(tr, reg, rt, read);
    else if (needs_no_leave(tr, reg) && (reg->access & SYSREG_LEAF) &&
             (read || !(reg->access & SYSREG_END)))
        access_leaf(tr, reg, rt, read);
    else if (read)
        tr_call(tr, mrs, Xd(rt), 0, (uint8_t)rt, (uint8_t)index, (uint8_t)(index >> 8));
    else if (reg->access & SYSREG_END)
        tr_call_end(tr, msr, 0, X(rt), (uint8_t)rt, (uint8_t)index, (uint8_t)(index >> 8));
    else
        tr_call(tr, msr, 0, X(rt), (uint8_t)rt, (uint8_t)index, (uint8_t)(index >> 8));
    return true;
}

static bool tr_mrs(struct tr *tr, const struct fields *f)
{
    return access_row(tr, (uint16_t)(1u << 15 | f->i), f->d, true);
}

static bool tr_msr(struct tr *tr, const struct fields *f)
{
    return access_row(tr, (uint16_t)(1u << 15 | f->i), f->d, false);
}

static bool tr_sys(struct tr *tr, const struct fields *f)
{
    return access_row(tr, (uint16_t)(1u << 14 | f->i), f->d, false);
}

static bool tr_sysl(struct tr *tr, const struct fields *f)
{
    return access_row(tr, (uint16_t)(1u << 14 | f->i), f->d, true);
}

/* --- Cache maintenance that EL0 may be allowed: may trap, may fault --- */

/* EL0 needs SCTLR_EL1.UCI (or DZE for ZVA); b is Rt, x and y the key. */
static bool trap_cache(struct cpu *cpu, const struct uop *uop)
{
    struct sysreg reg = {.key = (uint16_t)(uop->x | uop->y << 8)};

    return trap(cpu, uop, &reg, uop->b, false);
}

static bool dc_zva(struct cpu *cpu, const struct uop *uop)
{
    if (cpu->el == 0 && !bit_get(cpu->mmu.regs.sctlr, 14)) /* DZE */
        return trap_cache(cpu, uop);
    if ((cpu->mode & MODE_TAGS) &&
        !mte_check(cpu, uop, align_down(cpu->x[uop->a], DC_ZVA_BYTES), DC_ZVA_BYTES, true, 0))
        return false;
    /* Device memory does not take it (D7.4.9): all is Device with the MMU off. */
    return maintenance_dc_zva(cpu, cpu->x[uop->a]) || cpu_data_abort(cpu, uop);
}

/* DC GVA, DC GZVA: op2 is 3 or 4 */
static bool dc_tags(struct cpu *cpu, const struct uop *uop)
{
    if (cpu->el == 0 && !bit_get(cpu->mmu.regs.sctlr, 14)) /* DZE */
        return trap_cache(cpu, uop);
    return maintenance_dc_tags(cpu, cpu->x[uop->a], (uop->x & 7) == 4) || cpu_data_abort(cpu, uop);
}

static bool dc_by_va(struct cpu *cpu, const struct uop *uop)
{
    unsigned crm = uop->x >> 3 & 15; /* 6: DC IVAC and its like, 14: DC CIVAC */
    enum maintenance what = crm == 6    ? MAINTENANCE_INVALIDATE
                            : crm == 14 ? MAINTENANCE_CLEAN_INVALIDATE
                                        : MAINTENANCE_CLEAN;

    if (cpu->el == 0 && !bit_get(cpu->mmu.regs.sctlr, 26)) /* UCI */
        return trap_cache(cpu, uop);
    return maintenance_by_va(cpu, cpu->x[uop->a], what) || cpu_data_abort(cpu, uop);
}

static bool ic_ivau(struct cpu *cpu, const struct uop *uop)
{
    if (cpu->el == 0 && !bit_get(cpu->mmu.regs.sctlr, 26))
        return trap_cache(cpu, uop);
    return maintenance_ic_ivau(cpu, cpu->x[uop->a]) || cpu_data_abort(cpu, uop);
}

static bool cache_by_va(struct tr *tr, const struct fields *f, uop_helper *helper, uint16_t key)
{
    tr_call(tr, helper, 0, X(f->d), (uint8_t)f->d, (uint8_t)key, (uint8_t)(key >> 8));
    return true;
}

#define DC_KEY(op1, crm, op2) SYSREG_KEY(1, op1, 7, crm, op2)

static bool tr_dc_zva(struct tr *tr, const struct fields *f)
{
    if (!(tr->mode & (MODE_NO_ZVA | MODE_TAGS))) {
        tr_emit_elements(tr, UOP_dczva, 0, X(f->d), 0, 0, 0, 0, 1);
        return true;
    }
    return cache_by_va(tr, f, dc_zva, DC_KEY(3, 4, 1));
}

/* row->imm is the key. */
static bool tr_dc_tags(struct tr *tr, const struct fields *f)
{
    return cache_by_va(tr, f, dc_tags, (uint16_t)f->row->imm);
}

static bool tr_dc(struct tr *tr, const struct fields *f)
{
    return cache_by_va(tr, f, dc_by_va, (uint16_t)f->row->imm);
}

static bool tr_dc_el1(struct tr *tr, const struct fields *f)
{
    return (tr->mode & MODE_EL_MASK) && tr_dc(tr, f);
}

static bool tr_ic_ivau(struct tr *tr, const struct fields *f)
{
    return cache_by_va(tr, f, ic_ivau, DC_KEY(3, 5, 1));
}

/* --- AT: x is op2 (bit 0 write, bit 1 EL0), y says that PSTATE.PAN counts --- */

static bool at(struct cpu *cpu, const struct uop *uop)
{
    enum access access = (uop->x & 1) ? ACCESS_WRITE : ACCESS_READ;

    return maintenance_at(cpu, cpu->x[uop->a], access, uop->x & 2 ? 0 : 1, uop->y && cpu->pan) ||
           cpu_data_abort(cpu, uop);
}

/* op2 is in f->i. */
static bool address_translation(struct tr *tr, const struct fields *f, bool with_pan)
{
    if (!(tr->mode & MODE_EL_MASK))
        return false;
    tr_call(tr, at, 0, X(f->d), 0, (uint8_t)f->i, with_pan);
    return true;
}

static bool tr_at(struct tr *tr, const struct fields *f)
{
    return address_translation(tr, f, false);
}

static bool tr_at_pan(struct tr *tr, const struct fields *f)
{
    return address_translation(tr, f, true);
}

/* --- MSR (immediate): x is the value --- */

/* At EL0: EL1 has micro-ops of its own. */
static bool daif_allowed(struct cpu *cpu)
{
    return bit_get(cpu->mmu.regs.sctlr, 9); /* UMA */
}

static bool trap_daif(struct cpu *cpu, const struct uop *uop, unsigned op2)
{
    struct sysreg reg = {.key = SYSREG_KEY(0, 3, 4, uop->x, op2)};

    return trap(cpu, uop, &reg, 31, false);
}

static bool daif_set(struct cpu *cpu, const struct uop *uop)
{
    if (!daif_allowed(cpu))
        return trap_daif(cpu, uop, 6);
    cpu->daif |= uop->x;
    return true;
}

static bool daif_clear(struct cpu *cpu, const struct uop *uop)
{
    if (!daif_allowed(cpu))
        return trap_daif(cpu, uop, 7);
    cpu->daif &= (uint8_t)~uop->x;
    pstate_check_interrupts(cpu);
    return true;
}

static bool set_spsel(struct cpu *cpu, const struct uop *uop)
{
    pstate_set_el(cpu, cpu->el, uop->x & 1);
    return true;
}

static bool set_pan(struct cpu *cpu, const struct uop *uop)
{
    cpu->pan = uop->x & 1;
    pstate_set_el(cpu, cpu->el, cpu->sp_sel);
    return true;
}

static bool set_uao(struct cpu *cpu, const struct uop *uop)
{
    cpu->uao = uop->x & 1;
    pstate_set_el(cpu, cpu->el, cpu->sp_sel);
    return true;
}

static bool set_tco(struct cpu *cpu, const struct uop *uop)
{
    cpu->tco = uop->x & 1;
    block_level_changed(cpu);
    return true;
}

static bool tr_daif_set(struct tr *tr, const struct fields *f)
{
    if (tr->mode & MODE_EL_MASK)
        tr_emit(tr, UOP_daifset, 0, 0, 0, (uint8_t)f->i, 0, 0);
    else
        tr_call(tr, daif_set, 0, 0, 0, (uint8_t)f->i, 0);
    return true;
}

static bool tr_daif_clear(struct tr *tr, const struct fields *f)
{
    if (tr->mode & MODE_EL_MASK)
        tr_branch(tr, UOP_daifclr, 0, (uint8_t)f->i, 4);
    else
        tr_call_end(tr, daif_clear, 0, 0, 0, (uint8_t)f->i, 0);
    return true;
}

static bool privileged(struct tr *tr, uop_helper *helper, const struct fields *f)
{
    if (!(tr->mode & MODE_EL_MASK))
        return false;
    tr_call_end(tr, helper, 0, 0, 0, (uint8_t)f->i, 0);
    return true;
}

static bool tr_msr_spsel(struct tr *tr, const struct fields *f)
{
    return privileged(tr, set_spsel, f);
}

static bool tr_msr_pan(struct tr *tr, const struct fields *f)
{
    return privileged(tr, set_pan, f);
}

static bool tr_msr_uao(struct tr *tr, const struct fields *f)
{
    return privileged(tr, set_uao, f);
}

static bool tr_msr_tco(struct tr *tr, const struct fields *f)
{
    tr_call_end(tr, set_tco, 0, 0, 0, (uint8_t)f->i, 0);
    return true;
}

static bool tr_msr_dit(struct tr *tr, const struct fields *f)
{
    return set_byte(tr, offsetof(struct cpu, dit), f->i & 1);
}

static bool tr_msr_ssbs(struct tr *tr, const struct fields *f)
{
    return set_byte(tr, offsetof(struct cpu, ssbs), f->i & 1);
}

/* --- Hints and barriers --- */

static bool tr_nop(struct tr *tr, const struct fields *f)
{
    (void)tr;
    (void)f;
    return true;
}

/* BTypeCompatible_BTI(): nothing, calls (c), jumps (j), both. */
static bool tr_bti(struct tr *tr, const struct fields *f)
{
    static const uint8_t types[] = {0, 1 << 1 | 1 << 2, 1 << 1 | 1 << 3, 15};

    tr_landing(tr, types[f->i]);
    return true;
}

/* ISS of a trapped WFI or WFE: CV = 1, COND = 0b1110, TI in bits 1..0: 1 for WFE, and 2 more with a
 * timeout, whose register is then in bits 9..5 (RN), valid by bit 2 (RV). */
#define WFX_ISS 0x1e00000u

static uint32_t timeout_iss(const struct uop *uop)
{
    return uop->x ? (uint32_t)uop->b << 5 | 1u << 2 | 2 : 0;
}

/* LocalTimeoutEvent(): x says that there is one, in slot a. */
static bool timed_out(struct cpu *cpu, const struct uop *uop)
{
    return uop->x && timer_count(cpu) >= cpu->x[uop->a];
}

static bool leave(struct cpu *cpu, const struct uop *uop, enum cpu_exit why)
{
    cpu->wake_at = uop->x ? cpu->x[uop->a] : UINT64_MAX;
    cpu->pc = cpu_insn_pc(cpu, uop) + 4;
    cpu->exit = why;
    return false;
}

static bool go_on(struct cpu *cpu, const struct uop *uop)
{
    cpu->pc = cpu_insn_pc(cpu, uop) + 4;
    return true;
}

/* With an interrupt pending nothing waits, and what does not wait is not trapped. */
static bool wfi(struct cpu *cpu, const struct uop *uop)
{
    if (atomic_load(&cpu->lines) || timed_out(cpu, uop))
        return go_on(cpu, uop);
    if (cpu->el == 0 && !bit_get(cpu->mmu.regs.sctlr, 16)) /* nTWI */
        return cpu_raise(cpu, uop, EC_WFX, WFX_ISS | timeout_iss(uop));
    return leave(cpu, uop, EXIT_WFI);
}

static bool wfe(struct cpu *cpu, const struct uop *uop)
{
    if (atomic_exchange(&cpu->event, false) || timed_out(cpu, uop))
        return go_on(cpu, uop);
    if (cpu->el == 0 && !bit_get(cpu->mmu.regs.sctlr, 18)) /* nTWE */
        return cpu_raise(cpu, uop, EC_WFX, WFX_ISS | timeout_iss(uop) | 1);
    return leave(cpu, uop, EXIT_WFE);
}

static bool tr_wfi(struct tr *tr, const struct fields *f)
{
    (void)f;
    tr_call_jump(tr, wfi, 0, 0, 0, 0, 0);
    return true;
}

static bool tr_wfe(struct tr *tr, const struct fields *f)
{
    (void)f;
    tr_call_jump(tr, wfe, 0, 0, 0, 0, 0);
    return true;
}

/* x: there is a timeout, in slot a, which is register b */
static bool tr_wfit(struct tr *tr, const struct fields *f)
{
    tr_call_jump(tr, wfi, 0, X(f->d), (uint8_t)f->d, true, 0);
    return true;
}

static bool tr_wfet(struct tr *tr, const struct fields *f)
{
    tr_call_jump(tr, wfe, 0, X(f->d), (uint8_t)f->d, true, 0);
    return true;
}

static bool sev(struct cpu *cpu, const struct uop *uop)
{
    (void)uop;
    group_send_event(cpu);
    return true;
}

static bool tr_sev(struct tr *tr, const struct fields *f)
{
    (void)f;
    tr_call(tr, sev, 0, 0, 0, 0, 0);
    return true;
}

static bool tr_sevl(struct tr *tr, const struct fields *f)
{
    (void)f;
    return set_byte(tr, offsetof(struct cpu, event), true);
}

static bool tr_clrex(struct tr *tr, const struct fields *f)
{
    (void)f;
    return set_byte(tr, offsetof(struct cpu, mmu.exclusive.size), 0);
}

/* CRm<1:0> says between which accesses. The host keeps loads in order and stores in order (Intel
 * SDM, volume 3, 8.2.2): only a barrier of all is one there. */
static bool tr_dmb(struct tr *tr, const struct fields *f)
{
    unsigned types = f->i & 3;

    if (types != 1 && types != 2)
        tr_emit(tr, UOP_barrier, 0, 0, 0, 0, 0, 0);
    return true;
}

/* DSB, of whatever type: also what this CPU had others do is done (D8.14.5). DSB nXS is no weaker:
 * nothing has the XS attribute. */
static bool tr_dsb(struct tr *tr, const struct fields *f)
{
    (void)f;
    tr_branch(tr, UOP_dsb, 0, 0, 4);
    return true;
}

/* ISB: what was written to code is seen from the next instruction on. What changes the context has
 * itself ended its block. */
static bool tr_isb(struct tr *tr, const struct fields *f)
{
    (void)f;
    tr_branch(tr, UOP_isb, 0, 0, 4);
    return true;
}

/* --- Exception generation and return; the 16-bit immediate is in x and y --- */

static uint16_t imm16(const struct uop *uop)
{
    return (uint16_t)(uop->x | uop->y << 8);
}

static bool svc(struct cpu *cpu, const struct uop *uop)
{
    cpu->pc = cpu_insn_pc(cpu, uop) + 4;
    cpu->syndrome = (struct syndrome){.ec = EC_SVC, .iss = imm16(uop)};
    exception_take(cpu, VECTOR_SYNC);
    return true;
}

static bool hvc(struct cpu *cpu, const struct uop *uop)
{
    if (cpu->el == 0 || !cpu->hooks.hvc || !cpu->hooks.hvc(cpu->hooks.opaque, cpu, imm16(uop)))
        return cpu_undefined(cpu, uop);
    cpu->pc = cpu_insn_pc(cpu, uop) + 4;
    return true;
}

static bool smc(struct cpu *cpu, const struct uop *uop)
{
    if (cpu->el == 0 || !cpu->hooks.smc || !cpu->hooks.smc(cpu->hooks.opaque, cpu, imm16(uop)))
        return cpu_undefined(cpu, uop);
    cpu->pc = cpu_insn_pc(cpu, uop) + 4;
    return true;
}

static bool brk(struct cpu *cpu, const struct uop *uop)
{
    return cpu_raise(cpu, uop, EC_BRK, imm16(uop));
}

/* HLT is a semihosting call, or UNDEFINED: halting debug is not there. The hook finds the PC behind
 * the instruction, and sets it back when the call has to wait. */
static bool hlt(struct cpu *cpu, const struct uop *uop)
{
    uint64_t block = cpu->pc;

    if (imm16(uop) != 0xf000 || !cpu->hooks.semihosting)
        return cpu_undefined(cpu, uop);
    cpu->pc = cpu_insn_pc(cpu, uop) + 4;
    if (cpu->hooks.semihosting(cpu->hooks.semihosting_opaque, cpu)) {
        cpu->btype = 0;
        return true;
    }
    cpu->pc = block;
    return cpu_undefined(cpu, uop);
}

static bool eret(struct cpu *cpu, const struct uop *uop)
{
    (void)uop;
    exception_return(cpu, cpu->elr[cpu->el]);
    return true;
}

static bool generate(struct tr *tr, const struct fields *f, uop_helper *helper)
{
    tr_call_jump(tr, helper, 0, 0, 0, (uint8_t)f->i, (uint8_t)(f->i >> 8));
    return true;
}

static bool tr_svc(struct tr *tr, const struct fields *f)
{
    return generate(tr, f, svc);
}

static bool tr_hvc(struct tr *tr, const struct fields *f)
{
    return generate(tr, f, hvc);
}

static bool tr_smc(struct tr *tr, const struct fields *f)
{
    return generate(tr, f, smc);
}

/* May be the target of any branch, whose BTYPE is in SPSR_EL1 then. */
static bool tr_brk(struct tr *tr, const struct fields *f)
{
    tr_landing_keeps(tr);
    return generate(tr, f, brk);
}

static bool tr_hlt(struct tr *tr, const struct fields *f)
{
    tr_landing_keeps(tr);
    return generate(tr, f, hlt);
}

static bool tr_eret(struct tr *tr, const struct fields *f)
{
    return (tr->mode & MODE_EL_MASK) && generate(tr, f, eret);
}

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("11010100 000iiiii iiiiiiii iii00001", SVC_EX_exception, FEAT_NONE, tr_svc),
    INSN("11010100 000iiiii iiiiiiii iii00010", HVC_EX_exception, FEAT_NONE, tr_hvc),
    INSN("11010100 000iiiii iiiiiiii iii00011", SMC_EX_exception, FEAT_NONE, tr_smc),
    INSN("11010100 001iiiii iiiiiiii iii00000", BRK_EX_exception, FEAT_NONE, tr_brk),
    INSN("11010100 010iiiii iiiiiiii iii00000", HLT_EX_exception, FEAT_NONE, tr_hlt),
    INSN("11010110 10011111 00000011 11100000", ERET_64E_branch_reg, FEAT_NONE, tr_eret),
    INSN("11010101 00000011 0010iiii iii11111", HINT_HM_hints, FEAT_NONE, tr_nop),
    INSN("11010101 00000011 00100000 01011111", WFE_HI_hints, FEAT_NONE, tr_wfe),
    INSN("11010101 00000011 00100000 01111111", WFI_HI_hints, FEAT_NONE, tr_wfi),
    INSN("11010101 00000011 00010000 000ddddd", WFET_only_systeminstrswithreg, FEAT_WFxT, tr_wfet),
    INSN("11010101 00000011 00010000 001ddddd", WFIT_only_systeminstrswithreg, FEAT_WFxT, tr_wfit),
    INSN("11010101 00000011 00100000 10011111", SEV_HI_hints, FEAT_NONE, tr_sev),
    INSN("11010101 00000011 00100000 10111111", SEVL_HI_hints, FEAT_NONE, tr_sevl),
    INSN("11010101 00000011 00100100 ii011111", BTI_HB_hints, FEAT_BTI, tr_bti),
    INSN("11010101 00000011 0011iiii 01011111", CLREX_BN_barriers, FEAT_NONE, tr_clrex),
    INSN("11010101 00000011 0011iiii 10011111", DSB_BO_barriers, FEAT_NONE, tr_dsb),
    INSN("11010101 00000011 0011ii10 00111111", DSB_BOn_barriers, FEAT_XS, tr_dsb),
    INSN("11010101 00000011 0011iiii 10111111", DMB_BO_barriers, FEAT_NONE, tr_dmb),
    INSN("11010101 00000011 0011iiii 11011111", ISB_BI_barriers, FEAT_NONE, tr_isb),
    INSN("11010101 00000011 00110000 11111111", SB_only_barriers, FEAT_SB, tr_isb),
    INSN("11010101 00000000 0100iiii 10111111", MSR_SPSel, FEAT_NONE, tr_msr_spsel),
    INSN("11010101 00000000 0100iiii 10011111", MSR_PAN, FEAT_PAN, tr_msr_pan),
    INSN("11010101 00000000 0100iiii 01111111", MSR_UAO, FEAT_UAO, tr_msr_uao),
    INSN("11010101 00000011 0100iiii 01011111", MSR_DIT, FEAT_DIT, tr_msr_dit),
    INSN("11010101 00000011 0100iiii 10011111", MSR_TCO, FEAT_MTE, tr_msr_tco),
    INSN("11010101 00000011 0100iiii 00111111", MSR_SSBS, FEAT_SSBS2, tr_msr_ssbs),
    INSN("11010101 00000011 0100iiii 11011111", MSR_DAIFSet, FEAT_NONE, tr_daif_set),
    INSN("11010101 00000011 0100iiii 11111111", MSR_DAIFClr, FEAT_NONE, tr_daif_clear),
    INSN("11010101 0011iiii iiiiiiii iiiddddd", MRS_RS_systemmove, FEAT_NONE, tr_mrs),
    INSN("11010101 0001iiii iiiiiiii iiiddddd", MSR_SR_systemmove, FEAT_NONE, tr_msr),
    INSN("11010101 00001iii iiiiiiii iiiddddd", SYS_CR_systeminstrs, FEAT_NONE, tr_sys),
    INSN("11010101 00101iii iiiiiiii iiiddddd", SYSL_RC_systeminstrs, FEAT_NONE, tr_sysl),
    INSN_ARGS("11010101 00001000 01110110 001ddddd", DC_IVAC, FEAT_NONE, tr_dc_el1, .imm = DC_KEY(0, 6, 1)),
    INSN("11010101 00001011 01110100 001ddddd", DC_ZVA, FEAT_NONE, tr_dc_zva),
    INSN_ARGS("11010101 00001011 01111010 001ddddd", DC_CVAC, FEAT_NONE, tr_dc, .imm = DC_KEY(3, 10, 1)),
    INSN_ARGS("11010101 00001011 01111011 001ddddd", DC_CVAU, FEAT_NONE, tr_dc, .imm = DC_KEY(3, 11, 1)),
    INSN_ARGS("11010101 00001011 01111100 001ddddd", DC_CVAP, FEAT_DPB, tr_dc, .imm = DC_KEY(3, 12, 1)),
    INSN_ARGS("11010101 00001011 01111101 001ddddd", DC_CVADP, FEAT_DPB2, tr_dc, .imm = DC_KEY(3, 13, 1)),
    INSN_ARGS("11010101 00001011 01111110 001ddddd", DC_CIVAC, FEAT_NONE, tr_dc, .imm = DC_KEY(3, 14, 1)),
    INSN_ARGS("11010101 00001011 01110100 011ddddd", DC_GVA, FEAT_MTE, tr_dc_tags, .imm = DC_KEY(3, 4, 3)),
    INSN_ARGS("11010101 00001011 01110100 100ddddd", DC_GZVA, FEAT_MTE, tr_dc_tags, .imm = DC_KEY(3, 4, 4)),
    INSN_ARGS("11010101 00001000 01110110 011ddddd", DC_IGVAC, FEAT_MTE2, tr_dc_el1, .imm = DC_KEY(0, 6, 3)),
    INSN_ARGS("11010101 00001000 01110110 101ddddd", DC_IGDVAC, FEAT_MTE2, tr_dc_el1, .imm = DC_KEY(0, 6, 5)),
    INSN_ARGS("11010101 00001011 01111010 011ddddd", DC_CGVAC, FEAT_MTE, tr_dc, .imm = DC_KEY(3, 10, 3)),
    INSN_ARGS("11010101 00001011 01111010 101ddddd", DC_CGDVAC, FEAT_MTE, tr_dc, .imm = DC_KEY(3, 10, 5)),
    INSN_ARGS("11010101 00001011 01111100 011ddddd", DC_CGVAP, FEAT_MTE, tr_dc, .imm = DC_KEY(3, 12, 3)),
    INSN_ARGS("11010101 00001011 01111100 101ddddd", DC_CGDVAP, FEAT_MTE, tr_dc, .imm = DC_KEY(3, 12, 5)),
    INSN_ARGS("11010101 00001011 01111101 011ddddd", DC_CGVADP, FEAT_MTE, tr_dc, .imm = DC_KEY(3, 13, 3)),
    INSN_ARGS("11010101 00001011 01111101 101ddddd", DC_CGDVADP, FEAT_MTE, tr_dc, .imm = DC_KEY(3, 13, 5)),
    INSN_ARGS("11010101 00001011 01111110 011ddddd", DC_CIGVAC, FEAT_MTE, tr_dc, .imm = DC_KEY(3, 14, 3)),
    INSN_ARGS("11010101 00001011 01111110 101ddddd", DC_CIGDVAC, FEAT_MTE, tr_dc, .imm = DC_KEY(3, 14, 5)),
    INSN("11010101 00001011 01110101 001ddddd", IC_IVAU, FEAT_NONE, tr_ic_ivau),
    INSN("11010101 00001000 01111000 0iiddddd", AT_S1, FEAT_NONE, tr_at),
    INSN("11010101 00001000 01111001 00iddddd", AT_S1P, FEAT_PAN2, tr_at_pan),
    /* clang-format on */
};

const struct insn_table insn_system = {"system", rows, ARRAY_SIZE(rows)};
