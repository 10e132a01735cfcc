/* Interpreter: the integer micro-ops. Each is an expression over the register file; the functions
 * up front carry the manual's names where it has one (DDI 0487, J1.3). */
#include "cpu/interp.h"

/* --- Operations: no state but the arguments --- */

#define OPERATIONS(bits)                                                                           \
    static inline uint##bits##_t add##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return a + b;                                                                              \
    }                                                                                              \
    static inline uint##bits##_t sub##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return a - b;                                                                              \
    }                                                                                              \
    static inline uint##bits##_t and##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return a & b;                                                                              \
    }                                                                                              \
    static inline uint##bits##_t orr##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return a | b;                                                                              \
    }                                                                                              \
    static inline uint##bits##_t eor##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return a ^ b;                                                                              \
    }                                                                                              \
    static inline uint##bits##_t bic##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return a & ~b;                                                                             \
    }                                                                                              \
    static inline uint##bits##_t orn##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return a | ~b;                                                                             \
    }                                                                                              \
    static inline uint##bits##_t eon##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return a ^ ~b;                                                                             \
    }                                                                                              \
    static inline uint##bits##_t lsl##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return a << (b & (bits - 1));                                                              \
    }                                                                                              \
    static inline uint##bits##_t lsr##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return a >> (b & (bits - 1));                                                              \
    }                                                                                              \
    static inline uint##bits##_t asr##bits(uint##bits##_t a, uint##bits##_t b)                     \
    {                                                                                              \
        return (uint##bits##_t)((int##bits##_t)a >> (b & (bits - 1)));                             \
    }                                                                                              \
    static inline uint##bits##_t rotate##bits(uint##bits##_t a, uint##bits##_t b)                  \
    {                                                                                              \
        return a >> (b & (bits - 1)) | a << (-b & (bits - 1));                                     \
    }                                                                                              \
    static inline uint##bits##_t udiv##bits(uint##bits##_t a, uint##bits##_t b)                    \
    {                                                                                              \
        return b ? a / b : 0;                                                                      \
    }                                                                                              \
    static inline uint##bits##_t sdiv##bits(uint##bits##_t a, uint##bits##_t b)                    \
    {                                                                                              \
        if (b == 0)                                                                                \
            return 0;                                                                              \
        if (b == (uint##bits##_t) - 1) /* the host traps on the most negative dividend */          \
            return -a;                                                                             \
        return (uint##bits##_t)((int##bits##_t)a / (int##bits##_t)b);                              \
    }                                                                                              \
    static inline uint##bits##_t clz##bits(uint##bits##_t a)                                       \
    {                                                                                              \
        return a ? (unsigned)__builtin_clzll(a) - (64 - bits) : bits;                              \
    }                                                                                              \
    static inline uint##bits##_t cls##bits(uint##bits##_t a)                                       \
    {                                                                                              \
        return clz##bits(a ^ (uint##bits##_t)((int##bits##_t)a >> 1)) - 1;                         \
    }                                                                                              \
    static inline uint##bits##_t cnt##bits(uint##bits##_t a)                                       \
    {                                                                                              \
        return (unsigned)__builtin_popcountll(a);                                                  \
    }                                                                                              \
    static inline uint##bits##_t smax##bits(uint##bits##_t a, uint##bits##_t b)                    \
    {                                                                                              \
        return (int##bits##_t)a > (int##bits##_t)b ? a : b;                                        \
    }                                                                                              \
    static inline uint##bits##_t smin##bits(uint##bits##_t a, uint##bits##_t b)                    \
    {                                                                                              \
        return (int##bits##_t)a < (int##bits##_t)b ? a : b;                                        \
    }                                                                                              \
    static inline uint##bits##_t umax##bits(uint##bits##_t a, uint##bits##_t b)                    \
    {                                                                                              \
        return a > b ? a : b;                                                                      \
    }                                                                                              \
    static inline uint##bits##_t umin##bits(uint##bits##_t a, uint##bits##_t b)                    \
    {                                                                                              \
        return a < b ? a : b;                                                                      \
    }                                                                                              \
    static inline uint##bits##_t inc##bits(uint##bits##_t a)                                       \
    {                                                                                              \
        return a + 1;                                                                              \
    }                                                                                              \
    static inline uint##bits##_t inv##bits(uint##bits##_t a)                                       \
    {                                                                                              \
        return ~a;                                                                                 \
    }                                                                                              \
    static inline uint##bits##_t neg##bits(uint##bits##_t a)                                       \
    {                                                                                              \
        return -a;                                                                                 \
    }                                                                                              \
    static inline uint##bits##_t same##bits(uint##bits##_t a)                                      \
    {                                                                                              \
        return a;                                                                                  \
    }

OPERATIONS(64)
OPERATIONS(32)

static inline uint64_t rbit64(uint64_t a)
{
    a = (a & 0x5555555555555555) << 1 | (a >> 1 & 0x5555555555555555);
    a = (a & 0x3333333333333333) << 2 | (a >> 2 & 0x3333333333333333);
    a = (a & 0x0f0f0f0f0f0f0f0f) << 4 | (a >> 4 & 0x0f0f0f0f0f0f0f0f);
    return __builtin_bswap64(a);
}

static inline uint64_t rbit32(uint64_t a)
{
    return rbit64(a) >> 32;
}

static inline uint64_t rev64(uint64_t a)
{
    return __builtin_bswap64(a);
}

static inline uint64_t rev32(uint64_t a)
{
    return __builtin_bswap32((uint32_t)a);
}

static inline uint64_t rev32x2(uint64_t a)
{
    a = __builtin_bswap64(a);
    return a << 32 | a >> 32;
}

static inline uint64_t rev16x4(uint64_t a)
{
    return (a & 0x00ff00ff00ff00ff) << 8 | (a >> 8 & 0x00ff00ff00ff00ff);
}

static inline uint64_t rev16x2(uint64_t a)
{
    return (uint32_t)rev16x4(a);
}

static inline uint64_t smulh(uint64_t a, uint64_t b)
{
    return (uint64_t)((__int128)(int64_t)a * (int64_t)b >> 64);
}

static inline uint64_t umulh(uint64_t a, uint64_t b)
{
    return (uint64_t)((unsigned __int128)a * b >> 64);
}

static inline uint64_t smull(uint64_t a, uint64_t b)
{
    return (uint64_t)((int64_t)(int32_t)a * (int32_t)b);
}

static inline uint64_t umull(uint64_t a, uint64_t b)
{
    return (a & 0xffffffff) * (b & 0xffffffff);
}

/* --- Flags --- */

static inline union nzcv nzcv_make(bool n, bool z, bool c, bool v)
{
    return (union nzcv){{n, z, c, v}};
}

/* AddWithCarry() of a + b + carry */
#define ADD_WITH_CARRY(bits)                                                                       \
    static inline uint##bits##_t add_with_carry##bits(struct cpu *cpu, uint##bits##_t a,           \
                                                      uint##bits##_t b, bool carry)                \
    {                                                                                              \
        uint##bits##_t result = a + b + carry;                                                     \
        bool c = carry ? result <= a : result < a;                                                 \
        bool v = (~(a ^ b) & (a ^ result)) >> (bits - 1);                                          \
                                                                                                   \
        cpu->nzcv = nzcv_make(result >> (bits - 1), result == 0, c, v);                            \
        return result;                                                                             \
    }                                                                                              \
    static inline uint##bits##_t adds##bits(struct cpu *cpu, uint##bits##_t a, uint##bits##_t b)   \
    {                                                                                              \
        return add_with_carry##bits(cpu, a, b, false);                                             \
    }                                                                                              \
    static inline uint##bits##_t subs##bits(struct cpu *cpu, uint##bits##_t a, uint##bits##_t b)   \
    {                                                                                              \
        uint##bits##_t result = a - b;                                                             \
        bool v = ((a ^ b) & (a ^ result)) >> (bits - 1);                                           \
                                                                                                   \
        cpu->nzcv = nzcv_make(result >> (bits - 1), result == 0, a >= b, v);                       \
        return result;                                                                             \
    }                                                                                              \
    static inline uint##bits##_t logic_flags##bits(struct cpu *cpu, uint##bits##_t result)         \
    {                                                                                              \
        cpu->nzcv = nzcv_make(result >> (bits - 1), result == 0, 0, 0);                            \
        return result;                                                                             \
    }                                                                                              \
    static inline uint##bits##_t ands##bits(struct cpu *cpu, uint##bits##_t a, uint##bits##_t b)   \
    {                                                                                              \
        return logic_flags##bits(cpu, a & b);                                                      \
    }                                                                                              \
    static inline uint##bits##_t bics##bits(struct cpu *cpu, uint##bits##_t a, uint##bits##_t b)   \
    {                                                                                              \
        return logic_flags##bits(cpu, a & ~b);                                                     \
    }                                                                                              \
    static inline uint##bits##_t adc##bits(struct cpu *cpu, uint##bits##_t a, uint##bits##_t b)    \
    {                                                                                              \
        return a + b + cpu->nzcv.c;                                                                \
    }                                                                                              \
    static inline uint##bits##_t sbc##bits(struct cpu *cpu, uint##bits##_t a, uint##bits##_t b)    \
    {                                                                                              \
        return a + ~b + cpu->nzcv.c;                                                               \
    }                                                                                              \
    static inline uint##bits##_t adcs##bits(struct cpu *cpu, uint##bits##_t a, uint##bits##_t b)   \
    {                                                                                              \
        return add_with_carry##bits(cpu, a, b, cpu->nzcv.c);                                       \
    }                                                                                              \
    static inline uint##bits##_t sbcs##bits(struct cpu *cpu, uint##bits##_t a, uint##bits##_t b)   \
    {                                                                                              \
        return add_with_carry##bits(cpu, a, ~b, cpu->nzcv.c);                                      \
    }

ADD_WITH_CARRY(64)
ADD_WITH_CARRY(32)

/* --- Handlers --- */

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

HANDLER(movi)
{
    cpu->x[uop->d] = uop->imm;
    return uop_next(cpu, uop);
}

HANDLER(pcadd)
{
    cpu->x[uop->d] = cpu->pc + uop->imm;
    return uop_next(cpu, uop);
}

HANDLER(pcpage)
{
    cpu->x[uop->d] = align_down(cpu->pc, 4096) + uop->imm;
    return uop_next(cpu, uop);
}

HANDLER(movk)
{
    cpu->x[uop->d] = bits_put(cpu->x[uop->d], uop->x, 16, uop->imm);
    return uop_next(cpu, uop);
}

HANDLER(movk32)
{
    cpu->x[uop->d] = (uint32_t)bits_put(cpu->x[uop->d], uop->x, 16, uop->imm);
    return uop_next(cpu, uop);
}

/* d = f(a) */
#define UNARY(name, f)                                                                             \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        cpu->x[uop->d] = f(cpu->x[uop->a]);                                                        \
        return uop_next(cpu, uop);                                                                 \
    }
UNARY(mov64, same64)
UNARY(mov32, same32)
UNARY(clz64, clz64)
UNARY(clz32, clz32)
UNARY(cls64, cls64)
UNARY(cls32, cls32)
UNARY(cnt64, cnt64)
UNARY(cnt32, cnt32)
UNARY(rbit64, rbit64)
UNARY(rbit32, rbit32)
UNARY(rev64, rev64)
UNARY(rev32, rev32)
UNARY(rev32x2, rev32x2)
UNARY(rev16x4, rev16x4)
UNARY(rev16x2, rev16x2)

/* d = f(a, b) */
#define BINARY(name, f)                                                                            \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        cpu->x[uop->d] = f(cpu->x[uop->a], cpu->x[uop->b]);                                        \
        return uop_next(cpu, uop);                                                                 \
    }
/* d = f(a, imm) */
#define BINARY_IMM(name, f)                                                                        \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        cpu->x[uop->d] = f(cpu->x[uop->a], uop->imm);                                              \
        return uop_next(cpu, uop);                                                                 \
    }
/* d = f(a, b << x) */
#define BINARY_SHIFTED(name, f)                                                                    \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        cpu->x[uop->d] = f(cpu->x[uop->a], cpu->x[uop->b] << uop->x);                              \
        return uop_next(cpu, uop);                                                                 \
    }
/* d = f(a, x) */
#define BINARY_X(name, f)                                                                          \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        cpu->x[uop->d] = f(cpu->x[uop->a], uop->x);                                                \
        return uop_next(cpu, uop);                                                                 \
    }
#define ARITH(name)                                                                                \
    BINARY(name##64, name##64)                                                                     \
    BINARY(name##32, name##32)                                                                     \
    BINARY_IMM(name##64i, name##64)                                                                \
    BINARY_IMM(name##32i, name##32)                                                                \
    BINARY_SHIFTED(name##64l, name##64)                                                            \
    BINARY_SHIFTED(name##32l, name##32)
ARITH(add)
ARITH(sub)
ARITH(and)
ARITH(orr)
ARITH(eor)
ARITH(bic)
ARITH(orn)
ARITH(eon)

#define SHIFT(name, f)                                                                             \
    BINARY(name##64, f##64)                                                                        \
    BINARY(name##32, f##32)                                                                        \
    BINARY_X(name##64i, f##64)                                                                     \
    BINARY_X(name##32i, f##32)
SHIFT(lsl, lsl)
SHIFT(lsr, lsr)
SHIFT(asr, asr)
SHIFT(ror, rotate)

BINARY(smulh, smulh)
BINARY(umulh, umulh)
BINARY(udiv64, udiv64)
BINARY(udiv32, udiv32)
BINARY(sdiv64, sdiv64)
BINARY(sdiv32, sdiv32)
BINARY(smax64, smax64)
BINARY(smax32, smax32)
BINARY(smin64, smin64)
BINARY(smin32, smin32)
BINARY(umax64, umax64)
BINARY(umax32, umax32)
BINARY(umin64, umin64)
BINARY(umin32, umin32)

/* d = f(a, b), with flags in or out */
#define FLAGS(name, f)                                                                             \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        cpu->x[uop->d] = f(cpu, cpu->x[uop->a], cpu->x[uop->b]);                                   \
        return uop_next(cpu, uop);                                                                 \
    }
#define FLAGS_IMM(name, f)                                                                         \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        cpu->x[uop->d] = f(cpu, cpu->x[uop->a], uop->imm);                                         \
        return uop_next(cpu, uop);                                                                 \
    }
#define FLAGS_SHIFTED(name, f)                                                                     \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        cpu->x[uop->d] = f(cpu, cpu->x[uop->a], cpu->x[uop->b] << uop->x);                         \
        return uop_next(cpu, uop);                                                                 \
    }
#define ARITH_FLAGS(name)                                                                          \
    FLAGS(name##64, name##64)                                                                      \
    FLAGS(name##32, name##32)                                                                      \
    FLAGS_IMM(name##64i, name##64)                                                                 \
    FLAGS_IMM(name##32i, name##32)                                                                 \
    FLAGS_SHIFTED(name##64l, name##64)                                                             \
    FLAGS_SHIFTED(name##32l, name##32)
ARITH_FLAGS(adds)
ARITH_FLAGS(subs)
ARITH_FLAGS(ands)
ARITH_FLAGS(bics)
FLAGS(adc64, adc64)
FLAGS(adc32, adc32)
FLAGS(adcs64, adcs64)
FLAGS(adcs32, adcs32)
FLAGS(sbc64, sbc64)
FLAGS(sbc32, sbc32)
FLAGS(sbcs64, sbcs64)
FLAGS(sbcs32, sbcs32)

/* Bit fields: lsb in x, width (1 to 64) in y. */

static inline uint64_t ones(unsigned width)
{
    return ~0ull >> (64 - width);
}

/* d = the field of a, moved by the handler's shifts */
#define FIELD(name, type, value)                                                                   \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        uint64_t a = cpu->x[uop->a];                                                               \
                                                                                                   \
        cpu->x[uop->d] = (type)(value);                                                            \
        return uop_next(cpu, uop);                                                                 \
    }
FIELD(ubfx, uint64_t, a >> uop->x & ones(uop->y))
FIELD(sbfx64, uint64_t, bits_sext(a >> uop->x, uop->y))
FIELD(sbfx32, uint32_t, bits_sext(a >> uop->x, uop->y))
FIELD(ubfiz, uint64_t, (a & ones(uop->y)) << uop->x)
FIELD(sbfiz64, uint64_t, (uint64_t)bits_sext(a, uop->y) << uop->x)
FIELD(sbfiz32, uint32_t, (uint64_t)bits_sext(a, uop->y) << uop->x)

/* d with the field replaced */
static inline uint64_t insert(uint64_t d, uint64_t mask, uint64_t field)
{
    return d ^ ((d ^ field) & mask);
}

#define INSERT(name, type, mask, field)                                                            \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        uint64_t a = cpu->x[uop->a];                                                               \
                                                                                                   \
        cpu->x[uop->d] = (type)insert(cpu->x[uop->d], mask, field);                                \
        return uop_next(cpu, uop);                                                                 \
    }
INSERT(bfi64, uint64_t, ones(uop->y) << uop->x, a << uop->x)
INSERT(bfi32, uint32_t, ones(uop->y) << uop->x, a << uop->x)
INSERT(bfxil64, uint64_t, ones(uop->y), a >> uop->x)
INSERT(bfxil32, uint32_t, ones(uop->y), a >> uop->x)

HANDLER(extr64)
{
    unsigned __int128 both = (unsigned __int128)cpu->x[uop->a] << 64 | cpu->x[uop->b];

    cpu->x[uop->d] = (uint64_t)(both >> uop->x);
    return uop_next(cpu, uop);
}

HANDLER(extr32)
{
    uint64_t both = cpu->x[uop->a] << 32 | (uint32_t)cpu->x[uop->b];

    cpu->x[uop->d] = (uint32_t)(both >> uop->x);
    return uop_next(cpu, uop);
}

/* d = y plus or minus a product of a and b */
#define MULTIPLY(name, type, operation, f)                                                         \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        cpu->x[uop->d] = (type)(cpu->x[uop->y] operation f(cpu->x[uop->a], cpu->x[uop->b]));       \
        return uop_next(cpu, uop);                                                                 \
    }

static inline uint64_t product(uint64_t a, uint64_t b)
{
    return a * b;
}

MULTIPLY(madd64, uint64_t, +, product)
MULTIPLY(madd32, uint32_t, +, product)
MULTIPLY(msub64, uint64_t, -, product)
MULTIPLY(msub32, uint32_t, -, product)
MULTIPLY(smaddl, uint64_t, +, smull)
MULTIPLY(smsubl, uint64_t, -, smull)
MULTIPLY(umaddl, uint64_t, +, umull)
MULTIPLY(umsubl, uint64_t, -, umull)

/* d = condition x ? a : f(b); without a branch, as the host cannot predict what the guest's code
 * could not */
#define SELECT(name, bits, f)                                                                      \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        uint##bits##_t yes = (uint##bits##_t)cpu->x[uop->a];                                       \
        uint##bits##_t no = f(cpu->x[uop->b]);                                                     \
        uint##bits##_t all = (uint##bits##_t) - (uint##bits##_t)condition_holds(cpu, uop->x);      \
                                                                                                   \
        cpu->x[uop->d] = no ^ ((yes ^ no) & all);                                                  \
        return uop_next(cpu, uop);                                                                 \
    }
SELECT(csel64, 64, same64)
SELECT(csel32, 32, same32)
SELECT(csinc64, 64, inc64)
SELECT(csinc32, 32, inc32)
SELECT(csinv64, 64, inv64)
SELECT(csinv32, 32, inv32)
SELECT(csneg64, 64, neg64)
SELECT(csneg32, 32, neg32)

/* flags = condition x ? flags of f(a, operand) : y */
#define COMPARE(name, f, operand)                                                                  \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        if (condition_holds(cpu, uop->x))                                                          \
            f(cpu, cpu->x[uop->a], operand);                                                       \
        else                                                                                       \
            cpu->nzcv = nzcv_from(uop->y);                                                         \
        return uop_next(cpu, uop);                                                                 \
    }

/* flags: N in bit 3 to V in bit 0, as in the instruction */
static inline union nzcv nzcv_from(unsigned flags)
{
    return nzcv_make(flags >> 3 & 1, flags >> 2 & 1, flags >> 1 & 1, flags & 1);
}

COMPARE(ccmp64, subs64, cpu->x[uop->b])
COMPARE(ccmp32, subs32, cpu->x[uop->b])
COMPARE(ccmp64i, subs64, uop->imm)
COMPARE(ccmp32i, subs32, uop->imm)
COMPARE(ccmn64, adds64, cpu->x[uop->b])
COMPARE(ccmn32, adds32, cpu->x[uop->b])
COMPARE(ccmn64i, adds64, uop->imm)
COMPARE(ccmn32i, adds32, uop->imm)

/* --- CRC32 (DDI 0487, C6.2.68): reflected, so the CRC shifts right and the polynomials are
 * bit-reversed --- */

/* The CRC of each value of four bits: 0xedb88320 is 0x04c11db7 reversed, 0x82f63b78 0x1edc6f41. */
static const uint32_t crc32_table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
static const uint32_t crc32c_table[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

static NOINLINE uint32_t crc_update(uint32_t crc, uint64_t data, unsigned bytes,
                                    const uint32_t *table)
{
    for (unsigned i = 0; i < bytes; i++, data >>= 8) {
        crc ^= (uint8_t)data;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return crc;
}

#define CRC(name, table)                                                                           \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        cpu->x[uop->d] =                                                                           \
            crc_update((uint32_t)cpu->x[uop->a], cpu->x[uop->b], 1u << uop->x, table);             \
        return uop_next(cpu, uop);                                                                 \
    }
CRC(crc32, crc32_table)
CRC(crc32c, crc32c_table)
