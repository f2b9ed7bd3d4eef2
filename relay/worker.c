#define _GNU_SOURCE
#include "worker.h"

#include "queue.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "udp.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { IDLE_TICK_US = 1000000, BATCHES = 8 };

struct worker {
    void (*wake_control)(void *ctx);
    void *wake_ctx;
    struct udp *udp;       // the worker thread's, after start
    struct core *core;     // the same
    struct queue commands; // control -> worker
    struct queue events;   // worker -> control
    int wake_fd;
    _Atomic bool stopping;
    bool started; // control thread's
    bool told;    // worker's: events since the last wake
    pthread_t thread;
};

static void emit(void *ctx, const uint8_t *bytes, size_t n, size_t segment, const struct addr *to)
{
    struct worker *w = ctx;
    (void)segment;
    udp_send(w->udp, bytes, n, to);
}

static bool event(void *ctx, const struct core_event *e)
{
    struct worker *w = ctx;
    if (!queue_push(&w->events, e))
        return false;
    w->told = true;
    return true;
}

struct worker *worker_create(const struct worker_config *config, char *error, size_t error_size)
{
    struct core_config core = {.emit = emit, .event = event};
    struct udp *udp = udp_open(config->listen, config->port, error, error_size);
    int in, out, wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!udp || wake_fd < 0) {
        if (udp)
            snprintf(error, error_size, "cannot make an event descriptor: %s", strerror(errno));
        udp_close(udp);
        if (wake_fd >= 0)
            close(wake_fd);
        return NULL;
    }
    struct worker *w = base_alloc(sizeof *w);
    w->udp = udp;
    w->wake_fd = wake_fd;
    memcpy(core.ticket_key, config->ticket_key, sizeof core.ticket_key);
    randombytes_buf(core.boot_nonce, sizeof core.boot_nonce);
    randombytes_buf(core.boot_secret, sizeof core.boot_secret);
    core.own = *udp_address(udp);
    core.ctx = w;
    w->core = core_create(&core, (uint64_t)clock_wall_ms() / 1000);
    sodium_memzero(&core, sizeof core);
    queue_init(&w->commands, sizeof(struct core_command));
    queue_init(&w->events, sizeof(struct core_event));
    udp_buffers(udp, &in, &out);
    log_info("worker", "socket buffers receive=%d send=%d", in, out);
    return w;
}

void worker_set_wake(struct worker *w, void (*wake_control)(void *ctx), void *ctx)
{
    w->wake_control = wake_control;
    w->wake_ctx = ctx;
}

static void drain_socket(struct worker *w)
{
    // A few batches, then commands and timers get their turn again, however much is waiting.
    for (unsigned batch = 0; batch < BATCHES; batch++) {
        unsigned count = udp_receive(w->udp);
        uint64_t now = clock_now_us();
        for (unsigned i = 0; i < count; i++) {
            size_t n;
            const struct addr *from;
            uint8_t *p = udp_datagram(w->udp, i, &n, &from);
            core_datagram(w->core, p, n, from, now);
        }
        udp_flush(w->udp);
        if (count < UDP_IN)
            break;
    }
}

static void drain_commands(struct worker *w)
{
    struct core_command command;
    uint64_t ignored;
    if (read(w->wake_fd, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
        log_warn("worker", "wake-up failed errno=%d", errno);
    while (queue_pop(&w->commands, &command))
        core_command(w->core, &command, clock_now_us());
}

static void *run(void *arg)
{
    struct worker *w = arg;
    uint64_t next = 0;
    while (!atomic_load(&w->stopping)) {
        struct pollfd fds[2] = {{.fd = udp_fd(w->udp), .events = POLLIN}, {.fd = w->wake_fd, .events = POLLIN}};
        uint64_t now = clock_now_us();
        // Rounded up: a wait of 0 ms before the deadline would spin.
        int wait_ms = now >= next ? 0 : (int)((next - now + 999) / 1000);
        if (poll(fds, 2, wait_ms) < 0 && errno != EINTR)
            break;
        if (fds[1].revents)
            drain_commands(w);
        if (fds[0].revents)
            drain_socket(w);
        now = clock_now_us();
        bool busy = w->core->table.members != 0;
        if (now >= next || (busy && next - now > CORE_TICK_US)) {
            core_tick(w->core, now, (uint64_t)clock_wall_ms() / 1000);
            next = now + (busy ? CORE_TICK_US : IDLE_TICK_US);
        }
        udp_flush(w->udp);
        if (w->told) {
            w->told = false;
            w->wake_control(w->wake_ctx);
        }
    }
    return NULL;
}

bool worker_start(struct worker *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // signals are the control thread's
    w->started = pthread_create(&w->thread, NULL, run, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w->started;
}

static void wake(struct worker *w)
{
    uint64_t one = 1;
    if (write(w->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        log_warn("worker", "wake-up failed errno=%d", errno);
}

void worker_stop(struct worker *w)
{
    atomic_store(&w->stopping, true);
    wake(w);
}

void worker_join(struct worker *w)
{
    if (w->started)
        pthread_join(w->thread, NULL);
    w->started = false;
}

void worker_destroy(struct worker *w)
{
    if (!w)
        return;
    core_destroy(w->core);
    udp_close(w->udp);
    queue_destroy(&w->commands);
    queue_destroy(&w->events);
    close(w->wake_fd);
    sodium_memzero(w, sizeof *w);
    free(w);
}

const struct addr *worker_address(const struct worker *w)
{
    return udp_address(w->udp);
}

void worker_post(struct worker *w, const struct core_command *command)
{
    while (!queue_push(&w->commands, command)) {
        wake(w);
        clock_sleep_until(clock_now_us() + 1000);
    }
    wake(w);
}

bool worker_take(struct worker *w, struct core_event *e)
{
    return queue_pop(&w->events, e);
}
