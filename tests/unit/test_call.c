// The room model and the statistics' memory.
#include "client/call.h"
#include "client/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void test_members(void **state)
{
    (void)state;
    static struct call call;
    assert_null(call_self(&call));
    call.members[0] = (struct call_member){.id = 7};
    call.members[1] = (struct call_member){.id = 9, .self = true};
    call.member_count = 2;
    assert_ptr_equal(call_member_by_id(&call, 7), &call.members[0]);
    assert_null(call_member_by_id(&call, 8));
    assert_int_equal(call_self(&call)->id, 9);
    call_clear_room(&call);
    assert_int_equal(call.member_count, 0);
    assert_null(call_member_by_id(&call, 7));
    call_destroy(&call);
}

static void test_chat(void **state)
{
    (void)state;
    static struct call call;
    for (int i = 0; i < CALL_CHAT_MAX + 20; i++) {
        char text[32];
        snprintf(text, sizeof text, "line %d", i);
        call_chat_add(&call, 1, "Amina", text, i, i % 2);
    }
    assert_int_equal(call.chat_count, CALL_CHAT_MAX);
    assert_string_equal(call.chat[0].text, "line 20");
    assert_string_equal(call.chat[CALL_CHAT_MAX - 1].text, "line 519");
    for (size_t i = 1; i < call.chat_count; i++)
        assert_int_equal(call.chat[i].number, call.chat[i - 1].number + 1);
    assert_int_equal(call.chat_unread, (CALL_CHAT_MAX + 20) / 2); // my own lines are not news
    call_clear_room(&call);
    assert_int_equal(call.chat_count, CALL_CHAT_MAX); // the chat stays
    call_destroy(&call);
    assert_int_equal(call.chat_count, 0);
}

static void test_stats(void **state)
{
    (void)state;
    static struct stats stats;
    stats.streams[0] = (struct stats_stream){.member = 3, .slot = "audio"};
    stats.streams[1] = (struct stats_stream){.member = 3, .slot = "camera"};
    stats.stream_count = 2;
    assert_ptr_equal(stats_find(&stats, 3, "camera"), &stats.streams[1]);
    assert_null(stats_find(&stats, 4, "camera"));
    stats.call.rtt_ms = -1;
    stats_remember(&stats);
    assert_true(stats.rtt[0] >= 0);
    for (int i = 0; i < 100; i++) {
        stats.call.rtt_ms = i;
        stats_remember(&stats);
    }
    assert_int_equal(stats.history, STATS_HISTORY);
    assert_int_equal((int)stats.rtt[STATS_HISTORY - 1], 99);
    assert_int_equal((int)stats.rtt[0], 40);
}

// Whoever sits down in front of the screen next does not read what the last one was written.
static void another_conversation_begins_empty(void **state)
{
    static struct call c;
    (void)state;
    memset(&c, 0, sizeof c);
    for (unsigned i = 0; i < CALL_CHAT_MAX + 5; i++)
        call_chat_add(&c, 7, "Ada", "between us", 1000, false);
    uint32_t number = c.chat[CALL_CHAT_MAX - 1].number, changes = c.chat_changes;
    call_clear_room(&c);
    assert_int_equal(c.chat_count, CALL_CHAT_MAX); // coming back into the same one
    call_clear_chat(&c);
    assert_int_equal(c.chat_count + c.chat_mark + c.chat_unread, 0);
    assert_int_not_equal(c.chat_changes, changes);
    for (size_t i = 0; i < CALL_CHAT_MAX; i++)
        assert_true(!c.chat[i].text && !c.chat[i].name[0]);
    assert_true(call_chat_add(&c, 8, "Bob", "hello", 2000, false)->number > number);
    call_destroy(&c);
}

// Who calls a hundred times pushes nobody else out of the list, and is in it with his last calls.
static void one_who_calls_often_hides_nobody(void **state)
{
    static struct call c;
    uint8_t who[32] = {1};
    (void)state;
    memset(&c, 0, sizeof c);
    for (uint8_t i = 1; i <= 5; i++) {
        who[0] = i;
        call_add_missed(&c, "Somebody", who, i);
    }
    who[0] = 9;
    for (int64_t at = 100; at < 200; at++)
        call_add_missed(&c, "Often", who, at);
    assert_int_equal(c.missed_count, CALL_MISSED_MAX);
    for (size_t i = 0; i < CALL_MISSED_MAX; i++) { // the newest first
        bool often = i < CALL_MISSED_MAX - 5;
        assert_int_equal(c.missed[i].at_ms, often ? 199 - (int64_t)i : CALL_MISSED_MAX - (int64_t)i);
        assert_string_equal(c.missed[i].name, often ? "Often" : "Somebody");
    }
    for (uint8_t i = 10; i < 10 + CALL_MISSED_MAX; i++) { // when nobody calls twice, the oldest goes
        who[0] = i;
        call_add_missed(&c, "Once", who, 200 + i);
    }
    assert_int_equal(c.missed[0].at_ms, 200 + 9 + CALL_MISSED_MAX);
    assert_int_equal(c.missed[CALL_MISSED_MAX - 1].at_ms, 210);
}

// A thing has no tile, or makes no sound: whoever was told of as a person stays one.
static void nobody_becomes_a_thing_that_listens_unseen(void **state)
{
    (void)state;
    struct call_member m = {.id = 1, .known = true, .greet = true};
    call_learn_kind(&m, CALL_KIND_PERSON);
    m.told = true;
    call_learn_kind(&m, CALL_KIND_LIBRARY);
    assert_int_equal(m.kind, CALL_KIND_PERSON);
    m.told = false;
    for (enum call_kind k = CALL_KIND_PERSON; k <= CALL_KIND_RECORDER; k++) {
        call_learn_kind(&m, k);
        // A camera has a tile, and of a recorder it is said that it records.
        assert_int_equal(call_says_joined(&m), k != CALL_KIND_CAMERA && k != CALL_KIND_RECORDER);
        assert_int_equal(call_greets(&m, m.kind), k == CALL_KIND_PERSON);
    }
    m = (struct call_member){.id = 1, .known = true};
    assert_false(call_says_joined(&m)); // was here before us
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_members),
                                       cmocka_unit_test(test_chat),
                                       cmocka_unit_test(test_stats),
                                       cmocka_unit_test(another_conversation_begins_empty),
                                       cmocka_unit_test(one_who_calls_often_hides_nobody),
                                       cmocka_unit_test(nobody_becomes_a_thing_that_listens_unseen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
