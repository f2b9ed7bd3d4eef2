#define _GNU_SOURCE
#include "worker.h"

#include "history.h"
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

enum {
    IDLE_TICK_US = 1000000,
    TURNS = 16, // of reading from the port's own socket, before those set apart get their turn
    APART_US = 1000,
    APART_TURNS = 4,  // of UDP_IN trains: a member within his limits sends 20 datagrams in that time
    FILTER_US = 20000 // the kernel's list of rooms is made anew at most this often
};

struct lane { // one worker
    struct worker *all;
    unsigned index;
    struct udp *udp;       // the thread's, after start
    struct core *core;     // the same
    struct queue commands; // control -> worker
    struct queue events;   // worker -> control
    int wake_fd;
    bool started; // control thread's
    bool told;    // thread's: events since the last wake
    pthread_t thread;
    // The kernel's list of rooms.
    bool filtered;
    unsigned filter_version;
    uint64_t filter_us;
    uint64_t now_us;   // of the trains being taken
    uint64_t apart_us; // when sources set apart were last looked at
    struct udp_train train[UDP_IN];

    pthread_mutex_t lock; // covers `figures`
    struct worker_figures figures;
};

struct worker {
    unsigned count;
    void (*wake_control)(void *ctx);
    void *wake_ctx;
    _Atomic bool stopping;
    struct lane lane[WORKERS_MAX];
};

// ---- what the core wants done ----

static void emit(void *ctx, const uint8_t *bytes, size_t n, size_t segment, const struct addr *to)
{
    struct lane *w = ctx;
    udp_send(w->udp, bytes, n, segment, to, history_holds(w->core->history, bytes));
}

static bool event(void *ctx, const struct core_event *e)
{
    struct lane *w = ctx;
    if (!queue_push(&w->events, e))
        return false;
    w->told = true;
    return true;
}

static void over_limit(void *ctx, const struct addr *source)
{
    struct lane *w = ctx;
    udp_penalty(w->udp, source, w->now_us);
}

// ---- the kernel's list of rooms ----

static int compare_rooms(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void set_filter(struct lane *w, uint64_t now)
{
    const struct table *t = &w->core->table;
    if (w->filtered && w->filter_version == t->rooms_version)
        return;
    if (w->filter_us && now - w->filter_us < FILTER_US) { // until then nobody is kept out
        if (w->filtered)
            udp_admit_rooms(w->udp, NULL, 0);
        w->filtered = false;
        return;
    }
    uint32_t *room = malloc((t->rooms + 1) * sizeof *room);
    unsigned n = 0;
    for (unsigned i = 0; room && i < t->rooms_max && n < t->rooms; i++)
        if (t->room[i].used)
            room[n++] = t->room[i].id;
    if (room)
        qsort(room, n, sizeof *room, compare_rooms);
    udp_admit_rooms(w->udp, room, n);
    free(room);
    w->filtered = true;
    w->filter_version = t->rooms_version;
    w->filter_us = now;
}

// ---- the thread ----

static void drain_commands(struct lane *w)
{
    struct core_command command;
    while (queue_pop(&w->commands, &command))
        core_command(w->core, &command, clock_now_us());
}

static void take_train(struct lane *w, struct udp_train *x)
{
    struct history *h = w->core->history;
    uint8_t *room = history_room(h), *p = x->bytes;
    if (p != room && x->n) // only the first of a call is where it is to stay
        p = memcpy(room, p, x->n);
    core_train(w->core, p, x->n, x->segment, &x->from, w->now_us - x->age_us, w->now_us);
    if (w->core->train_kept)
        history_advance(h, x->n);
}

// The trains that are there on one of the sockets, and what they set off, in one call each way. False = none.
static bool take_trains(struct lane *w, unsigned which, unsigned most, bool wait)
{
    unsigned n = udp_receive(w->udp, which, history_room(w->core->history), w->train, most, wait);
    if (n == 0)
        return false;
    drain_commands(w); // a member's HELLO never comes before the control thread's word of him
    w->now_us = clock_now_us();
    for (unsigned i = 0; i < n; i++)
        take_train(w, &w->train[i]);
    set_filter(w, w->now_us); // before a new room's first member hears that he is in
    udp_flush(w->udp);
    return true;
}

static void publish(struct lane *w, uint64_t now)
{
    pthread_mutex_lock(&w->lock);
    w->figures.counters = w->core->counters;
    w->figures.members = w->core->table.members;
    w->figures.rooms = w->core->table.rooms;
    w->figures.ticked_us = now;
    pthread_mutex_unlock(&w->lock);
}

// Sources set apart are not waited for: they are looked at once a millisecond, for what their limits allow and little
// more. The rest overflows in the kernel and costs us nothing.
static void take_set_apart(struct lane *w, unsigned sockets, uint64_t now)
{
    if (sockets == 1 || now - w->apart_us < APART_US)
        return;
    w->apart_us = now;
    for (unsigned i = sockets; i-- > 1;)
        for (unsigned n = 0; n < APART_TURNS && take_trains(w, i, UDP_IN, false); n++)
            ;
}

// Nobody is here, or a source is set apart: wait for a command as well, or for that source's turn.
static void wait_for_any(struct lane *w, uint64_t until)
{
    int fd[UDP_SOCKETS];
    unsigned sockets = udp_fds(w->udp, fd);
    struct pollfd fds[2] = {{.fd = w->wake_fd, .events = POLLIN}, {.fd = fd[0], .events = POLLIN}};
    uint64_t now = clock_now_us(), ignored;
    if (sockets > 1)
        until = MIN(until, now + APART_US);
    // Rounded up: a wait of 0 ms before the deadline would spin.
    poll(fds, 2, now >= until ? 0 : (int)((until - now + 999) / 1000));
    if (fds[0].revents && read(w->wake_fd, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
        log_warn("worker", "wake-up failed errno=%d", errno);
    take_set_apart(w, sockets, clock_now_us());
    for (unsigned n = 0; fds[1].revents && n < TURNS; n++)
        if (!take_trains(w, 0, UDP_IN, false))
            break;
}

static void *run(void *arg)
{
    struct lane *w = arg;
    uint64_t next = 0;
    while (!atomic_load(&w->all->stopping)) {
        int fd[UDP_SOCKETS];
        // While members are here the socket itself is waited on, for a tick at most: a call less for each train.
        if (w->core->table.members && udp_fds(w->udp, fd) == 1)
            take_trains(w, 0, UDP_IN, true);
        else
            wait_for_any(w, next);
        drain_commands(w);
        uint64_t now = clock_now_us();
        bool busy = w->core->table.members != 0;
        if (now >= next || (busy && next - now > CORE_TICK_US)) {
            core_tick(w->core, now, (uint64_t)clock_wall_ms() / 1000);
            udp_forgive(w->udp, now);
            publish(w, now);
            next = now + (busy ? CORE_TICK_US : IDLE_TICK_US);
        }
        set_filter(w, now);
        if (!w->filtered)
            next = MIN(next, now + FILTER_US);
        udp_flush(w->udp);
        if (w->told) {
            w->told = false;
            w->all->wake_control(w->all->wake_ctx);
        }
    }
    udp_flush(w->udp);
    return NULL;
}

// ---- life ----

static bool open_lane(struct lane *w, const struct worker_config *config, const struct core_config *core, char *error,
                      size_t error_size)
{
    const struct worker *all = w->all;
    struct udp_config udp = {.listen = config->listen, .port = config->port, .buffer = config->socket_buffer};
    struct core_config mine = *core;
    udp.index = w->index;
    if (w->index)
        udp.port = addr_port(udp_address(all->lane[0].udp));
    w->udp = udp_open(&udp, error, error_size);
    if (!w->udp)
        return false;
    mine.own = *udp_address(w->udp);
    mine.history_bytes = config->history_bytes / all->count;
    mine.ctx = w;
    w->core = core_create(&mine, (uint64_t)clock_wall_ms() / 1000);
    sodium_memzero(&mine, sizeof mine);
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    udp_buffers(w->udp, &w->figures.receive_buffer, &w->figures.send_buffer);
    if (w->core && w->wake_fd >= 0)
        return true;
    snprintf(error, error_size, "there is not enough memory for the tables and the history");
    return false;
}

struct worker *worker_create(const struct worker_config *config, char *error, size_t error_size)
{
    struct core_config core = {.emit = emit, .event = event, .over_limit = over_limit};
    struct worker *all = base_alloc(sizeof *all);
    all->count = CLAMP(config->count, 1u, (unsigned)WORKERS_MAX);
    core.members_max = config->members_max;
    core.rooms_max = config->rooms_max;
    core.ticket_key = config->ticket_key;
    memcpy(core.probe_key, config->probe_key, sizeof core.probe_key);
    randombytes_buf(core.boot_nonce, sizeof core.boot_nonce);
    randombytes_buf(core.boot_secret, sizeof core.boot_secret);
    bool ok = true;
    for (unsigned i = 0; i < all->count; i++) {
        struct lane *w = &all->lane[i];
        w->all = all;
        w->index = i;
        w->wake_fd = -1;
        pthread_mutex_init(&w->lock, NULL);
        queue_init(&w->commands, sizeof(struct core_command));
        queue_init(&w->events, sizeof(struct core_event));
        ok = ok && open_lane(w, config, &core, error, error_size);
    }
    sodium_memzero(&core, sizeof core);
    if (ok && !udp_steer(all->lane[0].udp, all->count) && all->count > 1) {
        snprintf(error, error_size, "this kernel cannot share the UDP port among workers; use --workers 1");
        ok = false;
    }
    if (!ok) {
        worker_destroy(all);
        return NULL;
    }
    log_info("worker", "workers=%u socket buffers asked=%d receive=%d send=%d%s", all->count, config->socket_buffer,
             all->lane[0].figures.receive_buffer, all->lane[0].figures.send_buffer,
             all->lane[0].figures.receive_buffer < config->socket_buffer ? " (raise net.core.rmem_max and wmem_max)"
                                                                         : "");
    return all;
}

void worker_set_wake(struct worker *all, void (*wake_control)(void *ctx), void *ctx)
{
    all->wake_control = wake_control;
    all->wake_ctx = ctx;
}

bool worker_start(struct worker *all)
{
    sigset_t every, before;
    bool ok = true;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before); // signals are the control thread's
    for (unsigned i = 0; i < all->count && ok; i++)
        ok = all->lane[i].started = pthread_create(&all->lane[i].thread, NULL, run, &all->lane[i]) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!ok) {
        worker_stop(all);
        worker_join(all);
    }
    return ok;
}

static void wake(struct lane *w)
{
    uint64_t one = 1;
    if (write(w->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        log_warn("worker", "wake-up failed errno=%d", errno);
}

void worker_stop(struct worker *all)
{
    atomic_store(&all->stopping, true);
    for (unsigned i = 0; i < all->count; i++)
        wake(&all->lane[i]);
}

void worker_join(struct worker *all)
{
    for (unsigned i = 0; i < all->count; i++) {
        if (all->lane[i].started)
            pthread_join(all->lane[i].thread, NULL);
        all->lane[i].started = false;
    }
}

void worker_destroy(struct worker *all)
{
    if (!all)
        return;
    for (unsigned i = 0; i < all->count; i++) {
        struct lane *w = &all->lane[i];
        core_destroy(w->core);
        udp_close(w->udp);
        queue_destroy(&w->commands);
        queue_destroy(&w->events);
        pthread_mutex_destroy(&w->lock);
        if (w->wake_fd >= 0)
            close(w->wake_fd);
    }
    sodium_memzero(all, sizeof *all);
    free(all);
}

const struct addr *worker_address(const struct worker *all)
{
    return udp_address(all->lane[0].udp);
}

// ---- the control thread's side ----

static void post(struct lane *w, const struct core_command *command)
{
    while (!queue_push(&w->commands, command)) {
        wake(w);
        clock_sleep_until(clock_now_us() + 1000);
    }
    wake(w);
}

void worker_post(struct worker *all, const struct core_command *command)
{
    if (command->room)
        post(&all->lane[command->room % all->count], command);
    else
        for (unsigned i = 0; i < all->count; i++)
            post(&all->lane[i], command);
}

bool worker_take(struct worker *all, struct core_event *e)
{
    for (unsigned i = 0; i < all->count; i++)
        if (queue_pop(&all->lane[i].events, e))
            return true;
    return false;
}

static void add_counters(struct core_counters *to, const struct core_counters *from)
{
    uint64_t *t = (uint64_t *)to;
    const uint64_t *f = (const uint64_t *)from;
    for (size_t i = 0; i < sizeof *to / sizeof *t; i++)
        t[i] += f[i];
}

void worker_figures(struct worker *all, struct worker_figures *out)
{
    memset(out, 0, sizeof *out);
    out->ticked_us = UINT64_MAX;
    for (unsigned i = 0; i < all->count; i++) {
        struct lane *w = &all->lane[i];
        pthread_mutex_lock(&w->lock);
        add_counters(&out->counters, &w->figures.counters);
        out->members += w->figures.members;
        out->rooms += w->figures.rooms;
        out->ticked_us = MIN(out->ticked_us, w->figures.ticked_us);
        out->receive_buffer = w->figures.receive_buffer;
        out->send_buffer = w->figures.send_buffer;
        pthread_mutex_unlock(&w->lock);
    }
}
