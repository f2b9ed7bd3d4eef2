// Datagrams gathered and sent in runs: which make one message, and what comes out at the other end.
#include "client/net/udp_out.h"
#include "tests/unit/unit.h"

#include <poll.h>
#include <unistd.h>

static void equal_ones_make_a_run(void **state)
{
    static const struct {
        uint16_t size[6];
        unsigned count, run;
    } table[] = {
        {{1188}, 1, 1},
        {{1188, 1188, 1188}, 3, 3},
        {{1188, 1188, 700, 700}, 4, 3}, // a shorter one ends it
        {{700, 1188}, 2, 1},            // a longer one cannot follow
        {{1188, 700, 1188}, 3, 2},
        {{100, 100, 0, 100}, 4, 2},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_int_equal(udp_out_run(table[i].size, table[i].count), table[i].run);
    uint16_t many[200];
    for (unsigned i = 0; i < 200; i++)
        many[i] = 1188;
    assert_int_equal(udp_out_run(many, 200), WIRE_TRAIN_BYTES / 1188);
    for (unsigned i = 0; i < 200; i++)
        many[i] = 100;
    assert_int_equal(udp_out_run(many, 200), WIRE_TRAIN_SEGMENTS);
}

static size_t read_one(int fd, uint8_t *p, size_t size)
{
    struct pollfd x = {.fd = fd, .events = POLLIN};
    ssize_t n = poll(&x, 1, 1000) == 1 ? recv(fd, p, size, MSG_DONTWAIT) : 0;
    return n > 0 ? (size_t)n : 0;
}

// The same datagrams in the same order, whether the kernel cuts trains or not.
static void all_arrive(bool plain)
{
    static struct udp_out o;
    static const uint16_t sizes[] = {1188, 1188, 1188, 400, 200, 200, 200, 1000, 1188, 1188};
    struct addr to;
    uint8_t p[WIRE_DATAGRAM_MAX], back[2000];
    int in = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(addr_literal(&to, "127.0.0.1", 0) && bind(in, &to.sa, to.length) == 0);
    assert_int_equal(getsockname(in, &to.sa, &to.length), 0);
    udp_out_fresh(&o);
    o.plain = plain;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
            memset(p, (int)(i + round), sizes[i]);
            assert_true(udp_out_add(&o, p, sizes[i]));
        }
        udp_out_flush(&o, out, &to);
        assert_int_equal(o.count, 0);
        for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
            assert_int_equal(read_one(in, back, sizeof back), sizes[i]);
            assert_int_equal(back[sizes[i] - 1], i + round);
        }
    }
    assert_int_equal(o.refused, 0);
    close(in);
    close(out);
}

static void all_arrive_in_trains(void **state)
{
    (void)state;
    all_arrive(false);
}

static void all_arrive_one_by_one(void **state)
{
    (void)state;
    all_arrive(true);
}

static void a_full_one_is_told(void **state)
{
    static struct udp_out o;
    uint8_t p[WIRE_DATAGRAM_MAX + 1] = {0};
    struct addr nobody = {.length = 0};
    (void)state;
    assert_false(udp_out_add(&o, p, sizeof p));
    for (unsigned i = 0; i < UDP_OUT_MAX; i++)
        assert_true(udp_out_add(&o, p, WIRE_DATAGRAM_MAX));
    assert_false(udp_out_add(&o, p, 1));
    udp_out_flush(&o, -1, &nobody); // no socket: forgotten
    assert_true(udp_out_add(&o, p, 1));
}

// Nobody there, no way there: counted, and the rest still goes.
static void what_is_refused_is_counted(void **state)
{
    static struct udp_out o;
    struct addr to;
    uint8_t p[100] = {0};
    (void)state;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(addr_literal(&to, "255.255.255.255", 9)); // broadcast without leave
    for (unsigned i = 0; i < 5; i++)
        assert_true(udp_out_add(&o, p, i < 3 ? 100 : 50));
    udp_out_flush(&o, fd, &to);
    assert_int_equal(o.count, 0);
    assert_int_equal(o.refused, 5);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_ones_make_a_run),      cmocka_unit_test(all_arrive_in_trains),
        cmocka_unit_test(all_arrive_one_by_one),      cmocka_unit_test(a_full_one_is_told),
        cmocka_unit_test(what_is_refused_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
