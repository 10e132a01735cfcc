/* Thunks for the prologues of memory copies and sets. Private to cpu/jit/. */
#ifndef ULNA_CPU_JIT_BLOCK_OPS_H
#define ULNA_CPU_JIT_BLOCK_OPS_H

#include "cpu/jit/x64.h"

/* RSI: the call_record of a `copy` or `fill`, as for thunks->helper, which stands at `otherwise`.
 * RBX, R14, R15 are kept, and nothing else; all guest registers are in struct cpu. */
void block_ops_write_copy(struct x64 *c, const uint8_t *otherwise);
void block_ops_write_fill(struct x64 *c, const uint8_t *otherwise);

#endif
