#include "tests/unit/unit.h"

#include "shared/box.h"
#include "shared/keys.h"

#include <sodium.h>

static const struct box_address ADDRESS = {.room = 0xdeadbeef, .from = 7, .to = 9};
static const struct box_address TO_ALL = {.room = 0xdeadbeef, .from = 7, .number = 200};
static uint8_t key[32];

static char *seal(const char *text, uint64_t n)
{
    unit_count(key, 32, 1);
    return box_seal(key, &ADDRESS, n, (const uint8_t *)text, strlen(text));
}

static void there_and_back(void **state)
{
    (void)state;
    unit_count(key, 32, 1);
    for (size_t size = 1; size <= 200; size++) {
        const struct box_address *a = size % 2 ? &ADDRESS : &TO_ALL;
        uint8_t clear[200], *back;
        memset(clear, (int)size, size);
        char *text = box_seal(key, a, size, clear, size);
        uint64_t n;
        size_t got;
        back = box_open(key, a, text, &n, &got);
        assert_non_null(back);
        assert_true(n == size && got == size);
        assert_memory_equal(back, clear, size);
        assert_int_equal(back[got], 0);
        free(back);
        free(text);
    }
}

// A box to all names the sender's base it is sealed under; another number does not open it.
static void numbered(void **state)
{
    uint8_t number = 0;
    uint64_t n;
    size_t got;
    struct box_address other = TO_ALL;
    (void)state;
    unit_count(key, 32, 1);
    char *text = box_seal(key, &TO_ALL, 5, (const uint8_t *)"abc", 3);
    assert_true(box_number(text, &number));
    assert_int_equal(number, 200);
    other.number = 201;
    assert_null(box_open(key, &other, text, &n, &got));
    assert_false(box_number("", &number));
    assert_false(box_number("AA", &number));
    assert_false(box_number("!!!!", &number));
    free(text);
}

static void sizes_on_the_wire(void **state)
{
    uint8_t clear[BOX_KEY_SIZE] = {BOX_KEY, 3}, raw[128];
    size_t raw_size;
    (void)state;
    unit_count(key, 32, 1);
    char *text = box_seal(key, &ADDRESS, 5, clear, sizeof clear);
    assert_true(keys_unbase64(raw, sizeof raw, &raw_size, text));
    assert_int_equal(raw_size, 8 + 34 + 16);
    free(text);
    text = box_seal(key, &TO_ALL, 5, clear, 2);
    assert_true(keys_unbase64(raw, sizeof raw, &raw_size, text));
    assert_int_equal(raw_size, 1 + 8 + 2 + 16);
    free(text);
}

struct author {
    uint8_t public[32], secret[64];
};

static void signed_text(void **state)
{
    struct author ann, eve;
    uint8_t join[32], later[32]; // a second join, to which the relay gives all the ids of the first
    size_t size;
    unit_count(join, 32, 1);
    unit_count(later, 32, 2);
    const char json[] = "{\"kind\":\"chat\",\"text\":\"hello\"}";
    (void)state;
    crypto_sign_keypair(ann.public, ann.secret);
    crypto_sign_keypair(eve.public, eve.secret);
    uint8_t *clear = box_sign(&size, &ADDRESS, join, 5, json, ann.secret);
    assert_int_equal(clear[0], BOX_TEXT);
    assert_int_equal((size - BOX_TEXT_HEAD) % 64, 0); // lengths of texts are told apart in steps only
    clear = realloc(clear, size + 1);
    clear[size] = 0;
    char *back = box_signed(clear, size, &ADDRESS, join, 5, ann.public);
    assert_non_null(back);
    assert_memory_equal(back, json, strlen(json));
    // As another's, for others, in another room or join, a second time under another number: never.
    const struct box_address wrong[] = {{.room = 0xdeadbeee, .from = 7, .to = 9},
                                        {.room = 0xdeadbeef, .from = 8, .to = 9},
                                        {.room = 0xdeadbeef, .from = 7, .to = 0}};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_null(box_signed(clear, size, &wrong[i], join, 5, ann.public));
    assert_null(box_signed(clear, size, &ADDRESS, later, 5, ann.public));
    assert_null(box_signed(clear, size, &ADDRESS, join, 6, ann.public));
    assert_null(box_signed(clear, size, &ADDRESS, join, 5, eve.public));
    for (size_t i = 0; i < size; i++) {
        clear[i] ^= 0x10;
        assert_null(box_signed(clear, size, &ADDRESS, join, 5, ann.public));
        clear[i] ^= 0x10;
    }
    for (size_t n = 0; n < size; n++)
        assert_null(box_signed(clear, n, &ADDRESS, join, 5, ann.public));
    free(clear);
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
    assert_int_equal(size, 8 + 2 + 16);
    unit_hex(aad, 16, "deadbeef 0007 0009 0102030405060708");
    unit_hex(nonce, 24, "00000000000000000000000000000000 0102030405060708");
    assert_memory_equal(raw, nonce + 16, 8);
    assert_int_equal(
        crypto_aead_xchacha20poly1305_ietf_decrypt(clear, &got, NULL, raw + 8, size - 8, aad, 16, nonce, key), 0);
    assert_memory_equal(clear, "{}", 2);
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
    static const struct box_address wrong[] = {{0xdeadbeef, 9, 7, 0},
                                               {0xdeadbeef, 7, 0, 0},
                                               {0xdeadbeef, 8, 9, 0},
                                               {0xdeadbeee, 7, 9, 0},
                                               {0xdeadbeef, 7, 10, 0}};
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
    uint8_t *big = calloc(1, BOX_CLEAR_MAX + 1);
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
        cmocka_unit_test(there_and_back),        cmocka_unit_test(numbered),
        cmocka_unit_test(sizes_on_the_wire),     cmocka_unit_test(signed_text),
        cmocka_unit_test(bytes_as_written_down), cmocka_unit_test(every_changed_byte),
        cmocka_unit_test(wrong_direction),       cmocka_unit_test(sizes),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("box", tests, NULL, NULL);
}
