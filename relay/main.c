// parlour-relay: start, say that it is ready, serve until SIGTERM.
#define _GNU_SOURCE
#include "certificate.h"
#include "control_server.h"
#include "relay_options.h"
#include "shared/log.h"
#include "worker.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE = 512 };

struct relay {
    struct relay_options options;
    struct worker *worker;
    struct control_server *control;
    char *cert, *key;
    char fingerprint[CERTIFICATE_FINGERPRINT];
};

static struct control_server *serving; // for the signal handler

static void on_signal(int number)
{
    (void)number;
    control_server_stop(serving);
}

static void set_signals(struct control_server *control)
{
    struct sigaction stop = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    serving = control;
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
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
    return certificate_fingerprint(r->cert, r->fingerprint, error, SENTENCE);
}

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
    char control[ADDR_TEXT_MAX], media[ADDR_TEXT_MAX];
    struct addr a = *worker_address(r->worker);
    addr_text(&a, media);
    addr_set_port(&a, control_server_port(r->control));
    addr_text(&a, control);
    printf("ready control=%s media=%s fingerprint=%s\n", control, media, r->fingerprint);
    fflush(stdout);
    log_info("main", "ready control=%s media=%s", control, media);
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
        !certificate_ticket_key(o->state_dir, control.ticket_key, &existed, error, sizeof error))
        return give_up(error, EXIT_BAD_CONFIG);
    worker.count = (unsigned)o->workers;
    worker.socket_buffer = o->socket_buffer * 1024;
    worker.history_bytes = (size_t)o->history_mb << 20;
    worker.members_max = (unsigned)o->max_members;
    worker.rooms_max = (unsigned)o->max_rooms;
    randombytes_buf(worker.probe_key, sizeof worker.probe_key);
    memcpy(worker.ticket_key, control.ticket_key, sizeof worker.ticket_key);
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
    sodium_memzero(control.ticket_key, sizeof control.ticket_key);
    sodium_memzero(worker.ticket_key, sizeof worker.ticket_key);
    if (!r->control)
        return give_up(error, EXIT_NOT_CONNECTED);
    control_server_set_worker(r->control, r->worker);
    worker_set_wake(r->worker, control_server_wake, r->control);
    return EXIT_OK;
}

static int serve(struct relay *r)
{
    set_signals(r->control);
    if (!worker_start(r->worker))
        return give_up("cannot start a thread", EXIT_INTERNAL);
    say_ready(r);
    control_server_run(r->control);
    log_info("main", "stopping");
    worker_stop(r->worker);
    worker_join(r->worker);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    struct relay r = {.worker = NULL};
    enum options_result read = relay_options_read(&r.options, argc, argv);
    if (read != OPTIONS_RUN) {
        relay_options_free(&r.options);
        return read == OPTIONS_DONE ? EXIT_OK : read == OPTIONS_CONFIG ? EXIT_BAD_CONFIG : EXIT_USAGE_ERROR;
    }
    int least = r.options.quiet ? LOG_ERROR : MIN(LOG_INFO + r.options.verbose, LOG_DEBUG);
    log_setup((enum log_level)least, strcmp(r.options.log_format, "json") == 0);
    int code = sodium_init() < 0 ? give_up("libsodium does not start", EXIT_INTERNAL) : start(&r);
    if (code == EXIT_OK)
        code = serve(&r);
    control_server_destroy(r.control);
    worker_destroy(r.worker);
    free(r.cert);
    free(r.key);
    relay_options_free(&r.options);
    return code;
}
