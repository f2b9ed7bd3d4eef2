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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_members), cmocka_unit_test(test_chat),
                                       cmocka_unit_test(test_stats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
