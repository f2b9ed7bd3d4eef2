// Two members' keys, and a relay in between that keeps every box.
#include "tests/unit/unit.h"

#include "client/net/room_keys.h"

#include <sodium.h>

enum { ROOM = 4711, ANN = 1, BOB = 2, BOXES = 64 };

struct side {
    struct room_keys keys;
    uint8_t identity[32], secret[64];
    uint16_t id;
    struct {
        uint16_t to;
        char *data;
    } said[BOXES];
    unsigned count, given; // said, and handed to the other
};

static void on_box(void *ctx, uint16_t to, char *data)
{
    struct side *s = ctx;
    assert_true(s->count < BOXES);
    s->said[s->count].to = to;
    s->said[s->count++].data = data;
}

static void on_flush(void *ctx)
{
    (void)ctx;
}

static void begin(struct side *s, uint16_t id)
{
    memset(s, 0, sizeof *s);
    s->id = id;
    crypto_sign_keypair(s->identity, s->secret);
    room_keys_init(&s->keys, &(struct room_keys_io){s, on_box, on_flush}, s->identity, s->secret);
    room_keys_begin(&s->keys);
    room_keys_enter(&s->keys, ROOM, id, 100u + id);
}

static void end(struct side *s)
{
    for (unsigned i = 0; i < s->count; i++)
        free(s->said[i].data);
    room_keys_destroy(&s->keys);
}

static void add(struct side *s, const struct side *other, uint64_t now_us)
{
    struct keys_side side = {.join_id = 100u + other->id};
    memcpy(side.identity, other->identity, 32);
    memcpy(side.key, other->keys.join_public, 32);
    assert_true(room_keys_add(&s->keys, other->id, &side, now_us));
}

static enum room_keys_box give(struct side *to, const struct side *from, unsigned i, uint64_t now_us)
{
    char *text = NULL;
    uint64_t n;
    enum room_keys_box r = room_keys_open(&to->keys, from->id, from->said[i].to, from->said[i].data, now_us, &text, &n);
    free(text);
    return r;
}

static void talk(struct side *a, struct side *b, uint64_t now_us)
{
    for (unsigned round = 0; round < 6; round++) {
        room_keys_tick(&a->keys, now_us);
        room_keys_tick(&b->keys, now_us);
        while (a->given < a->count)
            give(b, a, a->given++, now_us);
        while (b->given < b->count)
            give(a, b, b->given++, now_us);
    }
}

// Somebody has left, or so the relay says; it lists him again and plays all that he ever said. Nothing of it opens, he
// is not confirmed and has no key, until he himself says something new.
static void the_past_proves_nothing(void **state)
{
    struct side ann, bob;
    uint64_t n, now = 1000000;
    (void)state;
    begin(&ann, ANN);
    begin(&bob, BOB);
    add(&ann, &bob, now);
    add(&bob, &ann, now);
    talk(&ann, &bob, now);
    assert_true(room_keys_confirmed(&ann.keys, BOB) && room_keys_has(&ann.keys, BOB));
    assert_true(room_keys_send(&bob.keys, 0, "{}", &n) && room_keys_send(&bob.keys, ANN, "{}", &n));
    unsigned past = bob.count;
    talk(&ann, &bob, now);
    for (unsigned round = 0; round < 3; round++) {
        now += 2000000;
        room_keys_remove(&ann.keys, BOB, now);
        add(&ann, &bob, now);
        for (unsigned i = 0; i < past; i++)
            assert_int_not_equal(give(&ann, &bob, i, now), ROOM_KEYS_TEXT);
        assert_false(room_keys_confirmed(&ann.keys, BOB));
        assert_false(room_keys_has(&ann.keys, BOB));
    }
    room_keys_ask(&ann.keys, BOB, now);
    talk(&ann, &bob, now);
    assert_true(room_keys_confirmed(&ann.keys, BOB) && room_keys_has(&ann.keys, BOB));
    end(&ann);
    end(&bob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_past_proves_nothing),
    };
    assert_true(sodium_init() >= 0);
    return cmocka_run_group_tests_name("room_keys", tests, NULL, NULL);
}
