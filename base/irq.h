/* An interrupt line as a value: given to a device when it is created, so that the device knows
 * neither the controller nor its own number. */
#ifndef ULNA_BASE_IRQ_H
#define ULNA_BASE_IRQ_H

#include <stdbool.h>
#include <stddef.h>

struct irq {
    void (*set)(void *controller, unsigned line, bool level); /* NULL: not connected */
    void *controller;
    unsigned line;
};

/* Drives the line; safe from any thread, idempotent. The controller is a leaf lock: a device may
 * hold its own. */
static inline void irq_set(const struct irq *irq, bool level)
{
    if (irq->set)
        irq->set(irq->controller, irq->line, level);
}

#endif
