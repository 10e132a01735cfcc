/* The block cipher QARMA-64 (R. Avanzi, "The QARMA Block Cipher Family", 2016) as pointer
 * authentication uses it: DDI 0487, shared pseudocode ComputePAC(). */
#ifndef ULNA_CPU_QARMA_H
#define ULNA_CPU_QARMA_H

#include <stdint.h>

enum qarma {
    QARMA5, /* five rounds, S-box sigma 2 */
    QARMA3, /* three rounds, S-box sigma 1 */
};

/* `text` encrypted with the tweak and the key high:low. */
uint64_t qarma_encrypt(enum qarma variant, uint64_t text, uint64_t tweak, uint64_t high,
                       uint64_t low);

#endif
