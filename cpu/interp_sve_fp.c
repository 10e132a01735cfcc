/* SVE helpers for floating-point numbers: the families of sve_fp.def. Inactive elements raise no
 * exception: the walks do not call the lane for them. */
#include "cpu/interp_sve.h"
#include "cpu/mxcsr.h"

#undef SVE_HELPER
#define SVE_HELPER(name, bits, walk, lane)                                                         \
    static NOINLINE void name##_##bits##_walk(struct cpu *cpu, const struct uop *uop)              \
    {                                                                                              \
        z_##walk(cpu, uop, bits, lane_##lane);                                                     \
    }                                                                                              \
    static bool name##_##bits(struct cpu *cpu, const struct uop *uop)                              \
    {                                                                                              \
        uint32_t mxcsr = mxcsr_suspend(cpu);                                                       \
                                                                                                   \
        name##_##bits##_walk(cpu, uop);                                                            \
        mxcsr_resume(cpu, mxcsr);                                                                  \
        return true;                                                                               \
    }

#define FAMILY(name, sizes, walk, lane) sizes(name, walk, lane)
#include "cpu/sve_fp.def"
#undef FAMILY
