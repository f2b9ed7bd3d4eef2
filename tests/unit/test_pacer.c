#include "client/net/pacer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct pacer *pacer;
static const uint8_t bytes[WIRE_DATAGRAM_MAX];

static int setup(void **state)
{
    (void)state;
    pacer = calloc(1, sizeof *pacer);
    pacer_init(pacer, 1e6, 1000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(pacer);
    return 0;
}

static void push(enum pacer_class of, size_t size)
{
    assert_true(pacer_push(pacer, of, bytes, size));
}

// Sends what may go until `to_us`, a look each ms; how many.
static unsigned run(uint64_t from_us, uint64_t to_us, double window)
{
    unsigned count = 0;
    bool blocked;
    for (uint64_t t = from_us; t < to_us; t += 1000) {
        struct pacer_item *x;
        while ((x = pacer_pop(pacer, window, t, &blocked))) {
            pacer_charge(pacer, x->size + 28u, t);
            count++;
        }
    }
    return count;
}

// 1 Mbit/s is 100 of 1250 bytes, headers included, in a second.
static void rate(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++)
        push(PACER_CAMERA, 1172);
    assert_in_range(run(1000, 1001000, 1e9), 95, 106);
    pacer_set_rate(pacer, 2e6, 1001000);
    assert_in_range(run(1001000, 1501000, 1e9), 95, 106);
    assert_in_range(pacer_backlog_us(pacer, PACER_CAMERA, 1501000), 430000, 560000);
}

static void order(void **state)
{
    (void)state;
    static const enum pacer_class in[] = {PACER_CAMERA, PACER_SCREEN, PACER_PARITY, PACER_AUDIO, PACER_CAMERA};
    static const enum pacer_class out[] = {PACER_AUDIO, PACER_PARITY, PACER_SCREEN, PACER_CAMERA, PACER_CAMERA};
    bool blocked;
    for (unsigned i = 0; i < ARRAY_LEN(in); i++)
        push(in[i], 100 + i);
    for (unsigned i = 0; i < ARRAY_LEN(out); i++) {
        struct pacer_item *x = pacer_pop(pacer, 1e9, 1000, &blocked);
        assert_non_null(x);
        assert_int_equal(x->of, out[i]);
    }
    assert_null(pacer_pop(pacer, 1e9, 1000, &blocked));
    assert_true(pacer_next_us(pacer, 1000) == UINT64_MAX);
}

// Sound waits neither for the rate nor for the window.
static void sound(void **state)
{
    (void)state;
    bool blocked;
    push(PACER_CAMERA, 1000);
    push(PACER_AUDIO, 100);
    pacer_charge(pacer, 100000, 1000);
    struct pacer_item *x = pacer_pop(pacer, 0, 1000, &blocked);
    assert_non_null(x);
    assert_int_equal(x->of, PACER_AUDIO);
    assert_null(pacer_pop(pacer, 1e9, 1000, &blocked));
    assert_false(blocked); // the rate, not the window
    // However much went past it, pictures wait no longer for it than this.
    assert_in_range(pacer_next_us(pacer, 1000), 1000 + PACER_DEBT_US - 1000, 1000 + PACER_DEBT_US);
    assert_null(pacer_pop(pacer, 1027, 900000, &blocked));
    assert_true(blocked);
    assert_non_null(pacer_pop(pacer, 1028, 900000, &blocked));
}

// When it is full, what comes is refused, and what waits stays as it is.
static void full(void **state)
{
    (void)state;
    bool blocked;
    uint8_t p[4] = {0};
    for (unsigned i = 0; i < PACER_RING - PACER_FOR_SOUND; i++) {
        p[0] = (uint8_t)i;
        assert_true(pacer_push(pacer, PACER_CAMERA, p, sizeof p));
    }
    assert_false(pacer_push(pacer, PACER_CAMERA, p, sizeof p));
    for (unsigned i = 0; i < PACER_FOR_SOUND; i++) // which waits for no picture
        assert_true(pacer_push(pacer, PACER_AUDIO, p, sizeof p));
    assert_false(pacer_push(pacer, PACER_AUDIO, p, sizeof p));
    for (unsigned i = 0; i < PACER_FOR_SOUND; i++)
        assert_int_equal(pacer_pop(pacer, 1e9, 1000, &blocked)->of, PACER_AUDIO);
    for (unsigned i = 0; i < PACER_RING - PACER_FOR_SOUND; i++) {
        struct pacer_item *x = pacer_pop(pacer, 1e9, 1000, &blocked);
        assert_int_equal(x->bytes[0], (uint8_t)i);
        if (i == 0)
            push(PACER_AUDIO, 100); // its place is free again
        if (i == 0)
            assert_int_equal(pacer_pop(pacer, 1e9, 1000, &blocked)->of, PACER_AUDIO);
    }
    assert_int_equal(pacer->waiting_bytes, 0);
    assert_false(pacer_push(pacer, PACER_CAMERA, bytes, WIRE_DATAGRAM_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(rate, setup, teardown),
                                       cmocka_unit_test_setup_teardown(order, setup, teardown),
                                       cmocka_unit_test_setup_teardown(sound, setup, teardown),
                                       cmocka_unit_test_setup_teardown(full, setup, teardown)};
    return cmocka_run_group_tests_name("pacer", tests, NULL, NULL);
}
