// The player: mixing, repeats, bounds, fades, volume; and with a real loudspeaker thread, that it sleeps.
#include "tests/unit/unit.h"

#include "client/recv/speaker.h"
#include "client/sounds.h"
#include "client/sounds_data.h"
#include "shared/base.h"
#include "shared/clock.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RATE = 48000, BLOCK = 480 };

// The next `count` samples, in 10 ms as the loudspeaker asks for them.
static void hear(struct sounds *s, float *out, size_t count)
{
    memset(out, 0, count * sizeof *out);
    for (size_t at = 0; at < count; at += BLOCK)
        sounds_mix(s, out + at, MIN(count - at, (size_t)BLOCK));
}

static double power(const float *x, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * x[i];
    return sum;
}

static double power_of(enum sound sound)
{
    double sum = 0;
    for (size_t i = 0; i < sounds_data[sound].count; i++)
        sum += (double)sounds_data[sound].samples[i] * sounds_data[sound].samples[i];
    return sum;
}

static struct sounds *loud(void)
{
    struct sounds *s = sounds_create();
    static float settled[BLOCK];
    sounds_set_volume(s, 100);
    sounds_mix(s, settled, BLOCK); // a volume changes over one block
    return s;
}

static void one_sound_is_what_was_made(void **state)
{
    (void)state;
    enum { COUNT = RATE };
    static float out[COUNT];
    struct sounds *s = loud();
    assert_false(sounds_busy(s));
    sounds_play(s, SOUND_KNOCK);
    assert_true(sounds_busy(s));
    hear(s, out, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(out[i] == (i < sounds_data[SOUND_KNOCK].count ? sounds_data[SOUND_KNOCK].samples[i] : 0));
    assert_false(sounds_busy(s));
    hear(s, out, BLOCK);
    assert_true(power(out, BLOCK) == 0);
    sounds_destroy(s);
}

static void sounds_add_up_to_what_is_there(void **state)
{
    (void)state;
    float out[BLOCK];
    struct sounds *s = loud();
    for (size_t i = 0; i < BLOCK; i++)
        out[i] = 1000;
    sounds_play(s, SOUND_JOINED);
    sounds_play(s, SOUND_KNOCK);
    sounds_mix(s, out, BLOCK);
    for (size_t i = 0; i < BLOCK; i++)
        assert_true(out[i] == 1000 + sounds_data[SOUND_JOINED].samples[i] + sounds_data[SOUND_KNOCK].samples[i]);
    sounds_destroy(s);
}

static void ring_repeats_and_begins_softly(void **state)
{
    (void)state;
    enum { RING = RATE * 24 / 10, ROUND = RATE * 4 };
    float *out = malloc(3 * ROUND * sizeof *out);
    struct sounds *s = loud();
    sounds_loop(s, SOUND_RING);
    sounds_loop(s, SOUND_RING); // changes nothing
    hear(s, out, 3 * ROUND);
    double whole = power_of(SOUND_RING);
    for (size_t round = 0; round < 3; round++) {
        double share = power(out + round * ROUND, RING) / whole;
        assert_true(fabs(share - (round ? 1 : 0.25)) < 0.001);
        assert_true(power(out + round * ROUND + RING, ROUND - RING) == 0);
    }
    assert_true(sounds_busy(s)); // in its rest, too
    sounds_loop(s, SOUND_NONE);
    sounds_loop(s, SOUND_CALLING);
    hear(s, out, 2 * 3 * RATE);
    for (size_t round = 0; round < 2; round++) {
        assert_true(fabs(power(out + round * 3 * RATE, 8 * RATE / 10) / power_of(SOUND_CALLING) - 1) < 0.001);
        assert_true(power(out + round * 3 * RATE + 8 * RATE / 10, 22 * RATE / 10) == 0);
    }
    sounds_loop(s, SOUND_NONE);
    hear(s, out, BLOCK);
    assert_false(sounds_busy(s));
    sounds_loop(s, SOUND_RING); // a new call begins softly again
    hear(s, out, RING);
    assert_true(fabs(power(out, RING) / whole - 0.25) < 0.001);
    free(out);
    sounds_destroy(s);
}

// Stopped in the middle, it is silent after 5 ms and never jumps on the way.
static void check_fade(struct sounds *s, const float *before, size_t played, enum sound sound)
{
    float out[BLOCK];
    hear(s, out, BLOCK);
    const int16_t *source = sounds_data[sound].samples + played;
    double gain = before[BLOCK - 1] != 0 ? before[BLOCK - 1] / source[-1] : 1;
    for (size_t i = 0; i < BLOCK; i++) {
        double expected = i < 240 ? source[i] * gain * (240 - (double)i) / 240 : 0;
        assert_true(fabs(out[i] - expected) < 1);
    }
    assert_false(sounds_busy(s));
}

static void stopping_fades(void **state)
{
    (void)state;
    float out[BLOCK];
    struct sounds *s = loud();
    sounds_loop(s, SOUND_RING);
    for (int i = 0; i < 20; i++)
        hear(s, out, BLOCK);
    sounds_loop(s, SOUND_NONE);
    check_fade(s, out, 20 * BLOCK, SOUND_RING);

    sounds_play(s, SOUND_LOST);
    for (int i = 0; i < 20; i++)
        hear(s, out, BLOCK);
    sounds_play(s, SOUND_KNOCK); // waits, and is stopped before it began
    sounds_stop(s);
    check_fade(s, out, 20 * BLOCK, SOUND_LOST);

    sounds_play(s, SOUND_KNOCK);
    sounds_stop(s);
    sounds_play(s, SOUND_MESSAGE); // asked for after the stop
    hear(s, out, BLOCK);
    for (size_t i = 0; i < BLOCK; i++)
        assert_true(out[i] == sounds_data[SOUND_MESSAGE].samples[i]);
    sounds_destroy(s);
}

static void four_at_once_and_the_oldest_goes(void **state)
{
    (void)state;
    static const enum sound five[] = {SOUND_KNOCK, SOUND_LOST, SOUND_BACK, SOUND_FILE_DONE, SOUND_ANSWERED};
    float out[BLOCK];
    struct sounds *s = loud();
    for (size_t i = 0; i < ARRAY_LEN(five); i++) {
        sounds_play(s, five[i]);
        hear(s, out, BLOCK);
    }
    hear(s, out, BLOCK); // the knock has faded out
    for (size_t i = 0; i < BLOCK; i++) {
        float sum = 0;
        for (size_t k = 1; k < ARRAY_LEN(five); k++)
            sum += sounds_data[five[k]].samples[(5 - k) * BLOCK + i];
        assert_true(fabsf(out[i] - sum) < 0.01f);
    }
    sounds_destroy(s);
}

static void ring_survives_a_storm(void **state)
{
    (void)state;
    enum { COUNT = 100 * BLOCK };
    static float quiet[COUNT], storm[COUNT];
    struct sounds *s = loud(), *t = loud();
    sounds_loop(s, SOUND_RING);
    sounds_loop(t, SOUND_RING);
    hear(s, quiet, COUNT);
    for (int i = 0; i < 40; i++) { // for 400 ms everything at once
        for (int k = SOUND_ANSWERED; k < SOUND_COUNT; k++)
            sounds_play(t, (enum sound)k);
        hear(t, storm + i * BLOCK, BLOCK);
    }
    for (int i = 40; i < 100; i++)
        hear(t, storm + i * BLOCK, BLOCK);
    for (size_t i = 95 * BLOCK; i < COUNT; i++) // all of it is over, but the ring
        assert_true(storm[i] == quiet[i]);
    sounds_destroy(s);
    sounds_destroy(t);
}

static void the_same_twice_is_heard_once(void **state)
{
    (void)state;
    float out[BLOCK];
    struct sounds *s = loud();
    for (int i = 0; i < 3; i++)
        sounds_play(s, SOUND_JOINED);
    hear(s, out, BLOCK);
    for (size_t i = 0; i < BLOCK; i++)
        assert_true(out[i] == sounds_data[SOUND_JOINED].samples[i]);
    for (int i = 0; i < 6; i++)
        hear(s, out, BLOCK);
    sounds_play(s, SOUND_JOINED); // 70 ms later it is another one
    hear(s, out, BLOCK);
    for (size_t i = 0; i < BLOCK; i++)
        assert_true(fabsf(out[i] - sounds_data[SOUND_JOINED].samples[i] -
                          sounds_data[SOUND_JOINED].samples[7 * BLOCK + i]) < 0.01f);
    sounds_destroy(s);
}

static void what_waits_is_bounded(void **state)
{
    (void)state;
    float out[BLOCK];
    struct sounds *s = loud();
    for (int i = 0; i < 100000; i++) // no loudspeaker takes them
        sounds_play(s, (enum sound)(i % SOUND_COUNT));
    for (int i = 0; i < 100 && sounds_busy(s); i++) // four of the last sixteen are heard, not hours of them
        hear(s, out, BLOCK);
    assert_false(sounds_busy(s));
    sounds_play(s, SOUND_KNOCK); // and there is room again
    hear(s, out, BLOCK);
    assert_true(power(out, BLOCK) > 0);
    sounds_destroy(s);
}

static void volume_is_of_the_sounds(void **state)
{
    (void)state;
    static const struct {
        int percent;
        double gain;
    } rows[] = {{100, 1}, {70, 0.49}, {50, 0.25}, {0, 0}, {-5, 0}, {300, 1}};
    static float out[RATE];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sounds *s = sounds_create();
        sounds_set_volume(s, rows[i].percent);
        hear(s, out, BLOCK);
        sounds_play(s, SOUND_KNOCK);
        hear(s, out, RATE);
        assert_true(fabs(sqrt(power(out, RATE) / power_of(SOUND_KNOCK)) - rows[i].gain) < 0.001);
        sounds_destroy(s);
    }
    struct sounds *s = loud(); // turned down while it sounds: no step between two samples
    sounds_play(s, SOUND_LOST);
    hear(s, out, 10 * BLOCK);
    sounds_set_volume(s, 0);
    hear(s, out, BLOCK);
    for (size_t i = 0; i < BLOCK; i++)
        assert_true(fabs(out[i] - sounds_data[SOUND_LOST].samples[10 * BLOCK + i] * (1 - (double)i / BLOCK)) < 1);
    sounds_destroy(s);
}

// ---- with the loudspeaker's own thread ----

static long wakeups_of_speaker(void)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    long found = -1;
    while (tasks && (task = readdir(tasks))) {
        char path[320], line[256];
        snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
        FILE *f = fopen(path, "r");
        long count = 0;
        bool speaker = false;
        while (f && fgets(line, sizeof line, f)) {
            if (strcmp(line, "Name:\tspeaker\n") == 0)
                speaker = true;
            if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
                count = strtol(line + 24, NULL, 10);
        }
        if (f)
            fclose(f);
        if (speaker)
            found = count;
    }
    if (tasks)
        closedir(tasks);
    return found;
}

static void wait_us(uint64_t us)
{
    clock_sleep_until(clock_now_us() + us);
}

static void speaker_wakes_for_a_sound_and_sleeps_again(void **state)
{
    (void)state;
    struct sounds *s = sounds_create();
    struct speaker *speaker = speaker_create(&(struct speaker_config){.spec = "none", .sounds = s});
    assert_true(speaker_start(speaker));
    wait_us(100000);
    long asleep = wakeups_of_speaker();
    assert_true(asleep >= 0);
    wait_us(300000);
    assert_int_equal(wakeups_of_speaker(), asleep); // not one
    for (int round = 0; round < 2; round++) {
        sounds_play(s, SOUND_JOINED);
        speaker_look(speaker);
        uint64_t end = clock_now_us() + 5000000;
        while (sounds_busy(s) && clock_now_us() < end)
            wait_us(20000);
        assert_false(sounds_busy(s)); // it was taken and played to its end
        wait_us(3000000);             // 2 s, and the look after them
        asleep = wakeups_of_speaker();
        wait_us(300000);
        assert_int_equal(wakeups_of_speaker(), asleep);
    }
    speaker_set_awake(speaker, true);
    wait_us(300000);
    assert_true(wakeups_of_speaker() > asleep + 3);
    speaker_stop(speaker);
    speaker_join(speaker);
    speaker_destroy(speaker);
    sounds_destroy(s);
}

// What a recording of a knock over somebody's voice has, in the amplitude of the knock.
static double knock_and_voice(bool off)
{
    char path[64], spec[80];
    snprintf(path, sizeof path, "/tmp/parlour-sounds-%d.wav", (int)getpid());
    snprintf(spec, sizeof spec, "file:%s", path);
    uint8_t voice[2 * BLOCK]; // L16: a square wave
    for (size_t i = 0; i < sizeof voice; i++)
        voice[i] = i / 96 % 2 ? 0x20 : 0xdf;
    struct sounds *s = sounds_create();
    struct speaker *speaker = speaker_create(&(struct speaker_config){.spec = spec, .sounds = s});
    speaker_set_off(speaker, off);
    assert_true(speaker_add(speaker, 9, AUDIO_DECODER_L16));
    assert_true(speaker_start(speaker));
    sounds_play(s, SOUND_KNOCK);
    uint64_t end = clock_now_us() + 5000000;
    for (uint32_t i = 1; i < 100 || (sounds_busy(s) && clock_now_us() < end); i++) {
        speaker_push(speaker, 9, i, i * BLOCK, voice, sizeof voice, false, clock_now_us());
        wait_us(10000);
    }
    speaker_stop(speaker);
    speaker_join(speaker);
    speaker_destroy(speaker);
    sounds_destroy(s);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    static int16_t pcm[10 * RATE];
    fseek(f, 44, SEEK_SET);
    size_t n = fread(pcm, 2, ARRAY_LEN(pcm), f);
    fclose(f);
    unlink(path);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)pcm[i] * pcm[i];
    return sqrt(sum / power_of(SOUND_KNOCK));
}

static void off_is_for_voices(void **state)
{
    (void)state;
    assert_true(fabs(knock_and_voice(true) - 0.49) < 0.01); // whole, at 70 %, and nothing else
    assert_true(knock_and_voice(false) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_sound_is_what_was_made),
                                       cmocka_unit_test(sounds_add_up_to_what_is_there),
                                       cmocka_unit_test(ring_repeats_and_begins_softly),
                                       cmocka_unit_test(stopping_fades),
                                       cmocka_unit_test(four_at_once_and_the_oldest_goes),
                                       cmocka_unit_test(ring_survives_a_storm),
                                       cmocka_unit_test(the_same_twice_is_heard_once),
                                       cmocka_unit_test(what_waits_is_bounded),
                                       cmocka_unit_test(volume_is_of_the_sounds),
                                       cmocka_unit_test(speaker_wakes_for_a_sound_and_sleeps_again),
                                       cmocka_unit_test(off_is_for_voices)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
