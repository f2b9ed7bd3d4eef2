// Where packets belong on our clock: cards and clocks that are off do not drift apart, timestamps begin anew, lies move
// nothing far.
#include "tests/unit/unit.h"

#include "client/record_clock.h"

enum { MS = 1000, SECOND = 1000000 };

static int64_t off_by(uint64_t a, uint64_t b)
{
    return a > b ? (int64_t)(a - b) : (int64_t)(b - a);
}

// Sound and pictures of one whose card and clock are off, told each second with a shaking idea of his clock, in all
// timestamps of two turns.
static void hours(void **state)
{
    (void)state;
    static const struct {
        unsigned rate;
        double ppm;
        uint32_t first;
    } rows[] = {{48000, 100, 0xfffff000u}, {48000, -300, 5}, {90000, 50, 0xfff00000u}, {90000, 0, 0}};
    uint64_t random = unit_seed();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct record_clock c;
        int64_t most = 0;
        uint64_t before = 0;
        record_clock_init(&c, rows[i].rate);
        for (uint64_t s = 100; s < 100 + 30 * 3600; s++) {
            uint64_t at = s * SECOND;
            double counted = (double)(at - 100ull * SECOND) / SECOND * rows[i].rate * (1 + rows[i].ppm / 1e6);
            uint32_t ts = rows[i].first + (uint32_t)(uint64_t)counted;
            uint64_t shaken = at + unit_random(&random) % (6 * MS) - 3 * MS;
            record_clock_told(&c, ts, shaken, at + 30 * MS);
            uint32_t later = ts + rows[i].rate / 2;
            uint64_t when = record_clock_when(&c, later, at + SECOND / 2 + 40 * MS);
            assert_true(when > before);
            before = when;
            if (s > 130)
                most = MAX(most, off_by(when, at + SECOND / 2));
        }
        if (most > 5 * MS)
            fail_msg("row %zu: off by %lld us", i, (long long)most);
    }
}

// Before he has told anything packets lie as he counted them, from the first; then as he says.
static void untold(void **state)
{
    (void)state;
    struct record_clock c;
    record_clock_init(&c, 48000);
    assert_int_equal(record_clock_when(&c, 1000, 5 * SECOND), 5 * SECOND);
    assert_int_equal(record_clock_when(&c, 1960, 5 * SECOND + 90 * MS), 5 * SECOND + 20 * MS);
    assert_int_equal(record_clock_when(&c, 520, 5 * SECOND + 91 * MS), 5 * SECOND - 10 * MS);
    record_clock_told(&c, 1000, 5 * SECOND - 70 * MS, 5 * SECOND + 200 * MS);
    assert_int_equal(record_clock_when(&c, 1960, 5 * SECOND + 210 * MS), 5 * SECOND - 50 * MS);
    assert_int_equal(record_clock_when(&c, 1960 + 30 * 48000, 35 * SECOND), 35 * SECOND - 50 * MS); // a long silence
}

static void lies(void **state)
{
    (void)state;
    struct record_clock c;
    uint64_t now = 100ull * SECOND;
    record_clock_init(&c, 90000);
    record_clock_told(&c, 0, now - 20 * MS, now);
    record_clock_told(&c, 0, now + 86400ull * SECOND, now); // tomorrow
    record_clock_told(&c, 0, 0, now);
    assert_int_equal(record_clock_when(&c, 90, now), now - 19 * MS);
    assert_int_equal(record_clock_when(&c, 0x70000000u, now), now); // nobody can mean it: when it came
    uint64_t when = record_clock_when(&c, 9000, now + 100 * MS);    // and he who goes on is not lost
    assert_int_equal(when, now + 100 * MS);
    record_clock_told(&c, 18000, now + 180 * MS, now + 200 * MS);
    assert_int_equal(record_clock_when(&c, 18000, now + 210 * MS), now + 180 * MS);
    record_clock_told(&c, 18000, now - 320 * MS, now + 220 * MS); // half a second is another clock
    assert_int_equal(record_clock_when(&c, 18000, now + 230 * MS), now - 320 * MS);
    record_clock_init(&c, 90000);
    assert_int_equal(record_clock_when(&c, 0, 5), 5);
    assert_int_equal(record_clock_when(&c, (uint32_t)-90000, 5), 0); // before our time began
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hours), cmocka_unit_test(untold), cmocka_unit_test(lies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
