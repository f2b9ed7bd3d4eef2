// What the relay answers to one who asks for a PROBE: no more than it says, no more often, and to nobody else.
#include "tests/unit/unit.h"

#include "relay_rig.h"

#include "shared/probe.h"

enum { ROOM = 0x01020304 };

static struct rig rig;
static struct rig_peer a, b;

static int start(void **state)
{
    (void)state;
    rig_start(&rig);
    struct rig_peer *all[] = {&a, &b};
    assert_true(rig_enter(&rig, all, ARRAY_LEN(all), ROOM));
    rig_clear(&rig);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_end(&rig);
    return 0;
}

static void ask(const struct addr *from, const uint8_t key[16], uint32_t kbps, uint16_t ms)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n = probe_ask(p, a.ticket.sender, ROOM, kbps, ms);
    wire_stamp(p, n, key, ++a.other, rig.now);
    rig_give(&rig, p, n, from);
}

// Bytes of FILLs to an address since the last rig_clear, all of them proved.
static size_t filled(const struct addr *to)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < rig.out_count; i++) {
        struct wire_header h;
        const struct rig_sent *s = &rig.out[i];
        if (s->p[0] != WIRE_PROBE || !addr_equal(&s->to, to))
            continue;
        assert_true(wire_read(&h, s->p, s->n) && h.sender == 0 && s->p[WIRE_HEADER] == PROBE_FILL);
        assert_true(wire_verify(s->p, s->n, a.down, h.hopseq));
        bytes += s->n;
    }
    rig_clear(&rig);
    return bytes;
}

static void as_much_as_asked_for(void **state)
{
    (void)state;
    ask(&a.addr, a.up, 800, 30);
    assert_int_equal(filled(&a.addr), 3000);
    rig_wait(&rig, 1000);
    rig_clear(&rig);
    ask(&a.addr, a.up, 1, 1); // nothing is smaller than one
    assert_int_equal(filled(&a.addr), 0);
    ask(&a.addr, a.up, UINT32_MAX, UINT16_MAX);
    assert_in_range(filled(&a.addr), PROBE_ANSWER_MAX - WIRE_DATAGRAM_MAX, PROBE_ANSWER_MAX);
}

static void not_often(void **state)
{
    (void)state;
    size_t bytes = 0;
    for (unsigned t = 0; t < 10000; t += 100) {
        ask(&a.addr, a.up, 100000, 1000);
        bytes += filled(&a.addr);
        rig_wait(&rig, 100);
    }
    assert_in_range(bytes, 10 * PROBE_ANSWER_MAX, 12 * PROBE_ANSWER_MAX);
}

// Who has not shown that he is at an address gets none there, and who lacks the key gets none at all.
static void to_nobody_else(void **state)
{
    (void)state;
    struct addr elsewhere;
    rig_address(&elsewhere, 77, 4000);
    ask(&a.addr, b.up, 800, 30);
    assert_int_equal(rig.out_count, 0);
    a.other--; // that number was not used
    ask(&elsewhere, a.up, 800, 30);
    for (unsigned i = 0; i < rig.out_count; i++)
        assert_true(rig.out[i].p[0] != WIRE_PROBE || addr_equal(&rig.out[i].to, &a.addr));
    assert_int_equal(filled(&elsewhere), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_much_as_asked_for, start, end),
        cmocka_unit_test_setup_teardown(not_often, start, end),
        cmocka_unit_test_setup_teardown(to_nobody_else, start, end),
    };
    return cmocka_run_group_tests_name("relay_probe", tests, NULL, NULL);
}
