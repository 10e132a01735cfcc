/* cpu/jit/x64: what the encoder writes, an independent disassembler (libcapstone) reads as meant.
 */
#include <capstone/capstone.h>

#include "base/bits.h"
#include "cpu/jit/x64_vec.h"
#include "fakes.h"

#define AT 0x1000 /* where the code is said to lie */

static uint8_t buffer[256];
static struct x64 code;
static csh handle;

static void setup(void)
{
    memset(buffer, 0xcc, sizeof(buffer));
    code = (struct x64){.at = buffer, .end = buffer + sizeof(buffer)};
    ck_assert_int_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), CS_ERR_OK);
}

static void teardown(void)
{
    cs_close(&handle);
}

/* All that was written since the last time reads as exactly this, instructions apart by "; ". */
static void reads_as(const char *expected)
{
    char text[512] = "";
    size_t used = 0, size = (size_t)(code.at - buffer), read = 0;
    cs_insn *insn;
    size_t count = cs_disasm(handle, buffer, size, AT, 0, &insn);

    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s%s", i ? "; " : "",
                                 insn[i].mnemonic, *insn[i].op_str ? " " : "", insn[i].op_str);
        read += insn[i].size;
    }
    if (count)
        cs_free(insn, count);
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(read, size);
    code.at = buffer;
}

static const char *const names[2][16] = {
    {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d",
     "r13d", "r14d", "r15d"},
    {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
     "r14", "r15"},
};

/* Every operation, width and pair of registers. */
START_TEST(arithmetic_between_registers_reads_as_written)
{
    static const struct {
        enum x64_alu alu;
        const char *name;
    } ops[] = {{ALU_ADD, "add"}, {ALU_OR, "or"},   {ALU_ADC, "adc"}, {ALU_SBB, "sbb"},
               {ALU_AND, "and"}, {ALU_SUB, "sub"}, {ALU_XOR, "xor"}, {ALU_CMP, "cmp"}};
    char expected[64];

    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++)
        for (unsigned wide = 0; wide < 2; wide++)
            for (unsigned reg = 0; reg < 16; reg++)
                for (unsigned rm = 0; rm < 16; rm++) {
                    x64_alu(&code, wide, ops[i].alu, reg, rm);
                    snprintf(expected, sizeof(expected), "%s %s, %s", ops[i].name, names[wide][reg],
                             names[wide][rm]);
                    reads_as(expected);
                }
}
END_TEST

/* The edges of an 8-bit displacement, both signs, and every base. */
START_TEST(loads_and_stores_read_as_written)
{
    static const struct {
        int32_t disp;
        const char *text;
    } disps[] = {{0, ""},
                 {1, " + 1"},
                 {127, " + 0x7f"},
                 {128, " + 0x80"},
                 {-128, " - 0x80"},
                 {-129, " - 0x81"},
                 {0x12345678, " + 0x12345678"},
                 {INT32_MAX, " + 0x7fffffff"},
                 {INT32_MIN + 1, " - 0x7fffffff"}};
    char expected[96];

    for (unsigned i = 0; i < ARRAY_SIZE(disps); i++)
        for (unsigned wide = 0; wide < 2; wide++)
            for (unsigned base = 0; base < 16; base++) {
                const char *size = wide ? "qword" : "dword", *reg = names[wide][(base + i) % 16];

                x64_load(&code, wide, (base + i) % 16, x64_at(base, disps[i].disp));
                x64_store(&code, wide, x64_at(base, disps[i].disp), (base + i) % 16);
                snprintf(expected, sizeof(expected), "mov %s, %s ptr [%s%s]; mov %s ptr [%s%s], %s",
                         reg, size, names[1][base], disps[i].text, size, names[1][base],
                         disps[i].text, reg);
                reads_as(expected);
            }
}
END_TEST

START_TEST(every_index_and_scale_reads_as_written)
{
    char expected[96];

    for (unsigned base = 0; base < 16; base++)
        for (unsigned index = 0; index < 16; index++) {
            unsigned scale = (base + index) % 4;

            if (index == RSP)
                continue;
            x64_lea(&code, true, R9, x64_indexed(base, index, scale, 0x40));
            if (scale)
                snprintf(expected, sizeof(expected), "lea r9, [%s + %s*%u + 0x40]", names[1][base],
                         names[1][index], 1u << scale);
            else
                snprintf(expected, sizeof(expected), "lea r9, [%s + %s + 0x40]", names[1][base],
                         names[1][index]);
            reads_as(expected);
        }
}
END_TEST

START_TEST(immediates_take_a_byte_where_it_serves)
{
    x64_alu_imm(&code, true, ALU_ADD, R10, 127);
    x64_alu_imm(&code, false, ALU_CMP, RSI, 128);
    x64_alu_imm(&code, true, ALU_AND, RAX, -128);
    x64_alu_mem_imm(&code, true, ALU_ADD, x64_at(RBX, 8), -4);
    ck_assert_uint_eq((unsigned)(code.at - buffer), 4 + 6 + 4 + 5);
    reads_as("add r10, 0x7f; cmp esi, 0x80; and rax, 0xffffffffffffff80; "
             "add qword ptr [rbx + 8], -4");
    x64_store_imm(&code, true, x64_at(R12, 0), -1);
    x64_store_imm(&code, false, x64_at(R13, 0), 5);
    x64_test_imm(&code, false, R8, 0xff);
    reads_as("mov qword ptr [r12], -1; mov dword ptr [r13], 5; test r8d, 0xff");
}
END_TEST

/* SIL, DIL and so on need a REX prefix; without it AH and the like would be named. */
START_TEST(bytes_and_halfwords_are_those_of_the_register_named)
{
    x64_store_sized(&code, 1, x64_at(RAX, 0), RSI);
    x64_store_sized(&code, 1, x64_at(RAX, 0), R9);
    x64_store_sized(&code, 2, x64_at(R10, 2), RDI);
    x64_store_sized(&code, 4, x64_at(RCX, 4), R11);
    x64_store_sized(&code, 8, x64_at(RCX, 8), RBP);
    reads_as("mov byte ptr [rax], sil; mov byte ptr [rax], r9b; mov word ptr [r10 + 2], di; "
             "mov dword ptr [rcx + 4], r11d; mov qword ptr [rcx + 8], rbp");
    x64_setcc(&code, CC_NE, RDI);
    x64_op_reg8(&code, false, X64_MOVZX8, RAX, RSI);
    x64_op_reg8(&code, true, X64_MOVSX8, R8, RDI);
    reads_as("setne dil; movzx eax, sil; movsx r8, dil");
}
END_TEST

START_TEST(vector_moves_read_as_written)
{
    x64_op_mem(&code, false, X64_MOVUPS_LOAD, 9, x64_at(RCX, 0));
    x64_op_mem(&code, false, X64_MOVUPS_STORE, 1, x64_at(R8, 16));
    x64_op_mem(&code, false, X64_MOVQ_LOAD, 12, x64_indexed(RCX, R9, 0, 0));
    x64_op_mem(&code, false, X64_MOVQ_STORE, 2, x64_at(RAX, 0));
    x64_op_mem(&code, false, X64_MOVD_LOAD, 3, x64_at(RAX, 0));
    x64_op_reg(&code, true, X64_MOVD_LOAD, 10, R11);
    x64_op_reg(&code, false, X64_MOVD_STORE, 11, RDX);
    x64_op_reg(&code, false, X64_MOVAPS, 8, 4);
    reads_as("movups xmm9, xmmword ptr [rcx]; movups xmmword ptr [r8 + 0x10], xmm1; "
             "movq xmm12, qword ptr [rcx + r9]; movq qword ptr [rax], xmm2; "
             "movd xmm3, dword ptr [rax]; movq xmm10, r11; movd edx, xmm11; movaps xmm8, xmm4");
}
END_TEST

/* Of each map and prefix, low and high registers; SSE has two operands, so a move comes first. */
START_TEST(vector_operations_read_as_written)
{
    static const struct {
        unsigned op;
        const char *name;
    } ops[] = {{X64_PADDB, "paddb"},          {X64_PANDN, "pandn"},     {X64_PSHUFB, "pshufb"},
               {X64_PMULLD, "pmulld"},        {X64_PCMPGTQ, "pcmpgtq"}, {X64_AESENC, "aesenc"},
               {X64_PUNPCKLQDQ, "punpcklqdq"}};
    char expected[128];

    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++)
        for (unsigned reg = 0; reg < 14; reg++) {
            x64_v3(&code, true, ops[i].op, reg, reg + 1, reg + 2);
            x64_v3(&code, false, ops[i].op, reg, reg, reg + 2);
            x64_v3(&code, false, ops[i].op, reg, reg + 1, reg + 2);
            snprintf(expected, sizeof(expected),
                     "v%s xmm%u, xmm%u, xmm%u; %s xmm%u, xmm%u; movaps xmm%u, xmm%u; "
                     "%s xmm%u, xmm%u",
                     ops[i].name, reg, reg + 1, reg + 2, ops[i].name, reg, reg + 2, reg, reg + 1,
                     ops[i].name, reg, reg + 2);
            reads_as(expected);
        }
    x64_v3(&code, true, X64_VPSLLVQ, 1, 9, 2);
    x64_v3(&code, true, X64_VPSLLVD, 9, 1, 10);
    x64_v3(&code, true, X64_MOVSD, 1, 2, 3);
    reads_as("vpsllvq xmm1, xmm9, xmm2; vpsllvd xmm9, xmm1, xmm10; vmovsd xmm1, xmm2, xmm3");
}
END_TEST

START_TEST(vector_operations_with_immediates_read_as_written)
{
    for (unsigned avx = 0; avx < 2; avx++) {
        x64_v2(&code, avx, X64_PSHUFD, 9, 3);
        x64_u8(&code, 0xee);
        x64_v2(&code, avx, X64_PEXTRW, R10, 12);
        x64_u8(&code, 7);
        x64_v3(&code, avx, X64_PINSRD, 9, 9, R8);
        x64_u8(&code, 3);
        x64_vshift(&code, avx, X64_PSRLW, 9, 9, 4);
        x64_vshift(&code, avx, X64_PSLLDQ, 1, 1, 15);
        reads_as(avx ? "vpshufd xmm9, xmm3, 0xee; vpextrw r10d, xmm12, 7; "
                       "vpinsrd xmm9, xmm9, r8d, 3; vpsrlw xmm9, xmm9, 4; vpslldq xmm1, xmm1, 0xf"
                     : "pshufd xmm9, xmm3, 0xee; pextrw r10d, xmm12, 7; pinsrd xmm9, r8d, 3; "
                       "psrlw xmm9, 4; pslldq xmm1, 0xf");
    }
    x64_vshift(&code, false, X64_PSRAD, 2, 11, 31);
    x64_vshift(&code, true, X64_PSRAD, 12, 11, 31);
    reads_as("movaps xmm2, xmm11; psrad xmm2, 0x1f; vpsrad xmm12, xmm11, 0x1f");
}
END_TEST

START_TEST(vector_constants_are_addressed_from_behind_the_instruction)
{
    x64_land_at(&code, x64_v3_rip(&code, true, X64_PSHUFB, 9, 3), buffer + 0x40);
    x64_land_at(&code, x64_v3_rip(&code, false, X64_PSHUFB, 9, 3), buffer + 0x40);
    x64_land_at(&code, x64_vload_rip(&code, 10), buffer + 0x40);
    reads_as("vpshufb xmm9, xmm3, xmmword ptr [rip + 0x37]; movaps xmm9, xmm3; "
             "pshufb xmm9, xmmword ptr [rip + 0x29]; movaps xmm10, xmmword ptr [rip + 0x21]");
}
END_TEST

START_TEST(three_operand_forms_read_as_written)
{
    x64_rorx(&code, false, RCX, R12, 7);
    x64_shiftx(&code, true, SHIFT_SHL, R8, RSI, RDX);
    x64_shiftx(&code, false, SHIFT_SHR, RAX, R9, R10);
    x64_shiftx(&code, true, SHIFT_SAR, RBP, RAX, RCX);
    reads_as("rorx ecx, r12d, 7; shlx r8, rsi, rdx; shrx eax, r9d, r10d; sarx rbp, rax, rcx");
}
END_TEST

START_TEST(calls_and_the_stack_read_as_written)
{
    uint8_t *call = x64_call(&code), *lea;

    x64_land(&code, call);
    lea = x64_lea_rip(&code, RSI);
    x64_land(&code, lea);
    x64_push(&code, R12);
    x64_pop(&code, RBP);
    x64_push_mem(&code, x64_at(RBX, 0x20));
    x64_call_mem(&code, x64_at(RAX, 8));
    x64_jmp_mem(&code, x64_at(R9, 0));
    x64_jmp_reg(&code, R10);
    x64_call_reg(&code, RAX);
    x64_ret(&code);
    reads_as("call 0x1005; lea rsi, [rip]; push r12; pop rbp; push qword ptr [rbx + 0x20]; "
             "call qword ptr [rax + 8]; jmp qword ptr [r9]; jmp r10; call rax; ret");
}
END_TEST

START_TEST(constants_take_the_shortest_form_that_holds_them)
{
    static const struct {
        uint64_t value;
        unsigned size;
        const char *text;
    } rows[] = {{0, 5, "mov ecx, 0"},
                {0x80000000, 5, "mov ecx, 0x80000000"},
                {0xffffffff, 5, "mov ecx, 0xffffffff"},
                {0x100000000, 10, "movabs rcx, 0x100000000"},
                {~0ull, 7, "mov rcx, -1"},
                {0xffffffff80000000, 7, "mov rcx, -0x80000000"},
                {0xffffffff7fffffff, 10, "movabs rcx, 0xffffffff7fffffff"}};

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        x64_mov_imm(&code, RCX, rows[i].value);
        ck_assert_uint_eq((unsigned)(code.at - buffer), rows[i].size);
        reads_as(rows[i].text);
    }
}
END_TEST

START_TEST(bytes_are_filled_with_as_few_nops_as_hold_them)
{
    static const struct {
        unsigned bytes;
        const char *text;
    } rows[] = {{0, ""},
                {1, "nop"},
                {2, "nop"},
                {3, "nop dword ptr [rax]"},
                {4, "nop dword ptr [rax]"},
                {5, "nop dword ptr [rax + rax]"},
                {6, "nop word ptr [rax + rax]"},
                {7, "nop dword ptr [rax]"},
                {8, "nop dword ptr [rax + rax]"},
                {9, "nop word ptr [rax + rax]"},
                {20, "nop word ptr [rax + rax]; nop word ptr [rax + rax]; nop"}};

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        x64_nop(&code, rows[i].bytes);
        ck_assert_uint_eq((unsigned)(code.at - buffer), rows[i].bytes);
        reads_as(rows[i].text);
    }
}
END_TEST

START_TEST(shifts_and_complements_read_as_written)
{
    x64_shift_imm(&code, true, SHIFT_SHL, RAX, 63);
    x64_shift_imm(&code, false, SHIFT_SHR, RDX, 31);
    x64_shift_imm(&code, true, SHIFT_SAR, RCX, 2);
    x64_shift_imm(&code, false, SHIFT_ROR, RAX, 7);
    reads_as("shl rax, 0x3f; shr edx, 0x1f; sar rcx, 2; ror eax, 7");
    x64_not(&code, true, RCX);
    x64_not(&code, false, RDX);
    reads_as("not rcx; not edx");
}
END_TEST

START_TEST(locked_and_byte_forms_read_as_written)
{
    static const char *const sized[] = {
        [1] = "lock cmpxchg byte ptr [r9], sil; xadd byte ptr [rcx], dl; xchg byte ptr [rcx], r10b",
        [2] = "lock cmpxchg word ptr [r9], si; xadd word ptr [rcx], dx; xchg word ptr [rcx], r10w",
        [4] = "lock cmpxchg dword ptr [r9], esi; xadd dword ptr [rcx], edx; "
              "xchg dword ptr [rcx], r10d",
        [8] = "lock cmpxchg qword ptr [r9], rsi; xadd qword ptr [rcx], rdx; "
              "xchg qword ptr [rcx], r10",
    };

    x64_alu_mem_imm8(&code, ALU_OR, x64_at(RBX, 5), 0xf0);
    x64_alu_mem_imm8(&code, ALU_CMP, x64_at(R12, 0), 0);
    x64_test_mem_imm8(&code, x64_at(RDX, 4), 1);
    x64_store_imm8(&code, x64_at(RBX, 1), 8);
    x64_u8(&code, X64_LOCK);
    x64_alu_mem_imm(&code, false, ALU_OR, x64_at(RSP, 0), 0);
    reads_as("or byte ptr [rbx + 5], 0xf0; cmp byte ptr [r12], 0; test byte ptr [rdx + 4], 1; "
             "mov byte ptr [rbx + 1], 8; lock or dword ptr [rsp], 0");
    for (unsigned size = 1; size <= 8; size *= 2) {
        x64_u8(&code, X64_LOCK);
        x64_op_sized(&code, size, X64_CMPXCHG, RSI, x64_at(R9, 0));
        x64_op_sized(&code, size, X64_XADD, RDX, x64_at(RCX, 0));
        x64_op_sized(&code, size, X64_XCHG, R10, x64_at(RCX, 0));
        reads_as(sized[size]);
    }
}
END_TEST

/* Opcodes above 0xff are escaped by 0x0f, behind the REX prefix. */
START_TEST(escaped_opcodes_read_as_written)
{
    x64_op_reg(&code, false, 0x0fb6, RDX, RDX);
    x64_op_mem(&code, true, 0x0fbe, RAX, x64_at(RAX, 0));
    x64_op_mem(&code, false, 0x0fb7, RAX, x64_at(RCX, 0x14));
    x64_op_reg(&code, true, 0x0faf, RAX, RCX);
    x64_cmov(&code, true, CC_G, RCX, RDX);
    reads_as("movzx edx, dl; movsx rax, byte ptr [rax]; movzx eax, word ptr [rcx + 0x14]; "
             "imul rax, rcx; cmovg rcx, rdx");
}
END_TEST

static const struct {
    enum x64_cond cond;
    const char *suffix;
} conditions[] = {{CC_O, "o"}, {CC_NO, "no"}, {CC_B, "b"},   {CC_AE, "ae"},
                  {CC_E, "e"}, {CC_NE, "ne"}, {CC_BE, "be"}, {CC_A, "a"},
                  {CC_S, "s"}, {CC_NS, "ns"}, {CC_P, "p"},   {CC_NP, "np"},
                  {CC_L, "l"}, {CC_GE, "ge"}, {CC_LE, "le"}, {CC_G, "g"}};

START_TEST(every_condition_sets_bytes_and_jumps_as_named)
{
    char expected[96];

    for (unsigned i = 0; i < ARRAY_SIZE(conditions); i++) {
        uint8_t *jump;

        x64_setcc_mem(&code, conditions[i].cond, x64_at(RDI, 0x148));
        jump = x64_jcc(&code, conditions[i].cond);
        ck_assert_ptr_eq(jump, code.at);
        x64_land(&code, jump);
        snprintf(expected, sizeof(expected), "set%s byte ptr [rdi + 0x148]; j%s 0x%x",
                 conditions[i].suffix, conditions[i].suffix, AT + 7 + 6);
        reads_as(expected);
    }
}
END_TEST

START_TEST(jumps_land_forwards_and_backwards)
{
    uint8_t *over, *start = code.at;

    over = x64_jmp(&code);
    x64_u8(&code, 0x90);
    x64_land(&code, over);
    x64_jmp_to(&code, start);
    reads_as("jmp 0x1006; nop; jmp 0x1000");
}
END_TEST

/* The end of the buffer may fall anywhere in an instruction. */
START_TEST(a_full_buffer_is_reported_and_nothing_is_written_behind_it)
{
    for (unsigned room = 0; room < 40; room++) {
        uint8_t *jump;

        memset(buffer, 0xcc, sizeof(buffer));
        code = (struct x64){.at = buffer, .end = buffer + room};
        x64_mov_imm(&code, RAX, 1ull << 40);
        jump = x64_jcc(&code, CC_E);
        x64_load(&code, true, RAX, x64_at(RDI, 0x1000));
        x64_mov_imm(&code, RCX, 1ull << 40);
        x64_alu_mem_imm(&code, true, ALU_CMP, x64_at(RDI, 0), 1);
        x64_land(&code, jump);
        ck_assert_int_eq(code.full, room < 10 + 6 + 7 + 10 + 4);
        for (unsigned i = room; i < sizeof(buffer); i++)
            ck_assert_uint_eq(buffer[i], 0xcc);
    }
}
END_TEST

static Suite *x64_suite(void)
{
    Suite *suite = suite_create("x64");
    TCase *tc = tcase_create("x64");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, arithmetic_between_registers_reads_as_written);
    tcase_add_test(tc, loads_and_stores_read_as_written);
    tcase_add_test(tc, every_index_and_scale_reads_as_written);
    tcase_add_test(tc, immediates_take_a_byte_where_it_serves);
    tcase_add_test(tc, bytes_and_halfwords_are_those_of_the_register_named);
    tcase_add_test(tc, vector_moves_read_as_written);
    tcase_add_test(tc, vector_operations_read_as_written);
    tcase_add_test(tc, vector_operations_with_immediates_read_as_written);
    tcase_add_test(tc, vector_constants_are_addressed_from_behind_the_instruction);
    tcase_add_test(tc, three_operand_forms_read_as_written);
    tcase_add_test(tc, calls_and_the_stack_read_as_written);
    tcase_add_test(tc, constants_take_the_shortest_form_that_holds_them);
    tcase_add_test(tc, bytes_are_filled_with_as_few_nops_as_hold_them);
    tcase_add_test(tc, shifts_and_complements_read_as_written);
    tcase_add_test(tc, locked_and_byte_forms_read_as_written);
    tcase_add_test(tc, escaped_opcodes_read_as_written);
    tcase_add_test(tc, every_condition_sets_bytes_and_jumps_as_named);
    tcase_add_test(tc, jumps_land_forwards_and_backwards);
    tcase_add_test(tc, a_full_buffer_is_reported_and_nothing_is_written_behind_it);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(x64_suite());
}
