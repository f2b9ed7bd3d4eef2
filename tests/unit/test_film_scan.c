// A folder of films: what is listed, what is said of each file, and what is not looked at. The files are made here by
// the ffmpeg tool.
#define _GNU_SOURCE
#include "tests/unit/unit.h"

#include "tests/unit/shell.h"
#include "client/library/film_scan.h"
#include "shared/base.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/test_film_scan.XXXXXX";

static void shell(const char *format, ...)
{
    char command[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_int_equal(shell_run(command), 0);
}

#define CLIP(lines, seconds, more)                                                                                     \
    "ffmpeg -v error -y -f lavfi -i testsrc=s=64x" #lines ":r=10 -f lavfi -i sine=440 -t " #seconds                    \
    " -pix_fmt yuv420p -c:v libx264 -preset ultrafast -threads 1 " more " -c:a aac "

static int make(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    shell("cd %s && mkdir films && cd films && " CLIP(48, 5, "-g 20 -bf 2") "hill_240p.mp4", dir);
    shell("cd %s/films && cp hill_240p.mp4 ../outside_720p.mp4 && ln -s ../outside_720p.mp4 hill_720p.mp4", dir);
    shell("cd %s/films && ln -s hill_240p.mp4 link.mp4 && " CLIP(
              48, 5, "-g 30 -keyint_min 30 -sc_threshold 0") "hill_1440p.mp4",
          dir);
    shell("cd %s/films && ffmpeg -v error -y -f lavfi -i testsrc=s=64x48:r=10 -t 1 -c:v mpeg4 other.mp4", dir);
    shell("cd %s/films && ffmpeg -v error -y -f lavfi -i sine=440 -t 1 -c:a aac sound.mp4", dir);
    shell("cd %s/films && head -c 3000 hill_240p.mp4 > cut.mp4 && : > empty.mp4 && mkdir folder.mp4 && "
          "mkfifo pipe.mp4 && echo notes > notes.txt",
          dir);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    shell("rm -r %s", dir);
    return 0;
}

static struct film_scan *scan(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/films", dir);
    struct film_scan *s = film_scan_create(path);
    assert_non_null(s);
    return s;
}

static void look(struct film_scan *s, uint64_t now_us)
{
    for (unsigned i = 0; i < 200 && (film_scan_tick(s, now_us) < now_us + 1000000 || !film_scan_ready(s)); i++)
        ;
    assert_true(film_scan_ready(s));
}

static const struct film *named(const struct film_scan *s, const char *title)
{
    for (size_t i = 0; i < film_scan_count(s); i++)
        if (strcmp(film_scan_at(s, i)->title, title) == 0)
            return film_scan_at(s, i);
    return NULL;
}

static void what_is_said(void **state)
{
    (void)state;
    struct film_scan *s = scan();
    look(s, 1);
    static const char *const titles[] = {"cut", "empty", "hill", "link", "other", "sound"};
    assert_int_equal(film_scan_count(s), ARRAY_LEN(titles)); // no folder, no pipe, no notes
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        assert_string_equal(film_scan_at(s, i)->title, titles[i]);
    const struct film *f = named(s, "hill");
    assert_int_equal(f->quality[0].way, FILM_DIRECT);
    assert_true(f->quality[0].sound && f->quality[0].width == 64 && f->quality[0].height == 48);
    assert_in_range(f->quality[0].ms, 4900, 5100);
    assert_int_equal(f->quality[1].way, FILM_MISSING); // it leads out of the folder
    assert_true(f->quality[2].way == FILM_MADE && f->quality[2].why == FILM_WHY_KEYFRAMES);
    assert_in_range(f->ms, 4900, 5100);
    assert_true(named(s, "link")->quality[0].way == FILM_DIRECT && named(s, "link")->single);
    assert_true(named(s, "other")->quality[0].way == FILM_MADE);
    assert_int_equal(named(s, "other")->quality[0].why, FILM_WHY_CODEC);
    assert_false(named(s, "other")->quality[0].sound);
    assert_int_equal(named(s, "sound")->quality[0].why, FILM_WHY_NO_PICTURE);
    assert_int_equal(named(s, "cut")->quality[0].why, FILM_WHY_UNREADABLE);
    assert_int_equal(named(s, "empty")->quality[0].why, FILM_WHY_UNREADABLE);
    assert_false(film_playable(named(s, "cut")));
    assert_true(film_playable(f));
    char path[FILM_PATH_MAX];
    assert_true(film_scan_path(s, f->id, 0, path));
    assert_true(access(path, R_OK) == 0 && strstr(path, "/films/hill_240p.mp4"));
    assert_false(film_scan_path(s, f->id, 1, path));
    assert_null(film_scan_find(s, f->id + 1));
    film_scan_destroy(s);
}

static void what_changes(void **state)
{
    (void)state;
    struct film_scan *s = scan();
    look(s, 1);
    uint32_t hill = named(s, "hill")->id;
    shell("cd %s/films && rm hill_240p.mp4 && cp ../outside_720p.mp4 empty.mp4", dir);
    film_scan_tick(s, 4000000);
    assert_int_equal(film_scan_find(s, hill)->quality[0].way, FILM_DIRECT); // not yet
    look(s, 6000000);
    assert_int_equal(film_scan_find(s, hill)->quality[0].way, FILM_MISSING);
    assert_int_equal(film_scan_find(s, hill)->quality[2].way, FILM_MADE);
    assert_int_equal(named(s, "empty")->quality[0].way, FILM_DIRECT);
    assert_null(named(s, "link")); // it leads nowhere
    film_scan_destroy(s);
    assert_null(film_scan_create("/nonexistent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_said), cmocka_unit_test(what_changes)};
    return cmocka_run_group_tests(tests, make, clean);
}
