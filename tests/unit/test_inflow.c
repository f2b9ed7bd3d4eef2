// What comes down, and what it tells of the way: through the hop that proves it.
#include "tests/unit/unit.h"

#include "client/net/inflow.h"

enum { MS = 1000, SECOND = 1000000, ROOM = 7, WAY_US = 20 * MS };
static const uint8_t SOUND = WIRE_SLOT(WIRE_STREAM_AUDIO, 0), CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2);

static struct hop hop;
static struct inflow inflow;
static uint64_t now, numbers[256], parity_number;

struct datagram {
    uint8_t p[WIRE_MEDIA_MAX];
    size_t n;
};

static void out(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx, (void)p, (void)n;
}

static int setup(void **state)
{
    (void)state;
    hop_init(&hop, &(struct hop_io){.send = out});
    hop.state = HOP_UP;
    hop.has_keys = true;
    hop.room = ROOM;
    hop.sender = 2;
    hop.rtt_ms = 40;
    inflow_init(&inflow);
    now = 100 * SECOND;
    memset(numbers, 0, sizeof numbers);
    parity_number = 0;
    return 0;
}

static struct datagram make(uint8_t type, uint8_t slot, uint64_t number, size_t n, uint64_t sent_us)
{
    struct datagram d = {.n = n};
    wire_write(&(struct wire_header){.type = type, .sender = 1, .room = ROOM, .slot = slot}, d.p);
    wire_stamp(d.p, n, hop.room_down, number, sent_us);
    return d;
}

// As the session does.
static enum hop_verdict come(const struct datagram *x)
{
    struct hop_datagram d;
    enum hop_verdict v = hop_receive(&hop, x->p, x->n, now, &d);
    if (v != HOP_DROP)
        inflow_came(&inflow, &hop, &d, x->n, now, now);
    if (v == HOP_MEDIA)
        hop_commit(&hop, &d);
    inflow_tick(&inflow, hop.rtt_ms, now);
    return v;
}

static struct datagram media(uint8_t slot, size_t n)
{
    return make(WIRE_MEDIA, slot, ++numbers[slot], n, now - WAY_US);
}

// Sound and pictures, evenly, over a line that adds `late_us` to all; parity too when `parity`.
static void flow(unsigned ms, uint64_t late_us, bool parity)
{
    for (unsigned t = 0; t < ms; t += 10) {
        now += 10 * MS;
        struct datagram x = make(WIRE_MEDIA, CAMERA, ++numbers[CAMERA], 1000, now - WAY_US - late_us);
        come(&x);
        if (parity && t % 50 == 0) {
            x = make(WIRE_FEC, CAMERA, ++parity_number, 1000, now - WAY_US - late_us);
            come(&x);
        }
        if (t % 20)
            continue;
        x = make(WIRE_MEDIA, SOUND, ++numbers[SOUND], 120, now - WAY_US - late_us);
        come(&x);
    }
}

static void a_repeated_datagram_tells_nothing_of_the_way(void **state)
{
    (void)state;
    flow(2000, 0, false);
    now += 20 * MS;
    struct datagram old = media(SOUND, 120);
    come(&old);
    flow(40000, 0, false); // its hoptime is 24 s ahead of now as it wraps
    assert_int_equal(come(&old), HOP_HANDLED);
    flow(2000, 0, false);
    assert_true(inflow.bandwidth.queue_ms < 5);
    assert_int_equal(inflow_limit_kbps(&inflow), 0);
    // It came all the same, and took its part of the line.
    double before = inflow.besides_bytes;
    come(&old);
    assert_true(inflow.besides_bytes > before || inflow.bandwidth.queue_ms < 5);
}

static void repeated_or_early_parity_makes_no_holes(void **state)
{
    (void)state;
    // Before any of its slot has come, and far from the numbers that will.
    struct datagram early = make(WIRE_FEC, CAMERA, 5000, 1000, now - WAY_US);
    assert_int_equal(come(&early), HOP_HANDLED);
    flow(3000, 0, true);
    for (unsigned i = 0; i < 100; i++)
        come(&early);
    flow(3000, 0, true);
    assert_true(bandwidth_loss(&inflow.bandwidth) == 0);
    assert_true(inflow.bandwidth.queue_ms < 5);
    assert_int_equal(inflow_limit_kbps(&inflow), 0);
    assert_true(inflow.row_bytes > 0);
}

// Pictures get what parity and sound leave.
static void parity_counts_in_the_rate(void **state)
{
    (void)state;
    flow(2000, 0, false);
    double without = bandwidth_received_bps(&inflow.bandwidth);
    flow(2000, 0, true);
    assert_true(bandwidth_received_bps(&inflow.bandwidth) > 1.15 * without);
}

// What is sent faster than the way bears waits longer and longer: who sends is told.
static void a_queue_is_a_limit(void **state)
{
    (void)state;
    flow(3000, 0, false);
    assert_int_equal(inflow_limit_kbps(&inflow), 0);
    for (unsigned i = 1; i <= 40; i++)
        flow(50, i * 5 * MS, false);
    assert_in_range(inflow_limit_kbps(&inflow), 80, 800);
    assert_true(inflow_stands(&inflow, now));
}

// All of a second is missing: the line was cut. A hole in the middle of the flow is loss.
// Everybody begins at once, and the machine is busy with it: a few small datagrams come later and later.
static void a_little_that_comes_late_is_no_queue(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 400; t += 10) {
        now += 10 * MS;
        struct datagram x = make(WIRE_MEDIA, SOUND, ++numbers[SOUND], 60, now - WAY_US - (t < 200 ? 0 : t * 250));
        if (t % 50 == 0)
            come(&x);
    }
    flow(1000, 0, false);
    assert_int_equal(inflow_limit_kbps(&inflow), 0);
}

static void a_cut_is_no_loss(void **state)
{
    (void)state;
    flow(3000, 0, false);
    now += SECOND;
    numbers[CAMERA] += 100;
    numbers[SOUND] += 50;
    flow(500, 0, false);
    assert_true(bandwidth_loss(&inflow.bandwidth) == 0);
    assert_int_equal(inflow_limit_kbps(&inflow), 0);
    numbers[CAMERA] += 20;
    flow(100, 0, false);
    assert_true(bandwidth_loss(&inflow.bandwidth) > 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_repeated_datagram_tells_nothing_of_the_way, setup),
        cmocka_unit_test_setup(repeated_or_early_parity_makes_no_holes, setup),
        cmocka_unit_test_setup(parity_counts_in_the_rate, setup),
        cmocka_unit_test_setup(a_queue_is_a_limit, setup),
        cmocka_unit_test_setup(a_little_that_comes_late_is_no_queue, setup),
        cmocka_unit_test_setup(a_cut_is_no_loss, setup),
    };
    return cmocka_run_group_tests_name("inflow", tests, NULL, NULL);
}
