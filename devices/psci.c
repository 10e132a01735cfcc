/* PSCI and SMCCC: see psci.h. The specification of each function is its section in Arm DEN0022D
 * (PSCI), unless a comment says otherwise.
 *
 * The 32-bit form of a call (bit 30 of its identifier clear) sees the low halves of its arguments
 * only. */
#include "devices/psci.h"

#include "base/bits.h"
#include "base/log.h"
#include "cpu/cpu.h"

enum function {
    SMCCC_VERSION = 0x80000000,
    SMCCC_ARCH_FEATURES = 0x80000001,
    SMCCC_ARCH_WORKAROUND_3 = 0x80003fff,
    SMCCC_ARCH_WORKAROUND_2 = 0x80007fff,
    SMCCC_ARCH_WORKAROUND_1 = 0x80008000,
    PSCI_VERSION = 0x84000000,
    CPU_SUSPEND = 0x84000001,
    CPU_OFF = 0x84000002,
    CPU_ON = 0x84000003,
    AFFINITY_INFO = 0x84000004,
    MIGRATE_INFO_TYPE = 0x84000006,
    SYSTEM_OFF = 0x84000008,
    SYSTEM_RESET = 0x84000009,
    PSCI_FEATURES = 0x8400000a,
    SYSTEM_RESET2 = 0x84000012,
};

#define SMC64 (1u << 30) /* the 64-bit form of a function */

/* "Return error codes" */
enum result {
    SUCCESS = 0,
    NOT_SUPPORTED = -1,
    INVALID_PARAMETERS = -2,
    ALREADY_ON = -4,
    ON_PENDING = -5,
    INVALID_ADDRESS = -9,
    NOT_REQUIRED = -2, /* the last two: of SMCCC_ARCH_FEATURES about a work-around */
    NOT_AFFECTED = 1,
};

#define VERSION_1_1  0x10001
#define NO_MIGRATION 2 /* MIGRATE_INFO_TYPE: no Trusted OS that would have to move */
#define POWER_STATE_VALID                                                                          \
    0x0301ffffu /* CPU_SUSPEND, original format: PowerLevel, StateType, StateID */
#define MPIDR_AFFINITY 0xff00ffffffull

static bool has_function(uint32_t id)
{
    switch (id) {
    case PSCI_VERSION:
    case CPU_SUSPEND:
    case CPU_SUSPEND | SMC64:
    case CPU_OFF:
    case CPU_ON:
    case CPU_ON | SMC64:
    case AFFINITY_INFO:
    case AFFINITY_INFO | SMC64:
    case MIGRATE_INFO_TYPE:
    case SYSTEM_OFF:
    case SYSTEM_RESET:
    case PSCI_FEATURES:
    case SYSTEM_RESET2:
    case SYSTEM_RESET2 | SMC64:
        return true;
    default:
        return false;
    }
}

static int64_t cpu_on(struct psci *psci, uint64_t target, uint64_t entry, uint64_t context)
{
    unsigned i = 0;

    while (i < psci->cpus && psci->affinity[i] != target)
        i++;
    if (i == psci->cpus)
        return INVALID_PARAMETERS;
    if (entry & 3)
        return INVALID_ADDRESS;
    switch (psci->host.cpu_on(psci->host.opaque, i, entry, context)) {
    case PSCI_ON:
        return ALREADY_ON;
    case PSCI_ON_PENDING:
        return ON_PENDING;
    default:
        return SUCCESS;
    }
}

/* Of all the CPUs that the affinity names, as the fields below the asked level are ignored: on if
 * one is. */
static int64_t affinity_info(struct psci *psci, uint64_t target, uint64_t level)
{
    static const uint64_t ignored[] = {0, 0xff, 0xffff, 0xffffff};
    int64_t answer = INVALID_PARAMETERS;

    if (level >= ARRAY_SIZE(ignored) || (target & ~MPIDR_AFFINITY))
        return INVALID_PARAMETERS;
    for (unsigned i = 0; i < psci->cpus; i++) {
        enum psci_power power;

        if ((psci->affinity[i] ^ target) & ~ignored[level])
            continue;
        power = psci->host.power(psci->host.opaque, i);
        if (power == PSCI_ON || answer == INVALID_PARAMETERS || answer == PSCI_OFF)
            answer = power;
        if (power == PSCI_ON)
            break;
    }
    return answer;
}

/* Every state is entered as the shallowest standby, which a CPU may leave at once. A
 * power-down state asked for is downgraded likewise: the call then returns to its caller instead of
 * starting at the entry point. */
static int64_t cpu_suspend(uint64_t power_state)
{
    return power_state & ~(uint64_t)POWER_STATE_VALID ? INVALID_PARAMETERS : SUCCESS;
}

/* SMCCC_VERSION may be asked about too, which is how a caller learns that SMCCC is 1.1 or
 * later. CPU_SUSPEND's flags are 0: original power_state format, platform-coordinated mode. */
static int64_t psci_features(uint64_t id)
{
    return id == SMCCC_VERSION || has_function((uint32_t)id) ? SUCCESS : NOT_SUPPORTED;
}

/* DEN0028B, SMCCC_ARCH_FEATURES, and Arm DEN0070 for the work-arounds against speculation (Spectre
 * 2, 4 and BHB): an emulated CPU does not speculate, so they are known not to be needed, whatever
 * CPU its identification registers show. The calls themselves then do nothing. */
static int64_t arch_features(uint64_t id)
{
    switch (id) {
    case SMCCC_VERSION:
    case SMCCC_ARCH_FEATURES:
        return SUCCESS;
    case SMCCC_ARCH_WORKAROUND_1:
    case SMCCC_ARCH_WORKAROUND_3:
        return NOT_AFFECTED;
    case SMCCC_ARCH_WORKAROUND_2:
        return NOT_REQUIRED;
    default:
        return NOT_SUPPORTED;
    }
}

/* The one architectural type is 0, SYSTEM_WARM_RESET; vendors have defined none here. */
static int64_t system_reset2(struct psci *psci, uint64_t type)
{
    if (type != 0)
        return INVALID_PARAMETERS;
    psci->host.system_reset(psci->host.opaque);
    return SUCCESS;
}

static int64_t call(struct psci *psci, struct cpu *cpu, uint32_t id, const uint64_t arg[3])
{
    switch (id) {
    case SMCCC_VERSION:
    case PSCI_VERSION:
        return VERSION_1_1;
    case SMCCC_ARCH_FEATURES:
        return arch_features((uint32_t)arg[0]);
    case SMCCC_ARCH_WORKAROUND_1:
    case SMCCC_ARCH_WORKAROUND_2:
    case SMCCC_ARCH_WORKAROUND_3:
        return SUCCESS;
    case CPU_SUSPEND:
    case CPU_SUSPEND | SMC64:
        return cpu_suspend((uint32_t)arg[0]);
    case CPU_OFF:
        psci->host.cpu_off(psci->host.opaque, cpu);
        return SUCCESS;
    case CPU_ON:
    case CPU_ON | SMC64:
        return cpu_on(psci, arg[0], arg[1], arg[2]);
    case AFFINITY_INFO:
    case AFFINITY_INFO | SMC64:
        return affinity_info(psci, arg[0], (uint32_t)arg[1]);
    case MIGRATE_INFO_TYPE:
        return NO_MIGRATION;
    case SYSTEM_OFF:
        psci->host.system_off(psci->host.opaque);
        return SUCCESS;
    case SYSTEM_RESET:
        psci->host.system_reset(psci->host.opaque);
        return SUCCESS;
    case PSCI_FEATURES:
        return psci_features((uint32_t)arg[0]);
    case SYSTEM_RESET2:
    case SYSTEM_RESET2 | SMC64:
        return system_reset2(psci, (uint32_t)arg[0]);
    default:
        if (log_once(psci->log, LOG_UNIMP, id))
            log_at(psci->log, LOG_UNIMP, cpu->pc,
                   "psci: function 0x%08x is not supported (said once)", id);
        return NOT_SUPPORTED;
    }
}

bool psci_hvc(void *opaque, struct cpu *cpu, uint16_t imm)
{
    struct psci *psci = opaque;
    uint32_t id = (uint32_t)cpu->x[0];
    uint64_t arg[3] = {cpu->x[1], cpu->x[2], cpu->x[3]};

    if (!(id & SMC64))
        for (unsigned i = 0; i < ARRAY_SIZE(arg); i++)
            arg[i] = (uint32_t)arg[i];
    /* DEN0028B: a call with another immediate is an unknown function. */
    cpu->x[0] = (uint64_t)(imm ? NOT_SUPPORTED : call(psci, cpu, id, arg));
    return true;
}
