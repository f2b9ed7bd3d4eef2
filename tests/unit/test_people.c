// The People panel: its rows, the focus that stays with a person, who counts as being there.
#include "client/ui/people.h"
#include "client/ui/trust_words.h"
#include "shared/base.h"

#include "unit.h"

static struct call call;

static void room(size_t members, size_t knocks, bool host)
{
    memset(&call, 0, sizeof call);
    call.member_count = members;
    for (size_t i = 0; i < members; i++) {
        call.members[i] = (struct call_member){.id = (uint16_t)(i + 1), .join_id = 100 + i, .trust = CALL_TRUST_NEW};
        snprintf(call.members[i].name, sizeof call.members[i].name, "Person %zu", i + 1);
    }
    call.members[members - 1].self = true;
    call.members[members - 1].trust = CALL_TRUST_WAITING; // of oneself nothing is asked
    call.members[members - 1].host = host;
    for (size_t i = 0; i < knocks; i++)
        call_add_knock(&call, (uint32_t)i + 50, "Somebody");
}

static struct people_row focused(struct people *p)
{
    struct people_row rows[PEOPLE_ROWS_MAX];
    return rows[people_focus(p, rows, people_rows(&call, rows))];
}

static void test_rows(void **state)
{
    (void)state;
    struct people_row rows[PEOPLE_ROWS_MAX];
    room(3, 2, true);
    assert_int_equal(people_rows(&call, rows), 6);
    assert_int_equal(rows[0].kind, PEOPLE_KNOCK);
    assert_int_equal(rows[1].id, 51);
    assert_int_equal(rows[2].kind, PEOPLE_MEMBER);
    assert_int_equal(rows[4].id, 3);
    assert_int_equal(rows[5].kind, PEOPLE_CODE);
    // Only a host may answer the door, so only he sees it.
    room(3, 2, false);
    assert_int_equal(people_rows(&call, rows), 4);
    assert_int_equal(rows[0].kind, PEOPLE_MEMBER);
    // The largest room with the fullest lobby fits.
    room(CALL_MEMBERS_MAX, CALL_KNOCKS_MAX, true);
    assert_int_equal(people_rows(&call, rows), PEOPLE_ROWS_MAX);
}

static void test_move(void **state)
{
    (void)state;
    struct people p = {.top = 3};
    room(3, 0, true);
    people_open(&p, &call);
    assert_int_equal(p.top, 0);
    assert_int_equal(focused(&p).id, 1);
    people_move(&p, &call, -1);
    assert_int_equal(focused(&p).id, 1); // lists do not wrap
    people_move(&p, &call, 1);
    assert_int_equal(focused(&p).id, 2);
    people_move(&p, &call, 10);
    assert_int_equal(focused(&p).kind, PEOPLE_CODE);
    people_move(&p, &call, 1);
    assert_int_equal(focused(&p).kind, PEOPLE_CODE);
    assert_false(people_aside(&p, &call, 1));
}

static void test_focus_stays_with_a_person(void **state)
{
    (void)state;
    struct people p = {.top = 0};
    room(4, 0, true);
    people_open(&p, &call);
    people_move(&p, &call, 2);
    assert_int_equal(focused(&p).id, 3);
    // Somebody above him leaves, two knock.
    memmove(&call.members[0], &call.members[1], 3 * sizeof call.members[0]);
    call.member_count--;
    call_add_knock(&call, 50, "Grete");
    call_add_knock(&call, 51, "Olu");
    assert_int_equal(focused(&p).id, 3);
    assert_false(p.lost);
    // Another join under the same number is another person.
    call_member_by_id(&call, 3)->join_id = 999;
    focused(&p);
    assert_true(p.lost);
}

static void test_door(void **state)
{
    (void)state;
    struct people p = {.top = 0};
    room(2, 2, true);
    people_open(&p, &call);
    assert_int_equal(focused(&p).id, 50);
    assert_false(p.refuse);
    assert_true(people_aside(&p, &call, 1));
    assert_true(p.refuse);
    assert_true(people_aside(&p, &call, 1));
    assert_true(p.refuse);
    people_move(&p, &call, 1); // the next one begins with "Let in" again
    assert_false(p.refuse);
    people_aside(&p, &call, 1);
    // Another host lets him in: what has the focus now was not chosen, and is not "Not now" for somebody else.
    call_remove_knock(&call, 51);
    assert_int_equal(focused(&p).kind, PEOPLE_MEMBER);
    assert_true(p.lost);
    assert_false(p.refuse);
    people_move(&p, &call, -1);
    assert_int_equal(focused(&p).id, 50);
    assert_false(p.lost);
}

static void test_known(void **state)
{
    (void)state;
    room(8, 0, false);
    for (size_t i = 0; i < 7; i++)
        call.members[i].trust = (enum call_trust)i;
    // Of all kinds of members only those who have proved who they are count, and I do.
    assert_int_equal(people_known(&call), 3);
    room(1, 0, false);
    assert_int_equal(people_known(&call), 1);
}

static void test_words(void **state)
{
    (void)state;
    char words[256];
    struct call_member m = {.name = "Amina"};
    for (int i = CALL_TRUST_WAITING; i <= CALL_TRUST_NOT_ADMITTED; i++) {
        m.trust = (enum call_trust)i;
        trust_words_short(words, sizeof words, &m);
        assert_true(words[0] != '\0');
        assert_true(trust_words_long(m.trust)[0] != '\0');
        // Whoever gets no keys is marked by a sign too, and nobody else is.
        bool keyed = i == CALL_TRUST_WAITING || i == CALL_TRUST_NEW || i == CALL_TRUST_VERIFIED;
        assert_int_equal(trust_words_doubt(m.trust), !keyed);
        assert_int_equal(strcmp(trust_words_icon(m.trust), "warn") == 0, !keyed);
    }
    m.trust = CALL_TRUST_CHANGED;
    trust_words_short(words, sizeof words, &m);
    assert_string_equal(words, "Not who you know as Amina");
    snprintf(m.name, sizeof m.name, "%s", "Ami\xE2\x80\xAEna"); // no name turns the sentence round
    trust_words_short(words, sizeof words, &m);
    assert_string_equal(words, "Not who you know as Amina");
    assert_string_equal(trust_words_icon(CALL_TRUST_VERIFIED), "shield");
    assert_string_equal(trust_words_icon(CALL_TRUST_NEW), "");
    struct call_knock k = {.name = "Grete", .trust = CALL_TRUST_CHANGED};
    trust_words_knock(words, sizeof words, &k);
    assert_string_equal(words, "Not the screen you know as Grete");
    k.trust = CALL_TRUST_NEW;
    trust_words_knock(words, sizeof words, &k);
    assert_string_equal(words, "New screen, not met before");
    k.met = true; // in a call, or in another room
    trust_words_knock(words, sizeof words, &k);
    assert_string_equal(words, "Met before");
}

static void test_raised_hands_come_first(void **state)
{
    (void)state;
    struct people p = {0};
    struct people_row rows[PEOPLE_ROWS_MAX];
    room(6, 1, true);
    people_open(&p, &call);
    people_move(&p, &call, 2); // Person 2
    assert_true(call_set_hand(&call, &call.members[4], true));
    assert_true(call_set_hand(&call, &call.members[2], true));
    assert_false(call_set_hand(&call, &call.members[4], true)); // it is up
    assert_true(call_set_hand(&call, &call.members[5], true));
    static const uint16_t order[] = {5, 3, 6, 1, 2, 4};
    assert_int_equal(people_rows(&call, rows), 1 + 6 + 1);
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        assert_int_equal(rows[1 + i].id, order[i]);
    assert_int_equal(people_hand(&call, &call.members[2]), 2);
    assert_int_equal(people_hand(&call, &call.members[0]), 0);
    assert_int_equal(focused(&p).id, 2); // the focus goes with the person
    call_set_hand(&call, &call.members[4], false);
    assert_true(call_set_hand(&call, &call.members[4], true)); // again: behind the others
    people_rows(&call, rows);
    assert_int_equal(rows[1].id, 3);
    assert_int_equal(rows[3].id, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raised_hands_come_first),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_move),
        cmocka_unit_test(test_focus_stays_with_a_person),
        cmocka_unit_test(test_door),
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
