// Lines on their way: what waits, what is said again, and whose word that it came counts.
#include "client/net/chat_out.h"

#include "unit.h"

enum { SECOND = 1000000 };

static struct chat_out out;

static struct chat_out_line *add(uint32_t number, uint16_t to)
{
    struct chat_out_line l = {.text = strdup("words"), .number = number, .to = to};
    if (!chat_out_add(&out, &l)) {
        free(l.text);
        return NULL;
    }
    return &out.line[out.count - 1];
}

static int tear_down(void **state)
{
    (void)state;
    chat_out_end(&out);
    assert_int_equal(out.count, 0);
    return 0;
}

static void it_is_bounded(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= CHAT_OUT_LINES; i++)
        assert_non_null(add(i, 0));
    assert_null(add(99, 0)); // all wait: none of them may be lost for it
    out.line[3].n = 7;
    out.line[5].n = 8;
    assert_non_null(add(100, 0)); // the oldest that was sent makes room
    assert_int_equal(out.count, CHAT_OUT_LINES);
    assert_int_equal(out.line[3].number, 5);
    assert_int_equal(out.line[CHAT_OUT_LINES - 1].number, 100);
}

static void who_has_it(void **state)
{
    (void)state;
    add(1, 0)->n = 10;
    add(2, 5)->n = 11; // to 5 alone
    add(3, 0)->n = 12;
    add(4, 0); // not sent
    assert_int_equal(chat_out_got(&out, 6, 9), 0);
    assert_int_equal(chat_out_got(&out, 6, 11), 1);
    assert_int_equal(chat_out_got(&out, 6, 11), 0); // what is for 5 he cannot have
    assert_int_equal(chat_out_got(&out, 5, UINT64_MAX), 2);
    assert_int_equal(chat_out_got(&out, 5, UINT64_MAX), 3);
    assert_int_equal(chat_out_got(&out, 5, UINT64_MAX), 0);
    assert_int_equal(out.count, 1);
}

static void the_connection_comes_back(void **state)
{
    (void)state;
    struct chat_out_line *old = add(1, 0), *young;
    old->n = 1;
    old->sent_us = SECOND;
    young = add(2, 0);
    young->n = 2;
    young->sent_us = 50 * SECOND;
    add(3, 0);
    chat_out_again(&out, 60 * SECOND);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.line[0].number, 2);
    assert_int_equal(out.line[0].n, 0); // to be sent again,
    assert_int_equal(out.line[0].sent_us, 50 * SECOND);
    chat_out_again(&out, 60 * SECOND);
    assert_int_equal(out.count, 2); // however often that happens
    assert_int_equal(chat_out_got(&out, 1, 100), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(it_is_bounded, tear_down),
        cmocka_unit_test_teardown(who_has_it, tear_down),
        cmocka_unit_test_teardown(the_connection_comes_back, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
