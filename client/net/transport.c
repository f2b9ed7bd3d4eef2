#define _GNU_SOURCE
#include "transport.h"

#include "client/identities.h"
#include "client/mailbox.h"
#include "client/net/link.h"
#include "client/net/media_socket.h"
#include "client/net/media_box.h"
#include "client/net/path.h"
#include "client/net/route_watch.h"
#include "client/net/rtp_dump.h"
#include "client/send/encoded_frame.h"
#include "client/thread.h"
#include "shared/addr.h"
#include "shared/clock.h"
#include "shared/ctrl.h"
#include "shared/log.h"
#include "client/language.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { COMMANDS = 256, EVENTS = 1024, VIDEO = 24, AUDIO = 10 };

enum event_type { EVENT_UP, EVENT_MESSAGE, EVENT_DOWN };

struct event { // link -> net
    enum event_type type;
    char *text; // message, or the relay's address
    size_t size;
};

struct audio_block { // mic -> net
    size_t size;
    uint32_t ts;
    bool talk_spurt;
    uint8_t data[WIRE_PAYLOAD_MAX];
};

struct transport {
    struct transport_config config;
    pthread_t thread;
    int wake_fd;
    atomic_bool stop;
    struct link *link;
    struct mailbox commands, events, video, audio;

    // net thread only
    struct session session;
    struct media_socket socket;
    char relay_text[ADDR_TEXT_MAX]; // the control connection's other end
    struct rtp_dump *dump;
    struct route_watch route;
    struct path path;
    enum path_kind arrived; // how the datagram came that is being dealt with
    bool link_up;

    struct media_box media; // what came over TCP: link -> net

    pthread_mutex_t stats_lock;
    struct stats stats; // under stats_lock
};

static void wake(void *ctx)
{
    struct transport *t = ctx;
    uint64_t one = 1;
    ssize_t ignored = write(t->wake_fd, &one, sizeof one); // full = already awake
    (void)ignored;
}

// ---- datagrams, by UDP and TCP ----

static bool is_ctrl(const uint8_t *p, size_t n, uint8_t op)
{
    return n > WIRE_HEADER && p[0] == WIRE_CTRL && p[WIRE_HEADER] == op;
}

// A proof is good only from the address that was challenged; all else takes the way that was chosen.
static void send_datagram(void *ctx, const uint8_t *p, size_t n)
{
    struct transport *t = ctx;
    uint64_t now = clock_now_us();
    unsigned ways = 1u << t->path.kind;
    if (is_ctrl(p, n, CTRL_HELLO)) {
        ways = path_hello(&t->path, now);
    } else if (is_ctrl(p, n, CTRL_PROOF)) {
        ways = 1u << t->arrived;
        path_proved(&t->path, t->arrived, now);
    }
    if (ways & 1u << PATH_UDP)
        media_socket_send(&t->socket, p, n);
    if (ways & 1u << PATH_TCP)
        link_send_media(t->link, p, n);
}

// One that the relay may have sent.
static void take_datagram(struct transport *t, enum path_kind by, const uint8_t *p, size_t n, uint64_t came,
                          uint64_t now)
{
    bool challenge = is_ctrl(p, n, CTRL_CHALLENGE);
    uint64_t bad = t->session.hop.bad;
    if (challenge && !path_may_prove(&t->path, by, now))
        return;
    t->arrived = by;
    session_datagram(&t->session, p, n, came, now);
    if (challenge || t->session.hop.bad != bad || !path_heard(&t->path, by, now))
        return;
    log_info("transport", "media goes by %s", by == PATH_TCP ? "TCP" : "UDP");
    session_set_path(&t->session, by == PATH_TCP);
}

static void take_from_link(struct transport *t)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    for (size_t n; (n = media_box_pop(&t->media, p));) {
        uint64_t now = clock_now_us();
        take_datagram(t, PATH_TCP, p, n, now, now);
    }
}

static void fresh_socket(void *ctx)
{
    struct transport *t = ctx;
    media_socket_fresh(&t->socket);
}

static void media_address(void *ctx, const char *host, uint16_t port)
{
    struct transport *t = ctx;
    struct addr a;
    if (!*host)
        host = t->relay_text;
    if (!media_socket_resolve(host, port, &a)) {
        log_warn("transport", "the relay's media host is unknown host=%s", host);
        return;
    }
    if (!hop_alive(&t->session.hop, clock_now_us()))
        path_begin(&t->path, clock_now_us());
    if (addr_equal(&a, &t->socket.relay) && t->socket.fd >= 0)
        return;
    route_watch_to(&t->route, &a);
    media_socket_open(&t->socket, &a);
}

static void from_socket(void *ctx, const uint8_t *p, size_t n, uint64_t came, uint64_t now)
{
    take_datagram(ctx, PATH_UDP, p, n, came, now);
}

// ---- the session's outlets ----

static void send_control(void *ctx, char *text)
{
    struct transport *t = ctx;
    if (!link_send(t->link, text))
        free(text); // not connected: all is said again after the next hello
}

static void post_notice(void *ctx, struct notice *n)
{
    struct transport *t = ctx;
    if (n->type == NOTICE_STATS_READY) {
        pthread_mutex_lock(&t->stats_lock);
        session_fill_stats(&t->session, &t->stats);
        pthread_mutex_unlock(&t->stats_lock);
    }
    t->config.notice(t->config.ctx, n);
}

static void on_audio(void *ctx, const struct media_packet *p)
{
    struct transport *t = ctx;
    t->config.audio(t->config.ctx, p);
}

static void on_video(void *ctx, uint16_t member, uint8_t slot, struct recv_frame *frame)
{
    struct transport *t = ctx;
    t->config.video(t->config.ctx, member, slot, frame);
}

static void on_opened(void *ctx, const struct media_packet *p)
{
    struct transport *t = ctx;
    rtp_dump_packet(t->dump, p->now_us, p->sender, p->slot, p->mark, p->ctr, p->ts, p->payload, p->size);
}

static void on_clock_map(void *ctx, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us)
{
    struct transport *t = ctx;
    t->config.clock_map(t->config.ctx, member, slot, ts, local_us);
}

static uint32_t on_audio_ts(void *ctx, uint64_t now_us)
{
    struct transport *t = ctx;
    return t->config.audio_ts(t->config.ctx, now_us);
}

static bool on_counted(void *ctx, uint32_t *number, uint32_t *ts)
{
    struct transport *t = ctx;
    return t->config.counted(t->config.ctx, number, ts);
}

static void on_gone(void *ctx, uint16_t member)
{
    struct transport *t = ctx;
    t->config.gone(t->config.ctx, member);
}

static void on_keyframe(void *ctx, uint8_t slot)
{
    struct transport *t = ctx;
    t->config.keyframe(t->config.ctx, slot);
}

static void on_rates(void *ctx, const struct outflow_rates *rates)
{
    struct transport *t = ctx;
    t->config.rates(t->config.ctx, rates);
}

static void on_hold(void *ctx, bool hold)
{
    struct transport *t = ctx;
    t->config.hold(t->config.ctx, hold);
}

static void on_hold_screen(void *ctx, bool hold)
{
    struct transport *t = ctx;
    if (t->config.hold_screen) // a node has no screen
        t->config.hold_screen(t->config.ctx, hold);
}

static enum call_trust on_judge(void *ctx, const char *name, const uint8_t identity[32])
{
    struct transport *t = ctx;
    return identities_judge(t->config.identities, name, identity);
}

static unsigned on_paired(void *ctx, uint8_t (*out)[32], unsigned most)
{
    struct transport *t = ctx;
    return identities_list_paired(t->config.identities, out, most);
}

static void on_met(void *ctx, const char *name, const uint8_t identity[32])
{
    struct transport *t = ctx;
    identities_met(t->config.identities, name, identity, clock_wall_ms() / 1000);
    if (t->config.met)
        t->config.met(t->config.ctx);
}

// ---- from the link thread ----

static void push_event(struct transport *t, enum event_type type, const char *text, size_t size)
{
    struct event *e = base_alloc(sizeof *e);
    e->type = type;
    e->text = base_alloc(size + 1);
    e->size = size;
    if (size)
        memcpy(e->text, text, size);
    if (!mailbox_push(&t->events, e)) {
        log_warn("transport", "control messages come faster than they are read");
        free(e->text);
        free(e);
        link_reconnect_now(t->link); // the next hello brings everything anew
    }
}

static void link_on_up(void *ctx, const char *relay_address)
{
    push_event(ctx, EVENT_UP, relay_address, strlen(relay_address));
}

static void link_on_message(void *ctx, const char *text, size_t n)
{
    push_event(ctx, EVENT_MESSAGE, text, n);
}

static void link_on_media(void *ctx, const uint8_t *p, size_t n)
{
    struct transport *t = ctx;
    if (media_box_push(&t->media, p, n))
        wake(t);
}

static void link_on_down(void *ctx)
{
    push_event(ctx, EVENT_DOWN, "", 0);
}

static void link_on_refused(void *ctx, const char *sentence)
{
    struct transport *t = ctx;
    struct notice *n = notice_new(NOTICE_REFUSED);
    n->text = base_strdup(N_("This relay is not the one that was met before."));
    n->advice = base_strdup(sentence);
    n->exit_code = EXIT_REFUSED;
    t->config.notice(t->config.ctx, n);
}

// In no room yet: the way to the control port is the one that counts.
static void watch_control(struct transport *t)
{
    struct addr a;
    if (!t->socket.relay.length && addr_literal(&a, t->relay_text, t->config.relay_port ? t->config.relay_port : 1))
        route_watch_to(&t->route, &a);
}

static void take_event(struct transport *t, struct event *e, uint64_t now)
{
    switch (e->type) {
    case EVENT_UP:
        snprintf(t->relay_text, sizeof t->relay_text, "%s", e->text);
        t->link_up = true;
        watch_control(t);
        session_link_up(&t->session, now);
        break;
    case EVENT_MESSAGE:
        session_control(&t->session, e->text, e->size, now);
        break;
    case EVENT_DOWN:
        t->link_up = false;
        session_link_down(&t->session, now);
        break;
    }
    free(e->text);
    free(e);
}

// ---- the loop ----

// Our address is another one: the relay learns it by a proof from there, and the old TCP connection is dead.
static void move(struct transport *t, uint64_t now)
{
    log_info("transport", "the way to the relay has changed");
    fresh_socket(t);
    path_route_changed(&t->path, now);
    hop_rehello(&t->session.hop, now);
    link_reconnect_now(t->link);
}

// The relay takes datagrams over TCP from who is in a room on this connection.
static void follow_path(struct transport *t, uint64_t now)
{
    bool tcp = t->link_up && t->session.welcomed && t->session.in_room;
    if (path_set_tcp(&t->path, tcp, now) || (path_retry(&t->path, now) && t->session.in_room))
        hop_rehello(&t->session.hop, now);
}

static void drain(struct transport *t, uint64_t now)
{
    void *item;
    while ((item = mailbox_take(&t->commands))) // first: what came of one of them comes after it
        session_command(&t->session, item, now);
    while ((item = mailbox_take(&t->events)))
        take_event(t, item, now);
    while ((item = mailbox_take(&t->audio))) {
        struct audio_block *b = item;
        session_send_audio(&t->session, b->data, b->size, b->ts, b->talk_spurt, now);
        free(b);
    }
    while ((item = mailbox_take(&t->video))) {
        session_send_video(&t->session, item, now);
        encoded_frame_free(item);
    }
}

static void *run(void *ctx)
{
    struct transport *t = ctx;
    uint64_t deadline = 0;
    while (!atomic_load(&t->stop)) {
        // What is closed has a negative number, which poll passes over.
        struct pollfd fds[3] = {{t->wake_fd, POLLIN, 0}, {t->socket.fd, POLLIN, 0}, {t->route.fd, POLLIN, 0}};
        uint64_t now = clock_now_us();
        uint64_t wait_us = deadline > now ? MIN(deadline - now, (uint64_t)1000000) : 0;
        struct timespec wait = {(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
        ppoll(fds, ARRAY_LEN(fds), &wait, NULL);
        if (fds[0].revents & POLLIN) {
            uint64_t count;
            ssize_t ignored = read(t->wake_fd, &count, sizeof count);
            (void)ignored;
        }
        if (fds[1].revents)
            media_socket_receive(&t->socket, from_socket, t);
        if (fds[2].revents && route_watch_changed(&t->route))
            move(t, clock_now_us());
        take_from_link(t);
        drain(t, clock_now_us());
        follow_path(t, clock_now_us());
        deadline = session_tick(&t->session, clock_now_us());
        media_socket_flush(&t->socket);
    }
    session_command(&t->session, command_new(COMMAND_LEAVE), clock_now_us());
    media_socket_flush(&t->socket);
    return NULL;
}

// ---- lifecycle ----

struct transport *transport_create(const struct transport_config *config)
{
    struct transport *t = base_alloc(sizeof *t);
    t->config = *config;
    media_socket_init(&t->socket);
    route_watch_open(&t->route);
    pthread_mutex_init(&t->stats_lock, NULL);
    media_box_init(&t->media);
    path_init(&t->path);
    t->stats.call.rtt_ms = -1;
    t->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    mailbox_init(&t->commands, COMMANDS, wake, t);
    mailbox_init(&t->events, EVENTS, wake, t);
    mailbox_init(&t->video, VIDEO, wake, t);
    mailbox_init(&t->audio, AUDIO, wake, t);
    session_init(&t->session, &config->session,
                 &(struct session_io){.ctx = t,
                                      .datagram = send_datagram,
                                      .fresh_socket = fresh_socket,
                                      .media_address = media_address,
                                      .control = send_control,
                                      .notice = post_notice,
                                      .audio = on_audio,
                                      .video = on_video,
                                      .opened = on_opened,
                                      .clock_map = on_clock_map,
                                      .audio_ts = on_audio_ts,
                                      .counted = config->counted ? on_counted : NULL,
                                      .gone = on_gone,
                                      .keyframe = on_keyframe,
                                      .rates = on_rates,
                                      .hold = on_hold,
                                      .hold_screen = on_hold_screen,
                                      .judge = on_judge,
                                      .met = on_met,
                                      .paired = on_paired,
                                      .wake = wake});
    t->link = link_create(&(struct link_config){.host = *config->relay_host ? config->relay_host : NULL,
                                                .port = config->relay_port,
                                                .tls = config->tls,
                                                .fingerprint = *config->fingerprint ? config->fingerprint : NULL,
                                                .require_fingerprint = config->require_fingerprint,
                                                .pins_path = config->pins_path,
                                                .ctx = t,
                                                .on_up = link_on_up,
                                                .on_message = link_on_message,
                                                .on_media = link_on_media,
                                                .on_down = link_on_down,
                                                .on_refused = link_on_refused});
    if (config->rtp_dump && !(t->dump = rtp_dump_open(config->rtp_dump))) {
        log_error("transport", "cannot make the packet dump file=%s", config->rtp_dump);
        transport_destroy(t);
        return NULL;
    }
    if (t->dump && config->l16)
        rtp_dump_l16(t->dump);
    if (t->wake_fd < 0 || !t->link) {
        transport_destroy(t);
        return NULL;
    }
    return t;
}

bool transport_start(struct transport *t)
{
    if (!thread_start(&t->thread, "net", run, t))
        return false;
    if (link_start(t->link))
        return true;
    transport_stop(t);
    pthread_join(t->thread, NULL);
    return false;
}

void transport_stop(struct transport *t)
{
    atomic_store(&t->stop, true);
    wake(t);
}

void transport_join(struct transport *t)
{
    pthread_join(t->thread, NULL); // its goodbye is in the link's queue now, which link_stop lets leave
    link_stop(t->link);
    link_join(t->link);
}

static void free_event(void *item)
{
    struct event *e = item;
    free(e->text);
    free(e);
}

static void free_command(void *item)
{
    command_free(item);
}

static void free_frame(void *item)
{
    encoded_frame_free(item);
}

void transport_destroy(struct transport *t)
{
    if (!t)
        return;
    link_destroy(t->link);
    session_destroy(&t->session);
    route_watch_close(&t->route);
    rtp_dump_close(t->dump);
    media_socket_close(&t->socket);
    if (t->wake_fd >= 0)
        close(t->wake_fd);
    mailbox_destroy(&t->commands, free_command);
    mailbox_destroy(&t->events, free_event);
    mailbox_destroy(&t->video, free_frame);
    mailbox_destroy(&t->audio, free);
    pthread_mutex_destroy(&t->stats_lock);
    media_box_destroy(&t->media);
    free(t);
}

// ---- from other threads ----

bool transport_command(struct transport *t, struct command *c)
{
    return mailbox_push(&t->commands, c);
}

bool transport_send_video(struct transport *t, struct encoded_frame *frame)
{
    return mailbox_push(&t->video, frame);
}

void transport_send_audio(struct transport *t, const uint8_t *data, size_t size, uint32_t ts, bool talk_spurt)
{
    if (size > WIRE_PAYLOAD_MAX)
        return;
    struct audio_block *b = base_alloc(sizeof *b);
    *b = (struct audio_block){.size = size, .ts = ts, .talk_spurt = talk_spurt};
    memcpy(b->data, data, size);
    if (!mailbox_push(&t->audio, b)) { // old sound is worth less than new
        free(mailbox_take(&t->audio));
        if (!mailbox_push(&t->audio, b))
            free(b);
    }
}

void transport_get_stats(struct transport *t, struct stats *out)
{
    pthread_mutex_lock(&t->stats_lock);
    *out = t->stats;
    pthread_mutex_unlock(&t->stats_lock);
}

void transport_connect(struct transport *t, const char *host, uint16_t port, const char *fingerprint)
{
    link_connect(t->link, host, port, fingerprint);
}

void transport_reconnect(struct transport *t)
{
    link_reconnect_now(t->link);
}

void transport_last_error(struct transport *t, char *out, size_t size)
{
    link_last_error(t->link, out, size);
}
