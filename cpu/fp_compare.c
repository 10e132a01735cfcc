/* Exact AArch64 floating-point comparison, maximum and minimum: Arm ARM DDI 0487,
 * shared/functions/float (FPCompare, FPCompareEQ/GE/GT, FPMax, FPMin, FPMaxNum, FPMinNum). */
#include "cpu/fp_core.h"

/* -1, 0 or 1 as num1 is below, equal to or above num2; neither a NaN. */
static int order(struct fp_num num1, struct fp_num num2)
{
    bool zero1 = num1.type == FPType_Zero, zero2 = num2.type == FPType_Zero;
    int magnitude;

    if (zero1 || zero2) {
        if (zero1 && zero2)
            return 0;
        return (zero1 ? !num2.sign : num1.sign) ? -1 : 1;
    }
    if (num1.sign != num2.sign)
        return num1.sign ? -1 : 1;
    if (num1.type != num2.type) /* one is an infinity, which is the larger type */
        magnitude = num1.type > num2.type ? 1 : -1;
    else if (num1.exp != num2.exp)
        magnitude = num1.exp > num2.exp ? 1 : -1;
    else
        magnitude = num1.sig == num2.sig ? 0 : num1.sig > num2.sig ? 1 : -1;
    return num1.sign ? -magnitude : magnitude;
}

/* Sets *result to order() and returns true, or returns false where an operand is a NaN, which is
 * an Invalid Operation if it signals or `signal_nans` is set. */
static bool compare(enum fp_format f, uint64_t op1, uint64_t op2, bool signal_nans, int *result,
                    struct fp_status *st)
{
    struct fp_num num1 = fp_unpack(f, op1, false, st);
    struct fp_num num2 = fp_unpack(f, op2, false, st);

    if (fp_is_nan(num1.type) || fp_is_nan(num2.type)) {
        if (num1.type == FPType_SNaN || num2.type == FPType_SNaN || signal_nans)
            st->fpsr |= FPSR_IOC;
        return false;
    }
    fp_note_denormals(f, num1, num2, st);
    *result = order(num1, num2);
    return true;
}

unsigned fp_compare(enum fp_format f, uint64_t op1, uint64_t op2, bool signal_nans,
                    struct fp_status *st)
{
    int result;

    if (!compare(f, op1, op2, signal_nans, &result, st))
        return 0x3; /* '0011' */
    return result == 0 ? 0x6 : result < 0 ? 0x8 : 0x2;
}

bool fp_compare_eq(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    int result;

    return compare(f, op1, op2, false, &result, st) && result == 0;
}

bool fp_compare_ge(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    int result;

    return compare(f, op1, op2, true, &result, st) && result >= 0;
}

bool fp_compare_gt(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    int result;

    return compare(f, op1, op2, true, &result, st) && result > 0;
}

/* FPMax and FPMin where FPCR.AH is set: as the host's, the second operand if either is a NaN or
 * both are zero, and no subnormal result is flushed. */
static uint64_t select_alternate(enum fp_format f, uint64_t op1, uint64_t op2, bool max,
                                 struct fp_status *st)
{
    struct fp_num num1 = fp_unpack(f, op1, false, st);
    struct fp_num num2 = fp_unpack(f, op2, false, st);
    bool nan = fp_is_nan(num1.type) || fp_is_nan(num2.type), first = false;

    if (nan)
        st->fpsr |= FPSR_IOC;
    else
        fp_note_denormals(f, num1, num2, st);
    if (!nan && max)
        first = order(num1, num2) > 0;
    else if (!nan)
        first = order(num1, num2) < 0;
    if ((first ? num1 : num2).type == FPType_Zero) /* perhaps a flushed subnormal */
        return fp_zero(f, (first ? num1 : num2).sign);
    return bits_get(first ? op1 : op2, 0, fp_layouts[f].width);
}

/* FPMax and FPMin: of two zeros, the one with the more fitting sign. */
static uint64_t select_extreme(enum fp_format f, uint64_t op1, uint64_t op2, bool max,
                               struct fp_status *st)
{
    struct fp_num num1 = fp_unpack(f, op1, false, st);
    struct fp_num num2 = fp_unpack(f, op2, false, st);
    bool zero1 = num1.type == FPType_Zero, zero2 = num2.type == FPType_Zero;
    uint64_t result;

    if (fp_process_nans(f, num1.type, num2.type, op1, op2, &result, st))
        return result;
    fp_note_denormals(f, num1, num2, st);
    if (zero1 && zero2)
        return fp_zero(f, max ? num1.sign && num2.sign : num1.sign || num2.sign);

    int relation = order(num1, num2);
    bool first = max ? relation > 0 : relation < 0;
    struct fp_num num = first ? num1 : num2;

    if (num.type == FPType_Zero) /* perhaps a flushed subnormal */
        return fp_zero(f, num.sign);
    if (num.denormal) /* FPCR.AH: as a result it may be flushed */
        return fp_round(f, num.sign, num.exp, num.sig, false, fp_rounding_mode(st), st);
    return bits_get(first ? op1 : op2, 0, fp_layouts[f].width);
}

uint64_t fp_max(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    return st->fpcr & FPCR_AH ? select_alternate(f, op1, op2, true, st)
                              : select_extreme(f, op1, op2, true, st);
}

uint64_t fp_min(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    return st->fpcr & FPCR_AH ? select_alternate(f, op1, op2, false, st)
                              : select_extreme(f, op1, op2, false, st);
}

/* FPMaxNum and FPMinNum: a lone quiet NaN gives way to the number, here by becoming the infinity
 * that any number beats; to a signalling one as well, unless FPCR.AH is set. */
static uint64_t select_number(enum fp_format f, uint64_t op1, uint64_t op2, bool max,
                              struct fp_status *st)
{
    struct fp_num num1 = fp_unpack(f, op1, false, st);
    struct fp_num num2 = fp_unpack(f, op2, false, st);
    bool both = (st->fpcr & FPCR_AH) && fp_is_nan(num1.type) && fp_is_nan(num2.type);

    if (both)
        return select_extreme(f, op1, op2, max, st);
    if (num1.type == FPType_QNaN && num2.type != FPType_QNaN)
        op1 = fp_infinity(f, max);
    else if (num2.type == FPType_QNaN && num1.type != FPType_QNaN)
        op2 = fp_infinity(f, max);
    return select_extreme(f, op1, op2, max, st);
}

uint64_t fp_maxnum(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    return select_number(f, op1, op2, true, st);
}

uint64_t fp_minnum(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    return select_number(f, op1, op2, false, st);
}
