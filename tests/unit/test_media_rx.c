// Which sealed packets of others are opened, and how often: every counter once, in any order inside the window. The
// room's keys are a table here, so that they change when a test says so.
#include "tests/unit/unit.h"

#include "client/net/media_rx.h"
#include "shared/bytes.h"
#include "shared/keys.h"

enum { SENDER = 7, ROOM = 4711, NUMBERS = 1 << 16, SECOND = 1000000 };

static const uint8_t SOUND = WIRE_SLOT(WIRE_STREAM_AUDIO, 0);

static uint64_t randoms;
static struct room_keys_base bases[ROOM_KEYS_BASES]; // of SENDER
static unsigned asked;

const struct room_keys_base *room_keys_base(const struct room_keys *k, uint16_t member, uint8_t kid, uint64_t now_us)
{
    (void)k;
    for (unsigned i = 0; member == SENDER && i < ROOM_KEYS_BASES; i++)
        if (bases[i].used && bases[i].number % 8 == kid && bases[i].until_us > now_us)
            return &bases[i];
    return NULL;
}

bool room_keys_lives(const struct room_keys *k, uint16_t member, uint64_t serial, uint64_t now_us)
{
    (void)k;
    for (unsigned i = 0; member == SENDER && i < ROOM_KEYS_BASES; i++)
        if (bases[i].used && bases[i].serial == serial)
            return bases[i].until_us > now_us;
    return false;
}

bool room_keys_has(const struct room_keys *k, uint16_t member)
{
    (void)k;
    return member == SENDER && (bases[0].used || bases[1].used || bases[2].used);
}

void room_keys_ask(struct room_keys *k, uint16_t id, uint64_t now_us)
{
    (void)k;
    (void)id;
    (void)now_us;
    asked++;
}

// ---- one receiver, and what it opened ----

struct receiver {
    struct media_rx rx;
    uint8_t opened[ROOM_KEYS_BASES][NUMBERS]; // [base number % ROOM_KEYS_BASES][counter - first]: how often
    unsigned all;
};

static uint8_t payload_of(unsigned base, uint64_t ctr)
{
    return (uint8_t)(base * 31 + ctr * 7);
}

static void on_packet(void *ctx, struct media_stream *st, const struct media_packet *p)
{
    struct receiver *r = ctx;
    (void)st;
    assert_true(p->sender == SENDER && p->slot == SOUND && p->size == 2);
    assert_int_equal(p->payload[1], payload_of(p->payload[0], p->ctr));
    uint8_t *count = &r->opened[p->payload[0] % ROOM_KEYS_BASES][p->ctr - SEAL_CTR_FIRST];
    assert_int_equal(*count, 0); // each opens once
    ++*count;
    r->all++;
}

static void on_frames(void *ctx, struct media_stream *st, uint64_t now_us)
{
    (void)ctx;
    (void)st;
    (void)now_us;
    fail();
}

static struct receiver *make_receiver(void)
{
    struct receiver *r = calloc(1, sizeof *r);
    media_rx_init(&r->rx, NULL, &(struct media_rx_io){.ctx = r, .packet = on_packet, .frames = on_frames});
    memset(bases, 0, sizeof bases);
    asked = 0;
    return r;
}

static void free_receiver(struct receiver *r)
{
    media_rx_destroy(&r->rx);
    free(r);
}

static struct room_keys_base make_base(unsigned number)
{
    struct room_keys_base b = {.used = true, .number = (uint8_t)number, .serial = number + 1, .until_us = UINT64_MAX};
    unit_count(b.base, sizeof b.base, (uint8_t)(number * 3));
    return b;
}

// The packet with this counter of this base.
static size_t sealed(uint8_t out[WIRE_DATAGRAM_MAX], unsigned number, uint64_t offset)
{
    static struct seal_key keys[256];
    struct room_keys_base b = make_base(number);
    struct seal_key *key = &keys[number];
    uint8_t metadata[SEAL_METADATA], slot_key[32], clear[2] = {(uint8_t)number};
    if (!key->cipher) {
        keys_slot(slot_key, b.base, SOUND);
        assert_true(seal_key_init(key, slot_key, (uint8_t)(number % 8), true));
    }
    key->ctr = SEAL_CTR_FIRST + offset;
    clear[1] = payload_of(number, key->ctr);
    wire_write(&(struct wire_header){.type = WIRE_MEDIA, .mark = 0xc0, .sender = SENDER, .room = ROOM, .slot = SOUND},
               out);
    struct bytes_writer w = bytes_writer(out + WIRE_HEADER, 4);
    bytes_put_u32(&w, (uint32_t)offset * 960);
    seal_metadata(metadata, out);
    return WIRE_TS_END + seal_packet(key, metadata, clear, sizeof clear, out + WIRE_TS_END);
}

static enum media_rx_verdict push(struct receiver *r, unsigned number, uint64_t offset, uint64_t now_us)
{
    static uint64_t hop;
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n = sealed(p, number, offset);
    return media_rx_push(&r->rx, p, n, ++hop, now_us);
}

// ---- tests ----

// Any order and any copies, against the plainest model: what has not been opened and is less than a window behind the
// newest opens, all else is refused.
static void every_counter_opens_once(void **state)
{
    struct receiver *r = make_receiver();
    uint64_t newest = 0, at = 5000;
    (void)state;
    bases[0] = make_base(1);
    for (unsigned i = 0; i < 60000; i++) {
        uint64_t kind = unit_random(&randoms) % 100, back = unit_random(&randoms) % (REPLAY_WINDOW_SFRAME + 60);
        uint64_t offset = kind < 40   ? ++at
                          : kind < 95 ? at - back
                          : kind < 99 ? (at += unit_random(&randoms) % 50)
                                      : unit_random(&randoms) % (at + 1);
        if (at > NUMBERS - 100)
            break;
        bool wanted = !r->opened[1][offset] && offset + REPLAY_WINDOW_SFRAME > newest;
        assert_int_equal(push(r, 1, offset, i), wanted ? MEDIA_RX_OPENED : MEDIA_RX_REFUSED);
        assert_int_equal(r->opened[1][offset], wanted || r->opened[1][offset]);
        newest = MAX(newest, wanted ? offset : 0);
    }
    assert_true(r->all > 20000);
    free_receiver(r);
}

// The whole window backwards, and shuffled; what is a window behind is gone.
static void any_order_inside_the_window(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        struct receiver *r = make_receiver();
        uint16_t order[REPLAY_WINDOW_SFRAME];
        bases[0] = make_base(2);
        for (unsigned i = 0; i < REPLAY_WINDOW_SFRAME; i++)
            order[i] = (uint16_t)(REPLAY_WINDOW_SFRAME - 1 - i);
        for (unsigned i = REPLAY_WINDOW_SFRAME - 1; round && i > 0; i--) {
            unsigned j = (unsigned)(unit_random(&randoms) % (i + 1));
            uint16_t t = order[i];
            order[i] = order[j];
            order[j] = t;
        }
        for (unsigned i = 0; i < REPLAY_WINDOW_SFRAME; i++)
            assert_int_equal(push(r, 2, order[i], 1), MEDIA_RX_OPENED);
        assert_int_equal(push(r, 2, REPLAY_WINDOW_SFRAME + 1, 1), MEDIA_RX_OPENED); // leaves one out
        assert_int_equal(push(r, 2, REPLAY_WINDOW_SFRAME, 1), MEDIA_RX_OPENED);
        for (unsigned i = 0; i < REPLAY_WINDOW_SFRAME + 2; i++)
            assert_int_equal(push(r, 2, i, 1), MEDIA_RX_REFUSED);
        assert_int_equal(push(r, 2, 40000, 1), MEDIA_RX_OPENED);
        assert_int_equal(push(r, 2, 40000 - REPLAY_WINDOW_SFRAME, 1), MEDIA_RX_REFUSED);
        assert_int_equal(push(r, 2, 40001 - REPLAY_WINDOW_SFRAME, 1), MEDIA_RX_OPENED);
        free_receiver(r);
    }
}

// Forgeries take no place in the window: the right packet opens after them.
static void what_is_forged_changes_nothing(void **state)
{
    struct receiver *r = make_receiver();
    (void)state;
    bases[0] = make_base(3);
    assert_int_equal(push(r, 3, 0, 1), MEDIA_RX_OPENED);
    for (uint64_t offset = 1; offset < 200; offset++) {
        uint8_t p[WIRE_DATAGRAM_MAX], forged[WIRE_DATAGRAM_MAX];
        size_t n = sealed(p, 3, offset);
        for (unsigned i = 0; i < 20; i++) {
            size_t bit = (WIRE_TS_END - 5) * 8 + unit_random(&randoms) % ((n - WIRE_TS_END + 5) * 8);
            memcpy(forged, p, n);
            forged[bit / 8] ^= (uint8_t)(1u << bit % 8);
            uint8_t kid = forged[WIRE_TS_END] >> 4 & 7;
            bool shape = (forged[WIRE_TS_END] & 0x8f) == 0x0b;
            assert_int_equal(media_rx_push(&r->rx, forged, n, 1, 1),
                             shape && kid != 3 ? MEDIA_RX_KEPT : MEDIA_RX_REFUSED);
        }
        memcpy(forged, p, n); // far ahead, and not sealed so: the window must not jump
        forged[WIRE_TS_END + 1] ^= 0x40;
        assert_int_equal(media_rx_push(&r->rx, forged, n, 1, 1), MEDIA_RX_REFUSED);
        assert_int_equal(media_rx_push(&r->rx, p, n, 1, 1), MEDIA_RX_OPENED);
    }
    free_receiver(r);
}

// Several keys are good at a time and come in any order, with copies; no change of keys makes a packet open again.
static void keys_change(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 30; round++) {
        struct receiver *r = make_receiver();
        uint64_t now = 1;
        for (unsigned number = 0; number < 90; number++) {
            bases[number % ROOM_KEYS_BASES] = make_base(number);
            memset(r->opened[number % ROOM_KEYS_BASES], 0, sizeof r->opened[0]);
            for (unsigned i = 0; i < 60; i++, now += 1000) {
                unsigned old = (unsigned)(unit_random(&randoms) % (ROOM_KEYS_BASES + 1));
                uint64_t offset = unit_random(&randoms) % 50;
                if (old > number)
                    continue;
                if (old == ROOM_KEYS_BASES) { // superseded
                    assert_int_not_equal(push(r, number - old, offset, now), MEDIA_RX_OPENED);
                    continue;
                }
                bool wanted = !r->opened[(number - old) % ROOM_KEYS_BASES][offset];
                assert_int_equal(push(r, number - old, offset, now), wanted ? MEDIA_RX_OPENED : MEDIA_RX_REFUSED);
            }
            media_rx_tick(&r->rx, now);
        }
        free_receiver(r);
    }
}

// The least used key must not give way while its base is good: its packets would open a second time.
static void an_older_key_that_is_used_more(void **state)
{
    struct receiver *r = make_receiver();
    (void)state;
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++) {
        bases[i] = make_base(i);
        assert_int_equal(push(r, i, 0, 10 + i), MEDIA_RX_OPENED);
    }
    assert_int_equal(push(r, 0, 1, 20), MEDIA_RX_OPENED); // late, under the oldest
    bases[0] = make_base(ROOM_KEYS_BASES);
    memset(r->opened[0], 0, sizeof r->opened[0]);
    assert_int_equal(push(r, ROOM_KEYS_BASES, 0, 30), MEDIA_RX_OPENED);
    for (unsigned i = 1; i <= ROOM_KEYS_BASES; i++)
        assert_int_equal(push(r, i, 0, 40), MEDIA_RX_REFUSED);
    free_receiver(r);
}

static void a_dead_base_leaves_no_context(void **state)
{
    struct receiver *r = make_receiver();
    (void)state;
    bases[0] = make_base(4);
    assert_int_equal(push(r, 4, 0, 1), MEDIA_RX_OPENED);
    struct media_stream *st = media_rx_find(&r->rx, SENDER, SOUND);
    assert_non_null(st->keys[0].key.cipher);
    bases[0].until_us = 2 * SECOND;
    media_rx_tick(&r->rx, 1 * SECOND);
    assert_non_null(st->keys[0].key.cipher);
    media_rx_tick(&r->rx, 2 * SECOND);
    assert_null(st->keys[0].key.cipher);
    static const uint8_t nothing[sizeof st->keys[0].key];
    assert_memory_equal(&st->keys[0].key, nothing, sizeof nothing);
    free_receiver(r);
}

// What came before its key is kept for a while and opens once, with the key; a copy of it does not.
static void before_its_key(void **state)
{
    struct receiver *r = make_receiver();
    (void)state;
    for (unsigned i = 0; i < 3 * MEDIA_RX_HELD; i++) // the bound holds: the oldest go
        assert_int_equal(push(r, 5, i, 1), MEDIA_RX_KEPT);
    assert_int_equal(r->rx.held_count, MEDIA_RX_HELD);
    assert_int_equal(push(r, 5, 3 * MEDIA_RX_HELD - 1, 1), MEDIA_RX_KEPT); // a copy
    media_rx_key_came(&r->rx, 2);                                          // another's
    assert_int_equal(r->rx.held_count, MEDIA_RX_HELD);
    bases[0] = make_base(5);
    media_rx_key_came(&r->rx, 3);
    assert_int_equal(r->rx.held_count, 0);
    assert_int_equal(r->all, MEDIA_RX_HELD - 1);
    assert_int_equal(push(r, 5, 3 * MEDIA_RX_HELD - 1, 4), MEDIA_RX_REFUSED);
    assert_int_equal(push(r, 5, 0, 4), MEDIA_RX_OPENED); // dropped before, and never opened

    assert_int_equal(push(r, 6, 0, SECOND), MEDIA_RX_KEPT);
    assert_true(asked > 0);
    media_rx_tick(&r->rx, SECOND + MEDIA_RX_HOLD_US + 1); // too late
    bases[1] = make_base(6);
    media_rx_key_came(&r->rx, SECOND + MEDIA_RX_HOLD_US + 2);
    assert_int_equal(r->opened[6 % ROOM_KEYS_BASES][0], 0);
    free_receiver(r);
}

// Who has gone and is listed again goes on where he was: nothing from before opens a second time, whatever else came in
// between; only his own newest keys give way to more of his.
static void who_comes_back(void **state)
{
    struct receiver *r = make_receiver();
    (void)state;
    bases[0] = make_base(7);
    for (unsigned i = 0; i < 100; i += 2)
        assert_int_equal(push(r, 7, i, 1), MEDIA_RX_OPENED);
    for (unsigned round = 0; round < 3; round++) {
        media_rx_forget(&r->rx, SENDER);
        for (unsigned i = 0; i < 98 + round; i++)
            assert_int_equal(push(r, 7, i, 2), MEDIA_RX_REFUSED);
        assert_int_equal(push(r, 7, 100 + 2 * round, 2), MEDIA_RX_OPENED);
        assert_int_equal(push(r, 7, 99 + 2 * round, 2), MEDIA_RX_OPENED); // late, not seen
    }
    for (unsigned number = 8; number < 8 + MEDIA_RX_PAST_SENDER; number++) { // his oldest give way
        bases[0] = make_base(number);
        memset(r->opened, 0, sizeof r->opened);
        assert_int_equal(push(r, number, 5, 3), MEDIA_RX_OPENED);
        media_rx_forget(&r->rx, SENDER);
        assert_int_equal(push(r, number, 5, 3), MEDIA_RX_REFUSED);
        media_rx_forget(&r->rx, SENDER);
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < MEDIA_RX_PAST; i++)
        kept += r->rx.past[i].order != 0;
    assert_int_equal(kept, MEDIA_RX_PAST_SENDER);
    free_receiver(r);
}

// A first key that was lost on the way is asked for, too.
static void a_first_key_that_was_lost(void **state)
{
    struct receiver *r = make_receiver();
    (void)state;
    assert_int_equal(push(r, 5, 0, SECOND), MEDIA_RX_KEPT);
    assert_int_equal(asked, 0);
    media_rx_tick(&r->rx, SECOND + MEDIA_RX_HOLD_US + 1);
    assert_int_equal(asked, 1);
    free_receiver(r);
}

static void on_any_packet(void *ctx, struct media_stream *st, const struct media_packet *p)
{
    (void)st;
    (void)p;
    ++*(unsigned *)ctx;
}

// The first packet of this slot.
static size_t sealed_in(uint8_t out[WIRE_DATAGRAM_MAX], uint8_t slot)
{
    struct room_keys_base b = make_base(1);
    struct seal_key key = {0};
    uint8_t metadata[SEAL_METADATA], slot_key[32], clear[2] = {1, 2};
    keys_slot(slot_key, b.base, slot);
    assert_true(seal_key_init(&key, slot_key, 1, true));
    key.ctr = SEAL_CTR_FIRST;
    wire_write(&(struct wire_header){.type = WIRE_MEDIA, .mark = 0xc0, .sender = SENDER, .room = ROOM, .slot = slot},
               out);
    memset(out + WIRE_HEADER, 0, 4);
    seal_metadata(metadata, out);
    size_t n = seal_packet(&key, metadata, clear, sizeof clear, out + WIRE_TS_END);
    seal_key_destroy(&key);
    return WIRE_TS_END + n;
}

// Who sends in every slot there is takes no more of the table than his share; what he had before goes on.
static void one_sender_has_his_share(void **state)
{
    (void)state;
    struct media_rx *rx = calloc(1, sizeof *rx);
    unsigned opened = 0;
    media_rx_init(rx, NULL, &(struct media_rx_io){.ctx = &opened, .packet = on_any_packet, .frames = on_frames});
    memset(bases, 0, sizeof bases);
    bases[0] = make_base(1);
    for (unsigned i = 0; i < 16; i++)
        for (unsigned k = 0; k < 2; k++) {
            uint8_t p[WIRE_DATAGRAM_MAX];
            size_t n = sealed_in(p, (uint8_t)((k ? WIRE_STREAM_META : WIRE_STREAM_AUDIO) << 4 | i));
            media_rx_push(rx, p, n, 1 + i * 2 + k, 1000);
        }
    assert_int_equal(opened, MEDIA_RX_SENDER);
    unsigned used = 0;
    for (unsigned i = 0; i < MEDIA_RX_STREAMS; i++)
        used += rx->streams[i].used;
    assert_int_equal(used, MEDIA_RX_SENDER);
    assert_non_null(media_rx_find(rx, SENDER, SOUND));
    media_rx_destroy(rx);
    free(rx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_counter_opens_once),
        cmocka_unit_test(any_order_inside_the_window),
        cmocka_unit_test(what_is_forged_changes_nothing),
        cmocka_unit_test(keys_change),
        cmocka_unit_test(an_older_key_that_is_used_more),
        cmocka_unit_test(a_dead_base_leaves_no_context),
        cmocka_unit_test(before_its_key),
        cmocka_unit_test(who_comes_back),
        cmocka_unit_test(a_first_key_that_was_lost),
        cmocka_unit_test(one_sender_has_his_share),
    };
    randoms = unit_seed();
    return cmocka_run_group_tests_name("media_rx", tests, NULL, NULL);
}
