#include "tests/unit/unit.h"

#include "shared/ticket.h"

#include <sodium.h>

static uint8_t key[32];

static struct ticket example(void)
{
    struct ticket t = {.room = 0xdeadbeef,
                       .code = 428193,
                       .sender = 7,
                       .join_id = 0xfedcba9876543210u,
                       .role = 1,
                       .flags = TICKET_WITH_LINK | TICKET_LOBBY,
                       .epoch = 9,
                       .expiry = 2000,
                       .name = "Ada"};
    unit_count(key, 32, 1);
    unit_count(t.hop_key, 32, 2);
    unit_count(t.identity, 32, 3);
    unit_count(t.admit_hash, 32, 4);
    return t;
}

static void there_and_back(void **state)
{
    uint8_t p[WIRE_TICKET_MAX], q[WIRE_TICKET_MAX];
    struct ticket t = example(), back;
    (void)state;
    size_t n = ticket_seal(&t, key, p);
    assert_int_equal(n, 24 + 129 + 3 + 16);
    memset(&back, 0xee, sizeof back);
    assert_true(ticket_open(&back, key, p, n, 1999));
    assert_memory_equal(&back, &t, sizeof t);
    assert_int_equal(ticket_seal(&t, key, q), n); // another nonce each time
    assert_memory_not_equal(p, q, 24);
}

// The bytes of WIRE §12, opened by hand.
static void bytes_as_written_down(void **state)
{
    uint8_t p[WIRE_TICKET_MAX], clear[WIRE_TICKET_MAX], head[32];
    unsigned long long size;
    struct ticket t = example();
    (void)state;
    size_t n = ticket_seal(&t, key, p);
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(clear, &size, NULL, p + 24, n - 24,
                                                                (const uint8_t *)"parlour ticket 1", 16, p, key),
                     0);
    size_t k = unit_hex(head, 32, "01 deadbeef 0688a1 0007 fedcba9876543210 01 05 00000009 00000000000007d0");
    assert_memory_equal(clear, head, k);
    assert_int_equal(size, k + 96 + 1 + 3);
    assert_memory_equal(clear + k, t.hop_key, 32);
    assert_memory_equal(clear + k + 64, t.admit_hash, 32);
    assert_memory_equal(clear + k + 96,
                        "\x03"
                        "Ada",
                        4);
}

static void every_changed_byte(void **state)
{
    uint8_t p[WIRE_TICKET_MAX];
    struct ticket t = example(), back;
    (void)state;
    size_t n = ticket_seal(&t, key, p);
    for (size_t i = 0; i < n; i++) {
        p[i] ^= 0x10;
        assert_false(ticket_open(&back, key, p, n, 0));
        p[i] ^= 0x10;
    }
    for (size_t k = 0; k < n; k++) {
        uint8_t *exact = malloc(k ? k : 1);
        memcpy(exact, p, k);
        assert_false(ticket_open(&back, key, exact, k, 0));
        free(exact);
    }
    uint8_t longer[WIRE_TICKET_MAX + 1] = {0};
    memcpy(longer, p, n);
    assert_false(ticket_open(&back, key, longer, n + 1, 0));
    assert_false(ticket_open(&back, key, longer, sizeof longer, 0));
    key[31] ^= 1;
    assert_false(ticket_open(&back, key, p, n, 0));
}

static void expiry(void **state)
{
    uint8_t p[WIRE_TICKET_MAX];
    struct ticket t = example(), back;
    (void)state;
    size_t n = ticket_seal(&t, key, p);
    assert_true(ticket_open(&back, key, p, n, 1999));
    assert_false(ticket_open(&back, key, p, n, 2000));
    assert_false(ticket_open(&back, key, p, n, UINT64_MAX));
    t.expiry = UINT64_MAX;
    n = ticket_seal(&t, key, p);
    assert_true(ticket_open(&back, key, p, n, UINT64_MAX - 1));
}

static void longest_and_empty_name(void **state)
{
    uint8_t p[WIRE_TICKET_MAX];
    struct ticket t = example(), back;
    (void)state;
    memset(t.name, 0, sizeof t.name);
    for (unsigned i = 0; i < 32; i++)
        memcpy(t.name + 4 * i, "\xf0\x9f\x98\x80", 4); // 32 code points of four bytes
    size_t n = ticket_seal(&t, key, p);
    assert_int_equal(n, 24 + 129 + 128 + 16);
    assert_true(n <= WIRE_TICKET_MAX);
    assert_true(ticket_open(&back, key, p, n, 0));
    assert_string_equal(back.name, t.name);
    t.name[0] = 0;
    n = ticket_seal(&t, key, p);
    assert_true(ticket_open(&back, key, p, n, 0));
    assert_string_equal(back.name, "");
}

// What no relay of ours seals, though sealed with the right key.
static void impossible_contents(void **state)
{
    uint8_t p[WIRE_TICKET_MAX], clear[WIRE_TICKET_MAX];
    unsigned long long size;
    struct ticket t = example(), back;
    (void)state;
    static const uint32_t codes[] = {1000000, TICKET_NO_CODE - 1};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        t.code = codes[i];
        assert_false(ticket_open(&back, key, p, ticket_seal(&t, key, p), 0));
    }
    t.code = TICKET_NO_CODE; // of a call
    assert_true(ticket_open(&back, key, p, ticket_seal(&t, key, p), 0));
    assert_int_equal(back.code, TICKET_NO_CODE);
    t = example();
    t.sender = 0;
    assert_false(ticket_open(&back, key, p, ticket_seal(&t, key, p), 0));
    static const struct {
        size_t at;
        uint8_t value;
    } table[] = {{0, 2}, {128, 2}, {128, 4}, {128, 129}}; // version; name shorter, longer, too long
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        t = example();
        size_t n = ticket_seal(&t, key, p);
        assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(clear, &size, NULL, p + 24, n - 24,
                                                                    (const uint8_t *)"parlour ticket 1", 16, p, key),
                         0);
        clear[table[i].at] = table[i].value;
        crypto_aead_xchacha20poly1305_ietf_encrypt(p + 24, &size, clear, size, (const uint8_t *)"parlour ticket 1", 16,
                                                   NULL, p, key);
        assert_false(ticket_open(&back, key, p, n, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),         cmocka_unit_test(bytes_as_written_down),
        cmocka_unit_test(every_changed_byte),     cmocka_unit_test(expiry),
        cmocka_unit_test(longest_and_empty_name), cmocka_unit_test(impossible_contents),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("ticket", tests, NULL, NULL);
}
