/* The prologues of memory copies and sets (cpu/isa/mops.c) where nothing is special: a thunk for
 * each, called like `helper`, that does a piece inside of one page by the host's string
 * instruction. Of everything else the helper takes care. */
#include "cpu/jit/block_ops.h"

#include "cpu/jit/thunks.h"
#include "mmu/tlb.h"

/* Slots of Xd, Xs and Xn, and what they hold; RSI stays the record's address until the end. */
static const enum x64_reg TO_SLOT = RAX, FROM_SLOT = RDX, SIZE_SLOT = RCX;
static const enum x64_reg TO = RDI, FROM = R9, SIZE = R8;
static const enum x64_reg ROOM = R10; /* the largest difference of an operand and its page */
static const enum x64_reg SCRATCH = R11;

enum { SLOW_EXITS = 6, SMALL = 512 };

struct block_op {
    struct x64 *c;
    uint8_t *slow[SLOW_EXITS];
    unsigned exits;
};

static void slow_if(struct block_op *b, enum x64_cond cond)
{
    b->slow[b->exits++] = x64_jcc(b->c, cond);
}

static struct x64_mem slot(enum x64_reg number)
{
    return x64_indexed(RBX, number, 3, (int32_t)offsetof(struct cpu, x) - CPU_BIAS);
}

static void load_operand(struct block_op *b, unsigned field, enum x64_reg number, enum x64_reg to)
{
    x64_op_mem(b->c, false, X64_MOVZX8, number, x64_at(RSI, (int32_t)field));
    x64_load(b->c, true, to, slot(number));
}

/* SCRATCH = what to add to the address in the register, all of whose bytes the bank has. */
static void probe(struct block_op *b, enum x64_reg va, bool write)
{
    const unsigned entry_log2 = 5;
    struct x64 *c = b->c;

    _Static_assert(sizeof(struct tlb_entry) == 1u << 5, "the index is scaled by a shift");
    x64_mov(c, false, SCRATCH, va);
    x64_shift_imm(c, false, SHIFT_SHR, SCRATCH, PAGE_SHIFT - entry_log2);
    x64_alu_imm(c, false, ALU_AND, SCRATCH, (TLB_ENTRIES - 1) << entry_log2);
    x64_load(c, true, RBP,
             x64_indexed(R15, SCRATCH, 0,
                         (int32_t)(write ? offsetof(struct tlb_entry, tag_write)
                                         : offsetof(struct tlb_entry, tag_read))));
    x64_alu(c, true, ALU_XOR, RBP, va);
    x64_alu(c, true, ALU_CMP, RBP, ROOM);
    slow_if(b, CC_A);
    x64_load(c, true, SCRATCH,
             x64_indexed(R15, SCRATCH, 0, (int32_t)offsetof(struct tlb_entry, addend)));
}

/* EL0 may be forbidden these instructions: SCTLR_EL1.MSCEn. */
static void check_rights(struct block_op *b)
{
    struct x64_mem enables = CPU_FIELD(mmu.regs.sctlr);
    uint8_t *privileged;

    enables.disp += 4;
    x64_alu_mem_imm8(b->c, ALU_CMP, CPU_FIELD(el), 0);
    privileged = x64_jcc(b->c, CC_NE);
    x64_test_mem_imm8(b->c, enables, 1u << (33 - 32));
    slow_if(b, CC_E);
    x64_land(b->c, privileged);
}

static void begin(struct block_op *b)
{
    check_rights(b);
    load_operand(b, offsetof(struct uop, d), TO_SLOT, TO);
    load_operand(b, offsetof(struct uop, b), FROM_SLOT, FROM);
    load_operand(b, offsetof(struct uop, a), SIZE_SLOT, SIZE);
    x64_lea(b->c, true, ROOM, x64_at(SIZE, -1));
    x64_alu_imm(b->c, true, ALU_CMP, ROOM, PAGE_SIZE - 1);
    slow_if(b, CC_A); /* none, or more than a page */
    x64_alu_imm(b->c, true, ALU_XOR, ROOM, PAGE_SIZE - 1);
}

/* The registers are as behind the epilogue, and NZCV is 0. */
static void put_down(struct block_op *b)
{
    struct x64 *c = b->c;

    x64_store_imm(c, true, slot(SIZE_SLOT), 0);
    x64_store_imm(c, false, CPU_FIELD(nzcv), 0);
    x64_store_imm(c, false, CPU_FIELD(lazy.kind), LAZY_NONE);
}

/* The host's instruction does it. */
static void end(struct block_op *b, unsigned string_op, const uint8_t *otherwise)
{
    struct x64 *c = b->c;

    x64_mov(c, true, RCX, SIZE);
    x64_u8(c, 0xf3); /* rep */
    x64_u8(c, string_op);
    x64_ret(c);
    for (unsigned i = 0; i < b->exits; i++)
        x64_land_at(c, b->slow[i], otherwise);
}

static void advance(struct block_op *b, enum x64_reg number)
{
    x64_op_mem(b->c, true, 0x01, SIZE, slot(number)); /* add [], size */
}

/* Of 16 to SMALL bytes vectors are quicker, as the host's instruction takes a while to begin. The
 * last ones are read first, lest the others overwrite them. */
static void copy_small(struct x64 *c)
{
    uint8_t *other_size, *last;
    const uint8_t *again;

    x64_lea(c, true, RCX, x64_at(SIZE, -16));
    x64_alu_imm(c, true, ALU_CMP, RCX, SMALL - 16);
    other_size = x64_jcc(c, CC_A);
    x64_op_mem(c, false, X64_MOVUPS_LOAD, 1, x64_indexed(RSI, RCX, 0, 0));
    x64_mov_imm(c, RAX, 0);
    last = x64_jmp(c);
    again = c->at;
    x64_op_mem(c, false, X64_MOVUPS_LOAD, 0, x64_indexed(RSI, RAX, 0, 0));
    x64_op_mem(c, false, X64_MOVUPS_STORE, 0, x64_indexed(RDI, RAX, 0, 0));
    x64_lea(c, true, RAX, x64_at(RAX, 16));
    x64_land(c, last);
    x64_alu(c, true, ALU_CMP, RAX, RCX);
    x64_jcc_to(c, CC_B, again);
    x64_op_mem(c, false, X64_MOVUPS_STORE, 1, x64_indexed(RDI, RCX, 0, 0));
    x64_ret(c);
    x64_land(c, other_size);
}

void block_ops_write_copy(struct x64 *c, const uint8_t *otherwise)
{
    struct block_op b = {.c = c};

    begin(&b);
    x64_mov(c, true, SCRATCH, TO); /* with TO inside of the source: in another order, perhaps */
    x64_alu(c, true, ALU_SUB, SCRATCH, FROM);
    x64_alu(c, true, ALU_CMP, SCRATCH, SIZE);
    slow_if(&b, CC_B);
    probe(&b, FROM, false);
    x64_alu(c, true, ALU_ADD, FROM, SCRATCH);
    probe(&b, TO, true);
    x64_alu(c, true, ALU_ADD, TO, SCRATCH);
    advance(&b, TO_SLOT);
    advance(&b, FROM_SLOT);
    put_down(&b);
    x64_mov(c, true, RSI, FROM);
    copy_small(c);
    end(&b, 0xa4, otherwise); /* movsb */
}

void block_ops_write_fill(struct x64 *c, const uint8_t *otherwise)
{
    struct block_op b = {.c = c};

    begin(&b);
    probe(&b, TO, true);
    x64_alu(c, true, ALU_ADD, TO, SCRATCH);
    advance(&b, TO_SLOT);
    put_down(&b);
    x64_mov(c, false, RAX, FROM);
    end(&b, 0xaa, otherwise); /* stosb */
}
