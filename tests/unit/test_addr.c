#include "tests/unit/unit.h"

#include "shared/addr.h"
#include "shared/base.h"

#include <arpa/inet.h>

static void split(void **state)
{
    static const struct {
        const char *text, *host; // NULL = refused
        uint16_t port;
    } table[] = {
        {"example.org", "example.org", 5000},
        {"example.org:1", "example.org", 1},
        {"10.0.0.1:65535", "10.0.0.1", 65535},
        {"::1", "::1", 5000},
        {"fe80::1:2", "fe80::1:2", 5000}, // no port in a bare literal
        {"[::1]", "::1", 5000},
        {"[::1]:443", "::1", 443},
        {"", NULL, 0},
        {":5000", NULL, 0},
        {"[]:5000", NULL, 0},
        {"[::1", NULL, 0},
        {"[::1]5000", NULL, 0},
        {"[::1]:", NULL, 0},
        {"a:", NULL, 0},
        {"a:0", NULL, 0},
        {"a:65536", NULL, 0},
        {"a:-1", NULL, 0},
        {"a:+1", NULL, 0},
        {"a: 1", NULL, 0},
        {"a:1x", NULL, 0},
        {"a:99999999999999999999", NULL, 0},
        {"sixteen-letters-", NULL, 0}, // longer than the room for it
        {"fifteen-letters", "fifteen-letters", 5000},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        char host[16] = "untouched";
        uint16_t port;
        bool ok = addr_split(table[i].text, 5000, host, sizeof host, &port);
        if (ok != (table[i].host != NULL))
            fail_msg("'%s' was %s", table[i].text, ok ? "taken" : "refused");
        if (ok) {
            assert_string_equal(host, table[i].host);
            assert_int_equal(port, table[i].port);
        }
    }
}

static void literals_and_text(void **state)
{
    static const struct {
        const char *host, *text; // NULL = no literal
        uint16_t port;
    } table[] = {
        {"1.2.3.4", "1.2.3.4:5", 5},
        {"::1", "[::1]:5", 5},
        {"2001:db8:0:0:0:0:0:1", "[2001:db8::1]:65535", 65535},
        {"::ffff:1.2.3.4", "[::ffff:1.2.3.4]:5", 5},
        {"localhost", NULL, 5},
        {"1.2.3", NULL, 5},
        {"1.2.3.4.5", NULL, 5},
        {"256.1.1.1", NULL, 5},
        {"", NULL, 5},
        {"[::1]", NULL, 5},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct addr a;
        char text[ADDR_TEXT_MAX];
        assert_int_equal(addr_literal(&a, table[i].host, table[i].port), table[i].text != NULL);
        if (table[i].text) {
            assert_string_equal(addr_text(&a, text), table[i].text);
            assert_int_equal(addr_port(&a), table[i].port);
            addr_set_port(&a, 7);
            assert_int_equal(addr_port(&a), 7);
        }
    }
    struct addr none = {.length = 0};
    char text[ADDR_TEXT_MAX];
    assert_string_equal(addr_host_text(&none, text), "");
}

static struct addr literal(const char *host, uint16_t port)
{
    struct addr a;
    assert_true(addr_literal(&a, host, port));
    return a;
}

static void equality_and_bytes(void **state)
{
    struct addr a = literal("1.2.3.4", 5), b = literal("::ffff:1.2.3.4", 5), c = literal("1.2.3.4", 6),
                d = literal("1.2.3.5", 5), none = {.length = 0};
    uint8_t bytes[16], expected[16];
    (void)state;
    assert_true(addr_equal(&a, &a));
    assert_true(addr_equal(&a, &b)); // the same peer over a v6 socket
    assert_false(addr_equal(&a, &c));
    assert_false(addr_equal(&a, &d));
    assert_false(addr_equal(&a, &none));
    assert_true(addr_equal(&none, &none));
    addr_bytes16(&a, bytes);
    unit_hex(expected, 16, "00000000000000000000ffff01020304");
    assert_memory_equal(bytes, expected, 16);
}

static void kinds(void **state)
{
    static const struct {
        const char *host;
        bool any, loopback, unusable;
    } table[] = {
        {"0.0.0.0", true, false, true},
        {"::", true, false, true},
        {"127.0.0.1", false, true, false},
        {"127.255.1.2", false, true, false},
        {"::1", false, true, false},
        {"::ffff:127.0.0.1", false, true, false},
        {"192.168.1.1", false, false, false},
        {"2001:db8::1", false, false, false},
        {"224.0.0.1", false, false, true},
        {"239.255.255.255", false, false, true},
        {"255.255.255.255", false, false, true},
        {"::ffff:255.255.255.255", false, false, true},
        {"0.1.2.3", false, false, true},
        {"ff02::1", false, false, true},
        {"223.255.255.255", false, false, false},
        {"fe80::1", false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct addr a = literal(table[i].host, 5);
        assert_int_equal(addr_is_any(&a), table[i].any);
        assert_int_equal(addr_is_loopback(&a), table[i].loopback);
        assert_int_equal(addr_is_unusable(&a), table[i].unusable);
        addr_set_port(&a, 0);
        assert_true(addr_is_unusable(&a));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split),
        cmocka_unit_test(literals_and_text),
        cmocka_unit_test(equality_and_bytes),
        cmocka_unit_test(kinds),
    };
    return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
