#include "audio_processing.h"

#include "canceller.h"
#include "far_reference.h"

#include <math.h>
#include <stdlib.h>

enum {
    BLOCKS_SPAN = 300, // 3 s: over which the echo return loss enhancement is taken
    LEVEL_SPAN = 30,
    DELAY = 672,     // measured, and held by a test
    TAIL_BLOCKS = 20 // a room of this kind goes on sounding so long
};

static const double FAR_ACTIVE = 3.2e-6; // power: -55 dBFS
static const double SILENCE = 1e-10;     // power: -100 dBFS

struct audio_processing {
    atomic_bool on;
    struct far_reference far;

    // Of the capture thread.
    struct canceller *canceller;
    bool was_on;
    unsigned far_tail; // blocks since which nothing was played, backwards from TAIL_BLOCKS

    // Its own to write, for others to read.
    atomic_bool far_active;
    _Atomic double delay_us;
    _Atomic double near_power, out_power, far_power; // smoothed, full scale = 1
    _Atomic double echo_in, echo_out;                // while something is played
};

struct audio_processing *audio_processing_create(void)
{
    struct audio_processing *p = base_alloc(sizeof *p);
    far_reference_init(&p->far);
    p->canceller = canceller_create();
    if (p->canceller)
        return p;
    free(p);
    return NULL;
}

void audio_processing_set_on(struct audio_processing *p, bool on)
{
    atomic_store(&p->on, on);
}

void audio_processing_far(struct audio_processing *p, const int16_t *samples, uint64_t heard_us)
{
    if (atomic_load_explicit(&p->on, memory_order_relaxed))
        far_reference_push(&p->far, samples, heard_us);
}

static double power_of(const int16_t *samples)
{
    double sum = 0;
    for (size_t i = 0; i < AUDIO_BLOCK; i++)
        sum += (double)samples[i] * samples[i];
    return sum / AUDIO_BLOCK / (32768.0 * 32768.0);
}

static double decibels(const _Atomic double *power)
{
    return 10 * log10(MAX(atomic_load_explicit(power, memory_order_relaxed), SILENCE));
}

static void smooth(_Atomic double *value, double now, int span)
{
    double before = atomic_load_explicit(value, memory_order_relaxed);
    atomic_store_explicit(value, before + (now - before) / span, memory_order_relaxed);
}

static void measure(struct audio_processing *p, double near, double far, double out)
{
    p->far_tail = far > FAR_ACTIVE ? TAIL_BLOCKS : p->far_tail ? p->far_tail - 1 : 0;
    smooth(&p->near_power, near, LEVEL_SPAN);
    smooth(&p->far_power, far, LEVEL_SPAN);
    smooth(&p->out_power, out, LEVEL_SPAN);
    if (p->far_tail) {
        smooth(&p->echo_in, near, BLOCKS_SPAN);
        smooth(&p->echo_out, out, BLOCKS_SPAN);
    }
    atomic_store_explicit(&p->far_active, p->far_tail > 0, memory_order_relaxed);
}

static void begin(struct audio_processing *p)
{
    canceller_reset(p->canceller);
    p->far_tail = 0;
    _Atomic double *const figures[] = {&p->echo_in,   &p->echo_out,  &p->near_power,
                                       &p->out_power, &p->far_power, &p->delay_us};
    for (size_t i = 0; i < ARRAY_LEN(figures); i++)
        atomic_store_explicit(figures[i], 0, memory_order_relaxed);
}

unsigned audio_processing_delay(struct audio_processing *p)
{
    return atomic_load_explicit(&p->on, memory_order_relaxed) ? DELAY : 0;
}

void audio_processing_near(struct audio_processing *p, int16_t *samples, uint64_t capture_us)
{
    bool on = atomic_load_explicit(&p->on, memory_order_relaxed);
    if (on && !p->was_on)
        begin(p);
    p->was_on = on;
    if (!on)
        return;
    int16_t far[AUDIO_BLOCK];
    far_reference_take(&p->far, capture_us, far);
    double near_power = power_of(samples);
    canceller_far(p->canceller, far);
    canceller_near(p->canceller, samples);
    measure(p, near_power, power_of(far), power_of(samples));
    smooth(&p->delay_us, (double)far_reference_delay_us(&p->far, capture_us), LEVEL_SPAN);
}

void audio_processing_get_figures(struct audio_processing *p, struct audio_processing_figures *out)
{
    bool on = atomic_load_explicit(&p->on, memory_order_relaxed);
    *out = (struct audio_processing_figures){.near_dbfs = -100, .out_dbfs = -100, .far_dbfs = -100};
    out->far_lost = atomic_load_explicit(&p->far.lost, memory_order_relaxed);
    if (!on)
        return;
    out->on = true;
    out->far_active = atomic_load_explicit(&p->far_active, memory_order_relaxed);
    out->delay_ms = atomic_load_explicit(&p->delay_us, memory_order_relaxed) / 1000;
    out->erle_db = decibels(&p->echo_in) - decibels(&p->echo_out);
    out->near_dbfs = decibels(&p->near_power);
    out->out_dbfs = decibels(&p->out_power);
    out->far_dbfs = decibels(&p->far_power);
}

void audio_processing_destroy(struct audio_processing *p)
{
    if (!p)
        return;
    canceller_destroy(p->canceller);
    free(p);
}
