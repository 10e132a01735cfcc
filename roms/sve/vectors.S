// What the checks of sve.c let SVE do. None of this knows how long a vector is.

        .arch   armv8-a+sve2

#include "../lib/function.inc"

        // uint64_t vector_bytes(void)
        function vector_bytes
        rdvl    x0, #1
        ret

        // The same at EL0.
        function user_vector_bytes
        mov     x0, #0
        rdvl    x0, #1
        svc     #0

        // uint64_t set_length(uint64_t length): ZCR_EL1, as it reads afterwards
        function set_length
        msr     zcr_el1, x0
        isb
        mrs     x0, zcr_el1
        ret

        // void add_words(uint32_t *to, const uint32_t *a, const uint32_t *b, uint64_t count)
        function add_words
        mov     x4, #0
        whilelo p0.s, x4, x3
        b.none  2f
1:      ld1w    {z0.s}, p0/z, [x1, x4, lsl #2]
        ld1w    {z1.s}, p0/z, [x2, x4, lsl #2]
        add     z0.s, p0/m, z0.s, z1.s
        st1w    {z0.s}, p0, [x0, x4, lsl #2]
        incw    x4
        whilelo p0.s, x4, x3
        b.first 1b
2:      ret

        // void scale_doubles(double *to, const double *from, const double *by, uint64_t count)
        function scale_doubles
        mov     x4, #0
        whilelt p0.d, x4, x3
        b.none  2f
1:      ld1d    {z0.d}, p0/z, [x1, x4, lsl #3]
        ld1d    {z1.d}, p0/z, [x2, x4, lsl #3]
        fmul    z0.d, p0/m, z0.d, z1.d
        fadd    z0.d, p0/m, z0.d, z1.d
        st1d    {z0.d}, p0, [x0, x4, lsl #3]
        incd    x4
        whilelt p0.d, x4, x3
        b.first 1b
2:      ret

        // uint64_t count_greater(const uint8_t *bytes, const uint8_t *limits, uint64_t count): how
        // many vectors have a byte above its limit
        function count_greater
        mov     x3, x0
        mov     x4, #0
        mov     x0, #0
        whilelo p0.b, x4, x2
1:      ld1b    {z0.b}, p0/z, [x3, x4]
        ld1b    {z1.b}, p0/z, [x1, x4]
        cmphi   p1.b, p0/z, z0.b, z1.b
        cinc    x0, x0, ne
        incb    x4
        whilelo p0.b, x4, x2
        b.first 1b
        ret

        // void write_v(uint8_t *before, uint8_t *after): a whole register of ones, and then with a
        // scalar in V
        function write_v
        ldr     z0, [x0]
        fmov    d0, #1.0
        str     z0, [x1]
        ret

        // void change_length(uint8_t *bytes, uint64_t length): z0 from bytes, while ZCR_EL1 is less,
        // and back
        function change_length
        mrs     x2, zcr_el1
        ldr     z0, [x0]
        msr     zcr_el1, x1
        isb
        msr     zcr_el1, x2
        isb
        str     z0, [x0]
        ret
