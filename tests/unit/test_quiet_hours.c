// Quiet hours: what is read as a span of the day, and which minutes lie in it.
#include "tests/unit/unit.h"

#include "client/quiet_hours.h"

static void spans_are_read_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int from, to; // -1 = refused
    } table[] = {
        {"22:00-07:00", 1320, 420}, {"00:00-24:00", 0, 1440}, {"09:05-09:06", 545, 546}, {"", 0, 0},
        {"23:59-00:00", 1439, 0},   {"24:01-07:00", -1, 0},   {"22:60-07:00", -1, 0},    {"25:00-07:00", -1, 0},
        {"22:00", -1, 0},           {"22:00-", -1, 0},        {"22:00-7:00", -1, 0},     {"22:00-07:00 ", -1, 0},
        {"22-07", -1, 0},           {" 22:00-07:00", -1, 0},  {"22:00~07:00", -1, 0},    {"2", -1, 0},
        {"-1:00-07:00", -1, 0},     {"22:00-07:0", -1, 0},    {"22:00--7:00", -1, 0},    {"aa:bb-cc:dd", -1, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct quiet_hours q = {7, 8};
        bool ok = quiet_hours_parse(&q, table[i].text);
        if (ok != (table[i].from >= 0))
            fail_msg("'%s' was %s", table[i].text, ok ? "read" : "refused");
        assert_int_equal(q.from, ok ? table[i].from : 7);
        assert_int_equal(q.to, ok ? table[i].to : 8);
    }
}

static void the_first_minute_is_quiet_and_the_last_is_not(void **state)
{
    (void)state;
    static const struct {
        const char *span;
        int minute;
        bool quiet;
    } table[] = {
        {"22:00-07:00", 1319, false},
        {"22:00-07:00", 1320, true},
        {"22:00-07:00", 1439, true},
        {"22:00-07:00", 0, true},
        {"22:00-07:00", 419, true},
        {"22:00-07:00", 420, false},
        {"22:00-07:00", 720, false},
        {"12:30-14:00", 749, false},
        {"12:30-14:00", 750, true},
        {"12:30-14:00", 839, true},
        {"12:30-14:00", 840, false},
        {"12:30-14:00", 0, false},
        {"00:00-24:00", 0, true},
        {"00:00-24:00", 1439, true},
        {"07:00-07:00", 420, false},
        {"07:00-07:00", 419, false},
        {"", 0, false},
        {"", 720, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct quiet_hours q;
        assert_true(quiet_hours_parse(&q, table[i].span));
        if (quiet_hours_now(&q, table[i].minute) != table[i].quiet)
            fail_msg("'%s' at minute %d", table[i].span, table[i].minute);
    }
}

// 2026-03-29, 01:30 UTC: in Berlin the clocks went from 02:00 to 03:00 half an hour ago (IANA tz database).
static void the_minute_is_the_walls(void **state)
{
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    assert_int_equal(quiet_hours_minute(1774747800000), 3 * 60 + 30);
    assert_int_equal(quiet_hours_minute(1774744200000), 1 * 60 + 30); // an hour before: 01:30, not 02:30
    setenv("TZ", "UTC", 1);
    tzset();
    assert_int_equal(quiet_hours_minute(1774747859999), 1 * 60 + 30); // the last of this minute
    assert_int_equal(quiet_hours_minute(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_read_or_refused),
        cmocka_unit_test(the_first_minute_is_quiet_and_the_last_is_not),
        cmocka_unit_test(the_minute_is_the_walls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
