#define _GNU_SOURCE
#include "link.h"

#include "link_key.h"
#include "link_resolve.h"

#include "client/mailbox.h"
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

// Where the link thread stands.
enum phase {
    DOWN,    // nothing to do until somebody wants a connection
    WAIT,    // between two tries, until `deadline`
    RESOLVE, // `lookup` runs, until `deadline`
    CONNECT, // `wsi` is on its way, until `deadline`
    UP,      // on_up was called
    LEAVE    // up, but closing: waiting messages leave first, until `deadline`
};

struct target {
    char host[LINK_HOST_MAX], fingerprint[LINK_FINGERPRINT_SIZE]; // fingerprint "" = pins
    uint16_t port;
};

struct link {
    struct link_config config; // constant; its strings are not used, see `target` and `pins_path`
    char *pins_path;
    pthread_t thread;
    bool started;

    pthread_mutex_t lock; // covers the next block; never held while calling out
    struct target wanted_target;
    bool wanted, stop, changed, again;
    bool open; // link_send takes messages
    char last_error[LINK_SENTENCE_MAX];
    struct lws_context *context; // cleared before it is destroyed, so that wake never meets a dead one

    struct mailbox queue; // messages to be sent

    // Link thread only.
    struct target target;
    bool want, stopping, refused;
    enum phase phase;
    struct lws *wsi;
    lws_sorted_usec_list_t timer;
    uint64_t deadline, try_started, trouble_since, up_since;
    struct link_resolve *lookup;
    struct addr address[LINK_RESOLVE_MAX];
    size_t address_count, address_next;
    char *message; // inbound, being put together
    size_t message_size;
    char refusal[LINK_SENTENCE_MAX];
};

static void wake(void *ctx)
{
    struct link *link = ctx;
    pthread_mutex_lock(&link->lock);
    if (link->context)
        lws_cancel_service(link->context);
    pthread_mutex_unlock(&link->lock);
}

static void set_error(struct link *link, const char *what, const char *detail)
{
    pthread_mutex_lock(&link->lock);
    snprintf(link->last_error, sizeof link->last_error, "%.100s%.140s", what, detail);
    pthread_mutex_unlock(&link->lock);
    log_debug("link", "try failed relay=%s:%u why=\"%s%s\"", link->target.host, (unsigned)link->target.port, what,
              detail);
}

// Open or close the way in. What waits belonged to the connection before and is dropped.
static void queue_open(struct link *link, bool open)
{
    pthread_mutex_lock(&link->lock);
    link->open = open;
    pthread_mutex_unlock(&link->lock);
    for (char *text; (text = mailbox_take(&link->queue));)
        free(text);
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

// The connection or the try on `wsi` is over, for whatever reason; called once for each.
static void lost(struct link *link)
{
    enum phase was = link->phase;
    uint64_t now = clock_now_us();
    link->wsi = NULL;
    free(link->message);
    link->message = NULL;
    link->message_size = 0;
    queue_open(link, false);
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
        lost(link);
}

// ---- what libwebsockets tells ----

static bool check_key(struct link *link, struct lws *wsi)
{
    char shown[LINK_FINGERPRINT_SIZE];
    const struct link_key_rules rules = {link->target.host, link->target.port, link->target.fingerprint,
                                         link->pins_path, link->config.require_fingerprint};
    if (!link_key_fingerprint(lws_get_ssl(wsi), shown)) {
        set_error(link, "the relay shows no key", "");
        return false;
    }
    if (link_key_accept(&rules, shown, link->refusal))
        return true;
    link->refused = true;
    set_error(link, "the relay's key is not the expected one", "");
    return false;
}

static void established(struct link *link)
{
    char text[ADDR_TEXT_MAX];
    size_t at = link->address_next ? link->address_next - 1 : 0;
    link->phase = UP;
    link->up_since = clock_now_us();
    link->address_next = link->address_count = 0;
    queue_open(link, true);
    addr_host_text(&link->address[at], text);
    log_info("link", "connected relay=%s:%u address=%s", link->target.host, (unsigned)link->target.port, text);
    link->config.on_up(link->config.ctx, text);
}

// One piece of an inbound message. False = the connection must end.
static bool received(struct link *link, struct lws *wsi, const char *p, size_t n)
{
    if (lws_frame_is_binary(wsi) || n > LINK_MESSAGE_MAX - link->message_size) {
        log_warn("link", "the relay sent something that is no message, or one too long");
        lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
        return false;
    }
    char *grown = realloc(link->message, link->message_size + n + 1);
    if (!grown)
        return false;
    memcpy(grown + link->message_size, p, n);
    link->message = grown;
    link->message_size += n;
    grown[link->message_size] = 0;
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
        return true;
    size_t size = link->message_size;
    link->message = NULL; // on_message may give orders
    link->message_size = 0;
    if (link->phase == UP)
        link->config.on_message(link->config.ctx, grown, size);
    free(grown);
    return true;
}

// Send one message; the library calls again for the next. False = the connection must end.
static bool writeable(struct link *link, struct lws *wsi)
{
    char *text = mailbox_take(&link->queue);
    if (text) {
        size_t n = strlen(text);
        unsigned char *frame = base_alloc(LWS_PRE + n);
        memcpy(frame + LWS_PRE, text, n);
        free(text);
        bool ok = lws_write(wsi, frame + LWS_PRE, n, LWS_WRITE_TEXT) >= (int)n;
        free(frame);
        if (!ok)
            return false;
    }
    if (!mailbox_empty(&link->queue)) {
        lws_callback_on_writable(wsi);
    } else if (link->phase == LEAVE) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
        return false; // says goodbye, then closes
    }
    return true;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct link *link = lws_context_user(lws_get_context(wsi));
    (void)user;
    if (!link || !wsi || wsi != link->wsi) // one we let go of says nothing more to anybody, whatever its key
        return reason == LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER ? -1 : 0;
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: // the peer's key is known, nothing has been sent
        return link->config.tls && !check_key(link, wsi) ? -1 : 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        established(link);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return received(link, wsi, in, n) ? 0 : -1;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return writeable(link, wsi) ? 0 : -1;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        if (!link->refused)
            set_error(link, "the relay could not be reached: ", in ? in : "the connection failed");
        lost(link);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        log_info("link", "connection closed relay=%s:%u", link->target.host, (unsigned)link->target.port);
        set_error(link, "the relay closed the connection", "");
        lost(link);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY: // for endings that have no event of their own
        lost(link);
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {{CONTROL_PROTOCOL, on_event, 0, 16384, 0, NULL, 0},
                                                 {NULL, NULL, 0, 0, 0, NULL, 0}};

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
    // The fingerprint decides alone: names, issuers and dates of a certificate say nothing a pin does not say better,
    // and the clock of a kiosk may be wrong.
    if (link->config.tls)
        info.ssl_connection |= LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK |
                               LCCSCF_ALLOW_EXPIRED | LCCSCF_ALLOW_INSECURE;
    link->phase = CONNECT;
    link->deadline = clock_now_us() + CONNECT_US;
    if (!lws_client_connect_via_info(&info) && link->phase == CONNECT)
        lost(link);
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
    set_error(link, "its name could not be looked up: ", state == LINK_RESOLVE_RUNNING ? "no answer" : why);
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
    else if (link->phase == UP && !mailbox_empty(&link->queue))
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
        set_error(link, "the relay could not be reached: ", "no answer");
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
        .protocols = protocols,
        .gid = -1,
        .uid = -1,
        .user = link,
        .fd_limit_per_thread = 16, // else its tables are made for the process's whole limit
        .timeout_secs = CONNECT_US / SECOND,
        .connect_timeout_secs = CONNECT_US / SECOND,
        .options = LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS, // never asked, and slow to read
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
    free(link->message);
    free(link->pins_path);
    free(link);
}

void link_connect(struct link *link, const char *host, uint16_t port, const char *fingerprint)
{
    pthread_mutex_lock(&link->lock);
    set_target(&link->wanted_target, host, port, fingerprint);
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

void link_last_error(struct link *link, char *out, size_t size)
{
    pthread_mutex_lock(&link->lock);
    snprintf(out, size, "%s", link->last_error);
    pthread_mutex_unlock(&link->lock);
}
