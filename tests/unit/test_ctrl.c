#include "tests/unit/unit.h"

#include "shared/ctrl.h"

static uint8_t ticket[WIRE_TICKET_MAX];

static struct ctrl example(enum ctrl_op op)
{
    struct ctrl c = {.op = op, .nonce = 0x0102030405060708u, .t = 1700000000};
    unit_count(c.boot_nonce, 16, 0x40);
    unit_count(c.cookie, 16, 0x60);
    unit_count(ticket, sizeof ticket, 1);
    c.ticket = ticket;
    c.ticket_size = 257;
    c.media_number = 0x0a0b0c0d0e0fu;
    c.other_number = 42;
    c.epoch = 9;
    c.time = 0xfffffffffffffff0u;
    c.received = 5;
    c.sent = 6;
    c.reason = CTRL_BYE_DRAINING;
    return c;
}

static const struct {
    enum ctrl_op op;
    size_t size;
    const char *body; // up to where the counted fields begin
} SHAPES[] = {
    {CTRL_HELLO, 400, "01 0102030405060708 0101 01020304"},
    {CTRL_CHALLENGE, 20 + 45 + 16, "02 0102030405060708 404142434445464748494a4b4c4d4e4f 6553f100 6061"},
    {CTRL_PROOF, 20 + 47 + 257 + 16, "03 0102030405060708 404142434445464748494a4b4c4d4e4f 6553f100 6061"},
    {CTRL_PING, 20 + 29 + 16, "04 00000a0b0c0d0e0f 000000000000002a 00000009 fffffffffffffff0"},
    {CTRL_PONG, 20 + 25 + 16, "05 fffffffffffffff0 0000000000000005 0000000000000006"},
    {CTRL_BYE, 20 + 2 + 16, "06 03"},
};

static void bytes_as_written_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(SHAPES); i++) {
        uint8_t p[WIRE_DATAGRAM_MAX], body[64];
        struct ctrl c = example(SHAPES[i].op);
        memset(p, 0xee, sizeof p);
        assert_int_equal(ctrl_write(&c, 7, 0x11223344, p), SHAPES[i].size);
        size_t n = unit_hex(body, sizeof body, SHAPES[i].body);
        assert_memory_equal(p + WIRE_HEADER, body, n);
        assert_int_equal(p[0], WIRE_CTRL);
        assert_int_equal(p[3], 7);
        assert_int_equal(p[1] | p[19], 0);
        if (SHAPES[i].op == CTRL_HELLO) // padding, so that no answer is longer
            for (size_t at = 20 + 11 + 257; at < 400; at++)
                assert_int_equal(p[at], 0);
    }
}

static void there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(SHAPES); i++) {
        uint8_t p[WIRE_DATAGRAM_MAX], again[WIRE_DATAGRAM_MAX];
        struct ctrl c = example(SHAPES[i].op), back;
        memset(p, 0, sizeof p);
        memset(again, 0, sizeof again);
        size_t n = ctrl_write(&c, 7, 1, p);
        assert_true(ctrl_read(&back, p, n));
        assert_int_equal(back.op, c.op);
        if (c.op == CTRL_HELLO || c.op == CTRL_PROOF) {
            assert_int_equal(back.ticket_size, c.ticket_size);
            assert_memory_equal(back.ticket, c.ticket, c.ticket_size);
        }
        assert_int_equal(ctrl_write(&back, 7, 1, again), n);
        assert_memory_equal(again, p, n);
    }
}

// One byte fewer or more is another message, and never one of ours.
static void every_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(SHAPES); i++) {
        uint8_t p[WIRE_DATAGRAM_MAX] = {0};
        struct ctrl c = example(SHAPES[i].op), back;
        ctrl_write(&c, 7, 1, p);
        for (size_t n = 0; n <= WIRE_DATAGRAM_MAX; n++) {
            uint8_t *exact = malloc(n ? n : 1);
            memcpy(exact, p, n);
            bool expected = c.op == CTRL_HELLO ? n >= 400 : n == SHAPES[i].size;
            assert_int_equal(ctrl_read(&back, exact, n), expected);
            free(exact);
        }
    }
}

static void malformed(void **state)
{
    static const struct {
        enum ctrl_op op;
        size_t at;
        uint8_t value;
    } table[] = {
        {CTRL_PING, 1, 1},                                                    // mark
        {CTRL_PING, 19, 0x10},                                                // slot
        {CTRL_PING, 20, 0},                                                   // op
        {CTRL_PING, 20, 7},     {CTRL_PING, 20, 255}, {CTRL_HELLO, 29, 0x02}, // ticket length 513
        {CTRL_PROOF, 65, 0xff},                                               // ticket length far past the end
        {CTRL_PROOF, 66, 0},                                                  // ticket shorter than what follows
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        uint8_t p[WIRE_DATAGRAM_MAX] = {0};
        struct ctrl c = example(table[i].op), back;
        size_t n = ctrl_write(&c, 7, 1, p);
        assert_true(ctrl_read(&back, p, n));
        p[table[i].at] = table[i].value;
        assert_false(ctrl_read(&back, p, n));
    }
}

static void largest_ticket(void **state)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct ctrl c = example(CTRL_HELLO), back;
    (void)state;
    c.ticket_size = WIRE_TICKET_MAX;
    size_t n = ctrl_write(&c, 7, 1, p);
    assert_int_equal(n, WIRE_HELLO_SIZE);
    assert_true(ctrl_read(&back, p, n));
    assert_int_equal(back.ticket_size, WIRE_TICKET_MAX);
    // The answer to a HELLO is never longer than it.
    c.op = CTRL_CHALLENGE;
    assert_true(ctrl_write(&c, 0, 1, p) <= WIRE_HELLO_SIZE);
}

// Computed by another SipHash-2-4-128.
static void known_cookie(void **state)
{
    uint8_t secret[16], address[16], cookie[16], expected[16], other[16];
    (void)state;
    unit_count(secret, 16, 0);
    unit_hex(address, 16, "00000000000000000000ffffc0000201");
    unit_hex(expected, 16, "079fca1c490a922b9274120f8faff56b");
    ctrl_cookie(cookie, secret, address, 5001, 0x0102030405060708u, 1700000000);
    assert_memory_equal(cookie, expected, 16);
    ctrl_cookie(other, secret, address, 5002, 0x0102030405060708u, 1700000000);
    assert_memory_not_equal(cookie, other, 16);
    ctrl_cookie(other, secret, address, 5001, 0x0102030405060708u, 1700000001);
    assert_memory_not_equal(cookie, other, 16);
    address[15] ^= 1;
    ctrl_cookie(other, secret, address, 5001, 0x0102030405060708u, 1700000000);
    assert_memory_not_equal(cookie, other, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_as_written_down), cmocka_unit_test(there_and_back),
        cmocka_unit_test(every_length),          cmocka_unit_test(malformed),
        cmocka_unit_test(largest_ticket),        cmocka_unit_test(known_cookie),
    };
    return cmocka_run_group_tests_name("ctrl", tests, NULL, NULL);
}
