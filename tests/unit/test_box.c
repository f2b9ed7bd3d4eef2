#include "tests/unit/unit.h"

#include "shared/box.h"
#include "shared/keys.h"

#include <sodium.h>

static const struct box_address ADDRESS = {0xdeadbeef, 7, 9};
static uint8_t key[32];

static char *seal(const char *text, uint64_t n)
{
    unit_count(key, 32, 1);
    return box_seal(key, &ADDRESS, n, (const uint8_t *)text, strlen(text));
}

static void there_and_back_padded(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 200; size++) {
        char clear[201] = "{";
        memset(clear + 1, 'x', size - 1);
        clear[size] = 0;
        char *text = seal(clear, size);
        uint64_t n;
        size_t got;
        uint8_t *back = box_open(key, &ADDRESS, text, &n, &got);
        assert_non_null(back);
        assert_true(n == size);
        assert_int_equal(got % 64, 0);
        assert_true(got >= size && got < size + 64);
        assert_memory_equal(back, clear, size);
        for (size_t i = size; i < got; i++)
            assert_int_equal(back[i], ' ');
        assert_int_equal(back[got], 0);
        free(back);
        free(text);
    }
}

static void keys_are_not_padded(void **state)
{
    uint8_t clear[BOX_KEY_SIZE] = {BOX_KEY, 3}, raw[128];
    uint64_t n;
    size_t got, raw_size;
    (void)state;
    unit_count(key, 32, 1);
    char *text = box_seal(key, &ADDRESS, 5, clear, sizeof clear);
    assert_true(keys_unbase64(raw, sizeof raw, &raw_size, text));
    assert_int_equal(raw_size, 8 + 34 + 16);
    uint8_t *back = box_open(key, &ADDRESS, text, &n, &got);
    assert_int_equal(got, sizeof clear);
    free(back);
    free(text);
}

// Opened by hand: n u64 | XChaCha20-Poly1305(nonce = 16 zero bytes | n, AAD = room | from | to | n).
static void bytes_as_written_down(void **state)
{
    uint8_t raw[128], clear[128], aad[16], nonce[24];
    size_t size;
    unsigned long long got;
    (void)state;
    char *text = seal("{}", 0x0102030405060708u);
    assert_true(keys_unbase64(raw, sizeof raw, &size, text));
    assert_int_equal(size, 8 + 64 + 16);
    unit_hex(aad, 16, "deadbeef 0007 0009 0102030405060708");
    unit_hex(nonce, 24, "00000000000000000000000000000000 0102030405060708");
    assert_memory_equal(raw, nonce + 16, 8);
    assert_int_equal(
        crypto_aead_xchacha20poly1305_ietf_decrypt(clear, &got, NULL, raw + 8, size - 8, aad, 16, nonce, key), 0);
    assert_memory_equal(clear, "{}  ", 4);
    free(text);
}

static void every_changed_byte(void **state)
{
    uint8_t raw[128];
    char changed[200];
    size_t size, got;
    uint64_t n;
    (void)state;
    char *text = seal("{\"kind\":\"chat\"}", 12);
    assert_true(keys_unbase64(raw, sizeof raw, &size, text));
    for (size_t i = 0; i < size; i++) {
        raw[i] ^= 0x04;
        keys_base64(changed, sizeof changed, raw, size);
        assert_null(box_open(key, &ADDRESS, changed, &n, &got));
        raw[i] ^= 0x04;
    }
    for (size_t k = 0; k < size; k++) {
        keys_base64(changed, sizeof changed, raw, k);
        assert_null(box_open(key, &ADDRESS, changed, &n, &got));
    }
    assert_null(box_open(key, &ADDRESS, "not base64!", &n, &got));
    free(text);
}

// A relay that delivers a box under another name, to another member, back to its sender or in another room.
static void wrong_direction(void **state)
{
    static const struct box_address wrong[] = {
        {0xdeadbeef, 9, 7}, {0xdeadbeef, 7, 0}, {0xdeadbeef, 8, 9}, {0xdeadbeee, 7, 9}, {0xdeadbeef, 7, 10}};
    size_t got;
    uint64_t n;
    (void)state;
    char *text = seal("{}", 1);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_null(box_open(key, &wrong[i], text, &n, &got));
    key[0] ^= 1;
    assert_null(box_open(key, &ADDRESS, text, &n, &got));
    free(text);
}

static void sizes(void **state)
{
    size_t got;
    uint64_t n;
    uint8_t *big = calloc(1, BOX_CLEAR_MAX + 65);
    (void)state;
    memset(big, ' ', BOX_CLEAR_MAX + 1);
    big[0] = '{';
    assert_null(box_seal(key, &ADDRESS, 1, big, 0));
    assert_null(box_seal(key, &ADDRESS, 1, big, BOX_CLEAR_MAX + 1));
    char *text = box_seal(key, &ADDRESS, 1, big, BOX_CLEAR_MAX);
    uint8_t *back = box_open(key, &ADDRESS, text, &n, &got);
    assert_non_null(back);
    assert_int_equal(got, BOX_CLEAR_MAX);
    char *longer = calloc(1, 40000);
    memset(longer, 'A', 39999);
    assert_null(box_open(key, &ADDRESS, longer, &n, &got));
    free(longer);
    free(back);
    free(text);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back_padded), cmocka_unit_test(keys_are_not_padded),
        cmocka_unit_test(bytes_as_written_down), cmocka_unit_test(every_changed_byte),
        cmocka_unit_test(wrong_direction),       cmocka_unit_test(sizes),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("box", tests, NULL, NULL);
}
