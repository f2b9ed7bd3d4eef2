// Pure: CPace, a balanced password-authenticated key exchange (draft-irtf-cfrg-cpace-21), suite CPACE-RISTR255-SHA512
// in the initiator-responder setting, and what a room's passphrase is turned into for it (PROTOCOL.md §6, §12).
// Whoever does not know the password learns from a run whether one guess was right, and nothing else.
#ifndef PARLOUR_CPACE_H
#define PARLOUR_CPACE_H

#include "base.h"

enum {
    CPACE_SHARE = 32,
    CPACE_ISK = 64,       // the draft's intermediate session key
    CPACE_FIELD_MAX = 127 // of password, channel identifier, session id, associated data: lengths are one byte LEB128
};
// Argon2id of a passphrase (libsodium's INTERACTIVE, 64 MiB): about 0.1 s, once when a person joins. CPace gives nobody
// anything to try passphrases on; this only slows down who has stolen a root.
#define CPACE_ROOT_PASSES    2
#define CPACE_ROOT_MEMORY    67108864
#define CPACE_ROOT_SALT_TEXT "parlour passphrase 1"

struct cpace_text {
    const void *data;
    size_t size;
};

// One side of a run. A secret; wipe it when done.
struct cpace {
    uint8_t scalar[32], share[CPACE_SHARE];
};

// The 32 bytes that stand for a passphrase in every run. False when there is no memory for it.
MUST_USE bool cpace_root(uint8_t root[32], const char *passphrase, size_t length);

// §7.3 calculate_generator: the group element both sides start from, encoded. False when a field is too long.
MUST_USE bool cpace_generator(uint8_t generator[32], struct cpace_text password, struct cpace_text channel,
                              struct cpace_text session);
// A fresh scalar and the share (Ya or Yb) to be sent. False when a field is too long.
MUST_USE bool cpace_begin(struct cpace *c, struct cpace_text password, struct cpace_text channel,
                          struct cpace_text session);
// The key, from the other's share. `a` and `b` are the associated data of initiator and responder. False when the share
// is no group element, or is the identity, or a field is too long: nothing is learnt then.
MUST_USE bool cpace_finish(uint8_t isk[CPACE_ISK], const struct cpace *c, bool initiator, const uint8_t share[32],
                           struct cpace_text session, struct cpace_text a, struct cpace_text b);

#endif
