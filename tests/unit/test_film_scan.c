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

// ---- odd files ----

// The number `after` bytes behind the first `type` in a file becomes `to`.
static void change(const char *name, const char *type, size_t after, uint32_t to)
{
    char path[64];
    snprintf(path, sizeof path, "%s/odd/%s", dir, name);
    FILE *f = fopen(path, "r+b");
    static uint8_t bytes[1 << 20];
    size_t size = fread(bytes, 1, sizeof bytes, f);
    uint8_t *at = memmem(bytes, size, type, 4),
            number[4] = {(uint8_t)(to >> 24), (uint8_t)(to >> 16), (uint8_t)(to >> 8), (uint8_t)to};
    assert_non_null(at);
    assert_int_equal(fseek(f, at - bytes + 4 + (long)after, SEEK_SET), 0);
    assert_int_equal(fwrite(number, 1, 4, f), 4);
    fclose(f);
}

static void make_odd(void)
{
    shell("cd %s && mkdir odd && ffmpeg -v error -y -i outside_720p.mp4 -c copy -movflags +faststart odd/whole.mp4",
          dir);
    shell("cd %s/odd && for n in counts sized chunks edits ticks lengths; do cp whole.mp4 $n.mp4; done", dir);
    shell("cd %s/odd && head -c $(($(stat -c %%s whole.mp4) / 2)) whole.mp4 > half.mp4", dir);
    shell("cd %s/odd && head -c 300000 /dev/urandom > noise.mp4 && yes text | head -c 100000 > text.mp4", dir);
    shell("cd %s/odd && " CLIP(48, 1, "-frames:v 1") "-an one.mp4 && " CLIP(48, 4, "-g 1000") "one-keyframe.mp4", dir);
    shell("cd %s/odd && ffmpeg -v error -y -i whole.mp4 -c copy -movflags frag_keyframe+empty_moov pieces.mp4", dir);
    shell("cd %s/odd && cp pieces.mp4 claims.mp4 && truncate -s 4G huge.mp4", dir);
    change("counts.mp4", "stsz", 8, 0xfffffff0);
    change("sized.mp4", "stsz", 4, 1); // all of one size, and so none is listed
    change("sized.mp4", "stsz", 8, 0x0fffffff);
    change("chunks.mp4", "stco", 4, 0x1fffffff);
    change("edits.mp4", "elst", 4, 0x0fffffff);
    change("ticks.mp4", "mdhd", 12, 1); // a unit of a second
    change("ticks.mp4", "stts", 12, 0x7fffffff);
    change("lengths.mp4", "mvhd", 16, 0);
    change("lengths.mp4", "mdhd", 16, 0);
    change("claims.mp4", "trun", 4, 0x0ffffff0);
}

static int clean(void **state)
{
    (void)state;
    shell("rm -r %s", dir);
    return 0;
}

static struct film_scan *scan(const char *folder)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", dir, folder);
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
    struct film_scan *s = scan("films");
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
    struct film_scan *s = scan("films");
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

static enum film_way way_of(const struct film_scan *s, const char *title)
{
    const struct film *f = named(s, title);
    assert_non_null(f);
    return f->quality[0].way;
}

// None of them stops the others from being listed, and none is said to be what it is not.
static void odd_files(void **state)
{
    (void)state;
    make_odd();
    struct film_scan *s = scan("odd");
    look(s, 1);
    static const char *const bad[] = {"counts", "sized", "chunks", "edits", "noise", "text", "claims", "huge"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(way_of(s, bad[i]), FILM_BAD);
        assert_int_equal(named(s, bad[i])->quality[0].why, FILM_WHY_UNREADABLE);
    }
    assert_int_equal(way_of(s, "whole"), FILM_DIRECT);
    assert_int_equal(way_of(s, "half"), FILM_DIRECT); // it plays as far as it goes
    assert_int_equal(way_of(s, "pieces"), FILM_DIRECT);
    assert_int_equal(way_of(s, "one"), FILM_DIRECT);
    assert_in_range(named(s, "one")->ms, 1, 1000);
    assert_int_equal(way_of(s, "one-keyframe"), FILM_MADE);
    assert_int_equal(named(s, "one-keyframe")->quality[0].why, FILM_WHY_KEYFRAMES);
    assert_int_equal(way_of(s, "ticks"), FILM_MADE); // years from one keyframe to the next
    assert_in_range(named(s, "lengths")->ms, 0, 6000);
    film_scan_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_said), cmocka_unit_test(what_changes),
                                       cmocka_unit_test(odd_files)};
    return cmocka_run_group_tests(tests, make, clean);
}
