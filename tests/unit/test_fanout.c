// What of a train goes out as a train: one run for everyone, cut where receivers, order or size change. And what key
// it is tagged with while a room's epoch changes.
#include "relay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ROOM = 0x01020304, SIZE = 300, TRAIN = 12, RUNS = 64 };
static const uint8_t CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2), AUDIO = WIRE_SLOT(WIRE_STREAM_AUDIO, 0);

static struct rig rig;
static struct rig_peer a, b, c;
static struct run {
    struct addr to;
    size_t n, segment;
} runs[RUNS];
static unsigned run_count;

static void emit(void *ctx, const uint8_t *p, size_t n, size_t segment, const struct addr *to)
{
    if (p[0] == WIRE_MEDIA && run_count < RUNS)
        runs[run_count++] = (struct run){*to, n, segment};
    rig_emit(ctx, p, n, segment, to);
}

static int start(void **state)
{
    (void)state;
    rig_start(&rig);
    rig.core->config.emit = emit;
    struct rig_peer *all[] = {&a, &b, &c};
    assert_true(rig_enter(&rig, all, ARRAY_LEN(all), ROOM));
    rig_wait(&rig, 200);
    rig_clear(&rig);
    run_count = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_end(&rig);
    return 0;
}

static void put(uint8_t *at, size_t n, uint8_t slot)
{
    memset(at, 0x5A, n);
    wire_write(&(struct wire_header){.type = WIRE_MEDIA, .sender = 1, .room = ROOM, .slot = slot}, at);
    wire_stamp(at, n, a.up, ++a.media, rig.now);
}

static void train_of(uint8_t *p, unsigned count, uint8_t slot)
{
    for (unsigned i = 0; i < count; i++)
        put(p + i * SIZE, SIZE, slot);
}

static bool opens(const struct rig_sent *s, uint32_t epoch, uint64_t number)
{
    uint8_t secret[32], down[16];
    keys_room_secret(secret, rig.ticket_key, ROOM, epoch);
    keys_room_down(down, secret, rig.boot_nonce);
    return wire_verify(s->p, s->n, down, number);
}

static void a_train_leaves_as_one_for_each(void **state)
{
    (void)state;
    uint8_t p[TRAIN * SIZE + 100];
    train_of(p, TRAIN, AUDIO);
    put(p + TRAIN * SIZE, 100, AUDIO); // a shorter one ends it
    core_train(rig.core, p, sizeof p, SIZE, &a.addr, rig.now, rig.now);
    assert_int_equal(run_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(runs[i].n, sizeof p);
        assert_int_equal(runs[i].segment, SIZE);
    }
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), TRAIN + 1);
    assert_int_equal(rig_count(&rig, &a.addr, WIRE_MEDIA, 0), 0);
    assert_true(opens(&rig.out[TRAIN], 1, TRAIN + 1)); // numbered one by one
}

static void other_receivers_cut_it(void **state)
{
    (void)state;
    uint8_t p[TRAIN * SIZE];
    rig_watch(&rig, &b, 1, FEEDBACK_WANT_LAYER(2), 0);
    rig_clear(&rig);
    train_of(p, 4, AUDIO);
    train_of(p + 4 * SIZE, 4, CAMERA); // only b
    train_of(p + 8 * SIZE, 4, AUDIO);
    core_train(rig.core, p, sizeof p, SIZE, &a.addr, rig.now, rig.now);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), TRAIN);
    assert_int_equal(rig_count(&rig, &c.addr, WIRE_MEDIA, 0), 8);
    assert_int_equal(run_count, 2 + 1 + 2);
}

static void a_bad_one_leaves_a_gap_only(void **state)
{
    (void)state;
    uint8_t p[TRAIN * SIZE];
    train_of(p, TRAIN, AUDIO);
    p[5 * SIZE + 8] ^= 1;                                        // its tag
    memcpy(p + 7 * SIZE, p + 6 * SIZE, SIZE);                    // a copy
    wire_write(&(struct wire_header){.type = 99}, p + 9 * SIZE); // no type of ours
    core_train(rig.core, p, sizeof p, SIZE, &a.addr, rig.now, rig.now);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), TRAIN - 3);
    assert_int_equal(rig.core->counters.bad_tag, 1);
    assert_int_equal(rig.core->counters.replayed, 1);
    assert_int_equal(rig.core->counters.malformed, 1);
}

static void members_mixed_in_one_train_stay_apart(void **state)
{
    (void)state;
    uint8_t p[2 * SIZE];
    put(p, SIZE, AUDIO);
    memset(p + SIZE, 1, SIZE);
    wire_write(&(struct wire_header){.type = WIRE_MEDIA, .sender = 2, .room = ROOM, .slot = AUDIO}, p + SIZE);
    wire_stamp(p + SIZE, SIZE, b.up, ++b.media, rig.now);
    core_train(rig.core, p, sizeof p, SIZE, &a.addr, rig.now, rig.now);
    assert_int_equal(rig_count(&rig, &c.addr, WIRE_MEDIA, 0), 2);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
}

static void a_flood_is_told_and_cut_at_the_limit(void **state)
{
    (void)state;
    static uint8_t p[64 * SIZE];
    uint64_t sent = 0;
    rig_watch(&rig, &b, 1, FEEDBACK_WANT_LAYER(2), 0);
    for (unsigned ms = 0; ms < 1000; ms++, rig.now += 1000) {
        rig_clear(&rig);
        run_count = 0;
        train_of(p, 64, CAMERA);
        core_train(rig.core, p, sizeof p, SIZE, &a.addr, rig.now, rig.now);
        sent += rig_count(&rig, &b.addr, WIRE_MEDIA, 0);
        if (ms % 100 == 99)
            core_tick(rig.core, rig.now, rig.wall_s);
    }
    // A second's worth, the burst, and at most one train of debt.
    assert_in_range(sent, WIRE_MEDIA_PER_S, WIRE_MEDIA_PER_S + WIRE_MEDIA_PER_S / 5 + 64);
    assert_true(rig.core->counters.over_limit > 30000);
}

static void ping(struct rig_peer *p, uint32_t epoch)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct ctrl x = {.op = CTRL_PING, .media_number = p->media + 1, .other_number = p->other + 2, .epoch = epoch};
    size_t n = ctrl_write(&x, p->ticket.sender, ROOM, out);
    wire_stamp(out, n, p->up, ++p->other, rig.now);
    rig_give(&rig, out, n, &p->addr);
}

static uint32_t epoch_of_next(void)
{
    rig_clear(&rig);
    rig_media(&rig, &a, AUDIO, 0);
    const struct rig_sent *s = rig_find(&rig, &b.addr, WIRE_MEDIA, 0);
    assert_non_null(s);
    uint64_t number = rig.core->table.member[0].slot[table_slot_index(AUDIO)].number;
    return opens(s, 1, number) ? 1 : opens(s, 2, number) ? 2 : 0;
}

static void a_new_epoch_waits_for_all_who_live(void **state)
{
    (void)state;
    core_command(rig.core, &(struct core_command){.type = CORE_EPOCH, .room = ROOM, .epoch = 2}, rig.now);
    ping(&a, 2);
    ping(&b, 2);
    rig_wait(&rig, 50);
    assert_int_equal(epoch_of_next(), 1);
    ping(&c, 2);
    rig_wait(&rig, 20);
    assert_int_equal(epoch_of_next(), 2);
}

static void of_two_quick_epochs_the_one_before_the_newest_stays(void **state)
{
    (void)state;
    core_command(rig.core, &(struct core_command){.type = CORE_EPOCH, .room = ROOM, .epoch = 2}, rig.now);
    assert_int_equal(epoch_of_next(), 1);
    core_command(rig.core, &(struct core_command){.type = CORE_EPOCH, .room = ROOM, .epoch = 3}, rig.now);
    assert_int_equal(epoch_of_next(), 2);
}

static void a_new_epoch_does_not_wait_for_ever(void **state)
{
    (void)state;
    core_command(rig.core, &(struct core_command){.type = CORE_EPOCH, .room = ROOM, .epoch = 2}, rig.now);
    for (unsigned s = 0; s < 11; s++) {
        ping(&a, 2);
        ping(&b, 2);
        ping(&c, 1);
        rig_wait(&rig, 1000);
        assert_int_equal(epoch_of_next(), s < 9 ? 1 : 2);
    }
}

static void the_health_check_is_answered_to_its_key_alone(void **state)
{
    (void)state;
    uint8_t p[WIRE_DATAGRAM_MAX], key[16] = {0};
    struct addr here, there;
    struct ctrl x = {.op = CTRL_PING, .time = 77};
    assert_true(addr_literal(&here, "127.0.0.1", 9999));
    assert_true(addr_literal(&there, "10.0.0.7", 9999));
    size_t n = ctrl_write(&x, 0, 3, p);
    memcpy(rig.core->config.probe_key, "0123456789abcdef", 16);
    wire_stamp(p, n, key, 0, rig.now);
    rig_give(&rig, p, n, &here);
    wire_stamp(p, n, rig.core->config.probe_key, 0, rig.now);
    rig_give(&rig, p, n, &there);
    assert_int_equal(rig.out_count, 0);
    for (unsigned i = 0; i < 100; i++)
        rig_give(&rig, p, n, &here);
    assert_int_equal(rig_count(&rig, &here, WIRE_CTRL, CTRL_PONG), 10);
    assert_true(wire_verify(rig.out[0].p, rig.out[0].n, rig.core->config.probe_key, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_train_leaves_as_one_for_each, start, end),
        cmocka_unit_test_setup_teardown(other_receivers_cut_it, start, end),
        cmocka_unit_test_setup_teardown(a_bad_one_leaves_a_gap_only, start, end),
        cmocka_unit_test_setup_teardown(members_mixed_in_one_train_stay_apart, start, end),
        cmocka_unit_test_setup_teardown(a_flood_is_told_and_cut_at_the_limit, start, end),
        cmocka_unit_test_setup_teardown(a_new_epoch_waits_for_all_who_live, start, end),
        cmocka_unit_test_setup_teardown(of_two_quick_epochs_the_one_before_the_newest_stays, start, end),
        cmocka_unit_test_setup_teardown(a_new_epoch_does_not_wait_for_ever, start, end),
        cmocka_unit_test_setup_teardown(the_health_check_is_answered_to_its_key_alone, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
