/* What the compilers' checks compile and run: integers of all widths, both kinds of division,
 * shifts, floating point without contraction, structures by value, variadic calls, function
 * pointers, setjmp, qsort. The output is the same on every 64-bit little-endian machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    double a;
    int b;
};

struct big {
    uint64_t word[5];
};

static uint64_t state = 88172645463325252ull;

static uint64_t random64(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static struct pair scale(struct pair p, int by)
{
    p.a *= by;
    p.b += by;
    return p;
}

static struct big mix(struct big x, struct big y)
{
    for (int i = 0; i < 5; i++)
        x.word[i] = x.word[i] * 6364136223846793005ull + (y.word[4 - i] >> (i + 1));
    return x;
}

static double sum(int count, ...)
{
    double total = 0;
    va_list list;

    va_start(list, count);
    for (int i = 0; i < count; i++)
        total += i % 2 ? va_arg(list, double) : va_arg(list, int);
    va_end(list);
    return total;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static jmp_buf back;

static void leap(int depth)
{
    if (!depth)
        longjmp(back, 7);
    leap(depth - 1);
}

static void integers(void)
{
    uint64_t total = 0;

    for (int i = 0; i < 200000; i++) {
        uint64_t a = random64(), b = random64() >> (i % 64) | 1;
        int64_t sa = (int64_t)a, sb = (int64_t)b;
        unsigned s = (unsigned)(b % 63) + 1;

        total +=
            a / b ^ a % b ^ (uint64_t)(sa / (sb == -1 ? 2 : sb)) ^ a << s ^ (uint64_t)(sa >> s);
        total ^= (uint64_t)((int32_t)a * (int16_t)b) + (uint32_t)a / (uint32_t)b;
        total = total << 7 | total >> 57;
        if ((int8_t)a < (int8_t)(a >> 8))
            total += (uint8_t)(b >> 3);
    }
    printf("integers %016llx\n", (unsigned long long)total);
}

static void floats(void)
{
    double d = 0;
    float f = 0;
    uint64_t bits = 0, word;

    for (int i = 1; i < 100000; i++) {
        double x = (double)(int64_t)random64() / (1ll << (i % 60)), y = x * 1.1 + i;

        word = 0;
        d = d / 3 + x - y * 0.5;
        f = f * 0.75f + (float)x / (float)i - (float)(int)random64();
        memcpy(&word, &d, sizeof(word));
        bits = bits * 31 + word;
        word = 0;
        memcpy(&word, &f, sizeof(f));
        bits = bits * 31 + word + (x < y) + 2 * (x > d) + (uint64_t)(int64_t)(y / 1e9);
    }
    printf("floats %016llx %.17g %.9g\n", (unsigned long long)bits, d, f);
}

int main(void)
{
    struct pair p = {1.5, 2};
    struct big x = {{1, 2, 3, 4, 5}}, y = {{9, 8, 7, 6, 5}};
    static uint32_t numbers[50000];
    int (*order)(const void *, const void *) = compare;
    uint32_t check = 0;
    char text[64];

    integers();
    floats();
    for (int i = 0; i < 1000; i++) {
        p = scale(p, i % 3 - 1 ? i % 3 - 1 : 1);
        x = mix(x, y);
        y = mix(y, x);
    }
    printf("values %g %d %llx %llx\n", p.a, p.b, (unsigned long long)x.word[2],
           (unsigned long long)y.word[4]);
    printf("variadic %g\n", sum(9, 1, 2.5, 3, 4.25, 5, 6.125, 7, 8.0625, 9));
    for (int i = 0; i < 50000; i++)
        numbers[i] = (uint32_t)random64();
    qsort(numbers, 50000, sizeof(*numbers), order);
    for (int i = 1; i < 50000; i++)
        check = check * 33 + (numbers[i] - numbers[i - 1]);
    printf("sorted %08x\n", check);
    switch (setjmp(back)) {
    case 0:
        leap(40);
        break;
    case 7:
        printf("back\n");
    }
    snprintf(text, sizeof(text), "%-8s|%08.3f|%+d|%#x|%c", "left", 3.14159, 42, 255, 'u');
    printf("%s %zu\n", text, strlen(text));
    return 0;
}
