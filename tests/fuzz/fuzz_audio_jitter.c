// Any packets at any time, the pulls of a device in between, and the decoder behind: nothing is lost track of.
#include "client/recv/audio_decoder.h"
#include "client/recv/audio_jitter.h"
#include "shared/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int16_t out[AUDIO_DECODER_MAX];
    struct audio_jitter j;
    struct audio_jitter_packet back;
    struct bytes_reader r = bytes_reader(data, size);
    struct audio_decoder *decoder = audio_decoder_create(size % 2 ? AUDIO_DECODER_OPUS : AUDIO_DECODER_L16);
    enum audio_decoder_codec codec = size % 2 ? AUDIO_DECODER_OPUS : AUDIO_DECODER_L16;
    int64_t inside = 0;
    uint32_t number = 0, ts = 0;
    uint64_t now = 1000000;
    audio_jitter_init(&j);
    while (!r.failed && r.left > 0) {
        uint8_t what = bytes_u8(&r);
        now += what * 100u;
        if (what & 1) {
            number += (uint32_t)(int8_t)bytes_u8(&r);
            ts += (uint32_t)(int16_t)bytes_u16(&r) * (what & 2 ? 1u : 60000u);
            size_t n = MIN((size_t)bytes_u8(&r), r.left);
            const uint8_t *payload = bytes_take(&r, n);
            uint32_t samples = payload ? audio_decoder_samples(codec, payload, n) : 0;
            if (samples == 0)
                continue;
            struct audio_jitter_packet p = {
                .payload = payload, .size = n, .number = number, .ts = ts, .samples = samples};
            inside += !audio_jitter_push(&j, &p, now, &back);
        } else {
            struct audio_jitter_step step;
            audio_jitter_pull(&j, now, what * 4u, &step);
            if (step.samples == 0 || step.samples > AUDIO_DECODER_MAX)
                abort();
            if (step.kind == AUDIO_JITTER_PACKET) {
                inside--;
                audio_decoder_decode(decoder, step.packet.payload, step.packet.size, out, AUDIO_DECODER_MAX);
            } else if (step.kind == AUDIO_JITTER_FEC) {
                audio_decoder_fec(decoder, step.packet.payload, step.packet.size, out, step.samples);
            } else if (step.kind == AUDIO_JITTER_CONCEAL) {
                audio_decoder_conceal(decoder, out, step.samples);
            }
        }
    }
    while (audio_jitter_drain(&j, &back))
        inside--;
    if (inside != 0)
        abort();
    audio_decoder_destroy(decoder);
    return 0;
}
