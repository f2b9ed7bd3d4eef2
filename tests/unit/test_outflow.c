// What we send at the rate the way bears: against a line with a rate and a queue, and the relay's real reports of it.
#include "client/net/hop_loss.h"
#include "client/net/outflow.h"
#include "relay/report.h"
#include "tests/unit/unit.h"

enum { MS = 1000, SECOND = 1000000, WAY_US = 25 * MS, QUEUE_US = 300 * MS, UNDER_WAY = 4096, MOST_KBPS = 1200 };
static const uint8_t SOUND = WIRE_SLOT(WIRE_STREAM_AUDIO, 0), CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2);

static struct hop hop;
static struct net_repair repair;
static struct parity_up parity;
static struct outflow outflow;
static struct report report[2];
static uint64_t now, free_us; // when the line has sent all that waits
static double line_bps;
static bool cut, hold;
static unsigned fills, rows, lost_of_ten;
static uint64_t seed;
static struct {
    uint64_t at_us, number;
    unsigned space;
} under_way[UNDER_WAY];
static unsigned first, last;

static void out(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx;
    struct wire_header h;
    assert_true(wire_read(&h, p, n));
    fills += h.type == WIRE_PROBE;
    rows += h.type == WIRE_FEC;
    if (h.type == WIRE_CTRL || cut || free_us > now + QUEUE_US ||
        (lost_of_ten && random_next(&seed) % 10 < lost_of_ten))
        return;
    free_us = MAX(free_us, now) + (uint64_t)((double)(n + 28) * 8e6 / line_bps);
    under_way[last % UNDER_WAY].at_us = free_us + WAY_US;
    under_way[last % UNDER_WAY].number = h.hopseq;
    under_way[last++ % UNDER_WAY].space = !wire_is_media(h.type) || h.type == WIRE_FEC;
    assert_true(last - first < UNDER_WAY);
}

static void on_sent(void *ctx, enum hop_sent kind, uint64_t number, size_t n, uint64_t now_us)
{
    (void)ctx;
    outflow_sent(&outflow, kind, number, n, now_us);
}

static void on_rates(void *ctx, const struct outflow_rates *rates)
{
    (void)ctx, (void)rates;
}

static void on_hold(void *ctx, bool to)
{
    (void)ctx;
    hold = to;
}

static int setup(void **state)
{
    (void)state;
    now = 1000 * SECOND;
    free_us = first = last = fills = rows = lost_of_ten = 0;
    seed = 1;
    cut = hold = false;
    line_bps = 2.5e6;
    hop_init(&hop, &(struct hop_io){.send = out, .sent = on_sent});
    hop.state = HOP_UP;
    hop.media_number = hop.other_number = 1;
    hop.rtt_ms = 2 * WAY_US / MS;
    net_repair_init(&repair, &hop);
    outflow_init(&outflow, &hop, &repair, &parity, MOST_KBPS, &(struct outflow_io){.rates = on_rates, .hold = on_hold});
    const struct ladder_watch watch[BUDGET_LAYERS] = {[LADDER_ALONE] = {1, 0}};
    ladder_others(&outflow.ladder, 1);
    ladder_watched(&outflow.ladder, watch, now);
    report_init(&report[0]);
    report_init(&report[1]);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    outflow_destroy(&outflow);
    net_repair_reset(&repair);
    return 0;
}

static void relay(void)
{
    for (; first < last && under_way[first % UNDER_WAY].at_us <= now; first++)
        report_arrived(&report[under_way[first % UNDER_WAY].space], under_way[first % UNDER_WAY].number, false, true,
                       under_way[first % UNDER_WAY].at_us);
    for (unsigned s = 0; s < 2; s++) {
        struct feedback_arrivals a[REPORT_BLOCKS];
        unsigned n = report_due(&report[s], now) ? report_make(&report[s], (uint8_t)s, a, now) : 0;
        for (unsigned i = 0; i < n; i++) {
            uint8_t p[WIRE_DATAGRAM_MAX];
            struct bytes_writer w = feedback_begin(p, 0, 1);
            feedback_put_arrivals(&w, &a[i]);
            size_t size = feedback_end(&w, p);
            outflow_feedback(&outflow, p, size, now);
            hop_loss_reported(&hop, p, size, now);
        }
    }
}

static void send(enum pacer_class of, uint8_t slot, uint8_t mark, size_t n)
{
    uint8_t p[WIRE_MEDIA_MAX] = {0};
    wire_write(&(struct wire_header){.type = WIRE_MEDIA, .mark = mark, .room = 1, .slot = slot}, p);
    outflow_media(&outflow, of, p, n, now);
}

static void picture(void)
{
    size_t left = outflow.told.camera[LADDER_ALONE].kbps * 1000 / 8 / 30;
    for (uint8_t mark = WIRE_MARK_START; left; mark = 0) {
        size_t n = MIN(left, (size_t)1100);
        left -= n;
        send(PACER_CAMERA, CAMERA, (uint8_t)(mark | (left ? 0 : WIRE_MARK_END)), n + 60);
    }
}

enum sends { META = 1, VOICE = 2, PICTURES = 4, ALL = 7 };

static void run(enum sends what, unsigned ms)
{
    for (unsigned t = 0; t < ms; t++, now += MS) {
        if (what & META && t % 1000 == 0)
            send(PACER_AUDIO, WIRE_SLOT(15, 0), WIRE_MARK_END, 100);
        if (what & VOICE && t % 20 == 0)
            send(PACER_AUDIO, SOUND, WIRE_MARK_END, 130);
        if (what & PICTURES && t % 33 == 0 && !hold)
            picture();
        relay();
        outflow_tick(&outflow, now);
        parity_up_tick(&parity, now);
    }
}

static double target(void)
{
    return outflow.bandwidth.target_bps / 1000;
}

static void nothing_to_send_is_no_silence(void **state)
{
    (void)state;
    run(ALL, 6000);
    double before = target();
    assert_true(before > 1200);
    run(META, 15000);
    assert_true(target() >= 0.95 * before);
    cut = true; // one lost datagram a second is none either
    run(META, 5000);
    assert_true(target() >= 0.95 * before);
    run(VOICE, 3000); // that is
    assert_true(target() < 0.6 * before);
}

// What was before a cut is so again after it, however long it was.
static void back_after_a_cut(void **state)
{
    (void)state;
    run(ALL, 6000);
    cut = true;
    run(ALL, 8000);
    assert_true(target() < 500);
    unsigned before = fills;
    run(ALL, 2000);
    assert_int_equal(fills, before); // no probe where nothing is answered
    cut = false;
    run(ALL, 4000);
    assert_true(target() > 1000);
}

// Parity is in the reports, so the rate rises although there is much of it.
static void parity_keeps_no_rate_down(void **state)
{
    (void)state;
    run(ALL, 3000);
    lost_of_ten = 1;
    run(ALL, 5000);
    assert_true(rows > 50);
    line_bps = 300e3;
    run(ALL, 8000);
    assert_true(target() < 400);
    line_bps = 2.5e6;
    run(ALL, 12000);
    assert_true(outflow.told.camera[LADDER_ALONE].kbps > 900);
}

// Sound alone where nothing else fits; sound is never held.
static void sound_alone(void **state)
{
    (void)state;
    run(ALL, 5000);
    line_bps = 100e3;
    run(ALL, 9000);
    assert_true(outflow.paused && hold);
    run(ALL, 20000);
    assert_true(outflow.paused && free_us < now + 60 * MS);
    line_bps = 2.5e6;
    run(ALL, 30000);
    assert_true(!outflow.paused && !hold && target() > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_to_send_is_no_silence, setup, teardown),
        cmocka_unit_test_setup_teardown(back_after_a_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(parity_keeps_no_rate_down, setup, teardown),
        cmocka_unit_test_setup_teardown(sound_alone, setup, teardown),
    };
    return cmocka_run_group_tests_name("outflow", tests, NULL, NULL);
}
