// Join statements: they hold for one identity, key and name, and nothing else signed by it holds as one.
#include "tests/unit/unit.h"

#include "shared/descriptor.h"
#include "shared/statement.h"

#include <sodium.h>

static uint8_t identity[32], secret[64], key[32], signature[64];

static int setup(void **state)
{
    uint8_t seed[32] = {5};
    (void)state;
    crypto_sign_seed_keypair(identity, secret, seed);
    unit_count(key, sizeof key, 1);
    statement_sign(signature, "Ada", key, secret);
    return 0;
}

static void holds_as_it_was_signed(void **state)
{
    (void)state;
    assert_true(statement_signed(signature, "Ada", identity, key));
    uint8_t text[] = "parlour join 1................................\3Ada"; // the bytes of PROTOCOL.md
    memcpy(text + 14, key, 32);
    assert_int_equal(crypto_sign_verify_detached(signature, text, sizeof text - 1, identity), 0);
}

static void every_bit_counts(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64 * 8; bit++) {
        uint8_t s[64], k[32], i[32];
        memcpy(s, signature, sizeof s);
        memcpy(k, key, sizeof k);
        memcpy(i, identity, sizeof i);
        s[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(statement_signed(s, "Ada", identity, key));
        k[bit / 8 % 32] ^= (uint8_t)(1 << bit % 8);
        assert_false(statement_signed(signature, "Ada", identity, k));
        i[bit / 8 % 32] ^= (uint8_t)(1 << bit % 8);
        assert_false(statement_signed(signature, "Ada", i, key));
    }
    static const char *const names[] = {"", "Ad", "ada", "Ada ", "Adam"};
    for (unsigned n = 0; n < ARRAY_LEN(names); n++)
        assert_false(statement_signed(signature, names[n], identity, key));
}

static void long_names(void **state)
{
    char name[258];
    (void)state;
    memset(name, 'n', sizeof name);
    name[255] = 0;
    statement_sign(signature, name, key, secret);
    assert_true(statement_signed(signature, name, identity, key));
    name[255] = 'n'; // its length would not fit: nothing is signed, nothing holds
    name[256] = 0;
    statement_sign(signature, name, key, secret);
    assert_false(statement_signed(signature, name, identity, key));
    assert_int_not_equal(crypto_sign_verify_detached(signature, (const uint8_t *)"", 0, identity), 0);
}

static void other_signatures_are_none(void **state)
{
    uint8_t hash[32] = {3}, proof[64];
    (void)state;
    descriptor_prove(proof, key, hash, secret);
    assert_false(statement_signed(proof, "Ada", identity, key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(holds_as_it_was_signed, setup),
        cmocka_unit_test_setup(every_bit_counts, setup),
        cmocka_unit_test_setup(long_names, setup),
        cmocka_unit_test_setup(other_signatures_are_none, setup),
    };
    return cmocka_run_group_tests_name("statement", tests, NULL, NULL);
}
