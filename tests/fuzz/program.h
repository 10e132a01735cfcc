/* Random programs that both engines run as a whole: what the generator (program_insn.c, program.c)
 * makes, and the memory it is made for, which program_side.c sets up.
 *
 * A program is made of statements, each from a seed of its own: leaving one out changes no other,
 * so that a failing program can be made smaller. It always ends: loops count in registers that
 * nothing else writes, other branches go forward, calls nest to a known depth, and whatever faults
 * is skipped by the handler. */
#ifndef ULNA_TESTS_FUZZ_PROGRAM_H
#define ULNA_TESTS_FUZZ_PROGRAM_H

#include "base/bits.h"
#include "words.h"

/* --- Physical memory --- */
#define RAM_BASE          0x40000000ull
#define RAM_SIZE          MIB
#define VECTORS           RAM_BASE
#define SAVE              (RAM_BASE + 0x1000)  /* of the interrupt handler: not compared */
#define TABLES            (RAM_BASE + 0x2000)  /* two sets, for ASIDs 1 and 2 */
#define TABLES_2          (RAM_BASE + 0x8000)  /* the other one */
#define CODE              (RAM_BASE + 0x10000) /* the program */
#define CODE_WORDS        0x2000u              /* as far as TBZ reaches */
#define COPIES            (RAM_BASE + 0x30000) /* functions are copied here */
#define LEAVES            (RAM_BASE + 0x38000) /* two pages of functions, for SWAP_CODE */
#define DATA              (RAM_BASE + 0x40000)
#define DATA_SIZE         0x20000u
#define RAM_PAGE(address) (((address)-RAM_BASE) >> PAGE_SHIFT)

/* --- Virtual memory. RAM up to DATA is seen where it is by EL1; the code also with VIEW added, by
 * EL0. Whoever fetches from the wrong view is sent to the other one by the handler. --- */
#define VIEW      0x800000ull
#define SWAP_CODE (RAM_BASE + 0x3f000) /* now one page of LEAVES, now the other */
#define SAVE_VA   0x7a5a5000ull        /* where no random address goes */
#define WINDOW    0x41000000ull        /* data, by pages of a struct window_page */

struct window_page {
    uint8_t first, count;
    uint8_t data_page; /* of DATA */
    uint16_t bits;     /* of the descriptor, beside type, AF and SH */
};

/* What lies in WINDOW, and again below it; the rest is not mapped. Write-back goes far in long
 * loops; then there is still memory. */
enum {
    WINDOW_RAM = 1, /* 16 pages, EL0 and EL1 read and write */
    WINDOW_READ_ONLY = 17,
    WINDOW_MORE = 19,
    WINDOW_DEVICE = 20, /* RAM with the attributes of a device */
    WINDOW_HOLE = 21,   /* mapped to where no memory is */
    WINDOW_EL1 = 22,
    WINDOW_ALIAS = 23, /* page 1 again */
    WINDOW_SWAP = 24,  /* two pages that remapping swaps, not global */
    WINDOW_STACK = 32, /* 4 pages for recursion */
    WINDOW_AGAIN = 40, /* to the end of the 2 MiB: the first 16 pages again and again */
};
#define UXN       (1ull << 54) /* or EL0 runs what it may not read */
#define STACK_TOP (WINDOW + 36 * PAGE_SIZE)

#define VECTOR_HANDLER 0x800u /* the synchronous handler, which begins with HLT: a sample */
#define IRQ_HANDLER    0xc00u

/* --- Registers have roles, which a permutation gives to X0 to X29. Random instructions write the
 * first ones, and bases by write-back. --- */
enum role {
    ROLE_ANY = 0,
    ROLES_ANY = 18,
    ROLE_INDEX = 18, /* a small number */
    ROLE_LINK = 19,  /* return address of functions that call */
    ROLE_BASE = 20,
    ROLES_BASE = 4,
    ROLE_COUNT = 24, /* loop counters by depth; the last one belongs to functions */
    ROLES_COUNT = 4,
    ROLE_T0 = 28,
    ROLE_T1 = 29,
    ROLE_END = 30,
};

enum theme { THEME_MIXED, THEME_INTEGER, THEME_FLAGS, THEME_MEMORY, THEME_FP, THEME_SIMD, THEMES };

#define FUNCTIONS  6
#define BREAKS_MAX 16

struct loop {
    struct loop *outer;
    unsigned rounds;
    unsigned exits[BREAKS_MAX], exit_count;    /* branches to behind the loop */
    unsigned latches[BREAKS_MAX], latch_count; /* branches to the next round */
};

/* Statements to leave out, and those that were made. */
struct statements {
    uint64_t *id;
    size_t count, room;
};

struct program {
    struct rng rng;
    uint32_t word[CODE_WORDS];
    unsigned words;
    unsigned end; /* the HLT that stops */
    uint32_t leaf[2][2 * 64];
    uint8_t reg[ROLE_END];
    bool async;   /* interrupts come at any time */
    bool tbi;     /* pointers may have tags */
    bool inexact; /* interrupts may add rounds to a loop of exclusives */
    enum theme theme;
    /* where the generator is */
    const struct decoder *decoder; /* knows what is UNDEFINED */
    const struct statements *dropped;
    struct statements *made;
    unsigned depth;   /* of loops */
    unsigned weight;  /* how often this place is executed, about */
    bool in_function; /* X30 is wanted */
    struct loop *loop;
    unsigned function[FUNCTIONS], functions, recursion;
    unsigned site[64], sites; /* NOPs that may be replaced */
    const char *table;        /* of the row at hand */
    const struct insn_row *row;
};

/* The program of a seed, without the statements in `dropped`; `made` gets those that are there. */
void program_generate(struct program *p, const struct decoder *decoder, uint64_t seed,
                      const struct statements *dropped, struct statements *made);

/* --- program_insn.c: instructions --- */
void put(struct program *p, uint32_t word);
/* A register of a role; ROLE_ANY: one of them all. */
unsigned reg(struct program *p, enum role role);
unsigned reg_any(struct program *p);
void put_number(struct program *p, unsigned d, uint64_t value); /* MOVZ and as many MOVK */
void put_adr(struct program *p, unsigned d, unsigned target);   /* index of a word */
void put_b(struct program *p, unsigned target);
void put_bl(struct program *p, unsigned target);
/* The branch at word `at` goes to `target`. */
void program_aim(struct program *p, unsigned at, unsigned target);
/* A conditional branch, maybe with what sets the flags; returns where it is, to be aimed. */
unsigned put_condition(struct program *p);
/* Of the program's theme. */
uint32_t random_insn(struct program *p);
/* Only touches general registers and flags. */
uint32_t random_integer(struct program *p);
/* Sets a base register to an address worth an access. */
void put_base(struct program *p);
/* Sets a register to an address of plain RAM, aligned to 16. */
void put_ram(struct program *p, unsigned d);

#endif
