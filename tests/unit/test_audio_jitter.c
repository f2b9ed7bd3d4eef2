// The jitter buffer of a voice, alone and with decoder, stretching and mixer around it; all in injected time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/recv/audio_jitter.h"
#include "client/recv/stretch.h"
#include "client/recv/voices.h"
#include "client/send/audio_encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = 960, FRAME_US = 20000, PULL_US = 10000 };

struct fixture {
    struct audio_jitter j;
    uint64_t now;
    uint32_t decoded;
    unsigned packets, fec, conceal, silence;
    uint32_t last_ts;
    int stretch;
};

static struct fixture begin(void)
{
    struct fixture f = {.now = 5000000};
    audio_jitter_init(&f.j);
    return f;
}

// Packet n of a stream whose timestamps wrap. True when it came back.
static bool push(struct fixture *f, uint32_t n, uint64_t now)
{
    struct audio_jitter_packet back, p = {.number = 0xfffffff0u + n, .ts = 0xffffe000u + n * FRAME, .samples = FRAME};
    return audio_jitter_push(&f->j, &p, now, &back);
}

static enum audio_jitter_kind pull(struct fixture *f)
{
    struct audio_jitter_step step = {.kind = AUDIO_JITTER_SILENCE};
    while (f->decoded < 480) {
        audio_jitter_pull(&f->j, f->now, f->decoded, &step);
        assert_true(step.samples > 0 && step.samples <= 5760);
        f->packets += step.kind == AUDIO_JITTER_PACKET;
        f->fec += step.kind == AUDIO_JITTER_FEC;
        f->conceal += step.kind == AUDIO_JITTER_CONCEAL;
        f->silence += step.kind == AUDIO_JITTER_SILENCE;
        if (step.kind == AUDIO_JITTER_PACKET)
            f->last_ts = step.packet.ts;
        f->stretch += step.stretch;
        if (step.stretch)
            audio_jitter_stretched(&f->j, step.stretch * 240, f->now);
        f->decoded += step.samples + (uint32_t)(step.stretch * 240);
    }
    f->decoded -= 480;
    f->now += PULL_US;
    return step.kind;
}

static void steady_stream_is_played_whole(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (uint32_t n = 0; n < 500; n++) {
        assert_false(push(&f, n, f.now));
        pull(&f);
        pull(&f);
    }
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_true(f.packets >= 498);
    assert_int_equal(f.fec + f.conceal, 0);
    assert_int_equal(f.stretch, 0);
    assert_int_equal(figures.concealed, 0);
    assert_true(figures.delay_ms <= 35);
    assert_true(figures.target_ms == 20);
}

static void loss_is_filled(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (uint32_t n = 0; n < 100; n++) {
        if (n != 50 && n != 70 && n != 71 && n != 72)
            push(&f, n, f.now);
        pull(&f);
        pull(&f);
    }
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_int_equal(figures.lost, 4);
    assert_true(f.fec >= 1);
    assert_in_range(figures.concealed, 4 * FRAME, 4 * FRAME + 480);
    assert_true(f.packets >= 94);
}

static void disorder_and_repetition(void **state)
{
    (void)state;
    struct fixture f = begin();
    push(&f, 1, f.now);
    push(&f, 0, f.now);
    assert_true(push(&f, 1, f.now)); // comes back
    push(&f, 2, f.now + 1000);
    for (unsigned i = 0; i < 8; i++)
        pull(&f);
    assert_int_equal(f.packets, 3);
    assert_int_equal(f.last_ts, 0xffffe000u + 2 * FRAME);
    assert_true(push(&f, 1, f.now)); // too late
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_int_equal(figures.duplicates, 1);
    assert_int_equal(figures.late, 1);
}

static void jitter_raises_the_target_and_calm_lowers_it(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct audio_jitter_figures before, after;
    uint32_t random = 1, late = 0;
    uint64_t sent = f.now, arrival[3000];
    for (uint32_t n = 0; n < 3000; n++) {
        random = random * 1664525u + 1013904223u;
        arrival[n] = sent + n * FRAME_US + (n < 1500 ? (random >> 8) % 80000 : 0);
    }
    bool done[3000] = {false};
    for (uint32_t step = 0; step < 6000; step++) {
        for (uint32_t n = step > 20 ? step / 2 - 10 : 0; n < 3000 && n <= step / 2; n++)
            if (!done[n] && arrival[n] <= f.now) {
                done[n] = true;
                push(&f, n, arrival[n]);
            }
        if (step == 600)
            audio_jitter_get_figures(&f.j, &before);
        if (step == 3000) {
            audio_jitter_get_figures(&f.j, &after);
            late = (uint32_t)(after.late - before.late + (after.concealed - before.concealed) / FRAME);
            assert_in_range((int)after.target_ms, 65, 90);
        }
        pull(&f);
    }
    assert_true(late < 1200 * 12 / 100);
    audio_jitter_get_figures(&f.j, &after);
    assert_true(after.target_ms <= 40); // forgotten
    assert_true(after.delay_ms < 75);   // and the delay taken out again
    assert_true(f.stretch < 0);
}

static void silence_of_the_sender_is_no_loss(void **state)
{
    (void)state;
    struct fixture f = begin();
    uint32_t ts = 1000, number = 7;
    for (unsigned spurt = 0; spurt < 10; spurt++) {
        for (unsigned n = 0; n < 20; n++) {
            struct audio_jitter_packet back, p = {.number = number++, .ts = ts, .samples = FRAME};
            assert_false(audio_jitter_push(&f.j, &p, f.now, &back));
            ts += FRAME;
            pull(&f);
            pull(&f);
        }
        for (unsigned n = 0; n < (spurt % 2 ? 50 : 3); n++, ts += FRAME) { // long pauses and short ones
            pull(&f);
            pull(&f);
        }
    }
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_int_equal(f.packets, 200);
    assert_int_equal(figures.lost, 0);
    assert_int_equal(figures.concealed, 0);
}

static void buffer_is_bounded(void **state)
{
    (void)state;
    struct fixture f = begin();
    unsigned back = 0;
    for (uint32_t n = 0; n < 500; n++)
        back += push(&f, n, f.now);
    assert_int_equal(back, 450);
    struct audio_jitter_packet p;
    unsigned drained = 0;
    while (audio_jitter_drain(&f.j, &p))
        drained++;
    assert_int_equal(drained, AUDIO_JITTER_PACKETS);
}

static double corner(const int16_t *s, size_t n) // largest second difference
{
    double most = 0;
    for (size_t i = 1; i + 1 < n; i++)
        most = fmax(most, fabs((double)s[i + 1] - 2.0 * s[i] + s[i - 1]));
    return most;
}

static void stretching_does_not_click(void **state)
{
    (void)state;
    for (double hz = 110; hz < 1200; hz *= 1.13) {
        int16_t s[FRAME * 2];
        for (size_t i = 0; i < FRAME * 2; i++)
            s[i] = (int16_t)(8000 * sin(2 * M_PI * hz * (double)i / 48000) +
                             3000 * sin(2 * M_PI * 2 * hz * (double)i / 48000 + 1));
        double clean = corner(s, FRAME * 2);
        int16_t work[FRAME * 2 + STRETCH_PERIOD_MAX];
        memcpy(work, s, sizeof s);
        size_t gone = stretch_shorten(work, FRAME * 2);
        assert_true(corner(work, FRAME * 2 - gone) < clean * 2 + 20);
        memcpy(work, s, sizeof s);
        size_t more = stretch_lengthen(work, FRAME * 2, ARRAY_LEN(work));
        assert_true(corner(work, FRAME * 2 + more) < clean * 2 + 20);
        assert_true(gone <= STRETCH_PERIOD_MAX && more <= STRETCH_PERIOD_MAX);
        if (hz > 130) // a period fits in
            assert_true(gone > 0 && more > 0);
    }
    int16_t noise[FRAME];
    uint32_t random = 7;
    for (size_t i = 0; i < FRAME; i++)
        noise[i] = (int16_t)((int)((random = random * 1664525u + 1013904223u) >> 16) % 16000 - 8000);
    assert_int_equal(stretch_shorten(noise, FRAME), 0); // nothing repeats
    int16_t brief[100] = {0};
    assert_int_equal(stretch_shorten(brief, 100), 0);
    assert_int_equal(stretch_lengthen(brief, 100, 100), 0);
}

// A tone through encoder, voices and back, while the sender's clock runs fast or slow and packets come unevenly.
struct call {
    struct voices *voices;
    uint32_t number, random;
    uint64_t now;
    struct {
        uint8_t data[1200];
        size_t size;
        uint32_t number, ts;
        uint64_t at;
    } air[64];
    size_t flying;
    unsigned spread_us;
};

static void on_audio(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker)
{
    struct call *c = ctx;
    (void)voice_marker;
    c->random = c->random * 1664525u + 1013904223u;
    assert_true(c->flying < ARRAY_LEN(c->air));
    memcpy(c->air[c->flying].data, data, size);
    c->air[c->flying].size = size;
    c->air[c->flying].number = c->number++;
    c->air[c->flying].ts = ts;
    c->air[c->flying++].at = c->now + (c->spread_us ? (c->random >> 8) % c->spread_us : 0);
}

static void land(struct call *c)
{
    for (size_t i = 0; i < c->flying;)
        if (c->air[i].at <= c->now) {
            voices_push(c->voices, 9, c->air[i].number, c->air[i].ts, c->air[i].data, c->air[i].size, c->now);
            c->air[i] = c->air[--c->flying];
        } else {
            i++;
        }
}

static void render(struct voices *v, int16_t out[MIXER_BLOCK], uint64_t now_us)
{
    struct mixer m = {.taken = 0};
    mixer_clear(&m);
    voices_mix(v, &m, now_us);
    mixer_finish(&m, out);
}

static double drifting_tone(double sender_speed, unsigned spread_us, struct speaker_figures *figures)
{
    enum { SECONDS = 20, BLOCKS = SECONDS * 100 };
    struct call c = {.voices = voices_create(), .random = 3, .now = 3000000, .spread_us = spread_us};
    struct audio_encoder *encoder = audio_encoder_create(
        &(struct audio_encoder_config){.codec = AUDIO_ENCODER_L16, .ctx = &c, .on_audio = on_audio});
    assert_true(voices_add(c.voices, 9, AUDIO_DECODER_L16));
    int16_t *heard = calloc(BLOCKS, MIXER_BLOCK * sizeof *heard);
    double captured = 0;
    uint64_t phase = 0;
    for (unsigned b = 0; b < BLOCKS; b++) {
        for (captured += 480 * sender_speed; captured >= 480; captured -= 480) {
            int16_t pcm[480];
            for (size_t i = 0; i < 480; i++, phase++)
                pcm[i] = (int16_t)(8000 * sin(2 * M_PI * 300 * (double)phase / 48000));
            // The sender's own clock, which is its sound card here.
            audio_encoder_push(encoder, pcm, 480, 1000000 + phase * 1000 / 48);
        }
        land(&c);
        render(c.voices, heard + (size_t)b * MIXER_BLOCK, c.now);
        c.now += PULL_US;
    }
    assert_true(voices_get_figures(c.voices, 9, figures));
    double sharpest = corner(heard + 48000, (BLOCKS - 100) * (size_t)MIXER_BLOCK);
    double clean = 8000 * pow(2 * M_PI * 300 / 48000, 2);
    voices_destroy(c.voices);
    audio_encoder_destroy(encoder);
    free(heard);
    return sharpest / clean;
}

static void drift_and_jitter_do_not_click(void **state)
{
    (void)state;
    static const double speeds[] = {1, 1.002, 0.998};
    for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
        struct speaker_figures f;
        double sharpest = drifting_tone(speeds[i], i ? 0 : 8000, &f);
        print_message("speed %.3f: corner %.1f x, delay %.0f ms, target %.0f ms, concealed %.2f %%\n", speeds[i],
                      sharpest, f.delay_ms, f.target_ms, f.concealed_pct);
        assert_true(sharpest < 6);
        assert_true(f.delay_ms > 5 && f.delay_ms < f.target_ms + 25);
        assert_true(f.concealed_pct < 3);
    }
}

static void voices_come_and_go(void **state)
{
    (void)state;
    struct voices *v = voices_create();
    struct speaker_figures f;
    int16_t block[MIXER_BLOCK];
    uint8_t sound[960] = {0x10};
    for (unsigned round = 0; round < 3; round++) {
        for (uint16_t m = 1; m <= SPEAKER_VOICES; m++)
            assert_true(voices_add(v, m, AUDIO_DECODER_L16));
        assert_false(voices_add(v, 99, AUDIO_DECODER_L16));
        for (uint16_t m = 1; m <= SPEAKER_VOICES; m++)
            voices_push(v, m, 1, 480, sound, sizeof sound, 1000);
        voices_push(v, 3, 2, 960, sound, 3, 1000); // odd: malformed
        render(v, block, 1000);
        assert_true(voices_get_figures(v, 50, &f));
        assert_int_equal(f.received, 1);
        for (uint16_t m = 1; m <= SPEAKER_VOICES; m++)
            voices_remove(v, m);
        voices_remove(v, 99);
        render(v, block, 11000);
        assert_false(voices_get_figures(v, 50, &f));
    }
    for (unsigned i = 0; i < 6000; i++) // nobody plays: the ring's bound holds, the newest is dropped
        voices_push(v, 5, i, i * 480, sound, sizeof sound, 1000);
    voices_destroy(v);
}

static void volume_is_each_members_own(void **state)
{
    (void)state;
    struct voices *v = voices_create();
    int16_t block[MIXER_BLOCK];
    uint8_t sound[960];
    for (size_t i = 0; i < sizeof sound; i++)
        sound[i] = i % 2 ? 0xe8 : 0x03;       // 1000 all the time
    assert_true(voices_set_volume(v, 1, 50)); // before its voice has come
    for (uint16_t m = 1; m <= 2; m++)
        assert_true(voices_add(v, m, AUDIO_DECODER_L16));
    static const struct {
        uint16_t member;
        int percent, sum;
    } turns[] = {{0, 0, 1500}, {2, 200, 2500}, {1, 0, 2000}, {2, 900, 2000}, {1, 100, 3000}, {2, -1, 1000}};
    uint32_t number = 0;
    for (size_t turn = 0; turn < ARRAY_LEN(turns); turn++) {
        int before = block[MIXER_BLOCK - 1];
        if (turns[turn].member)
            assert_true(voices_set_volume(v, turns[turn].member, turns[turn].percent));
        for (unsigned i = 0; i < 10; i++, number++) {
            for (uint16_t m = 1; m <= 2; m++)
                voices_push(v, m, number, number * 480, sound, sizeof sound, 1000000 + number * PULL_US);
            render(v, block, 1000000 + number * PULL_US);
            if (turn > 0 && i == 0)
                assert_true(abs(block[0] - before) <= 8); // it glides
        }
        assert_in_range(block[0], turns[turn].sum - 2, turns[turn].sum + 2);
    }
    struct speaker_figures f;
    assert_true(voices_get_figures(v, 2, &f) && f.level > 0.02f); // who talks is seen to talk however low he is
    for (uint16_t m = 3; m <= SPEAKER_VOICES + 1; m++)
        assert_true(voices_set_volume(v, m, 10));
    assert_false(voices_set_volume(v, 99, 10));
    assert_true(voices_set_volume(v, 99, 100)); // which it is
    voices_forget_volumes(v);
    assert_true(voices_set_volume(v, 99, 10));
    voices_destroy(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_stream_is_played_whole),
        cmocka_unit_test(loss_is_filled),
        cmocka_unit_test(disorder_and_repetition),
        cmocka_unit_test(jitter_raises_the_target_and_calm_lowers_it),
        cmocka_unit_test(silence_of_the_sender_is_no_loss),
        cmocka_unit_test(buffer_is_bounded),
        cmocka_unit_test(stretching_does_not_click),
        cmocka_unit_test(drift_and_jitter_do_not_click),
        cmocka_unit_test(voices_come_and_go),
        cmocka_unit_test(volume_is_each_members_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
