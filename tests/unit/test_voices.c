// Whole voices in injected time: sent by a clock of their own over a network that delays and loses, buffered, decoded,
// stretched and mixed. What is played is searched for clicks.
#include "tests/unit/unit.h"

#include "client/recv/speaker.h"
#include "client/recv/voices.h"

#include <math.h>
#include <opus/opus.h>

enum { PULL_US = 10000, AIR = 128, MEMBER = 9 };

struct plan {
    double seconds, ppm; // the sender's clock is so much faster
    int16_t (*wave)(uint64_t at);
    bool opus;
    bool (*pauses)(uint64_t ms);  // nothing is sent then; NULL = never
    size_t (*frame)(uint64_t ms); // samples of a packet that is sent then; NULL = 480
    double loss;
    unsigned spread_us; // packets take so much longer, at random
    double bad_until_s; // loss and spread end then; 0 = never
    unsigned pulls;     // blocks the device asks for at once; 0 = 1
};

struct heard {
    double sharpest;                // second difference, after the first second
    double delay_most, delay_end;   // ms, after ten seconds; delay_end: the mean of the last five
    double bad_s;                   // after bad_until_s, until the delay was below 40 ms for good
    double quiet_least, quiet_most; // RMS of 10 ms blocks
    struct speaker_figures figures;
};

struct call {
    const struct plan *plan;
    struct voices *voices;
    OpusEncoder *encoder;
    uint64_t random, now, sent; // sent: samples
    uint32_t number;
    struct {
        uint8_t data[2000];
        size_t size;
        uint32_t number, ts;
        uint64_t at;
    } air[AIR];
    size_t flying;
};

static bool is_bad(const struct call *c)
{
    return c->plan->bad_until_s <= 0 || (double)(c->now - 1000000) / 1e6 < c->plan->bad_until_s;
}

static void fly(struct call *c, const uint8_t *data, size_t size, uint32_t ts, uint64_t at)
{
    uint32_t number = c->number++;
    double dice = (double)(unit_random(&c->random) >> 11) / 9007199254740992.0;
    if (is_bad(c) && dice < c->plan->loss)
        return;
    assert_true(c->flying < AIR && size <= sizeof c->air->data);
    memcpy(c->air[c->flying].data, data, size);
    c->air[c->flying].size = size;
    c->air[c->flying].number = number;
    c->air[c->flying].ts = ts;
    unsigned spread = is_bad(c) ? c->plan->spread_us : 0;
    c->air[c->flying++].at = at + (spread ? unit_random(&c->random) % spread : 0);
}

static void land(struct call *c)
{
    for (size_t i = 0; i < c->flying;)
        if (c->air[i].at <= c->now) {
            voices_push(c->voices, MEMBER, c->air[i].number, c->air[i].ts, c->air[i].data, c->air[i].size, false,
                        c->air[i].at);
            c->air[i] = c->air[--c->flying];
        } else {
            i++;
        }
}

// What has been said up to now by the sender's clock.
static void speak(struct call *c)
{
    const struct plan *p = c->plan;
    uint64_t said = (uint64_t)((double)(c->now - 1000000) * 0.048 * (1 + p->ppm / 1e6));
    for (;;) {
        size_t n = p->frame ? p->frame(c->sent / 48) : 480;
        int16_t pcm[960];
        uint8_t bytes[1920];
        uint64_t ready = 1000000 + (uint64_t)((double)(c->sent + n) / 0.048 / (1 + p->ppm / 1e6));
        if (c->sent + n > said)
            return;
        for (size_t i = 0; i < n; i++) {
            pcm[i] = p->wave(c->sent + i);
            bytes[2 * i] = (uint8_t)((uint16_t)pcm[i] >> 8);
            bytes[2 * i + 1] = (uint8_t)pcm[i];
        }
        bool pause = p->pauses && p->pauses(c->sent / 48);
        if (pause)
            ;
        else if (p->opus)
            fly(c, bytes, (size_t)opus_encode(c->encoder, pcm, (int)n, bytes, sizeof bytes), 77 + (uint32_t)c->sent,
                ready);
        else
            fly(c, bytes, 2 * n, 77 + (uint32_t)c->sent, ready);
        c->sent += n;
    }
}

static void render(struct voices *v, int16_t out[AUDIO_BLOCK], uint64_t now_us)
{
    static struct mixer m;
    mixer_clear(&m);
    voices_mix(v, &m, now_us, now_us);
    mixer_finish(&m, out);
}

struct ear {
    int before[2];
    double ends[500]; // the last delays
};

static void listen(struct ear *e, const int16_t *block, double second, struct heard *h)
{
    double power = 0;
    for (size_t i = 0; i < AUDIO_BLOCK; i++) {
        if (second > 1)
            h->sharpest = fmax(h->sharpest, abs(block[i] - 2 * e->before[1] + e->before[0]));
        e->before[0] = e->before[1];
        e->before[1] = block[i];
        power += (double)block[i] * block[i];
    }
    double rms = sqrt(power / AUDIO_BLOCK);
    if (second > 1) {
        h->quiet_least = fmin(h->quiet_least, rms);
        h->quiet_most = fmax(h->quiet_most, rms);
    }
}

static void judge(struct call *c, struct ear *e, size_t pulls, double second, struct heard *h)
{
    assert_true(voices_get_figures(c->voices, MEMBER, &h->figures) || second < 1);
    e->ends[pulls % ARRAY_LEN(e->ends)] = h->figures.delay_ms;
    if (second > 10)
        h->delay_most = fmax(h->delay_most, h->figures.delay_ms);
    if (c->plan->bad_until_s > 0 && second > c->plan->bad_until_s && h->figures.delay_ms > 40)
        h->bad_s = second - c->plan->bad_until_s;
}

static struct heard run(const struct plan *plan)
{
    struct call *c = calloc(1, sizeof *c);
    struct heard h = {.quiet_least = 1e9};
    struct ear e = {.before = {0}};
    enum audio_decoder_codec codec = plan->opus ? AUDIO_DECODER_OPUS : AUDIO_DECODER_L16;
    c->plan = plan;
    c->voices = voices_create();
    c->random = 5;
    c->now = 1000000;
    int error;
    c->encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &error);
    opus_encoder_ctl(c->encoder, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(c->encoder, OPUS_SET_PACKET_LOSS_PERC(10));
    opus_encoder_ctl(c->encoder, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(c->encoder, OPUS_SET_COMPLEXITY(2));
    assert_true(voices_add(c->voices, MEMBER, codec));
    // A sanitizer listens to no sound, and hears nothing new after a while.
    bool shorter = BASE_SANITIZED && plan->bad_until_s <= 0 && plan->seconds > 40;
    size_t pulls = (size_t)((shorter ? 40 : plan->seconds) * 100);
    for (size_t p = 0; p < pulls; p++) {
        size_t at_once = plan->pulls ? plan->pulls : 1;
        c->now = 1000000 + (p / at_once + 1) * at_once * PULL_US; // the device asks for several blocks at the same time
        double second = (double)(c->now - 1000000) / 1e6;
        int16_t block[AUDIO_BLOCK];
        speak(c);
        land(c);
        render(c->voices, block, c->now);
        listen(&e, block, second, &h);
        judge(c, &e, p, second, &h);
    }
    for (size_t i = 0; i < ARRAY_LEN(e.ends); i++)
        h.delay_end += e.ends[i] / (double)ARRAY_LEN(e.ends);
    voices_destroy(c->voices);
    opus_encoder_destroy(c->encoder);
    free(c);
    return h;
}

static void say(const char *what, const struct heard *h, double clean)
{
    const struct speaker_figures *f = &h->figures;
    print_message(
        "%-38s corner %.2f x, delay most %.1f end %.1f ms, target %.0f, concealed %.3f %%, waits %u, lost %u, "
        "out %u, in %u\n",
        what, clean > 0 ? h->sharpest / clean : 0, h->delay_most, h->delay_end, f->target_ms, f->concealed_pct,
        (unsigned)f->waits, (unsigned)f->lost, (unsigned)f->taken_out, (unsigned)f->put_in);
}

#define TONE_HZ 300
static const double CLEAN = 8000 * (2 * M_PI * TONE_HZ / 48000) * (2 * M_PI * TONE_HZ / 48000); // a tone's own corner

static int16_t tone(uint64_t at) // exact for hours
{
    return (int16_t)lrint(8000 * sin(2 * M_PI * (double)(at % 160) / 160));
}

// Something like speech: syllables of a voice that glides between 90 and 220 Hz, of hissing, and pauses.
static int16_t speak_once(uint64_t at)
{
    static double phase, low[2], mid[2];
    static uint64_t random = 1;
    double second = (double)at / 48000, syllable = fmod(second, 0.23) / 0.23;
    double hz = 155 + 65 * sin(2 * M_PI * second / 3.1), hiss = (double)(int64_t)unit_random(&random) / 9.3e18;
    bool pause = fmod(second, 4) > 3, unvoiced = fmod(second, 0.69) < 0.15;
    double shape = pause ? 0 : sin(M_PI * syllable) * sin(M_PI * syllable);
    phase = fmod(phase + hz / 48000, 1);
    double source = unvoiced ? hiss * 0.3 : phase < 0.4 ? phase / 0.4 - 0.5 : -0.1;
    double a = 0.10 * source + 1.86 * low[0] - 0.88 * low[1], b = 0.2 * source + 1.70 * mid[0] - 0.78 * mid[1];
    low[1] = low[0];
    low[0] = a;
    mid[1] = mid[0];
    mid[0] = b;
    return (int16_t)CLAMP(9000 * shape * (a + 0.3 * b) + 20 * hiss, -32000, 32000);
}

static int16_t speech(uint64_t at) // the same half minute again and again
{
    static int16_t said[30 * 48000];
    static bool known;
    for (size_t i = 0; !known && i < ARRAY_LEN(said); i++)
        said[i] = speak_once(i);
    known = true;
    return said[at % ARRAY_LEN(said)];
}

static size_t frames_of_20(uint64_t ms)
{
    (void)ms;
    return 960;
}

static size_t frames_short(uint64_t ms)
{
    (void)ms;
    return 240;
}

static size_t frames_5_10(uint64_t ms)
{
    return ms / 330 % 3 ? 480 : 240;
}

static size_t frames_mixed(uint64_t ms)
{
    return ms / 7000 % 2 ? 960 : ms / 330 % 3 == 1 ? 960 : 480;
}

static void half_an_hour_of_drift(void **state)
{
    (void)state;
    static const double ppm[] = {100, -100};
    for (size_t i = 0; i < ARRAY_LEN(ppm); i++) {
        struct plan p = {.seconds = i ? 900 : 1800, .ppm = ppm[i], .wave = tone, .frame = i ? frames_short : NULL};
        struct heard h = run(&p);
        say(i ? "15 min, -100 ppm, tone, 5 ms" : "30 min, +100 ppm, tone, 10 ms", &h, CLEAN);
        assert_true(h.sharpest < 1.5 * CLEAN);
        assert_true(h.delay_most < 35 && h.delay_end < 30);
        assert_int_equal(h.figures.waits, 0);
        assert_true(h.figures.concealed_pct <= 0);
        if (!BASE_SANITIZED)
            assert_true(i ? h.figures.put_in > 3000 : h.figures.taken_out > 6000); // of 4320 and 8640
    }
    struct plan p = {.seconds = 1800, .ppm = 100, .wave = speech, .spread_us = 8000, .frame = frames_5_10};
    struct heard h = run(&p);
    say("30 min, +100 ppm, speech, 8 ms jitter", &h, 0);
    assert_true(h.delay_most < 45 && h.delay_end < 35);
    assert_true(h.figures.concealed_pct < 0.1);
}

static void more_drift_and_jitter_do_not_click(void **state)
{
    (void)state;
    static const struct plan plans[] = {
        {.seconds = 120, .ppm = 500, .wave = tone},
        {.seconds = 120, .ppm = -500, .wave = tone, .frame = frames_5_10},
        {.seconds = 60, .ppm = 2000, .wave = tone},
        {.seconds = 60, .ppm = -2000, .wave = tone},
        {.seconds = 60, .wave = tone, .spread_us = 20000},
        {.seconds = 60, .wave = tone, .frame = frames_5_10, .pulls = 2},
        {.seconds = 60, .wave = tone, .pulls = 4},
    };
    static const char *const names[] = {"+500 ppm",
                                        "-500 ppm, 5 and 10 ms",
                                        "+2000 ppm",
                                        "-2000 ppm",
                                        "20 ms jitter",
                                        "device asks 20 ms at once",
                                        "device asks 40 ms at once"};
    for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
        struct heard h = run(&plans[i]);
        say(names[i], &h, CLEAN);
        assert_true(h.sharpest < 1.5 * CLEAN);
        assert_true(h.delay_most < 60);
        assert_true(h.figures.concealed_pct < 1);
    }
}

static void opus_of_10_and_20_ms(void **state)
{
    (void)state;
    static const struct plan plans[] = {
        {.seconds = 40, .ppm = 100, .wave = tone, .opus = true, .frame = frames_mixed},
        {.seconds = 40, .wave = tone, .opus = true, .frame = frames_of_20, .pulls = 2},
        {.seconds = 40, .wave = tone, .opus = true, .frame = frames_mixed, .spread_us = 30000},
        {.seconds = 40, .wave = tone, .opus = true, .frame = frames_of_20, .loss = 0.05},
        {.seconds = 40, .wave = tone, .opus = true, .frame = frames_mixed, .loss = 0.05},
    };
    static const char *const names[] = {"Opus, 10 and 20 ms", "Opus, 20 ms, asked 20 ms at once",
                                        "Opus, 10 and 20 ms, 30 ms jitter", "Opus, 20 ms, 5 % loss",
                                        "Opus, 10 and 20 ms, 5 % loss"};
    for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
        struct heard h = run(&plans[i]);
        say(names[i], &h, CLEAN);
        // Where lengths change over a loss, libopus itself makes a small ripple.
        bool both = plans[i].frame == frames_mixed;
        assert_true(h.sharpest < (plans[i].loss <= 0 ? 3 : both ? 60 : 6) * CLEAN);
        assert_true(h.delay_most < 65);
        assert_true(h.figures.concealed_pct < (plans[i].loss > 0 ? 8 : 1));
    }
}

// A room: noise of about 40, dull, under somebody who talks for a second and then is silent for two, and sends nothing.
static int16_t in_a_room(uint64_t at)
{
    static uint64_t random = 3;
    static double dull;
    dull += ((double)(int64_t)unit_random(&random) / 9.3e18 - dull) * 0.12;
    return (int16_t)lrint(
        at / 48000 % 3 || at < 96000 ? 270 * dull : 270 * dull + tone(at) * sin(M_PI * (double)(at % 48000) / 48000));
}

static bool two_of_three_seconds(uint64_t ms)
{
    return ms > 4000 && ms / 1000 % 3 != 0;
}

static bool forever(uint64_t ms)
{
    return ms > 4000;
}

static void pauses_are_no_holes(void **state)
{
    (void)state;
    struct plan p = {.seconds = 30, .wave = in_a_room, .pauses = two_of_three_seconds};
    struct heard h = run(&p);
    print_message("pauses: quietest 10 ms %.1f RMS\n", h.quiet_least);
    say("pauses in a room", &h, CLEAN);
    assert_true(h.quiet_least > 12);
    assert_true(h.figures.concealed_pct <= 0 && h.figures.lost == 0);
    p.wave = tone; // no room in it
    h = run(&p);
    assert_true(h.quiet_least <= 0);
    p = (struct plan){.seconds = 12, .wave = in_a_room, .pauses = forever};
    h = run(&p);
    assert_true(h.quiet_least <= 0); // who has gone is not heard to be silent
}

static void losses_do_not_click(void **state)
{
    (void)state;
    struct plan p = {.seconds = 60, .wave = tone, .loss = 0.05, .spread_us = 30000, .frame = frames_5_10};
    struct heard h = run(&p);
    say("5 % loss, 30 ms jitter", &h, CLEAN);
    assert_true(h.sharpest < 2 * CLEAN);
    assert_true(h.figures.lost > 150 && h.figures.concealed_pct < 8);
}

static void delay_comes_back_down(void **state)
{
    (void)state;
    struct plan p = {.seconds = 60, .wave = tone, .loss = 0.1, .spread_us = 150000, .bad_until_s = 30};
    struct heard h = run(&p);
    say("30 s of 150 ms jitter, then calm", &h, CLEAN);
    print_message("back below 40 ms after %.1f s\n", h.bad_s);
    assert_true(h.bad_s < 12 && h.delay_end < 30);
    p.wave = speech;
    h = run(&p);
    say("the same with speech", &h, 0);
    print_message("back below 40 ms after %.1f s\n", h.bad_s);
    assert_true(h.bad_s < 12 && h.delay_end < 30);
    p.opus = true;
    p.frame = frames_of_20;
    h = run(&p);
    say("the same with Opus", &h, 0);
    print_message("back below 40 ms after %.1f s\n", h.bad_s);
    assert_true(h.bad_s < 12 && h.delay_end < 35);
}

static void voices_come_and_go(void **state)
{
    (void)state;
    struct voices *v = voices_create();
    struct speaker_figures f;
    int16_t block[AUDIO_BLOCK];
    uint8_t sound[960] = {0x10};
    for (unsigned round = 0; round < 3; round++) {
        for (uint16_t m = 1; m <= SPEAKER_VOICES; m++)
            assert_true(voices_add(v, m, AUDIO_DECODER_L16));
        assert_false(voices_add(v, 99, AUDIO_DECODER_L16));
        for (uint16_t m = 1; m <= SPEAKER_VOICES; m++)
            voices_push(v, m, 1, 480, sound, sizeof sound, false, 1000);
        voices_push(v, 3, 2, 960, sound, 3, false, 1000); // odd: malformed
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
        voices_push(v, 5, i, i * 480, sound, sizeof sound, false, 1000);
    voices_destroy(v);
}

static void volume_is_each_members_own(void **state)
{
    (void)state;
    struct voices *v = voices_create();
    int16_t block[AUDIO_BLOCK];
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
        int before = block[AUDIO_BLOCK - 1];
        if (turns[turn].member)
            assert_true(voices_set_volume(v, turns[turn].member, turns[turn].percent));
        for (unsigned i = 0; i < 10; i++, number++) {
            for (uint16_t m = 1; m <= 2; m++)
                voices_push(v, m, number, number * 480, sound, sizeof sound, false, 1000000 + number * PULL_US);
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
        cmocka_unit_test(half_an_hour_of_drift), cmocka_unit_test(more_drift_and_jitter_do_not_click),
        cmocka_unit_test(opus_of_10_and_20_ms),  cmocka_unit_test(losses_do_not_click),
        cmocka_unit_test(pauses_are_no_holes),   cmocka_unit_test(delay_comes_back_down),
        cmocka_unit_test(voices_come_and_go),    cmocka_unit_test(volume_is_each_members_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
