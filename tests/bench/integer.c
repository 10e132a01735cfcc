/* Integer kernels, one habit of compiled code each; whole programs are in programs.c. */
#include "kernels.h"

/* ---- loops: three nested, with additions, shifts and one condition ---- */

static uint64_t run_loops(unsigned rounds)
{
    uint32_t a = 1, b = 2;
    for (unsigned r = 0; r < rounds; r++) {
        for (unsigned i = 0; i < 100; i++) {
            for (unsigned j = 0; j < 1000; j++) {
                a += b ^ j;
                if (a & 4)
                    b += a >> 3;
                b ^= i;
            }
        }
    }
    return (uint64_t)a << 32 | b;
}

/* ---- qsort: quicksort of 32-bit numbers ---- */

enum { SORT_COUNT = 1 << 15 };
static uint32_t sort_data[SORT_COUNT];

static void sort_range(uint32_t *a, long low, long high)
{
    while (low < high) {
        uint32_t pivot = a[low + (high - low) / 2];
        long i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot)
                i++;
            while (a[j] > pivot)
                j--;
            if (i <= j) {
                uint32_t t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        if (j - low < high - i) {
            sort_range(a, low, j);
            low = i;
        } else {
            sort_range(a, i, high);
            high = j;
        }
    }
}

static uint64_t run_qsort(unsigned rounds)
{
    uint64_t seed = 1, sum = 0;
    for (unsigned r = 0; r < rounds; r++) {
        for (int i = 0; i < SORT_COUNT; i++)
            sort_data[i] = (uint32_t)next_random(&seed);
        sort_range(sort_data, 0, SORT_COUNT - 1);
        sum = fold(sum, sort_data[SORT_COUNT / 3]);
    }
    return sum;
}

/* ---- crc32: one table look-up a byte ---- */

static uint8_t text[1 << 16];

static void fill_text(uint64_t seed)
{
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)("etaoin shrdlu cmfwyp"[next_random(&seed) % 20]);
}

static uint64_t run_crc32(unsigned rounds)
{
    uint32_t table[256], crc = 0;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
    }
    fill_text(2);
    for (unsigned r = 0; r < rounds; r++) {
        crc = ~crc;
        for (size_t i = 0; i < sizeof(text); i++)
            crc = table[(crc ^ text[i]) & 0xff] ^ crc >> 8;
        crc = ~crc;
    }
    return crc;
}

/* ---- strings: words of a text, counted and hashed byte by byte ---- */

static uint64_t run_strings(unsigned rounds)
{
    uint64_t sum = 0;
    fill_text(3);
    for (unsigned r = 0; r < rounds; r++) {
        uint32_t hash = 0, words = 0;
        for (size_t i = 0; i < sizeof(text); i++) {
            uint8_t c = text[i];
            if (c == ' ') {
                words++;
                sum = fold(sum, hash);
                hash = 0;
            } else {
                hash = hash * 31 + (c >= 'a' && c <= 'm' ? c - 32u : c);
            }
        }
        text[r % sizeof(text)] ^= 1;
        sum = fold(sum, words);
    }
    return sum;
}

/* ---- bytes: a C library's string functions as the plain loops that they are ---- */

#define LOOP __attribute__((noinline)) static

LOOP size_t byte_length(const uint8_t *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

LOOP void byte_copy(uint8_t *to, const uint8_t *from, size_t size)
{
    while (size--)
        *to++ = *from++;
}

LOOP int byte_compare(const uint8_t *a, const uint8_t *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a - *b;
}

LOOP const uint8_t *byte_find(const uint8_t *s, uint8_t byte, size_t size)
{
    for (; size--; s++)
        if (*s == byte)
            return s;
    return NULL;
}

static uint64_t run_bytes(unsigned rounds)
{
    static uint8_t copy[sizeof(text)];
    uint64_t sum = 0;
    fill_text(6);
    text[sizeof(text) - 1] = 0;
    for (unsigned r = 0; r < rounds; r++) {
        size_t words = 0, length = byte_length(text);
        byte_copy(copy, text, length + 1);
        copy[length - 1 - r % 100] ^= 1;
        sum = fold(sum, (uint64_t)byte_compare(text, copy));
        for (const uint8_t *at = text; at; words++) {
            const uint8_t *blank = byte_find(at, ' ', (size_t)(text + length - at));
            at = blank ? blank + 1 : NULL;
        }
        sum = fold(sum, length + words);
    }
    return sum;
}

/* ---- sha256 (FIPS 180-4) ---- */

const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x >> by | x << (32 - by);
}

static void sha_block(uint32_t state[8], const uint8_t *p)
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
               (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    for (int i = 0; i < 8; i++)
        s[i] = state[i];
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
                      ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha256_constants[i] + w[i];
        uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
                      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (int j = 7; j > 0; j--)
            s[j] = s[j - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

static uint64_t run_sha256(unsigned rounds)
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    fill_text(4);
    for (unsigned r = 0; r < rounds; r++)
        for (size_t i = 0; i < sizeof(text); i += 64)
            sha_block(state, text + i);
    return (uint64_t)state[0] << 32 | state[7];
}

/* ---- fib: nothing but calls and returns ---- */

__attribute__((noinline)) static uint64_t fib(unsigned n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static uint64_t run_fib(unsigned rounds)
{
    uint64_t sum = 0;
    for (unsigned r = 0; r < rounds; r++)
        sum = fold(sum, fib(22 + r % 2));
    return sum;
}

/* ---- tree: a binary search tree, built and searched ---- */

struct node {
    uint32_t key, left, right; /* indices into the pool; 0 is none */
};
enum { TREE_NODES = 1 << 14 };
static struct node pool[TREE_NODES + 1];

static uint64_t run_tree(unsigned rounds)
{
    uint64_t seed = 5, sum = 0;
    for (unsigned r = 0; r < rounds; r++) {
        pool[1] = (struct node){.key = 1u << 31};
        for (uint32_t count = 2; count <= TREE_NODES; count++) {
            uint32_t key = (uint32_t)next_random(&seed), at = 1;
            for (;;) {
                uint32_t *link = key < pool[at].key ? &pool[at].left : &pool[at].right;
                if (!*link) {
                    *link = count;
                    break;
                }
                at = *link;
            }
            pool[count] = (struct node){.key = key};
        }
        for (int i = 0; i < 4 * TREE_NODES; i++) {
            uint32_t key = (uint32_t)next_random(&seed), at = 1, depth = 0;
            while (at) {
                at = key < pool[at].key ? pool[at].left : pool[at].right;
                depth++;
            }
            sum += depth;
        }
    }
    return sum;
}

/* ---- interp: an interpreter of a small register machine, computed goto ---- */

static uint64_t interpret(const uint8_t *code, uint64_t n)
{
    static const void *const table[] = {&&op_add,   &&op_xor, &&op_mul,
                                        &&op_shift, &&op_dec, &&op_loop};
    uint64_t r[4] = {n, 1, 2, 3};
    const uint8_t *pc = code;
#define NEXT goto *table[pc[0]]
    NEXT;
op_add:
    r[pc[1]] += r[pc[2]];
    pc += 3;
    NEXT;
op_xor:
    r[pc[1]] ^= r[pc[2]];
    pc += 3;
    NEXT;
op_mul:
    r[pc[1]] *= r[pc[2]] | 1;
    pc += 3;
    NEXT;
op_shift:
    r[pc[1]] ^= r[pc[2]] >> 7;
    pc += 3;
    NEXT;
op_dec:
    r[pc[1]]--;
    pc += 3;
    NEXT;
op_loop:
    if (r[0]) {
        pc = code;
        NEXT;
    }
#undef NEXT
    return r[1] ^ r[2] ^ r[3];
}

static uint64_t run_interp(unsigned rounds)
{
    static const uint8_t code[] = {0, 1, 2, 1, 2, 3, 2, 3, 1, 3, 1, 2, 0, 2, 1, 4, 0, 0, 5, 0, 0};
    return interpret(code, rounds * 10000ull);
}

/* ---- calls: through a table of function pointers ---- */

#define SMALL_FUNCTION(name, expression)                                                           \
    __attribute__((noinline)) static uint64_t name(uint64_t x)                                     \
    {                                                                                              \
        return expression;                                                                         \
    }
SMALL_FUNCTION(call_a, x + 0x9e3779b9)
SMALL_FUNCTION(call_b, x ^ x >> 9)
SMALL_FUNCTION(call_c, x * 5)
SMALL_FUNCTION(call_d, ~x)

static uint64_t run_calls(unsigned rounds)
{
    static uint64_t (*volatile const table[])(uint64_t) = {call_a, call_b, call_c, call_d};
    uint64_t x = 1;
    for (uint64_t i = 0; i < rounds * 10000ull; i++)
        x = table[(x ^ i) & 3](x);
    return x;
}

/* ---- virtual: objects with a table of methods each, as C++ compiles them ---- */

struct shape {
    const struct shape_class *class;
    uint32_t a, b;
};
struct shape_class {
    uint64_t (*area)(const struct shape *self);
    void (*grow)(struct shape *self, uint32_t by);
};

static uint64_t box_area(const struct shape *self)
{
    return (uint64_t)self->a * self->b;
}
static uint64_t disc_area(const struct shape *self)
{
    return (uint64_t)self->a * self->a * 355 / 113;
}
static uint64_t triangle_area(const struct shape *self)
{
    return (uint64_t)self->a * self->b / 2;
}
static void grow_both(struct shape *self, uint32_t by)
{
    self->a = (self->a + by) & 0xffff;
    self->b = (self->b + 2 * by) & 0xffff;
}
static void grow_first(struct shape *self, uint32_t by)
{
    self->a = (self->a ^ by) & 0xffff;
}

static uint64_t run_virtual(unsigned rounds)
{
    static const struct shape_class classes[] = {
        {box_area, grow_both}, {disc_area, grow_first}, {triangle_area, grow_both}};
    static struct shape shapes[1000];
    enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };
    uint64_t seed = 8, sum = 0;
    for (int i = 0; i < SHAPES; i++) {
        uint64_t bits = next_random(&seed);
        shapes[i] = (struct shape){&classes[bits % 3], bits >> 16 & 0xffff, bits >> 32 & 0xffff};
    }
    for (unsigned r = 0; r < rounds; r++) {
        uint64_t area = 0;
        for (int i = 0; i < SHAPES; i++) {
            area += shapes[i].class->area(&shapes[i]);
            shapes[i].class->grow(&shapes[i], r);
        }
        sum = fold(sum, area);
    }
    return sum;
}

/* ---- divide: quotients and remainders by variables, signed and not, of 32 and 64 bits ---- */

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t run_divide(unsigned rounds)
{
    uint64_t seed = 10, sum = 0;
    for (unsigned r = 0; r < rounds * 1000; r++) {
        uint64_t bits = next_random(&seed);
        sum = fold(sum, greatest_common_divisor(bits, next_random(&seed)));
        uint32_t base = 2 + r % 35;
        for (uint32_t number = (uint32_t)bits; number; number /= base)
            sum += number % base;
        int32_t divisor = (int32_t)(bits >> 33) + 1; /* not 0, and not -1 by INT_MIN */
        sum += (uint64_t)((int32_t)bits / divisor + (int64_t)seed / -divisor);
    }
    return sum;
}

/* ---- hash: a table with linear probing; inserts, looks up, removes ---- */

enum { SLOTS = 1 << 13 };
static uint64_t slots[SLOTS]; /* keys; 0 is none */

static uint32_t home_of(uint64_t key)
{
    return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 51);
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t slot_of(uint64_t key)
{
    uint32_t at = home_of(key);
    while (slots[at] && slots[at] != key)
        at = (at + 1) % SLOTS;
    return at;
}

/* Empties a slot and moves up what was put behind it only because it was full. */
static void slot_remove(uint32_t hole)
{
    for (uint32_t at = (hole + 1) % SLOTS; slots[at]; at = (at + 1) % SLOTS) {
        uint32_t way = (at - home_of(slots[at])) % SLOTS;
        if (way >= (at - hole) % SLOTS) {
            slots[hole] = slots[at];
            hole = at;
        }
    }
    slots[hole] = 0;
}

static uint64_t run_hash(unsigned rounds)
{
    uint64_t seed = 12, found = 0, removed = 0;
    for (int i = 0; i < SLOTS; i++)
        slots[i] = 0;
    for (unsigned r = 0; r < rounds * 1000; r++) {
        uint64_t bits = next_random(&seed), key = 1 + bits % (2 * SLOTS);
        uint32_t at = slot_of(key);
        if (slots[at])
            found++;
        if (slots[at] && bits >> 62) {
            slot_remove(at);
            removed++;
        } else if (!slots[at] && (bits >> 60 & 3) == 0) {
            slots[at] = key;
        }
    }
    return fold(found, removed);
}

/* ---- bignum: squares of 1024 bits, long multiplication and carries ---- */

enum { LIMBS = 16 };

static void square(uint64_t product[2 * LIMBS], const uint64_t a[LIMBS])
{
    for (int i = 0; i < 2 * LIMBS; i++)
        product[i] = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < LIMBS; j++) {
            unsigned __int128 t = (unsigned __int128)a[i] * a[j] + product[i + j] + carry;
            product[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        product[i + LIMBS] = carry;
    }
}

/* The middle half of the square is the next number. */
static uint64_t run_bignum(unsigned rounds)
{
    uint64_t a[LIMBS], product[2 * LIMBS], seed = 14, sum = 0;
    for (int i = 0; i < LIMBS; i++)
        a[i] = next_random(&seed);
    for (unsigned r = 0; r < rounds * 100; r++) {
        square(product, a);
        uint64_t carry = r;
        for (int i = 0; i < LIMBS; i++) {
            unsigned __int128 t = (unsigned __int128)product[i + LIMBS / 2] + a[i] + carry;
            a[i] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        sum = fold(sum, a[r % LIMBS]);
    }
    return sum;
}

const struct kernel integer_kernels[] = {
    {"loops", "integer", 1500, run_loops},
    {"qsort", "integer", 100, run_qsort},
    {"crc32", "integer", 1200, run_crc32},
    {"strings", "integer", 800, run_strings},
    {"bytes", "integer", 400, run_bytes},
    {"sha256", "integer", 120, run_sha256},
    {"fib", "integer", 400, run_fib},
    {"tree", "integer", 40, run_tree},
    {"hash", "integer", 10000, run_hash},
    {"interp", "integer", 500, run_interp},
    {"calls", "integer", 3000, run_calls},
    {"virtual", "integer", 8000, run_virtual},
    {"divide", "integer", 1500, run_divide},
    {"bignum", "integer", 1500, run_bignum},
    {0},
};
