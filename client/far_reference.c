#include "far_reference.h"

#include <string.h>

enum {
    BLOCK_US = 10000,
    LOST_US = 60000, // farther apart than this: a device has stopped in between, look for the place again
    SLIP_US = 8000,  // the clocks have drifted apart by almost a block: leave one out, or wait for one
    DRY_BLOCKS = 5,  // nothing was handed over for so long: it has stopped
    SMOOTHING = 32
};

_Static_assert(sizeof(struct far_block) <= sizeof(uint64_t[FAR_REFERENCE_WORDS]), "a slot holds a block");

void far_reference_init(struct far_reference *r)
{
    memset(r, 0, sizeof *r);
}

void far_reference_push(struct far_reference *r, const int16_t *samples, uint64_t heard_us)
{
    uint64_t words[FAR_REFERENCE_WORDS], number = atomic_load_explicit(&r->written, memory_order_relaxed);
    words[0] = heard_us;
    memcpy(words + 1, samples, FAR_REFERENCE_BLOCK * sizeof *samples);
    _Atomic uint64_t *slot = r->slots[number % FAR_REFERENCE_BLOCKS];
    atomic_store_explicit(&r->begun, number + 1, memory_order_relaxed);
    for (size_t i = 0; i < FAR_REFERENCE_WORDS; i++)
        atomic_store_explicit(&slot[i], words[i], memory_order_release); // not before `begun` is seen
    atomic_store_explicit(&r->newest_us, heard_us, memory_order_relaxed);
    atomic_store_explicit(&r->written, number + 1, memory_order_release);
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
            atomic_fetch_add_explicit(&r->lost, written - FAR_REFERENCE_BLOCKS - r->read, memory_order_relaxed);
            r->read = written - FAR_REFERENCE_BLOCKS;
        }
        _Atomic uint64_t *slot = r->slots[r->read % FAR_REFERENCE_BLOCKS];
        for (size_t i = 0; i < FAR_REFERENCE_WORDS; i++)
            words[i] = atomic_load_explicit(&slot[i], memory_order_acquire); // `begun` is looked at after it
        r->holding = atomic_load_explicit(&r->begun, memory_order_relaxed) <= r->read + FAR_REFERENCE_BLOCKS;
        if (!r->holding)
            atomic_fetch_add_explicit(&r->lost, 1, memory_order_relaxed);
        r->read++;
    }
    r->held.heard_us = words[0];
    memcpy(r->held.samples, words + 1, sizeof r->held.samples);
    return true;
}

static double later_us(const struct far_reference *r, uint64_t capture_us)
{
    return (double)(int64_t)(r->held.heard_us - capture_us);
}

static bool next(struct far_reference *r)
{
    return r->holding || hold(r);
}

static void skip(struct far_reference *r)
{
    r->holding = false;
    r->skipped++;
}

// The block nearest in time, or none.
static bool seek(struct far_reference *r, uint64_t capture_us)
{
    while (next(r) && later_us(r, capture_us) < -BLOCK_US / 2)
        skip(r);
    r->running = r->holding && later_us(r, capture_us) <= BLOCK_US / 2;
    r->error_us = r->running ? later_us(r, capture_us) : 0;
    return r->running;
}

// In sequence, but for one block now and then: times come with the jitter of two threads.
static bool follow(struct far_reference *r, uint64_t capture_us)
{
    r->error_us += (later_us(r, capture_us) - r->error_us) / SMOOTHING;
    if (r->error_us > SLIP_US) {
        r->error_us -= BLOCK_US;
        return false;
    }
    if (r->error_us < -SLIP_US) {
        r->error_us += BLOCK_US;
        skip(r);
        return next(r);
    }
    return true;
}

bool far_reference_take(struct far_reference *r, uint64_t capture_us, int16_t out[FAR_REFERENCE_BLOCK])
{
    bool found = next(r);
    r->dry = found ? 0 : r->dry + 1;
    r->running = r->running && r->dry <= DRY_BLOCKS;
    bool near = found && later_us(r, capture_us) < LOST_US && later_us(r, capture_us) > -LOST_US;
    if (found)
        found = r->running && near ? follow(r, capture_us) : seek(r, capture_us);
    if (!found) {
        memset(out, 0, FAR_REFERENCE_BLOCK * sizeof *out);
        r->filled++;
        return false;
    }
    memcpy(out, r->held.samples, sizeof r->held.samples);
    r->holding = false;
    return true;
}

uint64_t far_reference_delay_us(const struct far_reference *r, uint64_t capture_us)
{
    uint64_t newest = atomic_load_explicit(&r->newest_us, memory_order_relaxed);
    return newest > capture_us ? newest - capture_us : 0;
}
