// Boxes that somebody has made up, copied, moved or kept back: by the relay, and by members who hold keys.
#include "tests/unit/unit.h"

#include "client/net/room_keys_parts.h"
#include "shared/box.h"

#include <sodium.h>

enum { MS = 1000, SECOND = 1000 * MS, ROOM = 77, PEOPLE = 3, KEPT = 64 };

struct kept {
    uint16_t from, to;
    char *data;
};

static struct person {
    uint8_t identity[32], secret[64];
    struct room_keys keys;
} people[PEOPLE];
static struct kept kept[KEPT];
static unsigned kept_count;
static uint64_t now;

static void keep(void *ctx, uint16_t to, char *data)
{
    assert_true(kept_count < KEPT);
    kept[kept_count++] = (struct kept){(uint16_t)((struct person *)ctx - people + 1), to, data};
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static enum room_keys_box open_by(unsigned who, uint16_t from, uint16_t to, const char *data)
{
    char *text = NULL;
    uint64_t n;
    enum room_keys_box kind = room_keys_open(&people[who].keys, from, to, data, now, &text, &n);
    assert_true((kind == ROOM_KEYS_TEXT) == (text != NULL));
    free(text);
    return kind;
}

static void forget(void)
{
    while (kept_count)
        free(kept[--kept_count].data);
}

// Everything said so far arrives, and what that brings about, and time passes.
static void pass(uint64_t us)
{
    now += us;
    for (unsigned round = 0; round < 4; round++) {
        struct kept some[KEPT];
        for (unsigned i = 0; i < PEOPLE; i++)
            room_keys_tick(&people[i].keys, now);
        unsigned count = kept_count;
        memcpy(some, kept, sizeof some);
        kept_count = 0;
        for (unsigned i = 0; i < count; i++) {
            for (unsigned to = 0; to < PEOPLE; to++)
                if (to + 1 != some[i].from && (some[i].to == 0 || some[i].to == to + 1))
                    assert_int_not_equal(open_by(to, some[i].from, some[i].to, some[i].data), ROOM_KEYS_BAD);
            free(some[i].data);
        }
    }
    assert_int_equal(kept_count, 0);
}

static struct keys_side side_of(unsigned who)
{
    struct keys_side s = {.join_id = 1000 + who};
    memcpy(s.identity, people[who].identity, 32);
    memcpy(s.key, people[who].keys.join_public, 32);
    return s;
}

static void see(unsigned who, unsigned other)
{
    struct keys_side side = side_of(other);
    assert_true(room_keys_add(&people[who].keys, (uint16_t)(other + 1), &side, now));
}

static void begin(unsigned who, uint32_t room, uint8_t invite)
{
    struct person *p = &people[who];
    uint8_t key[16];
    crypto_sign_keypair(p->identity, p->secret);
    room_keys_init(&p->keys, &(struct room_keys_io){p, keep, nothing}, p->identity, p->secret);
    room_keys_begin(&p->keys);
    memset(key, invite, sizeof key);
    room_keys_set_invite(&p->keys, key);
    room_keys_enter(&p->keys, room, (uint16_t)(who + 1), 1000 + who);
}

static int settle(void **state)
{
    (void)state;
    now = SECOND;
    for (unsigned i = 0; i < PEOPLE; i++)
        begin(i, ROOM, 9);
    for (unsigned i = 0; i < PEOPLE; i++)
        for (unsigned j = 0; j < PEOPLE; j++)
            if (i != j)
                see(i, j);
    pass(0);
    pass(SECOND);
    return 0;
}

static int clear_up(void **state)
{
    (void)state;
    forget();
    for (unsigned i = 0; i < PEOPLE; i++)
        room_keys_destroy(&people[i].keys);
    return 0;
}

// The last box said, which the caller frees.
static char *said(unsigned who, uint16_t to, const char *text)
{
    uint64_t n;
    forget();
    assert_true(room_keys_send(&people[who].keys, to, text, &n));
    assert_int_equal(kept_count, 1);
    kept_count = 0;
    return kept[0].data;
}

// Somebody who holds a member's base seals for all in its name.
static char *forged(unsigned as, uint64_t n, const uint8_t *clear, size_t size)
{
    const struct room_keys *k = &people[as].keys;
    struct box_address a = {.room = ROOM, .from = (uint16_t)(as + 1), .number = k->current_number};
    uint8_t key[32];
    keys_message(key, k->secret->current);
    return box_seal(key, &a, n, clear, size);
}

static uint8_t *opened(unsigned as, const char *data, uint64_t *n, size_t *size)
{
    const struct room_keys *k = &people[as].keys;
    struct box_address a = {.room = ROOM, .from = (uint16_t)(as + 1), .number = k->current_number};
    uint8_t key[32];
    keys_message(key, k->secret->current);
    return box_open(key, &a, data, n, size);
}

#define REFUSED(who, from, to, text)                                                                                   \
    do {                                                                                                               \
        char *data_ = (text);                                                                                          \
        assert_int_equal(open_by(who, from, to, data_), ROOM_KEYS_BAD);                                                \
        free(data_);                                                                                                   \
    } while (0)

static void in_another_members_name(void **state)
{
    static const char plain[] = "{\"kind\":\"order\",\"order\":\"kick\",\"id\":3}";
    struct box_address a = {.room = ROOM, .from = 1};
    uint8_t mixed[256] = {BOX_TEXT};
    size_t size;
    (void)state;
    // Unsigned, signed by the forger, signed for another room: as 1 (whose base 2 holds), to 3.
    REFUSED(2, 1, 0, forged(0, 900, (const uint8_t *)plain, sizeof plain - 1));
    memcpy(mixed + 65, plain, sizeof plain - 1);
    REFUSED(2, 1, 0, forged(0, 901, mixed, 65 + sizeof plain - 1));
    uint8_t *clear = box_sign(&size, &a, people[0].keys.join_public, 902, plain, people[1].secret);
    REFUSED(2, 1, 0, forged(0, 902, clear, size));
    free(clear);
    a.room++;
    clear = box_sign(&size, &a, people[0].keys.join_public, 903, plain, people[0].secret);
    REFUSED(2, 1, 0, forged(0, 903, clear, size));
    free(clear);
    // None of that has moved the numbers on: the member itself is heard.
    char *data = said(0, 0, plain);
    assert_int_equal(open_by(2, 1, 0, data), ROOM_KEYS_TEXT);
    free(data);
}

static void what_one_signed_is_no_others(void **state)
{
    uint64_t n;
    size_t size;
    (void)state;
    char *data = said(0, 0, "{\"kind\":\"chat\",\"text\":\"mine\"}");
    uint8_t *clear = opened(0, data, &n, &size);
    assert_non_null(clear);
    REFUSED(2, 2, 0, forged(1, n, clear, size));     // as 2, under 2's base
    REFUSED(2, 1, 0, forged(0, n + 1, clear, size)); // as 1, once more under another number
    struct box_address a = {.room = ROOM, .from = 1, .to = 3};
    struct room_keys_peer *p = room_keys_find(&people[0].keys, 3);
    REFUSED(2, 1, 3, box_seal(room_keys_secret_of(&people[0].keys, p)->tx, &a, n, clear, size)); // as if to 3 alone
    free(clear);
    free(data);
    data = said(0, 0, "{}");
    assert_int_equal(open_by(2, 2, 0, data), ROOM_KEYS_BAD); // the relay says it is 2's
    assert_int_equal(open_by(2, 1, 3, data), ROOM_KEYS_BAD); // or to 3 alone
    assert_int_equal(open_by(2, 1, 2, data), ROOM_KEYS_BAD); // or to somebody else
    assert_int_equal(open_by(2, 1, 0, data), ROOM_KEYS_TEXT);
    free(data);
}

static void copies_and_older_ones(void **state)
{
    (void)state;
    char *first = said(0, 0, "{\"n\":1}"), *second = said(0, 3, "{\"n\":2}"), *third = said(0, 0, "{\"n\":3}");
    assert_int_equal(open_by(2, 1, 3, second), ROOM_KEYS_TEXT);
    assert_int_equal(open_by(2, 1, 0, first), ROOM_KEYS_BAD); // overtaken
    assert_int_equal(open_by(2, 1, 0, third), ROOM_KEYS_TEXT);
    assert_int_equal(open_by(2, 1, 0, third), ROOM_KEYS_BAD);
    assert_int_equal(open_by(2, 1, 3, second), ROOM_KEYS_BAD);
    // Nor after he was removed and added again: it is the same join, the same keys.
    room_keys_remove(&people[2].keys, 1, now);
    assert_int_equal(open_by(2, 1, 3, second), ROOM_KEYS_BAD);
    see(2, 0);
    assert_false(room_keys_confirmed(&people[2].keys, 1));
    assert_int_equal(open_by(2, 1, 3, second), ROOM_KEYS_BAD);
    assert_false(room_keys_confirmed(&people[2].keys, 1));
    char *fourth = said(0, 3, "{\"n\":4}");
    assert_int_equal(open_by(2, 1, 3, fourth), ROOM_KEYS_TEXT);
    assert_true(room_keys_confirmed(&people[2].keys, 1));
    free(first);
    free(second);
    free(third);
    free(fourth);
}

// A key said to all, a word about keys that only one may say, numbers that are none.
static void key_boxes_out_of_place(void **state)
{
    uint8_t clear[BOX_KEY_SIZE];
    struct box_address a = {.room = ROOM, .from = 1, .to = 3};
    const uint8_t *tx = room_keys_secret_of(&people[0].keys, room_keys_find(&people[0].keys, 3))->tx;
    uint64_t n = 5000;
    (void)state;
    for (unsigned kind = 0; kind < 9; kind++) {
        memset(clear, 7, sizeof clear);
        clear[0] = (uint8_t)kind;
        for (size_t size = 1; size <= sizeof clear; size++) { // to all: only 0x05 of two bytes counts
            if (kind != BOX_KEY_RATCHET || size != 2)
                REFUSED(2, 1, 0, forged(0, n++, clear, size));
            bool good = ((kind == BOX_KEY || kind == BOX_KEY_QUIET) && size == BOX_KEY_SIZE) ||
                        (kind == BOX_KEY_ACK && size == 2) || (kind == BOX_KEY_ASK && size == 1);
            if (!good)
                REFUSED(2, 1, 3, box_seal(tx, &a, n++, clear, size));
        }
    }
    clear[0] = BOX_KEY;
    clear[1] = 255;
    REFUSED(2, 1, 3, box_seal(tx, &a, n++, clear, sizeof clear));
    clear[1] = people[0].keys.current_number; // another base under the number of one that is known
    REFUSED(2, 1, 3, box_seal(tx, &a, n++, clear, sizeof clear));
    const uint8_t leap[2] = {BOX_KEY_RATCHET, (uint8_t)(people[0].keys.current_number + 2)};
    REFUSED(2, 1, 0, forged(0, n++, leap, sizeof leap));
}

// A member makes another derive a key in a third one's name: the third's own word replaces it.
static void a_forged_change(void **state)
{
    struct room_keys *k = &people[0].keys;
    const uint8_t clear[2] = {BOX_KEY_RATCHET, (uint8_t)(k->current_number + 1)};
    (void)state;
    char *data = forged(0, UINT64_MAX, clear, sizeof clear);
    assert_int_equal(open_by(2, 1, 0, data), ROOM_KEYS_NEW_BASE);
    assert_int_equal(open_by(2, 1, 0, data), ROOM_KEYS_BAD); // once
    free(data);
    room_keys_remove(k, 2, now); // now a new base of that number comes
    room_keys_tick(k, now);
    for (unsigned i = 0; i < kept_count; i++)
        assert_int_equal(open_by(2, 1, kept[i].to, kept[i].data), ROOM_KEYS_NEW_BASE);
    forget();
    now += SECOND;
    room_keys_tick(k, now);
    assert_int_equal(k->current_number, clear[1]);
    const struct room_keys_base *base = room_keys_base(&people[2].keys, 1, clear[1] % 8, now);
    assert_non_null(base);
    assert_memory_equal(base->base, k->secret->current, 32);
    char *text = said(0, 0, "{\"kind\":\"chat\"}");
    assert_int_equal(open_by(2, 1, 0, text), ROOM_KEYS_TEXT);
    free(text);
}

// Another room, invite key, identity or join: nothing opens, nobody is confirmed.
static void who_does_not_see_the_same(void **state)
{
    (void)state;
    for (unsigned what = 0; what < 4; what++) {
        clear_up(NULL);
        now = SECOND;
        begin(0, ROOM, 9);
        begin(1, what == 0 ? ROOM + 1 : ROOM, what == 1 ? 10 : 9);
        begin(2, ROOM, 9);
        see(0, 1);
        see(1, 0);
        if (what >= 2) { // the relay lists 2 with another identity, or of another join
            struct keys_side side = side_of(1);
            room_keys_remove(&people[0].keys, 2, now);
            side.identity[0] ^= what == 2;
            side.join_id += what == 3;
            assert_true(room_keys_add(&people[0].keys, 2, &side, now));
        }
        for (unsigned i = 0; i < 2; i++)
            room_keys_tick(&people[i].keys, now);
        assert_true(kept_count >= 2);
        for (unsigned i = 0; i < kept_count; i++)
            assert_true(open_by(kept[i].from == 1 ? 1 : 0, kept[i].from, kept[i].to, kept[i].data) !=
                        ROOM_KEYS_NEW_BASE);
        assert_false(room_keys_confirmed(&people[0].keys, 2) || room_keys_confirmed(&people[1].keys, 1));
        assert_false(room_keys_has(&people[0].keys, 2) || room_keys_has(&people[1].keys, 1));
    }
}

static bool has_bytes(const struct room_keys *k, const uint8_t *secret, size_t n)
{
    const uint8_t *p = (const uint8_t *)k;
    for (size_t i = 0; i + n <= sizeof *k; i++)
        if (memcmp(p + i, secret, n) == 0)
            return true;
    return false;
}

static void no_key_outside_guarded_memory(void **state)
{
    struct room_keys *k = &people[0].keys;
    (void)state;
    struct seal_key *key = room_keys_sealing(k, 1);
    assert_non_null(key);
    assert_false(has_bytes(k, key->salt, sizeof key->salt));
    assert_false(has_bytes(k, k->secret->join, 16) || has_bytes(k, k->secret->invite, 16));
    assert_false(has_bytes(k, k->secret->current, 16));
    for (unsigned i = 0; i < PEOPLE - 1; i++) {
        assert_false(has_bytes(k, k->secret->peers[i].rx, 16) || has_bytes(k, k->secret->peers[i].tx, 16));
        for (unsigned b = 0; b < ROOM_KEYS_BASES; b++)
            if (k->secret->peers[i].bases[b].used)
                assert_false(has_bytes(k, k->secret->peers[i].bases[b].base, 16));
    }
    static const uint8_t none[sizeof *k->secret];
    room_keys_end(k);
    assert_memory_equal(k->secret, none, sizeof none);
    assert_null(room_keys_sealing(k, 1));
    assert_true(room_keys_tick(k, now) == UINT64_MAX);
}

// What is said on entering reaches those who are here: the key goes first.
static void first_words(void **state)
{
    uint64_t n;
    (void)state;
    clear_up(NULL);
    for (unsigned i = 0; i < PEOPLE; i++)
        begin(i, ROOM, 9);
    for (unsigned i = 0; i < PEOPLE; i++)
        for (unsigned j = 0; j < PEOPLE; j++)
            if (i != j)
                see(i, j);
    assert_true(room_keys_send(&people[0].keys, 0, "{}", &n));
    assert_int_equal(kept_count, PEOPLE); // a key each, and the text
    for (unsigned i = 0, texts = 0; i < PEOPLE; i++) {
        for (unsigned to = 1; to < PEOPLE; to++)
            if (kept[i].to == 0)
                texts += open_by(to, 1, 0, kept[i].data) == ROOM_KEYS_TEXT;
            else if (kept[i].to == to + 1)
                assert_int_equal(open_by(to, 1, kept[i].to, kept[i].data), ROOM_KEYS_NEW_BASE);
        assert_int_equal(texts, i + 1 == PEOPLE ? PEOPLE - 1 : 0);
    }
}

// Who comes while a change is under way is told its base at once, unless something has been said under it already.
static void a_change_under_way(void **state)
{
    struct room_keys *k = &people[0].keys;
    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        room_keys_remove(k, 3, now);
        pass(0);
        pass(2 * SECOND);
        room_keys_announce(k, now);
        room_keys_tick(k, now);
        assert_true(k->has_next);
        uint8_t number = k->next_number;
        char *data = round ? said(0, 0, "{\"kind\":\"chat\"}") : NULL;
        forget();
        struct keys_side side = side_of(2);
        side.join_id += round;
        assert_true(room_keys_add(k, 3, &side, now));
        room_keys_tick(k, now);
        bool told = false;
        for (unsigned i = 0; i < kept_count; i++)
            told |= kept[i].to == 3;
        assert_int_equal(told, round == 0);
        forget();
        now += SECOND;
        room_keys_tick(k, now);
        assert_int_equal(k->current_number, number);
        assert_int_equal(k->has_next, round == 1); // his own
        forget();
        free(data);
    }
}

static void old_keys_die(void **state)
{
    struct room_keys *k = &people[0].keys;
    struct room_keys_peer_secret *s = room_keys_secret_of(&people[2].keys, room_keys_find(&people[2].keys, 1));
    (void)state;
    const struct room_keys_base *base = room_keys_base(&people[2].keys, 1, k->current_number % 8, now);
    assert_non_null(base);
    uint64_t serial = base->serial;
    uint8_t kid = k->current_number % 8, gone[32];
    memcpy(gone, base->base, 32);
    assert_non_null(room_keys_sealing(k, 1));
    room_keys_announce(k, now);
    pass(SECOND);
    pass(SECOND);
    assert_int_not_equal(k->current_number % 8, kid);
    assert_false(k->secret->slots[0].used || k->secret->slots[0].key.cipher); // nothing was sealed since
    assert_non_null(room_keys_base(&people[2].keys, 1, kid, now));
    assert_true(room_keys_lives(&people[2].keys, 1, serial, now));
    uint64_t due = room_keys_tick(&people[2].keys, now);
    assert_true(due <= now + 10 * SECOND);
    now = due;
    room_keys_tick(&people[2].keys, now);
    assert_null(room_keys_base(&people[2].keys, 1, kid, now));
    assert_false(room_keys_lives(&people[2].keys, 1, serial, now));
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++)
        assert_memory_not_equal(s->bases[i].base, gone, 32);
}

// Sound, meta, and every layer of a camera and of a screen have a key each, all at once.
static void every_slot_has_a_key(void **state)
{
    (void)state;
    struct room_keys *k = &people[0].keys;
    assert_non_null(room_keys_sealing(k, WIRE_SLOT(WIRE_STREAM_AUDIO, 0)));
    assert_non_null(room_keys_sealing(k, WIRE_SLOT(WIRE_STREAM_META, 0)));
    for (unsigned layer = 0; layer < 4; layer++) {
        assert_non_null(room_keys_sealing(k, WIRE_SLOT(WIRE_STREAM_CAMERA, layer)));
        assert_non_null(room_keys_sealing(k, WIRE_SLOT(WIRE_STREAM_SCREEN, layer)));
    }
}

// Long before the counter ends there is another key.
static void a_counter_near_its_end(void **state)
{
    struct room_keys *k = &people[0].keys;
    (void)state;
    uint8_t number = k->current_number;
    struct seal_key *key = room_keys_sealing(k, 1);
    key->ctr = SEAL_CTR_END;
    assert_null(room_keys_sealing(k, 1));
    key->ctr = SEAL_CTR_END - (1 << 24) + 1;
    pass(0);
    assert_true(k->has_next);
    pass(SECOND);
    assert_int_equal(k->current_number, number + 1);
    assert_true(room_keys_sealing(k, 1)->ctr == SEAL_CTR_FIRST);
    pass(2 * SECOND);
    assert_int_equal(k->current_number, number + 1); // just one change
}

static void the_table_is_full(void **state)
{
    struct keys_side side = side_of(1);
    (void)state;
    for (unsigned i = 0; i < 2 * WIRE_ROOM_MEMBERS_MAX; i++) {
        uint8_t secret[32];
        crypto_kx_keypair(side.key, secret);
        side.join_id = 5000 + i;
        bool room = i < WIRE_ROOM_MEMBERS_MAX - (PEOPLE - 1);
        assert_int_equal(room_keys_add(&people[0].keys, (uint16_t)(100 + i), &side, now), room);
    }
    memset(side.key, 0, 32); // a key of small order
    room_keys_remove(&people[0].keys, 100, now);
    assert_false(room_keys_add(&people[0].keys, 100, &side, now));
    uint64_t n;
    assert_false(room_keys_send(&people[0].keys, 100, "{}", &n));
}

#define T(test) cmocka_unit_test_setup_teardown(test, settle, clear_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(in_another_members_name),
        T(what_one_signed_is_no_others),
        T(copies_and_older_ones),
        T(key_boxes_out_of_place),
        T(a_forged_change),
        T(who_does_not_see_the_same),
        T(no_key_outside_guarded_memory),
        T(first_words),
        T(a_change_under_way),
        T(old_keys_die),
        T(every_slot_has_a_key),
        T(a_counter_near_its_end),
        T(the_table_is_full),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("room_keys_forged", tests, NULL, NULL);
}
