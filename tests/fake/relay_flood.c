// Somebody who floods a relay, one core's worth or at a rate. As a member, with good tags:
//
//   relay_flood STATE_DIR RELAY:PORT ROOM member KIND SECONDS RATE
//     KIND  plain    sound to everybody, datagram by datagram (sendmmsg)
//           gso      sound in trains of 50 (UDP_SEGMENT)
//           camera   pictures, which the others have asked for, datagram by datagram
//           replay   the same good datagrams over and over
//           moved    like plain, but from another address than the one that has proved itself
//           nack     FEEDBACK that asks for thousands of datagrams nobody has any more
//           layers   LAYERS that turn everybody's pictures on and off
//           alone    like gso, in another room than ROOM, with nobody to hear it
//
// As a stranger, from 64 addresses of 127/8 and as many ports:
//
//   relay_flood STATE_DIR RELAY:PORT ROOM stranger KIND SECONDS RATE [CAPTURE]
//     KIND  random   random bytes, 1 to 1200 of them
//           header   the header of a live room and sender, the tag wrong
//           hello    HELLO with a ticket that does not open
//           ticket   HELLO with a ticket somebody captured
//           replay   datagrams of CAPTURE, as call_load writes it
//
// RATE in datagrams a second, 0 = as many as go. Prints one line of JSON: what was sent, what was answered.
#define _GNU_SOURCE
#include "tests/bench/relay_peer.h"

#include "shared/clock.h"
#include "shared/ctrl.h"
#include "shared/feedback.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SENDER = 40, // of the flooding member
    TRAIN = 50,
    BATCH = 64,
    SOURCES = 64,
    DISTINCT = 1024, // prepared datagrams of a stranger
    SIZE = 1100,
    PING_US = 200000
};

static uint8_t key[32];
static struct addr relay;
static uint32_t room;
static uint64_t sent, refused;

struct datagram {
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n;
};

static int usage(void)
{
    fprintf(stderr, "relay_flood STATE_DIR RELAY:PORT ROOM member|stranger KIND SECONDS RATE [CAPTURE]\n");
    return 64;
}

// Hold the rate: sleep while we are ahead of it.
static void pace(uint64_t begun, double rate)
{
    if (rate > 0)
        clock_sleep_until(begun + (uint64_t)((double)(sent + refused) / rate * 1e6));
}

static void send_batch(int fd, struct mmsghdr *m, unsigned n)
{
    int done = sendmmsg(fd, m, n, MSG_DONTWAIT);
    sent += done > 0 ? (unsigned)done : 0;
    refused += n - (done > 0 ? (unsigned)done : 0);
}

static void send_plain(int fd, uint8_t *p, size_t size, unsigned n)
{
    struct mmsghdr m[BATCH] = {{{0}, 0}};
    struct iovec part[BATCH];
    for (unsigned i = 0; i < n; i++) {
        part[i] = (struct iovec){p + i * size, size};
        m[i].msg_hdr.msg_iov = &part[i];
        m[i].msg_hdr.msg_iovlen = 1;
    }
    send_batch(fd, m, n);
}

static int open_source(unsigned i)
{
    struct addr from;
    char text[32];
    int fd = socket(relay.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(text, sizeof text, "127.%u.%u.%u", 20 + i % 8, i, 1 + i % 100);
    if (fd < 0 ||
        (addr_is_loopback(&relay) && (!addr_literal(&from, text, 0) || bind(fd, &from.sa, from.length) < 0)) ||
        connect(fd, &relay.sa, relay.length) < 0)
        abort();
    return fd;
}

// As many questions as go into one datagram, about the first member's sound long ago.
static size_t make_nack(struct relay_peer *p, uint8_t *out, uint32_t base)
{
    struct feedback_nack x = {.sender = 1, .slot = RELAY_PEER_AUDIO, .count = FEEDBACK_NACK_MAX};
    struct bytes_writer w = feedback_begin(out, p->ticket.sender, p->ticket.room);
    for (unsigned b = 0; b < 4; b++) {
        for (unsigned i = 0; i < x.count; i++)
            x.item[i] = (struct feedback_nack_item){.base = base, .mask = 0xFFFFFFFF};
        feedback_put_nack(&w, &x);
    }
    size_t n = feedback_end(&w, out);
    wire_stamp(out, n, p->up, ++p->other, clock_now_us());
    return n;
}

static int flood_as_member(const char *kind, double seconds, double rate)
{
    static uint8_t out[RELAY_PEER_TRAIN_BYTES];
    struct relay_peer p;
    bool plain = strcmp(kind, "plain") == 0 || strcmp(kind, "camera") == 0, replay = strcmp(kind, "replay") == 0;
    uint8_t slot = strcmp(kind, "camera") == 0 ? RELAY_PEER_CAMERA : RELAY_PEER_AUDIO;
    uint32_t where = strcmp(kind, "alone") == 0 ? room + 1 : room;
    if (!relay_peer_open(&p, key, &relay, NULL, where, SENDER) || !relay_peer_join(&p, 5000)) {
        fprintf(stderr, "the flooder does not get in\n");
        return 1;
    }
    uint64_t begun = clock_now_us(), end = begun + (uint64_t)(seconds * 1e6), ping = begun, now;
    int fd = strcmp(kind, "moved") == 0 ? open_source(0) : p.fd;
    plain = plain || fd != p.fd;
    size_t n = relay_peer_train(&p, out, slot, 0, SIZE, TRAIN);
    while ((now = clock_now_us()) < end) {
        if (now >= ping) {
            relay_peer_ping(&p);
            relay_peer_receive(&p, NULL, NULL);
            ping = now + PING_US;
        }
        if (strcmp(kind, "nack") == 0 || strcmp(kind, "layers") == 0) {
            static const uint16_t all[] = {1, 2, 3, 4, 5, 6, 7, 8};
            for (unsigned i = 0; i < TRAIN; i++) {
                n = make_nack(&p, out, 1);
                bool ok = kind[0] == 'l' ? relay_peer_watch(&p, all, i % 2 ? ARRAY_LEN(all) : 0, 0)
                                         : send(p.fd, out, n, MSG_DONTWAIT) == (ssize_t)n;
                ++*(ok ? &sent : &refused);
            }
            pace(begun, rate);
            continue;
        }
        if (!replay)
            n = relay_peer_train(&p, out, slot, 0, SIZE, TRAIN);
        if (plain || replay) {
            send_plain(fd, out, SIZE, TRAIN);
        } else {
            bool ok = relay_peer_send(&p, out, n, SIZE);
            *(ok ? &sent : &refused) += TRAIN;
        }
        pace(begun, rate);
    }
    double took = (double)(clock_now_us() - begun) / 1e6;
    printf("{\"sent\": %llu, \"refused\": %llu, \"per_s\": %.0f}\n", (unsigned long long)sent,
           (unsigned long long)refused, (double)sent / took);
    clock_sleep_until(clock_now_us() + PING_US + PING_US); // right after the flood nothing of his is taken
    relay_peer_bye(&p);
    relay_peer_close(&p);
    return 0;
}

// ---- strangers ----

static void make_header(struct datagram *d)
{
    static const uint8_t types[] = {WIRE_MEDIA, WIRE_RTX, WIRE_FEC, WIRE_FEEDBACK, WIRE_CTRL, WIRE_FILE, WIRE_PROBE};
    uint8_t type = types[randombytes_uniform(ARRAY_LEN(types))];
    d->n = 45 + randombytes_uniform(WIRE_DATAGRAM_MAX - 45);
    randombytes_buf(d->p, d->n);
    struct wire_header h = {.type = type, .sender = (uint16_t)(1 + randombytes_uniform(8)), .room = room};
    h.slot = wire_is_media(type) ? RELAY_PEER_CAMERA : 0;
    h.tag = randombytes_random();
    h.hopseq = randombytes_uniform(100000);
    wire_write(&h, d->p);
    if (type == WIRE_CTRL)
        d->p[WIRE_HEADER] = CTRL_PING;
}

static void make_hello(struct datagram *d, bool good)
{
    struct relay_peer p;
    uint8_t ticket[WIRE_TICKET_MAX];
    struct ctrl c = {.op = CTRL_HELLO, .nonce = relay_peer_wall_ns(), .ticket = ticket};
    if (!relay_peer_open(&p, key, &relay, NULL, room, SENDER + 1))
        abort();
    c.ticket_size = ticket_seal(&p.ticket, key, ticket);
    if (!good)
        ticket[randombytes_uniform((uint32_t)c.ticket_size)] ^= 0x55;
    d->n = ctrl_write(&c, p.ticket.sender, room, d->p);
    relay_peer_close(&p);
}

static unsigned make_all(struct datagram *d, const char *kind, const char *path)
{
    if (strcmp(kind, "replay") == 0) {
        FILE *f = path ? fopen(path, "rb") : NULL;
        uint8_t head[2];
        unsigned n = 0;
        while (f && n < DISTINCT && fread(head, 1, 2, f) == 2) {
            d[n].n = MIN((size_t)(head[0] << 8 | head[1]), sizeof d[n].p);
            if (fread(d[n].p, 1, d[n].n, f) != d[n].n)
                break;
            n++;
        }
        if (f)
            fclose(f);
        return n;
    }
    bool ticket = strcmp(kind, "ticket") == 0;
    unsigned all = ticket ? 1 : DISTINCT;
    for (unsigned i = 0; i < all; i++) {
        if (strcmp(kind, "header") == 0) {
            make_header(&d[i]);
        } else if (ticket || strcmp(kind, "hello") == 0) {
            make_hello(&d[i], ticket);
        } else {
            d[i].n = 1 + randombytes_uniform(WIRE_DATAGRAM_MAX);
            randombytes_buf(d[i].p, d[i].n);
        }
    }
    return all;
}

static int flood_as_strangers(const char *kind, double seconds, double rate, const char *path)
{
    static struct datagram d[DISTINCT];
    int fd[SOURCES];
    unsigned all = make_all(d, kind, path), at = 0, source = 0;
    uint64_t answers = 0, answered = 0;
    if (!all) {
        fprintf(stderr, "nothing to send\n");
        return 1;
    }
    for (unsigned i = 0; i < SOURCES; i++)
        fd[i] = open_source(i);
    uint64_t begun = clock_now_us(), end = begun + (uint64_t)(seconds * 1e6);
    while (clock_now_us() < end) {
        struct mmsghdr m[BATCH] = {{{0}, 0}};
        struct iovec part[BATCH];
        for (unsigned i = 0; i < BATCH; i++) {
            part[i] = (struct iovec){d[at % all].p, d[at % all].n};
            m[i].msg_hdr.msg_iov = &part[i];
            m[i].msg_hdr.msg_iovlen = 1;
            at++;
        }
        send_batch(fd[source++ % SOURCES], m, BATCH);
        pace(begun, rate);
    }
    double took = (double)(clock_now_us() - begun) / 1e6;
    clock_sleep_until(clock_now_us() + 300000);
    for (unsigned i = 0; i < SOURCES; i++) {
        uint8_t in[2048];
        ssize_t n;
        while ((n = recv(fd[i], in, sizeof in, MSG_DONTWAIT)) >= 0) {
            answers++;
            answered += (size_t)n;
        }
        close(fd[i]);
    }
    printf("{\"sent\": %llu, \"refused\": %llu, \"per_s\": %.0f, \"answers\": %llu, \"answered_bytes\": %llu}\n",
           (unsigned long long)sent, (unsigned long long)refused, (double)sent / took, (unsigned long long)answers,
           (unsigned long long)answered);
    return 0;
}

int main(int argc, char **argv)
{
    char host[64];
    uint16_t port = 0;
    if (argc < 8 || !addr_split(argv[2], 0, host, sizeof host, &port) || !addr_literal(&relay, host, port) ||
        !relay_peer_ticket_key(key, argv[1]))
        return usage();
    room = (uint32_t)strtoul(argv[3], NULL, 0);
    double seconds = strtod(argv[6], NULL), rate = strtod(argv[7], NULL);
    if (strcmp(argv[4], "member") == 0)
        return flood_as_member(argv[5], seconds, rate);
    if (strcmp(argv[4], "stranger") == 0)
        return flood_as_strangers(argv[5], seconds, rate, argc > 8 ? argv[8] : NULL);
    return usage();
}
