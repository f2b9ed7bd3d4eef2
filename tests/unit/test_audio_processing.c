// What stands between microphone and encoder: what it leaves alone, what it says of itself, and devices that come and
// go. How much echo it takes out of speech is in sim/test_sim_acoustics.c; here noise is played, which is quicker to
// learn.
#include "tests/unit/unit.h"

#include "shared/base.h"
#include "tests/sim/open_kiosk.h"

#include <math.h>
#include <pthread.h>

enum { BLOCK = OPEN_KIOSK_BLOCK, SECOND = 100 };

static const struct room_acoustics_config room = {0.25, 6, 5, -70, false, 3};
static struct open_kiosk k;
static uint64_t noise_state;

static int start(void **state)
{
    (void)state;
    noise_state = 1;
    open_kiosk_create(&k, &room, true);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    open_kiosk_destroy(&k);
    return 0;
}

// Noise that comes and goes like syllables, about -20 dBFS.
static void make(int16_t *block, uint64_t n)
{
    for (size_t i = 0; i < BLOCK; i++) {
        int32_t noise = (int32_t)unit_random(&noise_state) >> 19;
        block[i] = n % 30 < 20 ? (int16_t)noise : 0;
    }
}

static double power(const int16_t *samples)
{
    double sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += (double)samples[i] * samples[i];
    return sum;
}

// Blocks from..to with the far end speaking: by how many dB the echo is less in the last second.
static double echo(uint64_t from, uint64_t to)
{
    double before = 1, after = 1;
    for (uint64_t n = from; n < to; n++) {
        int16_t played[BLOCK], heard[BLOCK], sent[BLOCK] = {0};
        make(played, n);
        open_kiosk_play(&k, n, played);
        open_kiosk_hear(&k, n, NULL, heard, sent);
        before += n + SECOND >= to ? power(heard) : 0;
        after += n + SECOND >= to ? power(sent) : 0;
    }
    return 10 * log10(before / after);
}

static void off_is_untouched(void **state)
{
    (void)state;
    audio_processing_set_on(k.processing, false);
    for (uint64_t n = 1; n < 200; n++) {
        int16_t block[BLOCK], heard[BLOCK], sent[BLOCK] = {0};
        make(block, n);
        open_kiosk_play(&k, n, block);
        open_kiosk_hear(&k, n, NULL, heard, sent);
        assert_memory_equal(heard, sent, sizeof heard);
    }
    struct audio_processing_figures f;
    audio_processing_get_figures(k.processing, &f);
    assert_false(f.on);
    assert_true(f.far_dbfs == -100 && f.near_dbfs == -100);
}

static void on_and_off_again(void **state)
{
    (void)state;
    assert_true(echo(1, 4 * SECOND) > 25);
    audio_processing_set_on(k.processing, false);
    assert_true(fabs(echo(4 * SECOND, 6 * SECOND)) < 0.01);
    audio_processing_set_on(k.processing, true);
    assert_true(echo(6 * SECOND, 10 * SECOND) > 25);
}

// A short sweep, like nothing beside itself.
static double sweep(int i)
{
    double part = (double)i / 960;
    return i < 0 || i >= 960 ? 0 : 9000 * sin(M_PI * part) * sin(2 * M_PI * (8 * part + 12 * part * part));
}

static void says_how_late_it_is(void **state)
{
    (void)state;
    static int16_t out[2 * SECOND * BLOCK];
    for (int n = 0; n < 2 * SECOND; n++) {
        for (int i = 0; i < BLOCK; i++) {
            noise_state = noise_state * 1664525u + 1013904223u;
            out[n * BLOCK + i] = (int16_t)(((int32_t)noise_state >> 23) + sweep(n * BLOCK + i - 70000));
        }
        audio_processing_near(k.processing, out + (ptrdiff_t)n * BLOCK, 1000000 + (uint64_t)n * 10000);
    }
    int at = 0;
    double best = 0;
    for (int i = 69000; i < 72000; i++) {
        double like = 0;
        for (int j = 0; j < 960; j++)
            like += sweep(j) * out[i + j];
        at = like > best ? i : at;
        best = fmax(best, like);
    }
    assert_in_range(at - 70000, audio_processing_delay(k.processing) - 24, audio_processing_delay(k.processing) + 24);
    assert_true(audio_processing_delay(k.processing) > 100);
    audio_processing_set_on(k.processing, false);
    assert_int_equal(audio_processing_delay(k.processing), 0);
}

static void says_what_it_does(void **state)
{
    (void)state;
    struct audio_processing_figures f;
    echo(1, 10 * SECOND);
    audio_processing_get_figures(k.processing, &f);
    assert_true(f.on && f.far_active);
    assert_true(f.delay_ms > 19.9 && f.delay_ms < 20.1); // a block in each device
    assert_true(f.erle_db > 20);
    assert_true(f.far_dbfs > -26 && f.far_dbfs < -18);
    assert_true(fabs(f.far_dbfs - room.return_loss_db - f.near_dbfs) < 4); // the echo is all there is
    assert_true(f.out_dbfs < f.near_dbfs - 18);
    for (uint64_t n = 10 * SECOND; n < 12 * SECOND; n++) { // silence again
        int16_t block[BLOCK] = {0}, sent[BLOCK] = {0};
        open_kiosk_play(&k, n, block);
        open_kiosk_hear(&k, n, NULL, NULL, sent);
    }
    audio_processing_get_figures(k.processing, &f);
    assert_false(f.far_active);
    assert_true(f.far_dbfs < -50 && f.erle_db > 20);
}

// The microphone is closed for ten seconds while the far end speaks on, then opened: the room is still known.
static void microphone_returns(void **state)
{
    (void)state;
    struct audio_processing_figures f;
    assert_true(echo(1, 5 * SECOND) > 25);
    for (uint64_t n = 5 * SECOND; n < 15 * SECOND; n++) {
        int16_t block[BLOCK];
        make(block, n);
        open_kiosk_play(&k, n, block);
    }
    assert_true(echo(15 * SECOND, 17 * SECOND) > 25);
    audio_processing_get_figures(k.processing, &f);
    assert_int_equal(f.far_lost, 0); // nobody was to take it
}

// The loudspeaker's device goes and comes back.
static void loudspeaker_returns(void **state)
{
    (void)state;
    int16_t sent[BLOCK];
    assert_true(echo(1, 5 * SECOND) > 25);
    for (uint64_t n = 5 * SECOND; n < 15 * SECOND; n++) {
        memset(sent, 0, sizeof sent);
        memset(k.air, 0, sizeof k.air);
        open_kiosk_hear(&k, n, NULL, NULL, sent);
    }
    assert_true(echo(15 * SECOND, 18 * SECOND) > 25);
}

static void *plays(void *arg)
{
    int16_t block[BLOCK] = {0};
    for (uint64_t n = 1; n < 500; n++)
        audio_processing_far(k.processing, block, OPEN_KIOSK_ZERO_US + n * 10000);
    return arg;
}

static void *asks(void *arg)
{
    struct audio_processing_figures f;
    for (unsigned i = 0; i < 500; i++) {
        audio_processing_set_on(k.processing, i % 50 != 0);
        audio_processing_get_figures(k.processing, &f);
    }
    return arg;
}

static void three_threads(void **state)
{
    (void)state;
    pthread_t threads[2];
    assert_int_equal(pthread_create(&threads[0], NULL, plays, NULL), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, asks, NULL), 0);
    for (uint64_t n = 1; n < 500; n++) {
        int16_t block[BLOCK] = {0};
        audio_processing_near(k.processing, block, OPEN_KIOSK_ZERO_US + n * 10000);
    }
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(off_is_untouched, start, stop),
        cmocka_unit_test_setup_teardown(on_and_off_again, start, stop),
        cmocka_unit_test_setup_teardown(says_what_it_does, start, stop),
        cmocka_unit_test_setup_teardown(says_how_late_it_is, start, stop),
        cmocka_unit_test_setup_teardown(microphone_returns, start, stop),
        cmocka_unit_test_setup_teardown(loudspeaker_returns, start, stop),
        cmocka_unit_test_setup_teardown(three_threads, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
