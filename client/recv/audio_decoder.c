#include "audio_decoder.h"

#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, FADE_FROM = 2880, FADE_TO = 4800, L16_HISTORY = 960, L16_JOIN = 120 };

struct audio_decoder {
    enum audio_decoder_codec codec;
    OpusDecoder *opus;
    size_t concealed;             // samples made up in a row
    int16_t history[L16_HISTORY]; // L16: what was played last, to go on with
    size_t repeat_at;             // L16: where in the history concealment is
};

struct audio_decoder *audio_decoder_create(enum audio_decoder_codec codec)
{
    struct audio_decoder *d = base_alloc(sizeof *d);
    int error = OPUS_OK;
    d->codec = codec;
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

// What comes after made-up sound must not jump: the two are cross-faded.
static void join_l16(struct audio_decoder *d, int16_t *out, size_t n)
{
    size_t join = MIN(n, (size_t)L16_JOIN);
    for (size_t i = 0; i < join; i++) {
        int old = d->concealed < FADE_TO ? d->history[(d->repeat_at + i) % L16_HISTORY] : 0;
        int left = (int)(join - i), gone = (int)i;
        out[i] = (int16_t)((old * left + out[i] * gone) / (int)join);
    }
}

static void remember_l16(struct audio_decoder *d, const int16_t *samples, size_t n)
{
    size_t keep = MIN(n, (size_t)L16_HISTORY);
    memmove(d->history, d->history + keep, (L16_HISTORY - keep) * sizeof *d->history);
    memcpy(d->history + L16_HISTORY - keep, samples + n - keep, keep * sizeof *samples);
    d->repeat_at = 0;
}

size_t audio_decoder_decode(struct audio_decoder *d, const uint8_t *payload, size_t size, int16_t *out, size_t room)
{
    size_t n = audio_decoder_samples(d->codec, payload, size);
    if (n == 0 || n > room)
        return 0;
    if (d->codec == AUDIO_DECODER_OPUS) {
        int got = opus_decode(d->opus, payload, (opus_int32)size, out, (int)room, 0);
        d->concealed = 0;
        return got > 0 ? (size_t)got : 0;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)(uint16_t)(payload[2 * i] << 8 | payload[2 * i + 1]);
    if (d->concealed)
        join_l16(d, out, n);
    d->concealed = 0;
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
    d->concealed = 0;
    return (size_t)got;
}

size_t audio_decoder_conceal(struct audio_decoder *d, int16_t *out, size_t samples)
{
    if (d->codec == AUDIO_DECODER_OPUS) {
        int got = opus_decode(d->opus, NULL, 0, out, (int)samples, 0); // in steps of 2.5 ms
        if (got <= 0)
            memset(out, 0, samples * sizeof *out);
    } else {
        for (size_t i = 0; i < samples; i++, d->repeat_at = (d->repeat_at + 1) % L16_HISTORY)
            out[i] = d->history[d->repeat_at];
    }
    for (size_t i = 0; i < samples; i++) {
        size_t at = d->concealed + i;
        if (at > FADE_FROM)
            out[i] = (int16_t)(at >= FADE_TO ? 0 : out[i] * (int)(FADE_TO - at) / (FADE_TO - FADE_FROM));
    }
    d->concealed += samples;
    return samples;
}
