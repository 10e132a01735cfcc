/*
 * Formatted text on the console, in the subset of printf that the programs need, and the verdict
 * lines by which a program is a test.
 */
#include "rom.h"
#include <stdarg.h>

/* Where formatted characters go: a buffer, or the console when there is none. */
struct sink {
    char *buffer;
    size_t size;
    size_t used;
};

static void put(struct sink *sink, char c)
{
    if (!sink->buffer)
        uart_putc(c);
    else if (sink->used + 1 < sink->size)
        sink->buffer[sink->used] = c;
    sink->used++;
}

/* One converted field, padded to `width` with `pad`, or with blanks on its right when `left`. */
static void put_field(struct sink *sink, const char *text, size_t length, unsigned width, char pad,
                      bool left)
{
    size_t missing = width > length ? width - length : 0;

    /* Zeros go between the sign and the digits. */
    if (pad == '0' && length > 0 && *text == '-') {
        put(sink, *text++);
        length--;
    }
    for (size_t i = 0; !left && i < missing; i++)
        put(sink, pad);
    for (size_t i = 0; i < length; i++)
        put(sink, text[i]);
    for (size_t i = 0; left && i < missing; i++)
        put(sink, ' ');
}

static void put_number(struct sink *sink, uint64_t value, unsigned base, bool negative,
                       unsigned width, char pad, bool left)
{
    char digits[24];
    char *p = digits + sizeof(digits);

    do
        *--p = "0123456789abcdef"[value % base];
    while (value /= base);
    if (negative)
        *--p = '-';
    put_field(sink, p, (size_t)(digits + sizeof(digits) - p), width, pad, left);
}

static void put_formatted(struct sink *sink, const char *format, va_list args)
{
    for (; *format; format++) {
        if (*format != '%') {
            put(sink, *format);
            continue;
        }
        bool left = false, is_long = false;
        char pad = ' ';
        unsigned width = 0;
        for (format++; *format == '-' || *format == '0'; format++) {
            left |= *format == '-';
            pad = *format == '0' ? '0' : pad;
        }
        for (; *format >= '0' && *format <= '9'; format++)
            width = width * 10 + (unsigned)(*format - '0');
        for (; *format == 'l'; format++)
            is_long = true;

        switch (*format) {
        case 'd': {
            int64_t value = is_long ? va_arg(args, int64_t) : va_arg(args, int);
            put_number(sink, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0, width,
                       pad, left);
            break;
        }
        case 'u':
        case 'x': {
            uint64_t value = is_long ? va_arg(args, uint64_t) : va_arg(args, unsigned);
            put_number(sink, value, *format == 'u' ? 10 : 16, false, width, pad, left);
            break;
        }
        case 'p':
            put_number(sink, (uint64_t)va_arg(args, void *), 16, false, 16, '0', false);
            break;
        case 's': {
            const char *text = va_arg(args, const char *);
            put_field(sink, text, strlen(text), width, ' ', left);
            break;
        }
        case 'c': {
            char c = (char)va_arg(args, int);
            put_field(sink, &c, 1, width, ' ', left);
            break;
        }
        case '\0':
            return;
        default:
            put(sink, *format);
        }
    }
}

void print(const char *format, ...)
{
    struct sink console = {0};
    va_list args;
    va_start(args, format);
    put_formatted(&console, format, args);
    va_end(args);
}

int format_text(char *buffer, size_t size, const char *format, ...)
{
    struct sink sink = {buffer, size, 0};
    va_list args;
    va_start(args, format);
    put_formatted(&sink, format, args);
    va_end(args);
    buffer[sink.used < size ? sink.used : size - 1] = '\0';
    return (int)sink.used;
}

/* A program is one test, so its counters may live here. */
static unsigned checks_done, checks_wrong;

void check(bool ok, const char *what)
{
    checks_done++;
    checks_wrong += !ok;
    print("  %s  %s\n", ok ? "ok   " : "WRONG", what);
}

bool rom_runs_on_qemu(void)
{
    return text_find(fdt_bootargs(), "qemu") != NULL;
}

void print_verdict(const char *name)
{
    if (checks_wrong)
        print("FAIL %s: %u of %u checks\n", name, checks_wrong, checks_done);
    else
        print("PASS %s: %u checks\n", name, checks_done);
}
