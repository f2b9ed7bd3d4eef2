// Parity: everything that can be mended is, byte for byte, whatever is lost and in whatever order it comes; nothing
// else is said to have been.
#include "tests/unit/unit.h"

#include "shared/bytes.h"
#include "shared/fec.h"
#include "shared/replay.h"

#include <isa-l/erasure_code.h>

enum { HELD = 512 };

static struct {
    uint8_t data[HELD][WIRE_MEDIA_MAX];
    size_t size[HELD];
    bool here[HELD];
} sent, got;

static struct fec_maker maker;
static struct fec_mender mender;
static struct fec_mended out;
static const struct wire_header like = {.type = WIRE_FEC, .sender = 7, .room = 0x1234, .slot = 0x10};
static uint64_t seed;

static uint32_t any(void)
{
    return (uint32_t)unit_random(&seed);
}

static const uint8_t *find_sent(void *ctx, uint64_t number, size_t *n)
{
    (void)ctx;
    *n = sent.size[number % HELD];
    return sent.data[number % HELD];
}

static const uint8_t *find_got(void *ctx, uint64_t number, size_t *n)
{
    (void)ctx;
    *n = got.size[number % HELD];
    return got.here[number % HELD] ? got.data[number % HELD] : NULL;
}

static int start(void **state)
{
    (void)state;
    seed = 1;
    memset(&mender, 0, sizeof mender);
    memset(&got, 0, sizeof got);
    for (unsigned i = 0; i < HELD; i++) {
        sent.size[i] = 45 + any() % (WIRE_MEDIA_MAX - 44);
        for (size_t b = 0; b < sent.size[i]; b++)
            sent.data[i][b] = (uint8_t)(any() >> 24);
        wire_write(&(struct wire_header){.type = WIRE_MEDIA,
                                         .mark = (uint8_t)any(),
                                         .sender = like.sender,
                                         .room = like.room,
                                         .slot = (uint8_t)(any() >> 9)},
                   sent.data[i]);
    }
    return 0;
}

static void arrive(uint64_t number)
{
    unsigned i = (unsigned)(number % HELD);
    memcpy(got.data[i], sent.data[i], sent.size[i]);
    got.size[i] = sent.size[i];
    got.here[i] = true;
}

static size_t row(unsigned index, uint8_t p[WIRE_DATAGRAM_MAX])
{
    struct wire_header h;
    size_t n = fec_write(&maker, index, &like, p);
    assert_true(wire_read(&h, p, n) && h.type == WIRE_FEC && h.sender == like.sender && h.slot == like.slot);
    return n;
}

static void push(unsigned index)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct fec_head head;
    size_t n = row(index, p);
    assert_true(fec_read(&head, p, n, maker.first + 50));
    assert_true(head.first == maker.first && head.k == maker.k && head.m == maker.m && head.index == index);
    fec_push(&mender, &head, p, n, find_got, NULL);
}

// What was mended is what was sent, but for the hop's own fields; it is then here.
static unsigned mend(void)
{
    unsigned count = fec_mend(&mender, &like, find_got, NULL, &out);
    for (unsigned i = 0; i < count; i++) {
        unsigned at = (unsigned)(out.item[i].number % HELD);
        assert_false(got.here[at]);
        assert_int_equal(out.item[i].size, sent.size[at]);
        assert_memory_equal(out.item[i].data, sent.data[at], 8);
        assert_memory_equal(out.item[i].data + 19, sent.data[at] + 19, sent.size[at] - 19);
        arrive(out.item[i].number);
    }
    return count;
}

static void lose(uint64_t first, unsigned k, unsigned m, uint64_t lost)
{
    unsigned missing = (unsigned)__builtin_popcountll(lost & ((1ull << k) - 1));
    unsigned rows = m - (unsigned)__builtin_popcountll(lost >> k);
    memset(got.here, 0, sizeof got.here);
    memset(&mender, 0, sizeof mender);
    for (unsigned i = 0; i < k; i++)
        if (!(lost >> i & 1))
            arrive(first + i);
    for (unsigned r = 0; r < m; r++)
        if (!(lost >> (k + r) & 1))
            push(r);
    assert_int_equal(mend(), missing <= rows ? missing : 0);
    assert_int_equal(mender.waiting, missing > rows && rows > 0);
}

static void every_pattern_of_small_groups(void **state)
{
    (void)state;
    for (unsigned k = 1; k <= 7; k++)
        for (unsigned m = 1; m <= 4; m++) {
            assert_true(fec_make(&maker, 100 * k, k, m, find_sent, NULL));
            for (uint64_t lost = 0; lost < 1ull << (k + m); lost++)
                lose(100 * k, k, m, lost);
        }
}

static void random_patterns_of_large_groups(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 400; t++) {
        unsigned k = 8 + any() % 29, m = 1 + (any() >> 8) % FEC_ROWS;
        uint64_t lost = 0, first = 1 + any() % 100000;
        for (unsigned i = (any() >> 8) % (m + 2); i; i--)
            lost |= 1ull << (any() >> 8) % (k + m);
        assert_true(fec_make(&maker, first, k, m, find_sent, NULL));
        lose(first, k, m, lost);
    }
}

static void rows_are_those_of_the_library(void **state)
{
    (void)state;
    uint8_t a[(FEC_GROUP + FEC_ROWS) * FEC_GROUP];
    for (unsigned k = 1; k <= FEC_GROUP; k++) {
        uint8_t expected = 0;
        gf_gen_cauchy1_matrix(a, (int)(k + FEC_ROWS), (int)k);
        assert_true(fec_make(&maker, 1, k, FEC_ROWS, find_sent, NULL));
        for (unsigned j = 0; j < k; j++) // byte 9 of a shard is byte 25 of the datagram
            expected ^= gf_mul(a[(k + 5) * k + j], sent.data[1 + j][25]);
        assert_int_equal(maker.row[5][9], expected);
    }
}

static void fewer_rows_are_the_same_rows(void **state)
{
    (void)state;
    static struct fec_maker all;
    assert_true(fec_make(&all, 10, 12, FEC_ROWS, find_sent, NULL));
    assert_true(fec_make(&maker, 10, 12, 3, find_sent, NULL));
    for (unsigned i = 0; i < 3; i++)
        assert_memory_equal(all.row[i], maker.row[i], all.size);
}

static void a_repeat_makes_up_for_a_row(void **state)
{
    (void)state;
    assert_true(fec_make(&maker, 10, 5, 2, find_sent, NULL));
    arrive(10);
    arrive(14);
    push(0);
    push(0);
    push(1);
    assert_int_equal(mend(), 0);
    arrive(12);
    assert_int_equal(mend(), 2);
    assert_int_equal(mender.waiting, 0);
    push(1); // nothing is missing any more
    assert_int_equal(mender.waiting, 0);
}

static void too_many_groups_push_out_the_oldest(void **state)
{
    (void)state;
    for (unsigned g = 0; g <= FEC_WAITING; g++) {
        assert_true(fec_make(&maker, 10 + 10 * g, 10, 2, find_sent, NULL));
        push(1);
    }
    assert_int_equal(mender.waiting, FEC_WAITING);
    for (unsigned i = 0; i < 9; i++) {
        arrive(10 + i);
        arrive(20 + i);
    }
    assert_int_equal(mend(), 1); // of the second
    assert_int_equal(out.item[0].number, 29);
    assert_int_equal(mend(), 0);
}

static void contradictions_are_dropped(void **state)
{
    (void)state;
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct fec_head head;
    assert_true(fec_make(&maker, 10, 5, 3, find_sent, NULL));
    push(0);
    size_t n = row(1, p);
    assert_true(fec_read(&head, p, n, 10));
    head.k = 4;
    fec_push(&mender, &head, p, n, find_got, NULL);
    head.k = 5;
    fec_push(&mender, &head, p, n - 1, find_got, NULL);
    for (unsigned i = 0; i < 3; i++)
        arrive(10 + i);
    assert_int_equal(mend(), 0);
    push(1);
    assert_int_equal(mend(), 2);
}

// Whoever sends parity may lie; then a length cannot be, or what pads a shard is not zero, and nothing comes of it.
static void lies_mend_nothing(void **state)
{
    (void)state;
    unsigned mended = 0;
    for (unsigned t = 0; t < 300; t++) {
        uint8_t p[WIRE_DATAGRAM_MAX];
        struct fec_head head;
        memset(got.here, 0, sizeof got.here);
        assert_true(fec_make(&maker, 10, 3, 1, find_sent, NULL));
        arrive(10);
        arrive(12);
        size_t n = row(0, p);
        assert_true(fec_read(&head, p, n, 10));
        p[FEC_HEAD] ^= (uint8_t)(1 + any() % 255); // the length's high byte
        fec_push(&mender, &head, p, n, find_got, NULL);
        mended += fec_mend(&mender, &like, find_got, NULL, &out);
        assert_int_equal(mender.waiting, 0);
    }
    assert_true(mended < 30); // those whose length happens to fit; the seal decides
    sent.size[10] = 1000;
    sent.size[11] = 100;
    memset(got.here, 0, sizeof got.here);
    assert_true(fec_make(&maker, 10, 2, 1, find_sent, NULL));
    maker.row[0][maker.size - 1] ^= 1;
    arrive(10);
    push(0);
    assert_int_equal(fec_mend(&mender, &like, find_got, NULL, &out), 0);
    assert_int_equal(mender.waiting, 0);
}

static void heads_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        uint8_t value;
    } bad[] = {{24, 0}, {24, 37}, {24, 255}, {25, 9}, {25, 2}, {26, 3}, {26, 8}};
    struct fec_head head;
    uint8_t p[WIRE_DATAGRAM_MAX];
    assert_true(fec_make(&maker, 10, 5, 3, find_sent, NULL));
    size_t n = row(2, p);
    assert_true(fec_read(&head, p, n, 1));
    assert_false(fec_read(&head, p, FEC_HEAD + 28, 1));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        row(2, p);
        p[bad[i].at] = bad[i].value;
        assert_false(fec_read(&head, p, n, 1));
    }
    row(2, p);
    assert_true(fec_read(&head, p, n, 0x500000000u) && head.first == 0x50000000au);
    // Numbers that no window would take do not wait, or they would for ever.
    assert_true(fec_make(&maker, 5000, 5, 3, find_sent, NULL));
    n = row(2, p);
    assert_true(fec_read(&head, p, n, 5000 - REPLAY_WINDOW));
    assert_false(fec_read(&head, p, n, 4999 - REPLAY_WINDOW));
}

static void frames_are_cut_in_equal_parts(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= FEC_FRAME; count++) {
        unsigned sum = 0, parts = fec_parts(count);
        for (unsigned i = 0; i < parts; i++) {
            unsigned part = fec_part(count, i);
            assert_true(part >= count / parts && part <= count / parts + 1 && part <= FEC_GROUP);
            sum += part;
        }
        assert_int_equal(sum, count);
        assert_int_equal(parts, (count + 35) / 36);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_pattern_of_small_groups, start),
        cmocka_unit_test_setup(random_patterns_of_large_groups, start),
        cmocka_unit_test_setup(rows_are_those_of_the_library, start),
        cmocka_unit_test_setup(fewer_rows_are_the_same_rows, start),
        cmocka_unit_test_setup(a_repeat_makes_up_for_a_row, start),
        cmocka_unit_test_setup(too_many_groups_push_out_the_oldest, start),
        cmocka_unit_test_setup(contradictions_are_dropped, start),
        cmocka_unit_test_setup(lies_mend_nothing, start),
        cmocka_unit_test_setup(heads_that_cannot_be, start),
        cmocka_unit_test(frames_are_cut_in_equal_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
