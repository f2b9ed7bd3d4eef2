// SFrame by hand: the published vectors, and what a packet of ours is. What holds for any packet is in
// test_seal_random.
#include "tests/unit/unit.h"

#include "shared/seal.h"
#include "tests/sframe_plain.h"
#include "tests/unit/sframe_vectors.h"

#include <openssl/evp.h>

static void published_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(SFRAME_HEADER) * ARRAY_LEN(SFRAME_VALUE); i++) {
        uint64_t kid = SFRAME_VALUE[i / SFRAME_VALUES], ctr = SFRAME_VALUE[i % SFRAME_VALUES], kid2, ctr2;
        uint8_t expected[SEAL_HEADER_MAX], got[SEAL_HEADER_MAX];
        size_t n = unit_hex(expected, sizeof expected, SFRAME_HEADER[i / SFRAME_VALUES][i % SFRAME_VALUES]);
        assert_int_equal(seal_header_write(got, kid, ctr), n);
        assert_memory_equal(got, expected, n);
        assert_int_equal(seal_header_read(expected, n, &kid2, &ctr2), n);
        assert_true(kid2 == kid && ctr2 == ctr);
        for (size_t k = 0; k < n; k++) { // truncated
            uint8_t *exact = malloc(k ? k : 1);
            memcpy(exact, expected, k);
            assert_int_equal(seal_header_read(exact, k, &kid2, &ctr2), 0);
            free(exact);
        }
        assert_int_equal(plain_header(got, kid, ctr), n);
        assert_memory_equal(got, expected, n);
        assert_int_equal(plain_header_read(expected, n, &kid2, &ctr2), n);
        assert_true(kid2 == kid && ctr2 == ctr);
    }
}

static void expect_hex(const uint8_t *got, size_t n, const char *hex)
{
    uint8_t expected[64];
    assert_int_equal(unit_hex(expected, sizeof expected, hex), n);
    assert_memory_equal(got, expected, n);
}

static void published_key_and_salt(void **state)
{
    uint8_t base[16], key[32], salt[12];
    (void)state;
    unit_hex(base, 16, SFRAME_BASE_KEY);
    assert_true(seal_derive(key, salt, base, 16, SFRAME_KID));
    expect_hex(key, 32, SFRAME_KEY);
    expect_hex(salt, 12, SFRAME_SALT);
}

// The published packet, put together from our header, key and salt: the whole of §4.4 but for our packet layout.
static void published_packet(void **state)
{
    uint8_t base[16], header[SEAL_HEADER_MAX], metadata[14], clear[21], out[64];
    struct plain_keys k;
    (void)state;
    unit_hex(base, 16, SFRAME_BASE_KEY);
    unit_hex(metadata, 14, SFRAME_METADATA);
    unit_hex(clear, 21, SFRAME_CLEAR);
    assert_true(seal_derive(k.key, k.salt, base, 16, SFRAME_KID));
    size_t n = seal_header_write(header, SFRAME_KID, SFRAME_CTR);
    assert_true(plain_seal(&k, SFRAME_CTR, header, n, metadata, 14, clear, 21, out));
    expect_hex(out, 42, SFRAME_SEALED);
}

// The implementation the others are held against gives every intermediate value that is published.
static void the_second_implementation(void **state)
{
    uint8_t base[16], metadata[14], clear[64], nonce[12], label[PLAIN_LABEL_MAX], aad[64], sealed[42];
    struct plain_keys k;
    size_t n;
    (void)state;
    unit_hex(base, 16, SFRAME_BASE_KEY);
    unit_hex(metadata, 14, SFRAME_METADATA);
    plain_derive(&k, base, 16, SFRAME_KID);
    expect_hex(k.secret, 64, SFRAME_SECRET);
    expect_hex(k.key, 32, SFRAME_KEY);
    expect_hex(k.salt, 12, SFRAME_SALT);
    expect_hex(label, plain_label(label, "SFrame 1.0 Secret key ", SFRAME_KID), SFRAME_KEY_LABEL);
    expect_hex(label, plain_label(label, "SFrame 1.0 Secret salt ", SFRAME_KID), SFRAME_SALT_LABEL);
    plain_nonce(nonce, &k, SFRAME_CTR);
    expect_hex(nonce, 12, SFRAME_NONCE);
    n = plain_header(aad, SFRAME_KID, SFRAME_CTR);
    memcpy(aad + n, metadata, 14);
    expect_hex(aad, n + 14, SFRAME_AAD);
    unit_hex(sealed, 42, SFRAME_SEALED);
    assert_true(plain_open(base, 16, metadata, 14, sealed, 42, clear, &n));
    expect_hex(clear, n, SFRAME_CLEAR);
    sealed[41] ^= 1;
    assert_false(plain_open(base, 16, metadata, 14, sealed, 42, clear, &n));
}

struct pair {
    struct seal_key sealing, opening;
    uint8_t metadata[SEAL_METADATA];
};

static struct pair make_pair(uint8_t kid)
{
    struct pair p;
    uint8_t base[32];
    unit_count(base, 32, 9);
    unit_count(p.metadata, SEAL_METADATA, 0x70);
    assert_true(seal_key_init(&p.sealing, base, kid, true));
    assert_true(seal_key_init(&p.opening, base, kid, false));
    return p;
}

static void end_pair(struct pair *p)
{
    seal_key_destroy(&p->sealing);
    seal_key_destroy(&p->opening);
}

// A packet of ours checked against AES-GCM by hand: header as AAD first, then the metadata, nonce = salt ^ CTR.
static void our_packets_are_sframe(void **state)
{
    uint8_t key[32], nonce[12], base[32], in[100], out[200], clear[100];
    struct pair p = make_pair(5);
    int got;
    (void)state;
    unit_count(base, 32, 9);
    unit_count(in, sizeof in, 1);
    p.sealing.ctr = 0xa1b2c3d4;
    assert_int_equal(seal_packet(&p.sealing, p.metadata, in, sizeof in, out), sizeof in + 21);
    assert_true(out[0] == 0x5b && out[1] == 0xa1 && out[2] == 0xb2 && out[3] == 0xc3 && out[4] == 0xd4);
    assert_true(seal_derive(key, nonce, base, 32, 5));
    for (unsigned i = 0; i < 4; i++)
        nonce[8 + i] ^= out[1 + i];
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce), 1);
    assert_int_equal(EVP_DecryptUpdate(c, NULL, &got, out, 5), 1);
    assert_int_equal(EVP_DecryptUpdate(c, NULL, &got, p.metadata, SEAL_METADATA), 1);
    assert_int_equal(EVP_DecryptUpdate(c, clear, &got, out + 5, 100), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, out + 105), 1);
    assert_int_equal(EVP_DecryptFinal_ex(c, clear, &got), 1);
    EVP_CIPHER_CTX_free(c);
    assert_memory_equal(clear, in, sizeof in);
    end_pair(&p);
}

static void there_and_back_at_every_size(void **state)
{
    uint8_t in[1143], out[1200], clear[1200];
    struct pair p = make_pair(3);
    (void)state;
    unit_count(in, sizeof in, 1);
    for (size_t n = 0; n <= sizeof in; n += n < 40 ? 1 : 29) {
        size_t got, size = seal_packet(&p.sealing, p.metadata, in, n, out);
        uint64_t ctr;
        uint8_t kid;
        assert_int_equal(size, n + SEAL_HEADER + SEAL_TAG);
        assert_true(seal_peek(out, size, &kid, &ctr));
        assert_true(kid == 3 && ctr == p.sealing.ctr - 1);
        assert_true(seal_open(&p.opening, p.metadata, out, size, clear, &got));
        assert_int_equal(got, n);
        assert_memory_equal(clear, in, n);
    }
    end_pair(&p);
}

static void counters(void **state)
{
    uint8_t in[4] = {1}, out[64], clear[64];
    struct pair p = make_pair(7);
    size_t got;
    (void)state;
    assert_true(p.sealing.ctr == (uint64_t)1 << 24); // from the first packet on the CTR takes 4 bytes
    p.sealing.ctr = 0xffffffffu;
    size_t n = seal_packet(&p.sealing, p.metadata, in, 4, out);
    assert_int_equal(n, 25);
    assert_true(seal_open(&p.opening, p.metadata, out, n, clear, &got));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(seal_packet(&p.sealing, p.metadata, in, 4, out), 0); // used up: never a nonce again
    end_pair(&p);
    assert_int_equal(seal_packet(&p.sealing, p.metadata, in, 4, out), 0); // destroyed
    assert_false(seal_open(&p.opening, p.metadata, out, 25, clear, &got));
}

static void headers_of_another_shape(void **state)
{
    static const char *const table[] = {
        "08 01000000", "03 01000000", "8b 01000000", "0a 01000000", "0c 01000000", "0b 00ffffff",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        uint8_t p[40] = {0}, kid;
        uint64_t ctr;
        unit_hex(p, sizeof p, table[i]);
        assert_false(seal_peek(p, sizeof p, &kid, &ctr));
    }
}

static void metadata_is_what_the_relay_must_not_relabel(void **state)
{
    uint8_t p[32], m[SEAL_METADATA], expected[SEAL_METADATA];
    (void)state;
    unit_count(p, sizeof p, 0);
    unit_hex(expected, sizeof expected, "01020304050607 1314151617");
    seal_metadata(m, p);
    assert_memory_equal(m, expected, SEAL_METADATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_headers),
        cmocka_unit_test(published_key_and_salt),
        cmocka_unit_test(published_packet),
        cmocka_unit_test(the_second_implementation),
        cmocka_unit_test(our_packets_are_sframe),
        cmocka_unit_test(there_and_back_at_every_size),
        cmocka_unit_test(counters),
        cmocka_unit_test(headers_of_another_shape),
        cmocka_unit_test(metadata_is_what_the_relay_must_not_relabel),
    };
    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
