// The relay's socket on loopback: trains in and out, sources set apart, and what the kernel's filter lets through.
#include "relay/udp.h"
#include "relay/udp_filter.h"
#include "shared/clock.h"
#include "shared/ctrl.h"

#include <netinet/udp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { SIZE = 500, COUNT = 10 };

static struct udp *port;
static uint8_t room[UDP_TRAIN_MAX];

static int start(void **state)
{
    (void)state;
    char error[256];
    port = udp_open(&(struct udp_config){.listen = "127.0.0.1", .buffer = 1 << 20}, error, sizeof error);
    return port ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    udp_close(port);
    return 0;
}

static int client(struct addr *own)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && addr_literal(own, "127.0.0.1", 0) && bind(fd, &own->sa, own->length) == 0);
    own->length = sizeof own->in6;
    assert_int_equal(getsockname(fd, &own->sa, &own->length), 0);
    assert_int_equal(connect(fd, &udp_address(port)->sa, udp_address(port)->length), 0);
    return fd;
}

static bool wait_for(unsigned which)
{
    int fd[UDP_SOCKETS];
    unsigned n = udp_fds(port, fd);
    struct pollfd p = {.fd = which < n ? fd[which] : -1, .events = POLLIN};
    return poll(&p, 1, 2000) == 1;
}

static size_t read_some(int fd, uint8_t *p, size_t size)
{
    struct pollfd x = {.fd = fd, .events = POLLIN};
    ssize_t n = poll(&x, 1, 300) == 1 ? recv(fd, p, size, MSG_DONTWAIT) : -1;
    return n > 0 ? (size_t)n : 0;
}

static void trains_come_and_go_whole(void **state)
{
    (void)state;
    struct addr a, b;
    struct udp_train x[UDP_IN];
    int sender = client(&a), receiver = client(&b), segment = SIZE;
    uint8_t p[SIZE * COUNT - 100], back[2000];
    for (unsigned i = 0; i < sizeof p; i++)
        p[i] = (uint8_t)(i / SIZE);
    if (setsockopt(sender, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) < 0)
        skip();
    assert_int_equal(send(sender, p, sizeof p, 0), sizeof p);
    assert_true(wait_for(0));
    size_t got = 0;
    while (got < sizeof p && udp_receive(port, 0, room + got, x, 1, false)) {
        assert_true(addr_equal(&x->from, &a));
        assert_int_equal(x->segment, MIN((size_t)SIZE, x->n));
        got += x->n;
    }
    assert_memory_equal(room, p, sizeof p);
    udp_send(port, room, got, SIZE, &b, true);
    udp_send(port, room, got, SIZE, &a, true);
    udp_send(port, (const uint8_t *)"short", 5, 5, &b, false);
    udp_flush(port);
    for (unsigned i = 0; i < COUNT; i++) {
        size_t n = read_some(receiver, back, sizeof back);
        assert_int_equal(n, i + 1 < COUNT ? SIZE : SIZE - 100);
        assert_int_equal(back[0], i);
    }
    assert_int_equal(read_some(receiver, back, sizeof back), 5);
    assert_int_equal(read_some(sender, back, sizeof back), SIZE);
    close(sender);
    close(receiver);
}

// The kernel begins to stamp a moment after the first socket asks for it (a worker of its own turns that on). What
// came before that is as old as its reading.
static void wait_for_stamps(int sender)
{
    struct udp_train x[UDP_IN] = {{.n = 0}};
    for (uint64_t end = clock_now_us() + 5000000; x->age_us < 1000;) {
        assert_true(clock_now_us() < end);
        assert_int_equal(send(sender, "soon", 4, 0), 4);
        assert_true(wait_for(0));
        clock_sleep_until(clock_now_us() + 1000);
        assert_true(udp_receive(port, 0, room, x, 1, false));
    }
}

// What waits for us tells how long it did.
static void age(void **state)
{
    (void)state;
    struct addr a;
    struct udp_train x[UDP_IN];
    int sender = client(&a);
    wait_for_stamps(sender);
    assert_int_equal(send(sender, "late", 4, 0), 4);
    assert_true(wait_for(0));
    clock_sleep_until(clock_now_us() + 40000);
    assert_true(udp_receive(port, 0, room, x, 1, false) && x->n == 4);
    assert_in_range(x->age_us, 40000, 999999);
    close(sender);
}

static void a_source_set_apart_is_read_apart(void **state)
{
    (void)state;
    struct addr a, b;
    struct udp_train x[UDP_IN];
    int loud = client(&a), quiet = client(&b), fd[UDP_SOCKETS];
    assert_true(udp_steer(port, 1));
    udp_penalty(port, &a, 0);
    udp_penalty(port, &a, 0); // once is enough
    assert_int_equal(udp_fds(port, fd), 2);
    assert_int_equal(send(loud, "loud", 4, 0), 4);
    assert_int_equal(send(quiet, "quiet", 5, 0), 5);
    assert_true(wait_for(0));
    assert_true(udp_receive(port, 0, room, x, 1, false) && x->n == 5 && addr_equal(&x->from, &b));
    assert_false(udp_receive(port, 0, room, x, 1, false));
    assert_true(wait_for(1));
    assert_true(udp_receive(port, 1, room, x, 1, false) && x->n == 4 && addr_equal(&x->from, &a));
    udp_forgive(port, UDP_PENALTY_US);
    assert_int_equal(udp_fds(port, fd), 1);
    assert_int_equal(send(loud, "loud", 4, 0), 4);
    assert_true(wait_for(0));
    assert_true(udp_receive(port, 0, room, x, 1, false) && x->n == 4);
    close(loud);
    close(quiet);
}

static void no_more_are_set_apart_than_there_is_room_for(void **state)
{
    (void)state;
    struct addr a;
    int fd[UDP_SOCKETS];
    for (uint16_t i = 0; i < 3 * UDP_PENALTIES; i++) {
        assert_true(addr_literal(&a, "127.0.0.1", (uint16_t)(20000 + i)));
        udp_penalty(port, &a, i);
    }
    assert_int_equal(udp_fds(port, fd), UDP_SOCKETS);
}

// The few instructions a filter has, over a datagram behind its UDP header.
static bool lets_in(const struct sock_filter *code, unsigned n, const uint8_t *p, size_t size)
{
    uint32_t a = 0;
    for (unsigned at = 0; at < n; at++) {
        const struct sock_filter *x = &code[at];
        size_t k = x->k;
        switch (x->code) {
        case BPF_LD | BPF_B | BPF_ABS:
            if (k >= size + 8)
                return false;
            a = p[k - 8];
            break;
        case BPF_LD | BPF_W | BPF_ABS:
            if (k + 4 > size + 8)
                return false;
            a = (uint32_t)p[k - 8] << 24 | (uint32_t)p[k - 7] << 16 | (uint32_t)p[k - 6] << 8 | p[k - 5];
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += a == k ? x->jt : x->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            at += a >= k ? x->jt : x->jf;
            break;
        case BPF_JMP | BPF_JA:
            at += x->k;
            break;
        case BPF_RET | BPF_K:
            return x->k != 0;
        default:
            fail();
        }
    }
    fail();
    return false;
}

static void the_filter_lets_in_known_rooms_and_handshakes(void **state)
{
    (void)state;
    static struct sock_filter code[UDP_FILTER_SIZE];
    static uint32_t rooms[UDP_FILTER_ROOMS_MAX];
    for (unsigned i = 0; i < UDP_FILTER_ROOMS_MAX; i++)
        rooms[i] = 1000 + i * 4000000u; // past 2^31 too: the comparison has no sign
    for (unsigned count = 0; count <= UDP_FILTER_ROOMS_MAX; count = count < 20 ? count + 1 : count * 2 - 7) {
        unsigned n = udp_filter_build(code, rooms, count);
        uint8_t p[40] = {0};
        assert_in_range(n, 1, UDP_FILTER_SIZE);
        for (unsigned i = 0; i < UDP_FILTER_ROOMS_MAX; i++)
            for (uint32_t d = 0; d < 2; d++) {
                wire_write(&(struct wire_header){.type = WIRE_MEDIA, .room = rooms[i] + d}, p);
                assert_int_equal(lets_in(code, n, p, sizeof p), d == 0 && i < count);
            }
        wire_write(&(struct wire_header){.type = WIRE_CTRL, .room = 999}, p);
        for (uint8_t op = 0; op < 10; op++) {
            p[WIRE_HEADER] = op;
            assert_int_equal(lets_in(code, n, p, sizeof p), op == CTRL_HELLO || op == CTRL_PROOF);
        }
        assert_false(lets_in(code, n, p, 3));
        assert_false(lets_in(code, n, p, 0));
    }
}

static void the_kernel_takes_the_filter(void **state)
{
    (void)state;
    static uint32_t rooms[300];
    struct addr a;
    struct udp_train x[UDP_IN];
    int fd = client(&a);
    uint8_t p[100] = {0};
    for (unsigned i = 0; i < ARRAY_LEN(rooms); i++)
        rooms[i] = 100000 + i * 10;
    udp_admit_rooms(port, rooms, ARRAY_LEN(rooms));
    wire_write(&(struct wire_header){.type = WIRE_MEDIA, .room = rooms[7] + 1}, p);
    assert_int_equal(send(fd, p, sizeof p, 0), sizeof p);
    wire_write(&(struct wire_header){.type = WIRE_MEDIA, .room = rooms[7]}, p);
    assert_int_equal(send(fd, p, 99, 0), 99);
    assert_true(wait_for(0));
    assert_true(udp_receive(port, 0, room, x, 1, false) && x->n == 99);
    assert_false(udp_receive(port, 0, room, x, 1, false));
    udp_admit_rooms(port, NULL, 0);
    wire_write(&(struct wire_header){.type = WIRE_MEDIA, .room = 5000}, p);
    assert_int_equal(send(fd, p, 98, 0), 98);
    assert_true(wait_for(0));
    close(fd);
}

// Two sockets on one port: a room's datagrams come to socket room mod 2 alone.
static void rooms_are_steered_to_their_socket(void **state)
{
    (void)state;
    struct udp_config config = {.listen = "127.0.0.1", .port = addr_port(udp_address(port)), .index = 1};
    char error[256];
    struct addr a;
    struct udp_train x[UDP_IN];
    struct udp *second = udp_open(&config, error, sizeof error), *both[2] = {port, second};
    assert_non_null(second);
    assert_true(udp_steer(port, 2));
    for (uint32_t i = 0; i < 64; i++) {
        int fd = client(&a);
        uint8_t p[64] = {0};
        wire_write(&(struct wire_header){.type = WIRE_MEDIA, .room = 70000 + i}, p);
        assert_int_equal(send(fd, p, sizeof p, 0), sizeof p);
        assert_true(udp_receive(both[i % 2], 0, room, x, 1, false) && x->n == sizeof p);
        assert_false(udp_receive(both[1 - i % 2], 0, room, x, 1, false));
        close(fd);
    }
    udp_close(second);
}

static void a_port_in_use_is_told(void **state)
{
    (void)state;
    char error[256];
    struct udp_config config = {.listen = "127.0.0.1", .port = addr_port(udp_address(port))};
    assert_null(udp_open(&config, error, sizeof error));
    assert_non_null(strstr(error, "in use"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(trains_come_and_go_whole, start, end),
        cmocka_unit_test_setup_teardown(age, start, end),
        cmocka_unit_test_setup_teardown(a_source_set_apart_is_read_apart, start, end),
        cmocka_unit_test_setup_teardown(no_more_are_set_apart_than_there_is_room_for, start, end),
        cmocka_unit_test(the_filter_lets_in_known_rooms_and_handshakes),
        cmocka_unit_test_setup_teardown(the_kernel_takes_the_filter, start, end),
        cmocka_unit_test_setup_teardown(rooms_are_steered_to_their_socket, start, end),
        cmocka_unit_test_setup_teardown(a_port_in_use_is_told, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
