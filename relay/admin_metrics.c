#include "admin_metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct text {
    char *out;
    size_t n;
};

static void put(struct text *t, const char *fmt, ...) PRINTF_ARGS(2, 3);

static void put(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->out + t->n, ADMIN_METRICS_MAX - t->n, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->n = MIN(t->n + (size_t)n, (size_t)ADMIN_METRICS_MAX - 1);
}

static void head(struct text *t, const char *name, const char *type, const char *help)
{
    put(t, "# HELP parlour_relay_%s %s\n# TYPE parlour_relay_%s %s\n", name, help, name, type);
}

static void gauge(struct text *t, const char *name, const char *help, uint64_t value)
{
    head(t, name, "gauge", help);
    put(t, "parlour_relay_%s %" PRIu64 "\n", name, value);
}

static void counter(struct text *t, const char *name, const char *help, uint64_t value)
{
    head(t, name, "counter", help);
    put(t, "parlour_relay_%s %" PRIu64 "\n", name, value);
}

static void put_media(struct text *t, const struct worker_figures *w)
{
    const struct core_counters *c = &w->counters;
    const struct {
        const char *reason;
        uint64_t value;
    } dropped[] = {
        {"malformed", c->malformed},   {"stranger", c->strangers},  {"bad_tag", c->bad_tag},
        {"replayed", c->replayed},     {"far_ahead", c->far_ahead}, {"over_limit", c->over_limit},
        {"nobody_wants", c->unwanted},
    };
    gauge(t, "media_members", "Members with a UDP session.", w->members);
    gauge(t, "media_rooms", "Rooms with such members.", w->rooms);
    counter(t, "datagrams_received_total", "Datagrams received, dropped ones included.", c->in);
    counter(t, "received_bytes_total", "Their bytes, without IP and UDP headers.", c->in_bytes);
    counter(t, "datagrams_sent_total", "Datagrams sent.", c->out);
    counter(t, "sent_bytes_total", "Their bytes, without IP and UDP headers.", c->out_bytes);
    head(t, "datagrams_dropped_total", "counter", "Datagrams received and not forwarded, by reason.");
    for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
        put(t, "parlour_relay_datagrams_dropped_total{reason=\"%s\"} %" PRIu64 "\n", dropped[i].reason,
            dropped[i].value);
    counter(t, "hellos_total", "UDP handshakes begun.", c->hello);
    counter(t, "challenges_total", "Challenges sent to them.", c->challenge);
    counter(t, "proofs_total", "Handshakes proved.", c->proof);
    counter(t, "moves_total", "Members that went on from another address.", c->moves);
    gauge(t, "socket_receive_buffer_bytes", "UDP receive buffer of each worker, as the kernel gave it.",
          (uint64_t)w->receive_buffer);
    gauge(t, "socket_send_buffer_bytes", "UDP send buffer of each worker, as the kernel gave it.",
          (uint64_t)w->send_buffer);
}

static void put_control(struct text *t, const struct control_server_figures *c)
{
    gauge(t, "connections", "WebSockets that stand.", c->connections);
    gauge(t, "connections_arriving", "TCP connections that have not said hello yet.", c->arriving);
    gauge(t, "rooms", "Rooms.", c->rooms);
    gauge(t, "members", "Members of all rooms, those away included.", c->members);
    gauge(t, "people", "Who has registered and is here.", c->people);
    gauge(t, "calls_ringing", "Calls that ring.", c->ringing);
    counter(t, "calls_total", "Calls that have rung.", c->calls);
    counter(t, "connections_accepted_total", "TCP connections accepted.", c->accepted);
    counter(t, "connections_refused_total", "TCP connections refused: too many from their source.", c->refused);
    counter(t, "wrong_codes_total", "Joins refused because the room code was wrong.", c->wrong_codes);
    counter(t, "certificate_reloads_total", "Certificates taken over on SIGHUP.", c->reloads);
}

// Time since a moment of the monotonic clock, in seconds; 0 when it has not been yet.
static void put_age(struct text *t, const char *name, const char *help, uint64_t now_us, uint64_t then_us)
{
    uint64_t age = now_us > then_us ? now_us - then_us : 0;
    head(t, name, "gauge", help);
    put(t, "parlour_relay_%s %" PRIu64 ".%06" PRIu64 "\n", name, age / 1000000, age % 1000000);
}

size_t admin_metrics_write(const struct admin_metrics *m, char out[ADMIN_METRICS_MAX])
{
    struct text t = {out, 0};
    head(&t, "build_info", "gauge", "Always 1; the version is its label.");
    put(&t, "parlour_relay_build_info{version=\"%s\"} 1\n", PARLOUR_VERSION);
    head(&t, "start_time_seconds", "gauge", "When the relay started, in seconds since 1970.");
    put(&t, "parlour_relay_start_time_seconds %" PRId64 "\n", m->started_s);
    gauge(&t, "workers", "Threads that forward.", m->workers);
    gauge(&t, "draining", "1 after SIGTERM, until it ends.", m->draining);
    put_age(&t, "worker_tick_age_seconds", "Time since the slowest worker's last tick; 1 at most when all is well.",
            m->now_us, m->media.ticked_us);
    put_age(&t, "control_tick_age_seconds", "Time since the control thread's last tick.", m->now_us,
            m->control.ticked_us);
    put_control(&t, &m->control);
    put_media(&t, &m->media);
    counter(&t, "log_lines_total", "Log lines written.", m->log_lines);
    counter(&t, "log_suppressed_total", "Log lines kept back, because too many came at once.", m->log_suppressed);
    return t.n;
}
