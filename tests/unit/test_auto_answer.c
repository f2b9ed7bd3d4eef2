// Answering by itself: for whom, when, and what stops it.
#include "tests/unit/unit.h"

#include "client/auto_answer.h"
#include "client/quiet_hours.h"

enum { SECOND = 1000000 };

static const struct auto_answer all_well = {.on = true, .delay_s = 5, .paired = true, .trust = CALL_TRUST_NEW};

static void only_for_whom_this_box_has_paired(void **state)
{
    (void)state;
    static const struct {
        bool on, quiet, paired;
        enum call_trust trust;
        bool answers;
    } table[] = {
        {true, false, true, CALL_TRUST_NEW, true},           {true, false, true, CALL_TRUST_VERIFIED, true},
        {false, false, true, CALL_TRUST_VERIFIED, false},    {true, true, true, CALL_TRUST_VERIFIED, false},
        {true, false, false, CALL_TRUST_VERIFIED, false},    {true, false, false, CALL_TRUST_NEW, false},
        {true, false, true, CALL_TRUST_CHANGED, false},      {true, false, true, CALL_TRUST_STRANGER, false},
        {true, false, true, CALL_TRUST_WAITING, false},      {true, false, true, CALL_TRUST_GHOST, false},
        {true, false, true, CALL_TRUST_NOT_ADMITTED, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct auto_answer a = {table[i].on, table[i].quiet, 5, table[i].paired, table[i].trust};
        uint64_t at = auto_answer_begin(&a, 100 * SECOND);
        if (at != (table[i].answers ? 105u * SECOND : 0))
            fail_msg("row %zu answers at %llu", i, (unsigned long long)at);
        assert_int_equal(auto_answer_still(&a, 42), table[i].answers ? 42 : 0);
    }
}

static void the_delay_counts_from_the_first_ring(void **state)
{
    (void)state;
    for (unsigned s = 3; s <= 30; s++) {
        struct auto_answer a = all_well;
        a.delay_s = s;
        assert_int_equal(auto_answer_begin(&a, 7), 7 + (uint64_t)s * SECOND);
    }
}

static void what_changes_while_it_rings_stops_it_for_good(void **state)
{
    (void)state;
    struct auto_answer a = all_well;
    uint64_t at = auto_answer_begin(&a, SECOND);
    at = auto_answer_still(&a, at);
    assert_int_equal(at, 6 * SECOND);
    a.paired = false; // unpaired by somebody
    at = auto_answer_still(&a, at);
    assert_int_equal(at, 0);
    a.paired = true;
    assert_int_equal(auto_answer_still(&a, at), 0);
    // Who is paired only while it rings is not answered in the same breath.
    a.paired = false;
    at = auto_answer_begin(&a, SECOND);
    a.paired = true;
    assert_int_equal(auto_answer_still(&a, at), 0);
}

// Quiet hours over midnight, by the minute, as app asks for them.
static void quiet_hours_begin_in_the_middle_of_a_ring(void **state)
{
    (void)state;
    struct quiet_hours night;
    assert_true(quiet_hours_parse(&night, "22:00-07:00"));
    static const struct {
        int minute;
        bool answers;
    } table[] = {{1319, true}, {1320, false}, {1439, false}, {0, false}, {419, false}, {420, true}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct auto_answer a = all_well;
        a.quiet = quiet_hours_now(&night, table[i].minute);
        assert_int_equal(auto_answer_begin(&a, SECOND) != 0, table[i].answers);
        assert_int_equal(auto_answer_still(&a, 6 * SECOND) != 0, table[i].answers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_for_whom_this_box_has_paired),
        cmocka_unit_test(the_delay_counts_from_the_first_ring),
        cmocka_unit_test(what_changes_while_it_rings_stops_it_for_good),
        cmocka_unit_test(quiet_hours_begin_in_the_middle_of_a_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
