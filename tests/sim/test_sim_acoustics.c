// Open speakers in simulated rooms: echo taken out, voices left in, and no howl between two kiosks. Speech is
// espeak-ng's, time is virtual. The figures that are reached are in client/README.md; the bounds here are the promise.
#include "tests/unit/unit.h"

#include "open_kiosk.h"
#include "shared/base.h"
#include "speech.h"

#include <math.h>

enum { RATE = 48000, BLOCK = OPEN_KIOSK_BLOCK, SECOND = 100, SECONDS = 30 };

#define TALK ((size_t)SECONDS * RATE)

static int16_t *far_speech, *near_speech, heard[TALK], sent[TALK], spoken[TALK];
static const int16_t silence[BLOCK];

static double power(const int16_t *samples, size_t count)
{
    double sum = 1e-3;
    for (size_t i = 0; i < count; i++)
        sum += (double)samples[i] * samples[i];
    return sum / (double)count / (32768.0 * 32768.0);
}

static double dbfs(const int16_t *samples, size_t from_s, size_t to_s)
{
    return 10 * log10(power(samples + from_s * RATE, (to_s - from_s) * RATE));
}

// The far end speaks when `far`, somebody before the kiosk from near_from_s on. Fills heard, sent and spoken.
static void talk(const struct room_acoustics_config *room, bool far, size_t near_from_s)
{
    struct open_kiosk k;
    open_kiosk_create(&k, room, true);
    memset(spoken, 0, sizeof spoken);
    for (size_t n = 1; n < SECONDS * SECOND; n++) {
        size_t at = (n - 1) * BLOCK;
        const int16_t *near = n >= near_from_s * SECOND ? near_speech + at : NULL;
        open_kiosk_play(&k, n, far ? far_speech + at : silence);
        memset(sent + at, 0, sizeof silence);
        open_kiosk_hear(&k, n, near, heard + at, sent + at);
        if (near)
            memcpy(spoken + at, near, sizeof silence);
    }
    open_kiosk_destroy(&k);
}

static void echo_goes(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct room_acoustics_config room;
        double first, after; // echo return loss enhancement in dB: of the first 3 s, and of those after
    } rows[] = {
        {"linear", {0.25, 6, 5, -65, false, 7}, 15, 30},
        {"saturating", {0.25, 6, 5, -65, true, 7}, 15, 30},
        {"40 ms nobody told of", {0.25, 6, 45, -65, true, 7}, 15, 30},
        {"80 ms nobody told of, noise", {0.25, 6, 85, -55, true, 8}, 15, 30},
        {"140 ms nobody told of, noise", {0.25, 6, 140, -50, true, 9}, 15, 24},
        {"louder than speech", {0.25, -3, 5, -65, true, 7}, 15, 30},
        {"a room of stone", {0.4, 6, 5, -65, true, 7}, 15, 30},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i += BASE_SANITIZED ? 9 : 1) {
        talk(&rows[i].room, true, SECONDS);
        double first = dbfs(heard, 0, 3) - dbfs(sent, 0, 3);
        double after = dbfs(heard, 3, SECONDS - 1) - dbfs(sent, 3, SECONDS - 1);
        print_message("%-30s first 3 s %.1f dB, then %.1f dB\n", rows[i].what, first, after);
        assert_true(first >= rows[i].first);
        assert_true(after >= rows[i].after);
    }
}

static void voice_stays(void **state)
{
    (void)state;
    static const struct room_acoustics_config quiet = {0.25, 6, 5, -65, false, 7}, noisy = {0.25, 6, 5, -50, false, 7};
    const struct room_acoustics_config *rooms[] = {&quiet, &noisy};
    for (size_t i = 0; i < ARRAY_LEN(rooms); i += BASE_SANITIZED ? 2 : 1) {
        talk(rooms[i], false, 0);
        for (size_t s = 0; s < SECONDS - 5; s += 5) {
            double change = dbfs(sent, s, s + 5) - dbfs(heard, s, s + 5);
            print_message("alone, noise %.0f dBFS, from %zu s: %+.1f dB\n", rooms[i]->noise_dbfs, s, change);
            assert_true(fabs(change) <= 3);
        }
    }
}

// How like two sounds are, 0..1, `count` samples from `at` on: at the lag where they are most alike.
static double likeness(const int16_t *a, const int16_t *b, size_t at, size_t count)
{
    double best = 0;
    for (size_t lag = 0; lag < RATE / 40; lag += 4) {
        double ab = 0, aa = 1, bb = 1;
        for (size_t i = at; i < at + count; i += 3) {
            ab += (double)a[i] * b[i + lag];
            aa += (double)a[i] * a[i];
            bb += (double)b[i + lag] * b[i + lag];
        }
        best = MAX(best, ab / sqrt(aa * bb));
    }
    return best;
}

// Both speak for 18 s, equally loud but for the way back (6 dB).
static void both_are_heard(void **state)
{
    (void)state;
    static const struct room_acoustics_config room = {0.25, 6, 25, -65, true, 7};
    talk(&room, true, 10);
    for (size_t s = 11; s + 6 < SECONDS; s += 6) {
        double change = dbfs(sent, s, s + 6) - dbfs(spoken, s, s + 6);
        double alike = likeness(spoken, sent, s * RATE, 6 * (size_t)RATE);
        print_message("both, from %zu s: near voice %+.1f dB, correlation %.2f\n", s, change, alike);
        assert_true(change > -6 && change < 3);
        assert_true(alike > 0.7);
    }
}

// ---- two kiosks ----

enum {
    NETWORK = 6,
    LINE = 16,
    TURN = 20,
    LONG = 600
}; // 60 ms one way; a turn: A speaks 8 s, pause, B speaks 8 s, pause

struct howl {
    double loudest_pause; // dBFS of a second in which nobody has spoken for one
    unsigned ringing_s;   // seconds in a row with most of the power in one narrow band
    unsigned longest_s;
};

struct two {
    struct open_kiosk kiosk[2];
    struct room_acoustics *across[2]; // from the other's loudspeaker; NULL = another room
    int16_t line[2][LINE][BLOCK];
    int16_t second[2][RATE];
    struct howl howl[2];
};

// The share of the power between 100 Hz and 8 kHz that lies within 25 Hz of the strongest.
static double peakiness(const int16_t *samples)
{
    enum { POINTS = 4096, FIRST = 9, LAST = 683, NEAR = 2 };
    static double spectrum[LAST + 1];
    static float windowed[POINTS];
    double all = 1e-9, best = 0;
    for (size_t i = 0; i < POINTS; i++)
        windowed[i] = (float)(samples[i] * (0.5 - 0.5 * cos(2 * M_PI * (double)i / POINTS)));
    for (size_t bin = FIRST; bin <= LAST; bin++) {
        double w = 2 * M_PI * (double)bin / POINTS, c = 2 * cos(w), s1 = 0, s2 = 0;
        for (size_t i = 0; i < POINTS; i++) { // Goertzel
            double s0 = windowed[i] + c * s1 - s2;
            s2 = s1;
            s1 = s0;
        }
        spectrum[bin] = s1 * s1 + s2 * s2 - c * s1 * s2;
        all += spectrum[bin];
    }
    for (size_t bin = FIRST + NEAR; bin <= LAST - NEAR; bin++) {
        double here = 0;
        for (size_t i = bin - NEAR; i <= bin + NEAR; i++)
            here += spectrum[i];
        best = MAX(best, here / all);
    }
    return best;
}

static void judge(struct howl *h, const int16_t *second, bool pause)
{
    double level = 10 * log10(power(second, RATE));
    if (pause)
        h->loudest_pause = MAX(h->loudest_pause, level);
    bool rings = level > -45 && peakiness(second + RATE / 2) > 0.6;
    h->ringing_s = rings ? h->ringing_s + 1 : 0;
    h->longest_s = MAX(h->longest_s, h->ringing_s);
}

// Who speaks, before which kiosk.
static const int16_t *voice(size_t who, uint64_t n)
{
    uint64_t s = n / SECOND % TURN;
    bool speaks = who == 0 ? s < 8 : s >= 10 && s < 18;
    return speaks ? (who ? near_speech : far_speech) + n % (TURN * SECOND) * BLOCK : NULL;
}

static void step(struct two *t, uint64_t n)
{
    for (size_t i = 0; i < 2; i++)
        open_kiosk_play(&t->kiosk[i], n, t->line[1 - i][(n - NETWORK) % LINE]);
    for (size_t i = 0; i < 2; i++) {
        int16_t *out = t->line[i][n % LINE];
        memset(out, 0, sizeof silence);
        if (t->across[i])
            room_acoustics_run(t->across[i], open_kiosk_in_the_air(&t->kiosk[1 - i]), NULL, out);
        open_kiosk_hear(&t->kiosk[i], n, voice(i, n), NULL, out);
        memcpy(t->second[i] + n % SECOND * BLOCK, out, sizeof silence);
    }
}

// `across_db` = 0: the two are in rooms of their own.
static void converse(struct two *t, bool processing, double return_loss_db, double across_db, unsigned seconds)
{
    memset(t, 0, sizeof *t);
    for (uint32_t i = 0; i < 2; i++) {
        struct room_acoustics_config room = {0.25, return_loss_db, 15, -60, true, 7 + i};
        open_kiosk_create(&t->kiosk[i], &room, processing);
        room = (struct room_acoustics_config){0.25, across_db, 25, 0, true, 17 + i};
        t->across[i] = across_db > 0 ? room_acoustics_create(&room) : NULL;
        t->howl[i].loudest_pause = -100;
    }
    for (uint64_t n = LINE; n < seconds * SECOND; n++) {
        step(t, n);
        uint64_t s = n / SECOND % TURN;
        for (size_t i = 0; i < 2 && n % SECOND == SECOND - 1 && n > TURN * SECOND; i++)
            judge(&t->howl[i], t->second[i], s == 9 || s == 19);
    }
    for (size_t i = 0; i < 2; i++) {
        open_kiosk_destroy(&t->kiosk[i]);
        room_acoustics_destroy(t->across[i]);
        print_message("%s, %g dB, across %g dB, %u s: pauses at most %.0f dBFS, one tone for %u s\n",
                      processing ? "processed" : "raw", return_loss_db, across_db, seconds, t->howl[i].loudest_pause,
                      t->howl[i].longest_s);
    }
}

static void no_howl(void **state)
{
    (void)state;
    static struct two t;
    converse(&t, false, -3, 0, 2 * TURN); // the same two without: they do, and it is noticed
    for (size_t i = 0; i < 2; i++)
        assert_true(t.howl[i].loudest_pause > -20 && t.howl[i].longest_s >= 5);
    bool full = !BASE_SANITIZED && getenv("PARLOUR_FULL");
    converse(&t, true, -3, 0, full ? LONG : BASE_SANITIZED ? 2 * TURN : LONG / 3);
    for (size_t i = 0; i < 2; i++)
        assert_true(t.howl[i].loudest_pause < -50 && t.howl[i].longest_s < 3);
}

static void no_howl_in_one_room(void **state)
{
    (void)state;
    static struct two t;
    converse(&t, true, 6, 12, BASE_SANITIZED ? 2 * TURN : LONG / 5);
    for (size_t i = 0; i < 2; i++)
        assert_true(t.howl[i].loudest_pause < -50 && t.howl[i].longest_s < 3);
}

static int make_speech(void **state)
{
    (void)state;
    far_speech = speech_make("en-us", -20, TALK);
    near_speech = speech_make("en-gb+f3", -20, TALK);
    return 0;
}

static int drop_speech(void **state)
{
    (void)state;
    free(far_speech);
    free(near_speech);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_goes), cmocka_unit_test(voice_stays),         cmocka_unit_test(both_are_heard),
        cmocka_unit_test(no_howl),   cmocka_unit_test(no_howl_in_one_room),
    };
    return cmocka_run_group_tests(tests, make_speech, drop_speech);
}
