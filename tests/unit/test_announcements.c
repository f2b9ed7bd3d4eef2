// What everybody in the room is told: in numbers when many come at once, and what hosts do.
#include "client/ui/announcements.h"
#include "shared/base.h"

#include "unit.h"

enum { MS = 1000 };

static struct call call;
static struct notice state_now;
static struct announcement said[ANNOUNCEMENTS_MAX];

static void room(void)
{
    memset(&call, 0, sizeof call);
    memset(&state_now, 0, sizeof state_now);
    call.member_count = 3;
    for (size_t i = 0; i < 3; i++) {
        call.members[i] = (struct call_member){.id = (uint16_t)(i + 1), .known = true, .self = i == 2};
        snprintf(call.members[i].name, sizeof call.members[i].name, "Person %zu", i + 1);
    }
    call.members[0].host = call.state_told = true;
    state_now.hosts[0] = 1;
    state_now.host_count = 1;
}

static size_t told(void)
{
    return announcements_state(&call, &state_now, said);
}

static void test_crowd(void **state)
{
    (void)state;
    struct announcements_crowd joined = {0}, left = {0};
    uint64_t now = 1000000 * MS;
    announcements_joined(&joined, "Amina", now, said);
    assert_string_equal(said[0].text, "Amina has joined");
    announcements_left(&left, "Olu", now, said);
    assert_string_equal(said[0].text, "Olu has left");
    for (unsigned i = 2; i <= 20; i++)
        announcements_joined(&joined, "Somebody", now += 3999 * MS, said);
    assert_string_equal(said[0].text, "20 people have joined");
    announcements_came("Films", said); // which is none of them
    assert_string_equal(said[0].text, "Films has joined");
    assert_string_not_equal(said[0].kind, "people");
    announcements_joined(&joined, "Grete", now += 4000 * MS, said); // the last notice has gone
    assert_string_equal(said[0].text, "Grete has joined");
    announcements_left(&left, "Amina", now, said);
    announcements_left(&left, "Grete", now + 100 * MS, said);
    assert_string_equal(said[0].text, "2 people have left");
}

static void test_first_state_is_no_news(void **state)
{
    (void)state;
    room();
    call.state_told = false;
    state_now.locked = state_now.lobby = true;
    state_now.hosts[1] = 3;
    state_now.host_count = 2;
    assert_int_equal(told(), 0);
    call.state_told = true;
    assert_int_equal(told(), 3);
}

static void test_room(void **state)
{
    (void)state;
    room();
    assert_int_equal(told(), 0);
    state_now.locked = true;
    assert_int_equal(told(), 1);
    assert_string_equal(said[0].text, "The room is locked now");
    call.locked = true;
    state_now.locked = false;
    state_now.lobby = true;
    assert_int_equal(told(), 2);
    assert_string_equal(said[0].text, "Newcomers wait at the door now");
    assert_string_equal(said[1].text, "The room is open again");
    assert_string_not_equal(said[0].kind, said[1].kind); // or one would hide the other
}

static const char *hosts_are(uint16_t a, uint16_t b)
{
    state_now.hosts[0] = a;
    state_now.hosts[1] = b;
    state_now.host_count = b ? 2 : 1;
    return told() == 1 ? said[0].text : "";
}

static void test_hosts(void **state)
{
    (void)state;
    room();
    assert_string_equal(hosts_are(1, 3), "You are host now");
    assert_string_equal(hosts_are(1, 2), "Person 2 is host now");
    assert_string_equal(hosts_are(2, 0), "Person 2 is host now"); // handed over: who has it counts
    assert_string_equal(hosts_are(3, 0), "You are host now");
    call.members[2].host = true;
    assert_string_equal(hosts_are(1, 0), "You are no longer host");
    assert_string_equal(hosts_are(1, 2), "You are no longer host"); // that first, of oneself
    assert_string_equal(hosts_are(3, 0), "Person 1 is no longer host");
    // Nobody is told of one who has proved nothing.
    room();
    call.members[1].known = false;
    assert_string_equal(hosts_are(1, 2), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_crowd), cmocka_unit_test(test_first_state_is_no_news),
                                       cmocka_unit_test(test_room), cmocka_unit_test(test_hosts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
