/* Pointer authentication: see pauth.h. */
#include "cpu/pauth.h"

#include "cpu/cpu.h"
#include "cpu/model.h"
#include "cpu/qarma.h"

/* --- Where the code goes --- */

/* CalculateBottomPACBit() and EffectiveTBI(), in the form of the bits that they leave. */
static struct pauth_field make_field(const struct mmu *mmu, bool data, bool high)
{
    bool tbi = mmu_ignores_top_byte(mmu, high ? 1ull << 55 : 0, !data);
    unsigned bottom = mmu_address_bits(mmu, high);
    uint64_t code = bits_ones(55 - bottom) << bottom | (tbi ? 0 : 0xffull << 56);

    return (struct pauth_field){.code = code, .extension = code | 1ull << 55};
}

void pauth_update(struct cpu *cpu)
{
    struct pauth *pauth = &cpu->pauth;

    if (pauth->tcr == cpu->mmu.regs.tcr && pauth->field[0][0].code)
        return;
    pauth->tcr = cpu->mmu.regs.tcr;
    for (unsigned i = 0; i < 4; i++)
        pauth->field[i / 2][i % 2] = make_field(&cpu->mmu, i / 2, i % 2);
}

static bool is_data(enum pauth_key key)
{
    return key == PAUTH_DA || key == PAUTH_DB;
}

static const struct pauth_field *field_of(const struct cpu *cpu, bool data, bool high)
{
    return &cpu->pauth.field[data][high];
}

static uint64_t extended(uint64_t pointer, const struct pauth_field *field, bool ones)
{
    return ones ? pointer | field->extension : pointer & ~field->extension;
}

/* --- The code --- */

static uint64_t compute(const struct cpu *cpu, uint64_t value, uint64_t modifier,
                        enum pauth_key key)
{
    uint64_t low = cpu->sys.ap_key[key].low, high = cpu->sys.ap_key[key].high;

    if (model_has(cpu->model, FEAT_PACQARMA5))
        return qarma_encrypt(QARMA5, value, modifier, high, low);
    if (model_has(cpu->model, FEAT_PACQARMA3))
        return qarma_encrypt(QARMA3, value, modifier, high, low);
    return pauth_hash(value, modifier, high, low);
}

/* Which half a pointer is of whose bits 63 to 55 may differ: bit 55 says so if a tag is allowed in
 * either half. */
static bool selects_high(const struct cpu *cpu, uint64_t pointer, bool data)
{
    bool tags = !bit_get(field_of(cpu, data, false)->code & field_of(cpu, data, true)->code, 63);

    return bit_get(pointer, tags ? 55 : 63);
}

uint64_t pauth_add(const struct cpu *cpu, uint64_t pointer, uint64_t modifier, enum pauth_key key)
{
    bool high = selects_high(cpu, pointer, is_data(key));
    const struct pauth_field *field = field_of(cpu, is_data(key), high);
    uint64_t code = compute(cpu, extended(pointer, field, high), modifier, key) & field->code;
    uint64_t found = pointer & field->extension;

    if (model_has(cpu->model, FEAT_PAuth2)) {
        code ^= pointer;
    } else {
        if (found && found != field->extension) { /* no pointer to make a code for */
            uint64_t top = bit_get(field->code, 63) ? 62 : 54;

            code = model_has(cpu->model, FEAT_EPAC) ? 0 : code ^ 1ull << top;
        }
        code |= pointer & ~field->extension;
    }
    return bits_put(code, 55, 1, high);
}

uint64_t pauth_authenticate(const struct cpu *cpu, uint64_t pointer, uint64_t modifier,
                            enum pauth_key key, bool combined, bool *failed)
{
    bool high = bit_get(pointer, 55);
    const struct pauth_field *field = field_of(cpu, is_data(key), high);
    uint64_t original = extended(pointer, field, high);
    uint64_t result = pointer ^ (compute(cpu, original, modifier, key) & field->code);

    *failed = false;
    if (model_has(cpu->model, FEAT_PAuth2)) {
        *failed = result != original && model_has(cpu->model, FEAT_FPAC) &&
                  (!combined || model_has(cpu->model, FEAT_FPACCOMBINE));
        return result;
    }
    result &= field->code; /* now what differs */
    if (!result)
        return original;
    /* An error code in two bits makes it an address that no translation has. */
    return bits_put(original, bit_get(field->code, 63) ? 61 : 53, 2,
                    key == PAUTH_IB || key == PAUTH_DB ? 2 : 1);
}

uint64_t pauth_strip(const struct cpu *cpu, uint64_t pointer, bool data)
{
    bool high = bit_get(pointer, 55);

    return extended(pointer, field_of(cpu, data, high), high);
}

uint64_t pauth_generic(const struct cpu *cpu, uint64_t value, uint64_t modifier)
{
    return compute(cpu, value, modifier, PAUTH_GA) & ~bits_ones(32);
}
