// What is played finds the microphone's block that hears it: jitter, drift, gaps, and a full ring.
#include "tests/unit/unit.h"

#include "client/far_reference.h"

#include <pthread.h>

enum { BLOCK_US = 10000, ZERO = 1000000 };

static struct far_reference r;

static int start(void **state)
{
    (void)state;
    far_reference_init(&r);
    return 0;
}

// Block `number` is filled with it, and is heard at `heard_us`.
static void play(int number, uint64_t heard_us)
{
    int16_t samples[AUDIO_BLOCK];
    for (size_t i = 0; i < AUDIO_BLOCK; i++)
        samples[i] = (int16_t)number;
    far_reference_push(&r, samples, heard_us);
}

static int record(uint64_t capture_us) // -1 = silence
{
    int16_t out[AUDIO_BLOCK];
    bool found = far_reference_take(&r, capture_us, out);
    for (size_t i = 1; i < AUDIO_BLOCK; i++)
        assert_int_equal(out[i], out[0]);
    return found ? out[0] : -1;
}

static void same_time(void **state)
{
    (void)state;
    for (int i = 1; i <= 10; i++) // handed over 30 ms ahead
        play(i, ZERO + i * BLOCK_US);
    for (int i = 1; i <= 100; i++) {
        play(i + 10, ZERO + (i + 10) * BLOCK_US);
        assert_int_equal(record(ZERO + i * BLOCK_US), i);
    }
    assert_int_equal(far_reference_delay_us(&r, ZERO + 100 * BLOCK_US), 10 * BLOCK_US);
}

static void before_and_after(void **state)
{
    (void)state;
    assert_int_equal(record(ZERO), -1);
    play(1, ZERO + 5 * BLOCK_US); // not yet heard
    for (int i = 1; i < 5; i++)
        assert_int_equal(record(ZERO + i * BLOCK_US), -1);
    assert_int_equal(record(ZERO + 5 * BLOCK_US), 1);
    for (int i = 6; i < 99; i++) // the loudspeaker was closed
        assert_int_equal(record(ZERO + i * BLOCK_US), -1);
    play(2, ZERO + 100 * BLOCK_US);
    assert_int_equal(record(ZERO + 99 * BLOCK_US), -1);
    assert_int_equal(record(ZERO + 100 * BLOCK_US), 2);
}

// The microphone was closed for ten seconds, twice: no old block is taken for a new one, and none was lost. But some
// are when its thread is held up for a second.
static void microphone_returns(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        play(i, ZERO + i * BLOCK_US);
    assert_int_equal(record(ZERO + 990 * BLOCK_US), 990);
    assert_int_equal(record(ZERO + 991 * BLOCK_US), 991);
    for (int i = 1000; i < 2000; i++)
        play(i, ZERO + i * BLOCK_US);
    assert_int_equal(record(ZERO + 1990 * BLOCK_US), 1990);
    assert_int_equal(atomic_load(&r.lost), 0);
    for (int i = 2000; i < 2100; i++)
        play(i, ZERO + i * BLOCK_US);
    assert_int_equal(record(ZERO + 2090 * BLOCK_US), 2090);
    assert_int_equal(atomic_load(&r.lost), 2100 - FAR_REFERENCE_BLOCKS - 1991);
}

static uint32_t any(void)
{
    static uint64_t random = 1;
    return (uint32_t)unit_random(&random) >> 8;
}

// Both threads run late, up to 4 ms as a rule and now and then by 190 ms, and then make up for it in one go.
static void jitter(void **state)
{
    (void)state;
    int played = 0, last = 0;
    for (int i = 0, late = 0; i < 5000; i++) {
        late = late ? late - 1 : any() % 200 == 0 ? 19 : 0;
        for (; played < i + 3 + (int)(any() % 2); played++)
            play(played, ZERO + played * BLOCK_US + any() % 4000 + (any() % 300 == 0 ? 150000 : 0));
        int got = record(ZERO + i * BLOCK_US + any() % 4000 + late * BLOCK_US);
        if (i < 50) // to settle
            last = got;
        else
            assert_int_equal(got, ++last); // none is left out, none twice
    }
    assert_in_range(last, 4998, 5000);
}

// The loudspeaker's device is opened anew, and plays 100 ms later than before from then on.
static void step(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        play(i, ZERO + i * BLOCK_US + (i < 100 ? 0 : 100000));
        int got = record(ZERO + i * BLOCK_US);
        if (i < 100)
            assert_int_equal(got, i);
        else if (i > 140)
            assert_int_equal(got, i - 10);
    }
}

// The loudspeaker's clock is slower or faster by 200 ppm: one block in 50 s is left out, or waited for.
static void drift(void **state)
{
    for (int faster = 0; faster < 2; faster++) {
        start(state);
        double step = faster ? 10000 * (1 - 200e-6) : 10000 * (1 + 200e-6), next = ZERO;
        int played = 0, silences = 0, worst = 0;
        for (int i = 0; i < 30000; i++) { // 5 minutes
            for (; next <= ZERO + (i + 3) * 10000.0; next += step)
                play(played++, (uint64_t)next);
            int got = record(ZERO + (uint64_t)i * BLOCK_US);
            silences += got < 0;
            if (got >= 0)
                worst = MAX(worst, abs((int)(got * step) - i * BLOCK_US));
        }
        assert_in_range(faster ? r.skipped : (uint64_t)silences, 5, 7);
        assert_true(worst < 10000);
    }
}

// The loudspeaker asks for three blocks at once, and then for 3 % more than it plays for a second, as sound servers do
// at first: nothing is left out, and no block comes after its echo.
static void queue(void **state)
{
    (void)state;
    int played = 0;
    for (int i = 0; i < 100; i++) {
        for (; played < i + 3 + MIN(i / 20, 5); played++)
            play(played, ZERO + (i + 3) * BLOCK_US);
        assert_int_equal(record(ZERO + i * BLOCK_US), i < 1 ? -1 : i - 1); // heard at i + 3
    }
    assert_int_equal(r.skipped, 0);
}

// The loudspeaker plays from the beginning, the microphone opens `opens` blocks later, and the loudspeaker's device is
// closed for half a second after 150 blocks. One block, or with all that the thread then makes up for, is told late.
static void one_late(int late, int late_us, int opens, bool makes_up)
{
    start(NULL);
    for (int i = 0; i < 400; i++) {
        int until_us = late * BLOCK_US + late_us, us = late_us;
        if (makes_up && i > late)
            us = MAX(0, until_us - i * BLOCK_US);
        else if (i != late)
            us = 0;
        if (i < 150 || i >= 200)
            play(i, ZERO + i * BLOCK_US + us);
        if (i < opens + 5)
            continue;
        int number = i - 5, got = record(ZERO + number * BLOCK_US);
        bool closed = number >= 150 && number < 200;
        if (got != (closed ? -1 : number))
            fail_msg("block %d late, microphone from %d: %d for %d", late, opens, got, number);
    }
}

// A thread runs late once, just after a device was opened or at any time: what is played stays where it is, above all
// not behind what the microphone hears.
static void one_late_block(void **state)
{
    (void)state;
    for (int late = 0; late < 250; late += BASE_SANITIZED ? 7 : 1)
        for (int opens = 0; opens < 350; opens += 35) {
            one_late(late, 40000, opens, false);
            one_late(late, 40000, opens, true);
        }
}

static void *plays(void *arg)
{
    for (int i = 0; i < 20000; i++)
        play(i % 30000, ZERO + (uint64_t)i * BLOCK_US);
    return arg;
}

// Whatever the two threads do, no block comes out torn: record() looks at each sample.
static void two_threads(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, plays, NULL), 0);
    for (uint64_t i = 0; i < 20000; i++)
        record(ZERO + i * BLOCK_US);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(same_time, start),
        cmocka_unit_test_setup(before_and_after, start),
        cmocka_unit_test_setup(microphone_returns, start),
        cmocka_unit_test_setup(jitter, start),
        cmocka_unit_test_setup(step, start),
        cmocka_unit_test_setup(queue, start),
        cmocka_unit_test_setup(one_late_block, start),
        cmocka_unit_test_setup(drift, start),
        cmocka_unit_test_setup(two_threads, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
