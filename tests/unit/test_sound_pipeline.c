// The whole way of a sound inside one process: captured, coded, put in order, decoded, played.
#include "tests/unit/unit.h"

#include "client/recv/speaker.h"
#include "client/send/audio_encoder.h"
#include "client/send/mic.h"
#include "shared/clock.h"

#include <math.h>
#include <unistd.h>

enum { MEMBER = 7 };

struct call {
    struct audio_encoder *encoder;
    struct speaker *speaker;
    uint32_t number; // mic thread, like pauses: talk spurts after the first
    unsigned pauses;
    unsigned lose_each; // every so many packets are lost; 0 = none
};

static void on_pcm(void *ctx, const int16_t *samples, size_t count, uint64_t capture_us)
{
    struct call *c = ctx;
    audio_encoder_push(c->encoder, samples, count, capture_us);
}

static void on_audio(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker)
{
    struct call *c = ctx;
    uint32_t number = c->number++;
    c->pauses += voice_marker && number > 0;
    if (c->lose_each && number % c->lose_each == c->lose_each - 1)
        return;
    speaker_push(c->speaker, MEMBER, number, ts, data, size, false, clock_now_us());
}

static int16_t *read_wav(const char *path, size_t *count)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    uint8_t header[44];
    assert_int_equal(fread(header, 1, sizeof header, f), sizeof header);
    assert_memory_equal(header, "RIFF", 4);
    assert_memory_equal(header + 36, "data", 4);
    size_t said = header[40] | (size_t)header[41] << 8 | (size_t)header[42] << 16 | (size_t)header[43] << 24;
    int16_t *samples = calloc(said + 2, 1);
    *count = fread(samples, 2, said / 2, f);
    assert_int_equal(*count, said / 2);
    fclose(f);
    return samples;
}

// Share of the power that lies at this frequency.
static double share_at(const int16_t *s, size_t n, double frequency)
{
    double re = 0, im = 0, power = 0;
    for (size_t i = 0; i < n; i++) {
        double w = 0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)n), x = s[i] * w;
        re += x * cos(2 * M_PI * frequency * (double)i / 48000);
        im += x * sin(2 * M_PI * frequency * (double)i / 48000);
        power += x * x;
    }
    return 3 * (re * re + im * im) / (power * (double)n); // Hann window: 1 for a pure tone
}

// The sharpest corner: the largest second difference, as a multiple of what a clean tone of this peak has.
static double sharpest(const int16_t *s, size_t n, double frequency)
{
    double most = 0, peak = 1, omega = 2 * M_PI * frequency / 48000;
    for (size_t i = 1; i + 1 < n; i++) {
        most = fmax(most, fabs((double)s[i + 1] - 2.0 * s[i] + s[i - 1]));
        peak = fmax(peak, fabs((double)s[i]));
    }
    return most / (peak * omega * omega);
}

static void hear_tone(enum audio_encoder_codec codec, unsigned lose_each, double seconds, double *share, double *corner,
                      struct speaker_figures *figures)
{
    char path[64], spec[80];
    snprintf(path, sizeof path, "/tmp/parlour-test-%d.wav", (int)getpid());
    snprintf(spec, sizeof spec, "file:%s", path);
    struct call c = {.lose_each = lose_each};
    c.encoder = audio_encoder_create(&(struct audio_encoder_config){.codec = codec, .ctx = &c, .on_audio = on_audio});
    c.speaker = speaker_create(&(struct speaker_config){.spec = spec});
    struct mic *mic = mic_create(&(struct mic_config){.spec = "tone:440", .ctx = &c, .on_pcm = on_pcm});
    if (codec == AUDIO_ENCODER_L16)
        assert_true(speaker_add(c.speaker, MEMBER, AUDIO_DECODER_L16));
    assert_true(speaker_start(c.speaker));
    assert_true(mic_start(mic));
    clock_sleep_until(clock_now_us() + (uint64_t)(seconds * 1e6));
    assert_true(speaker_get_figures(c.speaker, MEMBER, figures));
    assert_true(mic_level(mic) > 0.15f && mic_level(mic) < 0.21f); // -12 dBFS sine: 0.177 RMS
    mic_stop(mic);
    mic_join(mic);
    speaker_stop(c.speaker);
    speaker_join(c.speaker);
    mic_destroy(mic);
    speaker_destroy(c.speaker);
    audio_encoder_destroy(c.encoder);
    size_t count;
    int16_t *samples = read_wav(path, &count);
    assert_true((double)count > (seconds - 0.3) * 48000);
    size_t from = 24000, n = count - 24000 - 9600; // after the first half second, before the end
    *share = share_at(samples + from, n, 440);
    *corner = sharpest(samples + from, n, 440);
    print_message("tone: %.1f %% of the power at 440 Hz, sharpest corner %.1f x, delay %.0f ms, target %.0f ms, "
                  "concealed %.1f %%, pauses %u\n",
                  100 * *share, *corner, figures->delay_ms, figures->target_ms, figures->concealed_pct, c.pauses);
    free(samples);
    unlink(path);
}

static void tone_is_heard_without_a_click(void **state)
{
    (void)state;
    double share, corner;
    struct speaker_figures figures;
    hear_tone(AUDIO_ENCODER_OPUS, 0, 3, &share, &corner, &figures);
    // These are real threads: a busy machine starves them, and what it starves is concealed. test_audio_jitter hears
    // the same way of a voice in virtual time, where nothing is excused.
    assert_true(share > 0.5);
    assert_true(corner < 4);
    assert_true(figures.concealed_pct > 0 || share > 0.9);
    assert_true(figures.concealed_pct > 0 || (figures.level > 0.12f && figures.level < 0.25f));
    assert_int_equal(figures.lost, 0);
}

static void plain_sound_is_exact(void **state)
{
    (void)state;
    double share, corner;
    struct speaker_figures figures;
    hear_tone(AUDIO_ENCODER_L16, 0, 2, &share, &corner, &figures);
    assert_true(share > 0.4);
    assert_true(figures.concealed_pct > 0 || (share > 0.95 && corner < 2)); // starved as above: PCM cannot conceal
}

static void lost_packets_are_covered_up(void **state)
{
    (void)state;
    double share, corner;
    struct speaker_figures figures;
    hear_tone(AUDIO_ENCODER_OPUS, 10, 3, &share, &corner, &figures);
    assert_true(share > 0.4);
    assert_true(figures.lost > 5);
    assert_true(figures.concealed_pct > 4 && figures.concealed_pct < 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tone_is_heard_without_a_click),
        cmocka_unit_test(plain_sound_is_exact),
        cmocka_unit_test(lost_packets_are_covered_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
