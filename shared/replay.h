// Sliding replay window over 48-bit numbers (RFC 6479's idea with a plain ring of words).
#ifndef PARLOUR_REPLAY_H
#define PARLOUR_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

enum { REPLAY_WINDOW = 4096, REPLAY_WINDOW_SFRAME = 1024 };

struct replay {
    uint64_t newest;                       // 0 = nothing yet
    uint64_t bits[REPLAY_WINDOW / 64 + 1]; // one word more, so that clearing the newest word never eats into the window
};

enum replay_verdict {
    REPLAY_NEW,      // inside the window or a little ahead, not seen
    REPLAY_SEEN,     // a copy
    REPLAY_OLD,      // behind the window
    REPLAY_FAR_AHEAD // more than a window ahead: believed only when confirmed
};

// Look without changing anything. `number` starts at 1; 0 is always old.
enum replay_verdict replay_check(const struct replay *r, uint64_t number, unsigned window);
// Record a number whose datagram has proved itself.
void replay_commit(struct replay *r, uint64_t number);
// Begin anew where everything up to `number` counts as seen.
void replay_begin_after(struct replay *r, uint64_t number);
// The full number nearest to the newest one that has these low 32 bits (WIRE §1).
uint64_t replay_unwrap(const struct replay *r, uint32_t low);

#endif
