/* What device tests put around a device: register access as the bus does it, an interrupt line that
 * records, a scripted character back end, a generator of garbage. */
#ifndef ULNA_TESTS_UNIT_FAKES_H
#define ULNA_TESTS_UNIT_FAKES_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/irq.h"
#include "base/log.h"
#include "devices/chardev.h"
#include "mmu/device.h"

/* --- Register access: ops called with the lock held, as the bus promises --- */
static inline uint64_t fake_bus_read(struct device *device, const struct device_ops *ops,
                                     uint64_t offset, unsigned width)
{
    pthread_mutex_lock(&device->lock);
    uint64_t value = ops->read(device, offset, width);
    pthread_mutex_unlock(&device->lock);
    return value;
}

static inline void fake_bus_write(struct device *device, const struct device_ops *ops,
                                  uint64_t offset, unsigned width, uint64_t value)
{
    pthread_mutex_lock(&device->lock);
    ops->write(device, offset, width, value);
    pthread_mutex_unlock(&device->lock);
}

static inline uint32_t reg(struct device *device, uint64_t offset)
{
    return (uint32_t)fake_bus_read(device, device->ops, offset, 4);
}

static inline void set_reg(struct device *device, uint64_t offset, uint32_t value)
{
    fake_bus_write(device, device->ops, offset, 4, value);
}

/* --- A recording interrupt line --- */
struct fake_irq {
    bool level;
    unsigned rises, falls;
};

static inline void fake_irq_set(void *controller, unsigned line, bool level)
{
    struct fake_irq *irq = (struct fake_irq *)controller + line;
    if (level && !irq->level)
        irq->rises++;
    if (!level && irq->level)
        irq->falls++;
    irq->level = level;
}

static inline struct irq fake_irq_line(struct fake_irq *irqs, unsigned line)
{
    return (struct irq){.set = fake_irq_set, .controller = irqs, .line = line};
}

/* --- A character back end that takes `room` bytes and keeps them --- */
struct fake_chardev {
    struct chardev chardev;
    const struct chardev_client *client;
    char sent[65536];
    size_t sent_size;
    size_t room; /* how many more bytes write() takes */
    unsigned resumes;
};

static inline size_t fake_chardev_write(struct chardev *chardev, const uint8_t *data, size_t size)
{
    struct fake_chardev *fake = (struct fake_chardev *)chardev;
    if (size > fake->room)
        size = fake->room;
    if (size > sizeof(fake->sent) - 1 - fake->sent_size)
        fake->sent_size = 0;
    memcpy(fake->sent + fake->sent_size, data, size);
    fake->sent_size += size;
    fake->sent[fake->sent_size] = 0;
    if (fake->room != SIZE_MAX)
        fake->room -= size;
    return size;
}

static inline void fake_chardev_resume(struct chardev *chardev)
{
    ((struct fake_chardev *)chardev)->resumes++;
}

static inline void fake_chardev_connect(struct chardev *chardev,
                                        const struct chardev_client *client)
{
    ((struct fake_chardev *)chardev)->client = client;
}

static inline struct fake_chardev *fake_chardev_new(void)
{
    struct fake_chardev *fake = calloc(1, sizeof(*fake));
    ck_assert_ptr_nonnull(fake);
    fake->chardev.write = fake_chardev_write;
    fake->chardev.resume = fake_chardev_resume;
    fake->chardev.connect = fake_chardev_connect;
    fake->room = SIZE_MAX;
    return fake;
}

/* Delivers as much of `text` as the device admits; returns how many bytes that was. */
static inline size_t fake_chardev_type(struct fake_chardev *fake, const char *text)
{
    size_t done = 0, left = strlen(text);
    while (left) {
        size_t room = fake->client->can_receive(fake->client->opaque);
        if (!room)
            break;
        size_t part = room < left ? room : left;
        fake->client->receive(fake->client->opaque, (const uint8_t *)text + done, part);
        done += part;
        left -= part;
    }
    return done;
}

/* --- A log that is kept in memory --- */
struct fake_log {
    char *text; /* what was logged, after fake_log_flush */
    size_t size;
    FILE *file;
    struct log *log;
};

static inline void fake_log_open(struct fake_log *fake)
{
    fake->file = open_memstream(&fake->text, &fake->size);
    ck_assert_ptr_nonnull(fake->file);
    fake->log = log_new(fake->file, false, LOG_GUEST_ERRORS | LOG_UNIMP);
    ck_assert_ptr_nonnull(fake->log);
}

static inline const char *fake_log_flush(struct fake_log *fake)
{
    fflush(fake->file);
    return fake->text;
}

static inline void fake_log_close(struct fake_log *fake)
{
    log_free(fake->log);
    fclose(fake->file);
    free(fake->text);
}

/* --- Garbage --- */
static inline uint64_t garbage(uint64_t *state) /* xorshift64 */
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Reads and writes of every width at every offset, with values that tend to the extremes. */
static inline void write_garbage(struct device *device, const struct device_ops *ops,
                                 unsigned accesses)
{
    uint64_t state = 0x9e3779b97f4a7c15;
    for (unsigned i = 0; i < accesses; i++) {
        uint64_t random = garbage(&state);
        unsigned width = ops->width_min;
        while (width < ops->width_max && random & 1) {
            width *= 2;
            random >>= 1;
        }
        uint64_t offset = garbage(&state) % ops->size & ~(uint64_t)(width - 1);
        uint64_t value = garbage(&state);
        if (i % 8 == 0)
            value = ~0ull;
        if (i % 3)
            fake_bus_write(device, ops, offset, width,
                           width < 8 ? value & ((1ull << 8 * width) - 1) : value);
        else
            fake_bus_read(device, ops, offset, width);
    }
}

/* Runs and frees the suite; the return value of main. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

#endif
