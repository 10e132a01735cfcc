/* The CPU models: max, and parts that exist, each as its Technical Reference Manual (TRM) says,
 * with EL1 and EL0 in AArch64 state alone. What a part has and ulna has not, its ID registers do
 * not show; tests/model/differences lists all of it. */
#include "base/bits.h"
#include "cpu/model.h"

#define HAS(feature) [FEAT_##feature] = true,

/* clang-format off */

/* Armv8.0 with the Cryptographic Extension */
#define CORTEX_A53_FEATURES \
    HAS(FP) HAS(AdvSIMD) HAS(CRC32) HAS(AES) HAS(PMULL) HAS(SHA1) HAS(SHA256) HAS(ASID16) \
    HAS(PMUv3)

/* Armv8.1, Armv8.2, and of later ones what it took early */
#define CORTEX_A76_FEATURES \
    CORTEX_A53_FEATURES \
    HAS(LSE) HAS(RDM) HAS(LOR) HAS(PAN) HAS(HPDS) HAS(HAFDBS) \
    HAS(FP16) HAS(DPB) HAS(PAN2) HAS(UAO) HAS(HPDS2) HAS(TTCNP) HAS(TGran16K) \
    HAS(DotProd) HAS(LRCPC) HAS(SSBS) HAS(CSV2) HAS(CSV3) HAS(PMUv3p1) HAS(RAS) HAS(IESB)

#define NEOVERSE_N1_FEATURES \
    CORTEX_A76_FEATURES \
    HAS(SSBS2)

/* The rest of Armv8.2 and Armv8.3, Armv8.4 without its forms of TLBI, and what it took early. Its
 * own algorithm of pointer authentication is QARMA5 (-cpu neoverse-v1,pauth-qarma5=on); the default
 * is ulna's, as QEMU's default is QEMU's. */
#define NEOVERSE_V1_FEATURES \
    NEOVERSE_N1_FEATURES \
    HAS(SHA512) HAS(SHA3) HAS(SM3) HAS(SM4) HAS(FHM) \
    HAS(JSCVT) HAS(FCMA) HAS(CCIDX) HAS(PAuth) HAS(PAuth2) HAS(PACIMP) \
    HAS(LRCPC2) HAS(FlagM) HAS(DIT) HAS(LSE2) HAS(IDST) HAS(BBML1) HAS(BBML2) \
    HAS(DPB2) HAS(RNG) HAS(BF16) HAS(I8MM) HAS(DGH) HAS(PMUv3p4) HAS(RASv1p1) \
    HAS(SVE)

enum {
    AARCH64_ONLY = 0x11,   /* ID_AA64PFR0_EL1: EL1 and EL0 */
    PA_40 = 2,             /* ID_AA64MMFR0_EL1.PARange */
    PA_44 = 4,
    PA_48 = 5,
    DEBUG_V8 = 0x10305006, /* ID_AA64DFR0_EL1: Armv8.0 debug; six breakpoints, of which two are
                              context-aware, and four watchpoints: as many as cpu/cpu.h says */
    ZVA_64 = 4,            /* DCZID_EL0: DC ZVA clears 64 bytes (DC_ZVA_BYTES) */
};

const struct cpu_model cpu_models[] = {
    {
        .name = "max",
        .description = "all that ulna implements, nothing to work around",
        .has = {
            HAS(FP) HAS(AdvSIMD) HAS(CRC32) HAS(LSE) HAS(LRCPC) HAS(LRCPC2) HAS(RDM)
            HAS(DotProd) HAS(AES) HAS(PMULL) HAS(SHA1) HAS(SHA256) HAS(PAN) HAS(UAO) HAS(SSBS)
            HAS(SB) HAS(DIT) HAS(RNG) HAS(DPB) HAS(DPB2) HAS(TLBIRANGE) HAS(TLBIOS) HAS(JSCVT)
            HAS(FRINTTS) HAS(FCMA) HAS(FHM) HAS(FlagM) HAS(FlagM2) HAS(I8MM) HAS(BF16)
            HAS(SHA512) HAS(SHA3) HAS(SM3) HAS(SM4) HAS(FP16) HAS(CSSC) HAS(HBC) HAS(WFxT)
            HAS(LSE2) HAS(DGH) HAS(SPECRES) HAS(MOPS) HAS(PAuth) HAS(PAuth2) HAS(FPAC)
            HAS(FPACCOMBINE) HAS(PACIMP) HAS(BTI) HAS(PAN3) HAS(TTST) HAS(IDST) HAS(ECV)
            HAS(PAN2) HAS(SSBS2) HAS(CSV2) HAS(CSV2_2) HAS(CSV2_3) HAS(CSV3) HAS(ASID16)
            HAS(TGran16K) HAS(HPDS) HAS(HPDS2) HAS(HAFDBS) HAS(TTCNP) HAS(E0PD) HAS(LOR)
            HAS(BBML1) HAS(BBML2) HAS(AFP) HAS(RPRES) HAS(EBF16)
            HAS(SVE) HAS(SVE2) HAS(SVE_AES) HAS(SVE_BitPerm) HAS(SVE_PMULL128) HAS(SVE_SHA3)
            HAS(SVE_SM4) HAS(F32MM) HAS(F64MM) /* with sve=on */
            HAS(PMUv3) HAS(PMUv3p1) HAS(PMUv3p4) HAS(PMUv3p5) HAS(RAS) HAS(RASv1p1) HAS(IESB)
            HAS(XS) HAS(ETS2) HAS(TIDCP1) HAS(CMOW) HAS(TTL)
            HAS(MTE) HAS(MTE2) HAS(MTE3) /* where the board has RAM with tags */
        },
        .sve_vls = 0xffff,
        .sve_asked = true,
        .id = {
            [ID_AA64PFR0] = AARCH64_ONLY,
            [ID_AA64DFR0] = DEBUG_V8,
            [ID_AA64MMFR0] = PA_48,
            [ID_MIDR] = 0x000f0510, /* implementer 0: software; no guest applies errata to it */
            [ID_CTR] = 0x9444c004,  /* 64-byte lines, PIPT; IDC: no clean needed for fetch */
            [ID_DCZID] = ZVA_64,
            [ID_CLIDR] = 0x0a200023,      /* L1 split, L2 unified; LoC 2, LoUU 1, LoUIS 1 */
            [ID_CCSIDR_L1D] = 0x000fe01a, /* 32 KiB, 4 ways, 64-byte lines */
            [ID_CCSIDR_L1I] = 0x000fe01a,
            [ID_CCSIDR_L2] = 0x007fe07a,  /* 1 MiB, 16 ways */
        },
    },
    {
        .name = "cortex-a53",
        .description = "Cortex-A53 r0p4 (Armv8.0)", /* Arm DDI 0500 */
        .has = {CORTEX_A53_FEATURES},
        .id = {
            [ID_AA64PFR0] = AARCH64_ONLY,
            [ID_AA64DFR0] = DEBUG_V8,
            [ID_AA64MMFR0] = PA_40,
            [ID_MIDR] = 0x410fd034,
            [ID_REVIDR] = 0x100, /* erratum 843419 is mended */
            [ID_CTR] = 0x84448004,
            [ID_DCZID] = ZVA_64,
            [ID_CLIDR] = 0x0a200023,
            [ID_CCSIDR_L1D] = 0x700fe01a, /* 32 KiB, 4 ways */
            [ID_CCSIDR_L1I] = 0x201fe00a, /* 32 KiB, 2 ways */
            [ID_CCSIDR_L2] = 0x707fe07a, /* 1 MiB, 16 ways */
        },
    },
    {
        .name = "cortex-a57",
        .description = "Cortex-A57 r1p0 (Armv8.0)", /* Arm DDI 0488 */
        .has = {CORTEX_A53_FEATURES},
        .id = {
            [ID_AA64PFR0] = AARCH64_ONLY,
            [ID_AA64DFR0] = DEBUG_V8,
            [ID_AA64MMFR0] = PA_44,
            [ID_MIDR] = 0x411fd070,
            [ID_CTR] = 0x8444c004,
            [ID_DCZID] = ZVA_64,
            [ID_CLIDR] = 0x0a200023,
            [ID_CCSIDR_L1D] = 0x701fe00a, /* 32 KiB, 2 ways */
            [ID_CCSIDR_L1I] = 0x201fe012, /* 48 KiB, 3 ways */
            [ID_CCSIDR_L2] = 0x70ffe07a, /* 2 MiB, 16 ways */
        },
    },
    {
        .name = "cortex-a72",
        .description = "Cortex-A72 r0p3 (Armv8.0)", /* Arm 100095 */
        .has = {CORTEX_A53_FEATURES},
        .id = {
            [ID_AA64PFR0] = AARCH64_ONLY,
            [ID_AA64DFR0] = DEBUG_V8,
            [ID_AA64MMFR0] = PA_44,
            [ID_MIDR] = 0x410fd083,
            [ID_CTR] = 0x8444c004,
            [ID_DCZID] = ZVA_64,
            [ID_CLIDR] = 0x0a200023,
            [ID_CCSIDR_L1D] = 0x701fe00a, /* 32 KiB, 2 ways */
            [ID_CCSIDR_L1I] = 0x201fe012, /* 48 KiB, 3 ways */
            [ID_CCSIDR_L2] = 0x707fe07a, /* 1 MiB, 16 ways */
        },
    },
    {
        .name = "cortex-a76",
        .description = "Cortex-A76 r4p1 (Armv8.2)", /* Arm 100798 */
        .has = {CORTEX_A76_FEATURES},
        .id = {
            [ID_AA64PFR0] = AARCH64_ONLY,
            [ID_AA64DFR0] = DEBUG_V8,
            [ID_AA64MMFR0] = PA_40,
            [ID_MIDR] = 0x414fd0b1,
            [ID_CTR] = 0x8444c004,
            [ID_DCZID] = ZVA_64,
            [ID_CLIDR] = 0x82000023,
            [ID_CCSIDR_L1D] = 0x701fe01a, /* 64 KiB, 4 ways */
            [ID_CCSIDR_L1I] = 0x201fe01a, /* 64 KiB, 4 ways */
            [ID_CCSIDR_L2] = 0x707fe03a, /* 512 KiB, 8 ways */
        },
    },
    {
        .name = "neoverse-n1",
        .description = "Neoverse N1 r4p1 (Armv8.2)", /* Arm 100616 */
        .has = {NEOVERSE_N1_FEATURES},
        .id = {
            [ID_AA64PFR0] = AARCH64_ONLY,
            [ID_AA64DFR0] = DEBUG_V8,
            [ID_AA64MMFR0] = PA_48,
            [ID_MIDR] = 0x414fd0c1,
            [ID_CTR] = 0x8444c004,
            [ID_DCZID] = ZVA_64,
            [ID_CLIDR] = 0x82000023,
            [ID_CCSIDR_L1D] = 0x701fe01a, /* 64 KiB, 4 ways */
            [ID_CCSIDR_L1I] = 0x201fe01a, /* 64 KiB, 4 ways */
            [ID_CCSIDR_L2] = 0x70ffe03a, /* 1 MiB, 8 ways */
        },
    },
    {
        .name = "neoverse-v1",
        .description = "Neoverse V1 r1p2 (Armv8.4 with SVE)", /* Arm 101427 */
        .has = {NEOVERSE_V1_FEATURES},
        .sve_vls = 3, /* 128 and 256 bits */
        .id = {
            [ID_AA64PFR0] = AARCH64_ONLY,
            [ID_AA64DFR0] = DEBUG_V8,
            [ID_AA64MMFR0] = PA_48,
            [ID_MIDR] = 0x411fd402,
            [ID_CTR] = 0xb444c004, /* DIC, IDC: what is written is fetched, without more */
            [ID_DCZID] = ZVA_64,
            [ID_CLIDR] = 0x82000023,
            [ID_CCSIDR_L1D] = 0xff0000001a, /* 64 KiB, 4 ways; format of CCIDX */
            [ID_CCSIDR_L1I] = 0xff0000001a, /* 64 KiB, 4 ways */
            [ID_CCSIDR_L2] = 0x7ff0000003a, /* 1 MiB, 8 ways */
        },
    },
};

/* clang-format on */

const unsigned cpu_model_count = ARRAY_SIZE(cpu_models);
