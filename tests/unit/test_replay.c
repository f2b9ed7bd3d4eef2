#include "tests/unit/unit.h"

#include "shared/base.h"
#include "shared/replay.h"

enum { MODEL = 1 << 17 };

// The plainest model there is: one flag for every number that was ever committed.
struct model {
    uint64_t origin, newest; // numbers are origin + index
    bool seen[MODEL];
};

static enum replay_verdict expect(const struct model *m, uint64_t number, unsigned window)
{
    if (number == 0)
        return REPLAY_OLD;
    if (number > m->newest)
        return m->newest && number - m->newest > window ? REPLAY_FAR_AHEAD : REPLAY_NEW;
    if (m->newest - number >= window)
        return REPLAY_OLD;
    return number >= m->origin && m->seen[number - m->origin] ? REPLAY_SEEN : REPLAY_NEW;
}

static void against_the_model(uint64_t origin, uint64_t *random)
{
    struct model *m = calloc(1, sizeof *m);
    struct replay r = {0};
    m->origin = origin;
    uint64_t at = origin + 1;
    for (unsigned step = 0; step < 60000 && at < origin + MODEL - 2 * REPLAY_WINDOW; step++) {
        uint64_t kind = unit_random(random) % 100, back = unit_random(random) % (REPLAY_WINDOW + 80), number;
        if (kind < 60)
            number = ++at; // in order
        else if (kind < 90)
            number = at - MIN(at - origin - 1, back);
        else if (kind < 99)
            number = at + unit_random(random) % 70;
        else
            number = at + back;
        for (unsigned w = 0; w < 2; w++) {
            unsigned window = w ? REPLAY_WINDOW_SFRAME : REPLAY_WINDOW;
            assert_int_equal(replay_check(&r, number, window), expect(m, number, window));
        }
        if (expect(m, number, REPLAY_WINDOW) == REPLAY_OLD && unit_random(random) % 4)
            continue; // sometimes committed all the same: it must change nothing
        replay_commit(&r, number);
        if (number > m->newest || m->newest - number < REPLAY_WINDOW)
            m->seen[number - origin] = true;
        m->newest = MAX(m->newest, number);
        at = MAX(at, number);
        assert_true(r.newest == m->newest);
    }
    free(m);
}

static void random_walks(void **state)
{
    static const uint64_t origins[] = {0, 4000, ((uint64_t)1 << 32) - 5000, ((uint64_t)1 << 47)};
    uint64_t random = unit_seed();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(origins); i++)
        against_the_model(origins[i], &random);
}

static void edges(void **state)
{
    struct replay r = {0};
    (void)state;
    assert_int_equal(replay_check(&r, 0, REPLAY_WINDOW), REPLAY_OLD);
    assert_int_equal(replay_check(&r, 999999, REPLAY_WINDOW), REPLAY_NEW); // the first may be any number
    replay_commit(&r, 10000);
    assert_int_equal(replay_check(&r, 10000, REPLAY_WINDOW), REPLAY_SEEN);
    assert_int_equal(replay_check(&r, 10000 - 4095, REPLAY_WINDOW), REPLAY_NEW);
    assert_int_equal(replay_check(&r, 10000 - 4096, REPLAY_WINDOW), REPLAY_OLD);
    assert_int_equal(replay_check(&r, 10000 + 4096, REPLAY_WINDOW), REPLAY_NEW);
    assert_int_equal(replay_check(&r, 10000 + 4097, REPLAY_WINDOW), REPLAY_FAR_AHEAD);
    replay_commit(&r, 10000 - 4095); // the oldest place does not eat into the newest
    assert_int_equal(replay_check(&r, 10000 - 4095, REPLAY_WINDOW), REPLAY_SEEN);
    assert_int_equal(replay_check(&r, 10000, REPLAY_WINDOW), REPLAY_SEEN);
    replay_commit(&r, 10000 + 1000000); // a jump forgets everything before it
    assert_int_equal(replay_check(&r, 10000 + 1000000 - 64, REPLAY_WINDOW), REPLAY_NEW);
}

static void unwrap_across_32_bits(void **state)
{
    const uint64_t wrap = (uint64_t)1 << 32;
    static const struct {
        uint64_t newest;
        uint32_t low;
        uint64_t number;
    } table[] = {
        {0, 1, 1},
        {0, 0xffffffff, 0xffffffff},
        {5, 4, 4},
        {0xfffffff0, 0xfffffff5, 0xfffffff5},
        {0xfffffff0, 2, 0x100000002},
        {0x100000002, 0xfffffff0, 0xfffffff0},
        {0x100000002, 3, 0x100000003},
        {0x7fffffffffff, 0xffffffff, 0x7fffffffffff},
        {0x7fffffffffff, 0, 0x800000000000},
    };
    uint64_t random = unit_seed();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct replay r = {.newest = table[i].newest};
        assert_true(replay_unwrap(&r, table[i].low) == table[i].number);
    }
    for (unsigned i = 0; i < 100000; i++) {
        struct replay r = {.newest = wrap * (1 + unit_random(&random) % 3) + unit_random(&random) % 100000 - 50000};
        uint64_t number = r.newest + unit_random(&random) % (wrap - 2) - (wrap / 2 - 1); // within half the span
        assert_true(replay_unwrap(&r, (uint32_t)number) == number);
    }
}

static void begins_after_what_was_seen(void **state)
{
    (void)state;
    for (uint64_t at = 1; at < 300; at++) {
        struct replay r;
        replay_begin_after(&r, at);
        for (uint64_t n = 1; n <= at; n++)
            assert_int_equal(replay_check(&r, n, 256), at - n < 256 ? REPLAY_SEEN : REPLAY_OLD);
        replay_commit(&r, at + 70);
        assert_int_equal(replay_check(&r, at, 256), REPLAY_SEEN);
        assert_int_equal(replay_check(&r, at + 70, 256), REPLAY_SEEN);
        for (uint64_t n = at + 1; n < at + 70; n++)
            assert_int_equal(replay_check(&r, n, 256), REPLAY_NEW);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_walks),
        cmocka_unit_test(edges),
        cmocka_unit_test(unwrap_across_32_bits),
        cmocka_unit_test(begins_after_what_was_seen),
    };
    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
