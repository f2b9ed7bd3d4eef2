// HELLO, CHALLENGE, PROOF: how an address becomes a member's (join, resume after a restart, move). Part of the core.
// Until a PROOF is right nothing is kept, and nothing longer than what came goes out.
#ifndef PARLOUR_HANDSHAKE_H
#define PARLOUR_HANDSHAKE_H

#include "shared/ctrl.h"
#include "core.h"

void handshake_hello(struct core *c, const struct wire_header *h, const struct ctrl *hello, const struct addr *from,
                     uint64_t now_us);
void handshake_proof(struct core *c, const struct wire_header *h, const struct ctrl *proof, const uint8_t *p, size_t n,
                     const struct addr *from, uint64_t now_us);
// A session's newest datagram came from another address: ask it to prove itself there.
void handshake_moved(struct core *c, struct table_member *m, const struct addr *from, uint64_t now_us);
// The relay's health check: a PING in one of the rooms nobody has, under the probe key, from this machine.
void handshake_probe(struct core *c, const struct wire_header *h, const struct ctrl *ping, const uint8_t *p, size_t n,
                     const struct addr *from, uint64_t now_us);

#endif
