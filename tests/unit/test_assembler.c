// Payloads put together: order, holes, bounds, and input that is wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/recv/assembler.h"
#include "shared/wire.h"

#include <stdlib.h>
#include <string.h>

enum { S = WIRE_MARK_START, E = WIRE_MARK_END, I = WIRE_MARK_INDEPENDENT, MS = 1000 };

static const uint8_t idr[] = {0x65, 1, 2, 3}, slice[] = {0x41, 9, 8, 7};

struct fixture {
    struct assembler *a;
    uint64_t now;
    uint32_t number;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->a = assembler_create();
    f->now = 1000000;
    f->number = 1u << 24;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    assembler_destroy(f->a);
    free(f);
    return 0;
}

static void push(struct fixture *f, uint32_t number, uint32_t ts, uint8_t mark, const void *p, size_t n)
{
    assembler_push(f->a, number, ts, mark, p, n, f->now);
}

// What comes out: its timestamp, or -1.
static int64_t pop(struct fixture *f)
{
    struct recv_frame out;
    if (!assembler_pop(f->a, f->now, &out))
        return -1;
    for (size_t i = 0; i < ASSEMBLER_PADDING; i++)
        assert_int_equal(out.data[out.size + i], 0);
    free(out.data);
    return out.ts;
}

static void begin(struct fixture *f) // a keyframe, handed out
{
    push(f, f->number++, 100, S | E | I, idr, sizeof idr);
    assert_int_equal(pop(f), 100);
}

static void waits_for_a_keyframe(void **state)
{
    struct fixture *f = *state;
    assert_false(assembler_needs_refresh(f->a));
    push(f, 50, 1, S | E, slice, sizeof slice);
    assert_int_equal(pop(f), -1);
    assert_true(assembler_needs_refresh(f->a));
    push(f, 51, 2, S | I, idr, sizeof idr);
    assert_int_equal(pop(f), -1);
    push(f, 52, 2, E | I, slice, sizeof slice);
    assert_int_equal(pop(f), 2);
    assert_false(assembler_needs_refresh(f->a));
}

static void older_keyframe_may_come_after_newer_slices(void **state)
{
    struct fixture *f = *state; // what a relay does that sends the keyframe out of its history
    push(f, 60, 3, S | E, slice, sizeof slice);
    assert_int_equal(pop(f), -1);
    push(f, 59, 2, S | E | I, idr, sizeof idr);
    assert_int_equal(pop(f), 2);
    assert_int_equal(pop(f), 3);
}

static void disorder_is_put_right(void **state)
{
    struct fixture *f = *state;
    begin(f);
    uint32_t n = f->number;
    push(f, n + 2, 300, S | E, slice, sizeof slice);
    push(f, n + 1, 200, E, slice, sizeof slice);
    assert_int_equal(pop(f), -1);
    push(f, n, 200, S, slice, sizeof slice);
    push(f, n, 200, S, slice, sizeof slice);
    assert_int_equal(pop(f), 200);
    assert_int_equal(pop(f), 300);
    push(f, n, 200, S, slice, sizeof slice);
    struct assembler_figures figures;
    assembler_get_figures(f->a, &figures);
    assert_int_equal(figures.duplicates, 1);
    assert_int_equal(figures.late, 1);
    assert_int_equal(figures.lost, 0);
}

static void hole_is_given_up_in_time(void **state)
{
    struct fixture *f = *state;
    begin(f);
    uint32_t n = f->number; // n is lost
    push(f, n + 1, 300, S | E, slice, sizeof slice);
    assert_int_equal(pop(f), -1);
    assert_int_equal(assembler_deadline(f->a), f->now + 1000 * MS); // nothing says yet that it is lost
    push(f, n + 2, 400, S | E, slice, sizeof slice);
    push(f, n + 3, 500, S | E, slice, sizeof slice);
    assert_int_equal(pop(f), -1);
    assert_int_equal(assembler_deadline(f->a), f->now + 20 * MS);
    f->now += 19 * MS;
    assert_int_equal(pop(f), -1);
    assert_false(assembler_needs_refresh(f->a));
    f->now += 1 * MS;
    assert_int_equal(pop(f), -1);
    assert_true(assembler_needs_refresh(f->a));
    push(f, n + 4, 600, S | E, slice, sizeof slice);
    assert_int_equal(pop(f), -1);
    push(f, n + 5, 700, S | E | I, idr, sizeof idr);
    assert_int_equal(pop(f), 700);
    struct assembler_figures figures;
    assembler_get_figures(f->a, &figures);
    assert_int_equal(figures.lost, 1);
    assert_int_equal(figures.frames_given_up, 1);
    assert_int_equal(figures.frames_skipped, 4);
}

static void late_datagram_within_time_heals(void **state)
{
    struct fixture *f = *state;
    begin(f);
    uint32_t n = f->number;
    for (uint32_t i = 1; i < 6; i++)
        push(f, n + i, 200 + i, S | E, slice, sizeof slice);
    assert_int_equal(pop(f), -1);
    f->now += 15 * MS;
    push(f, n, 200, S | E, slice, sizeof slice);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(pop(f), 200 + i);
}

static void keyframe_ends_the_wait_for_a_hole(void **state)
{
    struct fixture *f = *state;
    begin(f);
    uint32_t n = f->number;
    push(f, n + 1, 300, S | E | I, idr, sizeof idr);
    assert_int_equal(pop(f), 300);
    assert_false(assembler_needs_refresh(f->a));
}

static void tail_never_comes(void **state)
{
    struct fixture *f = *state;
    begin(f);
    push(f, f->number, 300, S, slice, sizeof slice);
    assert_int_equal(pop(f), -1);
    assert_int_equal(assembler_deadline(f->a), UINT64_MAX); // it is still being sent, as far as anyone knows
    push(f, f->number + 2, 400, S | E, slice, sizeof slice);
    assert_int_equal(pop(f), -1);
    f->now += 1000 * MS;
    assert_int_equal(pop(f), -1);
    assert_true(assembler_needs_refresh(f->a));
}

static void window_is_bounded(void **state)
{
    struct fixture *f = *state;
    begin(f);
    uint32_t n = f->number + 1; // one hole, then more than the window holds
    for (uint32_t i = 0; i < 3000; i++) {
        push(f, n + i, 300 + i, S | E, slice, sizeof slice);
        if (i == 511)
            assert_true(assembler_needs_refresh(f->a)); // without even a pop
    }
    assert_int_equal(pop(f), -1);
    push(f, n + 3000, 9000, S | E | I, idr, sizeof idr);
    assert_int_equal(pop(f), 9000);
    push(f, n + 3005, 9050, S | E, slice, sizeof slice);          // still inside when there is
    push(f, n + 3000 + 100000, 9100, S | E, slice, sizeof slice); // a great leap
    assert_int_equal(pop(f), -1);
    assert_true(assembler_needs_refresh(f->a));
    push(f, n + 3001 + 100000, 9200, S | E | I, idr, sizeof idr);
    assert_int_equal(pop(f), 9200);
    struct assembler_figures figures;
    assembler_get_figures(f->a, &figures);
    assert_int_equal(figures.lost, 1 + 100000 - 2);
}

static void malformed_payloads_give_the_frame_up(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint8_t bytes[8];
        size_t size;
    } bad[] = {
        {{0xe5, 1}, 2},                // forbidden bit
        {{0x40, 1}, 2},                // type 0
        {{0x5e, 1}, 2},                // type 30
        {{0x78}, 1},                   // empty STAP-A
        {{0x78, 0, 9, 0x41, 1}, 5},    // its length goes past the end
        {{0x78, 0, 0, 0x41, 1}, 5},    // empty unit inside
        {{0x78, 0, 1, 0x41, 0, 0}, 6}, // the same at its very end
        {{0x78, 0, 2, 0x78, 1}, 5},    // STAP-A in a STAP-A
        {{0x7c, 0x85}, 2},             // FU-A without a body
        {{0x7c, 0x05, 1}, 3},          // middle fragment without a first
        {{0x7c, 0xc5, 1}, 3},          // first and last in one (§5.8 forbids it)
        {{0x7c, 0x85, 1}, 3},          // first fragment, frame ends
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        f->number += 10;
        push(f, f->number++, 100, S | E | I, idr, sizeof idr);
        assert_int_equal(pop(f), 100);
        push(f, f->number++, 200, S | E, bad[i].bytes, bad[i].size);
        assert_int_equal(pop(f), -1);
        assert_true(assembler_needs_refresh(f->a));
    }
    struct assembler_figures figures;
    assembler_get_figures(f->a, &figures);
    assert_int_equal(figures.malformed, ARRAY_LEN(bad));
    push(f, f->number, 300, S, idr, 0); // no payload, and too much of one
    static const uint8_t large[WIRE_DATAGRAM_MAX + 1] = {0x41};
    push(f, f->number, 300, S, large, sizeof large);
    assert_int_equal(pop(f), -1);
}

static void wrong_marks_give_the_frame_up(void **state)
{
    struct fixture *f = *state;
    begin(f);
    push(f, f->number++, 200, S, slice, sizeof slice);
    push(f, f->number++, 300, E, slice, sizeof slice); // another timestamp inside a frame
    assert_int_equal(pop(f), -1);
    assert_true(assembler_needs_refresh(f->a));
    push(f, f->number++, 400, S | E | I, slice, sizeof slice); // called a keyframe, but is none
    assert_int_equal(pop(f), -1);
    assert_true(assembler_needs_refresh(f->a));
    push(f, f->number++, 500, S | E | I, idr, sizeof idr);
    assert_int_equal(pop(f), 500);
}

static void reset_forgets(void **state)
{
    struct fixture *f = *state;
    begin(f);
    push(f, f->number, 300, S, slice, sizeof slice);
    assembler_reset(f->a);
    push(f, 5, 10, S | E | I, idr, sizeof idr); // a new key counts from the beginning again
    assert_int_equal(pop(f), 10);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(waits_for_a_keyframe),
        T(older_keyframe_may_come_after_newer_slices),
        T(disorder_is_put_right),
        T(hole_is_given_up_in_time),
        T(late_datagram_within_time_heals),
        T(keyframe_ends_the_wait_for_a_hole),
        T(tail_never_comes),
        T(window_is_bounded),
        T(malformed_payloads_give_the_frame_up),
        T(wrong_marks_give_the_frame_up),
        T(reset_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
