#include "far_reference.h"

#include <string.h>

enum {
    QUEUE_US = 60000,   // how far behind its times a loudspeaker is taken to be
    SETTLE_BLOCKS = 12, // in which a thread that began late has made up for it
    FORGET_US = 10,     // a block: 1 ms a second, more than clocks drift apart
    SLIP_US = 8000,     // the clocks have drifted apart by almost a block: leave one out, or wait for one
    DRY_BLOCKS = 30,    // nothing was handed over for so long: it has stopped
    CLOSED_US = 2000000 // later than any thread: the microphone was closed
};

_Static_assert(sizeof(struct far_block) <= sizeof(uint64_t[FAR_REFERENCE_WORDS]), "a slot holds a block");

void far_reference_init(struct far_reference *r)
{
    memset(r, 0, sizeof *r);
}

// Who asks for blocks faster than they can be played puts them into a queue, and they are heard the later: their times,
// which know of no queue, must not make them earlier than one after the other. But a device's first blocks may just
// have been told late: as long as that can be, the earliest is right, since a canceller finds an echo that comes some
// time after its reference, and none that comes before it.
static uint64_t really_heard(struct far_reference *r, uint64_t number, uint64_t told_us)
{
    uint64_t place = number * BLOCK_CLOCK_BLOCK_US;
    int64_t start = (int64_t)(block_clock_tell(&r->played, number, told_us) - place);
    bool settles = r->played.count <= SETTLE_BLOCKS; // it counts from the beginning, and from each pause
    int64_t before = atomic_load_explicit(&r->start_us, memory_order_relaxed);
    start = settles ? start : CLAMP(before - FORGET_US, start, start + QUEUE_US);
    atomic_store_explicit(&r->start_us, start, memory_order_relaxed);
    return (uint64_t)start + place;
}

void far_reference_push(struct far_reference *r, const int16_t *samples, uint64_t told_us)
{
    uint64_t words[FAR_REFERENCE_WORDS], number = atomic_load_explicit(&r->written, memory_order_relaxed);
    uint64_t heard_us = really_heard(r, number, told_us);
    words[0] = heard_us;
    memcpy(words + 1, samples, AUDIO_BLOCK * sizeof *samples);
    _Atomic uint64_t *slot = r->slots[number % FAR_REFERENCE_BLOCKS];
    atomic_store_explicit(&r->begun, number + 1, memory_order_relaxed);
    for (size_t i = 0; i < FAR_REFERENCE_WORDS; i++)
        atomic_store_explicit(&slot[i], words[i], memory_order_release); // not before `begun` is seen
    atomic_store_explicit(&r->newest_us, heard_us, memory_order_relaxed);
    atomic_store_explicit(&r->written, number + 1, memory_order_release);
}

// What was played while the microphone was closed is not lost.
static void lose(struct far_reference *r, uint64_t blocks)
{
    if (!r->returns)
        atomic_fetch_add_explicit(&r->lost, blocks, memory_order_relaxed);
}

// The oldest block that is still whole into `held`. False: there is none.
static bool hold(struct far_reference *r)
{
    uint64_t words[FAR_REFERENCE_WORDS];
    while (!r->holding) {
        uint64_t written = atomic_load_explicit(&r->written, memory_order_acquire);
        if (r->read == written)
            return false;
        if (written - r->read > FAR_REFERENCE_BLOCKS) {
            lose(r, written - FAR_REFERENCE_BLOCKS - r->read);
            r->read = written - FAR_REFERENCE_BLOCKS;
        }
        _Atomic uint64_t *slot = r->slots[r->read % FAR_REFERENCE_BLOCKS];
        for (size_t i = 0; i < FAR_REFERENCE_WORDS; i++)
            words[i] = atomic_load_explicit(&slot[i], memory_order_acquire); // `begun` is looked at after it
        r->holding = atomic_load_explicit(&r->begun, memory_order_relaxed) <= r->read + FAR_REFERENCE_BLOCKS;
        if (r->holding)
            r->held.heard_us = words[0];
        else
            lose(r, 1);
        r->read++;
    }
    memcpy(r->held.samples, words + 1, sizeof r->held.samples);
    return true;
}

// By what has been learnt since it was handed over, too: else the blocks after it overtook it, and were left out.
static int64_t later_us(const struct far_reference *r, uint64_t capture_us)
{
    int64_t start = atomic_load_explicit(&r->start_us, memory_order_relaxed);
    int64_t now = start + (int64_t)((r->read - 1) * BLOCK_CLOCK_BLOCK_US);
    return MIN((int64_t)r->held.heard_us, now) - (int64_t)capture_us;
}

static bool next(struct far_reference *r)
{
    return r->holding || hold(r);
}

// To the block nearest in time; `within_us`: it may be so far off. False: there is none, or not yet.
static bool seek(struct far_reference *r, uint64_t capture_us, int64_t within_us)
{
    while (next(r) && later_us(r, capture_us) < -within_us) {
        r->holding = false;
        r->skipped++;
    }
    return r->holding && later_us(r, capture_us) <= within_us;
}

bool far_reference_take(struct far_reference *r, uint64_t capture_us, int16_t out[AUDIO_BLOCK])
{
    r->returns = r->taken == 0 || capture_us > r->told_us + CLOSED_US;
    r->told_us = capture_us;
    capture_us = block_clock_tell(&r->recorded, r->taken++, capture_us);
    r->dry = next(r) ? 0 : r->dry + 1;
    r->running = r->running && r->dry <= DRY_BLOCKS;
    // In sequence as long as that is nearly right: a canceller takes any delay, but each change of it is learnt anew.
    bool found = seek(r, capture_us, r->running ? SLIP_US : BLOCK_CLOCK_BLOCK_US / 2);
    if (!found) {
        memset(out, 0, AUDIO_BLOCK * sizeof *out);
        return false;
    }
    r->running = true;
    memcpy(out, r->held.samples, sizeof r->held.samples);
    r->holding = false;
    return true;
}

uint64_t far_reference_delay_us(const struct far_reference *r, uint64_t capture_us)
{
    uint64_t newest = atomic_load_explicit(&r->newest_us, memory_order_relaxed);
    return newest > capture_us ? newest - capture_us : 0;
}
