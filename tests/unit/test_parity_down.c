// Parity that comes down: what it gives back, how much is kept for it, and what the relay is told of our loss.
#include "tests/unit/unit.h"

#include "client/net/parity_down.h"

#include "shared/feedback.h"

enum { MS = 1000, ROOM = 9, HELD = 64 };
static const uint8_t CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2);

static struct hop hop;
static struct parity_down parity;
static struct fec_maker maker;
static uint64_t now;
static struct {
    uint8_t p[WIRE_MEDIA_MAX];
    size_t n;
} media[HELD]; // by number
static unsigned told;
static struct feedback_path path;

static void out(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx;
    struct bytes_reader r = feedback_body(p, n), body;
    int type;
    while ((type = feedback_next(&r, &body)) > 0)
        told += type == FEEDBACK_PATH && feedback_read_path(&path, body);
}

static int setup(void **state)
{
    (void)state;
    now = 1000000000;
    told = 0;
    hop_init(&hop, &(struct hop_io){.send = out});
    hop.state = HOP_UP;
    hop.rtt_ms = 80;
    parity_down_init(&parity, &hop);
    for (uint64_t i = 0; i < HELD; i++) {
        media[i].n = 200 + i;
        memset(media[i].p, (int)i, sizeof media[i].p);
        wire_write(&(struct wire_header){.type = WIRE_MEDIA, .sender = 1, .room = ROOM, .slot = CAMERA}, media[i].p);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    parity_down_reset(&parity);
    return 0;
}

static const uint8_t *find(void *ctx, uint64_t number, size_t *n)
{
    (void)ctx;
    *n = media[number % HELD].n;
    return media[number % HELD].p;
}

static struct hop_datagram datagram(uint8_t type, uint16_t sender, uint64_t number)
{
    static struct hop_space space;
    space.window.newest = number;
    return (struct hop_datagram){.header = {.type = type, .sender = sender, .room = ROOM, .slot = CAMERA},
                                 .number = number,
                                 .space = &space,
                                 .now_us = now};
}

static void came(uint64_t number)
{
    struct hop_datagram d = datagram(WIRE_MEDIA, 1, number);
    parity_down_keep(&parity, &d, media[number % HELD].p, media[number % HELD].n);
}

static void rows(uint16_t sender, uint64_t first, unsigned k, unsigned m)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct hop_datagram d = datagram(WIRE_FEC, sender, first + k - 1);
    assert_true(fec_make(&maker, first, k, m, find, NULL));
    for (unsigned i = 0; i < m; i++)
        parity_down_push(&parity, &d, p, fec_write(&maker, i, &d.header, p));
}

static const struct fec_mended *mend(void)
{
    struct hop_datagram d = datagram(WIRE_FEC, 1, 40);
    return parity_down_mend(&parity, &d);
}

static void gives_back_what_was_lost(void **state)
{
    (void)state;
    rows(1, 1, 2, 1); // from the first parity on all is kept
    assert_null(mend());
    for (uint64_t i = 10; i < 16; i++)
        if (i != 12 && i != 14)
            came(i);
    rows(1, 10, 6, 1);
    assert_null(mend());
    rows(1, 10, 6, 2);
    const struct fec_mended *m = mend();
    assert_true(m && m->count == 2);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t number = m->item[i].number;
        assert_true(number == 12 + 2 * i && m->item[i].size == media[number].n);
        assert_memory_equal(m->item[i].data + WIRE_HEADER, media[number].p + WIRE_HEADER,
                            media[number].n - WIRE_HEADER);
    }
    assert_null(mend());
}

// Senders without end are no more memory than this; who has sent none for a while is forgotten.
static void bounded(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= PARITY_DOWN_SPACES + 10; i++)
        rows((uint16_t)i, 10, 3, 1);
    assert_int_equal(parity.count, PARITY_DOWN_SPACES);
    parity_down_forget(&parity, 5);
    assert_int_equal(parity.count, PARITY_DOWN_SPACES - 1);
    now += PARITY_DOWN_IDLE_US / 2;
    rows(1, 20, 3, 1);
    now += PARITY_DOWN_IDLE_US / 2 + MS;
    parity_down_tick(&parity, now);
    assert_int_equal(parity.count, 1);
    hop.sessions++; // other numbers
    rows(2, 10, 3, 1);
    assert_int_equal(parity.count, 1);
    assert_int_equal(parity.space[0]->sender, 2);
}

static void tells_what_is_lost(void **state)
{
    (void)state;
    unsigned run = 0;
    for (unsigned t = 0; t < 1000; t += 10)
        parity_down_tick(&parity, now += 10 * MS);
    assert_int_equal(told, 0); // nothing is
    for (unsigned i = 0; i < 100; i++)
        loss_count(&hop.loss_down, i % 5 == 0, &run, now);
    for (unsigned t = 0; t < 1000; t += 10)
        parity_down_tick(&parity, now += 10 * MS);
    assert_int_equal(told, 5);
    assert_true(path.loss > 0.19 * UINT16_MAX && path.loss < 0.21 * UINT16_MAX);
    assert_true(path.rtt_ms == 80 && path.burst == 8);
    parity.off = true;
    for (unsigned t = 0; t < 400; t += 10)
        parity_down_tick(&parity, now += 10 * MS);
    assert_int_equal(told, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_back_what_was_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_what_is_lost, setup, teardown),
    };
    return cmocka_run_group_tests_name("parity_down", tests, NULL, NULL);
}
