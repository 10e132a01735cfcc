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
    ID_AA64ZFR0,
    ID_AA64DFR0,
    ID_AA64ISAR0,
    ID_AA64ISAR1,
    ID_AA64ISAR2,
    ID_AA64MMFR0,
    ID_AA64MMFR1,
    ID_AA64MMFR2,
    ID_MIDR,
    ID_REVIDR,
    ID_CTR,
    ID_DCZID,
    ID_CLIDR,
    ID_CCSIDR_L1D, /* CCSIDR_EL1 as CSSELR_EL1 selects: level 1 of data, */
    ID_CCSIDR_L1I, /* of instructions, */
    ID_CCSIDR_L2,  /* and level 2, which is of both */
    ID_COUNT,
};

struct cpu_model {
    const char *name;
    const char *description;
    bool has[FEAT_COUNT];
    uint64_t id[ID_COUNT]; /* what does not follow from a feature */
    uint16_t sve_vls;      /* bit i: vectors of 128 * (i + 1) bits; 0: no SVE */
    bool sve_asked;        /* SVE is there only for who asks for it */
};

/* The models there are (cpu/models.c), the default first. */
extern const struct cpu_model cpu_models[];
extern const unsigned cpu_model_count;

/* NULL: no such model. */
const struct cpu_model *model_find(const char *name);
/* A copy, changed as the properties say; free() it. NULL: no such model, or no memory. */
struct cpu_model *model_new(const char *name, const struct cpu_properties *properties);

/* The ID registers of the model as the guest reads them (DDI 0487, D17.2). */
void model_id_registers(const struct cpu_model *model, uint64_t id[ID_COUNT]);

/* How many bits physical addresses have: ID_AA64MMFR0_EL1.PARange. */
unsigned model_physical_bits(const struct cpu_model *model);

/* Where a feature shows itself: the field has this value or a larger one. */
struct id_field {
    enum feature feature;
    enum feature by; /* and not without this one: the algorithm of pointer authentication */
    enum id_register reg;
    uint8_t shift, value;
    const char *name; /* "ID_AA64ISAR0_EL1.AES" */
};

/* Row i of all such; NULL past the end. */
const struct id_field *model_id_field(unsigned i);

/* Its name in DDI 0487, A2, without FEAT_. */
const char *feature_name(enum feature feature);

static inline bool model_has(const struct cpu_model *model, enum feature feature)
{
    return feature == FEAT_NONE || model->has[feature];
}

#endif
