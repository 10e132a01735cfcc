/* The Arm PrimeCell real time clock (PL031). */
#ifndef ULNA_DEVICES_PL031_H
#define ULNA_DEVICES_PL031_H

#include <stdint.h>

#include "base/irq.h"
#include "mmu/device.h"

struct clock;
struct log;

/* `base` is what the RTC shows when `clock` (borrowed) is at 0: seconds since 1970-01-01 00:00 UTC.
 * `irq` is RTCINTR. NULL when out of memory. */
struct device *pl031_new(struct log *log, struct clock *clock, struct irq irq, int64_t base);

#endif
