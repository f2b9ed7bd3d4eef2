// The offer of a call opens at one registration, as one caller's, and not when a bit of it has changed.
#include "unit.h"

#include "shared/call_offer.h"

#include <sodium.h>

struct scene {
    uint8_t join[32], join_secret[32], registered[32], registered_secret[32];
    struct call_offer offer;
    uint8_t sealed[CALL_OFFER_SIZE];
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    if (!s || sodium_init() < 0)
        return 1;
    crypto_kx_keypair(s->join, s->join_secret);
    crypto_box_keypair(s->registered, s->registered_secret);
    randombytes_buf(&s->offer.invite_key, sizeof s->offer.invite_key);
    randombytes_buf(&s->offer.from, sizeof s->offer.from);
    randombytes_buf(&s->offer.to, sizeof s->offer.to);
    s->offer.picture = true;
    *state = s;
    return !call_offer_seal(s->sealed, &s->offer, s->registered, s->join_secret);
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static bool opens(const struct scene *s, const uint8_t *data, size_t n, struct call_offer *out)
{
    return call_offer_open(out, data, n, s->offer.from, s->offer.to, s->join, s->registered_secret);
}

static void what_was_offered_arrives(void **state)
{
    struct scene *s = *state;
    struct call_offer o;
    assert_true(opens(s, s->sealed, sizeof s->sealed, &o));
    assert_true(o.picture);
    assert_memory_equal(o.invite_key, s->offer.invite_key, sizeof o.invite_key);
    s->offer.picture = false;
    assert_true(call_offer_seal(s->sealed, &s->offer, s->registered, s->join_secret));
    assert_true(opens(s, s->sealed, sizeof s->sealed, &o));
    assert_false(o.picture);
}

static void every_bit_counts(void **state)
{
    struct scene *s = *state;
    struct call_offer o;
    static const uint8_t none[16];
    for (size_t i = 0; i < sizeof s->sealed * 8; i++) {
        s->sealed[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(opens(s, s->sealed, sizeof s->sealed, &o));
        assert_memory_equal(o.invite_key, none, sizeof none);
        s->sealed[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t n = 0; n < sizeof s->sealed; n++)
        assert_false(opens(s, s->sealed, n, &o));
}

static void only_there_and_only_his(void **state)
{
    struct scene *s = *state;
    struct scene other = *s;
    struct call_offer o;
    static const uint8_t low[32]; // a key that is none
    crypto_box_keypair(other.registered, other.registered_secret);
    assert_false(opens(&other, s->sealed, sizeof s->sealed, &o));
    other = *s;
    crypto_kx_keypair(other.join, other.join_secret);
    assert_false(opens(&other, s->sealed, sizeof s->sealed, &o));
    other = *s;
    other.offer.from[0] ^= 1;
    assert_false(opens(&other, s->sealed, sizeof s->sealed, &o));
    other = *s;
    other.offer.to[31] ^= 1;
    assert_false(opens(&other, s->sealed, sizeof s->sealed, &o));
    assert_false(call_offer_seal(other.sealed, &s->offer, low, s->join_secret));
    memset(other.join, 0, 32);
    assert_false(opens(&other, s->sealed, sizeof s->sealed, &o));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_offered_arrives, setup, teardown),
        cmocka_unit_test_setup_teardown(every_bit_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(only_there_and_only_his, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
