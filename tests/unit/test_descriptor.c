// Room descriptors and identity proofs: there and back, every byte counts, nothing signed for one thing serves another.
#include "tests/unit/unit.h"

#include "shared/descriptor.h"
#include "shared/keys.h"

#include <sodium.h>

static uint8_t public_key[32], secret[64];
static const uint8_t invite_key[16] = {1, 2, 3};

static struct descriptor example(unsigned hosts)
{
    struct descriptor d = {.room = 0x01020304, .code = 428193, .epoch = 7, .lobby = true, .created = 1700000000};
    uint8_t seed[32] = {9};
    crypto_sign_seed_keypair(public_key, secret, seed);
    memcpy(d.creator, public_key, 32);
    unit_count(d.admit_hash, 32, 50);
    d.host_count = hosts;
    for (unsigned i = 0; i < hosts && i < DESCRIPTOR_HOSTS; i++)
        unit_count(d.hosts[i], 32, (uint8_t)i);
    return d;
}

static void there_and_back(void **state)
{
    (void)state;
    for (unsigned hosts = 0; hosts <= DESCRIPTOR_HOSTS; hosts++) {
        uint8_t p[DESCRIPTOR_MAX];
        struct descriptor d = example(hosts), back;
        d.locked = hosts & 1;
        size_t n = descriptor_sign(&d, secret, invite_key, p);
        assert_int_equal(n, DESCRIPTOR_MIN + 32 * hosts);
        assert_true(descriptor_open(&back, p, n));
        assert_true(descriptor_same(&d, &back));
        assert_memory_equal(d.creator, back.creator, 32);
    }
    uint8_t p[DESCRIPTOR_MAX];
    struct descriptor d = example(DESCRIPTOR_HOSTS + 1);
    assert_int_equal(descriptor_sign(&d, secret, invite_key, p), 0);
}

static void every_byte_counts(void **state)
{
    uint8_t p[DESCRIPTOR_MAX + 1] = {0};
    struct descriptor d = example(2), back;
    (void)state;
    size_t n = descriptor_sign(&d, secret, invite_key, p);
    for (size_t i = 0; i < n; i++) {
        p[i] ^= 1;
        assert_false(descriptor_open(&back, p, n));
        p[i] ^= 1;
        assert_false(descriptor_open(&back, p, i));
    }
    assert_false(descriptor_open(&back, p, n + 1));
    assert_true(descriptor_open(&back, p, n));
}

static void what_cannot_be_is_refused_even_when_signed(void **state)
{
    uint8_t p[DESCRIPTOR_MAX];
    struct descriptor back;
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct descriptor d = example(1);
        if (i == 0)
            d.room = 0;
        else if (i == 1)
            d.code = 1000000;
        else
            d.epoch = 0;
        size_t n = descriptor_sign(&d, secret, invite_key, p);
        assert_false(descriptor_open(&back, p, n));
    }
    struct descriptor d = example(1); // somebody else's name under it
    d.creator[0] ^= 1;
    size_t n = descriptor_sign(&d, secret, invite_key, p);
    assert_false(descriptor_open(&back, p, n));
}

// The signature of whoever says he is the creator is easily had; the tag takes the invite key.
static void the_tag_is_of_the_room(void **state)
{
    uint8_t p[DESCRIPTOR_MAX + 1] = {0}, other[16] = {1, 2, 3}, tag[32];
    struct descriptor d = example(3), back;
    (void)state;
    size_t n = descriptor_sign(&d, secret, invite_key, p), before = n - 64 - DESCRIPTOR_TAG;
    assert_true(descriptor_tagged(p, n, invite_key));
    keys_kdf(tag, invite_key, sizeof invite_key, "descriptor", p, before);
    assert_memory_equal(p + before, tag, sizeof tag);
    other[15] = 1;
    assert_false(descriptor_tagged(p, n, other));
    for (size_t i = 0; i < n - 64; i++) { // creator and tag included
        p[i] ^= 0x80;
        assert_false(descriptor_tagged(p, n, invite_key));
        p[i] ^= 0x80;
    }
    for (size_t i = 0; i < n; i++)
        assert_false(descriptor_tagged(p, i, invite_key));
    assert_false(descriptor_tagged(p, n + 1, invite_key));
    n = descriptor_sign(&d, secret, other, p); // well signed, and not of this room
    assert_true(descriptor_open(&back, p, n));
    assert_false(descriptor_tagged(p, n, invite_key));
}

static void differences_are_seen(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        struct descriptor a = example(2), b = a;
        assert_true(descriptor_same(&a, &b));
        switch (i) {
        case 0:
            b.room++;
            break;
        case 1:
            b.code++;
            break;
        case 2:
            b.epoch++;
            break;
        case 3:
            b.lobby = false;
            break;
        case 4:
            b.locked = true;
            break;
        case 5:
            b.created++;
            break;
        case 6:
            b.admit_hash[31]++;
            break;
        case 7:
            b.host_count--;
            break;
        default:
            b.hosts[1][0]++;
            break;
        }
        assert_false(descriptor_same(&a, &b));
    }
}

static void a_proof_is_for_one_challenge_and_one_room(void **state)
{
    uint8_t proof[DESCRIPTOR_PROOF], challenge[32] = {1}, hash[32] = {2};
    (void)state;
    example(0);
    descriptor_prove(proof, challenge, hash, secret);
    assert_true(descriptor_proved(proof, challenge, hash, public_key));
    challenge[5] ^= 1;
    assert_false(descriptor_proved(proof, challenge, hash, public_key));
    challenge[5] ^= 1;
    hash[5] ^= 1;
    assert_false(descriptor_proved(proof, challenge, hash, public_key));
    hash[5] ^= 1;
    public_key[0] ^= 1;
    assert_false(descriptor_proved(proof, challenge, hash, public_key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(what_cannot_be_is_refused_even_when_signed),
        cmocka_unit_test(the_tag_is_of_the_room),
        cmocka_unit_test(differences_are_seen),
        cmocka_unit_test(a_proof_is_for_one_challenge_and_one_room),
    };
    return cmocka_run_group_tests_name("descriptor", tests, NULL, NULL);
}
