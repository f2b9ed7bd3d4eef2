// Whether the microphone has heard the loudspeaker: found through noise, echo and bad loudspeakers; never in what
// people, rooms and this program's other sounds do.
#include "client/sound_check.h"
#include "client/sounds_data.h"
#include "shared/base.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

enum { RATE = SOUND_CHECK_RATE, ROOM = RATE / 4 };

static double uniform(uint64_t *r)
{
    return (double)(unit_random(r) % 200001) / 100000 - 1;
}

static int16_t bounded(double x)
{
    return (int16_t)lrint(CLAMP(x, -32767, 32767));
}

static double power(const double *x, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++)
        sum += x[i] * x[i];
    return sum / (double)(to - from);
}

struct room {
    double echo;       // of the walls, against the straight way
    double gain;       // from loudspeaker to microphone
    double noise_db;   // against the chime as it is heard; -200 = none
    double saturation; // of the loudspeaker; 0 = none
    unsigned after_ms;
};

// What the microphone hears of the chime in a room whose echo dies away within a quarter of a second.
static enum sound_check_result play_in(const struct room *room, uint64_t seed, unsigned *after_ms)
{
    static int16_t chime[SOUND_CHECK_CHIME], heard[SOUND_CHECK_MOST];
    static double sum[SOUND_CHECK_MOST];
    uint64_t r = seed;
    size_t begin = (size_t)room->after_ms * (RATE / 1000);
    sound_check_chime(chime);
    memset(sum, 0, sizeof sum);
    for (int tap = 0; tap < 60; tap++) {
        size_t late = tap ? (size_t)(unit_random(&r) % ROOM) : 0;
        double g = tap ? room->echo * uniform(&r) * exp(-6.0 * (double)late / ROOM) : 1;
        for (size_t i = 0; i < SOUND_CHECK_CHIME && begin + late + i < SOUND_CHECK_MOST; i++) {
            double x = (double)chime[i] / 32767;
            if (room->saturation > 0)
                x = tanh(x * room->saturation) / room->saturation;
            sum[begin + late + i] += x * g * room->gain * 32767;
        }
    }
    double loud = sqrt(power(sum, begin, MIN(begin + SOUND_CHECK_CHIME, (size_t)SOUND_CHECK_MOST)));
    double noise = room->noise_db > -150 ? loud * pow(10, room->noise_db / 20) * sqrt(3) : 0;
    for (size_t i = 0; i < SOUND_CHECK_MOST; i++)
        heard[i] = bounded(sum[i] + noise * uniform(&r));
    return sound_check_find(heard, SOUND_CHECK_MOST, after_ms);
}

static void is_found_in_every_room(void **state)
{
    (void)state;
    static const struct room rooms[] = {
        {0, 1, -200, 0, 0},       // a cable
        {0, 1, -200, 0, 2300},    // late
        {0.5, 0.1, -20, 0, 300},  // a living room
        {0.8, 0.03, -10, 3, 500}, // a hall, a bad loudspeaker, far away
        {0.4, 0.05, 0, 0, 700},   // as much noise as chime
        {0.2, 0.05, 6, 0, 700},   // twice as much
        {0.5, 0.002, -6, 0, 400}, // hardly turned up
        {0.3, -0.1, -20, 0, 400}, // the wrong way round
    };
    for (size_t i = 0; i < ARRAY_LEN(rooms); i++)
        for (uint64_t seed = unit_seed(), n = 0; n < 4; n++) {
            unsigned after = 9999;
            if (play_in(&rooms[i], seed + n, &after) != SOUND_CHECK_HEARD)
                fail_msg("room %zu seed %llu: not heard", i, (unsigned long long)(seed + n));
            if (abs((int)after - (int)rooms[i].after_ms) > 30)
                fail_msg("room %zu seed %llu: heard after %u ms", i, (unsigned long long)(seed + n), after);
        }
}

// Harmonics of a voice that moves up and down, with syllables and pauses, and hisses between them.
static void talk(double *out, size_t count, uint64_t *r)
{
    double phase = 0, pitch = 110 + 90 * fabs(uniform(r)), to = pitch, loud = 0, wanted = 0, hiss = 0,
           tone[3] = {500, 1500, 2500};
    for (size_t i = 0; i < count; i++) {
        if (i % (RATE / 7) == 0) {
            wanted = unit_random(r) % 4 ? 0.3 + 0.6 * fabs(uniform(r)) : 0;
            hiss = unit_random(r) % 3 ? 0 : 0.2;
            to = pitch * (1 + 0.3 * uniform(r));
            for (size_t k = 0; k < ARRAY_LEN(tone); k++)
                tone[k] = (300 + 900 * (double)k) * (1 + 0.5 * uniform(r));
        }
        pitch += (to - pitch) / 4000;
        loud += (wanted - loud) / 1200;
        phase += pitch / RATE;
        double x = 0;
        for (int h = 1; h < 30; h++)
            for (size_t k = 0; k < ARRAY_LEN(tone); k++) {
                double off = (h * pitch - tone[k]) / 150;
                if (fabs(off) < 3)
                    x += exp(-off * off) * sin(2 * M_PI * phase * h);
            }
        out[i] = 9000 * loud * (x + hiss * uniform(r));
    }
}

static void not_heard(const double *x, const char *what, uint64_t seed)
{
    static int16_t heard[SOUND_CHECK_MOST];
    for (size_t i = 0; i < SOUND_CHECK_MOST; i++)
        heard[i] = bounded(x[i]);
    if (sound_check_find(heard, SOUND_CHECK_MOST, NULL) == SOUND_CHECK_HEARD)
        fail_msg("heard in %s, seed %llu", what, (unsigned long long)seed);
}

static void is_not_found_where_it_is_not(void **state)
{
    (void)state;
    static double x[SOUND_CHECK_MOST];
    uint64_t first = unit_seed();
    for (uint64_t seed = first; seed < first + (BASE_SANITIZED ? 2 : 8); seed++) {
        uint64_t r = seed;
        talk(x, SOUND_CHECK_MOST, &r);
        not_heard(x, "speech", seed);
        double low = 0;
        for (size_t i = 0; i < SOUND_CHECK_MOST; i++)
            x[i] = 12000 * uniform(&r);
        not_heard(x, "noise", seed);
        for (size_t i = 0; i < SOUND_CHECK_MOST; i++)
            x[i] = 40 * (low += (3000 * uniform(&r) - low) / 60);
        not_heard(x, "a fan", seed);
        double hz = 100 + 3000 * fabs(uniform(&r));
        for (size_t i = 0; i < SOUND_CHECK_MOST; i++)
            x[i] = 8000 * sin(2 * M_PI * hz * (double)i / RATE);
        not_heard(x, "a tone", seed);
        for (size_t i = 0; i < SOUND_CHECK_MOST; i++)
            x[i] = i % (RATE / 3) < 40 ? 20000 * uniform(&r) : 3 * uniform(&r);
        not_heard(x, "knocks", seed);
    }
    for (int sound = 0; sound < SOUND_COUNT; sound++) {
        memset(x, 0, sizeof x);
        for (size_t i = 0; i < sounds_data[sound].count && i + 500 < SOUND_CHECK_MOST; i++)
            x[i + 500] = sounds_data[sound].samples[i];
        not_heard(x, "another sound of this program", (uint64_t)sound);
    }
}

static void silence_is_told_from_a_quiet_room(void **state)
{
    (void)state;
    static int16_t heard[SOUND_CHECK_MOST];
    assert_int_equal(sound_check_find(heard, SOUND_CHECK_MOST, NULL), SOUND_CHECK_SILENCE);
    assert_int_equal(sound_check_find(heard, 0, NULL), SOUND_CHECK_SILENCE);
    for (size_t i = 0; i < SOUND_CHECK_MOST; i++) // an offset is no sound
        heard[i] = 700;
    assert_int_equal(sound_check_find(heard, SOUND_CHECK_MOST, NULL), SOUND_CHECK_SILENCE);
    uint64_t r = 1;
    for (size_t i = 0; i < SOUND_CHECK_MOST; i++)
        heard[i] = (int16_t)(60 * uniform(&r));
    assert_int_equal(sound_check_find(heard, SOUND_CHECK_MOST, NULL), SOUND_CHECK_NOT_HEARD);
    assert_int_equal(sound_check_find(heard, SOUND_CHECK_CHIME / 2, NULL), SOUND_CHECK_NOT_HEARD); // too short for it
}

static void the_chime_is_kind(void **state)
{
    (void)state;
    static int16_t chime[SOUND_CHECK_CHIME];
    int last = 0, most = 0;
    sound_check_chime(chime);
    assert_int_equal(chime[0], 0);
    for (size_t i = 0; i < SOUND_CHECK_CHIME; i++) {
        most = MAX(most, abs(chime[i]));
        if (i < 100)
            last = MAX(last, abs(chime[i]));
    }
    assert_true(most > 10000 && most < 13000);
    assert_true(last < 500); // it does not begin with a click
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_found_in_every_room),
        cmocka_unit_test(is_not_found_where_it_is_not),
        cmocka_unit_test(silence_is_told_from_a_quiet_room),
        cmocka_unit_test(the_chime_is_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
