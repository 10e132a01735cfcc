/* Cryptographic AES, SHA of two, three and four registers, XAR, SM3 and SM4: DDI 0487, C4.1.96. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

/* One, two or three operands; a row has the micro-op. */
static bool tr_crypto(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, f->row->op, f->d, f->n, f->m, 16, f->a, 0);
}

/* i is imm6 */
static bool tr_xar(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_xar, f->d, f->n, f->m, 16, 0, f->i);
}

/* i is imm2: the word of m */
static bool tr_sm3tt(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, f->row->op, f->d, f->n, f->m, f->i, 0, 0);
}

#define CRYPTO(pattern, id, feature, op_)                                                          \
    INSN_ARGS(pattern, id, feature, tr_crypto, .op = UOP_##op_)
#define SM3TT(opcode, ID, name)                                                                    \
    INSN_ARGS("11001110 010mmmmm 10ii" opcode "nn nnnddddd", ID##_crypto3_imm2, FEAT_SM3,          \
              tr_sm3tt, .op = UOP_##name)

static const struct insn_row rows[] = {
    /* clang-format off */
    CRYPTO("01001110 00101000 010010nn nnnddddd", AESE_cryptoaes, FEAT_AES, aese),
    CRYPTO("01001110 00101000 010110nn nnnddddd", AESD_cryptoaes, FEAT_AES, aesd),
    CRYPTO("01001110 00101000 011010nn nnnddddd", AESMC_cryptoaes, FEAT_AES, aesmc),
    CRYPTO("01001110 00101000 011110nn nnnddddd", AESIMC_cryptoaes, FEAT_AES, aesimc),

    CRYPTO("01011110 000mmmmm 000000nn nnnddddd", SHA1C_cryptosha3, FEAT_SHA1, sha1c),
    CRYPTO("01011110 000mmmmm 000100nn nnnddddd", SHA1P_cryptosha3, FEAT_SHA1, sha1p),
    CRYPTO("01011110 000mmmmm 001000nn nnnddddd", SHA1M_cryptosha3, FEAT_SHA1, sha1m),
    CRYPTO("01011110 000mmmmm 001100nn nnnddddd", SHA1SU0_cryptosha3, FEAT_SHA1, sha1su0),
    CRYPTO("01011110 000mmmmm 010000nn nnnddddd", SHA256H_cryptosha3, FEAT_SHA256, sha256h),
    CRYPTO("01011110 000mmmmm 010100nn nnnddddd", SHA256H2_cryptosha3, FEAT_SHA256, sha256h2),
    CRYPTO("01011110 000mmmmm 011000nn nnnddddd", SHA256SU1_cryptosha3, FEAT_SHA256, sha256su1),
    CRYPTO("01011110 00101000 000010nn nnnddddd", SHA1H_cryptosha2, FEAT_SHA1, sha1h),
    CRYPTO("01011110 00101000 000110nn nnnddddd", SHA1SU1_cryptosha2, FEAT_SHA1, sha1su1),
    CRYPTO("01011110 00101000 001010nn nnnddddd", SHA256SU0_cryptosha2, FEAT_SHA256, sha256su0),

    CRYPTO("11001110 011mmmmm 100000nn nnnddddd", SHA512H_cryptosha512_3, FEAT_SHA512, sha512h),
    CRYPTO("11001110 011mmmmm 100001nn nnnddddd", SHA512H2_cryptosha512_3, FEAT_SHA512, sha512h2),
    CRYPTO("11001110 011mmmmm 100010nn nnnddddd", SHA512SU1_cryptosha512_3, FEAT_SHA512, sha512su1),
    CRYPTO("11001110 11000000 100000nn nnnddddd", SHA512SU0_cryptosha512_2, FEAT_SHA512, sha512su0),
    CRYPTO("11001110 011mmmmm 100011nn nnnddddd", RAX1_cryptosha512_3, FEAT_SHA3, rax1),
    CRYPTO("11001110 000mmmmm 0aaaaann nnnddddd", EOR3_crypto4, FEAT_SHA3, eor3),
    CRYPTO("11001110 001mmmmm 0aaaaann nnnddddd", BCAX_crypto4, FEAT_SHA3, bcax),
    INSN("11001110 100mmmmm iiiiiinn nnnddddd", XAR_crypto3_imm6, FEAT_SHA3, tr_xar),

    CRYPTO("11001110 010mmmmm 0aaaaann nnnddddd", SM3SS1_crypto4, FEAT_SM3, sm3ss1),
    SM3TT("00", SM3TT1A, sm3tt1a),
    SM3TT("01", SM3TT1B, sm3tt1b),
    SM3TT("10", SM3TT2A, sm3tt2a),
    SM3TT("11", SM3TT2B, sm3tt2b),
    CRYPTO("11001110 011mmmmm 110000nn nnnddddd", SM3PARTW1_cryptosha512_3, FEAT_SM3, sm3partw1),
    CRYPTO("11001110 011mmmmm 110001nn nnnddddd", SM3PARTW2_cryptosha512_3, FEAT_SM3, sm3partw2),
    CRYPTO("11001110 011mmmmm 110010nn nnnddddd", SM4EKEY_cryptosha512_3, FEAT_SM4, sm4ekey),
    CRYPTO("11001110 11000000 100001nn nnnddddd", SM4E_cryptosha512_2, FEAT_SM4, sm4e),
    /* clang-format on */
};

const struct insn_table insn_simd_crypto = {"simd_crypto", rows, ARRAY_SIZE(rows)};
