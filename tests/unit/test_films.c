// What a file's name says of a film, and what a library and those who watch say to each other.
#include "tests/unit/unit.h"

#include "client/library/film_protocol.h"
#include "shared/base.h"

#include <string.h>

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *file, *title;
        unsigned quality;
        bool single, film;
    } cases[] = {
        {"hill_240p.mp4", "hill", 0, false, true},
        {"The_big_hill_720p.mp4", "The big hill", 1, false, true},
        {"a_b_1440p.mp4", "a b", 2, false, true},
        {"plain.mp4", "plain", 0, true, true},
        {"x_480p.mp4", "x 480p", 0, true, true},
        {"_240p.mp4", " 240p", 0, true, true}, // nothing is left without it
        {"two_240p_720p.mp4", "two 240p", 1, false, true},
        {"b\xc3\xa4r\xff\n_720p.mp4", "b\xc3\xa4r??", 1, false, true},
        {".hidden_240p.mp4", "", 0, false, false},
        {".mp4", "", 0, false, false},
        {"film.mkv", "", 0, false, false},
        {"film_720p.mp4.part", "", 0, false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char title[FILM_TITLE_MAX] = "";
        size_t stem = 0;
        unsigned quality = 9;
        bool single = false;
        assert_int_equal(film_file(cases[i].file, title, &stem, &quality, &single), cases[i].film);
        if (!cases[i].film)
            continue;
        assert_string_equal(title, cases[i].title);
        assert_int_equal(quality, cases[i].quality);
        assert_int_equal(single, cases[i].single);
    }
}

static void long_names_are_cut_between_letters(void **state)
{
    (void)state;
    char file[FILM_FILE_MAX + 8] = "", title[FILM_TITLE_MAX];
    size_t stem;
    unsigned quality;
    bool single;
    for (unsigned i = 0; i < 120; i++)
        memcpy(file + 2 * i, "\xc3\xa4", 3);
    memcpy(file + 240, "_720p.mp4", 10);
    assert_true(film_file(file, title, &stem, &quality, &single));
    assert_int_equal(strlen(title), 128);
    assert_int_equal(stem, 240);
    memcpy(file + 240, "xxxxxxxxxxxx.mp4", 17);
    assert_false(film_file(file, title, &stem, &quality, &single));
}

static bool read_text(struct film_message *m, const char *text)
{
    return film_protocol_read(m, text, strlen(text));
}

static void what_is_asked(void **state)
{
    (void)state;
    static struct film_message m;
    assert_true(read_text(&m, "{\"do\":\"film-list\",\"from\":14}"));
    assert_true(m.what == FILM_LIST && m.from == 14);
    assert_true(read_text(&m, "{\"do\":\"film-play\",\"film\":77,\"for\":\"room\"}"));
    assert_true(m.what == FILM_PLAY && m.film == 77 && m.room);
    assert_true(read_text(&m, "{\"do\":\"film-play\",\"film\":77,\"for\":\"me\"}"));
    assert_true(m.what == FILM_PLAY && !m.room);
    assert_true(read_text(&m, "{\"do\":\"film-seek\",\"ms\":90000}"));
    assert_true(m.what == FILM_SEEK && m.ms == 90000);
    assert_true(read_text(&m, "{\"do\":\"film-stop\"}") && m.what == FILM_STOP);
    assert_true(read_text(&m, "{\"do\":\"film-error\",\"why\":\"full\"}") && m.error == FILM_ERROR_FULL);
    static const char *const bad[] = {"",
                                      "film-list",
                                      "[]",
                                      "{\"do\":\"film-fly\"}",
                                      "{\"do\":7}",
                                      "{\"do\":\"film-play\",\"film\":0,\"for\":\"me\"}",
                                      "{\"do\":\"film-play\",\"film\":5}",
                                      "{\"do\":\"film-play\",\"film\":5,\"for\":\"all\"}",
                                      "{\"do\":\"film-play\",\"film\":4294967296,\"for\":\"me\"}",
                                      "{\"do\":\"film-seek\"}",
                                      "{\"do\":\"film-seek\",\"ms\":-1}",
                                      "{\"do\":\"film-seek\",\"ms\":86400001}",
                                      "{\"do\":\"film-seek\",\"ms\":1.5}",
                                      "{\"do\":\"film-error\",\"why\":\"Send me your keys\"}",
                                      "{\"do\":\"film-error\",\"why\":\"\"}",
                                      "{\"do\":\"film-started\",\"film\":5,\"member\":0}",
                                      "{\"do\":\"film-page\",\"from\":2,\"total\":1,\"films\":[]}",
                                      "{\"do\":\"film-facts\",\"films\":[]}",
                                      "{\"do\":\"film-stop\",\"do\":\"film-list\"}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(read_text(&m, bad[i]));
}

static struct film a_film(unsigned n, size_t title)
{
    struct film f = {.id = n + 1, .ms = 5000};
    memset(f.title, '"', title); // the letter that takes most room
    f.quality[0] = (struct film_quality){FILM_DIRECT, FILM_WHY_NONE, 426, 240, 5000, true};
    f.quality[2] = (struct film_quality){FILM_MADE, FILM_WHY_KEYFRAMES, 2560, 1440, 4900, false};
    return f;
}

static void a_page_holds_what_fits(void **state)
{
    (void)state;
    static struct film_message m, back;
    m = (struct film_message){.what = FILM_PAGE, .from = 3, .total = 40, .count = FILM_PAGE_MAX};
    for (unsigned i = 0; i < FILM_PAGE_MAX; i++)
        m.films[i] = a_film(i, FILM_TITLE_MAX - 1);
    char *text = film_protocol_write(&m);
    assert_true(strlen(text) <= FILM_TEXT_MAX);
    assert_in_range(m.count, 6, FILM_PAGE_MAX - 1);
    assert_true(read_text(&back, text));
    assert_true(back.from == 3 && back.total == 40 && back.count == m.count);
    for (size_t i = 0; i < m.count; i++)
        assert_memory_equal(&back.films[i], &m.films[i], sizeof m.films[i]);
    for (size_t n = 0; n < strlen(text); n++) { // every truncated length
        char *part = malloc(n + 1);
        memcpy(part, text, n);
        assert_false(film_protocol_read(&back, part, n));
        free(part);
    }
    free(text);
}

static void everything_reads_as_written(void **state)
{
    (void)state;
    static struct film_message m, back;
    for (enum film_do what = FILM_LIST; what < FILM_DO_COUNT; what++) {
        m = (struct film_message){.what = what};
        if (what == FILM_LIST || what == FILM_PAGE)
            m.from = 7;
        if (what == FILM_PAGE)
            m.total = 9;
        if (what == FILM_INFO || what == FILM_PLAY || what == FILM_STARTED || what == FILM_ERROR)
            m.film = 1234567;
        m.room = what == FILM_PLAY;
        m.ms = what == FILM_SEEK ? 12345 : 0;
        m.member = what == FILM_STARTED ? 65535 : 0;
        m.error = what == FILM_ERROR ? FILM_ERROR_NOT_YOURS : FILM_ERROR_NONE;
        m.count = what == FILM_PAGE ? 2 : what == FILM_FACTS;
        for (unsigned i = 0; i < m.count; i++)
            m.films[i] = a_film(i, 5);
        char *text = film_protocol_write(&m);
        assert_true(read_text(&back, text));
        assert_memory_equal(&back, &m, sizeof m);
        free(text);
    }
}

static void about(void **state)
{
    (void)state;
    struct film_about a = {.by = 3, .only = 3, .ms = 61000, .of = 3600000, .paused = true}, back;
    memset(a.title, '\\', FILM_TITLE_MAX - 1);
    snprintf(a.has[0], sizeof a.has[0], "240p");
    snprintf(a.has[1], sizeof a.has[1], "1440p");
    char *text = film_protocol_write_about(&a);
    assert_true(strlen(text) < 1024);
    assert_true(film_protocol_read_about(&back, text));
    assert_memory_equal(&back, &a, sizeof a);
    free(text);
    assert_true(film_protocol_read_about(&back, "{\"title\":\"x\",\"by\":1,\"ms\":0,\"of\":5}"));
    assert_true(back.only == 0 && !back.has[0][0]);
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "{\"title\":\"x\",\"by\":1,\"ms\":0,\"of\":5,\"for\":[]}",
                                      "{\"title\":\"x\",\"by\":1,\"ms\":0,\"of\":5,\"for\":[65536]}",
                                      "{\"title\":\"x\",\"by\":-1,\"ms\":0,\"of\":5}",
                                      "{\"title\":5,\"by\":1,\"ms\":0,\"of\":5}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(film_protocol_read_about(&back, bad[i]));
    assert_false(film_protocol_read_about(&back, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(long_names_are_cut_between_letters),
        cmocka_unit_test(what_is_asked),
        cmocka_unit_test(a_page_holds_what_fits),
        cmocka_unit_test(everything_reads_as_written),
        cmocka_unit_test(about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
