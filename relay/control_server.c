#define _GNU_SOURCE
#include "control_socket.h"

#include "certificate.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

// Who is dead must be out of the list of people within 15 s. The library's own way would wait for the dead to say
// goodbye.
enum { SILENT_US = 13000000, HANDSHAKE_S = WIRE_TLS_MS / 1000 };

static void take_random(void *ctx, void *out, size_t n)
{
    (void)ctx;
    randombytes_buf(out, n);
}

// ---- what the logic wants done ----

// Without a close frame, which would have to wait for the other end.
static void kill_soon(struct lws *wsi)
{
    lws_set_timeout(wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
}

static void cut_off(struct control_server *s, struct control_socket *x)
{
    x->closing = true;
    control_out_clear(&x->out);
    kill_soon(s->wsi[x->conn]);
}

static void send_text(void *ctx, uint32_t conn, char *text)
{
    struct control_server *s = ctx;
    struct control_socket *x = s->wsi[conn] ? lws_wsi_user(s->wsi[conn]) : NULL;
    if (x && !x->closing) {
        if (control_out_push(&x->out, text))
            lws_callback_on_writable(s->wsi[conn]);
        else
            cut_off(s, x);
    }
    free(text);
}

static void close_text(void *ctx, uint32_t conn)
{
    struct control_server *s = ctx;
    struct control_socket *x = s->wsi[conn] ? lws_wsi_user(s->wsi[conn]) : NULL;
    if (!x)
        return;
    x->closing = true;
    lws_callback_on_writable(s->wsi[conn]);
}

static void give_command(void *ctx, const struct core_command *command)
{
    struct control_server *s = ctx;
    worker_post(s->worker, command);
}

// ---- sources of connections not yet greeted ----

// Counted from the accept on, so that half-open TLS counts too; the wsi carries its place + 1.
static void count_arrival(struct control_server *s, struct lws *wsi)
{
    void *evicted;
    unsigned host = guard_host(&s->logic->guard, &s->arriving);
    s->now.accepted++;
    unsigned place = arrivals_add(&s->arrivals, host, wsi, clock_now_us(), &evicted);
    lws_set_opaque_user_data(wsi, (void *)(uintptr_t)(place + 1));
    if (!evicted)
        return;
    lws_set_opaque_user_data(evicted, NULL);
    kill_soon(evicted);
}

void control_server_discount(struct control_server *s, struct lws *wsi)
{
    uintptr_t place = (uintptr_t)lws_get_opaque_user_data(wsi);
    if (place == 0)
        return;
    arrivals_remove(&s->arrivals, (unsigned)(place - 1));
    lws_set_opaque_user_data(wsi, NULL);
}

// The library gives a message when all of it, or 4 KiB, have come; what is still to come of a frame it tells at any
// time.
static void end_the_slow_message(struct control_server *s, struct lws *wsi, struct control_socket *x, uint64_t now_us)
{
    if (!x->in && lws_remaining_packet_payload(wsi) == 0)
        x->slow_since_us = 0;
    else if (!x->slow_since_us || x->slow_message != x->messages)
        x->slow_since_us = now_us;
    else if (!x->closing && now_us - x->slow_since_us > WIRE_MESSAGE_MS * 1000ull)
        cut_off(s, x);
    x->slow_message = x->messages;
}

// libwebsockets' own timeouts begin anew at each step and count whole seconds: these are the limits that hold.
static void end_the_slow(struct control_server *s, uint64_t now_us)
{
    struct lws *late;
    for (unsigned i = 0; i < ARRIVALS_MAX; i++) {
        struct lws *wsi = s->arrivals.at[i].owner;
        SSL *tls = wsi ? lws_get_ssl(wsi) : NULL;
        if (wsi && (!s->tls || (tls && SSL_is_init_finished(tls))))
            arrivals_secured(&s->arrivals, i, now_us);
    }
    while ((late = arrivals_expired(&s->arrivals, now_us))) {
        lws_set_opaque_user_data(late, NULL);
        kill_soon(late);
    }
    for (unsigned i = 0; i < CONTROL_LOGIC_CONNS; i++)
        if (s->wsi[i])
            end_the_slow_message(s, s->wsi[i], lws_wsi_user(s->wsi[i]), now_us);
}

static void end_the_silent(struct control_server *s, uint64_t now_us)
{
    for (unsigned i = 0; i < CONTROL_LOGIC_CONNS; i++) {
        struct lws *wsi = s->wsi[i];
        struct control_socket *x = wsi ? lws_wsi_user(wsi) : NULL;
        if (x && now_us - x->heard_us <= SILENT_US) {
            control_socket_ping(wsi, x, now_us);
        } else if (x) {
            control_socket_closed(s, x); // whatever the library still does with it
            kill_soon(wsi);
        }
    }
}

static int filter_source(struct control_server *s, const struct lws_filter_network_conn_args *a)
{
    s->arriving.length = MIN(a->clilen, (socklen_t)sizeof s->arriving.in6);
    memcpy(&s->arriving.in6, &a->cli_addr, s->arriving.length);
    bool may = arrivals_may(&s->arrivals, guard_host(&s->logic->guard, &s->arriving));
    s->now.refused += !may;
    return may ? 0 : -1;
}

static struct control_server *server_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

static void take_events(struct control_server *s)
{
    struct core_event e;
    while (s->worker && worker_take(s->worker, &e))
        control_logic_event(s->logic, &e, clock_now_us());
    sodium_memzero(&e, sizeof e);
}

static void publish(struct control_server *s, uint64_t now)
{
    unsigned connections = 0;
    for (unsigned i = 0; i < CONTROL_LOGIC_CONNS; i++)
        connections += s->wsi[i] != NULL;
    s->now.connections = connections;
    s->now.arriving = s->arrivals.count;
    s->now.rooms = s->logic->rooms.count;
    s->now.members = s->logic->rooms.members;
    s->now.people = s->logic->people.here;
    s->now.ringing = s->logic->people.ringing;
    s->now.calls = s->logic->people.calls;
    s->now.wrong_codes = s->logic->guard.wrong;
    s->now.ticked_us = now;
    pthread_mutex_lock(&s->lock);
    s->figures = s->now;
    pthread_mutex_unlock(&s->lock);
}

static void tick(struct control_server *s)
{
    publish(s, clock_now_us());
    if (s->tick)
        s->tick(s->tick_ctx);
}

static int on_parlour(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        return control_socket_opened(server_of(wsi), wsi, user);
    case LWS_CALLBACK_RECEIVE:
        return control_socket_received(server_of(wsi), wsi, user, in, n);
    case LWS_CALLBACK_RECEIVE_PONG:
        control_socket_answered(user);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return control_socket_writable(wsi, user);
    case LWS_CALLBACK_CLOSED:
        control_socket_closed(server_of(wsi), user);
        break;
    default:
        break;
    }
    return 0;
}

// Protocol 0: what is no WebSocket of ours, and the life of connections.
static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    (void)in;
    (void)n;
    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return filter_source(server_of(wsi), user);
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        if (!server_of(wsi)->adopting)
            count_arrival(server_of(wsi), wsi);
        break;
    case LWS_CALLBACK_WSI_DESTROY:
        control_server_discount(server_of(wsi), wsi);
        break;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        take_events(server_of(wsi));
        tick(server_of(wsi));
        break;
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS: // told once, when the vhost is made
        server_of(wsi)->tls_context = user;
        break;
    case LWS_CALLBACK_HTTP:
        lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL);
        return -1;
    case LWS_CALLBACK_ESTABLISHED: // a WebSocket without our sub-protocol
        return -1;
    default:
        break;
    }
    return 0;
}

static const struct lws_protocols protocols[] = {
    {"http", on_http, 0, 0, 0, NULL, 0},
    {CONTROL_PROTOCOL, on_parlour, sizeof(struct control_socket), 4096, 0, NULL, 0},
    {BRIDGE_PROTOCOL, bridge_on_file, sizeof(struct bridge_file), 0, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

// ---- life ----

static void end_bridges(struct control_server *s, uint64_t now_us)
{
    for (unsigned i = 0; i < CONTROL_LOGIC_CONNS; i++)
        if (s->wsi[i])
            control_socket_end_bridge(s, lws_wsi_user(s->wsi[i]), now_us);
}

static void library_log(int level, const char *line)
{
    int n = (int)strcspn(line, "\n");
    if (level & LLL_ERR)
        log_warn("control_server", "libwebsockets: %.*s", n, line);
    else
        log_debug("control_server", "libwebsockets: %.*s", n, line);
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct control_server *s = lws_container_of(timer, struct control_server, timer);
    control_logic_tick(s->logic, clock_now_us(), (uint64_t)clock_wall_ms() / 1000);
    end_the_slow(s, clock_now_us());
    end_the_silent(s, clock_now_us());
    end_bridges(s, clock_now_us());
    tick(s);
    lws_sul_schedule(s->context, 0, &s->timer, on_timer, CONTROL_LOGIC_TICK_US);
}

static struct control_logic *make_logic(struct control_server *s, const struct control_server_config *config)
{
    struct control_logic_config c = {.cold = config->cold, .media_port = config->media_port};
    c.ticket_key = config->ticket_key;
    snprintf(c.media_host, sizeof c.media_host, "%s", config->media_host);
    c.random = take_random;
    c.send = send_text;
    c.close = close_text;
    c.command = give_command;
    c.ctx = s;
    struct control_logic *l = control_logic_create(&c, clock_now_us(), (uint64_t)clock_wall_ms() / 1000);
    sodium_memzero(&c, sizeof c);
    return l;
}

// As many open files as the limits of the protocol may come to. Returns how many the library may have: when those are
// in use it lets new connections wait, where the kernel's own refusal would make it spin.
static unsigned allow_descriptors(void)
{
    enum { SPARE = 64, WANTED = 2 * CONTROL_LOGIC_CONNS + 2 * SPARE }; // a connection, and its bridge
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < WANTED) {
        r.rlim_cur = MIN(r.rlim_max, (rlim_t)WANTED);
        setrlimit(RLIMIT_NOFILE, &r);
    }
    if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur >= WANTED)
        return WANTED - SPARE;
    log_warn("control_server", "open files allowed=%llu wanted=%d: with more connections, new ones wait",
             (unsigned long long)r.rlim_cur, WANTED);
    return (unsigned)MIN(r.rlim_cur > 2 * SPARE ? r.rlim_cur - SPARE : r.rlim_cur / 2, (rlim_t)WANTED - SPARE);
}

struct control_server *control_server_create(const struct control_server_config *config, char *error, size_t error_size)
{
    struct control_server *s = base_alloc(sizeof *s);
    struct lws_context_creation_info info = {.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS, .user = s};
    lws_set_log_level(LLL_ERR | LLL_WARN, library_log);
    s->logic = make_logic(s, config);
    pthread_mutex_init(&s->lock, NULL);
    s->tls = config->cert != NULL;
    info.port = config->port;
    info.iface = config->listen && *config->listen ? config->listen : NULL;
    if (info.iface && !strchr(info.iface, ':')) // else libwebsockets takes every address for an IPv4 one
        info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    info.protocols = protocols;
    info.alpn = "http/1.1";
    info.vhost_name = "parlour";
    info.timeout_secs = HANDSHAKE_S;
    info.fd_limit_per_thread = allow_descriptors(); // else sized by ulimit -n
    info.gid = info.uid = -1;
    if (config->cert) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = config->cert;
        info.ssl_private_key_filepath = config->key;
        info.ssl_options_set = SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2;
    }
    s->context = lws_create_context(&info);
    s->vhost = s->context ? lws_create_vhost(s->context, &info) : NULL;
    if (!s->vhost || control_server_port(s) == 0) {
        snprintf(error, error_size, "cannot serve on TCP port %u%s%s: in use, not allowed, or the TLS files do not fit",
                 (unsigned)config->port, info.iface ? " of " : "", info.iface ? info.iface : "");
        control_server_destroy(s);
        return NULL;
    }
    publish(s, clock_now_us()); // the admin port may ask before the first round
    return s;
}

void control_server_set_worker(struct control_server *s, struct worker *worker)
{
    s->worker = worker;
}

void control_server_set_tick(struct control_server *s, void (*tick_of)(void *ctx), void *ctx)
{
    s->tick = tick_of;
    s->tick_ctx = ctx;
}

bool control_server_certificate(struct control_server *s, const char *cert, const char *key, char *error,
                                size_t error_size)
{
    if (!certificate_use(s->tls_context, cert, key, error, error_size))
        return false;
    s->now.reloads++;
    return true;
}

void control_server_limits(struct control_server *s, unsigned rooms, unsigned members)
{
    s->logic->rooms.rooms_most = rooms;
    s->logic->rooms.members_most = members;
}

void control_server_drain(struct control_server *s)
{
    control_logic_drain(s->logic);
}

void control_server_figures(struct control_server *s, struct control_server_figures *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->figures;
    pthread_mutex_unlock(&s->lock);
}

void control_server_destroy(struct control_server *s)
{
    if (!s)
        return;
    if (s->context) {
        lws_sul_schedule(s->context, 0, &s->timer, on_timer, LWS_SET_TIMER_USEC_CANCEL);
        lws_context_destroy(s->context);
    }
    control_logic_destroy(s->logic);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

uint16_t control_server_port(const struct control_server *s)
{
    int port = lws_get_vhost_listen_port(s->vhost);
    return port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
}

void control_server_run(struct control_server *s)
{
    publish(s, clock_now_us());
    lws_sul_schedule(s->context, 0, &s->timer, on_timer, CONTROL_LOGIC_TICK_US);
    while (!s->stopping && lws_service(s->context, 0) >= 0)
        ;
}

void control_server_stop(struct control_server *s)
{
    s->stopping = 1;
    lws_cancel_service(s->context);
}

void control_server_wake(void *s)
{
    lws_cancel_service(((struct control_server *)s)->context);
}
