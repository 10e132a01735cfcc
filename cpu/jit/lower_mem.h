/* What the lowerings of single accesses and of groups share. Private to cpu/jit/lower_mem.c and
 * lower_group.c. */
#ifndef ULNA_CPU_JIT_LOWER_MEM_H
#define ULNA_CPU_JIT_LOWER_MEM_H

#include "cpu/jit/lower.h"

/* Are `size` bytes at `va` on a page that the current bank holds, or, user, that of LDTR and STTR?
 * Then RCX is what to add for the host's address. Uses RDX, which may be `va` and is lost. The
 * result is the jump taken otherwise. */
uint8_t *lower_probe_page(struct lower *l, enum x64_reg va, bool user, bool write, unsigned size);

/* Is a load of so many bytes off the slot to have a latch? */
bool lower_deserves_latch(const struct lower *l, unsigned slot, bool indexed, unsigned size);
/* RCX is what to add to va. `latch` is for where the latch misses, `miss` for where the bank misses
 * as well. */
void lower_probe_latch(struct lower *l, enum x64_reg va, unsigned size, struct stub *latch,
                       struct stub *miss);

/* Where a member of the group that is being lowered finds its bytes. */
struct x64_mem lower_group_access(struct lower *l, const struct uop *uop);

#endif
