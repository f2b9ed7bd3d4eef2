#include "room_keys.h"

#include "shared/box.h"
#include "shared/keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    MS = 1000,
    CHANGE_US = 1000 * MS,
    SWITCH_US = 500 * MS,
    OLD_US = 10000 * MS,
    ASK_US = 500 * MS,
    NUMBERS = 255,
    CTR_RESERVE = 1 << 24
};

struct room_keys_secret {
    uint8_t join[32], invite[16], message[32], current[32], next[32];
};

void room_keys_init(struct room_keys *k, const struct room_keys_io *io)
{
    memset(k, 0, sizeof *k);
    k->io = *io;
    k->secret = sodium_malloc(sizeof *k->secret);
    if (!k->secret)
        abort(); // no guarded memory: nothing may be sealed
    memset(k->secret, 0, sizeof *k->secret);
    k->change_due_us = k->switch_us = UINT64_MAX;
}

static void drop_slots(struct room_keys *k)
{
    for (unsigned i = 0; i < ROOM_KEYS_SLOTS; i++) {
        seal_key_destroy(&k->slots[i].key);
        k->slots[i].used = false;
    }
}

void room_keys_destroy(struct room_keys *k)
{
    drop_slots(k);
    sodium_free(k->secret); // wipes
    sodium_memzero(k, sizeof *k);
}

void room_keys_begin(struct room_keys *k, const uint8_t invite_key[16])
{
    drop_slots(k);
    sodium_memzero(k->peers, sizeof k->peers);
    k->entered = k->has_current = k->has_next = k->leave_pending = false;
    k->change_due_us = k->switch_us = UINT64_MAX;
    k->changed_us = 0;
    k->box_next = 1;
    k->current_number = k->next_number = NUMBERS - 1;
    crypto_kx_keypair(k->join_public, k->secret->join);
    randombytes_buf(k->secret->message, sizeof k->secret->message);
    memcpy(k->secret->invite, invite_key, sizeof k->secret->invite);
}

void room_keys_enter(struct room_keys *k, uint32_t room, uint16_t self, uint64_t join_id)
{
    k->room = room;
    k->self = self;
    k->join_id = join_id;
    k->entered = true;
}

static struct room_keys_peer *find(const struct room_keys *k, uint16_t id)
{
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        if (k->peers[i].used && k->peers[i].id == id)
            return (struct room_keys_peer *)&k->peers[i];
    return NULL;
}

// ---- my keys ----

static void box_to(struct room_keys *k, struct room_keys_peer *p, const uint8_t *clear, size_t n)
{
    struct box_address a = {k->room, k->self, p->id};
    char *data = box_seal(p->tx, &a, k->box_next++, clear, n);
    if (data)
        k->io.box(k->io.ctx, p->id, data);
}

static void box_key(struct room_keys *k, struct room_keys_peer *p, uint8_t number, const uint8_t key[32])
{
    uint8_t clear[BOX_KEY_SIZE] = {BOX_KEY, number};
    memcpy(clear + 2, key, 32);
    box_to(k, p, clear, sizeof clear);
    sodium_memzero(clear, sizeof clear);
}

// Both my keys to one member.
static void introduce(struct room_keys *k, struct room_keys_peer *p)
{
    if (!p->has_pair)
        return;
    box_key(k, p, BOX_MESSAGE_KEY_NUMBER, k->secret->message);
    p->acked = false;
    if (k->has_next)
        box_key(k, p, k->next_number, k->secret->next);
    else if (k->has_current)
        box_key(k, p, k->current_number, k->secret->current);
}

static void switch_now(struct room_keys *k)
{
    drop_slots(k);
    memcpy(k->secret->current, k->secret->next, 32);
    sodium_memzero(k->secret->next, 32);
    k->current_number = k->next_number;
    k->has_current = true;
    k->has_next = false;
    k->switch_us = UINT64_MAX;
}

static void change(struct room_keys *k, uint64_t now_us)
{
    k->change_due_us = UINT64_MAX;
    k->changed_us = now_us;
    if (k->has_next)
        switch_now(k);
    if (k->leave_pending)
        randombytes_buf(k->secret->message, sizeof k->secret->message);
    k->leave_pending = false;
    k->next_number = (uint8_t)((k->current_number + 1) % NUMBERS);
    randombytes_buf(k->secret->next, 32);
    k->has_next = true;
    k->switch_us = now_us + SWITCH_US;
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        if (k->peers[i].used)
            introduce(k, &k->peers[i]);
    k->io.flush(k->io.ctx);
}

static void ask_change(struct room_keys *k, uint64_t now_us)
{
    uint64_t due = k->changed_us ? MAX(now_us, k->changed_us + CHANGE_US) : now_us;
    k->change_due_us = MIN(k->change_due_us, due);
}

bool room_keys_add(struct room_keys *k, uint16_t id, uint64_t join_id, const uint8_t key[32], uint64_t now_us)
{
    struct room_keys_peer *p = find(k, id);
    if (p && p->join_id == join_id)
        return p->has_pair;
    if (p)
        room_keys_remove(k, id, now_us);
    for (unsigned i = 0; !p && i < ARRAY_LEN(k->peers); i++)
        if (!k->peers[i].used)
            p = &k->peers[i];
    if (!p)
        return false;
    *p = (struct room_keys_peer){.used = true, .id = id, .join_id = join_id};
    p->has_pair = keys_pair(p->rx, p->tx, k->join_public, k->secret->join, k->join_id, key, join_id, k->secret->invite);
    // Joins within a second share one change: the newcomer gets the key that was made for the one before.
    if (k->changed_us && now_us - k->changed_us < CHANGE_US && !k->leave_pending && (k->has_next || k->has_current)) {
        introduce(k, p);
        k->io.flush(k->io.ctx);
    } else {
        ask_change(k, now_us);
    }
    return p->has_pair;
}

void room_keys_remove(struct room_keys *k, uint16_t id, uint64_t now_us)
{
    struct room_keys_peer *p = find(k, id);
    if (!p)
        return;
    sodium_memzero(p, sizeof *p);
    k->leave_pending = true;
    ask_change(k, now_us);
}

static void ask_keys(struct room_keys *k, struct room_keys_peer *p, uint64_t now_us)
{
    static const uint8_t ask = BOX_KEY_ASK;
    p->asked_us = now_us;
    box_to(k, p, &ask, 1);
}

void room_keys_ask(struct room_keys *k, uint16_t id, uint64_t now_us)
{
    struct room_keys_peer *p = find(k, id);
    if (!p || !p->has_pair || (p->asked_us && now_us - p->asked_us < ASK_US))
        return;
    ask_keys(k, p, now_us);
    k->io.flush(k->io.ctx);
}

void room_keys_announce(struct room_keys *k, uint64_t now_us)
{
    ask_change(k, now_us);
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        if (k->peers[i].used && k->peers[i].has_pair)
            ask_keys(k, &k->peers[i], now_us);
    k->io.flush(k->io.ctx);
}

uint64_t room_keys_tick(struct room_keys *k, uint64_t now_us)
{
    if (!k->entered)
        return UINT64_MAX;
    if (now_us >= k->change_due_us)
        change(k, now_us);
    for (unsigned i = 0; i < ROOM_KEYS_SLOTS; i++)
        if (k->slots[i].used && k->slots[i].key.ctr > SEAL_CTR_END - CTR_RESERVE)
            ask_change(k, now_us); // after weeks: a new key long before the counter ends
    bool all = true;
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        all = all && (!k->peers[i].used || !k->peers[i].has_pair || k->peers[i].acked);
    if (k->has_next && (all || now_us >= k->switch_us))
        switch_now(k);
    return MIN(k->change_due_us, k->switch_us);
}

struct seal_key *room_keys_sealing(struct room_keys *k, uint8_t slot)
{
    unsigned use = ROOM_KEYS_SLOTS;
    if (!k->has_current)
        return NULL;
    for (unsigned i = ROOM_KEYS_SLOTS; i-- > 0;) {
        if (k->slots[i].used && k->slots[i].slot == slot)
            return k->slots[i].key.ctr < SEAL_CTR_END ? &k->slots[i].key : NULL;
        if (!k->slots[i].used)
            use = i;
    }
    uint8_t base[32];
    if (use == ROOM_KEYS_SLOTS)
        return NULL;
    keys_slot(base, k->secret->current, slot);
    bool ok = seal_key_init(&k->slots[use].key, base, k->current_number % 8, true);
    sodium_memzero(base, sizeof base);
    k->slots[use].used = ok;
    k->slots[use].slot = slot;
    k->slots[use].number = k->current_number;
    return ok ? &k->slots[use].key : NULL;
}

// ---- the others' keys ----

static bool take_base(struct room_keys_peer *p, uint8_t number, const uint8_t base[32], uint64_t now_us)
{
    struct room_keys_base *at = &p->bases[0];
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++) {
        struct room_keys_base *b = &p->bases[i];
        if (b->used && b->number == number)
            return sodium_memcmp(b->base, base, 32) == 0; // told again; never replaced under the same number
        if (!b->used || (at->used && b->until_us < at->until_us))
            at = b;
    }
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++)
        p->bases[i].until_us = MIN(p->bases[i].until_us, now_us + OLD_US);
    *at = (struct room_keys_base){.used = true, .number = number, .until_us = UINT64_MAX};
    memcpy(at->base, base, 32);
    return true;
}

static enum room_keys_box take_key_box(struct room_keys *k, struct room_keys_peer *p, const uint8_t *clear, size_t n,
                                       uint64_t now_us)
{
    if (clear[0] == BOX_KEY_ACK && n == 2) {
        p->acked = p->acked || (k->has_next && clear[1] == k->next_number);
        return ROOM_KEYS_HANDLED;
    }
    if (clear[0] == BOX_KEY_ASK && n == 1) {
        introduce(k, p);
        k->io.flush(k->io.ctx);
        return ROOM_KEYS_ASKED;
    }
    if (clear[0] != BOX_KEY || n != BOX_KEY_SIZE)
        return ROOM_KEYS_BAD;
    if (clear[1] == BOX_MESSAGE_KEY_NUMBER) {
        memcpy(p->message_key, clear + 2, 32);
        p->has_message_key = true;
        return ROOM_KEYS_HANDLED;
    }
    if (!take_base(p, clear[1], clear + 2, now_us))
        return ROOM_KEYS_BAD;
    uint8_t ack[2] = {BOX_KEY_ACK, clear[1]};
    box_to(k, p, ack, sizeof ack);
    k->io.flush(k->io.ctx);
    return ROOM_KEYS_NEW_BASE;
}

enum room_keys_box room_keys_open(struct room_keys *k, uint16_t from, uint16_t to, const char *data, uint64_t now_us,
                                  char **text, uint64_t *number)
{
    struct room_keys_peer *p = find(k, from);
    struct box_address a = {k->room, from, to};
    size_t n;
    if (!k->entered || !p || (to != 0 && to != k->self) || (to == 0 ? !p->has_message_key : !p->has_pair))
        return ROOM_KEYS_BAD;
    uint8_t *clear = box_open(to == 0 ? p->message_key : p->rx, &a, data, number, &n);
    if (!clear || *number <= p->box_newest) { // changed on the way, or a copy
        free(clear);
        return ROOM_KEYS_BAD;
    }
    p->box_newest = *number;
    if (clear[0] == '{') {
        *text = (char *)clear;
        return ROOM_KEYS_TEXT;
    }
    enum room_keys_box result = to == 0 ? ROOM_KEYS_BAD : take_key_box(k, p, clear, n, now_us);
    sodium_memzero(clear, n);
    free(clear);
    return result;
}

bool room_keys_send(struct room_keys *k, uint16_t to, const char *text, uint64_t *number)
{
    struct room_keys_peer *p = to ? find(k, to) : NULL;
    struct box_address a = {k->room, k->self, to};
    if (!k->entered || (to && (!p || !p->has_pair)))
        return false;
    *number = k->box_next++;
    char *data = box_seal(p ? p->tx : k->secret->message, &a, *number, (const uint8_t *)text, strlen(text));
    if (!data)
        return false;
    k->io.box(k->io.ctx, to, data);
    return true;
}

const struct room_keys_base *room_keys_base(const struct room_keys *k, uint16_t member, uint8_t kid, uint64_t now_us)
{
    const struct room_keys_peer *p = find(k, member);
    if (!p)
        return NULL;
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++)
        if (p->bases[i].used && p->bases[i].number % 8 == kid && p->bases[i].until_us > now_us)
            return &p->bases[i];
    return NULL;
}

bool room_keys_has(const struct room_keys *k, uint16_t member)
{
    const struct room_keys_peer *p = find(k, member);
    return p && (p->bases[0].used || p->bases[1].used || p->bases[2].used);
}
