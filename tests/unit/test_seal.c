// The vectors are those of RFC 9605 Appendix C as the SFrame working group publishes them: github.com/sframe-wg/sframe,
// test-vectors/test-vectors.json, "header" (every first, equal and last pair) and "sframe" with cipher_suite 5.
#include "tests/unit/unit.h"

#include "shared/seal.h"

#include <openssl/evp.h>

static const struct {
    uint64_t kid, ctr;
    const char *encoded;
} HEADERS[] = {
    {0x0u, 0x0u, "00"},
    {0x0u, 0x1u, "01"},
    {0x0u, 0xffu, "08ff"},
    {0x0u, 0x100u, "090100"},
    {0x0u, 0xffffu, "09ffff"},
    {0x0u, 0x10000u, "0a010000"},
    {0x0u, 0xffffffu, "0affffff"},
    {0x0u, 0x1000000u, "0b01000000"},
    {0x0u, 0xffffffffu, "0bffffffff"},
    {0x0u, 0x100000000u, "0c0100000000"},
    {0x0u, 0xffffffffffu, "0cffffffffff"},
    {0x0u, 0x10000000000u, "0d010000000000"},
    {0x0u, 0xffffffffffffu, "0dffffffffffff"},
    {0x0u, 0x1000000000000u, "0e01000000000000"},
    {0x0u, 0xffffffffffffffu, "0effffffffffffff"},
    {0x0u, 0x100000000000000u, "0f0100000000000000"},
    {0x0u, 0xffffffffffffffffu, "0fffffffffffffffff"},
    {0x1u, 0x0u, "10"},
    {0x1u, 0x1u, "11"},
    {0x1u, 0x1000000u, "1b01000000"},
    {0xffu, 0x0u, "80ff"},
    {0xffu, 0xffu, "88ffff"},
    {0xffu, 0x10000u, "8aff010000"},
    {0x100u, 0x0u, "900100"},
    {0x100u, 0x100u, "9901000100"},
    {0xffffu, 0x0u, "90ffff"},
    {0xffffu, 0xffffu, "99ffffffff"},
    {0x10000u, 0x0u, "a0010000"},
    {0x10000u, 0x10000u, "aa010000010000"},
    {0xffffffu, 0x0u, "a0ffffff"},
    {0xffffffu, 0xffffffu, "aaffffffffffff"},
    {0x1000000u, 0x0u, "b001000000"},
    {0x1000000u, 0x1000000u, "bb0100000001000000"},
    {0xffffffffu, 0x0u, "b0ffffffff"},
    {0xffffffffu, 0xffffffffu, "bbffffffffffffffff"},
    {0x100000000u, 0x0u, "c00100000000"},
    {0x100000000u, 0x100000000u, "cc01000000000100000000"},
    {0xffffffffffu, 0x0u, "c0ffffffffff"},
    {0xffffffffffu, 0xffffffffffu, "ccffffffffffffffffffff"},
    {0x10000000000u, 0x0u, "d0010000000000"},
    {0x10000000000u, 0x10000000000u, "dd010000000000010000000000"},
    {0xffffffffffffu, 0x0u, "d0ffffffffffff"},
    {0xffffffffffffu, 0xffffffffffffu, "ddffffffffffffffffffffffff"},
    {0x1000000000000u, 0x0u, "e001000000000000"},
    {0x1000000000000u, 0x1000000000000u, "ee0100000000000001000000000000"},
    {0xffffffffffffffu, 0x0u, "e0ffffffffffffff"},
    {0xffffffffffffffu, 0xffffffffffffffu, "eeffffffffffffffffffffffffffff"},
    {0x100000000000000u, 0x0u, "f00100000000000000"},
    {0x100000000000000u, 0x100000000000000u, "ff01000000000000000100000000000000"},
    {0xffffffffffffffffu, 0x0u, "f0ffffffffffffffff"},
    {0xffffffffffffffffu, 0xffffffffffffffffu, "ffffffffffffffffffffffffffffffffff"},
};

static const char BASE_KEY[] = "000102030405060708090a0b0c0d0e0f";
static const char SFRAME_KEY[] = "d3e27b0d4a5ae9e55df01a70e6d4d28d969b246e2936f4b7a5d9b494da6b9633";
static const char SFRAME_SALT[] = "84991c167b8cd23c93708ec7";
static const char NONCE[] = "84991c167b8cd23c9370cba0";
static const char METADATA[] = "4945544620534672616d65205747";
static const char CLEAR[] = "64726166742d696574662d736672616d652d656e63";
static const char SEALED[] = "990123456794f509d36e9beacb0e261d99c7d1e972f1fed787d4049f17ca21353c1cc24d56ceabced279";
enum { VECTOR_KID = 0x123, VECTOR_CTR = 0x4567 };

static void published_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(HEADERS); i++) {
        uint8_t expected[SEAL_HEADER_MAX], got[SEAL_HEADER_MAX];
        uint64_t kid, ctr;
        size_t n = unit_hex(expected, sizeof expected, HEADERS[i].encoded);
        assert_int_equal(seal_header_write(got, HEADERS[i].kid, HEADERS[i].ctr), n);
        assert_memory_equal(got, expected, n);
        assert_int_equal(seal_header_read(expected, n, &kid, &ctr), n);
        assert_true(kid == HEADERS[i].kid && ctr == HEADERS[i].ctr);
        for (size_t k = 0; k < n; k++) { // truncated
            uint8_t *exact = malloc(k ? k : 1);
            memcpy(exact, expected, k);
            assert_int_equal(seal_header_read(exact, k, &kid, &ctr), 0);
            free(exact);
        }
    }
}

static void published_key_and_salt(void **state)
{
    uint8_t base[16], key[32], salt[12], expected[32];
    (void)state;
    unit_hex(base, 16, BASE_KEY);
    assert_true(seal_derive(key, salt, base, 16, VECTOR_KID));
    unit_hex(expected, 32, SFRAME_KEY);
    assert_memory_equal(key, expected, 32);
    unit_hex(expected, 12, SFRAME_SALT);
    assert_memory_equal(salt, expected, 12);
}

// The published packet, put together from our header, key and salt: the whole of §4.4 but for our packet layout.
static void published_packet(void **state)
{
    uint8_t base[16], key[32], salt[12], nonce[12], expected_nonce[12], metadata[14], clear[21], expected[42], out[64];
    int got;
    (void)state;
    unit_hex(base, 16, BASE_KEY);
    unit_hex(metadata, 14, METADATA);
    unit_hex(clear, 21, CLEAR);
    assert_int_equal(unit_hex(expected, 42, SEALED), 42);
    assert_true(seal_derive(key, salt, base, 16, VECTOR_KID));
    memcpy(nonce, salt, 12);
    nonce[10] ^= VECTOR_CTR >> 8;
    nonce[11] ^= VECTOR_CTR & 255;
    unit_hex(expected_nonce, 12, NONCE);
    assert_memory_equal(nonce, expected_nonce, 12);
    size_t header = seal_header_write(out, VECTOR_KID, VECTOR_CTR);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce), 1);
    assert_int_equal(EVP_EncryptUpdate(c, NULL, &got, out, (int)header), 1);
    assert_int_equal(EVP_EncryptUpdate(c, NULL, &got, metadata, 14), 1);
    assert_int_equal(EVP_EncryptUpdate(c, out + header, &got, clear, 21), 1);
    assert_int_equal(EVP_EncryptFinal_ex(c, out + header + 21, &got), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, out + header + 21), 1);
    EVP_CIPHER_CTX_free(c);
    assert_int_equal(header + 21 + 16, 42);
    assert_memory_equal(out, expected, 42);
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

static void every_changed_byte(void **state)
{
    uint8_t in[50], out[100], clear[100];
    struct pair p = make_pair(0);
    size_t got;
    (void)state;
    unit_count(in, sizeof in, 1);
    size_t n = seal_packet(&p.sealing, p.metadata, in, sizeof in, out);
    for (size_t i = 0; i < n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            out[i] ^= (uint8_t)(1u << bit);
            assert_false(seal_open(&p.opening, p.metadata, out, n, clear, &got));
            assert_int_equal(got, 0);
            out[i] ^= (uint8_t)(1u << bit);
        }
    for (size_t i = 0; i < SEAL_METADATA; i++) {
        p.metadata[i] ^= 1;
        assert_false(seal_open(&p.opening, p.metadata, out, n, clear, &got));
        p.metadata[i] ^= 1;
    }
    for (size_t k = 0; k < n; k++) {
        uint8_t *exact = malloc(k ? k : 1);
        memcpy(exact, out, k);
        assert_false(seal_open(&p.opening, p.metadata, exact, k, clear, &got));
        free(exact);
    }
    assert_true(seal_open(&p.opening, p.metadata, out, n, clear, &got)); // failures leave the key usable
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
        cmocka_unit_test(our_packets_are_sframe),
        cmocka_unit_test(there_and_back_at_every_size),
        cmocka_unit_test(every_changed_byte),
        cmocka_unit_test(counters),
        cmocka_unit_test(headers_of_another_shape),
        cmocka_unit_test(metadata_is_what_the_relay_must_not_relabel),
    };
    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
