// What the loudspeaker plays, on its way from the playback thread to the capture thread, and found again there by the
// time at which it is heard: the block for each of the microphone's. The ring is lock-free; full, the oldest goes.
// Pure: time comes with the blocks.
#ifndef PARLOUR_FAR_REFERENCE_H
#define PARLOUR_FAR_REFERENCE_H

#include "audio_block.h"
#include "block_clock.h"

#include <stdatomic.h>

enum {
    FAR_REFERENCE_BLOCKS = 64, // more than what the longest device buffers hold
    FAR_REFERENCE_WORDS = AUDIO_BLOCK / 4 + 1
};

struct far_block {
    uint64_t heard_us; // CLOCK_MONOTONIC of the first sample
    int16_t samples[AUDIO_BLOCK];
};

struct far_reference {
    // Between the two threads. A slot is read while it may be written, word by word; what was torn is thrown away.
    _Atomic uint64_t slots[FAR_REFERENCE_BLOCKS][FAR_REFERENCE_WORDS];
    _Atomic uint64_t begun, written; // blocks so far, by the playback thread
    _Atomic uint64_t lost;           // blocks overwritten before they were read, the microphone being open
    _Atomic uint64_t newest_us;      // when the newest is heard
    _Atomic int64_t start_us;        // when block 0 was, or would have been: as the newest says

    // Of the playback thread.
    struct block_clock played;

    // Of the capture thread.
    uint64_t read, taken;
    struct block_clock recorded;
    uint64_t told_us; // of the last block taken
    bool returns;     // the microphone does, with the block being taken
    bool holding, running;
    struct far_block held; // the oldest, taken out of the ring: number `read` - 1
    unsigned dry;          // blocks asked for in vain, in a row
    uint64_t skipped;
};

void far_reference_init(struct far_reference *r);
// Playback thread alone: a block that is heard at told_us as far as that thread knows, which may run late. Waits for
// nothing.
void far_reference_push(struct far_reference *r, const int16_t *samples, uint64_t told_us);
// Capture thread alone: what is heard while the block beginning at capture_us is recorded, always one block for one.
// False: nothing is known to be heard then, and `out` is silence.
bool far_reference_take(struct far_reference *r, uint64_t capture_us, int16_t out[AUDIO_BLOCK]);
// Capture thread: how much later than the block beginning at capture_us what is handed over now is heard: the buffers
// of both devices. 0 = nothing was handed over lately.
uint64_t far_reference_delay_us(const struct far_reference *r, uint64_t capture_us);

#endif
