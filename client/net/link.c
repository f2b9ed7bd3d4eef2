#define _GNU_SOURCE
#include "link.h"

#include "link_parts.h"

#include "client/thread.h"
#include "shared/clock.h"
#include "shared/control.h"
#include "shared/log.h"

#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECOND = 1000000,
    RESOLVE_US = 5 * SECOND,
    CONNECT_US = 8 * SECOND, // TCP, TLS and upgrade together
    LEAVE_US = 200000,       // for waiting messages and the closing handshake
    STEADY_US = 5 * SECOND,  // a connection shorter than this does not start the retry times anew
    PING_S = 5,
    DEAD_S = 12 // silence before we ping, and before the connection counts as dead
};

static void wake(void *ctx)
{
    struct link *link = ctx;
    pthread_mutex_lock(&link->lock);
    if (link->context)
        lws_cancel_service(link->context);
    pthread_mutex_unlock(&link->lock);
}

void link_set_error(struct link *link, const char *what, const char *detail)
{
    pthread_mutex_lock(&link->lock);
    snprintf(link->last_error, sizeof link->last_error, "%.100s%.140s", what, detail);
    pthread_mutex_unlock(&link->lock);
    log_debug("link", "try failed relay=%s:%u why=\"%s%s\"", link->target.host, (unsigned)link->target.port, what,
              detail);
}

void link_queue_open(struct link *link, bool open)
{
    pthread_mutex_lock(&link->lock);
    link->open = open;
    pthread_mutex_unlock(&link->lock);
    for (char *text; (text = mailbox_take(&link->queue));)
        free(text);
    media_box_clear(&link->media);
}

// ---- the connection ends ----

// WIRE §3: 250 ms apart for 10 s, 1 s for 60 s, then every 5 s, for ever.
static uint64_t retry_gap(uint64_t trouble_us)
{
    return trouble_us < 10ull * SECOND ? SECOND / 4 : trouble_us < 70ull * SECOND ? SECOND : 5ull * SECOND;
}

static void wait_for_next_try(struct link *link)
{
    uint64_t now = clock_now_us();
    link->phase = link->want ? WAIT : DOWN;
    link->deadline = MAX(now, link->try_started + retry_gap(now - link->trouble_since));
}

void link_lost(struct link *link)
{
    enum phase was = link->phase;
    uint64_t now = clock_now_us();
    link->wsi = NULL;
    free(link->message);
    link->message = NULL;
    link->message_size = link->pieces.size = 0;
    link_queue_open(link, false);
    if (was == UP || was == LEAVE) {
        if (now - link->up_since >= STEADY_US)
            link->trouble_since = now;
        link->config.on_down(link->config.ctx);
    }
    if (link->refused) {
        link->refused = link->want = false;
        pthread_mutex_lock(&link->lock);
        link->wanted = link->changed || link->again; // an order that came meanwhile still counts
        pthread_mutex_unlock(&link->lock);
        link->config.on_refused(link->config.ctx, link->refusal);
    }
    if (was == CONNECT && link->want && link->address_next < link->address_count) {
        link->phase = WAIT; // the name's next address, at once
        link->deadline = now;
    } else {
        link->address_next = link->address_count = 0;
        wait_for_next_try(link);
    }
}

static void kill_now(struct link *link)
{
    struct lws *wsi = link->wsi;
    if (!wsi)
        return;
    lws_set_timeout(wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_SYNC);
    if (link->wsi == wsi) // the library was silent about it
        link_lost(link);
}

// ---- trying ----

static void connect_next(struct link *link)
{
    static const lws_retry_bo_t idle = {.secs_since_valid_ping = PING_S, .secs_since_valid_hangup = DEAD_S};
    char address[ADDR_TEXT_MAX], host[LINK_HOST_MAX + 16];
    const struct addr *a = &link->address[link->address_next++];
    addr_host_text(a, address);
    snprintf(host, sizeof host, strchr(link->target.host, ':') ? "[%s]:%u" : "%s:%u", link->target.host,
             (unsigned)link->target.port);
    struct lws_client_connect_info info = {
        .context = link->context,
        .address = address, // numeric: the library's own look-up cannot block
        .port = link->target.port,
        .path = "/",
        .host = host,
        .protocol = CONTROL_PROTOCOL,
        .local_protocol_name = CONTROL_PROTOCOL,
        .ietf_version_or_minus_one = -1,
        .pwsi = &link->wsi,
        .alpn = "http/1.1",
        .retry_and_idle_policy = &idle,
        .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
    };
    // The library lets every certificate pass; link_key decides. Names, issuers and dates say nothing a fingerprint
    // does not say better, and the clock of a kiosk may be wrong: only a relay without either has its chain checked.
    if (link->config.tls)
        info.ssl_connection |= LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK |
                               LCCSCF_ALLOW_EXPIRED | LCCSCF_ALLOW_INSECURE;
    link->phase = CONNECT;
    link->deadline = clock_now_us() + CONNECT_US;
    if (!lws_client_connect_via_info(&info) && link->phase == CONNECT)
        link_lost(link);
}

static void start_try(struct link *link)
{
    if (link->address_next < link->address_count) {
        connect_next(link);
        return;
    }
    link->try_started = clock_now_us();
    link->address_next = link->address_count = 0;
    if (addr_literal(&link->address[0], link->target.host, link->target.port)) {
        link->address_count = 1;
        connect_next(link);
        return;
    }
    link->lookup = link_resolve_start(link->target.host, link->target.port, wake, link);
    link->phase = RESOLVE;
    link->deadline = link->try_started + RESOLVE_US;
}

static void step_resolve(struct link *link, uint64_t now)
{
    const char *why = "too many names are being looked up";
    enum link_resolve_state state =
        link->lookup ? link_resolve_poll(link->lookup, link->address, &link->address_count, &why) : LINK_RESOLVE_FAILED;
    if (link->want && state == LINK_RESOLVE_RUNNING && now < link->deadline)
        return;
    link_resolve_forget(link->lookup);
    link->lookup = NULL;
    if (link->want && state == LINK_RESOLVE_DONE) {
        connect_next(link);
        return;
    }
    link_set_error(link, "its name could not be looked up: ", state == LINK_RESOLVE_RUNNING ? "no answer" : why);
    wait_for_next_try(link);
}

// Close in good order: stop taking messages, send what waits, say goodbye.
static void leave(struct link *link, uint64_t now)
{
    pthread_mutex_lock(&link->lock);
    link->open = false;
    pthread_mutex_unlock(&link->lock);
    link->phase = LEAVE;
    link->deadline = now + LEAVE_US;
    lws_callback_on_writable(link->wsi);
}

static bool same_target(const struct target *a, const struct target *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0 && strcmp(a->fingerprint, b->fingerprint) == 0;
}

static void take_orders(struct link *link, uint64_t now)
{
    pthread_mutex_lock(&link->lock);
    bool changed = link->changed, again = link->again;
    link->changed = link->again = false;
    link->stopping = link->stop;
    link->want = link->wanted && !link->stop;
    if (changed && same_target(&link->target, &link->wanted_target)) {
        changed = false;
        again = again || link->phase != UP; // asked for once more: now, not after the wait
    }
    if (changed)
        link->target = link->wanted_target;
    pthread_mutex_unlock(&link->lock);
    if (changed || again) {
        link->trouble_since = now;
        link->try_started = 0;
        link->address_next = link->address_count = 0;
        if (link->phase == WAIT)
            link->deadline = now;
        if (link->phase == RESOLVE) {
            link_resolve_forget(link->lookup);
            link->lookup = NULL;
            wait_for_next_try(link);
        }
        if (link->phase == CONNECT || (again && link->phase == UP))
            kill_now(link);
    }
    if (link->phase == UP && (changed || !link->want))
        leave(link, now);
    else if (link->phase == UP && (!mailbox_empty(&link->queue) || !media_box_empty(&link->media)))
        lws_callback_on_writable(link->wsi);
}

// Bring the state up to date; sets the timer for the next deadline. False when the thread may end.
static bool step(struct link *link)
{
    uint64_t now = clock_now_us();
    take_orders(link, now);
    switch (link->phase) {
    case DOWN:
    case WAIT:
        if (!link->want)
            link->phase = DOWN;
        else if (link->phase == DOWN || now >= link->deadline)
            start_try(link);
        break;
    case RESOLVE:
        step_resolve(link, now);
        break;
    case CONNECT:
        if (link->want && now < link->deadline)
            break;
        link_set_error(link, "the relay could not be reached: ", "no answer");
        kill_now(link);
        break;
    case LEAVE:
        if (now >= link->deadline)
            kill_now(link);
        break;
    case UP:
        break;
    }
    if (link->phase == DOWN && link->stopping)
        return false;
    if (link->phase != DOWN && link->phase != UP)
        lws_sul_schedule(link->context, 0, &link->timer, link->timer.cb,
                         link->deadline > now ? (lws_usec_t)(link->deadline - now) : 1);
    return true;
}

// ---- the thread ----

static void library_log(int level, const char *line)
{
    (void)level;
    log_debug("lws", "%.*s", (int)strcspn(line, "\n"), line);
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
    // A timer that is ripe when the service call begins runs before its poll, which would then wait for half a minute:
    // only the wake-up makes sure that the call returns and step looks at the clock.
    struct link *link = (struct link *)(void *)((char *)timer - offsetof(struct link, timer));
    lws_cancel_service(link->context);
}

static bool make_context(struct link *link)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = link_protocols,
        .gid = -1,
        .uid = -1,
        .user = link,
        .fd_limit_per_thread = 16, // else its tables are made for the process's whole limit
        .timeout_secs = CONNECT_US / SECOND,
        .connect_timeout_secs = CONNECT_US / SECOND,
        .options = LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS, // slow to read; link_key asks them where it must
    };
    if (link->config.tls) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_client_options_set = (long)(SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2);
    }
    struct lws_context *context = lws_create_context(&info);
    pthread_mutex_lock(&link->lock);
    link->context = context;
    pthread_mutex_unlock(&link->lock);
    return context != NULL;
}

static void *run(void *arg)
{
    struct link *link = arg;
    sigset_t pipe_signal; // the TLS library writes with write(2); a closed peer must be an error, not a signal
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    if (!make_context(link)) {
        log_error("link", "libwebsockets cannot start");
        link->config.on_refused(link->config.ctx, "The network library cannot start.");
        return NULL;
    }
    link->timer.cb = on_timer;
    link->trouble_since = clock_now_us();
    while (step(link))
        if (lws_service(link->context, 0) < 0)
            break;
    pthread_mutex_lock(&link->lock);
    struct lws_context *context = link->context;
    link->context = NULL;
    pthread_mutex_unlock(&link->lock);
    lws_sul_schedule(context, 0, &link->timer, NULL, LWS_SET_TIMER_USEC_CANCEL);
    lws_context_destroy(context);
    return NULL;
}

// ---- orders from other threads ----

static void set_target(struct target *t, const char *host, uint16_t port, const char *fingerprint)
{
    snprintf(t->host, sizeof t->host, "%s", host);
    snprintf(t->fingerprint, sizeof t->fingerprint, "%s", fingerprint ? fingerprint : "");
    t->port = port;
}

struct link *link_create(const struct link_config *config)
{
    struct link *link = base_alloc(sizeof *link);
    mailbox_init(&link->queue, LINK_QUEUE_MAX, wake, link);
    pthread_mutex_init(&link->lock, NULL);
    media_box_init(&link->media);
    link->config = *config;
    if (config->pins_path)
        link->pins_path = base_strdup(config->pins_path);
    if (config->host) {
        set_target(&link->wanted_target, config->host, config->port, config->fingerprint);
        link->wanted = link->changed = true;
    }
    link->config.host = link->config.fingerprint = link->config.pins_path = NULL;
    lws_set_log_level(LLL_ERR | LLL_WARN, library_log);
    return link;
}

bool link_start(struct link *link)
{
    link->started = thread_start(&link->thread, "link", run, link);
    return link->started;
}

void link_stop(struct link *link)
{
    pthread_mutex_lock(&link->lock);
    link->stop = true;
    pthread_mutex_unlock(&link->lock);
    wake(link);
}

void link_join(struct link *link)
{
    if (link->started)
        pthread_join(link->thread, NULL);
    link->started = false;
}

void link_destroy(struct link *link)
{
    if (!link)
        return;
    mailbox_destroy(&link->queue, free);
    pthread_mutex_destroy(&link->lock);
    media_box_destroy(&link->media);
    free(link->message);
    free(link->pins_path);
    free(link);
}

void link_connect(struct link *link, const char *host, uint16_t port, const char *fingerprint)
{
    pthread_mutex_lock(&link->lock);
    set_target(&link->wanted_target, host, port, fingerprint);
    link->again |= link->changed; // there and back: a new connection all the same
    link->wanted = link->changed = true;
    pthread_mutex_unlock(&link->lock);
    wake(link);
}

void link_disconnect(struct link *link)
{
    pthread_mutex_lock(&link->lock);
    link->wanted = false;
    pthread_mutex_unlock(&link->lock);
    wake(link);
}

void link_reconnect_now(struct link *link)
{
    pthread_mutex_lock(&link->lock);
    link->wanted = link->wanted_target.host[0] != 0;
    link->again = true;
    pthread_mutex_unlock(&link->lock);
    wake(link);
}

bool link_send(struct link *link, char *text)
{
    size_t n = strlen(text);
    pthread_mutex_lock(&link->lock);
    bool open = link->open && n <= WIRE_CONTROL_MAX;
    pthread_mutex_unlock(&link->lock);
    return open && mailbox_push(&link->queue, text);
}

void link_send_media(struct link *link, const uint8_t *p, size_t n)
{
    pthread_mutex_lock(&link->lock);
    bool open = link->open;
    pthread_mutex_unlock(&link->lock);
    if (open && media_box_push(&link->media, p, n))
        wake(link);
}

void link_last_error(struct link *link, char *out, size_t size)
{
    pthread_mutex_lock(&link->lock);
    snprintf(out, size, "%s", link->last_error);
    pthread_mutex_unlock(&link->lock);
}
