// Four hours of one who talks and is seen, in virtual time: his card off by 100 in a million one way, ours the other,
// our clocks by 50 from each other, over a path that is calm, shakes, and loses what is repaired, in turns. Real
// timestamps of sound, jitter buffer, stretching, mixing, playout and lip sync; each second he snaps his fingers, once,
// and it is looked when that is heard and when seen.
#include "tests/unit/unit.h"

#include "client/recv/lip_sync.h"
#include "client/recv/playout.h"
#include "client/recv/voices.h"
#include "client/send/encoded_frame.h"
#include "client/send/sample_clock.h"

#include <math.h>
#include <string.h>

enum {
    MEMBER = 9,
    FLYING = 40,
    SNAP = 20000,
    HEARD = 14000,
    SNAPS = 4 * 3600,
    FRAME_US = 33333,
    PACKET = 480,
    EAR_US = 45000,
    ROOM_US = 110000
};
#define OURS 777000000.0 // our clock when his says 0

struct flight {
    uint64_t at; // our clock; 0 = free
    uint32_t number, ts;
    double taken_us; // his clock: when a picture was
    uint8_t data[2 * PACKET];
};

struct talk {
    double his_card, our_card, clocks; // 1 + how far off
    uint64_t random;
    struct voices *voices;
    struct playout playout;
    struct lip_sync sync;
    struct sample_clock clock;
    struct flight sound[FLYING], picture[FLYING];
    uint32_t sounds, pictures;
    uint64_t samples, last_picture; // said; when the newest came
    uint32_t shown_at, shown, heard, shown_before, meta_said, meta_seen;
    double heard_us[SNAPS], seen_us[SNAPS]; // our clock less his, of the snap in that second; 0 = not
    double snap_us, meta_us, look_us, frame_us, pull_us;
};

static double chance(struct talk *t)
{
    return (double)(unit_random(&t->random) >> 11) / 9007199254740992.0;
}

static double ours(const struct talk *t, double his_us)
{
    return OURS + his_us * t->clocks;
}

static double his(const struct talk *t, double our_us)
{
    return (our_us - OURS) / t->clocks;
}

enum weather { CALM, SHAKY, LOSSY };

static enum weather weather(double his_us)
{
    static const enum weather of[] = {CALM, CALM, SHAKY, CALM, LOSSY};
    return of[(unsigned)(his_us / 120e6) % ARRAY_LEN(of)];
}

static double way_us(struct talk *t, double his_us)
{
    enum weather w = weather(his_us);
    double way = 30000 + chance(t) * (w == SHAKY ? 20000 : 2000);
    return w == LOSSY && chance(t) < 0.15 ? way + 60000 : way;
}

static struct flight *start(struct flight *all)
{
    for (size_t i = 0; i < FLYING; i++)
        if (!all[i].at)
            return &all[i];
    fail();
    return NULL;
}

// A voice of 150 Hz, and a snap in the first sample of each second of his.
static int16_t wave(struct talk *t)
{
    static int16_t voice[320];
    for (unsigned i = 0; voice[1] == 0 && i < ARRAY_LEN(voice); i++) {
        double phase = (double)i / ARRAY_LEN(voice) * 2 * M_PI;
        voice[i] = (int16_t)(2500 * sin(phase) + 1200 * sin(2 * phase) + 700 * sin(3 * phase));
    }
    uint64_t sample = t->samples++;
    if ((double)sample / 0.048 / t->his_card < t->snap_us)
        return voice[sample % ARRAY_LEN(voice)];
    t->snap_us += 1e6;
    return SNAP;
}

// 10 ms of sound whose last sample has just been captured.
static void say(struct talk *t)
{
    double at_us = (double)t->samples / 0.048 / t->his_card, told_us = at_us + chance(t) * 6000 - 3000;
    bool gap = sample_clock_gap(&t->clock, encoded_frame_audio_ts((uint64_t)(told_us + 5000)), PACKET);
    assert_true(!gap || t->samples == 0);
    uint32_t ts = t->clock.next;
    int16_t block[PACKET];
    sample_clock_count(&t->clock, PACKET);
    for (unsigned i = 0; i < PACKET; i++)
        block[i] = wave(t);
    double now_us = (double)t->samples / 0.048 / t->his_card;
    bool pause = fmod(now_us, 7e6) > 6.2e6 && fmod(now_us, 7e6) < 6.8e6;
    if (pause)
        return;
    struct flight *f = start(t->sound);
    f->at = (uint64_t)ours(t, now_us + way_us(t, now_us));
    f->number = t->sounds++;
    f->ts = ts;
    for (unsigned i = 0; i < PACKET; i++) {
        f->data[2 * i] = (uint8_t)((uint16_t)block[i] >> 8);
        f->data[2 * i + 1] = (uint8_t)block[i];
    }
}

static void show_one(struct talk *t)
{
    struct flight *f = start(t->picture);
    f->taken_us = t->frame_us;
    f->ts = encoded_frame_ts((uint64_t)t->frame_us + 5000); // both clocks of his begin at 5 ms
    uint64_t came = (uint64_t)ours(t, t->frame_us + 5000 + way_us(t, t->frame_us));
    t->last_picture = MAX(t->last_picture, came);
    f->at = t->last_picture;
    playout_set_room(&t->playout, weather(t->frame_us) == LOSSY ? ROOM_US : 0);
    uint64_t due = playout_due(&t->playout, f->ts, f->at);
    f->at = MAX(due, f->at) + 4000; // the screen's
    t->frame_us += FRAME_US;
}

static void see(struct talk *t, const struct flight *f)
{
    uint32_t at = lip_sync_picture(f->ts, f->at);
    int32_t off = (int32_t)(at - t->shown_at);
    t->shown_at = t->shown++ && abs(off) < 9000 ? t->shown_at + (uint32_t)(off / 8) : at;
    size_t second = (size_t)lrint(f->taken_us / 1e6);
    if (second < SNAPS && fabs(f->taken_us - (double)second * 1e6) <= FRAME_US / 2.0)
        t->seen_us[second] = (double)f->at - ours(t, f->taken_us);
}

static void land(struct talk *t, uint64_t now)
{
    for (size_t i = 0; i < FLYING; i++) {
        struct flight *s = &t->sound[i], *p = &t->picture[i];
        if (s->at && s->at <= now) {
            voices_push(t->voices, MEMBER, s->number, s->ts, s->data, sizeof s->data, false, s->at);
            s->at = 0;
        }
        if (p->at && p->at <= now) {
            see(t, p);
            p->at = 0;
        }
    }
}

// Our card wants 10 ms; they are heard some time later.
static void listen(struct talk *t)
{
    static struct mixer m;
    int16_t out[AUDIO_BLOCK];
    mixer_clear(&m);
    voices_mix(t->voices, &m, (uint64_t)t->pull_us, (uint64_t)t->pull_us + EAR_US);
    mixer_finish(&m, out);
    for (unsigned i = 0; i < AUDIO_BLOCK; i++) {
        if (out[i] < HEARD)
            continue;
        double heard_us = t->pull_us + EAR_US + i / 0.048, age_us = fmod(his(t, heard_us), 1e6);
        size_t second = (size_t)(his(t, heard_us) / 1e6);
        if (second < SNAPS && !(t->heard_us[second] > 0))
            t->heard_us[second] = age_us;
    }
    t->pull_us += 10000 / t->our_card;
}

static void tell(struct talk *t)
{
    uint64_t now = (uint64_t)t->meta_us + 5000;
    t->meta_said = encoded_frame_audio_ts(now) - (uint32_t)(int32_t)lrint(t->clock.ahead);
    t->meta_seen = encoded_frame_ts(now);
    uint64_t at = (uint64_t)(ours(t, t->meta_us) + chance(t) * 6000 - 3000); // as far as round trips tell
    t->meta_said = lip_sync_sound(t->meta_said, at);
    t->meta_seen = lip_sync_picture(t->meta_seen, at);
    t->meta_us += 1e6;
}

static void look(struct talk *t, uint64_t now)
{
    struct speaker_figures f;
    voices_get_figures(t->voices, MEMBER, &f);
    if (f.heard != t->heard && t->shown != t->shown_before && t->meta_us > 0)
        lip_sync_look(&t->sync,
                      &(struct lip_sync_look){.sound_us = lip_sync_sound_us(f.heard_at, t->meta_said),
                                              .picture_us = lip_sync_picture_us(t->shown_at, t->meta_seen),
                                              .picture_far_us = (double)playout_offset_us(&t->playout)},
                      now);
    else
        lip_sync_miss(&t->sync, t->shown != t->shown_before, now);
    t->heard = f.heard;
    t->shown_before = t->shown;
    voices_set_hold(t->voices, MEMBER, lip_sync_sound_hold(&t->sync));
    playout_set_hold(&t->playout, lip_sync_picture_hold(&t->sync));
    t->look_us += 100000;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Of all snaps of these seconds that were heard and seen: p5, p50, p95 of how much earlier they were heard, ms, and the
// share that was not within -40 .. 60.
static unsigned judge(const struct talk *t, unsigned from, unsigned to, double out[4])
{
    static double skew[SNAPS];
    unsigned n = 0, bad = 0;
    for (unsigned s = from; s < to; s++) {
        if (!(t->heard_us[s] > 0) || !(t->seen_us[s] > 0))
            continue;
        skew[n] = (t->seen_us[s] - t->heard_us[s]) / 1000;
        bad += skew[n] < -40 || skew[n] > 60;
        n++;
    }
    qsort(skew, n, sizeof *skew, compare);
    if (n)
        memcpy(out, (double[4]){skew[n / 20], skew[n / 2], skew[n - 1 - n / 20], (double)bad / n}, 4 * sizeof *out);
    return n;
}

static struct talk *run(double his_ppm, double our_ppm, unsigned seconds, bool in_step)
{
    struct talk *t = calloc(1, sizeof *t);
    *t = (struct talk){.his_card = 1 + his_ppm / 1e6, .our_card = 1 + our_ppm / 1e6, .clocks = 1.00005, .random = 7};
    t->voices = voices_create();
    assert_true(voices_add(t->voices, MEMBER, AUDIO_DECODER_L16));
    playout_init(&t->playout);
    t->pull_us = ours(t, 0);
    for (uint64_t now = (uint64_t)ours(t, 0); his(t, (double)now) < seconds * 1e6; now += 1000) {
        double his_us = his(t, (double)now);
        while ((double)(t->samples + PACKET) / 0.048 / t->his_card <= his_us)
            say(t);
        while (t->frame_us + 5000 <= his_us)
            show_one(t);
        if (t->meta_us <= his_us)
            tell(t);
        land(t, now);
        while (t->pull_us <= (double)now)
            listen(t);
        if (in_step && t->look_us <= his_us)
            look(t, now);
    }
    return t;
}

static void end(struct talk *t)
{
    voices_destroy(t->voices);
    free(t);
}

static void from_the_first_minute_to_the_fourth_hour(void **state)
{
    (void)state;
    static const double cards[][2] = {{100, -100}, {-100, 100}};
    bool slow = getenv("PARLOUR_SEEDS");
    for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
        unsigned seconds = slow ? 600 : i ? 1800 : SNAPS;
        struct talk *t = run(cards[i][0], cards[i][1], seconds, true);
        for (unsigned from = 10; from < seconds; from = from == 10 ? 60 : from + (seconds - 60 + 3) / 4) {
            double f[4];
            unsigned to = from == 10 ? 60 : MIN(from + (seconds - 60 + 3) / 4, seconds), n = judge(t, from, to, f);
            print_message(
                "cards %+.0f %+.0f: %5u to %5u s: heard earlier p5 %.1f p50 %.1f p95 %.1f ms, %.2f %% outside, "
                "%u snaps\n",
                cards[i][0], cards[i][1], from, to, f[0], f[1], f[2], 100 * f[3], n);
            assert_true(n > (to - from) / 2);
            assert_true(f[0] > -40 && f[2] < 60 && f[3] < 0.02);
        }
        end(t);
    }
}

// What it is for: the same without lip sync.
static void without_it_they_come_apart(void **state)
{
    (void)state;
    struct talk *t = run(100, -100, 600, false);
    double f[4];
    assert_true(judge(t, 10, 600, f) > 300);
    print_message("without: p5 %.1f p50 %.1f p95 %.1f ms, %.2f %% outside\n", f[0], f[1], f[2], 100 * f[3]);
    assert_true(f[3] > 0.3);
    end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(from_the_first_minute_to_the_fourth_hour),
                                       cmocka_unit_test(without_it_they_come_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
