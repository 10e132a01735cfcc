/*
 * What the processor and the board say about themselves.
 */
#include "show.h"

static struct {
    struct framebuffer fb;
    uint64_t ram_base, ram_size;
    char board[40], arguments[64], features[2][63];
    int64_t psci;
} m;

/* Fields of the ID registers that name an instruction set extension when they are not zero. */
#define FEATURE(reg, low, name)                                                                    \
    {                                                                                              \
        reg, low, name                                                                             \
    }
enum { ISAR0, ISAR1, PFR0, MMFR1 };
static const struct {
    uint8_t reg, low;
    const char *name;
} features[] = {
    FEATURE(ISAR0, 4, "AES"),         FEATURE(ISAR0, 8, "SHA1"),     FEATURE(ISAR0, 12, "SHA256"),
    FEATURE(ISAR0, 16, "CRC32"),      FEATURE(ISAR0, 20, "LSE"),     FEATURE(ISAR0, 28, "RDM"),
    FEATURE(ISAR0, 32, "SHA3"),       FEATURE(ISAR0, 44, "DotProd"), FEATURE(ISAR0, 52, "FlagM"),
    FEATURE(ISAR0, 56, "TLBI-range"), FEATURE(ISAR0, 60, "RNG"),     FEATURE(ISAR1, 0, "DPB"),
    FEATURE(ISAR1, 12, "JSCVT"),      FEATURE(ISAR1, 16, "FCMA"),    FEATURE(ISAR1, 20, "LRCPC"),
    FEATURE(ISAR1, 32, "FRINTTS"),    FEATURE(ISAR1, 36, "SB"),      FEATURE(ISAR1, 44, "BF16"),
    FEATURE(ISAR1, 52, "I8MM"),       FEATURE(PFR0, 32, "SVE"),      FEATURE(MMFR1, 0, "HAFDBS"),
    FEATURE(MMFR1, 20, "PAN"),        FEATURE(MMFR1, 8, "VHE"),
};

static void read_features(void)
{
    uint64_t regs[] = {READ_REG(id_aa64isar0_el1), READ_REG(id_aa64isar1_el1),
                       READ_REG(id_aa64pfr0_el1), READ_REG(id_aa64mmfr1_el1)};
    size_t used = 0;
    unsigned row = 0;

    format_text(m.features[0], sizeof(m.features[0]), "A64%s", "");
    used = 3;
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        if ((regs[features[i].reg] >> features[i].low & 0xf) == 0)
            continue;
        size_t length = strlen(features[i].name) + 1;
        if (used + length >= sizeof(m.features[0])) {
            if (++row == 2)
                return;
            used = 0;
        }
        used += (size_t)format_text(m.features[row] + used, sizeof(m.features[0]) - used, "%s%s",
                                    used ? " " : "", features[i].name);
    }
}

void machine_read(const struct framebuffer *fb)
{
    uint32_t length;
    const char *board = fdt_property(fdt_find_name(""), "compatible", &length);

    m.fb = *fb;
    fdt_property_reg(fdt_find_name("memory"), &m.ram_base, &m.ram_size);
    format_text(m.board, sizeof(m.board), "%s", board ? board : "(no device tree)");
    format_text(m.arguments, sizeof(m.arguments), "\"%s\"", fdt_bootargs());
    m.psci = psci_call(PSCI_VERSION, 0, 0, 0);
    read_features();
}

void machine_line(unsigned index, const struct machine_figures *figures, const char **label,
                  char *text, size_t size)
{
    static const char *const labels[MACHINE_LINES] = {
        "Processor",    "Instructions", "",       "Running in", "Counter", "Memory",
        "Board",        "Arguments",    "Screen", "Interrupts", "Console", "Firmware",
        "This program", "Speed",        "Asleep"};
    uint64_t midr = READ_REG(midr_el1), hz = READ_REG(cntfrq_el0), now = READ_REG(cntvct_el0);

    *label = labels[index];
    switch (index) {
    case 0:
        format_text(text, size, "MIDR_EL1 %08lx: implementer 0x%02lx, part 0x%03lx, r%lup%lu", midr,
                    midr >> 24 & 0xff, midr >> 4 & 0xfff, midr >> 20 & 0xf, midr & 0xf);
        break;
    case 1:
    case 2:
        format_text(text, size, "%s", m.features[index - 1]);
        break;
    case 3:
        format_text(text, size, "EL%u; the MMU is %s", (unsigned)READ_REG(CurrentEL) >> 2 & 3,
                    READ_REG(sctlr_el1) & 1 ? "on" : "off: addresses are what they say");
        break;
    case 4:
        format_text(text, size, "CNTVCT_EL0 %016lx, %lu.%03lu MHz", now, hz / 1000000,
                    hz / 1000 % 1000);
        break;
    case 5:
        format_text(text, size, "%lu MiB at 0x%lx", m.ram_size >> 20, m.ram_base);
        break;
    case 6:
        format_text(text, size, "%s", m.board);
        break;
    case 7:
        format_text(text, size, "%s", m.arguments);
        break;
    case 8:
        if (m.fb.base)
            format_text(text, size, "%dx%d at 0x%lx; this is %s", m.fb.width, m.fb.height,
                        m.fb.base, figures->shown_on);
        else
            format_text(text, size, "none; this is %s", figures->shown_on);
        break;
    case 9:
        format_text(text, size, "GICv2; the timer is 27, the UART 33, and both only end a WFI");
        break;
    case 10:
        format_text(text, size, "PL011 at 0x%lx", UART_BASE);
        break;
    case 11:
        format_text(text, size, "PSCI %ld.%ld by HVC", m.psci >> 16, m.psci & 0xffff);
        break;
    case 12:
        format_text(text, size, "from 0x40200000 to %lx, nothing under it", (uint64_t)image_end);
        break;
    case 13:
        format_text(text, size, "%u million instructions a second, in a loop of six",
                    figures->million_per_second);
        break;
    default:
        format_text(text, size, "%u %% of the time, in WFI", figures->asleep_percent);
    }
}
