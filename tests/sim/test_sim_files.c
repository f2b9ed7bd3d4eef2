// A file over a bad line in virtual time: all of it arrives, in order, and how much of the line it takes.
#include "tests/unit/unit.h"

#include "client/net/file_in.h"
#include "client/net/file_out.h"
#include "tests/netem/netem_link.h"

#include <math.h>

enum { MS = 1000, SECOND = 1000000, OVER = 76, PEERS_MAX = 3, TICK_US = 1000 };

struct parcel {
    bool ack;
    unsigned peer;
    uint32_t number, ts_ms;
    size_t size;
    uint8_t data[FILE_CHUNK];
    struct file_ack said;
};

struct world {
    struct file_out *out;
    struct file_in *in[PEERS_MAX];
    struct netem_link *there[PEERS_MAX], *back[PEERS_MAX];
    unsigned peers;
    uint64_t given, taken[PEERS_MAX], total, now_us, done_us;
};

struct line {
    uint64_t rate_bps, rtt_us, queue_us, seconds, total;
    double loss, back_loss;
    unsigned peers;
};

static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)(i * 2654435761u >> 13);
}

static void give(struct world *w)
{
    uint8_t data[FILE_CHUNK];
    while (file_out_room(w->out) && w->given < w->total) {
        size_t n = (size_t)MIN((uint64_t)FILE_CHUNK, w->total - w->given);
        for (size_t i = 0; i < n; i++)
            data[i] = byte_at(w->given + i);
        file_out_give(w->out, data, n);
        w->given += n;
    }
    if (w->given == w->total)
        file_out_end(w->out);
}

static struct parcel *parcel_of(struct world *w, bool ack, unsigned peer)
{
    struct parcel *p = malloc(sizeof *p);
    *p = (struct parcel){.ack = ack, .peer = peer, .ts_ms = (uint32_t)(w->now_us / 1000)};
    return p;
}

static void send_due(struct world *w)
{
    const uint8_t *data;
    uint32_t number;
    size_t n;
    while ((data = file_out_next(w->out, &number, &n, w->now_us)))
        for (unsigned i = 0; i < w->peers; i++) {
            struct parcel *p = parcel_of(w, false, i);
            p->number = number;
            p->size = n;
            memcpy(p->data, data, n);
            netem_link_offer(w->there[i], p, n + OVER, false, w->now_us);
        }
}

static void receive(struct world *w, unsigned i)
{
    struct netem_out o;
    size_t n;
    while (netem_link_take(w->there[i], w->now_us, &o)) {
        struct parcel *p = o.item;
        file_in_push(w->in[i], p->number, p->data, p->size, p->ts_ms);
        free(p);
        const uint8_t *data;
        while ((data = file_in_look(w->in[i], &n))) {
            for (size_t k = 0; k < n; k++)
                assert_int_equal(data[k], byte_at(w->taken[i] + k));
            w->taken[i] += n;
            file_in_take(w->in[i]);
        }
    }
    struct file_ack ack;
    while (file_in_ack(w->in[i], &ack, FILE_IN_ACK_US, w->now_us)) {
        struct parcel *p = parcel_of(w, true, i);
        p->said = ack;
        netem_link_offer(w->back[i], p, FILE_ACK + OVER, false, w->now_us);
    }
    while (netem_link_take(w->back[i], w->now_us, &o)) {
        struct parcel *p = o.item;
        file_out_ack(w->out, p->peer, &p->said, w->now_us);
        free(p);
    }
}

// Runs until all have all, or the time is over. Returns bits a second to each.
static double run(const struct line *l, uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    w->out = calloc(1, sizeof *w->out);
    w->peers = l->peers ? l->peers : 1;
    w->total = l->total;
    w->now_us = SECOND;
    file_out_init(w->out, (1ull << w->peers) - 1, w->now_us);
    for (unsigned i = 0; i < w->peers; i++) {
        w->in[i] = calloc(1, sizeof *w->in[i]);
        file_in_init(w->in[i], 0);
        w->there[i] = netem_link_create(4096, seed + i, free);
        w->back[i] = netem_link_create(4096, seed + 100 + i, free);
        netem_link_set(
            w->there[i],
            &(struct netem_settings){
                .delay_us = l->rtt_us / 2, .loss = l->loss, .rate_bps = l->rate_bps, .queue_us = l->queue_us},
            w->now_us);
        netem_link_set(w->back[i], &(struct netem_settings){.delay_us = l->rtt_us / 2, .loss = l->back_loss},
                       w->now_us);
    }
    uint64_t end_us = w->now_us + l->seconds * SECOND;
    for (; w->now_us < end_us && !file_out_done(w->out); w->now_us += TICK_US) {
        give(w);
        file_out_tick(w->out, w->now_us);
        send_due(w);
        for (unsigned i = 0; i < w->peers; i++)
            receive(w, i);
    }
    bool done = file_out_done(w->out);
    double bps = (double)w->taken[0] * 8 / ((double)(w->now_us - SECOND) / SECOND);
    print_message("rtt %3u ms rate %5.1f Mbit/s loss %4.1f %% peers %u: %6.2f Mbit/s of content, %s, %u losses %u "
                  "timeouts, again %.1f %%\n",
                  (unsigned)(l->rtt_us / MS), (double)l->rate_bps / 1e6, 100 * l->loss, w->peers, bps / 1e6,
                  done ? "done" : "not done", (unsigned)w->out->reno.losses, (unsigned)w->out->reno.outs,
                  100.0 * (double)w->out->bytes_again / (double)MAX(w->out->bytes, 1u));
    for (unsigned i = 0; i < w->peers; i++) {
        if (l->total < UINT64_MAX / 2)
            assert_int_equal(w->taken[i], l->total);
        netem_link_destroy(w->there[i]);
        netem_link_destroy(w->back[i]);
        free(w->in[i]);
    }
    free(w->out);
    free(w);
    return bps;
}

static void all_arrives(void **state)
{
    (void)state;
    static const double losses[] = {0, 0.05, 0.2};
    uint64_t seed = unit_seed();
    for (unsigned i = 0; i < 3; i++)
        run(&(struct line){.rate_bps = 8000000,
                           .rtt_us = 50000,
                           .queue_us = 300000,
                           .loss = losses[i],
                           .back_loss = losses[i],
                           .seconds = 600,
                           .total = 3000001},
            seed + i);
    run(&(struct line){.rate_bps = 8000000,
                       .rtt_us = 50000,
                       .queue_us = 300000,
                       .loss = 0.05,
                       .seconds = 600,
                       .total = 3000001,
                       .peers = 3},
        seed);
    run(&(struct line){.rtt_us = 50000, .seconds = 60, .total = 1}, seed);
    run(&(struct line){.rtt_us = 50000, .seconds = 60, .total = 0}, seed);
}

// Of content: headers take 7 %.
static void takes_the_line(void **state)
{
    (void)state;
    struct line l = {.rate_bps = 10000000, .rtt_us = 50000, .queue_us = 300000, .seconds = 30, .total = UINT64_MAX};
    double share = 1024.0 / 1100 * 1e7;
    assert_true(run(&l, 1) > 0.9 * share);
    l.loss = 0.01;
    assert_true(run(&l, 1) > 0.7 * share);
    l.queue_us = 60000;
    l.loss = 0;
    assert_true(run(&l, 1) > 0.8 * share);
    l.loss = 0.05;
    run(&l, 1);
    l.rate_bps = 50000000, l.loss = 0.01;
    run(&l, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_arrives), cmocka_unit_test(takes_the_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
