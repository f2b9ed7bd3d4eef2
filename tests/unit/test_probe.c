#include "shared/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void ask(void **state)
{
    (void)state;
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct wire_header h;
    size_t n = probe_ask(p, 7, 0x10203, 800, 30);
    assert_true(wire_read(&h, p, n));
    assert_int_equal(h.type, WIRE_PROBE);
    assert_int_equal(h.sender, 7);
    assert_int_equal(h.room, 0x10203);
    assert_int_equal(probe_wanted(p, n), 3000);
    assert_int_equal(probe_wanted(p, n - 1), 0); // cut short
    n = probe_ask(p, 7, 1, UINT32_MAX, UINT16_MAX);
    assert_int_equal(probe_wanted(p, n), PROBE_ANSWER_MAX);
}

static void fill(void **state)
{
    (void)state;
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct wire_header h;
    assert_int_equal(probe_fill(p, 0, 1, 600), 600);
    assert_true(wire_read(&h, p, 600));
    assert_int_equal(probe_wanted(p, 600), 0); // asks for nothing
    assert_int_equal(probe_fill(p, 0, 1, 0), PROBE_FILL_MIN);
    assert_int_equal(probe_fill(p, 0, 1, 5000), WIRE_DATAGRAM_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ask), cmocka_unit_test(fill)};
    return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
