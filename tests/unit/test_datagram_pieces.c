// Datagrams out of a stream, however it was read.
#include "unit.h"

#include "shared/datagram_pieces.h"

#include <string.h>

static uint8_t datagram[WIRE_DATAGRAM_MAX + 1];

static enum datagram_piece take(struct datagram_pieces *d, size_t from, size_t to, size_t end, bool first, bool final,
                                const void **p, size_t *n)
{
    *p = datagram + from;
    *n = to - from;
    return datagram_pieces_take(d, p, n, end - to, first, final);
}

static void whole_and_in_pieces(void **state)
{
    struct datagram_pieces d = {0};
    const void *p;
    size_t n;
    (void)state;
    for (size_t i = 0; i < sizeof datagram; i++)
        datagram[i] = (uint8_t)(i * 7);
    for (size_t size = WIRE_DATAGRAM_MIN; size <= WIRE_DATAGRAM_MAX; size += 59) {
        assert_int_equal(take(&d, 0, size, size, true, true, &p, &n), DATAGRAM_PIECE_WHOLE);
        assert_ptr_equal(p, datagram); // not copied
        assert_int_equal(n, size);
        for (size_t cut = 1; cut < size; cut += 13) {
            assert_int_equal(take(&d, 0, cut, size, true, true, &p, &n), DATAGRAM_PIECE_MORE);
            assert_int_equal(d.size, cut);
            assert_int_equal(take(&d, cut, size, size, false, true, &p, &n), DATAGRAM_PIECE_WHOLE);
            assert_int_equal(n, size);
            assert_memory_equal(p, datagram, size);
            assert_int_equal(d.size, 0);
        }
    }
}

static void what_is_none(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        bool first, final;
    } rows[] = {{WIRE_DATAGRAM_MIN - 1, true, true},
                {WIRE_DATAGRAM_MAX + 1, true, true},
                {100, true, false},
                {100, false, true}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct datagram_pieces d = {0};
        const void *p;
        size_t n;
        assert_int_equal(take(&d, 0, rows[i].size, rows[i].size, rows[i].first, rows[i].final, &p, &n),
                         DATAGRAM_PIECE_BAD);
    }
    // Refused by the size it announces, before it is here.
    struct datagram_pieces d = {0};
    const void *p;
    size_t n;
    assert_int_equal(take(&d, 0, 10, WIRE_DATAGRAM_MAX + 1, true, true, &p, &n), DATAGRAM_PIECE_BAD);
    // Its second piece is too short for what it would have to be.
    assert_int_equal(take(&d, 0, 2, WIRE_DATAGRAM_MIN - 1, true, true, &p, &n), DATAGRAM_PIECE_MORE);
    assert_int_equal(take(&d, 2, WIRE_DATAGRAM_MIN - 1, WIRE_DATAGRAM_MIN - 1, false, true, &p, &n),
                     DATAGRAM_PIECE_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole_and_in_pieces), cmocka_unit_test(what_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
