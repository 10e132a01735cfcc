#include "cpu/jit/jit.h"
bool jit_init(struct cpu *cpu, struct err *err)
{
    (void)cpu;
    return err_set(err, "no jit yet");
}
void jit_fini(struct cpu *cpu)
{
    (void)cpu;
}
void jit_block_created(struct cpu *cpu, struct block *block)
{
    (void)cpu;
    (void)block;
}
void jit_forget_segment(struct cpu *cpu)
{
    (void)cpu;
}
void check_run(struct cpu *cpu, struct block *block)
{
    (void)cpu;
    (void)block;
}
