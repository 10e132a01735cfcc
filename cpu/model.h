/* CPU models: which features a guest sees, and the ID registers that say so. A feature is complete
 * and visible, or invisible; the ID registers are computed from the features, so that they cannot
 * disagree. */
#ifndef ULNA_CPU_MODEL_H
#define ULNA_CPU_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/decode.h"

enum id_register {
    ID_AA64PFR0,
    ID_AA64PFR1,
    ID_AA64DFR0,
    ID_AA64ISAR0,
    ID_AA64ISAR1,
    ID_AA64ISAR2,
    ID_AA64MMFR0,
    ID_AA64MMFR1,
    ID_AA64MMFR2,
    ID_MIDR,
    ID_CTR,
    ID_DCZID,
    ID_COUNT,
};

struct cpu_model {
    const char *name;
    const char *description;
    bool has[FEAT_COUNT];
    uint64_t id[ID_COUNT]; /* what does not follow from a feature */
};

/* NULL: no such model. */
const struct cpu_model *model_find(const char *name);
/* A copy, changed as the properties say; free() it. NULL: no such model, or no memory. */
struct cpu_model *model_new(const char *name, const struct cpu_properties *properties);

/* The ID registers of the model as the guest reads them (DDI 0487, D17.2). */
void model_id_registers(const struct cpu_model *model, uint64_t id[ID_COUNT]);

static inline bool model_has(const struct cpu_model *model, enum feature feature)
{
    return feature == FEAT_NONE || model->has[feature];
}

#endif
