/* What AArch64 floating point must compute, from GNU MPFR's numbers and the words of the Arm ARM
 * (DDI 0487, J1: A1.5 and shared/functions/float). Nothing of cpu/ is used, its constants neither.
 *
 * An operation decodes its operands, has MPFR compute with some 70 bits more than any format has,
 * and encodes what came out. MPFR tells whether its result is exact; where it is not, a value is
 * taken that lies on the right side of it, closer than any format can tell. So every later question
 * (is it a tie? is it inexact? is it tiny?) is one about an exact number. */
#ifndef ULNA_TESTS_FP_IEEE_ORACLE_H
#define ULNA_TESTS_FP_IEEE_ORACLE_H

#include <mpfr.h>

#include "ieee.h"

enum {
    CR_FIZ = 1 << 0,
    CR_AH = 1 << 1,
    CR_NEP = 1 << 2,
    CR_EBF = 1 << 13,
    CR_FZ16 = 1 << 19,
    CR_RMODE = 3 << 22,
    CR_FZ = 1 << 24,
    CR_DN = 1 << 25,
    CR_AHP = 1 << 26,

    SR_IOC = 1 << 0,
    SR_DZC = 1 << 1,
    SR_OFC = 1 << 2,
    SR_UFC = 1 << 3,
    SR_IXC = 1 << 4,
    SR_IDC = 1 << 7,
};

struct oracle {
    uint32_t fpcr, fpsr;
    mpfr_t value[4]; /* of the operands */
    mpfr_t result;   /* as MPFR computed it */
    mpfr_t exact;    /* what stands for the exact one */
    mpfr_t work;
};

struct number {
    enum ieee_format format;
    uint64_t bits;
    bool nan, signals; /* signals: it is a signalling NaN */
    bool denormal;     /* and was not flushed */
    mpfr_ptr value;    /* not of a NaN */
};

void oracle_open(struct oracle *o);
void oracle_close(struct oracle *o);

/* FPUnpack into o->value[slot]; `convert`: FPUnpackCV, which flushes no half and knows FPCR.AHP. */
struct number number_of(struct oracle *o, enum ieee_format f, uint64_t bits, unsigned slot,
                        bool convert);

/* The direction for MPFR: it matters to the sign of a sum that is zero alone. */
mpfr_rnd_t oracle_direction(const struct oracle *o);
/* FPRound of o->result; `ternary` is what MPFR answered. A NaN is an Invalid Operation, infinity
 * and zero are exact. */
uint64_t oracle_finish(struct oracle *o, enum ieee_format f, int ternary,
                       enum ieee_rounding rounding);
/* The same of o->exact, and FPRoundCV. */
uint64_t oracle_encode(struct oracle *o, enum ieee_format f, enum ieee_rounding rounding,
                       bool convert);

/* To an integral number, ties and all as `rounding` says. True: it was none before. */
bool oracle_integral(mpfr_ptr to, mpfr_srcptr from, enum ieee_rounding rounding);
enum ieee_rounding oracle_rounding(const struct oracle *o, enum ieee_rounding rounding);

/* FPProcessNaNs, FPProcessNaNs3 (the addend first): true where there is one. */
bool oracle_nan(struct oracle *o, enum ieee_format to, unsigned count, const struct number *x,
                uint64_t *result);
/* FPCR.AH: notes the subnormal operands of an operation that has a number for its result. */
void oracle_note_denormals(struct oracle *o, unsigned count, const struct number *x);

/* With FPCR.AH some operations flush, round to nearest and tell nothing: until the second with the
 * answer of the first, and with FPSR of before. */
uint32_t oracle_quiet(struct oracle *o);
void oracle_unquiet(struct oracle *o, uint32_t fpcr, uint32_t fpsr);

uint64_t ieee_sign(enum ieee_format f);
uint64_t ieee_infinity(enum ieee_format f);
uint64_t oracle_default_nan(const struct oracle *o, enum ieee_format f);
uint64_t oracle_negate(const struct oracle *o, enum ieee_format f, uint64_t bits);
bool ieee_is_nan(enum ieee_format f, uint64_t bits);
/* The NaN, made quiet, in another format. */
uint64_t ieee_convert_nan(enum ieee_format to, enum ieee_format from, uint64_t bits);

#endif
