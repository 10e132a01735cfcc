/* SVE predicates where VL is 512 bits at most: one is a number of 64 bits, a bit for each byte of a
 * vector, and the micro-ops of the general registers do what there is to do. Bits beyond VL are 0:
 * sve_length_changed(). */
#include "cpu/cpu.h"
#include "cpu/isa/sve.h"

enum { T0 = SLOT_T0, T1, T2, T3 };

static bool is_short(const struct tr *tr)
{
    return mode_parts(tr->mode) <= V_PARTS;
}

static uint64_t place_of(uint32_t p)
{
    return offsetof(struct cpu, p) + p * sizeof(union preg);
}

static void get(struct tr *tr, uint8_t slot, uint32_t p)
{
    tr_imm(tr, UOP_ldfield, slot, 0, place_of(p));
}

static void put(struct tr *tr, uint32_t p, uint8_t slot)
{
    tr_imm(tr, UOP_stfield, slot, 0, place_of(p));
    sve_predicate_written(tr);
}

/* The lowest bits of all elements: those that count. */
static uint64_t elements(const struct tr *tr, unsigned size)
{
    static const uint64_t lowest[] = {~0ull, 0x5555555555555555, 0x1111111111111111,
                                      0x0101010101010101};

    return lowest[size] & bits_ones(sve_bytes(tr));
}

/* NZCV = PredTest(): both slots have bits that count and no others. */
static void test(struct tr *tr, uint8_t counts, uint8_t result)
{
    tr_reg(tr, UOP_ptest, 0, counts, result);
}

bool sve_bits_first(struct tr *tr, uint32_t d, unsigned size, unsigned count, bool flags)
{
    if (!is_short(tr))
        return false;
    tr_imm(tr, UOP_movi, T0, 0, elements(tr, size) & bits_ones(count << size));
    put(tr, d, T0);
    if (flags)
        test(tr, T0, T0);
    return true;
}

bool sve_bits_logic(struct tr *tr, struct sve_logic logic, uint32_t d, uint32_t n, uint32_t m,
                    uint32_t g)
{
    bool moves =
        n == m && n == g && !logic.inverted && (logic.op == UOP_and64 || logic.op == UOP_orr64);

    if (!is_short(tr))
        return false;
    get(tr, T0, g);
    if (moves) {
        put(tr, d, T0);
        if (logic.flags)
            test(tr, T0, T0);
        return true;
    }
    get(tr, T1, n);
    get(tr, T2, m);
    tr_reg(tr, logic.op, T1, T1, T2);
    tr_reg(tr, logic.inverted ? UOP_bic64 : UOP_and64, T1, T0, T1);
    put(tr, d, T1);
    if (logic.flags)
        test(tr, T0, T1);
    return true;
}

bool sve_bits_select(struct tr *tr, uint32_t d, uint32_t n, uint32_t m, uint32_t g)
{
    if (!is_short(tr))
        return false;
    get(tr, T0, g);
    get(tr, T1, n);
    get(tr, T2, m);
    tr_reg(tr, UOP_and64, T1, T1, T0);
    tr_reg(tr, UOP_bic64, T2, T2, T0);
    tr_reg(tr, UOP_orr64, T1, T1, T2);
    put(tr, d, T1);
    return true;
}

bool sve_bits_test(struct tr *tr, uint32_t n, uint32_t g)
{
    if (!is_short(tr))
        return false;
    get(tr, T0, g);
    get(tr, T1, n);
    test(tr, T0, T1);
    return true;
}

/* n - 1 has the bits below the lowest one of n, and that one not; all, where there is none. */
bool sve_bits_break(struct tr *tr, uint32_t d, uint32_t n, uint32_t g, unsigned kind)
{
    if (!is_short(tr))
        return false;
    get(tr, T0, g);
    get(tr, T1, n);
    tr_reg(tr, UOP_and64, T1, T1, T0);
    tr_imm(tr, UOP_sub64i, T2, T1, 1);
    tr_reg(tr, kind & SVE_BREAK_BEFORE ? UOP_bic64 : UOP_eor64, T2, T2, T1);
    tr_reg(tr, UOP_and64, T2, T2, T0);
    if (kind & SVE_BREAK_MERGE) {
        get(tr, T1, d);
        tr_reg(tr, UOP_bic64, T1, T1, T0);
        tr_reg(tr, UOP_orr64, T2, T2, T1);
    }
    put(tr, d, T2);
    if (kind & SVE_BREAK_FLAGS)
        test(tr, T0, T2);
    return true;
}

bool sve_bits_pfirst(struct tr *tr, uint32_t d, uint32_t g)
{
    if (!is_short(tr))
        return false;
    get(tr, T0, g);
    get(tr, T1, d);
    tr_reg(tr, UOP_sub64, T2, SLOT_ZERO, T0);
    tr_reg(tr, UOP_and64, T2, T2, T0);
    tr_reg(tr, UOP_orr64, T1, T1, T2);
    put(tr, d, T1);
    test(tr, T0, T1);
    return true;
}

/* Each bit of one half moves to twice its place. */
bool sve_bits_unpack(struct tr *tr, uint32_t d, uint32_t n, bool high)
{
    unsigned half = sve_bytes(tr) / 2;

    if (!is_short(tr))
        return false;
    get(tr, T0, n);
    if (high)
        tr_emit(tr, UOP_lsr64i, T0, T0, 0, (uint8_t)half, 0, 0);
    tr_imm(tr, UOP_pspread, T0, T0, elements(tr, 1));
    put(tr, d, T0);
    return true;
}

bool sve_bits_count(struct tr *tr, uint8_t slot, uint32_t n, uint32_t g, unsigned size)
{
    if (!is_short(tr))
        return false;
    get(tr, T1, g);
    tr_imm(tr, UOP_and64i, T1, T1, elements(tr, size));
    if (n != g) {
        get(tr, T2, n);
        tr_reg(tr, UOP_and64, T1, T1, T2);
    }
    tr_reg(tr, UOP_cnt64, slot, T1, 0);
    return true;
}

void sve_bits_compared(struct tr *tr, uint32_t d, uint32_t g, unsigned size, bool inverted,
                       bool flags)
{
    get(tr, T1, g);
    tr_imm(tr, UOP_and64i, T1, T1, elements(tr, size));
    tr_reg(tr, inverted ? UOP_bic64 : UOP_and64, T0, T1, T0);
    put(tr, d, T0);
    if (flags)
        test(tr, T1, T0);
}
