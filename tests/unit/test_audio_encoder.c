// Packets of voice: their clock has no holes, whatever they last, and quiet pauses them after the same time.
#include "tests/unit/unit.h"

#include "client/recv/audio_decoder.h"
#include "client/send/audio_encoder.h"
#include "tests/sim/speech.h"

#include <math.h>
#include <opus/opus.h>

enum { BLOCK = 480, PACKETS_MAX = 1000 };

struct sent {
    struct audio_encoder *encoder;
    uint64_t now_us;
    double at; // samples pushed
    struct {
        uint32_t ts, samples;
        bool marker;
    } packets[PACKETS_MAX];
    size_t count, bytes;
};

static void on_audio(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker)
{
    struct sent *s = ctx;
    assert_true(s->count < PACKETS_MAX);
    int samples = opus_packet_get_nb_samples(data, (opus_int32)size, 48000);
    assert_true(samples > 0);
    s->packets[s->count].ts = ts;
    s->packets[s->count].samples = (uint32_t)samples;
    s->packets[s->count++].marker = voice_marker;
    s->bytes += size;
}

static void begin(struct sent *s)
{
    *s = (struct sent){.now_us = 1000000};
    s->encoder = audio_encoder_create(
        &(struct audio_encoder_config){.codec = AUDIO_ENCODER_OPUS, .ctx = s, .on_audio = on_audio});
    assert_non_null(s->encoder);
}

static void push(struct sent *s, unsigned blocks, double amplitude)
{
    int16_t block[BLOCK];
    for (unsigned i = 0; i < blocks; i++) {
        for (size_t k = 0; k < BLOCK; k++)
            block[k] = (int16_t)lrint(amplitude * sin(2 * M_PI * 300 * s->at++ / 48000));
        audio_encoder_push(s->encoder, block, BLOCK, s->now_us);
        s->now_us += 10000;
    }
}

static void lasts_what_was_asked_for(void **state)
{
    (void)state;
    static const struct {
        unsigned ask_ms, got_ms;
    } rows[] = {{20, 20}, {10, 10}, {0, 10}, {15, 20}, {60, 20}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sent s;
        begin(&s);
        assert_int_equal(audio_encoder_frame_ms(s.encoder), 20);
        audio_encoder_set_frame(s.encoder, rows[i].ask_ms);
        assert_int_equal(audio_encoder_frame_ms(s.encoder), rows[i].got_ms);
        push(&s, 100, 8000);
        assert_int_equal(s.count, 1000 / rows[i].got_ms);
        for (size_t k = 0; k < s.count; k++)
            assert_int_equal(s.packets[k].samples, rows[i].got_ms * 48);
        assert_true(s.bytes > 2000 && s.bytes < 6000); // 32 kbit/s either way
        audio_encoder_destroy(s.encoder);
    }
}

static void changes_without_a_hole(void **state)
{
    (void)state;
    struct sent s;
    begin(&s);
    unsigned blocks = 0;
    for (unsigned i = 0; i < 40; i++) { // also in the middle of a packet
        audio_encoder_set_frame(s.encoder, i % 2 ? 10 : 20);
        unsigned more = 3 + i % 4;
        push(&s, more, 8000);
        blocks += more;
    }
    size_t shorts = 0;
    uint32_t all = s.packets[0].samples;
    for (size_t k = 1; k < s.count; k++) {
        assert_int_equal(s.packets[k].ts, s.packets[k - 1].ts + s.packets[k - 1].samples);
        assert_false(s.packets[k].marker);
        shorts += s.packets[k].samples == 480;
        all += s.packets[k].samples;
    }
    assert_true(shorts > 20 && s.count - shorts > 20);
    assert_in_range(all, (blocks - 1) * BLOCK, blocks * BLOCK);
    audio_encoder_destroy(s.encoder);
}

static void quiet_pauses_both(void **state)
{
    (void)state;
    size_t paused_ms[2];
    for (unsigned i = 0; i < 2; i++) {
        struct sent s;
        begin(&s);
        audio_encoder_set_frame(s.encoder, i ? 10 : 20);
        push(&s, 100, 8000);
        uint32_t spoke_until = s.packets[s.count - 1].ts;
        size_t spoken = s.count;
        push(&s, 300, 0);
        size_t k = spoken;
        while (k < s.count && !s.packets[k].marker)
            k++;
        assert_true(k < s.count); // a sign of life now and then, marked
        assert_true(s.count - spoken < 60);
        paused_ms[i] = (s.packets[k - 1].ts - spoke_until) / 48;
        assert_in_range(paused_ms[i], 180, 900); // the last packet begins before it ends
        size_t before = s.count;
        push(&s, 10, 8000);
        assert_true(s.packets[before].marker);
        audio_encoder_destroy(s.encoder);
    }
    assert_true(paused_ms[0] < paused_ms[1] + 250 && paused_ms[1] < paused_ms[0] + 250);
}

struct spoken {
    uint8_t data[PACKETS_MAX][400];
    size_t size[PACKETS_MAX], count;
};

static void on_spoken(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker)
{
    struct spoken *s = ctx;
    (void)ts, (void)voice_marker;
    assert_true(s->count < PACKETS_MAX && size <= sizeof s->data[0]);
    memcpy(s->data[s->count], data, size);
    s->size[s->count++] = size;
}

static double distance(const int16_t *a, const int16_t *b, size_t n)
{
    double d = 0;
    for (size_t i = 0; i < n; i++)
        d += pow(a[i] - b[i], 2);
    return d;
}

// What was lost of speech comes with the packet after it, and nearer to what was said than what is made up.
static void speech_carries_what_went_before(void **state)
{
    (void)state;
    enum { SECONDS = 8, SAMPLES = SECONDS * 48000, FRAME = 960 };
    static struct spoken s;
    int16_t *speech = speech_make("en", -20, SAMPLES);
    s.count = 0;
    struct audio_encoder *e = audio_encoder_create(
        &(struct audio_encoder_config){.codec = AUDIO_ENCODER_OPUS, .ctx = &s, .on_audio = on_spoken});
    audio_encoder_set_loss(e, 20);
    for (size_t i = 0; i < SAMPLES; i += BLOCK)
        audio_encoder_push(e, speech + i, BLOCK, 1000000 + i * 125 / 6);
    audio_encoder_destroy(e);
    free(speech);
    struct audio_decoder *whole = audio_decoder_create(AUDIO_DECODER_OPUS),
                         *carried = audio_decoder_create(AUDIO_DECODER_OPUS),
                         *made_up = audio_decoder_create(AUDIO_DECODER_OPUS);
    double near = 0, far = 0;
    size_t lost = 0, carries = 0;
    for (size_t i = 0; i + 1 < s.count; i++) {
        int16_t a[FRAME], b[FRAME], c[FRAME];
        bool has = audio_decoder_carries(AUDIO_DECODER_OPUS, s.data[i + 1], s.size[i + 1]);
        bool lose = i % 5 == 4 && has;
        audio_decoder_decode(whole, s.data[i], s.size[i], a, FRAME);
        carries += has;
        lost += lose;
        if (lose) {
            audio_decoder_fec(carried, s.data[i + 1], s.size[i + 1], b, FRAME);
            audio_decoder_conceal(made_up, c, FRAME);
            near += distance(a, b, FRAME);
            far += distance(a, c, FRAME);
        } else {
            audio_decoder_decode(carried, s.data[i], s.size[i], b, FRAME);
            audio_decoder_decode(made_up, s.data[i], s.size[i], c, FRAME);
        }
    }
    assert_true(carries > s.count / 2 && lost > 20);
    assert_true(near < far * 0.7);
    assert_false(audio_decoder_carries(AUDIO_DECODER_L16, s.data[0], s.size[0]));
    audio_decoder_destroy(whole);
    audio_decoder_destroy(carried);
    audio_decoder_destroy(made_up);
}

// What has no SILK in it carries nothing, whatever its bits; nor does what is no packet.
static void nothing_else_carries(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool carries;
    } rows[] = {
        {"", false},      {"48", false},   // SILK wideband 20 ms, empty
        {"48 40", true},                   // the bit after that of its one frame
        {"48 bf", false}, {"58 10", true}, // 60 ms: after three
        {"58 ef", false}, {"40 40", true}, // 10 ms
        {"78 40", true},                   // hybrid
        {"f8 ff", false},                  // CELT
        {"4c 20", false},                  // stereo: mid's are the first two,
        {"4c 10", true},                   // and the side's follow
        {"4b", false},                     // malformed: code 3 without a count
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t p[8];
        size_t n = unit_hex(p, sizeof p, rows[i].hex);
        if (audio_decoder_carries(AUDIO_DECODER_OPUS, p, n) != rows[i].carries)
            fail_msg("row %zu", i);
    }
}

struct placed { // what was decoded, each packet where its timestamp says
    OpusDecoder *decoder;
    uint32_t first;
    bool any;
    int16_t sound[96000];
};

static void place(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker)
{
    struct placed *p = ctx;
    (void)voice_marker;
    int16_t out[5760];
    int n = opus_decode(p->decoder, data, (opus_int32)size, out, ARRAY_LEN(out), 0);
    p->first = p->any ? p->first : ts;
    p->any = true;
    for (int i = 0; i < n; i++)
        if (ts - p->first + (uint32_t)i < ARRAY_LEN(p->sound))
            p->sound[ts - p->first + (uint32_t)i] = out[i];
}

// A short sweep over a hum, like nothing beside itself.
static double sweep(int i)
{
    double part = (double)i / 960;
    return i < 0 || i >= 960 ? 0 : 9000 * sin(M_PI * part) * sin(2 * M_PI * (8 * part + 12 * part * part));
}

// What is told of the clock leads to where a sound is in what is decoded: half a millisecond at most beside it.
static void tells_where_a_sound_will_be(void **state)
{
    (void)state;
    static const unsigned frames[] = {10, 20};
    for (size_t f = 0; f < ARRAY_LEN(frames); f++) {
        int error;
        struct placed *p = calloc(1, sizeof *p);
        p->decoder = opus_decoder_create(48000, 1, &error);
        struct audio_encoder *e = audio_encoder_create(
            &(struct audio_encoder_config){.codec = AUDIO_ENCODER_OPUS, .kbps = 64, .ctx = p, .on_audio = place});
        audio_encoder_set_frame(e, frames[f]);
        uint64_t begin = 5000000, captured = 0;
        for (int b = 0; b < 150; b++) {
            int16_t block[BLOCK];
            for (int i = 0; i < BLOCK; i++)
                block[i] = (int16_t)lrint(400 * sin(0.05 * (b * BLOCK + i)) + sweep(b * BLOCK + i - 36123));
            audio_encoder_push(e, block, BLOCK, begin + (uint64_t)b * 10000);
        }
        captured = begin + 36123 * 1000 / 48;
        double best = 0;
        int at = 0;
        for (int i = 30000; i < 45000; i++) {
            double like = 0;
            for (int k = 0; k < 960; k++)
                like += sweep(k) * p->sound[i + k];
            if (like > best) {
                best = like;
                at = i;
            }
        }
        assert_in_range(p->first + (uint32_t)at - audio_encoder_ts(e, captured) + 1000, 976, 1024);
        audio_encoder_destroy(e);
        opus_decoder_destroy(p->decoder);
        free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lasts_what_was_asked_for), cmocka_unit_test(changes_without_a_hole),
        cmocka_unit_test(quiet_pauses_both),        cmocka_unit_test(speech_carries_what_went_before),
        cmocka_unit_test(nothing_else_carries),     cmocka_unit_test(tells_where_a_sound_will_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
