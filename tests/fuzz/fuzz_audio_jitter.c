// Any packets at any time, the pulls of a device in between, and decoder, stretching and noise behind: nothing is lost
// track of, what is kept is in order, the delay that is aimed at has its bounds, and what is played never goes back.
#include "tests/fuzz/fuzz.h"

#include "client/recv/audio_decoder.h"
#include "client/recv/audio_jitter.h"
#include "client/recv/comfort_noise.h"
#include "client/recv/lip_sync.h"
#include "client/recv/stretch.h"
#include "shared/bytes.h"

#include <math.h>

enum { ROOM = AUDIO_DECODER_MAX + 2 * STRETCH_PERIOD_MAX, BLOCK = 480 };

static struct voice {
    struct audio_jitter jitter;
    struct comfort_noise noise;
    struct audio_decoder *decoder;
    enum audio_decoder_codec codec;
    int16_t sound[STRETCH_PAST + ROOM + BLOCK]; // what was played, and what comes
    size_t decoded;
    int64_t inside; // packets
    uint64_t now;
} v;

static void look(void)
{
    const struct audio_jitter *j = &v.jitter;
    struct audio_jitter_figures f;
    audio_jitter_get_figures(j, &f);
    HOLDS(j->count == (size_t)v.inside && j->count <= AUDIO_JITTER_PACKETS);
    for (size_t i = 1; i < j->count; i++)
        HOLDS((int32_t)(j->packets[i].ts - j->packets[i - 1].ts) > 0);
    HOLDS(j->target_us >= AUDIO_JITTER_MIN_US && j->target_us <= AUDIO_JITTER_MAX_US);
    HOLDS(j->hold_us >= 0 && j->hold_us <= LIP_SYNC_PATIENT_MAX_US);
    HOLDS(j->floor_us >= AUDIO_JITTER_MIN_US && j->floor_us <= 40000 && j->band_us >= 6000 && j->band_us <= 30000);
    HOLDS(j->behind >= 0 && j->behind <= 1 && j->losing >= 0 && j->losing <= 1);
    HOLDS(f.concealed + f.fec + f.copies <= f.played && isfinite(f.delay_ms) && f.received >= f.late + f.duplicates);
    HOLDS(isfinite(v.noise.heard) && v.noise.heard >= 0 && v.noise.heard <= 1 && isfinite(v.noise.gain));
}

static void push(struct bytes_reader *r, uint8_t what, uint32_t *number, uint32_t *ts)
{
    struct audio_jitter_packet back;
    *number += (uint32_t)(int8_t)bytes_u8(r);
    *ts += (uint32_t)(int16_t)bytes_u16(r) * (what & 2 ? 1u : 60000u);
    size_t n = bytes_u8(r);
    n = MIN(n, r->left);
    const uint8_t *payload = bytes_take(r, n);
    uint32_t samples = payload ? audio_decoder_samples(v.codec, payload, n) : 0;
    if (samples == 0)
        return;
    struct audio_jitter_packet p = {.payload = payload,
                                    .size = n,
                                    .number = *number,
                                    .ts = *ts,
                                    .samples = samples,
                                    .copy = what & 4,
                                    .fec = audio_decoder_carries(v.codec, payload, n)};
    v.inside += !audio_jitter_push(&v.jitter, &p, v.now, &back);
}

static size_t stretch(const struct audio_jitter_step *step, int16_t *out, size_t n)
{
    HOLDS(step->stretch >= -1 && step->stretch <= 1);
    HOLDS(!step->stretch || (step->most <= STRETCH_PERIOD_MAX && step->like >= STRETCH_HURRY));
    size_t gone = step->stretch < 0 ? stretch_shorten(out, n, step->most, step->like) : 0;
    size_t more = step->stretch > 0 ? stretch_lengthen(out, n, ROOM, step->most, step->like) : 0;
    HOLDS(gone <= step->most && more <= step->most && gone < MAX(n, (size_t)1) && n + more <= ROOM);
    if (gone + more > 0)
        audio_jitter_stretched(&v.jitter, (int)more - (int)gone, v.now);
    return n + more - gone;
}

static size_t packet(const struct audio_jitter_step *step, int16_t *out)
{
    size_t n = audio_decoder_decode(v.decoder, step->packet.payload, step->packet.size, out, AUDIO_DECODER_MAX);
    v.inside--;
    if (n == 0)
        n = audio_decoder_conceal(v.decoder, out, step->samples);
    comfort_noise_learn(&v.noise, out, n);
    comfort_noise_add(&v.noise, out, n, false);
    return stretch(step, out, n);
}

static void pull(void)
{
    while (v.decoded < BLOCK) {
        struct audio_jitter_step step;
        int16_t *out = v.sound + STRETCH_PAST + v.decoded;
        bool playing = v.jitter.playing;
        uint32_t due = v.jitter.next_ts;
        size_t n = 0;
        audio_jitter_pull(&v.jitter, v.now, (uint32_t)v.decoded, &step);
        if (step.kind == AUDIO_JITTER_SKIP) {
            HOLDS(!v.jitter.playing);
            v.inside--;
            continue;
        }
        HOLDS(step.samples > 0 && step.samples <= AUDIO_DECODER_MAX);
        if (playing && step.kind == AUDIO_JITTER_PACKET)
            HOLDS((int32_t)(step.packet.ts - due) >= 0);
        HOLDS(step.kind != AUDIO_JITTER_FEC || step.packet.fec);
        if (step.kind == AUDIO_JITTER_PACKET)
            n = packet(&step, out);
        else if (step.kind == AUDIO_JITTER_FEC)
            n = audio_decoder_fec(v.decoder, step.packet.payload, step.packet.size, out, step.samples);
        else if (step.kind == AUDIO_JITTER_CONCEAL)
            n = audio_decoder_conceal(v.decoder, out, step.samples);
        else
            memset(out, 0, (n = BLOCK - v.decoded) * sizeof *out);
        if (step.kind == AUDIO_JITTER_CONCEAL || step.kind == AUDIO_JITTER_SILENCE)
            comfort_noise_add(&v.noise, out, n, true);
        HOLDS(n > 0);
        v.decoded += n;
    }
    v.decoded -= BLOCK;
    memmove(v.sound, v.sound + BLOCK, (STRETCH_PAST + v.decoded) * sizeof *v.sound);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    struct audio_jitter_packet back;
    uint32_t number = 0, ts = 0;
    memset(&v, 0, sizeof v);
    v.codec = size % 2 ? AUDIO_DECODER_OPUS : AUDIO_DECODER_L16;
    v.decoder = audio_decoder_create(v.codec);
    v.now = 1000000;
    audio_jitter_init(&v.jitter);
    while (!r.failed && r.left > 0) {
        uint8_t what = bytes_u8(&r);
        v.now += what * 100u;
        if (what >= 0xf0) // later for lip sync; with what is not allowed among it
            audio_jitter_set_hold(&v.jitter, (what & 12) * 30000u);
        if (what & 1)
            push(&r, what, &number, &ts);
        else
            pull();
        look();
    }
    while (audio_jitter_drain(&v.jitter, &back))
        v.inside--;
    HOLDS(v.inside == 0);
    audio_decoder_destroy(v.decoder);
    return 0;
}
