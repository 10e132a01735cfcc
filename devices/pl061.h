/* The Arm PrimeCell GPIO (PL061), with the board's power key on one of its pins. */
#ifndef ULNA_DEVICES_PL061_H
#define ULNA_DEVICES_PL061_H

#include <stdbool.h>

#include "base/irq.h"
#include "mmu/device.h"

struct clock;
struct log;

enum {
    PL061_PINS = 8,
    PL061_POWER_PIN = 3, /* high while the power key is down */
};

/* `irq` is GPIOINTR; `clock` (borrowed) times the release of the power key. Inputs that nobody
 * drives are low. NULL when out of memory. describe() also writes /gpio-keys with the power key. */
struct device *pl061_new(struct log *log, struct clock *clock, struct irq irq);

/* Drives an input pin (0 to 7); from any thread. */
void pl061_set_input(struct device *gpio, unsigned pin, bool level);
/* Presses the power key and releases it 100 ms later; from any thread. */
void pl061_press_power_key(struct device *gpio);

#endif
