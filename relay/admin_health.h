// Is the media path alive? The relay sends itself an authenticated datagram through its own UDP port, one to each
// worker, and wants every answer (PROTOCOL.md §8).
#ifndef PARLOUR_ADMIN_HEALTH_H
#define PARLOUR_ADMIN_HEALTH_H

#include "shared/addr.h"
#include "shared/base.h"

enum { ADMIN_HEALTH_WHY = 128, ADMIN_HEALTH_TRY_US = 300000, ADMIN_HEALTH_TRIES = 3 };

struct admin_health {
    uint8_t key[16];
    struct addr media; // as bound
    unsigned workers;
};

// Waits for the answers, at most ADMIN_HEALTH_TRIES times ADMIN_HEALTH_TRY_US. False with one reason in `why`.
MUST_USE bool admin_health_check(const struct admin_health *h, char why[ADMIN_HEALTH_WHY]);

#endif
