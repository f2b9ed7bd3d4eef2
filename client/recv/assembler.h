// Pure: opened RTP payloads of one video slot -> whole H.264 Annex B frames in order (RFC 6184: single NAL units,
// STAP-A, FU-A). Input is foreign: nothing in it can reach outside the buffers. A frame that cannot be completed is
// given up and everything after it dropped until a keyframe is complete.
#ifndef PARLOUR_ASSEMBLER_H
#define PARLOUR_ASSEMBLER_H

#include "shared/base.h"

enum {
    ASSEMBLER_PADDING = 64,    // zero bytes behind a frame's data, as decoders want
    ASSEMBLER_HOLE_US = 20000, // a hole is given up after this, unless assembler_set_patience says otherwise, and
    ASSEMBLER_HOLE_NEWER = 3   // so many datagrams of a later frame
};

struct recv_frame {
    uint8_t *data; // Annex B, malloced, followed by ASSEMBLER_PADDING zeros; whoever holds the struct frees it
    size_t size;
    uint32_t ts;         // 90 kHz, the sender's
    uint64_t arrived_us; // when its last missing datagram came
    bool keyframe;       // mark I and an IDR inside
    bool behind;         // something newer is shown already: what comes next builds on it, but it is not shown itself
    uint32_t room_us;    // so late a repaired one may come; who passes it on fills it in
};

struct assembler_figures {
    uint64_t datagrams, duplicates, late, malformed;  // late: of a frame already given up or handed out
    uint64_t lost;                                    // numbers that never came
    uint64_t frames, frames_given_up, frames_skipped; // skipped: whole, but waiting for a keyframe
};

struct assembler;

struct assembler *assembler_create(void);
void assembler_destroy(struct assembler *a); // NULL is fine
// How long a hole is waited for: as long as a repair may still fill it. At most WIRE_JITTER_MS.
void assembler_set_patience(struct assembler *a, uint32_t us);
void assembler_reset(struct assembler *a); // a new key or slot: numbers start anew, wait for a keyframe

// One opened payload. `number` is contiguous over the slot's datagrams (the SFrame counter; any start). `mark` is the
// wire's mark byte. The payload is copied. Bounded: 512 datagrams, 4 MiB, 1 s; what does not fit pushes the oldest
// frame out (given up).
void assembler_push(struct assembler *a, uint32_t number, uint32_t ts, uint8_t mark, const uint8_t *payload,
                    size_t size, uint64_t now_us);
// The next frame in order, moved to *out (free out->data). False when none is ready. Call until false after each push
// and at each deadline.
bool assembler_pop(struct assembler *a, uint64_t now_us, struct recv_frame *out);
// True while frames are being dropped for want of a keyframe: ask the sender for one (at most each 300 ms).
bool assembler_needs_refresh(const struct assembler *a);
// When assembler_pop should be called again without a push (a hole's time is up); UINT64_MAX = never.
uint64_t assembler_deadline(const struct assembler *a);
void assembler_get_figures(const struct assembler *a, struct assembler_figures *out);

#endif
