// The door's messages byte by byte against PROTOCOL.md §6 and §12, computed here from CPace, Ed25519, X25519 and
// BLAKE2b alone: both sides agreeing with each other says nothing about agreeing with the text.
#include "tests/unit/unit.h"

#include "client/net/door.h"

#include <sodium.h>

enum { CODE = 7042, NOW = 1 }; // leading zeros
static const uint8_t root[32] = "what the passphrase is turned in", invite[16] = "the invite key 1";

struct person {
    uint8_t identity_secret[64], key_secret[32];
    struct door_self self;
};

static struct person ada, bob;

static void person(struct person *p)
{
    crypto_sign_keypair(p->self.open.identity, p->identity_secret);
    crypto_kx_keypair(p->self.open.key, p->key_secret);
    p->self.identity_secret = p->identity_secret;
    p->self.key_secret = p->key_secret;
}

static int start(void **state)
{
    (void)state;
    if (sodium_init() < 0)
        return -1;
    person(&ada);
    person(&bob);
    return 0;
}

struct text {
    uint8_t data[512];
    size_t size;
};

static void add(struct text *t, const void *data, size_t size)
{
    assert_true(t->size + size <= sizeof t->data);
    memcpy(t->data + t->size, data, size);
    t->size += size;
}

static struct text labelled(const char *label)
{
    struct text t = {.size = 0};
    add(&t, label, strlen(label));
    return t;
}

static void kdf(uint8_t out[32], const uint8_t key[32], const char *label, const struct text *data)
{
    struct text t = {.data = {(uint8_t)strlen(label)}, .size = 1};
    add(&t, label, strlen(label));
    add(&t, data->data, data->size);
    crypto_generichash(out, 32, t.data, t.size, key, 32);
}

static const uint8_t code_bytes[3] = {0, 7042 >> 8, 7042 & 255};

// The test is the host's other side: it runs CPace itself.
static void an_answer_a_confirmation_and_a_proven_grant(void **state)
{
    struct door_host h;
    struct door_limit limit = {0};
    struct cpace mine;
    uint8_t say[33] = {1}, answer[DOOR_MAX], confirm[33] = {3}, grant[DOOR_MAX], isk[64], wanted[32];
    size_t n;
    (void)state;
    struct text ada_side = {.size = 0}, bob_side = {.size = 0}, shares = {.size = 0};
    add(&ada_side, ada.self.open.identity, 32);
    add(&ada_side, ada.self.open.key, 32);
    add(&bob_side, bob.self.open.identity, 32);
    add(&bob_side, bob.self.open.key, 32);
    struct cpace_text sid = {ada.self.open.key, 32};
    assert_true(cpace_begin(&mine, (struct cpace_text){root, 32}, (struct cpace_text){"parlour room 007042", 19}, sid));
    memcpy(say + 1, mine.share, 32);
    door_host_open(&h, CODE, &ada.self.open);
    assert_int_equal(door_host_take(&h, &bob.self, root, &limit, NOW, say, sizeof say, answer, &n), DOOR_SEND);
    // 0x02 | identity | join key | Yb | Cb | signature
    assert_int_equal(n, 193);
    assert_int_equal(answer[0], 2);
    assert_memory_equal(answer + 1, bob_side.data, 64);
    assert_true(cpace_finish(isk, &mine, true, answer + 65, sid, (struct cpace_text){ada_side.data, 64},
                             (struct cpace_text){bob_side.data, 64}));
    add(&shares, mine.share, 32);
    add(&shares, answer + 65, 32);
    kdf(wanted, isk, "confirm b", &shares);
    assert_memory_equal(answer + 97, wanted, 32);
    struct text t = labelled("parlour door 1");
    add(&t, code_bytes, 3);
    add(&t, ada_side.data, 64);
    add(&t, bob.self.open.key, 32);
    add(&t, shares.data, 64);
    assert_int_equal(crypto_sign_verify_detached(answer + 129, t.data, t.size, bob.self.open.identity), 0);
    kdf(confirm + 1, isk, "confirm a", &shares);
    assert_int_equal(door_host_take(&h, &bob.self, root, &limit, NOW, confirm, sizeof confirm, answer, &n), DOOR_ADMIT);
    // 0x04 | identity | join key | signature | nonce | sealed
    assert_int_equal(door_grant(&h, &bob.self, invite, root, grant), 218);
    assert_int_equal(grant[0], 4);
    assert_memory_equal(grant + 1, bob_side.data, 64);
    t = labelled("parlour admit 1");
    add(&t, code_bytes, 3);
    add(&t, ada_side.data, 64);
    add(&t, bob.self.open.key, 32);
    assert_int_equal(crypto_sign_verify_detached(grant + 65, t.data, t.size, bob.self.open.identity), 0);
    uint8_t rx[32], tx[32], key[32], clear[49];
    assert_int_equal(crypto_kx_client_session_keys(rx, tx, ada.self.open.key, ada.key_secret, bob.self.open.key), 0);
    t = (struct text){.size = 0};
    add(&t, isk, 32);
    add(&t, code_bytes, 3);
    add(&t, ada_side.data, 64);
    add(&t, bob_side.data, 64);
    kdf(key, rx, "door", &t);
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(
                         clear, NULL, NULL, grant + 153, 65, (const uint8_t *)"parlour grant 1", 15, grant + 129, key),
                     0);
    assert_memory_equal(clear, invite, 16);
    assert_int_equal(clear[16], 1);
    assert_memory_equal(clear + 17, root, 32);
}

// The test is the knocker's other side: a grant made by hand, with nothing proven.
static void a_grant_by_hand(void **state)
{
    struct door_knocker k;
    struct door_grant got;
    uint8_t grant[DOOR_MAX] = {4}, out[DOOR_MAX], rx[32], tx[32], key[32], clear[49] = {0};
    size_t n;
    (void)state;
    assert_int_equal(door_knock(&k, CODE, &ada.self, NULL, out), 0);
    struct text t = labelled("parlour admit 1");
    add(&t, code_bytes, 3);
    add(&t, ada.self.open.identity, 32);
    add(&t, ada.self.open.key, 32);
    add(&t, bob.self.open.key, 32);
    memcpy(grant + 1, bob.self.open.identity, 32);
    memcpy(grant + 33, bob.self.open.key, 32);
    crypto_sign_detached(grant + 65, NULL, t.data, t.size, bob.identity_secret);
    t = (struct text){.size = 32}; // zeros
    add(&t, code_bytes, 3);
    add(&t, ada.self.open.identity, 32);
    add(&t, ada.self.open.key, 32);
    add(&t, bob.self.open.identity, 32);
    add(&t, bob.self.open.key, 32);
    assert_int_equal(crypto_kx_server_session_keys(rx, tx, bob.self.open.key, bob.key_secret, ada.self.open.key), 0);
    kdf(key, tx, "door", &t);
    memcpy(clear, invite, 16);
    for (unsigned flag = 3; flag-- > 0;) { // has root: 2 is nothing
        clear[16] = (uint8_t)flag;
        memset(clear + 17, 0x77, 32);
        randombytes_buf(grant + 129, 24);
        crypto_aead_xchacha20poly1305_ietf_encrypt(grant + 153, NULL, clear, 49, (const uint8_t *)"parlour grant 1", 15,
                                                   NULL, grant + 129, key);
        struct door_knocker fresh = k;
        memset(&got, 0x55, sizeof got);
        assert_int_equal(door_knocker_take(&fresh, &ada.self, NULL, grant, sizeof grant, out, &n, &got),
                         flag == 2 ? DOOR_BAD : DOOR_GRANTED);
        if (flag == 2)
            continue;
        assert_int_equal(got.has_root, flag);
        assert_int_equal(got.root[0], flag ? 0x77 : 0);
        assert_memory_equal(got.invite_key, invite, 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_a_confirmation_and_a_proven_grant),
        cmocka_unit_test(a_grant_by_hand),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
