#include "tests/unit/unit.h"

#include "shared/feedback.h"

static struct feedback_arrivals arrivals = {
    .space = 1, .base = 0x01020304, .count = 3, .time = 0xabcdef, .item = {0x8001, 0x1fff, 0xbffe}};
static struct feedback_nack nack = {
    .sender = 258, .slot = 0x18, .count = 2, .item = {{0x01020304, 0x80000001}, {0xffffffff, 0}}};
static struct feedback_layers layers = {
    .count = 2,
    .item = {{.sender = 7, .camera = 0xa1, .screen = 0, .camera_kbps = 500, .screen_kbps = 0},
             {.sender = 258, .camera = 0x02, .screen = 0x90, .camera_kbps = 0, .screen_kbps = 65535}},
    .file_count = 1,
    .file = {{.sender = 9, .slot = 0x3f}}};
static struct feedback_refresh refresh = {.sender = 3, .slot = 0x18, .has_ts = true, .last_good_ts = 0xfffffffe};
static struct feedback_watched watched = {.count = 1, .item = {{.slot = 0x18, .watchers = 4, .kbps = 1200}}};
static struct feedback_heads heads = {.count = 1,
                                      .item = {{.sender = 2, .slot = 0xff, .first = 1, .newest = 0x0000ffffffffffff}}};
static struct feedback_path path = {.loss = 0x1999, .burst = 12, .rtt_ms = 180};

static const char *const EXPECTED[] = {
    [FEEDBACK_ARRIVALS] = "01 0010 01 01020304 0003 abcdef 8001 1fff bffe",
    [FEEDBACK_NACK] = "02 0014 0102 18 02 01020304 80000001 ffffffff 00000000",
    [FEEDBACK_LAYERS] = "03 0015 02 0007 a1 00 01f4 0000 0102 02 90 0000 ffff 01 0009 3f",
    [FEEDBACK_REFRESH] = "04 0008 0003 18 01 fffffffe",
    [FEEDBACK_WATCHED] = "05 0005 01 18 04 04b0",
    [FEEDBACK_HEADS] = "06 0010 01 0002 ff 000000000001 ffffffffffff",
    [FEEDBACK_PATH] = "07 0006 1999 0c 00 00b4",
};

static void put(struct bytes_writer *w, int type)
{
    if (type == FEEDBACK_ARRIVALS)
        feedback_put_arrivals(w, &arrivals);
    else if (type == FEEDBACK_NACK)
        feedback_put_nack(w, &nack);
    else if (type == FEEDBACK_LAYERS)
        feedback_put_layers(w, &layers);
    else if (type == FEEDBACK_REFRESH)
        feedback_put_refresh(w, &refresh);
    else if (type == FEEDBACK_WATCHED)
        feedback_put_watched(w, &watched);
    else if (type == FEEDBACK_HEADS)
        feedback_put_heads(w, &heads);
    else
        feedback_put_path(w, &path);
}

static union {
    struct feedback_arrivals arrivals;
    struct feedback_nack nack;
    struct feedback_layers layers;
    struct feedback_refresh refresh;
    struct feedback_watched watched;
    struct feedback_heads heads;
    struct feedback_path path;
} got;

static bool get(int type, struct bytes_reader body)
{
    memset(&got, 0, sizeof got);
    return type == FEEDBACK_ARRIVALS  ? feedback_read_arrivals(&got.arrivals, body)
           : type == FEEDBACK_NACK    ? feedback_read_nack(&got.nack, body)
           : type == FEEDBACK_LAYERS  ? feedback_read_layers(&got.layers, body)
           : type == FEEDBACK_REFRESH ? feedback_read_refresh(&got.refresh, body)
           : type == FEEDBACK_WATCHED ? feedback_read_watched(&got.watched, body)
           : type == FEEDBACK_HEADS   ? feedback_read_heads(&got.heads, body)
                                      : feedback_read_path(&got.path, body);
}

static void put_got(struct bytes_writer *w, int type)
{
    if (type == FEEDBACK_ARRIVALS)
        feedback_put_arrivals(w, &got.arrivals);
    else if (type == FEEDBACK_NACK)
        feedback_put_nack(w, &got.nack);
    else if (type == FEEDBACK_LAYERS)
        feedback_put_layers(w, &got.layers);
    else if (type == FEEDBACK_REFRESH)
        feedback_put_refresh(w, &got.refresh);
    else if (type == FEEDBACK_WATCHED)
        feedback_put_watched(w, &got.watched);
    else if (type == FEEDBACK_HEADS)
        feedback_put_heads(w, &got.heads);
    else
        feedback_put_path(w, &got.path);
}

static void bytes_as_written_down(void **state)
{
    (void)state;
    for (int type = 1; type < (int)ARRAY_LEN(EXPECTED); type++) {
        uint8_t p[WIRE_DATAGRAM_MAX], expected[64], again[64];
        if (!EXPECTED[type])
            continue;
        struct bytes_writer w = feedback_begin(p, 5, 6), w2 = bytes_writer(again, sizeof again);
        put(&w, type);
        size_t n = unit_hex(expected, sizeof expected, EXPECTED[type]);
        assert_int_equal(feedback_end(&w, p), WIRE_HEADER + n + WIRE_TRAILER);
        assert_memory_equal(p + WIRE_HEADER, expected, n);
        struct bytes_reader r = feedback_body(p, WIRE_HEADER + n + WIRE_TRAILER), body;
        assert_int_equal(feedback_next(&r, &body), type);
        assert_true(get(type, body));
        put_got(&w2, type);
        assert_memory_equal(again, expected, n);
        assert_int_equal(feedback_next(&r, &body), 0);
    }
}

// A body one byte shorter or longer than its counts say is refused, at every length.
static void every_body_length(void **state)
{
    (void)state;
    for (int type = 1; type < (int)ARRAY_LEN(EXPECTED); type++) {
        uint8_t raw[80] = {0};
        if (!EXPECTED[type])
            continue;
        size_t n = unit_hex(raw, 64, EXPECTED[type]) - 3;
        for (size_t k = 0; k <= n + 4; k++) {
            uint8_t *exact = malloc(k ? k : 1);
            memcpy(exact, raw + 3, k);
            assert_int_equal(get(type, bytes_reader(exact, k)), k == n);
            free(exact);
        }
    }
}

static void several_blocks_and_strangers_between(void **state)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    int types[8], count = 0, type;
    struct bytes_writer w = feedback_begin(p, 5, 6);
    (void)state;
    put(&w, FEEDBACK_REFRESH);
    bytes_put_uint(&w, 0xc80002abcd, 5); // type 200, two bytes: of a later version
    put(&w, FEEDBACK_WATCHED);
    bytes_put_uint(&w, 0xc90000, 3); // and an empty one
    struct bytes_reader r = feedback_body(p, feedback_end(&w, p)), body;
    while ((type = feedback_next(&r, &body)) > 0)
        types[count++] = type;
    assert_int_equal(type, 0);
    assert_int_equal(count, 4);
    assert_int_equal(types[0], FEEDBACK_REFRESH);
    assert_int_equal(types[2], FEEDBACK_WATCHED);
}

static void lengths_past_the_end(void **state)
{
    static const char *const table[] = {"01", "01 00", "01 0001", "04 0009 0003 18 01 fffffffe", "c8 ffff", "00 0000"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        uint8_t raw[32];
        struct bytes_reader r = bytes_reader(raw, unit_hex(raw, sizeof raw, table[i])), body;
        assert_int_equal(feedback_next(&r, &body), -1);
    }
}

static void counts_over_the_limit(void **state)
{
    uint8_t raw[2048] = {0};
    (void)state;
    raw[6] = FEEDBACK_ARRIVALS_MAX + 1;
    assert_false(get(FEEDBACK_ARRIVALS, bytes_reader(raw, 10 + 2 * (FEEDBACK_ARRIVALS_MAX + 1))));
    raw[6] = FEEDBACK_ARRIVALS_MAX;
    assert_true(get(FEEDBACK_ARRIVALS, bytes_reader(raw, 10 + 2 * FEEDBACK_ARRIVALS_MAX)));
    raw[0] = 2; // a space that does not exist
    assert_false(get(FEEDBACK_ARRIVALS, bytes_reader(raw, 10 + 2 * FEEDBACK_ARRIVALS_MAX)));
    memset(raw, 0, sizeof raw);
    raw[3] = FEEDBACK_NACK_MAX + 1;
    assert_false(get(FEEDBACK_NACK, bytes_reader(raw, 4 + 8 * (FEEDBACK_NACK_MAX + 1))));
    raw[3] = FEEDBACK_NACK_MAX;
    assert_true(get(FEEDBACK_NACK, bytes_reader(raw, 4 + 8 * FEEDBACK_NACK_MAX)));
    memset(raw, 0, sizeof raw);
    for (unsigned k = FEEDBACK_LIST_MAX; k <= 255; k++) {
        raw[0] = (uint8_t)k;
        assert_int_equal(get(FEEDBACK_LAYERS, bytes_reader(raw, 2 + 8 * k)), k == FEEDBACK_LIST_MAX);
        assert_int_equal(get(FEEDBACK_WATCHED, bytes_reader(raw, 1 + 4 * k)), k == FEEDBACK_LIST_MAX);
        if (1 + 15 * k <= sizeof raw)
            assert_int_equal(get(FEEDBACK_HEADS, bytes_reader(raw, 1 + 15 * k)), k == FEEDBACK_LIST_MAX);
    }
    memset(raw, 0, sizeof raw);
    raw[1] = FEEDBACK_LIST_MAX + 1; // files
    assert_false(get(FEEDBACK_LAYERS, bytes_reader(raw, 2 + 3 * (FEEDBACK_LIST_MAX + 1))));
}

// The largest lists fit; what does not fit gives no datagram at all.
static void full_datagrams(void **state)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct feedback_layers all = {.count = FEEDBACK_LIST_MAX, .file_count = FEEDBACK_LIST_MAX};
    struct feedback_heads most = {.count = FEEDBACK_LIST_MAX};
    struct bytes_writer w = feedback_begin(p, 5, 6);
    (void)state;
    feedback_put_layers(&w, &all);
    assert_int_equal(feedback_end(&w, p), 20 + 3 + 2 + 400 + 150 + 16);
    feedback_put_heads(&w, &most);
    assert_int_equal(feedback_end(&w, p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_as_written_down),
        cmocka_unit_test(every_body_length),
        cmocka_unit_test(several_blocks_and_strangers_between),
        cmocka_unit_test(lengths_past_the_end),
        cmocka_unit_test(counts_over_the_limit),
        cmocka_unit_test(full_datagrams),
    };
    return cmocka_run_group_tests_name("feedback", tests, NULL, NULL);
}
