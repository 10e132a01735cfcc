/* Capstone as a peer: a library instead of a command. */
#ifndef ULNA_TESTS_DECODE_CAPSTONE_H
#define ULNA_TESTS_DECODE_CAPSTONE_H

#include "peer.h"

/* As peer_ask(). Capstone knows the preferred aliases only: for the canonical name of one, it is
 * `translator` that says of what it is an alias, if it prefers the same one for the word. */
bool capstone_ask(const struct peer *translator, bool canonical, const uint32_t *words,
                  size_t count, peer_tell *tell, void *opaque);

#endif
