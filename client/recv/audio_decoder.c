#include "audio_decoder.h"

#include "stretch.h"

#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 48000,
    SILK_FRAME = RATE / 50,
    FADE_TO = 4800,
    BACK = 240, // what was faded comes back within 5 ms
    L16_HISTORY = 2 * STRETCH_PERIOD_MAX,
    L16_JOIN = 240,
    L16_STEP = 48 // within which a step is worn away
};

struct audio_decoder {
    enum audio_decoder_codec codec;
    OpusDecoder *opus;
    size_t concealed;                 // samples made up in a row
    int16_t history[L16_HISTORY];     // L16: what was played last, to go on with
    int16_t loop[STRETCH_PERIOD_MAX]; // L16: the period that is repeated while `concealed`,
    size_t period, loop_at;           // how long it is, and what comes next of it;
    int step;                         // from what was heard to where it begins
};

struct audio_decoder *audio_decoder_create(enum audio_decoder_codec codec)
{
    struct audio_decoder *d = base_alloc(sizeof *d);
    int error = OPUS_OK;
    d->codec = codec;
    d->concealed = FADE_TO; // nothing has been heard
    d->period = 1;
    if (codec == AUDIO_DECODER_OPUS)
        d->opus = opus_decoder_create(RATE, 1, &error);
    if (error != OPUS_OK) {
        free(d);
        return NULL;
    }
    return d;
}

void audio_decoder_destroy(struct audio_decoder *d)
{
    if (!d)
        return;
    if (d->opus)
        opus_decoder_destroy(d->opus);
    free(d);
}

uint32_t audio_decoder_samples(enum audio_decoder_codec codec, const uint8_t *payload, size_t size)
{
    if (codec == AUDIO_DECODER_L16)
        return size > 0 && size % 2 == 0 && size / 2 <= AUDIO_DECODER_MAX ? (uint32_t)(size / 2) : 0;
    int n = size > 0 && size <= INT32_MAX ? opus_packet_get_nb_samples(payload, (opus_int32)size, RATE) : 0;
    return n > 0 && n <= AUDIO_DECODER_MAX ? (uint32_t)n : 0;
}

bool audio_decoder_carries(enum audio_decoder_codec codec, const uint8_t *payload, size_t size)
{
    const unsigned char *frame[48];
    opus_int16 frame_size[48];
    // Without SILK (RFC 6716 §3.1) there is no such thing.
    if (codec != AUDIO_DECODER_OPUS || size == 0 || size > INT32_MAX || payload[0] & 0x80 ||
        opus_packet_parse(payload, (opus_int32)size, NULL, frame, frame_size, NULL) <= 0 || frame_size[0] == 0)
        return false;
    // The bits of SILK's header come first (§4.2.3): one a frame of 20 ms for speech, then the one that is asked for.
    int samples = opus_packet_get_samples_per_frame(payload, RATE), frames = MAX(samples / SILK_FRAME, 1);
    bool stereo = opus_packet_get_nb_channels(payload) == 2;
    return frame[0][0] >> (7 - frames) & 1 || (stereo && frame[0][0] >> (6 - 2 * frames) & 1);
}

// What is made up is heard whole for 60 ms and has faded after 100.
static int16_t faded(int sample, size_t at)
{
    int left = at <= AUDIO_DECODER_FADES ? FADE_TO - AUDIO_DECODER_FADES : at >= FADE_TO ? 0 : FADE_TO - (int)at;
    return (int16_t)(sample * left / (FADE_TO - AUDIO_DECODER_FADES));
}

// Opus goes on from what it made up itself, not from what is left of it.
static void come_back(struct audio_decoder *d, int16_t *out, size_t n)
{
    int low = faded(INT16_MAX, d->concealed);
    for (size_t i = 0; d->concealed > AUDIO_DECODER_FADES && i < MIN(n, (size_t)BACK); i++)
        out[i] = (int16_t)(out[i] * (low + (INT16_MAX - low) * (int)i / BACK) / INT16_MAX);
    d->concealed = 0;
}

static void remember_l16(struct audio_decoder *d, const int16_t *samples, size_t n)
{
    size_t keep = MIN(n, (size_t)L16_HISTORY);
    memmove(d->history, d->history + keep, (L16_HISTORY - keep) * sizeof *d->history);
    memcpy(d->history + L16_HISTORY - keep, samples + n - keep, keep * sizeof *samples);
}

// The last period, so that it goes round without a step: its end becomes what came before its beginning.
static void begin_loop(struct audio_decoder *d)
{
    const int16_t *end = d->history + L16_HISTORY;
    size_t period = stretch_period(end), fade = period / 4;
    memcpy(d->loop, end - period, period * sizeof *d->loop);
    for (size_t i = 0; i < fade; i++) {
        int16_t *last = &d->loop[period - fade + i];
        int before = *(end - period - fade + i);
        *last = (int16_t)((*last * (int)(fade - 1 - i) + before * (int)(i + 1)) / (int)fade);
    }
    d->period = period;
    d->loop_at = 0;
    d->step = 2 * end[-1] - end[-2] - d->loop[0];
}

// Go round the loop. Where it begins it need not fit what was heard: the step is worn away.
static void go_on_l16(struct audio_decoder *d, int16_t *out, size_t samples)
{
    if (d->concealed == 0)
        begin_loop(d);
    for (size_t i = 0; i < samples; i++, d->loop_at = (d->loop_at + 1) % d->period) {
        size_t at = d->concealed + i;
        int worn = at < L16_STEP ? d->step * (int)(L16_STEP - at) / L16_STEP : 0;
        out[i] = faded(CLAMP(d->loop[d->loop_at] + worn, INT16_MIN, INT16_MAX), at);
    }
    d->concealed += samples;
}

// What comes after made-up sound must not jump: the two are cross-faded.
static void join_l16(struct audio_decoder *d, int16_t *out, size_t n)
{
    int16_t old[L16_JOIN];
    size_t join = MIN(n, (size_t)L16_JOIN);
    go_on_l16(d, old, join);
    for (size_t i = 0; i < join; i++)
        out[i] = (int16_t)((old[i] * (int)(join - i) + out[i] * (int)i) / (int)join);
    d->concealed = 0;
}

size_t audio_decoder_decode(struct audio_decoder *d, const uint8_t *payload, size_t size, int16_t *out, size_t room)
{
    size_t n = audio_decoder_samples(d->codec, payload, size);
    if (n == 0 || n > room)
        return 0;
    if (d->codec == AUDIO_DECODER_OPUS) {
        int got = opus_decode(d->opus, payload, (opus_int32)size, out, (int)room, 0);
        if (got <= 0)
            return 0;
        come_back(d, out, (size_t)got);
        return (size_t)got;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)(uint16_t)(payload[2 * i] << 8 | payload[2 * i + 1]);
    if (d->concealed)
        join_l16(d, out, n);
    remember_l16(d, out, n);
    return n;
}

size_t audio_decoder_fec(struct audio_decoder *d, const uint8_t *payload, size_t size, int16_t *out, size_t samples)
{
    // A packet carries one frame's worth of its forerunner; what is longer is concealed by libopus in the same call.
    if (d->codec != AUDIO_DECODER_OPUS || samples % (RATE / 400) != 0)
        return audio_decoder_conceal(d, out, samples);
    int got = opus_decode(d->opus, payload, (opus_int32)size, out, (int)samples, 1);
    if (got <= 0)
        return audio_decoder_conceal(d, out, samples);
    come_back(d, out, (size_t)got);
    return (size_t)got;
}

size_t audio_decoder_conceal(struct audio_decoder *d, int16_t *out, size_t samples)
{
    if (d->codec == AUDIO_DECODER_L16) {
        go_on_l16(d, out, samples);
        remember_l16(d, out, samples);
        return samples;
    }
    int got = opus_decode(d->opus, NULL, 0, out, (int)samples, 0); // in steps of 2.5 ms
    if (got <= 0)
        memset(out, 0, samples * sizeof *out);
    for (size_t i = 0; i < samples; i++)
        out[i] = faded(out[i], d->concealed + i);
    d->concealed += samples;
    return samples;
}
