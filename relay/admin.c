#define _GNU_SOURCE
#include "admin.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEFAULT_PORT = 5002, BACKLOG = 16, HEAD_MAX = 256, IDLE_MS = 1000 };

struct conn {
    int fd; // -1 = free
    uint64_t since_us;
    size_t in_size;
    char in[ADMIN_REQUEST_MAX];
    char *out; // the whole answer; NULL until the request is whole
    size_t out_size, out_at;
};

struct admin {
    struct admin_config config;
    struct addr address;
    int listen_fd, wake_fd;
    bool started;
    pthread_t thread;
    _Atomic bool stopping;
    struct conn conn[ADMIN_CONNS];
    // The last health check: many who ask at once are told the same.
    bool healthy;
    uint64_t checked_us;
    char why[ADMIN_HEALTH_WHY];
};

bool admin_parse(const char *text, struct addr *out)
{
    char copy[ADDR_TEXT_MAX], host[ADDR_TEXT_MAX];
    uint16_t port;
    size_t n = strlen(text);
    if (n >= sizeof copy)
        return false;
    memcpy(copy, text, n + 1);
    bool any = n > 2 && strcmp(copy + n - 2, ":0") == 0 && copy[n - 3] != ':';
    if (any)
        copy[n - 2] = 0;
    return addr_split(copy, DEFAULT_PORT, host, sizeof host, &port) && addr_literal(out, host, any ? 0 : port);
}

// ---- one connection ----

static void drop(struct conn *c)
{
    if (c->fd >= 0)
        close(c->fd);
    free(c->out);
    *c = (struct conn){.fd = -1};
}

static void answer(struct conn *c, const char *status, const char *type, const char *body, size_t n)
{
    c->out = base_alloc(HEAD_MAX + n);
    int head = snprintf(c->out, HEAD_MAX,
                        "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
                        "Connection: close\r\n%s\r\n",
                        status, type, n, strncmp(status, "405", 3) == 0 ? "Allow: GET\r\n" : "");
    memcpy(c->out + head, body, n);
    c->out_size = (size_t)head + n;
}

static void answer_text(struct conn *c, const char *status, const char *text)
{
    char line[ADMIN_HEALTH_WHY + 2];
    int n = snprintf(line, sizeof line, "%s\n", text);
    answer(c, status, "text/plain; charset=utf-8", line, (size_t)n);
}

static void answer_health(struct admin *a, struct conn *c)
{
    uint64_t now = clock_now_us();
    if (!a->checked_us || now - a->checked_us > ADMIN_HEALTH_KEPT_US) {
        bool before = a->healthy || !a->checked_us;
        a->healthy = a->config.health(a->config.ctx, a->why);
        a->checked_us = clock_now_us();
        if (!a->healthy && before)
            log_error("admin", "not healthy: %s", a->why);
        else if (a->healthy && !before)
            log_info("admin", "healthy again");
    }
    answer_text(c, a->healthy ? "200 OK" : "503 Service Unavailable", a->healthy ? "ok" : a->why);
}

static void answer_metrics(struct admin *a, struct conn *c)
{
    char *body = base_alloc(a->config.metrics_max);
    size_t n = a->config.metrics(a->config.ctx, body, a->config.metrics_max);
    answer(c, "200 OK", "text/plain; version=0.0.4; charset=utf-8", body, n);
    free(body);
}

// The request line is all that is looked at: METHOD SP TARGET SP HTTP/1.x
static void answer_request(struct admin *a, struct conn *c)
{
    char *line = c->in, *end = strstr(line, "\r\n"), *target, *version;
    *end = 0;
    target = strchr(line, ' ');
    version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || strncmp(version + 1, "HTTP/1.", 7) || strlen(version + 1) != 8) {
        answer_text(c, "400 Bad Request", "this is no HTTP/1.1 request");
        return;
    }
    *target++ = *version = 0;
    target[strcspn(target, "?")] = 0;
    if (strcmp(line, "GET"))
        answer_text(c, "405 Method Not Allowed", "only GET");
    else if (strcmp(target, "/healthz") == 0)
        answer_health(a, c);
    else if (strcmp(target, "/metrics") == 0)
        answer_metrics(a, c);
    else
        answer_text(c, "404 Not Found", "there is /healthz and /metrics");
}

static bool would_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static void readable(struct admin *a, struct conn *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_size, sizeof c->in - 1 - c->in_size, 0);
    if (n <= 0) {
        if (n == 0 || !would_wait())
            drop(c);
        return;
    }
    c->in_size += (size_t)n;
    c->in[c->in_size] = 0;
    if (memchr(c->in, 0, c->in_size))
        answer_text(c, "400 Bad Request", "this is no HTTP/1.1 request");
    else if (strstr(c->in, "\r\n\r\n"))
        answer_request(a, c);
    else if (c->in_size == sizeof c->in - 1)
        answer_text(c, "431 Request Header Fields Too Large", "the request is too long");
}

static void writable(struct conn *c)
{
    ssize_t n = send(c->fd, c->out + c->out_at, c->out_size - c->out_at, MSG_NOSIGNAL);
    if (n < 0) {
        if (!would_wait())
            drop(c);
        return;
    }
    c->out_at += (size_t)n;
    if (c->out_at < c->out_size)
        return;
    shutdown(c->fd, SHUT_WR);
    drop(c);
}

// When all places are taken the one who has been here longest goes: whoever asks is served in milliseconds.
static void take_connection(struct admin *a, uint64_t now)
{
    struct conn *c = &a->conn[0];
    int fd = accept4(a->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    for (unsigned i = 0; i < ADMIN_CONNS; i++) {
        struct conn *x = &a->conn[i];
        if (c->fd >= 0 && (x->fd < 0 || x->since_us < c->since_us))
            c = x;
    }
    drop(c);
    c->fd = fd;
    c->since_us = now;
}

// ---- the thread ----

static void serve_once(struct admin *a)
{
    struct pollfd p[2 + ADMIN_CONNS] = {{.fd = a->wake_fd, .events = POLLIN}, {.fd = a->listen_fd, .events = POLLIN}};
    bool any = false;
    for (unsigned i = 0; i < ADMIN_CONNS; i++) {
        p[2 + i] = (struct pollfd){.fd = a->conn[i].fd, .events = a->conn[i].out ? POLLOUT : POLLIN};
        any = any || a->conn[i].fd >= 0;
    }
    if (poll(p, ARRAY_LEN(p), any ? IDLE_MS : -1) < 0)
        return;
    uint64_t now = clock_now_us();
    for (unsigned i = 0; i < ADMIN_CONNS; i++) {
        struct conn *c = &a->conn[i];
        if (p[2 + i].revents && !c->out)
            readable(a, c);
        else if (p[2 + i].revents)
            writable(c);
        if (c->fd >= 0 && now - c->since_us > ADMIN_DEADLINE_US)
            drop(c);
    }
    if (p[1].revents)
        take_connection(a, now);
}

static void *run(void *arg)
{
    struct admin *a = arg;
    while (!atomic_load(&a->stopping))
        serve_once(a);
    return NULL;
}

// ---- life ----

static bool open_port(struct admin *a, const struct addr *at)
{
    int on = 1;
    a->listen_fd = socket(at->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (a->listen_fd < 0)
        return false;
    setsockopt(a->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    a->address.length = sizeof a->address.in6;
    return bind(a->listen_fd, &at->sa, at->length) == 0 && listen(a->listen_fd, BACKLOG) == 0 &&
           getsockname(a->listen_fd, &a->address.sa, &a->address.length) == 0;
}

struct admin *admin_create(const struct admin_config *config, char *error, size_t error_size)
{
    char text[ADDR_TEXT_MAX];
    struct admin *a = base_alloc(sizeof *a);
    a->config = *config;
    a->listen_fd = -1;
    for (unsigned i = 0; i < ADMIN_CONNS; i++)
        a->conn[i].fd = -1;
    a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (a->wake_fd >= 0 && open_port(a, &config->listen))
        return a;
    snprintf(error, error_size, "cannot serve the admin port on %s: %s", addr_text(&config->listen, text),
             strerror(errno));
    admin_destroy(a);
    return NULL;
}

bool admin_start(struct admin *a)
{
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before); // signals are the control thread's
    a->started = pthread_create(&a->thread, NULL, run, a) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return a->started;
}

void admin_destroy(struct admin *a)
{
    uint64_t one = 1;
    if (!a)
        return;
    if (a->started) {
        atomic_store(&a->stopping, true);
        if (write(a->wake_fd, &one, sizeof one) < 0)
            log_warn("admin", "wake-up failed errno=%d", errno);
        pthread_join(a->thread, NULL);
    }
    for (unsigned i = 0; i < ADMIN_CONNS; i++)
        drop(&a->conn[i]);
    if (a->listen_fd >= 0)
        close(a->listen_fd);
    if (a->wake_fd >= 0)
        close(a->wake_fd);
    free(a);
}

const struct addr *admin_address(const struct admin *a)
{
    return &a->address;
}
