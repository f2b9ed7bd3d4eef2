#include "tests/unit/unit.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <jansson.h>
#include <unistd.h>

static char said[65536];
static int caught = -1, terminal = -1;
static char path[] = "/tmp/parlour-log-XXXXXX";

static void listen_now(void)
{
    caught = mkstemp(path);
    assert_true(caught >= 0);
    unlink(path);
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    terminal = dup(2);
    dup2(caught, 2);
}

// What has been written since; lines counted.
static unsigned heard(void)
{
    unsigned lines = 0;
    fflush(stderr);
    dup2(terminal, 2);
    close(terminal);
    ssize_t n = pread(caught, said, sizeof said - 1, 0);
    said[n > 0 ? n : 0] = 0;
    close(caught);
    for (const char *p = said; *p; p++)
        lines += *p == '\n';
    return lines;
}

static void one_record_one_line(void **state)
{
    (void)state;
    log_setup(LOG_INFO, false);
    listen_now();
    log_info("udp", "bound port=%d", 5001);
    log_debug("udp", "not told");
    assert_int_equal(heard(), 1);
    assert_non_null(strstr(said, " level=info component=udp msg=bound port=5001\n"));
    assert_int_equal(strncmp(said, "time=20", 7), 0);
}

// Foreign bytes can neither start a line nor steer a terminal, in no way that UTF-8 has of saying so.
static void escaping(void **state)
{
    (void)state;
    log_setup(LOG_DEBUG, false);
    listen_now();
    log_warn("room", "name=%s",
             "a\nlevel=error\r\x1b[31m\x7f\t\xc2\x9b"
             "31m\xc3\xa4");
    assert_int_equal(heard(), 1);
    assert_non_null(strstr(said, "name=a\\x0alevel=error\\x0d\\x1b[31m\\x7f\\x09\\xc2\\x9b31m\xc3\xa4\n"));
    for (unsigned char *p = (unsigned char *)said; *p; p++)
        assert_true((*p >= 0x20 && *p != 0x7f) || *p == '\n');
}

static void json_stays_json(void **state)
{
    static const char *const foreign[] = {
        "quote\" back\\slash",     "a\nb\x1b\x7f", "\xc2\x9b", "\xc3\xa4\xf0\x9f\x98\x80",
        "\xff\xfe bad utf-8 \xc3", "\xed\xa0\x80"};
    (void)state;
    log_setup(LOG_DEBUG, true);
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
        listen_now();
        log_warn("room", "text=%s", foreign[i]);
        assert_int_equal(heard(), 1);
        json_error_t error;
        json_t *o = json_loads(said, 0, &error);
        if (!o)
            fail_msg("no JSON: %s: %s", error.text, said);
        assert_string_equal(json_string_value(json_object_get(o, "level")), "warn");
        json_decref(o);
    }
    char emoji[1001] = ""; // cut at the line's end, but never within a character
    for (unsigned i = 0; i < 250; i++)
        memcpy(emoji + 4 * i, "\xf0\x9f\x98\x80", 4);
    for (unsigned shift = 0; shift < 4; shift++) {
        listen_now();
        log_warn("room", "%.*s%s", (int)shift, "xxx", emoji);
        heard();
        json_t *o = json_loads(said, 0, NULL);
        assert_non_null(o);
        json_decref(o);
    }
    log_setup(LOG_DEBUG, false);
}

static void long_lines_are_cut(void **state)
{
    char text[5000];
    (void)state;
    memset(text, '\n', sizeof text - 1); // four times as long when escaped
    text[sizeof text - 1] = 0;
    listen_now();
    log_info("room", "%s", text);
    assert_int_equal(heard(), 1);
    assert_true(strlen(said) <= 512);
}

static void the_same_again_is_folded(void **state)
{
    (void)state;
    listen_now();
    for (unsigned i = 0; i < 1000; i++)
        log_warn("link", "again");
    log_warn("link", "something else");
    assert_int_equal(heard(), 3);
    assert_non_null(strstr(said, "the line before came 999 more times"));
    listen_now();
    log_warn("link", "now and later");
    clock_sleep_until(clock_now_us() + 1050000);
    log_warn("link", "now and later");
    assert_int_equal(heard(), 2);
}

// What turns the direction of text, or ends a line where a viewer thinks so.
static void steering(void **state)
{
    (void)state;
    log_setup(LOG_DEBUG, false);
    listen_now();
    log_warn("room", "name=%s",
             "a\xe2\x80\xae"
             "b\xd8\x9c\xe2\x81\xa6\xe2\x80\xa8\xe2\x82\xac");
    assert_int_equal(heard(), 1);
    assert_non_null(strstr(said, "name=a\\u{202e}b\\u{61c}\\u{2066}\\u{2028}\xe2\x82\xac\n"));
    log_setup(LOG_DEBUG, true);
    listen_now();
    log_warn("room", "name=%s", "a\xe2\x80\xae");
    heard();
    assert_non_null(strstr(said, "\"name=a\\u202e\"}\n"));
    log_setup(LOG_DEBUG, false);
}

static void a_flood_is_bounded(void **state)
{
    uint64_t lines, suppressed, before;
    (void)state;
    log_setup(LOG_INFO, false);
    log_counts(&lines, &before);
    listen_now();
    for (unsigned i = 0; i < 100000; i++)
        log_warn("room", "bad packet number=%u", i);
    log_error("room", "another level has its own");
    log_warn("udp", "another component, too");
    assert_true(heard() <= 3 * LOG_PER_S + 5); // 100,000 lines may take more than a second
    assert_non_null(strstr(said, "another level has its own"));
    assert_non_null(strstr(said, "another component, too"));
    log_counts(&lines, &suppressed);
    assert_true(suppressed - before > 90000);
    clock_sleep_until(clock_now_us() + 1050000);
    listen_now();
    log_tick(); // nobody logs any more: told all the same
    log_tick();
    assert_int_equal(heard(), 1);
    assert_non_null(strstr(said, " lines suppressed of component=room\n"));
    listen_now();
    for (unsigned i = 0; i < 2000; i++) // two lines in turn are not the same again
        log_warn("room", "bad packet number=%u", i % 2);
    assert_true(heard() <= 3 * LOG_PER_S + 5);
    log_setup(LOG_DEBUG, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_record_one_line),      cmocka_unit_test(escaping),
        cmocka_unit_test(json_stays_json),          cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(the_same_again_is_folded), cmocka_unit_test(steering),
        cmocka_unit_test(a_flood_is_bounded),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
