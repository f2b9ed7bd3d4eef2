// A call without clients: some members of one room who send sound (50 datagrams a second of 160 bytes) and pictures (30
// frames a second of 10 datagrams of 1100 bytes) and all watch each other, by UDP alone. Says "ready" when all have
// joined, "done" and one line of JSON at the end: what was sent, what came, how late.
//
//   call_load STATE_DIR RELAY:PORT ROOM MEMBERS SECONDS [CAPTURE|listen]
//
// listen: they only listen. CAPTURE: a file for the first 1,000 datagrams the first member sends, each behind its
// length (u16).
#define _GNU_SOURCE
#include "tests/bench/relay_peer.h"

#include "shared/clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MEMBERS_MAX = 32,
    AUDIO_US = 20000,
    FRAME_US = 33333,
    KEEP_US = 200000,
    WATCH_US = 1000000,
    WATCH_SOON_US = 50000,
    AUDIO_SIZE = 160,
    VIDEO_SIZE = 1100,
    FRAME_DATAGRAMS = 10,
    CAPTURED = 1000,
    DELAYS = 1 << 20, // us
    SETTLE_US = 500000,
    FLOODER = 40 // relay_flood's sender
};

struct member {
    struct relay_peer peer;
    uint64_t audio_us, frame_us, keep_us, watch_us; // next
    uint64_t audio_sent, video_sent;
    unsigned watched; // LAYERS sent: the first three soon after each other
};

static struct member member[MEMBERS_MAX];
static unsigned count;
static uint32_t *delay; // how many datagrams took that many us
static uint64_t delays;
static FILE *capture;
static unsigned captured;
static uint8_t bytes[RELAY_PEER_TRAIN_BYTES];

static int usage(void)
{
    fprintf(stderr, "call_load STATE_DIR RELAY:PORT ROOM MEMBERS SECONDS [CAPTURE|listen]\n");
    return 64;
}

static void got(void *ctx, struct relay_peer *p, const struct relay_peer_got *g)
{
    (void)ctx;
    (void)p;
    uint64_t us = g->arrived_ns > g->sent_ns ? (g->arrived_ns - g->sent_ns) / 1000 : 0;
    delay[MIN(us, (uint64_t)DELAYS - 1)]++;
    delays++;
}

static void keep(const uint8_t *p, size_t n, size_t segment)
{
    for (size_t at = 0; capture && at < n && captured < CAPTURED; at += segment, captured++) {
        size_t size = MIN(segment, n - at);
        uint8_t head[2] = {(uint8_t)(size >> 8), (uint8_t)size};
        if (fwrite(head, 1, 2, capture) != 2 || fwrite(p + at, 1, size, capture) != size)
            captured = CAPTURED;
    }
    if (capture && captured >= CAPTURED) {
        fclose(capture);
        capture = NULL;
    }
}

static void send_media(struct member *m, uint8_t slot, size_t size, unsigned datagrams, uint64_t *sent)
{
    size_t n = relay_peer_train(&m->peer, bytes, slot, 0, size, datagrams);
    if (relay_peer_send(&m->peer, bytes, n, size))
        *sent += datagrams;
    if (m == &member[0])
        keep(bytes, n, size);
}

static void watch_all(struct member *m)
{
    uint16_t senders[MEMBERS_MAX + 1];
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++)
        if (&member[i] != m)
            senders[n++] = member[i].peer.ticket.sender;
    senders[n++] = FLOODER; // his pictures, too
    relay_peer_watch(&m->peer, senders, n, 0);
}

// Everything that is due; returns when the next thing is.
static uint64_t turn(struct member *m, uint64_t now, bool sending)
{
    if (sending && now >= m->audio_us) {
        send_media(m, RELAY_PEER_AUDIO, AUDIO_SIZE, 1, &m->audio_sent);
        m->audio_us += AUDIO_US;
    }
    if (sending && now >= m->frame_us) {
        send_media(m, RELAY_PEER_CAMERA, VIDEO_SIZE, FRAME_DATAGRAMS, &m->video_sent);
        m->frame_us += FRAME_US;
    }
    if (now >= m->keep_us) {
        relay_peer_ping(&m->peer);
        m->keep_us = now + KEEP_US;
    }
    if (now >= m->watch_us) {
        watch_all(m);
        m->watch_us = now + (m->watched++ < 2 ? WATCH_SOON_US : WATCH_US);
    }
    uint64_t next = MIN(m->keep_us, m->watch_us);
    return sending ? MIN(next, MIN(m->audio_us, m->frame_us)) : next;
}

static void run(uint64_t until, bool sending)
{
    struct pollfd fds[MEMBERS_MAX];
    for (;;) {
        uint64_t now = clock_now_us(), next = until;
        if (now >= until)
            return;
        for (unsigned i = 0; i < count; i++) {
            uint64_t due = turn(&member[i], now, sending);
            next = MIN(next, due);
            fds[i] = (struct pollfd){.fd = member[i].peer.fd, .events = POLLIN};
        }
        now = clock_now_us();
        struct timespec wait = {.tv_nsec = (long)MIN(next > now ? next - now : 0, (uint64_t)KEEP_US) * 1000};
        if (ppoll(fds, count, &wait, NULL) <= 0)
            continue;
        for (unsigned i = 0; i < count; i++)
            if (fds[i].revents)
                relay_peer_receive(&member[i].peer, got, NULL);
    }
}

static unsigned percentile(double part)
{
    uint64_t want = (uint64_t)((double)delays * part), seen = 0;
    for (unsigned i = 0; i < DELAYS; i++) {
        seen += delay[i];
        if (seen > want)
            return i;
    }
    return DELAYS;
}

static void tell(void)
{
    uint64_t expected = 0, received = 0, audio = 0, audio_expected = 0, copies = 0, bad = 0, worst_lost = 0, own = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct member *from = &member[i];
        copies += from->peer.counts.copies;
        bad += from->peer.counts.bad_tag;
        own += relay_peer_dropped(from->peer.fd);
        expected += (from->audio_sent + from->video_sent) * (count - 1);
        audio_expected += from->audio_sent * (count - 1);
        uint64_t here = 0;
        for (unsigned k = 0; k < count; k++) {
            const struct relay_peer_stream *a, *v;
            a = relay_peer_stream(&member[k].peer, from->peer.ticket.sender, RELAY_PEER_AUDIO);
            v = relay_peer_stream(&member[k].peer, from->peer.ticket.sender, RELAY_PEER_CAMERA);
            here += (a ? a->received : 0) + (v ? v->received : 0);
            audio += a ? a->received : 0;
        }
        received += here;
        worst_lost = MAX(worst_lost, (from->audio_sent + from->video_sent) * (count - 1) - here);
    }
    printf("done {\"expected\": %llu, \"received\": %llu, \"audio_expected\": %llu, \"audio_received\": %llu, "
           "\"worst_sender_lost\": %llu, \"own_dropped\": %llu, \"copies\": %llu, \"bad_tag\": %llu, \"p50_us\": %u, "
           "\"p99_us\": %u, "
           "\"p999_us\": %u}\n",
           (unsigned long long)expected, (unsigned long long)received, (unsigned long long)audio_expected,
           (unsigned long long)audio, (unsigned long long)worst_lost, (unsigned long long)own,
           (unsigned long long)copies, (unsigned long long)bad, percentile(0.5), percentile(0.99), percentile(0.999));
}

int main(int argc, char **argv)
{
    uint8_t key[32];
    struct addr relay;
    char host[64];
    uint16_t port = 0;
    if (argc < 6 || !addr_split(argv[2], 0, host, sizeof host, &port) || !addr_literal(&relay, host, port))
        return usage();
    uint32_t room = (uint32_t)strtoul(argv[3], NULL, 0);
    count = (unsigned)strtoul(argv[4], NULL, 10);
    double seconds = strtod(argv[5], NULL);
    if (count < 2 || count > MEMBERS_MAX || seconds <= 0 || !relay_peer_ticket_key(key, argv[1]))
        return usage();
    delay = calloc(DELAYS, sizeof *delay);
    bool listen = argc > 6 && strcmp(argv[6], "listen") == 0;
    capture = argc > 6 && !listen ? fopen(argv[6], "wb") : NULL;
    for (unsigned i = 0; i < count; i++) {
        struct relay_peer *p = &member[i].peer;
        bool open = relay_peer_open(p, key, &relay, NULL, room, (uint16_t)(i + 1));
        p->ticket.role =
            i == 0; // a room without a host would be given one, and another epoch, which nobody here hears of
        if (!open || !relay_peer_join(p, 5000) || !relay_peer_timestamps(p)) {
            fprintf(stderr, "member %u does not get in\n", i + 1);
            return 1;
        }
    }
    uint64_t now = clock_now_us();
    for (unsigned i = 0; i < count; i++) { // spread over a frame, as people are
        member[i].audio_us = now + SETTLE_US + i * AUDIO_US / count;
        member[i].frame_us = now + SETTLE_US + i * FRAME_US / count;
    }
    run(now + SETTLE_US, false);
    printf("ready\n");
    fflush(stdout);
    run(clock_now_us() + (uint64_t)(seconds * 1e6), !listen);
    run(clock_now_us() + SETTLE_US, false);
    tell();
    for (unsigned i = 0; i < count; i++) {
        relay_peer_bye(&member[i].peer);
        relay_peer_close(&member[i].peer);
    }
    free(delay);
    return 0;
}
