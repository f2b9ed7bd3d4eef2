#define _GNU_SOURCE
#include "relay_peer.h"

#include "shared/clock.h"
#include "shared/ctrl.h"
#include "shared/feedback.h"
#include "shared/keys.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SOCKET_BUFFER = 4 << 20, HELLO_US = 100000, BATCH = 64, IN_SIZE = WIRE_DATAGRAM_MAX + 16, TIME_AT = 29 };
enum { EXPIRY_S = 3600, UDP_HEADER = 8 };

uint64_t relay_peer_wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool relay_peer_ticket_key(uint8_t key[32], const char *state_dir)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/ticket.key", state_dir);
    if (sodium_init() < 0)
        return false;
    if (keys_read_file(path, key, 32))
        return true;
    if (errno != ENOENT)
        return false;
    randombytes_buf(key, 32);
    return keys_write_file(path, key, 32);
}

bool relay_peer_open(struct relay_peer *p, const uint8_t ticket_key[32], const struct addr *relay, const char *local,
                     uint32_t room, uint16_t sender)
{
    memset(p, 0, sizeof *p);
    p->relay = *relay;
    memcpy(p->ticket_key, ticket_key, sizeof p->ticket_key);
    p->ticket.room = room;
    p->ticket.code = room % 1000000;
    p->ticket.sender = sender;
    randombytes_buf(&p->ticket.join_id, sizeof p->ticket.join_id);
    p->ticket.epoch = 1;
    p->ticket.expiry = (uint64_t)clock_wall_ms() / 1000 + EXPIRY_S;
    randombytes_buf(p->ticket.hop_key, sizeof p->ticket.hop_key);
    randombytes_buf(p->ticket.identity, sizeof p->ticket.identity);
    snprintf(p->ticket.name, sizeof p->ticket.name, "peer %u", (unsigned)sender);

    int size = SOCKET_BUFFER;
    struct addr from;
    p->fd = socket(relay->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (p->fd < 0)
        return false;
    setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(p->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (local && (!addr_literal(&from, local, 0) || bind(p->fd, &from.sa, from.length) < 0)) {
        relay_peer_close(p);
        return false;
    }
    if (connect(p->fd, &relay->sa, relay->length) == 0)
        return true;
    relay_peer_close(p);
    return false;
}

void relay_peer_close(struct relay_peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    free(p->streams);
    memset(p, 0, sizeof *p);
    p->fd = -1;
}

// ---- up ----

static bool send_one(struct relay_peer *p, const uint8_t *bytes, size_t n)
{
    bool sent = send(p->fd, bytes, n, MSG_DONTWAIT) == (ssize_t)n;
    ++*(sent ? &p->counts.sent : &p->counts.refused);
    return sent;
}

static bool send_other(struct relay_peer *p, uint8_t *bytes, size_t n)
{
    wire_stamp(bytes, n, p->up, ++p->other, clock_now_us());
    return send_one(p, bytes, n);
}

size_t relay_peer_train(struct relay_peer *p, uint8_t *out, uint8_t slot, uint8_t mark, size_t size, unsigned count)
{
    struct wire_header h = {
        .type = WIRE_MEDIA, .mark = mark, .sender = p->ticket.sender, .room = p->ticket.room, .slot = slot};
    uint64_t now_us = clock_now_us(), now_ns = relay_peer_wall_ns();
    for (unsigned i = 0; i < count; i++, out += size) {
        struct bytes_writer w = bytes_writer(out + TIME_AT, 8);
        bytes_put_u64(&w, now_ns);
        wire_write(&h, out);
        wire_stamp(out, size, p->up, ++p->media, now_us);
    }
    return size * count;
}

bool relay_peer_send_fd(int fd, const uint8_t *bytes, size_t n, size_t segment)
{
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {(void *)(uintptr_t)bytes, n};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    if (n > segment) {
        uint16_t cut = (uint16_t)segment;
        m.msg_control = control.bytes;
        m.msg_controllen = sizeof control.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof cut);
        memcpy(CMSG_DATA(c), &cut, sizeof cut);
    }
    return sendmsg(fd, &m, MSG_DONTWAIT) == (ssize_t)n;
}

bool relay_peer_send(struct relay_peer *p, const uint8_t *bytes, size_t n, size_t segment)
{
    bool sent = relay_peer_send_fd(p->fd, bytes, n, segment);
    *(sent ? &p->counts.sent : &p->counts.refused) += (n + segment - 1) / segment;
    return sent;
}

bool relay_peer_ping(struct relay_peer *p)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct ctrl c = {.op = CTRL_PING, .media_number = p->media + 1, .other_number = p->other + 2};
    c.epoch = p->ticket.epoch;
    c.time = clock_now_us();
    return send_other(p, out, ctrl_write(&c, p->ticket.sender, p->ticket.room, out));
}

bool relay_peer_bye(struct relay_peer *p)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct ctrl c = {.op = CTRL_BYE, .reason = CTRL_BYE_LEAVE};
    return send_other(p, out, ctrl_write(&c, p->ticket.sender, p->ticket.room, out));
}

bool relay_peer_watch(struct relay_peer *p, const uint16_t *senders, unsigned count, unsigned layer)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct feedback_layers l = {.count = (uint8_t)MIN(count, (unsigned)FEEDBACK_LIST_MAX)};
    for (unsigned i = 0; i < l.count; i++) {
        l.item[i].sender = senders[i];
        l.item[i].camera = FEEDBACK_WANT_LAYER(layer);
    }
    struct bytes_writer w = feedback_begin(out, p->ticket.sender, p->ticket.room);
    feedback_put_layers(&w, &l);
    return send_other(p, out, feedback_end(&w, out));
}

// ---- joining ----

static void hello(struct relay_peer *p)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct ctrl c = {.op = CTRL_HELLO, .nonce = p->nonce, .ticket = p->sealed, .ticket_size = p->sealed_size};
    send_one(p, out, ctrl_write(&c, p->ticket.sender, p->ticket.room, out));
}

static void prove(struct relay_peer *p, const uint8_t *bytes, size_t n, struct ctrl *c)
{
    uint8_t out[WIRE_DATAGRAM_MAX], up[16], down[16], secret[32];
    keys_hop(up, down, p->ticket.hop_key, p->nonce, c->boot_nonce);
    if (c->nonce != p->nonce || !wire_verify(bytes, n, down, 0))
        return;
    memcpy(p->up, up, sizeof p->up);
    memcpy(p->down, down, sizeof p->down);
    memcpy(p->boot_nonce, c->boot_nonce, sizeof p->boot_nonce);
    keys_room_secret(secret, p->ticket_key, p->ticket.room, p->ticket.epoch);
    keys_room_down(p->room_down, secret, c->boot_nonce);
    c->op = CTRL_PROOF;
    c->ticket = p->sealed;
    c->ticket_size = p->sealed_size;
    n = ctrl_write(c, p->ticket.sender, p->ticket.room, out);
    wire_stamp(out, n, p->up, 0, clock_now_us());
    send_one(p, out, n);
}

// Read what came while joining; true at the PONG that answers our PROOF.
static bool joined(struct relay_peer *p)
{
    uint8_t in[IN_SIZE];
    for (;;) {
        struct wire_header h;
        struct ctrl c;
        ssize_t n = recv(p->fd, in, sizeof in, MSG_DONTWAIT);
        if (n < 0)
            return false;
        if (!wire_read(&h, in, (size_t)n) || h.type != WIRE_CTRL || !ctrl_read(&c, in, (size_t)n))
            continue;
        if (c.op == CTRL_CHALLENGE)
            prove(p, in, (size_t)n, &c);
        else if (c.op == CTRL_PONG && wire_verify(in, (size_t)n, p->down, h.hopseq))
            return true;
    }
}

bool relay_peer_join(struct relay_peer *p, unsigned timeout_ms)
{
    p->sealed_size = ticket_seal(&p->ticket, p->ticket_key, p->sealed);
    p->nonce = MAX(p->nonce + 1, relay_peer_wall_ns());
    p->media = p->other = 0;
    memset(p->down, 0, sizeof p->down);
    uint64_t now = clock_now_us(), end = now + timeout_ms * 1000ull, next = now;
    while (now < end) {
        if (now >= next) {
            hello(p);
            next = now + HELLO_US;
        }
        struct pollfd fd = {.fd = p->fd, .events = POLLIN};
        poll(&fd, 1, (int)((MIN(next, end) - now + 999) / 1000));
        if (joined(p))
            return true;
        now = clock_now_us();
    }
    return false;
}

// ---- down ----

static struct relay_peer_stream *stream_at(const struct relay_peer *p, uint16_t sender, uint8_t slot)
{
    for (unsigned i = 0; i < p->stream_count; i++)
        if (p->streams[i].sender == sender && p->streams[i].slot == slot)
            return &p->streams[i];
    return NULL;
}

const struct relay_peer_stream *relay_peer_stream(const struct relay_peer *p, uint16_t sender, uint8_t slot)
{
    return stream_at(p, sender, slot);
}

static struct relay_peer_stream *stream_new(struct relay_peer *p, uint16_t sender, uint8_t slot)
{
    struct relay_peer_stream *all = realloc(p->streams, (p->stream_count + 1) * sizeof *all);
    if (!all)
        abort();
    p->streams = all;
    struct relay_peer_stream *s = &all[p->stream_count++];
    memset(s, 0, sizeof *s);
    s->sender = sender;
    s->slot = slot;
    return s;
}

static bool take_media(struct relay_peer *p, struct relay_peer_got *g)
{
    struct relay_peer_stream *s = stream_at(p, g->header.sender, g->header.slot);
    g->number = s ? replay_unwrap(&s->seen, g->header.hopseq) : g->header.hopseq;
    if (!p->unchecked && !wire_verify(g->p, g->n, p->room_down, g->number)) {
        p->counts.bad_tag++;
        return false;
    }
    if (!s)
        s = stream_new(p, g->header.sender, g->header.slot);
    enum replay_verdict v = replay_check(&s->seen, g->number, REPLAY_WINDOW);
    if (v == REPLAY_SEEN || v == REPLAY_OLD) {
        s->copies++;
        p->counts.copies++;
        return false;
    }
    replay_commit(&s->seen, g->number);
    if (!s->received || g->number < s->first)
        s->first = g->number;
    s->newest = MAX(s->newest, g->number);
    s->received++;
    p->counts.media++;
    p->counts.media_bytes += g->n;
    return true;
}

static uint64_t arrival(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        struct timespec t;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&t, CMSG_DATA(c), sizeof t);
        return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    }
    return 0;
}

// One datagram; 1 when it was media and is to be counted.
static unsigned take(struct relay_peer *p, const uint8_t *bytes, size_t n, uint64_t arrived, relay_peer_got_fn *got,
                     void *ctx)
{
    struct relay_peer_got g = {.p = bytes, .n = n, .arrived_ns = arrived};
    if (!wire_read(&g.header, bytes, n)) {
        p->counts.unknown++;
        return 0;
    }
    if (!wire_is_media(g.header.type)) {
        p->counts.other++;
        return 0;
    }
    if (!take_media(p, &g))
        return 0;
    struct bytes_reader r = bytes_reader(bytes + TIME_AT, n - TIME_AT);
    g.sent_ns = bytes_u64(&r);
    if (got)
        got(ctx, p, &g);
    return 1;
}

unsigned relay_peer_receive(struct relay_peer *p, relay_peer_got_fn *got, void *ctx)
{
    static _Thread_local uint8_t in[BATCH][IN_SIZE];
    static _Thread_local union {
        char bytes[64];
        struct cmsghdr align;
    } control[BATCH];
    struct mmsghdr m[BATCH];
    struct iovec part[BATCH];
    unsigned media = 0;
    int n;
    do {
        for (unsigned i = 0; i < BATCH; i++) {
            part[i] = (struct iovec){in[i], IN_SIZE};
            m[i].msg_hdr = (struct msghdr){.msg_iov = &part[i],
                                           .msg_iovlen = 1,
                                           .msg_control = control[i].bytes,
                                           .msg_controllen = sizeof control[i].bytes};
        }
        n = recvmmsg(p->fd, m, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++)
            media += take(p, in[i], m[i].msg_len, arrival(&m[i].msg_hdr), got, ctx);
    } while (n == BATCH);
    return media;
}

bool relay_peer_timestamps(struct relay_peer *p)
{
    int on = 1;
    return setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0;
}

bool relay_peer_drop_media_fd(int fd)
{
    // A UDP socket's filter sees the UDP header first.
    struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, UDP_HEADER),
                                 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WIRE_MEDIA, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
                                 BPF_STMT(BPF_RET | BPF_K, 0xFFFF)};
    struct sock_fprog program = {ARRAY_LEN(code), code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

bool relay_peer_drop_media(struct relay_peer *p)
{
    return relay_peer_drop_media_fd(p->fd);
}

uint64_t relay_peer_dropped(int fd)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t n = sizeof info;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &n) < 0)
        return 0;
    return info[SK_MEMINFO_DROPS];
}
