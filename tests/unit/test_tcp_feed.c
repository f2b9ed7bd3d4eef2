// Stock viewers over real sockets: who lost pictures is given a keyframe when he has caught up.
#include "tests/unit/unit.h"

#include "client/tcp_feed.h"
#include "shared/clock.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME = 200 << 10 };

static atomic_uint asked;

static void on_watched(void *ctx, bool any)
{
    (void)ctx, (void)any;
}

static void on_keyframe(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&asked, 1);
}

static uint16_t free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static int come(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), small = 65536;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void put(struct tcp_feed *t, bool keyframe)
{
    static uint8_t data[FRAME] = {0, 0, 0, 1};
    data[4] = keyframe ? 0x65 : 0x41;
    memset(data + 5, 0x55, sizeof data - 5);
    struct encoded_frame *f = encoded_frame_new(data, sizeof data);
    f->capture_us = clock_now_us();
    f->keyframe = keyframe;
    f->width = 64;
    f->height = 64;
    if (!tcp_feed_put(t, f))
        encoded_frame_free(f);
    usleep(5000);
}

static bool asked_reaches(unsigned times, int reader)
{
    static uint8_t thrown[1 << 16];
    for (uint64_t end = clock_now_us() + 5000000; clock_now_us() < end && atomic_load(&asked) < times;)
        if (reader < 0 || recv(reader, thrown, sizeof thrown, MSG_DONTWAIT) <= 0)
            usleep(1000);
    return atomic_load(&asked) >= times;
}

static void who_lost_pictures_is_given_a_keyframe(void **state)
{
    (void)state;
    char error[200];
    uint16_t port = free_port();
    struct tcp_feed *t = tcp_feed_create(
        &(struct tcp_feed_config){.address = "127.0.0.1", .port = port, .watched = on_watched, .keyframe = on_keyframe},
        error, sizeof error);
    assert_non_null(t);
    assert_true(tcp_feed_start(t));
    int viewer = come(port);
    assert_true(asked_reaches(1, -1));
    for (unsigned i = 0; i < 30; i++)
        put(t, i == 0);                       // more than there is room for
    assert_int_equal(atomic_load(&asked), 1); // while he takes nothing one would be lost, too
    assert_true(asked_reaches(2, viewer));
    close(viewer);
    tcp_feed_stop(t);
    tcp_feed_join(t);
    tcp_feed_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_lost_pictures_is_given_a_keyframe)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
