// The window of a whole transfer, ack by ack, beside a second machine that is told only what can be seen from outside:
// which chunks an ack took off the list, which were found missing, what was under way. It is written after RFC 5681
// (3.1, 3.2), RFC 6582 and RFC 6675 (5); that a loss without a queue is chance, and that slow start ends where a queue
// begins, is told to it as the protocol has it.
#include "tests/unit/unit.h"

#include "client/net/file_in.h"
#include "client/net/file_out.h"
#include "tests/netem/netem_link.h"

#include <math.h>

enum { MS = 1000, SECOND = 1000000, OVER = 76, MSS = FILE_CHUNK + OVER, QUEUE_BEGINS_US = 16000, CHANCE_US = 8000 };

struct machine {
    double cwnd, ssthresh, partial; // bytes; acked since avoidance last added a segment
    uint32_t recovery_point, timeout_point, una;
    bool in_recovery, repeated;
};

static void machine_ack(struct machine *m, double bytes, uint32_t una, bool full)
{
    m->repeated = false;
    m->una = una;
    if (m->in_recovery) { // RFC 6675 section 5 step B
        m->in_recovery = una < m->recovery_point;
        return;
    }
    if (!full)
        return;
    if (m->cwnd < m->ssthresh) { // cwnd += min(N, SMSS), counted in bytes (RFC 3465)
        double n = MIN(bytes, m->ssthresh - m->cwnd);
        m->cwnd += n;
        bytes -= n;
    }
    for (m->partial += bytes; m->partial >= m->cwnd && m->cwnd >= m->ssthresh; m->cwnd += MSS)
        m->partial -= m->cwnd;
}

static double half(double flight)
{
    return MAX(flight / 2, 2.0 * MSS); // RFC 5681 equation 4
}

static void machine_loss(struct machine *m, double flight, uint32_t next)
{
    if (m->in_recovery || m->una < m->timeout_point)
        return;
    m->cwnd = m->ssthresh = half(flight);
    m->partial = 0;
    m->in_recovery = true;
    m->recovery_point = next;
}

static void machine_timeout(struct machine *m, double flight, uint32_t next)
{
    m->ssthresh = m->repeated ? m->ssthresh : half(flight);
    m->repeated = true;
    m->cwnd = MSS; // the loss window
    m->partial = 0;
    m->in_recovery = false;
    m->timeout_point = next;
}

static struct file_out out, before;
static struct machine m;
static unsigned acks, losses, timeouts;

static void same(void)
{
    assert_int_equal(lround(out.reno.cwnd), lround(m.cwnd));
    assert_int_equal(isinf(out.reno.ssthresh), isinf(m.ssthresh));
    if (!isinf(m.ssthresh))
        assert_int_equal(lround(out.reno.ssthresh), lround(m.ssthresh));
    assert_int_equal(out.reno.state == RENO_RECOVERY, m.in_recovery);
}

static void follow_ack(const struct file_ack *ack, uint64_t now_us)
{
    double bytes = 0, flight = 0;
    bool lost = false, timed = false;
    memcpy(&before, &out, offsetof(struct file_out, data));
    file_out_ack(&out, 0, ack, now_us);
    acks++;
    for (uint32_t i = before.una; i < before.next; i++) {
        const struct file_out_chunk *was = &before.ring[i % FILE_WINDOW], *is = &out.ring[i % FILE_WINDOW];
        bool gone = was->missing && !is->missing;
        bytes += gone ? is->size + OVER : 0;
        lost |= is->lost && !was->lost;
        flight += was->missing && !was->lost && !gone ? is->size + OVER : 0; // before what is lost is taken out
    }
    timed = out.trips != before.trips;
    bool slow_start = m.cwnd < m.ssthresh && !m.in_recovery && m.una >= m.timeout_point;
    if (timed && slow_start && file_out_queue_us(&out) > QUEUE_BEGINS_US)
        m.ssthresh = m.cwnd;
    if (bytes > 0)
        machine_ack(&m, bytes, out.una, before.flight + 2 * MSS > before.reno.cwnd);
    if (lost && (file_out_queue_us(&out) >= CHANCE_US || out.loss > 0.3)) {
        machine_loss(&m, flight, out.next);
        losses++;
    }
    same();
}

static void follow_time(uint64_t now_us)
{
    double flight = out.flight;
    uint64_t outs = out.reno.outs;
    file_out_tick(&out, now_us);
    if (out.reno.outs != outs) {
        machine_timeout(&m, flight, out.next);
        timeouts++;
    }
    same();
}

struct parcel {
    uint32_t number, ts_ms;
    size_t size;
    struct file_ack said;
};

static void run(uint64_t seed, double loss, uint64_t queue_us, uint64_t rate_bps)
{
    static struct file_in in;
    static const uint8_t content[FILE_CHUNK];
    struct netem_link *there = netem_link_create(8192, seed, free), *back = netem_link_create(8192, seed + 1, free);
    struct netem_settings way = {.delay_us = 20 * MS, .loss = loss, .rate_bps = rate_bps, .queue_us = queue_us};
    uint64_t now_us = SECOND, cut_us = 4 * SECOND;
    file_out_init(&out, 1, now_us);
    file_in_init(&in, 0);
    m = (struct machine){.cwnd = 10 * MSS, .ssthresh = INFINITY};
    acks = losses = timeouts = 0;
    for (; now_us < 12u * SECOND; now_us += MS) {
        struct netem_settings here = way;
        here.loss = now_us > cut_us && now_us < cut_us + SECOND ? 1 : loss; // nothing for a second
        netem_link_set(there, &here, now_us);
        netem_link_set(back, &(struct netem_settings){.delay_us = 20 * MS, .loss = loss}, now_us);
        const uint8_t *data;
        uint32_t number;
        struct netem_out o;
        size_t n;
        while (file_out_room(&out))
            file_out_give(&out, content, 1 + (out.end * 37 % FILE_CHUNK));
        follow_time(now_us);
        while (file_out_next(&out, &number, &n, now_us)) {
            struct parcel *p = malloc(sizeof *p);
            *p = (struct parcel){.number = number, .size = n, .ts_ms = (uint32_t)(now_us / MS)};
            netem_link_offer(there, p, n + OVER, false, now_us);
        }
        while (netem_link_take(there, now_us, &o)) {
            const struct parcel *p = o.item;
            file_in_push(&in, p->number, content, p->size, p->ts_ms);
            free(o.item);
        }
        while ((data = file_in_look(&in, &n)))
            file_in_take(&in);
        struct parcel answer;
        if (file_in_ack(&in, &answer.said, FILE_IN_ACK_US, now_us)) {
            struct parcel *p = malloc(sizeof *p);
            *p = answer;
            netem_link_offer(back, p, FILE_ACK + OVER, false, now_us);
        }
        while (netem_link_take(back, now_us, &o)) {
            follow_ack(&((struct parcel *)o.item)->said, now_us);
            free(o.item);
        }
    }
    print_message("loss %.0f %%: %u acks, %u rows of losses, %u timeouts: the same window after each\n", 100 * loss,
                  acks, losses, timeouts);
    assert_true(acks > 300 && timeouts > 0);
    netem_link_destroy(there);
    netem_link_destroy(back);
}

static void ack_by_ack(void **state)
{
    (void)state;
    uint64_t seed = unit_seed();
    run(seed, 0, 25 * MS, 8000000);
    assert_true(losses > 1); // a short queue, and what it drops
    run(seed, 0.02, 300 * MS, 8000000);
    run(seed, 0.2, 100 * MS, 4000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ack_by_ack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
