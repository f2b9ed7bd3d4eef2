#include "tests/unit/unit.h"

#include "relay/admin.h"
#include "relay/admin_metrics.h"
#include "shared/clock.h"
#include "shared/ctrl.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static void addresses(void **state)
{
    static const struct {
        const char *text, *address;
    } rows[] = {
        {"127.0.0.1:9100", "127.0.0.1:9100"},
        {"127.0.0.1", "127.0.0.1:5002"},
        {"127.0.0.1:0", "127.0.0.1:0"},
        {"[::1]:7", "[::1]:7"},
        {"[::1]:0", "[::1]:0"},
        {"::1", "[::1]:5002"},
        {"::", "[::]:5002"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"", NULL},
        {":0", NULL},
        {"localhost:1", NULL},
        {"127.0.0.1:70000", NULL},
        {"127.0.0.1:-1", NULL},
        {"127.0.0.1:00", NULL},
        {"[::1", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[ADDR_TEXT_MAX];
        struct addr a;
        bool ok = admin_parse(rows[i].text, &a);
        if (ok != (rows[i].address != NULL))
            fail_msg("'%s' is %s", rows[i].text, ok ? "taken" : "refused");
        if (ok)
            assert_string_equal(addr_text(&a, text), rows[i].address);
    }
}

// ---- the health check against a port that plays dead in several ways ----

struct port {
    int fd;
    struct admin_health health;
    uint8_t answers_with[16]; // key
    unsigned silent, first;   // this worker says nothing; so many datagrams are lost
    bool echo;                // the question comes back
    atomic_bool stop;
    pthread_t thread;
};

static void *play(void *arg)
{
    struct port *p = arg;
    unsigned lost = p->first;
    while (!p->stop) {
        uint8_t in[WIRE_DATAGRAM_MAX], out[WIRE_DATAGRAM_MAX];
        struct pollfd ready = {.fd = p->fd, .events = POLLIN};
        struct addr from = {.length = sizeof from.in6};
        struct wire_header h;
        struct ctrl ping;
        if (poll(&ready, 1, 20) <= 0)
            continue;
        ssize_t n = recvfrom(p->fd, in, sizeof in, 0, &from.sa, &from.length);
        assert_true(n > 0 && wire_read(&h, in, (size_t)n) && ctrl_read(&ping, in, (size_t)n));
        assert_true(ping.op == CTRL_PING && wire_verify(in, (size_t)n, p->health.key, 0));
        if (lost && lost--)
            continue;
        if (h.room == p->silent)
            continue;
        struct ctrl pong = {.op = CTRL_PONG, .time = ping.time};
        size_t size = ctrl_write(&pong, 0, h.room, out);
        wire_stamp(out, size, p->answers_with, 0, 1);
        sendto(p->fd, p->echo ? in : out, p->echo ? (size_t)n : size, 0, &from.sa, from.length);
    }
    return NULL;
}

static void open_port(struct port *p)
{
    memset(p, 0, sizeof *p);
    p->health.workers = 2;
    p->silent = 99;
    memset(p->health.key, 7, sizeof p->health.key);
    memset(p->answers_with, 7, sizeof p->answers_with);
    p->fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(addr_literal(&p->health.media, "127.0.0.1", 0));
    assert_int_equal(bind(p->fd, &p->health.media.sa, p->health.media.length), 0);
    assert_int_equal(getsockname(p->fd, &p->health.media.sa, &p->health.media.length), 0);
}

static bool check_port(struct port *p, char why[ADMIN_HEALTH_WHY])
{
    *why = 0;
    assert_int_equal(pthread_create(&p->thread, NULL, play, p), 0);
    bool ok = admin_health_check(&p->health, why);
    p->stop = true;
    pthread_join(p->thread, NULL);
    close(p->fd);
    return ok;
}

static void a_live_path(void **state)
{
    char why[ADMIN_HEALTH_WHY];
    struct port p;
    (void)state;
    open_port(&p);
    assert_true(check_port(&p, why));
    open_port(&p);
    p.first = 2; // lost on the way: asked again
    assert_true(check_port(&p, why));
    open_port(&p); // bound to all addresses: reached on the loopback
    uint16_t port = addr_port(&p.health.media);
    assert_true(addr_literal(&p.health.media, "0.0.0.0", port));
    assert_true(check_port(&p, why));
}

static void a_dead_path(void **state)
{
    char why[ADMIN_HEALTH_WHY];
    struct port p;
    (void)state;
    open_port(&p);
    p.silent = 1;
    assert_false(check_port(&p, why));
    assert_string_equal(why, "worker 1 does not answer on the UDP port");
    open_port(&p);
    p.answers_with[15] ^= 1; // somebody else holds the port
    assert_false(check_port(&p, why));
    assert_string_equal(why, "worker 0 does not answer on the UDP port");
    open_port(&p);
    p.echo = true; // our own question is no answer
    assert_false(check_port(&p, why));
    open_port(&p);
    close(p.fd); // nobody there at all
    assert_false(admin_health_check(&p.health, why));
    assert_non_null(strstr(why, "UDP port"));
}

// ---- the port ----

static _Atomic bool well = true;
static atomic_uint checks;

static bool health(void *ctx, char why[ADMIN_HEALTH_WHY])
{
    (void)ctx;
    checks++;
    snprintf(why, ADMIN_HEALTH_WHY, "the path is dead");
    return well;
}

static size_t metrics(void *ctx, char *out, size_t size)
{
    (void)ctx;
    memset(out, 'm', size);
    return size;
}

static struct admin *serve(void)
{
    struct admin_config c = {.health = health, .metrics = metrics, .metrics_max = ADMIN_METRICS_MAX};
    char error[256];
    assert_true(admin_parse("127.0.0.1:0", &c.listen));
    struct admin *a = admin_create(&c, error, sizeof error);
    assert_non_null(a);
    assert_true(admin_start(a));
    return a;
}

static int reach(const struct admin *a)
{
    const struct addr *to = admin_address(a);
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, &to->sa, to->length), 0);
    return fd;
}

static char reply[ADMIN_METRICS_MAX + 1024];

static size_t hear(int fd)
{
    size_t at = 0;
    ssize_t n;
    while ((n = recv(fd, reply + at, sizeof reply - 1 - at, 0)) > 0)
        at += (size_t)n;
    reply[at] = 0;
    close(fd);
    return at;
}

static size_t ask(const struct admin *a, const char *request)
{
    int fd = reach(a);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    return hear(fd);
}

static void requests(void **state)
{
    static const struct {
        const char *request, *answer;
    } rows[] = {
        {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
        {"GET /healthz?verbose HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
        {"GET /healthz/ HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "},
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "},
        {"POST /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "},
        {"get /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "},
        {"GET /healthz\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /healthz HTTP/2.0\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /healthz HTTP/1.1 more\r\n\r\n", "HTTP/1.1 400 "},
        {"\r\n\r\n", "HTTP/1.1 400 "},
    };
    (void)state;
    struct admin *a = serve();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask(a, rows[i].request);
        if (strncmp(reply, rows[i].answer, strlen(rows[i].answer)))
            fail_msg("%s is answered %s", rows[i].request, reply);
    }
    ask(a, "GET /healthz HTTP/1.1\r\n\r\n");
    assert_non_null(strstr(reply, "\r\n\r\nok\n"));
    clock_sleep_until(clock_now_us() + ADMIN_HEALTH_KEPT_US + 50000);
    well = false;
    ask(a, "GET /healthz HTTP/1.1\r\n\r\n");
    assert_non_null(strstr(reply, "HTTP/1.1 503 "));
    assert_non_null(strstr(reply, "\r\n\r\nthe path is dead\n"));
    well = true;
    size_t n = ask(a, "GET /metrics HTTP/1.1\r\n\r\n");
    assert_non_null(strstr(reply, "Content-Length: 32768\r\n"));
    assert_true(n > ADMIN_METRICS_MAX);
    char flood[ADMIN_REQUEST_MAX + 1];
    memset(flood, 'x', sizeof flood - 1);
    flood[sizeof flood - 2] = 0;
    ask(a, flood);
    assert_non_null(strstr(reply, "HTTP/1.1 431 "));
    admin_destroy(a);
}

static void who_sits_there_makes_room(void **state)
{
    int sitting[3 * ADMIN_CONNS];
    (void)state;
    struct admin *a = serve();
    for (size_t i = 0; i < ARRAY_LEN(sitting); i++)
        sitting[i] = reach(a);
    ask(a, "GET /healthz HTTP/1.1\r\n\r\n");
    assert_non_null(strstr(reply, "200 OK"));
    assert_int_equal(hear(sitting[0]), 0); // closed
    unsigned before = checks;
    clock_sleep_until(clock_now_us() + ADMIN_HEALTH_KEPT_US + 50000);
    for (unsigned i = 0; i < 5; i++)
        ask(a, "GET /healthz HTTP/1.1\r\n\r\n");
    assert_true(checks - before <= 5 && checks > before);
    for (size_t i = 1; i < ARRAY_LEN(sitting); i++)
        close(sitting[i]);
    admin_destroy(a);
}

// ---- what /metrics says ----

static void figures(void **state)
{
    static char out[ADMIN_METRICS_MAX];
    struct admin_metrics m;
    (void)state;
    memset(&m, 0xff, sizeof m); // the longest numbers there are
    m.draining = true;
    size_t n = admin_metrics_write(&m, out);
    assert_true(n < ADMIN_METRICS_MAX / 2);
    memset(&m, 0, sizeof m);
    m.now_us = 5500000;
    m.media.ticked_us = 4000000;
    m.media.counters.bad_tag = 42;
    m.control.wrong_codes = 3;
    m.control.people = 5;
    m.control.ringing = 1;
    m.control.calls = 7;
    n = admin_metrics_write(&m, out);
    assert_true(n < ADMIN_METRICS_MAX && out[n] == 0 && out[n - 1] == '\n');
    assert_non_null(strstr(out, "\nparlour_relay_datagrams_dropped_total{reason=\"bad_tag\"} 42\n"));
    assert_non_null(strstr(out, "\nparlour_relay_wrong_codes_total 3\n"));
    assert_non_null(strstr(out, "\nparlour_relay_people 5\n"));
    assert_non_null(strstr(out, "\nparlour_relay_calls_ringing 1\n"));
    assert_non_null(strstr(out, "\nparlour_relay_calls_total 7\n"));
    assert_non_null(strstr(out, "\nparlour_relay_worker_tick_age_seconds 1.500000\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(a_live_path),
        cmocka_unit_test(a_dead_path),
        cmocka_unit_test(requests),
        cmocka_unit_test(who_sits_there_makes_room),
        cmocka_unit_test(figures),
    };
    return cmocka_run_group_tests_name("admin", tests, NULL, NULL);
}
