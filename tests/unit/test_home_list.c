// The rows of the home screen and the focus on them: who comes and goes never changes whom OK would call.
#include "client/ui/home_list.h"
#include "shared/base.h"

#include "unit.h"

static struct call call;
static struct home_list list;

static void begin(void)
{
    memset(&call, 0, sizeof call);
    memset(&list, 0, sizeof list); // as the program starts
}

// In the order of names, as the list is kept.
static void comes(const char *name)
{
    size_t at = 0;
    while (at < call.people_count && strcmp(call.people[at].name, name) < 0)
        at++;
    memmove(&call.people[at + 1], &call.people[at], (call.people_count - at) * sizeof call.people[0]);
    call.people_count++;
    call.people[at] = (struct call_person){.trust = CALL_TRUST_NEW};
    snprintf(call.people[at].name, sizeof call.people[at].name, "%s", name);
    memcpy(call.people[at].identity, name, MIN(strlen(name), (size_t)32));
}

static void goes(const char *name)
{
    size_t at = 0;
    while (at < call.people_count && strcmp(call.people[at].name, name) != 0)
        at++;
    assert_true(at < call.people_count);
    memmove(&call.people[at], &call.people[at + 1], (call.people_count - at - 1) * sizeof call.people[0]);
    call.people_count--;
}

static void missed(const char *name, int64_t at_ms, bool seen)
{
    uint8_t identity[32] = {0};
    memcpy(identity, name, MIN(strlen(name), (size_t)32));
    call_add_missed(&call, name, identity, at_ms);
    call.missed[0].seen = seen;
}

static struct home_row focus(uint64_t now_us)
{
    home_list_follow(&list, &call, now_us);
    return home_list_focus(&list);
}

static const char *focused_name(uint64_t now_us)
{
    struct home_row row = focus(now_us);
    return row.kind == HOME_PERSON ? call.people[row.index].name : "";
}

static void test_focus_stays_with_the_person(void **state)
{
    (void)state;
    begin();
    comes("Marta");
    comes("Samuel");
    assert_string_equal(focused_name(1), "Marta");
    home_list_move(&list, &call, 1);
    assert_string_equal(focused_name(2), "Samuel");
    comes("Amina");
    comes("Robert");
    comes("Zoe");
    assert_string_equal(focused_name(3), "Samuel");
    goes("Amina");
    goes("Marta");
    assert_string_equal(focused_name(4), "Samuel");
    assert_true(home_list_ready(&list, 4));
}

// Nobody calls the one who slid under the finger.
static void test_gone_under_the_finger(void **state)
{
    (void)state;
    begin();
    comes("Marta");
    comes("Robert");
    comes("Samuel");
    home_list_follow(&list, &call, 1);
    home_list_move(&list, &call, 1);
    goes("Robert");
    assert_string_equal(focused_name(5000000), "Samuel");
    assert_false(home_list_ready(&list, 5000000));
    assert_false(home_list_ready(&list, 5000000 + HOME_GUARD_MS * 1000u - 1));
    assert_true(home_list_ready(&list, 5000000 + HOME_GUARD_MS * 1000u));
    goes("Samuel");
    goes("Marta");
    assert_int_equal(focus(9000000).kind, HOME_START);
    assert_false(home_list_ready(&list, 9000000));
}

// Until a key is pressed the focus may go to somebody who comes, but OK waits.
static void test_first_person_comes(void **state)
{
    (void)state;
    begin();
    assert_int_equal(focus(1).kind, HOME_START);
    assert_true(home_list_ready(&list, 1));
    comes("Marta");
    assert_string_equal(focused_name(2000000), "Marta");
    assert_false(home_list_ready(&list, 2000000));
    begin();
    assert_int_equal(focus(1).kind, HOME_START);
    home_list_move(&list, &call, 1);
    comes("Marta");
    assert_int_equal(focus(2).kind, HOME_JOIN);
}

static void test_rows_below_the_line(void **state)
{
    (void)state;
    begin();
    comes("Marta");
    snprintf(call.back_code, sizeof call.back_code, "428193");
    call.recent_count = 2;
    snprintf(call.recent[0].code, sizeof call.recent[0].code, "428193");
    snprintf(call.recent[1].code, sizeof call.recent[1].code, "771204");
    assert_int_equal(focus(1).kind, HOME_BACK); // who has just left a room is one key away from it
    static const enum home_row_kind order[] = {HOME_PERSON, HOME_START,  HOME_JOIN,
                                               HOME_BACK,   HOME_RECENT, HOME_SETTINGS};
    home_list_move(&list, &call, -100);
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        assert_int_equal(focus(1).kind, order[i]);
        home_list_move(&list, &call, 1);
    }
    home_list_side(&list, &call, false);
    assert_int_equal(focus(1).kind, HOME_PERSON);
    home_list_side(&list, &call, true);
    assert_int_equal(focus(1).kind, HOME_START);
    home_list_move(&list, &call, 3);
    call.back_code[0] = '\0'; // the row of the other room has another place, and stays
    call.recent[0] = call.recent[1];
    call.recent_count = 1;
    struct home_row row = focus(1);
    assert_int_equal(row.kind, HOME_RECENT);
    assert_string_equal(call.recent[row.index].code, "771204");
}

static void test_missed(void **state)
{
    (void)state;
    begin();
    comes("Amina");
    missed("Zoe", 500, true);
    missed("Amina", 1000, false);
    missed("Samuel", 2000, false);
    missed("Amina", 3000, false);
    struct home_row row = focus(1);
    assert_int_equal(row.kind, HOME_MISSED);
    assert_int_equal(row.index, 0); // the newest first, one row a caller
    assert_int_equal(home_list_missed_times(&list, &call, 0), 2);
    assert_int_equal(list.above, 3);
    // Seen now, they stay until the screen goes; Zoe's of long ago does not come back.
    for (size_t i = 0; i < call.missed_count; i++)
        call.missed[i].seen = true;
    home_list_move(&list, &call, 1);
    row = focus(2);
    assert_int_equal(row.kind, HOME_MISSED);
    assert_string_equal(call.missed[row.index].name, "Samuel");
    assert_int_equal(list.above, 3);
    home_list_reset(&list);
    assert_string_equal(focused_name(3), "Amina");
    assert_int_equal(list.above, 1);
    for (int i = 0; i < 5; i++)
        missed((const char *[]){"B", "C", "D", "E", "F"}[i], 4000 + i, false);
    home_list_reset(&list);
    home_list_follow(&list, &call, 4);
    assert_int_equal(list.above, HOME_MISSED_SHOWN + 1);
}

static void test_find(void **state)
{
    (void)state;
    begin();
    comes("Amina");
    comes("Marta");
    comes("Mona");
    comes("Zoe");
    assert_string_equal(focused_name(1), "Amina");
    assert_true(home_list_find(&list, &call, 'm'));
    assert_string_equal(focused_name(1), "Marta");
    assert_true(home_list_find(&list, &call, 'm'));
    assert_string_equal(focused_name(1), "Mona");
    assert_true(home_list_find(&list, &call, 'm'));
    assert_string_equal(focused_name(1), "Marta");
    assert_false(home_list_find(&list, &call, 'q'));
    assert_string_equal(focused_name(1), "Marta");
    begin();
    home_list_follow(&list, &call, 1);
    assert_false(home_list_find(&list, &call, 'a')); // nobody is there
}

// People come, go and are replaced while somebody presses keys: the focus is on a row that is there, and moves to
// somebody else only by a key or when he has gone, and then OK waits.
static void test_random(void **state)
{
    (void)state;
    uint64_t seed = unit_seed(), now = 1;
    bool here[26] = {false};
    begin();
    for (int step = 0; step < 20000; step++) {
        char before[CALL_NAME_MAX], name[] = {(char)('A' + unit_random(&seed) % 26), '\0'};
        snprintf(before, sizeof before, "%s", focused_name(now));
        now += 1000000;
        if (unit_random(&seed) % 3 == 0) {
            home_list_move(&list, &call, (int)(unit_random(&seed) % 7) - 3);
            snprintf(before, sizeof before, "%s", focused_name(now));
        } else if (here[name[0] - 'A']) {
            goes(name);
            here[name[0] - 'A'] = false;
        } else {
            comes(name);
            here[name[0] - 'A'] = true;
        }
        const char *after = focused_name(now);
        assert_true(list.at < list.count);
        assert_int_equal(list.above, call.people_count);
        if (strcmp(before, after) != 0)
            assert_false(home_list_ready(&list, now));
        if (before[0] && here[before[0] - 'A'])
            assert_string_equal(before, after);
    }
}

static void test_full(void **state)
{
    (void)state;
    begin();
    for (size_t i = 0; i < CALL_PEOPLE_MAX; i++) {
        snprintf(call.people[i].name, sizeof call.people[i].name, "%04zu", i);
        memcpy(call.people[i].identity, call.people[i].name, 4);
    }
    call.people_count = CALL_PEOPLE_MAX;
    call.missed_count = CALL_MISSED_MAX;
    for (size_t i = 0; i < CALL_MISSED_MAX; i++)
        call.missed[i].identity[0] = (uint8_t)(i + 100);
    call.recent_count = CALL_RECENT_MAX;
    snprintf(call.back_code, sizeof call.back_code, "428193");
    home_list_follow(&list, &call, 1);
    home_list_move(&list, &call, HOME_ROWS_MAX);
    assert_int_equal(home_list_focus(&list).kind, list.rows[list.count - 1].kind);
    assert_true(list.count <= HOME_ROWS_MAX);
    assert_int_equal(list.above, CALL_PEOPLE_MAX + HOME_MISSED_SHOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_focus_stays_with_the_person),
        cmocka_unit_test(test_gone_under_the_finger),
        cmocka_unit_test(test_first_person_comes),
        cmocka_unit_test(test_rows_below_the_line),
        cmocka_unit_test(test_missed),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
