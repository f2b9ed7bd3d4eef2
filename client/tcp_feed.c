#define _GNU_SOURCE
#include "tcp_feed.h"

#include "mailbox.h"
#include "thread.h"
#include "ts_mux.h"

#include "shared/addr.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAMES = 16, UNSENT_MOST = 2 << 20, SENT_AHEAD = 256 << 10, LOOK_MS = 1000, BACKLOG = 8, ASK_US = 500000 };

struct viewer {
    int fd;          // -1 = free
    uint8_t *unsent; // whole frames, but for the first; room for UNSENT_MOST
    size_t at, size;
    bool begun;       // he has a keyframe, and what came after it
    uint64_t slow_us; // since when nothing more was taken of him; 0 = he takes all
};

struct tcp_feed {
    struct tcp_feed_config config;
    pthread_t thread;
    bool running; // of the owner
    int listen_fd, wake_fd;
    atomic_bool stop;
    atomic_uint count;
    struct mailbox frames;

    // Its thread only.
    struct ts_mux *mux;
    struct viewer viewers[TCP_FEED_VIEWERS];
    uint64_t asked_us; // for a keyframe, last
};

static void wake(void *ctx)
{
    const struct tcp_feed *t = ctx;
    uint64_t one = 1;
    ssize_t ignored = write(t->wake_fd, &one, sizeof one);
    (void)ignored;
}

// ---- viewers ----

static void drop(struct tcp_feed *t, struct viewer *v, const char *why)
{
    log_info("tcp_feed", "viewer ended reason=%s", why);
    close(v->fd);
    free(v->unsent);
    *v = (struct viewer){.fd = -1};
    if (atomic_fetch_sub(&t->count, 1) == 1)
        t->config.watched(t->config.ctx, false);
}

static void admit(struct tcp_feed *t)
{
    int fd = accept4(t->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1, ahead = SENT_AHEAD;
    struct viewer *v = t->viewers;
    if (fd < 0)
        return;
    while (v < t->viewers + TCP_FEED_VIEWERS && v->fd >= 0)
        v++;
    if (v == t->viewers + TCP_FEED_VIEWERS) {
        log_info("tcp_feed", "a viewer too many most=%d", TCP_FEED_VIEWERS);
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &ahead, sizeof ahead); // or the kernel keeps seconds of it
    *v = (struct viewer){.fd = fd, .unsent = base_alloc(UNSENT_MOST)};
    if (atomic_fetch_add(&t->count, 1) == 0)
        t->config.watched(t->config.ctx, true);
    log_info("tcp_feed", "viewer came viewers=%u", atomic_load(&t->count));
}

static void flush(struct tcp_feed *t, struct viewer *v, uint64_t now_us)
{
    while (v->at < v->size) {
        ssize_t n = send(v->fd, v->unsent + v->at, v->size - v->at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            v->slow_us = v->slow_us ? v->slow_us : now_us;
            return;
        }
        if (n <= 0) {
            drop(t, v, "gone");
            return;
        }
        v->at += (size_t)n;
    }
    v->at = v->size = 0;
    v->slow_us = 0;
}

static void append(struct viewer *v, const uint8_t *data, size_t size)
{
    if (v->at) {
        memmove(v->unsent, v->unsent + v->at, v->size - v->at);
        v->size -= v->at;
        v->at = 0;
    }
    memcpy(v->unsent + v->size, data, size);
    v->size += size;
}

// What does not fit is left out whole, and all after it up to a keyframe.
static void give(struct tcp_feed *t, struct viewer *v, const uint8_t *data, size_t size, bool keyframe, uint64_t now_us)
{
    bool fits = v->size - v->at + size <= UNSENT_MOST;
    if (!fits)
        v->begun = false;
    else if (keyframe)
        v->begun = true;
    if (!v->begun)
        return;
    append(v, data, size);
    flush(t, v, now_us);
}

// A viewer has nothing to say: what comes is read, and thrown away.
static void hear(struct tcp_feed *t, struct viewer *v)
{
    uint8_t thrown[4096];
    ssize_t n = recv(v->fd, thrown, sizeof thrown, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        drop(t, v, "closed");
}

// ---- the thread ----

static void take_frames(struct tcp_feed *t)
{
    struct encoded_frame *f;
    while ((f = mailbox_take(&t->frames))) {
        size_t size;
        const uint8_t *data = ts_mux_put(t->mux, f, &size);
        uint64_t now = clock_now_us();
        for (size_t i = 0; data && i < TCP_FEED_VIEWERS; i++)
            if (t->viewers[i].fd >= 0)
                give(t, &t->viewers[i], data, size, f->keyframe, now);
        encoded_frame_free(f);
    }
}

// Keyframes come only when they are asked for: for who has just come, and who has taken all there was before what he
// lost. Not oftener for many who come and go: the others pay for it.
static void ask(struct tcp_feed *t)
{
    uint64_t now = clock_now_us();
    bool wanted = false;
    for (size_t i = 0; i < TCP_FEED_VIEWERS; i++)
        wanted |= t->viewers[i].fd >= 0 && !t->viewers[i].begun && !t->viewers[i].size;
    if (!wanted || (t->asked_us && now - t->asked_us < ASK_US))
        return;
    t->asked_us = now;
    t->config.keyframe(t->config.ctx);
}

static void serve(struct tcp_feed *t, const struct pollfd *fds)
{
    uint64_t now = clock_now_us();
    for (size_t i = 0; i < TCP_FEED_VIEWERS; i++) {
        struct viewer *v = &t->viewers[i];
        if (v->fd >= 0 && v->fd == fds[i].fd && fds[i].revents & (POLLIN | POLLERR | POLLHUP))
            hear(t, v);
        if (v->fd >= 0 && v->size)
            flush(t, v, now);
        if (v->fd >= 0 && v->slow_us && now - v->slow_us >= TCP_FEED_PATIENCE_US)
            drop(t, v, "too slow");
    }
}

static void *run(void *ctx)
{
    struct tcp_feed *t = ctx;
    while (!atomic_load(&t->stop)) {
        struct pollfd fds[TCP_FEED_VIEWERS + 2];
        for (size_t i = 0; i < TCP_FEED_VIEWERS; i++)
            fds[i] = (struct pollfd){t->viewers[i].fd, (short)(POLLIN | (t->viewers[i].size ? POLLOUT : 0)), 0};
        fds[TCP_FEED_VIEWERS] = (struct pollfd){t->listen_fd, POLLIN, 0};
        fds[TCP_FEED_VIEWERS + 1] = (struct pollfd){t->wake_fd, POLLIN, 0};
        poll(fds, ARRAY_LEN(fds), LOOK_MS);
        if (fds[TCP_FEED_VIEWERS + 1].revents & POLLIN) {
            uint64_t count;
            ssize_t ignored = read(t->wake_fd, &count, sizeof count);
            (void)ignored;
        }
        if (fds[TCP_FEED_VIEWERS].revents & POLLIN)
            admit(t);
        serve(t, fds);
        take_frames(t);
        ask(t);
    }
    return NULL;
}

// ---- lifecycle ----

static bool listen_at(struct tcp_feed *t, const char **why)
{
    struct addr a;
    int one = 1;
    *why = "is no address of this machine";
    if (!addr_literal(&a, t->config.address, t->config.port))
        return false;
    t->listen_fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->listen_fd < 0)
        return false;
    setsockopt(t->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(t->listen_fd, &a.sa, a.length) == 0 && listen(t->listen_fd, BACKLOG) == 0)
        return true;
    *why = errno == EADDRINUSE ? "is taken by another program" : "cannot be listened at";
    return false;
}

struct tcp_feed *tcp_feed_create(const struct tcp_feed_config *config, char *error, size_t error_size)
{
    struct tcp_feed *t = base_alloc(sizeof *t);
    const char *why = "cannot be listened at";
    t->config = *config;
    t->listen_fd = -1;
    for (size_t i = 0; i < TCP_FEED_VIEWERS; i++)
        t->viewers[i].fd = -1;
    t->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    mailbox_init(&t->frames, FRAMES, wake, t);
    t->mux = ts_mux_create();
    if (t->mux && t->wake_fd >= 0 && listen_at(t, &why))
        return t;
    snprintf(error, error_size, "--serve-tcp: %.60s port %u %s.", config->address, config->port, why);
    tcp_feed_destroy(t);
    return NULL;
}

bool tcp_feed_start(struct tcp_feed *t)
{
    t->running = thread_start(&t->thread, "tcp", run, t);
    return t->running;
}

bool tcp_feed_put(struct tcp_feed *t, struct encoded_frame *frame)
{
    return mailbox_push(&t->frames, frame);
}

unsigned tcp_feed_viewers(const struct tcp_feed *t)
{
    return atomic_load(&t->count);
}

void tcp_feed_stop(struct tcp_feed *t)
{
    atomic_store(&t->stop, true);
    wake(t);
}

void tcp_feed_join(struct tcp_feed *t)
{
    if (t->running)
        pthread_join(t->thread, NULL);
    t->running = false;
}

static void free_frame(void *item)
{
    encoded_frame_free(item);
}

void tcp_feed_destroy(struct tcp_feed *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < TCP_FEED_VIEWERS; i++) {
        if (t->viewers[i].fd >= 0)
            close(t->viewers[i].fd);
        free(t->viewers[i].unsent);
    }
    if (t->listen_fd >= 0)
        close(t->listen_fd);
    if (t->wake_fd >= 0)
        close(t->wake_fd);
    mailbox_destroy(&t->frames, free_frame);
    ts_mux_destroy(t->mux);
    free(t);
}
