/* Guest memory as the engines load and store it: one access of the host for one of the guest, which
 * is what makes them single-copy atomic (DDI 0487, B2.2.1). memcpy() of a size that the compiler
 * does not know is none: it may write bytes twice, and between that another vCPU's store is lost.
 *
 * vCPUs race for guest memory as often as the guest likes. ThreadSanitizer is not shown that. */
#ifndef ULNA_MMU_RAM_H
#define ULNA_MMU_RAM_H

#include <stdint.h>
#include <string.h>

#define GUEST_RACES __attribute__((no_sanitize("thread")))

/* The host is little-endian, as the guest. */
#define RAM_ACCESS(bits)                                                                           \
    GUEST_RACES static inline uint64_t ram_read##bits(const void *host)                            \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
                                                                                                   \
        memcpy(&value, host, sizeof(value));                                                       \
        return value;                                                                              \
    }                                                                                              \
    GUEST_RACES static inline void ram_write##bits(void *host, uint##bits##_t value)               \
    {                                                                                              \
        memcpy(host, &value, sizeof(value));                                                       \
    }
RAM_ACCESS(8)
RAM_ACCESS(16)
RAM_ACCESS(32)
RAM_ACCESS(64)

/* size: 1, 2, 4 or 8 */
static inline uint64_t ram_read(const void *host, unsigned size)
{
    switch (size) {
    case 1:
        return ram_read8(host);
    case 2:
        return ram_read16(host);
    case 4:
        return ram_read32(host);
    default:
        return ram_read64(host);
    }
}

static inline void ram_write(void *host, unsigned size, uint64_t value)
{
    switch (size) {
    case 1:
        ram_write8(host, (uint8_t)value);
        break;
    case 2:
        ram_write16(host, (uint16_t)value);
        break;
    case 4:
        ram_write32(host, (uint32_t)value);
        break;
    default:
        ram_write64(host, value);
    }
}

#endif
