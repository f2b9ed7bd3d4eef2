// Sound that travels again: its bytes, whom it may travel to, and who has heard it already.
#include "tests/unit/unit.h"

#include "client/net/copies.h"

static const struct copies_place place0 = {.kid = 3, .ctr = 0x1000000, .ts = 0xfffff000u};

// Packet n of 20 ms, 4 + n bytes of n.
static size_t make(unsigned n, struct copies_place *place, uint8_t *payload)
{
    *place = place0;
    place->ctr += n;
    place->ts += n * 960;
    memset(payload, (int)n, 4 + n);
    return 4 + n;
}

static void keep(struct copies_out *c, unsigned n)
{
    uint8_t payload[64];
    struct copies_place place;
    size_t size = make(n, &place, payload);
    copies_keep(c, &place, payload, size);
}

static size_t pack(const struct copies_out *c, unsigned n, unsigned distances, uint8_t *out, size_t room)
{
    uint8_t payload[64];
    struct copies_place place;
    size_t size = make(n, &place, payload);
    return copies_pack(c, distances, &place, payload, size, out, room);
}

static void bytes(void **state)
{
    (void)state;
    struct copies_out c = {0};
    uint8_t out[256], expected[256];
    keep(&c, 0);
    keep(&c, 1);
    // back 7 | ts back 14 | size 10, oldest first: 2, 1920, 4 and 1, 960, 5; then its own 6
    size_t n = unit_hex(expected, sizeof expected, "82 1e0004 81 0f0005 00 00000000 0101010101 020202020202");
    assert_int_equal(pack(&c, 2, 3, out, sizeof out), n);
    assert_memory_equal(out, expected, n);
    struct copies all;
    assert_true(copies_read(&all, out, n));
    assert_int_equal(all.count, 2);
    assert_true(all.older[0].back == 2 && all.older[0].ts_back == 1920 && all.older[0].size == 4);
    assert_true(all.older[1].back == 1 && all.older[1].ts_back == 960 && all.older[1].size == 5);
    assert_true(all.older[1].data == out + 13 && all.data == out + 18 && all.size == 6);
}

static void which(void **state)
{
    (void)state;
    static const struct {
        unsigned kept, distances, count, first_back;
        size_t room;
    } rows[] = {
        {0, 7, 0, 0, 256}, {1, 7, 1, 1, 256}, {6, 1, 1, 1, 256}, {6, 2, 1, 2, 256},
        {6, 5, 2, 3, 256}, {6, 7, 2, 2, 256}, {6, 8, 1, 4, 256}, {6, 16, 0, 0, 256}, // no more than four are kept
        {6, 3, 1, 1, 33},  {6, 3, 0, 0, 12},                                         // what fits
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct copies_out c = {0};
        struct copies all = {0};
        uint8_t out[256];
        for (unsigned n = 0; n < rows[i].kept; n++)
            keep(&c, n);
        size_t n = pack(&c, rows[i].kept, rows[i].distances, out, rows[i].room);
        assert_true(n <= rows[i].room && (n > 0) == (rows[i].count > 0));
        if (n > 0)
            assert_true(copies_read(&all, out, n) && all.older[0].back == rows[i].first_back);
        assert_int_equal(all.count, rows[i].count);
    }
}

// Who comes in gets a new key and may not hear what was before; nor is sound from before a silence of use to anybody.
static void nothing_from_before(void **state)
{
    (void)state;
    static const struct {
        struct copies_place at;
        bool travels;
    } rows[] = {
        {{3, 0x1000001, 0xfffff000u + 960}, true},
        {{4, 0x1000001, 0xfffff000u + 960}, false},             // another key
        {{4, 0x1000000, 0xfffff000u + 960}, false},             // its first
        {{3, 0x1000002, 0xfffff000u + 960}, false},             // one between them was not kept
        {{3, 0x1000001, 0xfffff000u + COPIES_SPAN}, true},      //
        {{3, 0x1000001, 0xfffff000u + COPIES_SPAN + 1}, false}, // too old
        {{3, 0x1000001, 0xfffff000u}, false},                   // a clock that stands,
        {{3, 0x1000001, 0xfffff000u - 960}, false},             // or goes back
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct copies_out c = {0};
        uint8_t out[256];
        keep(&c, 0);
        assert_int_equal(copies_pack(&c, 1, &rows[i].at, (const uint8_t *)"x", 1, out, sizeof out) > 0,
                         rows[i].travels);
    }
    struct copies_out c = {0};
    uint8_t out[2000], large[COPIES_SIZE_MAX + 1] = {0};
    copies_keep(&c, &place0, large, sizeof large);
    assert_int_equal(pack(&c, 1, 1, out, sizeof out), 0);
    copies_keep(&c, &place0, large, sizeof large - 1);
    assert_int_equal(pack(&c, 1, 1, out, sizeof out), 5 + COPIES_SIZE_MAX + 5);
}

static void malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "00",                              // nothing older
        "00 01",                           //
        "81 0f0002 00 0101",               // none of its own
        "81 0f0003 00 0101",               // cut off
        "81 0f0002",                       //
        "81 0f0002 01 0101 02",            // a last head with a distance
        "80 0f0002 00 0101 02",            // its own
        "c0 0f0002 00 0101 02",            // 64 before
        "81 000002 00 0101 02",            // of the same time
        "81 0f0000 00 02",                 // empty
        "81 0f0001 82 1e0001 00 01 02 03", // newest first
        "82 0f0001 81 0f0001 00 01 02 03", // two of one time
        "83 2d0001 82 1e0001 81 0f0001 00 01 02 03 04",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t p[64];
        struct copies all;
        if (copies_read(&all, p, unit_hex(p, sizeof p, bad[i])))
            fail_msg("row %zu was taken", i);
    }
}

static void heard_once(void **state)
{
    (void)state;
    struct copies_seen s = {0};
    assert_true(copies_fresh(&s, 0xfffffffeu, false));
    assert_false(copies_fresh(&s, 0xfffffffeu, false));
    assert_true(copies_fresh(&s, 1, false));
    assert_true(copies_fresh(&s, 0, true));
    assert_false(copies_fresh(&s, 0, false)); // its own packet, late
    assert_true(copies_fresh(&s, 0xffffffffu, false));
    assert_false(copies_fresh(&s, 0xffffffffu, true));
    assert_true(copies_fresh(&s, 500, false));
    assert_true(copies_fresh(&s, 500 - 63, true));
    assert_false(copies_fresh(&s, 500 - 63, true));
    // Nothing is known of what is older: a copy cannot be new, its own packet may.
    assert_false(copies_fresh(&s, 500 - 64, true));
    assert_true(copies_fresh(&s, 500 - 64, false));
    assert_true(copies_fresh(&s, 499, true) && copies_fresh(&s, 563, false) && !copies_fresh(&s, 500, true));
}

// What did not come by itself in time is told, however it came later; what comes a little late is not.
static void missed(void **state)
{
    (void)state;
    static const struct {
        unsigned lose_each, late; // by so many packets; 0 = it never comes
        bool copies;
        double missed;
    } rows[] = {
        {0, 0, false, 0},    {20, 0, false, 0.05}, {20, 0, true, 0.05}, {20, 2, false, 0},
        {20, 3, true, 0.05}, {5, 0, false, 0.2},   {5, 1, true, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct copies_seen s = {0};
        for (uint32_t n = 0; n < 4000; n++) {
            uint32_t number = 0xffffff00u + n, before = number - rows[i].late;
            bool lost = rows[i].lose_each && number % rows[i].lose_each == 0;
            if (!lost)
                copies_fresh(&s, number, false);
            if (rows[i].copies && n > 0)
                copies_fresh(&s, number - 1, true);
            if (rows[i].late && before % rows[i].lose_each == 0)
                copies_fresh(&s, before, false);
        }
        if (s.missed < rows[i].missed * 0.8 || s.missed > rows[i].missed * 1.2)
            fail_msg("row %zu: %.3f", i, s.missed);
    }
    // Nothing is known of what was before the first, or in a long hole.
    struct copies_seen s = {0};
    copies_fresh(&s, 7, false);
    copies_fresh(&s, 8 + COPIES_SEEN, false);
    for (uint32_t n = 0; n < 10; n++)
        copies_fresh(&s, 9 + COPIES_SEEN + n, false);
    assert_true(s.missed <= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes),     cmocka_unit_test(which),      cmocka_unit_test(nothing_from_before),
        cmocka_unit_test(malformed), cmocka_unit_test(heard_once), cmocka_unit_test(missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
