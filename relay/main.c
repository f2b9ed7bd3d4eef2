// parlour-relay: start, say that it is ready, serve until SIGTERM.
#define _GNU_SOURCE
#include "admin.h"
#include "admin_metrics.h"
#include "certificate.h"
#include "control_server.h"
#include "notify.h"
#include "relay_options.h"
#include "sandbox.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "worker.h"

#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE = 512, TICK_LATE_US = 5000000, READABLE = SANDBOX_DIRS };

struct relay {
    struct relay_options options;
    int argc; // options are read again on SIGHUP
    char **argv;
    struct worker *worker;
    struct control_server *control;
    struct admin *admin; // NULL = off
    struct admin_health health;
    struct notify notify;
    int64_t started_s;
    _Atomic bool draining;
    uint64_t drained_us; // when the drain is over
    char *cert, *key;
    char fingerprint[CERTIFICATE_FINGERPRINT];
    uint8_t *ticket_key; // 32 bytes in guarded memory, the only copy
};

// ---- signals ----

static struct control_server *serving; // for the signal handler
static volatile sig_atomic_t terms, interrupted, reloads;

static void on_signal(int number)
{
    if (number == SIGHUP)
        reloads = 1;
    else if (number == SIGTERM)
        terms = terms + 1;
    else
        interrupted = 1;
    control_server_wake(serving);
}

static void set_signals(struct control_server *control)
{
    struct sigaction act = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    serving = control;
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

static enum log_level level_of(const struct relay_options *o)
{
    return o->quiet ? LOG_ERROR : (enum log_level)MIN(LOG_INFO + o->verbose, LOG_DEBUG);
}

static int give_up(const char *why, int code)
{
    fprintf(stderr, "parlour-relay: %s.\n", why);
    return code;
}

static bool find_certificate(struct relay *r, char error[SENTENCE])
{
    const struct relay_options *o = &r->options;
    if (!o->tls) {
        memcpy(r->fingerprint, "-", 2);
        return true;
    }
    if (*o->tls_cert) {
        r->cert = base_strdup(o->tls_cert);
        r->key = base_strdup(o->tls_key);
    } else if (!certificate_self_signed(o->state_dir, &r->cert, &r->key, error, SENTENCE)) {
        return false;
    }
    return certificate_use(NULL, r->cert, r->key, error, SENTENCE) &&
           certificate_fingerprint(r->cert, r->fingerprint, error, SENTENCE);
}

// SIGHUP: options and certificate are read again. What cannot be used changes nothing.
static void reload(struct relay *r)
{
    struct relay_options fresh;
    char error[SENTENCE];
    notify_reloading(&r->notify, clock_now_us());
    bool readable = relay_options_read(&fresh, r->argc, r->argv) == OPTIONS_RUN;
    if (readable) { // the worker's tables keep the size they were made with
        log_set_level(level_of(&fresh));
        control_server_limits(r->control, (unsigned)MIN(fresh.max_rooms, r->options.max_rooms),
                              (unsigned)MIN(fresh.max_members, r->options.max_members));
    } else {
        log_error("main", "the options cannot be read again: all stays as it was");
    }
    bool own = readable && r->options.tls && *fresh.tls_cert;
    const char *cert = own ? fresh.tls_cert : r->cert, *key = own ? fresh.tls_key : r->key;
    if (!r->options.tls)
        log_info("main", "reloaded%s", readable ? "" : " nothing");
    else if (!control_server_certificate(r->control, cert, key, error, sizeof error) ||
             !certificate_fingerprint(cert, r->fingerprint, error, sizeof error))
        log_error("main", "the certificate stays as it was: %s", error);
    else
        log_info("main", "reloaded fingerprint=%s", r->fingerprint);
    relay_options_free(&fresh);
    notify_ready(&r->notify, "serving");
}

// ---- the end ----

static bool nobody_here(const struct relay *r)
{
    struct control_server_figures control;
    struct worker_figures media;
    control_server_figures(r->control, &control);
    worker_figures(r->worker, &media);
    return control.members == 0 && media.members == 0;
}

// SIGTERM: everybody is told, nobody new is taken in, and calls go on until the time is over.
static void drain(struct relay *r)
{
    static const struct core_command everybody = {.type = CORE_DRAIN};
    if (!r->draining) {
        r->draining = true;
        r->drained_us = clock_now_us() + (uint64_t)r->options.drain * 1000000;
        log_info("main", "draining for at most %d s", r->options.drain);
        notify_stopping(&r->notify);
        control_server_drain(r->control);
        worker_post(r->worker, &everybody);
    }
    if (terms > 1 || clock_now_us() >= r->drained_us || nobody_here(r))
        control_server_stop(r->control);
}

// A worker that hangs is for the service manager to see: it ends us and starts us again.
static bool workers_tick(const struct relay *r, uint64_t now_us)
{
    struct worker_figures media;
    worker_figures(r->worker, &media);
    return now_us < media.ticked_us + TICK_LATE_US;
}

// On the control thread, after every wake-up and five times a second.
static void on_tick(void *ctx)
{
    struct relay *r = ctx;
    if (interrupted)
        control_server_stop(r->control);
    else if (terms)
        drain(r);
    if (reloads) {
        reloads = 0;
        reload(r);
    }
    notify_alive(&r->notify, workers_tick(r, clock_now_us()), clock_now_us());
    log_tick();
}

// ---- the admin port ----

static bool health(void *ctx, char why[ADMIN_HEALTH_WHY])
{
    const struct relay *r = ctx;
    struct control_server_figures control;
    control_server_figures(r->control, &control);
    if (clock_now_us() - control.ticked_us > TICK_LATE_US) {
        snprintf(why, ADMIN_HEALTH_WHY, "the control thread does not answer");
        return false;
    }
    return admin_health_check(&r->health, why);
}

static size_t metrics(void *ctx, char *out, size_t size)
{
    struct relay *r = ctx;
    struct admin_metrics m = {.started_s = r->started_s, .workers = r->health.workers, .draining = r->draining};
    (void)size; // ADMIN_METRICS_MAX
    worker_figures(r->worker, &m.media);
    control_server_figures(r->control, &m.control);
    log_counts(&m.log_lines, &m.log_suppressed);
    m.now_us = clock_now_us();
    return admin_metrics_write(&m, out);
}

// A default port in use stops nobody: several relays may share a machine.
static int open_admin(struct relay *r, const uint8_t probe_key[16])
{
    const char *text = r->options.admin;
    bool chosen = strcmp(text, "auto") != 0;
    struct admin_config config = {.health = health, .metrics = metrics, .metrics_max = ADMIN_METRICS_MAX, .ctx = r};
    char error[SENTENCE];
    memcpy(r->health.key, probe_key, sizeof r->health.key);
    r->health.media = *worker_address(r->worker);
    r->health.workers = (unsigned)r->options.workers;
    if (!*text || strcmp(text, "none") == 0)
        return EXIT_OK;
    if (!admin_parse(chosen ? text : "127.0.0.1:5002", &config.listen))
        return give_up("--admin takes a literal address and port, such as 127.0.0.1:5002, or none", EXIT_USAGE_ERROR);
    r->admin = admin_create(&config, error, sizeof error);
    if (!r->admin && chosen)
        return give_up(error, EXIT_NOT_CONNECTED);
    if (!r->admin)
        log_warn("main", "%s; going on without (see --admin)", error);
    return EXIT_OK;
}

// ---- the start ----

static bool find_advertised(const struct relay *r, char *host, size_t size, uint16_t *port, char error[SENTENCE])
{
    const char *text = r->options.advertise;
    host[0] = 0;
    if (!*text || addr_split(text, *port, host, size, port))
        return true;
    snprintf(error, SENTENCE, "--advertise '%s' is no HOST[:PORT]", text);
    return false;
}

static void say_ready(const struct relay *r)
{
    char control[ADDR_TEXT_MAX], media[ADDR_TEXT_MAX], admin[ADDR_TEXT_MAX] = "none";
    struct addr a = *worker_address(r->worker);
    addr_text(&a, media);
    addr_set_port(&a, control_server_port(r->control));
    addr_text(&a, control);
    if (r->admin)
        addr_text(admin_address(r->admin), admin);
    printf("ready control=%s media=%s fingerprint=%s admin=%s\n", control, media, r->fingerprint, admin);
    fflush(stdout);
    log_info("main", "ready control=%s media=%s admin=%s", control, media, admin);
}

static int start(struct relay *r)
{
    const struct relay_options *o = &r->options;
    struct control_server_config control = {.listen = o->listen, .port = (uint16_t)o->control_port};
    struct worker_config worker = {.listen = o->listen, .port = (uint16_t)o->media_port};
    char error[SENTENCE], host[64];
    bool existed;
    struct addr literal;
    if (*o->listen && !addr_literal(&literal, o->listen, 0))
        return give_up("--listen takes a literal address, such as 127.0.0.1 or ::1", EXIT_USAGE_ERROR);
    if (!certificate_directory(o->state_dir, error, sizeof error) || !find_certificate(r, error) ||
        !certificate_ticket_key(o->state_dir, r->ticket_key, &existed, error, sizeof error))
        return give_up(error, EXIT_BAD_CONFIG);
    sodium_mprotect_readonly(r->ticket_key);
    control.ticket_key = worker.ticket_key = r->ticket_key;
    worker.count = (unsigned)o->workers;
    worker.socket_buffer = o->socket_buffer * 1024;
    worker.history_bytes = (size_t)o->history_mb << 20;
    worker.members_max = (unsigned)o->max_members;
    worker.rooms_max = (unsigned)o->max_rooms;
    randombytes_buf(worker.probe_key, sizeof worker.probe_key);
    r->worker = worker_create(&worker, error, sizeof error);
    if (!r->worker)
        return give_up(error, EXIT_NOT_CONNECTED);
    control.media_port = addr_port(worker_address(r->worker));
    if (!find_advertised(r, host, sizeof host, &control.media_port, error))
        return give_up(error, EXIT_USAGE_ERROR);
    control.media_host = host;
    control.cert = r->cert;
    control.key = r->key;
    control.cold = existed;
    r->control = control_server_create(&control, error, sizeof error);
    if (!r->control)
        return give_up(error, EXIT_NOT_CONNECTED);
    control_server_set_worker(r->control, r->worker);
    control_server_limits(r->control, (unsigned)o->max_rooms, (unsigned)o->max_members);
    worker_set_wake(r->worker, control_server_wake, r->control);
    control_server_set_tick(r->control, on_tick, r);
    r->started_s = clock_wall_ms() / 1000;
    return open_admin(r, worker.probe_key);
}

// The directory of a file, and where that file really is: /etc/letsencrypt/live has links only. Both malloced.
static void add_readable(struct sandbox *s, char *owned[READABLE], unsigned *n, const char *file)
{
    char *real = realpath(file, NULL);
    for (unsigned i = 0; i < 2 && *n < READABLE; i++) {
        const char *path = i == 0 ? file : real;
        if (!path)
            continue;
        char *copy = base_strdup(path);
        s->readable[*n] = dirname(copy);
        owned[(*n)++] = copy;
    }
    free(real);
}

static void give_up_rights(struct relay *r)
{
    json_object_seed(randombytes_random() | 1); // it would read /dev/urandom at the first message
    struct sandbox s = {.readable = {NULL}};
    char *owned[READABLE] = {NULL}, *config = relay_options_config(r->argc, r->argv);
    unsigned n = 0;
    if (r->cert) { // with a state directory of our own: that one
        add_readable(&s, owned, &n, r->cert);
        add_readable(&s, owned, &n, r->key);
    }
    if (config)
        add_readable(&s, owned, &n, config);
    free(config);
    sandbox_enter(&s);
    for (unsigned i = 0; i < n; i++)
        free(owned[i]);
}

static int serve(struct relay *r)
{
    set_signals(r->control);
    if (r->options.sandbox)
        give_up_rights(r);
    if (!worker_start(r->worker) || (r->admin && !admin_start(r->admin)))
        return give_up("cannot start a thread", EXIT_INTERNAL);
    say_ready(r);
    notify_ready(&r->notify, "serving");
    control_server_run(r->control);
    log_info("main", "stopping");
    admin_destroy(r->admin);
    r->admin = NULL;
    worker_stop(r->worker);
    worker_join(r->worker);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    struct relay r = {.argc = argc, .argv = argv, .notify = {.fd = -1}};
    enum options_result read = relay_options_read(&r.options, argc, argv);
    if (read != OPTIONS_RUN) {
        relay_options_free(&r.options);
        return read == OPTIONS_DONE ? EXIT_OK : read == OPTIONS_CONFIG ? EXIT_BAD_CONFIG : EXIT_USAGE_ERROR;
    }
    log_setup(level_of(&r.options), strcmp(r.options.log_format, "json") == 0);
    notify_open(&r.notify);
    r.ticket_key = sodium_init() < 0 ? NULL : sodium_malloc(32);
    int code = r.ticket_key ? start(&r) : give_up("libsodium does not start", EXIT_INTERNAL);
    if (code == EXIT_OK)
        code = serve(&r);
    admin_destroy(r.admin);
    control_server_destroy(r.control);
    worker_destroy(r.worker);
    notify_close(&r.notify);
    free(r.cert);
    free(r.key);
    sodium_free(r.ticket_key);
    relay_options_free(&r.options);
    return code;
}
