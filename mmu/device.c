/* The head that all devices share: see device.h. */
#include "mmu/device.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

void device_init(struct device *device, const struct device_ops *ops, struct log *log)
{
    device->ops = ops;
    device->log = log;
    pthread_mutex_init(&device->lock, NULL);
}

void device_fini(struct device *device)
{
    pthread_mutex_destroy(&device->lock);
}

void device_reset(struct device *device)
{
    if (!device->ops->reset)
        return;
    pthread_mutex_lock(&device->lock);
    device->ops->reset(device);
    pthread_mutex_unlock(&device->lock);
}

static void device_log(const struct device *device, enum log_category category, const char *format,
                       va_list args)
{
    char text[512];

    vsnprintf(text, sizeof(text), format, args);
    log_line(device->log, category, "%s: %s", device->ops->name, text);
}

void device_guest_error(const struct device *device, const char *format, ...)
{
    va_list args;

    if (!log_on(device->log, LOG_GUEST_ERRORS))
        return;
    va_start(args, format);
    device_log(device, LOG_GUEST_ERRORS, format, args);
    va_end(args);
}

void device_unimp(const struct device *device, const char *format, ...)
{
    va_list args;

    if (!log_on(device->log, LOG_UNIMP))
        return;
    va_start(args, format);
    device_log(device, LOG_UNIMP, format, args);
    va_end(args);
}
