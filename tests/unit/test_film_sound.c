// A film's sound stands where the film's timeline has it. The files are made here by the ffmpeg tool: a click at 2 s.
#define _GNU_SOURCE
#include "tests/unit/unit.h"

#include "tests/unit/shell.h"
#include "client/library/film_sound.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_bool stop; // nobody wants to
static char dir[] = "/tmp/test_film_sound.XXXXXX";

static void clip(const char *name, const char *before, const char *more)
{
    char command[1024];
    snprintf(command, sizeof command,
             "ffmpeg -v error -y -f lavfi -i testsrc=s=64x48:r=10:d=4 %s -f lavfi -i "
             "\"aevalsrc=if(between(t\\,2\\,2.001)\\,0.9\\,0):s=44100:d=3\" -pix_fmt yuv420p -c:v libx264 -preset "
             "ultrafast -bf 2 -threads 1 -ac 2 %s %s/%s.mp4",
             before, more, dir, name);
    assert_int_equal(shell_run(command), 0);
}

static struct film_sound *opened(const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s.mp4", dir, name);
    return film_sound_open(path, &stop);
}

// Samples until the loudest one; `count` = until the end.
static int loudest(struct film_sound *s, int *count)
{
    int16_t block[FILM_SOUND_BLOCK];
    int at = -1, most = 1000;
    for (*count = 0; film_sound_read(s, block); *count += FILM_SOUND_BLOCK)
        for (int i = 0; i < FILM_SOUND_BLOCK; i++)
            if (abs(block[i]) > most) {
                most = abs(block[i]);
                at = *count + i;
            }
    return at;
}

static void where(const char *name, int click, int slack, int length)
{
    struct film_sound *s = opened(name);
    int count;
    assert_non_null(s);
    assert_in_range(loudest(s, &count), click - slack, click + 48 + slack);
    assert_in_range(count, length - 2400, length + 2400);
    for (int ms = 300; ms < click / 48; ms += 331) { // back and forth
        film_sound_seek(s, (uint64_t)ms);
        assert_in_range(loudest(s, &count), click - ms * 48 - slack, click - ms * 48 + 48 + slack);
        assert_in_range(count, length - ms * 48 - 2400, length - ms * 48 + 2400);
    }
    film_sound_seek(s, 3900);
    assert_int_equal(loudest(s, &count), -1);
    film_sound_seek(s, 0);
    assert_in_range(loudest(s, &count), click - slack, click + 48 + slack);
    film_sound_close(s);
}

static void lossless(void **state)
{
    (void)state;
    clip("alac", "", "-c:a alac");
    where("alac", 96000, 24, 144000);
}

static void aac(void **state)
{
    (void)state;
    clip("aac", "", "-c:a aac");
    where("aac", 96000, 48, 144000);
}

static void begins_later_than_the_picture(void **state)
{
    (void)state;
    clip("late", "-itsoffset 0.5", "-c:a alac");
    where("late", 120000, 24, 168000);
}

static void none(void **state)
{
    (void)state;
    clip("silent", "", "-an");
    assert_null(opened("silent"));
    assert_null(opened("not there"));
}

// A sound that is said to begin a year before the film, and one whose packets are all broken: no block takes long.
static void odd(void **state)
{
    (void)state;
    int16_t block[FILM_SOUND_BLOCK];
    clip("early", "-itsoffset -3", "-c:a alac -movflags use_metadata_tags");
    clip("broken", "", "-c:a aac -bsf:a noise=amount=1");
    static const char *const names[] = {"early", "broken"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct film_sound *s = opened(names[i]);
        int count = 0;
        for (; s && film_sound_read(s, block) && count < 500; count++)
            ;
        assert_true(count < 500); // of three seconds
        film_sound_close(s);
    }
}

static void ends_when_it_shall(void **state)
{
    (void)state;
    int16_t block[FILM_SOUND_BLOCK];
    clip("stopped", "", "-c:a alac");
    struct film_sound *s = opened("stopped");
    assert_true(film_sound_read(s, block));
    atomic_store(&stop, true);
    for (unsigned i = 0; i < 1000; i++) // silence from now on, and never an end
        assert_true(film_sound_read(s, block));
    atomic_store(&stop, false);
    film_sound_close(s);
}

static int make(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", dir);
    return shell_run(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lossless), cmocka_unit_test(aac), cmocka_unit_test(begins_later_than_the_picture),
        cmocka_unit_test(none),     cmocka_unit_test(odd), cmocka_unit_test(ends_when_it_shall)};
    return cmocka_run_group_tests(tests, make, clean);
}
