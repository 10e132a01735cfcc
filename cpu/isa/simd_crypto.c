/* Cryptographic AES, three-register SHA and two-register SHA: DDI 0487, C4.1.96. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

#define TWO(name)                                                                                  \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return simd_emit(tr, UOP_##name, f->d, f->n, 0, 16, 0, 0);                                 \
    }
#define THREE(name)                                                                                \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return simd_emit(tr, UOP_##name, f->d, f->n, f->m, 16, 0, 0);                              \
    }
TWO(aese)
TWO(aesd)
TWO(aesmc)
TWO(aesimc)
THREE(sha1c)
THREE(sha1p)
THREE(sha1m)
THREE(sha1su0)
TWO(sha1h)
TWO(sha1su1)
THREE(sha256h)
THREE(sha256h2)
THREE(sha256su1)
TWO(sha256su0)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("01001110 00101000 010010nn nnnddddd", AESE_cryptoaes, FEAT_AES, tr_aese)
    INSN("01001110 00101000 010110nn nnnddddd", AESD_cryptoaes, FEAT_AES, tr_aesd)
    INSN("01001110 00101000 011010nn nnnddddd", AESMC_cryptoaes, FEAT_AES, tr_aesmc)
    INSN("01001110 00101000 011110nn nnnddddd", AESIMC_cryptoaes, FEAT_AES, tr_aesimc)

    INSN("01011110 000mmmmm 000000nn nnnddddd", SHA1C_cryptosha3, FEAT_SHA1, tr_sha1c)
    INSN("01011110 000mmmmm 000100nn nnnddddd", SHA1P_cryptosha3, FEAT_SHA1, tr_sha1p)
    INSN("01011110 000mmmmm 001000nn nnnddddd", SHA1M_cryptosha3, FEAT_SHA1, tr_sha1m)
    INSN("01011110 000mmmmm 001100nn nnnddddd", SHA1SU0_cryptosha3, FEAT_SHA1, tr_sha1su0)
    INSN("01011110 000mmmmm 010000nn nnnddddd", SHA256H_cryptosha3, FEAT_SHA256, tr_sha256h)
    INSN("01011110 000mmmmm 010100nn nnnddddd", SHA256H2_cryptosha3, FEAT_SHA256, tr_sha256h2)
    INSN("01011110 000mmmmm 011000nn nnnddddd", SHA256SU1_cryptosha3, FEAT_SHA256, tr_sha256su1)
    INSN("01011110 00101000 000010nn nnnddddd", SHA1H_cryptosha2, FEAT_SHA1, tr_sha1h)
    INSN("01011110 00101000 000110nn nnnddddd", SHA1SU1_cryptosha2, FEAT_SHA1, tr_sha1su1)
    INSN("01011110 00101000 001010nn nnnddddd", SHA256SU0_cryptosha2, FEAT_SHA256, tr_sha256su0)
    /* clang-format on */
};

const struct insn_table insn_simd_crypto = {"simd_crypto", rows, ARRAY_SIZE(rows)};
