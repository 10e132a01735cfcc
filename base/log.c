/* The log: see log.h. Each line is written under the stream's own lock, so that lines of several
 * threads never mix. */
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/err.h"

/* How many different things log_once() remembers. A guest can make up new ones for ever; beyond
 * this they go unnamed rather than fill the host's memory. */
#define ONCE_MAX   8192
#define ONCE_SLOTS (2 * ONCE_MAX)

struct once {
    uint64_t key;
    uint32_t category; /* 0: free slot */
};

struct log {
    FILE *file;
    bool owned;
    int error; /* errno of the first write that failed; under the stream's lock */
    _Atomic uint32_t mask;
    log_symbol_fn *lookup;
    void *lookup_opaque;
    log_pc_fn *where;
    void *where_opaque;
    pthread_mutex_t once_lock;
    struct once *once; /* ONCE_SLOTS of them, open addressing; allocated on first use */
    size_t once_count;
};

static const struct {
    const char *name;
    uint32_t category;
} categories[] = {
    {"in_asm", LOG_IN_ASM},   {"uop", LOG_UOP},
    {"region", LOG_REGION},   {"uop_opt", LOG_UOP_OPT},
    {"out_asm", LOG_OUT_ASM}, {"exec", LOG_EXEC},
    {"int", LOG_INT},         {"mmu", LOG_MMU},
    {"unimp", LOG_UNIMP},     {"guest_errors", LOG_GUEST_ERRORS},
    {"stats", LOG_STATS},
};

struct log *log_new(FILE *file, bool owned, uint32_t mask)
{
    struct log *log = calloc(1, sizeof(*log));

    if (!log)
        return NULL;
    log->file = file;
    log->owned = owned;
    log->mask = mask;
    pthread_mutex_init(&log->once_lock, NULL);
    return log;
}

int log_free(struct log *log)
{
    int error;

    if (!log)
        return 0;
    if ((log->owned ? fclose(log->file) : fflush(log->file)) != 0 && !log->error)
        log->error = errno;
    error = log->error;
    pthread_mutex_destroy(&log->once_lock);
    free(log->once);
    free(log);
    return error;
}

void log_set_symbols(struct log *log, log_symbol_fn *lookup, void *opaque)
{
    log->lookup = lookup;
    log->lookup_opaque = opaque;
}

void log_set_pc(struct log *log, log_pc_fn *where, void *opaque)
{
    log->where = where;
    log->where_opaque = opaque;
}

const char *log_symbol(const struct log *log, uint64_t address, uint64_t *offset)
{
    if (!log || !log->lookup)
        return NULL;
    return log->lookup(log->lookup_opaque, address, offset);
}

void log_set_mask(struct log *log, uint32_t mask)
{
    atomic_store_explicit(&log->mask, mask, memory_order_relaxed);
}

bool log_on(const struct log *log, uint32_t category)
{
    return log && (atomic_load_explicit(&log->mask, memory_order_relaxed) & category);
}

static const char *category_name(enum log_category category)
{
    for (size_t i = 0; i < ARRAY_SIZE(categories); i++)
        if (categories[i].category == category)
            return categories[i].name;
    return "log";
}

/* The rare categories are for a person who watches the file grow; the traces stay buffered. */
static void finish_line(struct log *log, enum log_category category)
{
    putc_unlocked('\n', log->file);
    if (category & (LOG_UNIMP | LOG_GUEST_ERRORS | LOG_STATS))
        fflush_unlocked(log->file);
    if (!log->error && ferror_unlocked(log->file))
        log->error = errno;
}

static void print_pc(struct log *log, uint64_t pc)
{
    uint64_t offset = 0;
    const char *symbol = log_symbol(log, pc, &offset);

    fprintf(log->file, "0x%016" PRIx64, pc);
    if (symbol && offset)
        fprintf(log->file, " %s+0x%" PRIx64, symbol, offset);
    else if (symbol)
        fprintf(log->file, " %s", symbol);
    fputs(": ", log->file);
}

void log_line(struct log *log, enum log_category category, const char *format, ...)
{
    uint64_t pc;
    va_list args;

    if (!log_on(log, category))
        return;
    va_start(args, format);
    flockfile(log->file);
    fprintf(log->file, "%s: ", category_name(category));
    if (log->where && log->where(log->where_opaque, &pc))
        print_pc(log, pc);
    vfprintf(log->file, format, args);
    finish_line(log, category);
    funlockfile(log->file);
    va_end(args);
}

void log_at(struct log *log, enum log_category category, uint64_t pc, const char *format, ...)
{
    va_list args;

    if (!log_on(log, category))
        return;
    va_start(args, format);
    flockfile(log->file);
    fprintf(log->file, "%s: ", category_name(category));
    print_pc(log, pc);
    vfprintf(log->file, format, args);
    finish_line(log, category);
    funlockfile(log->file);
    va_end(args);
}

/* The slot that holds the pair, or the free one where it belongs; the table is never more than half
 * full. */
static struct once *once_find(struct once *table, uint32_t category, uint64_t key)
{
    uint64_t hash = (key ^ category) * 0x9e3779b97f4a7c15ull;
    size_t i = (hash >> 32) % ONCE_SLOTS;

    while (table[i].category && (table[i].category != category || table[i].key != key))
        i = (i + 1) % ONCE_SLOTS;
    return &table[i];
}

bool log_once(struct log *log, enum log_category category, uint64_t key)
{
    bool first = false;

    if (!log_on(log, category))
        return false;
    pthread_mutex_lock(&log->once_lock);
    if (!log->once)
        log->once = calloc(ONCE_SLOTS, sizeof(*log->once));
    if (log->once) {
        struct once *slot = once_find(log->once, category, key);
        if (!slot->category && log->once_count < ONCE_MAX) {
            *slot = (struct once){.key = key, .category = category};
            log->once_count++;
            first = true;
        }
    }
    pthread_mutex_unlock(&log->once_lock);
    return first;
}

static bool bad_word(const char *word, size_t length, struct err *err)
{
    char names[256] = "";

    for (size_t i = 0; i < ARRAY_SIZE(categories); i++) {
        strcat(names, categories[i].name);
        strcat(names, ", ");
    }
    return err_usage(err,
                     "log category \"%.*s\" is not known; allowed: %sall (separated by commas)",
                     (int)(length > 100 ? 100 : length), word, names);
}

bool log_parse(const char *text, uint32_t *mask, struct err *err)
{
    uint32_t result = 0;

    for (const char *word = text;; word++) {
        size_t length = strcspn(word, ",");
        uint32_t category = 0;

        if (length == 3 && !memcmp(word, "all", 3))
            category = ~0u;
        for (size_t i = 0; i < ARRAY_SIZE(categories); i++)
            if (strlen(categories[i].name) == length && !memcmp(categories[i].name, word, length))
                category = categories[i].category;
        if (!category)
            return bad_word(word, length, err);
        result |= category;
        word += length;
        if (!*word)
            break;
    }
    *mask = result;
    return true;
}
