/* Interpreter: pointer authentication. */
#include "cpu/exception.h"
#include "cpu/interp.h"
#include "cpu/translate.h"

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

HANDLER(pac)
{
    cpu->x[uop->d] =
        pauth_add(cpu, cpu->x[uop->a], cpu->x[uop->b], (enum pauth_key)(uop->x & PAUTH_KEY_MASK));
    return uop_next(cpu, uop);
}

/* AArch64.PACFailException() */
static NOINLINE bool authenticate(struct cpu *cpu, const struct uop *uop)
{
    enum pauth_key key = (enum pauth_key)(uop->x & PAUTH_KEY_MASK);
    bool failed;
    uint64_t result = pauth_authenticate(cpu, cpu->x[uop->a], cpu->x[uop->b], key,
                                         uop->x & PAUTH_COMBINED, &failed);

    if (failed)
        return cpu_raise(cpu, uop, EC_PAC_FAIL, key); /* ISS: is it data, is it key B */
    cpu->x[uop->d] = result;
    return true;
}

HANDLER(aut)
{
    return likely(authenticate(cpu, uop)) ? uop_next(cpu, uop) : NULL;
}

HANDLER(xpac)
{
    cpu->x[uop->d] = pauth_strip(cpu, cpu->x[uop->a], uop->x);
    return uop_next(cpu, uop);
}
