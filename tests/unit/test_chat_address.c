// Whom a message is for: it holds to the person, and never becomes everybody by itself.
#include "client/ui/chat_address.h"
#include "client/ui/chat_address_view.h"
#include "shared/base.h"

#include "unit.h"

static struct call call;

static void room(size_t members)
{
    memset(&call, 0, sizeof call);
    call.member_count = members;
    for (size_t i = 0; i < members; i++) {
        struct call_member *m = &call.members[i];
        *m = (struct call_member){.id = (uint16_t)(i + 1), .join_id = 100 + i, .trust = CALL_TRUST_NEW};
        snprintf(m->name, sizeof m->name, "Person %zu", i + 1);
        memset(m->identity, (int)(i + 1), sizeof m->identity);
    }
    call.members[members - 1].self = true;
}

static void leaves(size_t at)
{
    memmove(&call.members[at], &call.members[at + 1], (call.member_count - at - 1) * sizeof call.members[0]);
    call.member_count--;
}

static enum chat_address_state state_of(const struct chat_address *a, uint16_t expected)
{
    uint16_t member = 999;
    enum chat_address_state state = chat_address_state(a, &call, &member);
    assert_int_equal(member, expected);
    return state;
}

static void it_holds_to_the_person(void **state)
{
    (void)state;
    struct chat_address a = {.one = false};
    room(3);
    assert_int_equal(state_of(&a, 0), CHAT_ADDRESS_ALL);
    chat_address_set(&a, &call.members[1]);
    assert_int_equal(state_of(&a, 2), CHAT_ADDRESS_HERE);
    leaves(1);
    assert_int_equal(state_of(&a, 0), CHAT_ADDRESS_GONE);
    assert_string_equal(a.name, "Person 2");
    // Another one under the same id is another one.
    room(3);
    call.members[1].identity[0] = 77;
    assert_int_equal(state_of(&a, 0), CHAT_ADDRESS_GONE);
    // The same person under another id is the same.
    room(3);
    call.members[1].id = 9;
    call.members[1].join_id = 500;
    assert_int_equal(state_of(&a, 9), CHAT_ADDRESS_HERE);
    call.members[1].trust = CALL_TRUST_NOT_ADMITTED;
    assert_int_equal(state_of(&a, 0), CHAT_ADDRESS_DOUBTED);
    call.members[1].trust = CALL_TRUST_WAITING;
    assert_int_equal(state_of(&a, 0), CHAT_ADDRESS_DOUBTED);
    chat_address_set(&a, NULL);
    assert_int_equal(state_of(&a, 0), CHAT_ADDRESS_ALL);
}

static void the_list(void **state)
{
    (void)state;
    struct chat_address a = {.one = false};
    room(4);
    assert_int_equal(chat_address_rows(&call), 4); // everybody and three others
    assert_null(chat_address_row(&call, 0));
    assert_int_equal(chat_address_row(&call, 3)->id, 3);
    chat_address_open(&a, &call);
    assert_true(a.choosing);
    assert_int_equal(chat_address_focus(&a, &call), 0);
    chat_address_move(&a, &call, -1);
    assert_int_equal(chat_address_focus(&a, &call), 0);
    chat_address_move(&a, &call, 2);
    assert_true(chat_address_choose(&a, &call));
    assert_false(a.choosing);
    assert_int_equal(state_of(&a, 2), CHAT_ADDRESS_HERE);
    chat_address_open(&a, &call);
    assert_int_equal(chat_address_focus(&a, &call), 2); // it begins on whom it is addressed to
    chat_address_move(&a, &call, 9);
    assert_int_equal(chat_address_focus(&a, &call), 3);
    call.members[2].trust = CALL_TRUST_GHOST;
    assert_false(chat_address_choose(&a, &call));
    assert_true(a.choosing);
    assert_int_equal(state_of(&a, 2), CHAT_ADDRESS_HERE); // as before
}

// In a call of two whom one writes to is said, and there is nobody to choose.
static void a_call_of_two(void **state)
{
    (void)state;
    struct chat_address a = {.one = false};
    char hint[CALL_NAME_MAX + 64];
    room(2);
    assert_int_equal(chat_address_rows(&call), 2);
    chat_address_view_hint(&a, &call, hint, sizeof hint);
    assert_string_equal(hint, "Write to everyone");
    call.private_call = true;
    assert_int_equal(chat_address_rows(&call), 1);
    chat_address_view_hint(&a, &call, hint, sizeof hint);
    assert_string_equal(hint, "Write to Person 1");
    leaves(0);
    chat_address_view_hint(&a, &call, hint, sizeof hint);
    assert_string_equal(hint, "Write to everyone");
}

// Somebody leaves just before Enter: neither the next one nor everybody is chosen by that.
static void a_row_goes_away(void **state)
{
    (void)state;
    struct chat_address a = {.one = false};
    room(4);
    chat_address_set(&a, &call.members[0]);
    chat_address_open(&a, &call);
    chat_address_move(&a, &call, 1);
    leaves(1);
    assert_false(chat_address_choose(&a, &call));
    assert_true(a.choosing);
    assert_int_equal(state_of(&a, 1), CHAT_ADDRESS_HERE);
    // A second Enter says that everybody is meant.
    assert_true(chat_address_choose(&a, &call));
    assert_int_equal(state_of(&a, 0), CHAT_ADDRESS_ALL);
    // Somebody leaves above: the focus stays with whom it was.
    room(4);
    chat_address_open(&a, &call);
    chat_address_move(&a, &call, 3);
    leaves(0);
    assert_int_equal(chat_address_focus(&a, &call), 2);
    assert_true(chat_address_choose(&a, &call));
    assert_int_equal(state_of(&a, 3), CHAT_ADDRESS_HERE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_to_the_person),
        cmocka_unit_test(the_list),
        cmocka_unit_test(a_call_of_two),
        cmocka_unit_test(a_row_goes_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
