#include "audio_encoder.h"

#include "encoded_frame.h"
#include "sample_clock.h"
#include "shared/log.h"

#include <math.h>
#include <opus/opus.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 48000,
    MS = RATE / 1000,
    LONG_MS = 20,
    SHORT_MS = 10,
    PACKET_MAX = 1000,
    COMPLEXITY = 5,
    QUIET_RMS = 184,
    QUIET_SAMPLES = 9600
};

struct audio_encoder {
    struct audio_encoder_config config; // fixed by create
    atomic_uint kbps, loss_pct;         // any thread
    atomic_uint frame_ms;               // any thread
    atomic_uint behind;                 // any thread: samples, see audio_encoder_ts
    unsigned lookahead;                 // fixed: samples, of the codec

    OpusEncoder *opus; // pushing thread only, like the rest
    unsigned set_kbps, set_loss_pct;
    int16_t pending[LONG_MS * MS];
    size_t pending_count, frame; // changes only while nothing is pending
    struct sample_clock clock;
    uint32_t ts;            // of pending[0]
    unsigned quiet_samples; // in a row
    bool silent;            // nothing was sent for the frame before: the next one carries the marker
};

struct audio_encoder *audio_encoder_create(const struct audio_encoder_config *config)
{
    struct audio_encoder *e = base_alloc(sizeof *e);
    e->config = *config;
    atomic_init(&e->frame_ms, config->codec == AUDIO_ENCODER_OPUS ? LONG_MS : SHORT_MS);
    e->silent = true;
    atomic_init(&e->kbps, config->kbps ? config->kbps : 32);
    atomic_init(&e->loss_pct, 5); // in-band FEC is off at 0: a little is always paid for
    if (config->codec != AUDIO_ENCODER_OPUS)
        return e;
    int error;
    e->opus = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &error);
    if (!e->opus) {
        log_error("audio_encoder", "opus refuses reason=\"%s\"", opus_strerror(error));
        free(e);
        return NULL;
    }
    opus_int32 lookahead = 0;
    opus_encoder_ctl(e->opus, OPUS_GET_LOOKAHEAD(&lookahead));
    e->lookahead = (unsigned)MAX(lookahead, 0);
    atomic_init(&e->behind, (unsigned)-e->lookahead);
    opus_encoder_ctl(e->opus, OPUS_SET_COMPLEXITY(COMPLEXITY));
    opus_encoder_ctl(e->opus, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(e->opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    return e;
}

static void apply_settings(struct audio_encoder *e)
{
    unsigned kbps = atomic_load(&e->kbps), loss_pct = atomic_load(&e->loss_pct);
    if (kbps != e->set_kbps)
        opus_encoder_ctl(e->opus, OPUS_SET_BITRATE((opus_int32)kbps * 1000));
    if (loss_pct != e->set_loss_pct)
        opus_encoder_ctl(e->opus, OPUS_SET_PACKET_LOSS_PERC((opus_int32)loss_pct));
    e->set_kbps = kbps;
    e->set_loss_pct = loss_pct;
}

// Opus takes steady sound that is no speech (a tone, music) for background and would stop sending it: it may only pause
// when what is left is quiet (-45 dBFS) for 200 ms.
static void apply_pausing(struct audio_encoder *e)
{
    double power = 0;
    for (size_t i = 0; i < e->frame; i++)
        power += (double)e->pending[i] * e->pending[i];
    bool quiet = power < (double)QUIET_RMS * QUIET_RMS * (double)e->frame;
    e->quiet_samples = quiet ? MIN(e->quiet_samples + (unsigned)e->frame, (unsigned)QUIET_SAMPLES) : 0;
    opus_encoder_ctl(e->opus, OPUS_SET_DTX(e->quiet_samples == QUIET_SAMPLES));
}

// One whole frame lies in `pending`.
static void encode(struct audio_encoder *e)
{
    uint8_t packet[PACKET_MAX];
    size_t size = e->frame * 2;
    if (e->opus) {
        apply_settings(e);
        apply_pausing(e);
        int n = opus_encode(e->opus, e->pending, (int)e->frame, packet, sizeof packet);
        size = n > 2 ? (size_t)n : 0; // up to 2 bytes = discontinuous transmission: nothing is sent (RFC 7587 §3.1.3)
    } else {
        for (size_t i = 0; i < e->frame; i++) {
            packet[2 * i] = (uint8_t)((uint16_t)e->pending[i] >> 8);
            packet[2 * i + 1] = (uint8_t)e->pending[i];
        }
    }
    if (size > 0)
        e->config.on_audio(e->config.ctx, packet, size, e->ts, e->silent);
    e->silent = size == 0;
    e->ts += (uint32_t)e->frame;
}

void audio_encoder_push(struct audio_encoder *e, const int16_t *samples, size_t count, uint64_t capture_us)
{
    if (sample_clock_gap(&e->clock, encoded_frame_audio_ts(capture_us), count)) {
        e->ts = e->clock.next;
        e->pending_count = 0;
        e->silent = true;
    }
    sample_clock_count(&e->clock, count);
    atomic_store_explicit(&e->behind, (unsigned)((int)lrint(e->clock.ahead) - (int)e->lookahead), memory_order_relaxed);
    while (count > 0) {
        if (e->pending_count == 0)
            e->frame = (size_t)atomic_load_explicit(&e->frame_ms, memory_order_relaxed) * MS;
        size_t n = MIN(count, e->frame - e->pending_count);
        memcpy(e->pending + e->pending_count, samples, n * sizeof *samples);
        e->pending_count += n;
        samples += n;
        count -= n;
        if (e->pending_count == e->frame) {
            encode(e);
            e->pending_count = 0;
        }
    }
}

void audio_encoder_set_bitrate(struct audio_encoder *e, unsigned kbps)
{
    atomic_store(&e->kbps, CLAMP(kbps, 6u, 256u));
}

void audio_encoder_set_loss(struct audio_encoder *e, unsigned loss_pct)
{
    atomic_store(&e->loss_pct, MIN(loss_pct, 100u));
}

void audio_encoder_set_frame(struct audio_encoder *e, unsigned ms)
{
    if (e->opus)
        atomic_store(&e->frame_ms, ms <= SHORT_MS ? SHORT_MS : LONG_MS);
}

unsigned audio_encoder_frame_ms(struct audio_encoder *e)
{
    return atomic_load(&e->frame_ms);
}

uint32_t audio_encoder_ts(struct audio_encoder *e, uint64_t now_us)
{
    return encoded_frame_audio_ts(now_us) - atomic_load_explicit(&e->behind, memory_order_relaxed);
}

void audio_encoder_destroy(struct audio_encoder *e)
{
    if (!e)
        return;
    if (e->opus)
        opus_encoder_destroy(e->opus);
    free(e);
}
