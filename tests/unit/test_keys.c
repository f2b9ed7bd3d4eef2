// Known answers computed with Python's hashlib.blake2b(data, key=key, digest_size=32).
#include "tests/unit/unit.h"

#include "shared/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/parlour-keys-XXXXXX");
    return sodium_init() < 0 || !mkdtemp(folder) ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); // fails when a test left something behind
}

static void expect(const uint8_t *got, size_t n, const char *hex)
{
    uint8_t expected[64];
    assert_int_equal(unit_hex(expected, sizeof expected, hex), n);
    assert_memory_equal(got, expected, n);
}

static void known_answers(void **state)
{
    uint8_t key[32], boot[16], up[16], down[16], out[32], hash[32];
    (void)state;
    unit_count(key, 32, 0);
    unit_count(boot, 16, 0x40);
    keys_kdf(out, key, 32, "label", "data", 4);
    expect(out, 32, "90c3536ba766cb1944b98de0d10dc1d50c8b1cd919396fe9d1f58f1f28bbca41");
    keys_kdf(out, key, 16, "", NULL, 0);
    expect(out, 32, "20afe9eeba554c48bb19ecd1ab00b74983ce31a4aaa638ca0f60a6aa895794ee");
    keys_hop(up, down, key, 0x0102030405060708u, boot);
    expect(up, 16, "f3dd11b8302b3ecd944497ff07be482e");
    expect(down, 16, "2abd8c9ecc49dd5914e8d77acfde14ad");
    keys_room_secret(out, key, 0xdeadbeef, 7);
    expect(out, 32, "ac6aa719bdcd521f92dc3a4904338de48c98ecdde1dcd85366bd75552be5acd0");
    keys_room_down(down, out, boot);
    expect(down, 16, "0a2a3c60cb8f2009cf99f15a6a336b2b");
    keys_room_token(out, key);
    expect(out, 32, "eaf694eed38f5f262cd1656d7e1dfd435a640c127bb0ef94344becf1eaae1320");
    keys_admit_hash(hash, out);
    expect(hash, 32, "b963df23ea20ff902417b7273da87eaf2d82b5c5e220163aaea3cd7e5aee6057");
    keys_slot(out, key, 0x18);
    expect(out, 32, "2532394670cec75927513334995eb0680e22bd92c4525969e5e470976d207041");
}

// With base64.b32encode for the letters.
static void fingerprints_for_people(void **state)
{
    uint8_t key[32];
    char text[KEYS_FINGERPRINT_TEXT];
    (void)state;
    unit_count(key, 32, 0);
    keys_fingerprint_text(text, key);
    assert_string_equal(text, "oewd-rjg3-he62-cblf");
    memset(key, 0xff, sizeof key);
    keys_fingerprint_text(text, key);
    assert_string_equal(text, "codx-sdwp-27ki-be6n");
}

struct pair {
    struct keys_side side[2];
    uint8_t secret[2][32], invite[16];
    uint32_t room;
};

static struct pair make_pair(void)
{
    struct pair p = {.room = 0xdeadbeef};
    unit_count(p.invite, 16, 1);
    for (unsigned i = 0; i < 2; i++) {
        crypto_kx_keypair(p.side[i].key, p.secret[i]);
        unit_count(p.side[i].identity, 32, (uint8_t)(40 + i));
    }
    p.side[0].join_id = 0xffffffffffffffff;
    p.side[1].join_id = 3;
    return p;
}

static void both_ways(const struct pair *p, uint8_t rx[2][32], uint8_t tx[2][32])
{
    for (unsigned i = 0; i < 2; i++)
        assert_true(keys_pair(rx[i], tx[i], &p->side[i], p->secret[i], &p->side[1 - i], p->room, p->invite));
}

static void pair_keys_agree_both_ways(void **state)
{
    uint8_t rx[2][32], tx[2][32], out[32], raw_rx[32], raw_tx[32], data[16 + 4 + 144];
    struct pair p = make_pair();
    (void)state;
    both_ways(&p, rx, tx);
    assert_memory_equal(rx[0], tx[1], 32);
    assert_memory_equal(tx[0], rx[1], 32);
    assert_memory_not_equal(rx[0], tx[0], 32);
    // The lower join id is the crypto_kx client, and comes first.
    assert_int_equal(crypto_kx_client_session_keys(raw_rx, raw_tx, p.side[1].key, p.secret[1], p.side[0].key), 0);
    memcpy(data, p.invite, 16);
    unit_hex(data + 16, 12, "deadbeef 0000000000000003");
    memcpy(data + 28, p.side[1].identity, 32);
    memcpy(data + 60, p.side[1].key, 32);
    memset(data + 92, 0xff, 8);
    memcpy(data + 100, p.side[0].identity, 32);
    memcpy(data + 132, p.side[0].key, 32);
    keys_kdf(out, raw_rx, 32, "pair", data, sizeof data);
    assert_memory_equal(out, rx[1], 32);
}

// Whatever the two do not see alike, they do not hold the same keys: nobody stands between them unnoticed.
static void pair_keys_bind_what_both_must_see(void **state)
{
    uint8_t rx[2][32], tx[2][32], good[32];
    (void)state;
    for (unsigned what = 0; what < 6; what++) {
        struct pair p = make_pair();
        both_ways(&p, rx, tx);
        memcpy(good, rx[1], 32);
        uint8_t *changed[] = {p.invite,           (uint8_t *)&p.room, p.side[0].identity,
                              p.side[1].identity, p.side[0].key,      (uint8_t *)&p.side[1].join_id};
        *changed[what] ^= 1;
        if (keys_pair(rx[1], tx[1], &p.side[1], p.secret[1], &p.side[0], p.room, p.invite))
            assert_memory_not_equal(good, rx[1], 32);
    }
}

static void pair_keys_refuse(void **state)
{
    uint8_t rx[32], tx[32];
    struct pair p = make_pair();
    (void)state;
    p.side[0].join_id = p.side[1].join_id; // the same join
    assert_false(keys_pair(rx, tx, &p.side[0], p.secret[0], &p.side[1], p.room, p.invite));
    p = make_pair();
    memset(p.side[1].key, 0, 32); // a key of small order
    assert_false(keys_pair(rx, tx, &p.side[0], p.secret[0], &p.side[1], p.room, p.invite));
}

static void path_of(char out[128], const char *name)
{
    snprintf(out, 128, "%s/%s", folder, name);
}

static void identity_is_made_once_and_private(void **state)
{
    char path[128], error[300];
    uint8_t pk[32], sk[64], pk2[32], sk2[64];
    struct stat st;
    (void)state;
    path_of(path, "identity");
    mode_t before = umask(0); // even then
    assert_true(keys_identity_load(path, pk, sk, error, sizeof error));
    umask(before);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 64);
    assert_true(keys_identity_load(path, pk2, sk2, error, sizeof error));
    assert_memory_equal(pk, pk2, 32);
    assert_memory_equal(sk, sk2, 64);
    // It is a working pair.
    uint8_t signature[64];
    crypto_sign_detached(signature, NULL, (const uint8_t *)"x", 1, sk);
    assert_int_equal(crypto_sign_verify_detached(signature, (const uint8_t *)"x", 1, pk), 0);
    for (unsigned bit = 0; bit < 6; bit++) { // any right for others: refused, untouched, and told how to mend it
        chmod(path, (mode_t)(0600 | 1u << bit));
        assert_false(keys_identity_load(path, pk2, sk2, error, sizeof error));
        assert_non_null(strstr(error, "chmod 600"));
    }
    chmod(path, 0600);
    assert_true(keys_identity_load(path, pk2, sk2, error, sizeof error));
    unlink(path);
}

static void damaged_identities_are_refused(void **state)
{
    char path[128], error[300];
    uint8_t pk[32], sk[64], kept[65];
    (void)state;
    path_of(path, "identity");
    assert_true(keys_identity_load(path, pk, sk, error, sizeof error));
    memcpy(kept, sk, 64);
    kept[64] = 0;
    for (unsigned i = 0; i < 64;
         i += 7) { // one changed byte: a pair that does not belong together signs its secret away
        kept[i] ^= 1;
        assert_true(keys_write_file(path, kept, 64));
        assert_false(keys_identity_load(path, pk, sk, error, sizeof error));
        kept[i] ^= 1;
    }
    static const size_t sizes[] = {0, 63, 65};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        assert_true(keys_write_file(path, kept, sizes[i]));
        assert_false(keys_identity_load(path, pk, sk, error, sizeof error));
    }
    unlink(path);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_false(keys_identity_load(path, pk, sk, error, sizeof error));
    unlink(path);
    assert_false(keys_identity_load("/nonexistent/identity", pk, sk, error, sizeof error));
}

// A writer that fails leaves the old file whole and nothing beside it.
static void writing_is_atomic(void **state)
{
    char path[128], inner[160];
    uint8_t data[4] = {1, 2, 3, 4}, back[4];
    (void)state;
    path_of(path, "file");
    assert_true(keys_write_file(path, data, 4));
    int old = open(path, O_RDONLY); // who has it open goes on reading the old one
    data[0] = 9;
    assert_true(keys_write_file(path, data, 4));
    assert_int_equal(read(old, back, 4), 4);
    assert_int_equal(back[0], 1);
    close(old);
    assert_true(keys_read_file(path, back, 4));
    assert_int_equal(back[0], 9);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0); // a folder in the way: rename fails
    snprintf(inner, sizeof inner, "%s/x", path);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_false(keys_write_file(path, data, 4));
    assert_int_not_equal(errno, 0);
    assert_int_equal(rmdir(inner) | rmdir(path), 0); // and remove_folder finds no temporary file
}

static void base64(void **state)
{
    static const struct {
        const char *hex, *text;
    } good[] = {{"", ""},        {"00", "AA"},       {"fb", "-w"},      {"ff", "_w"},
                {"0001", "AAE"}, {"000102", "AAEC"}, {"fbefff", "--__"}};
    static const char *const bad[] = {"A", "AA=", "AA==", "AB", "+/+/", "AA AA", "AAE\n", "\xc3\xa4\xc3\xa4", "AAAAA"};
    uint8_t data[8], back[8];
    char text[16];
    size_t n;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        size_t size = unit_hex(data, sizeof data, good[i].hex);
        assert_true(keys_base64_size(size) == strlen(good[i].text) + 1);
        assert_string_equal(keys_base64(text, sizeof text, data, size), good[i].text);
        assert_true(keys_unbase64(back, size, &n, good[i].text));
        assert_int_equal(n, size);
        assert_memory_equal(back, data, size);
        if (size)
            assert_false(keys_unbase64(back, size - 1, &n, good[i].text));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(keys_unbase64(back, sizeof back, &n, bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(fingerprints_for_people),
        cmocka_unit_test(pair_keys_agree_both_ways),
        cmocka_unit_test(pair_keys_bind_what_both_must_see),
        cmocka_unit_test(pair_keys_refuse),
        cmocka_unit_test(identity_is_made_once_and_private),
        cmocka_unit_test(damaged_identities_are_refused),
        cmocka_unit_test(writing_is_atomic),
        cmocka_unit_test(base64),
    };
    return cmocka_run_group_tests_name("keys", tests, make_folder, remove_folder);
}
