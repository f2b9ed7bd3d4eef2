// What a person changed on the screen, as text and as a file; and the languages it can be said in.
#include "client/language.h"
#include "client/settings_file.h"
#include "shared/base.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void takes_what_fits(void **state)
{
    (void)state;
    struct settings s = {.count = 0};
    assert_true(settings_put(&s, "theme", "high-contrast"));
    assert_true(settings_put(&s, "text-scale", "150"));
    assert_true(settings_put(&s, "theme", "dark"));
    assert_string_equal(settings_get(&s, "theme"), "dark");
    assert_int_equal(s.count, 2);
    assert_null(settings_get(&s, "name"));
    static const char *const bad[][2] = {{"theme", "pink"},      {"theme", ""},         {"text-scale", "1e3"},
                                         {"text-scale", ""},     {"language", "xx"},    {"quiet-hours", "22-7"},
                                         {"mirror", "maybe"},    {"name", ""},          {"name", "two\nlines"},
                                         {"relay", "evil:5000"}, {"ipc", "/tmp/x"},     {"data-dir", "/tmp"},
                                         {"camera", ""},         {"camera", " padded"}, {"sounds", "1"},
                                         {"text-scale", "-100"}, {"room", "428193"},    {"no-such", "1"}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (settings_put(&s, bad[i][0], bad[i][1]))
            fail_msg("%s = %s was taken", bad[i][0], bad[i][1]);
    char longest[SETTINGS_VALUE_MAX + 1];
    memset(longest, 'a', sizeof longest);
    longest[SETTINGS_VALUE_MAX] = 0;
    assert_false(settings_put(&s, "camera", longest));
    longest[SETTINGS_VALUE_MAX - 1] = 0;
    assert_true(settings_put(&s, "camera", longest));
}

static void keeps_what_it_does_not_know(void **state)
{
    (void)state;
    static const char text[] =
        "# my notes\n theme=high-contrast \r\nnew-thing = 7\n\nname = Zoë ; no comment\ntext-scale = "
        "125\ntext-scale = 150";
    struct settings s = {.count = 0}, again = {.count = 0};
    settings_read(&s, text, sizeof text - 1);
    assert_int_equal(s.damaged, 1);
    assert_string_equal(settings_get(&s, "name"), "Zoë ; no comment");
    assert_string_equal(settings_get(&s, "text-scale"), "150");
    size_t size;
    char *written = settings_write(&s, &size);
    assert_true(size < 200);
    assert_memory_equal(written, "# my notes\nnew-thing = 7\nname = Zoë ; no comment\ntext-scale = 150\n", 67);
    settings_read(&again, written, size);
    assert_int_equal(again.count, s.count);
    assert_string_equal(again.kept, s.kept);
    free(written);
}

static void every_length_of_a_file(void **state)
{
    (void)state;
    static const char text[] = "theme = dark\nname = A\n=\n==\nquiet-hours = 22:00-07:00\n";
    for (size_t n = 0; n < sizeof text; n++) {
        char *exact = malloc(n ? n : 1);
        memcpy(exact, text, n);
        struct settings s = {.count = 0};
        settings_read(&s, exact, n);
        assert_true(s.count <= 3);
        free(exact);
    }
    struct settings s = {.count = 0};
    static char noise[SETTINGS_TEXT_MAX];
    memset(noise, 'x', sizeof noise);
    for (size_t i = 50; i < sizeof noise; i += 50)
        noise[i] = '\n';
    settings_read(&s, noise, sizeof noise);
    assert_true(s.kept_size <= SETTINGS_KEPT_MAX && s.kept_size > SETTINGS_KEPT_MAX - 60);
    settings_read(&s, "a\0b = c\n", 8);
    assert_null(settings_get(&s, "a"));
}

static void path_in(char out[300], const char *dir, const char *name)
{
    snprintf(out, 300, "%s/%s", dir, name);
}

static void a_file_survives(void **state)
{
    (void)state;
    char dir[] = "/tmp/parlour-settings-XXXXXX", path[300], aside[300];
    assert_non_null(mkdtemp(dir));
    path_in(path, dir, "settings");
    path_in(aside, dir, "settings.bad");
    struct settings_file *f = settings_file_open(path);
    assert_true(settings_file_put(f, "theme", "high-contrast", 1000));
    assert_false(settings_file_put(f, "theme", "pink", 1000));
    assert_int_equal(settings_file_tick(f, 1000), 1001000); // a second later: more may come
    assert_int_equal(access(path, F_OK), -1);
    assert_true(settings_file_put(f, "text-scale", "200", 2000));
    settings_file_close(f); // at once
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct settings s;
    settings_file_read(path, &s);
    assert_string_equal(settings_get(&s, "theme"), "high-contrast");
    assert_string_equal(settings_get(&s, "text-scale"), "200");

    // A file that is none is not used, and put aside when there is something to write.
    FILE *bad = fopen(path, "w");
    assert_non_null(bad);
    fwrite("a\0b", 1, 3, bad);
    fclose(bad);
    settings_file_read(path, &s);
    assert_int_equal(s.count, 0);
    f = settings_file_open(path);
    settings_file_close(f);
    assert_int_equal(access(aside, F_OK), -1); // nothing was changed: left alone
    f = settings_file_open(path);
    assert_true(settings_file_put(f, "name", "Hall", 1));
    settings_file_close(f);
    assert_int_equal(access(aside, F_OK), 0);
    settings_file_read(path, &s);
    assert_string_equal(settings_get(&s, "name"), "Hall");
    unlink(aside);
    unlink(path);
    rmdir(dir);
}

static void speaks(void **state)
{
    (void)state;
    language_choose("de");
    assert_string_equal(language_words("Close"), "Schließen");
    assert_string_equal(language_words(""), "");
    assert_string_equal(language_words("Nobody ever wrote this."), "Nobody ever wrote this.");
    assert_string_equal(language_count("%u person has joined", "%u people have joined", 1), "%u Person ist da");
    assert_string_equal(language_count("%u person has joined", "%u people have joined", 3), "%u Personen sind da");
    language_choose("en");
    assert_string_equal(language_words("Close"), "Close");
    language_choose("de"); // and back while it runs
    assert_string_equal(language_words("Close"), "Schließen");
    assert_true(language_known("auto") && language_known("de") && !language_known("de_DE") && !language_known(""));
}

static void follows_the_system(void **state)
{
    (void)state;
    // Read before the first choice: main sets it.
    language_choose("auto");
    assert_string_equal(language_words("Close"), "Schließen");
}

int main(void)
{
    unsetenv("LANGUAGE");
    unsetenv("LC_ALL");
    setenv("LC_MESSAGES", "", 1);
    setenv("LANG", "de_AT.UTF-8", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(takes_what_fits),
                                       cmocka_unit_test(keeps_what_it_does_not_know),
                                       cmocka_unit_test(every_length_of_a_file),
                                       cmocka_unit_test(a_file_survives),
                                       cmocka_unit_test(speaks),
                                       cmocka_unit_test(follows_the_system)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
