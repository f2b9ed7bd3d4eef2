#include "tests/unit/unit.h"

#include "shared/bytes.h"
#include "shared/wire.h"

enum { BODY = 40, MEDIA_SIZE = WIRE_HEADER + BODY };
static const uint64_t NUMBER = 0x010203040506u & 0xffffffffffffu, NOW = 12345678901u;

static void make(uint8_t *p, uint8_t type, uint8_t key[16])
{
    wire_write(&(struct wire_header){.type = type,
                                     .mark = type == WIRE_CTRL ? 0 : 0xe0,
                                     .sender = 7,
                                     .room = 0x11223344,
                                     .slot = type == WIRE_CTRL ? 0 : 0x18},
               p);
    unit_count(p + WIRE_HEADER, BODY, 100);
    unit_count(key, 16, 0);
}

static void header_goes_there_and_back(void **state)
{
    (void)state;
    uint8_t p[64] = {0}, expected[20];
    struct wire_header h = {4, 0xa5, 0x1234, 0xdeadbeef, 0x01020304, 0x0a0b0c0d, 0xabcdef, 0x18}, back;
    wire_write(&h, p);
    unit_hex(expected, sizeof expected, "04a51234 deadbeef 01020304 0a0b0c0d abcdef18");
    assert_memory_equal(p, expected, 20);
    assert_true(wire_read(&back, p, sizeof p));
    assert_memory_equal(&back, &h, sizeof h);
    assert_int_equal(wire_stream(0x18), WIRE_STREAM_CAMERA);
    assert_int_equal(wire_layer(0x18), 2);
    assert_int_equal(WIRE_SLOT(WIRE_STREAM_META, 0), 0xf0);
}

// Every type at every length from nothing to one past the largest: accepted exactly between its own limits.
static void every_length(void **state)
{
    static const struct {
        uint8_t type;
        size_t least, most;
    } table[] = {{WIRE_MEDIA, 45, 1188},    {WIRE_RTX, 45, 1188},  {WIRE_FILE, 45, 1188}, {WIRE_FEC, 32, 1200},
                 {WIRE_FEEDBACK, 37, 1200}, {WIRE_CTRL, 37, 1200}, {WIRE_PROBE, 37, 1200}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        for (size_t n = 0; n <= WIRE_DATAGRAM_MAX + 1; n++) {
            uint8_t *p = calloc(1, n + 1); // exact, so that a sanitizer sees a read past the end
            uint8_t *q = malloc(n ? n : 1);
            struct wire_header h;
            p[0] = table[i].type;
            memcpy(q, p, n);
            assert_int_equal(wire_read(&h, q, n), n >= table[i].least && n <= table[i].most);
            free(p);
            free(q);
        }
}

static void unknown_types_are_refused(void **state)
{
    uint8_t p[100] = {0};
    struct wire_header h;
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        p[0] = (uint8_t)type;
        assert_int_equal(wire_read(&h, p, sizeof p), type >= WIRE_MEDIA && type <= WIRE_PROBE);
    }
}

// Tags computed by another SipHash (the reference algorithm in Python) over WIRE §2's inputs.
static void known_tags(void **state)
{
    static const struct {
        uint8_t type;
        const char *tag;
    } table[] = {{WIRE_MEDIA, "43c4eadb"}, {WIRE_FEC, "d1f4ee35"}};
    uint8_t p[MEDIA_SIZE], key[16], tag[4], trailer[16], zeros[4] = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        make(p, table[i].type, key);
        wire_stamp(p, MEDIA_SIZE, key, NUMBER, NOW);
        unit_hex(tag, 4, table[i].tag);
        assert_memory_equal(p + 8, tag, 4);
    }
    make(p, WIRE_CTRL, key);
    wire_stamp(p, MEDIA_SIZE, key, NUMBER, NOW);
    unit_hex(trailer, 16, "0e9f95be8632b3333f8cb0c872c83ccc");
    assert_memory_equal(p + MEDIA_SIZE - 16, trailer, 16);
    assert_memory_equal(p + 8, zeros, 4);
}

// Which bytes a hop's authentication covers, byte by byte: for media all but the ciphertext past 28.
static void every_changed_byte(void **state)
{
    static const uint8_t types[] = {WIRE_MEDIA, WIRE_RTX, WIRE_FILE, WIRE_FEC, WIRE_FEEDBACK, WIRE_CTRL, WIRE_PROBE};
    uint8_t p[MEDIA_SIZE], key[16];
    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        make(p, types[t], key);
        wire_stamp(p, MEDIA_SIZE, key, NUMBER, NOW);
        assert_true(wire_verify(p, MEDIA_SIZE, key, NUMBER));
        for (size_t i = 0; i < MEDIA_SIZE; i++) {
            bool sealed_later = wire_is_media(types[t]) && types[t] != WIRE_FEC && i >= WIRE_MEDIA_CLEAR;
            p[i] ^= 0x40;
            assert_int_equal(wire_verify(p, MEDIA_SIZE, key, NUMBER), sealed_later);
            p[i] ^= 0x40;
        }
        assert_false(wire_verify(p, MEDIA_SIZE - 1, key, NUMBER));                   // length is covered
        assert_false(wire_verify(p, MEDIA_SIZE, key, NUMBER + ((uint64_t)1 << 32))); // and the upper 16 bits
        assert_false(wire_verify(p, MEDIA_SIZE, key, NUMBER + 1));
        key[15] ^= 1;
        assert_false(wire_verify(p, MEDIA_SIZE, key, NUMBER));
    }
}

static void hoptime_unwraps(void **state)
{
    static const int64_t offsets[] = {0, 1, -1, 3, -3, 1000, -1000, 31999990, -31999990};
    static const uint64_t nows[] = {0,        1,        999999,   31999999,      32000000,
                                    63999999, 64000000, 64000001, 1234567890123, (uint64_t)1 << 52};
    (void)state;
    assert_int_equal(wire_hoptime(0), 0);
    assert_int_equal(wire_hoptime(63999999), 0xffffff);
    assert_int_equal(wire_hoptime(64000000), 0);
    assert_int_equal(wire_hoptime(1500000), (1 << 18) + (1 << 17));
    for (size_t i = 0; i < ARRAY_LEN(nows); i++)
        for (size_t k = 0; k < ARRAY_LEN(offsets); k++) {
            if (offsets[k] < 0 && (uint64_t)-offsets[k] > nows[i])
                continue;
            uint64_t sent = nows[i] + (uint64_t)offsets[k];
            int64_t error = (int64_t)(wire_hoptime_unwrap(wire_hoptime(sent), nows[i]) - sent);
            assert_in_range(error + 8, 0, 16); // two roundings to 1/262144 s
        }
}

// A machine that has just started: the other clock may be behind zero, and time must still go on evenly.
static void hoptime_never_falls_below_zero(void **state)
{
    (void)state;
    uint64_t last = wire_hoptime_unwrap(wire_hoptime(60000000), 2000000);
    for (uint64_t i = 1; i < 2000; i++) {
        uint64_t at = wire_hoptime_unwrap(wire_hoptime(60000000 + i * 10000), last + 10000);
        assert_in_range((int64_t)(at - last) - 9980, 0, 40);
        last = at;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_goes_there_and_back),
        cmocka_unit_test(every_length),
        cmocka_unit_test(unknown_types_are_refused),
        cmocka_unit_test(known_tags),
        cmocka_unit_test(every_changed_byte),
        cmocka_unit_test(hoptime_unwraps),
        cmocka_unit_test(hoptime_never_falls_below_zero),
    };
    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
