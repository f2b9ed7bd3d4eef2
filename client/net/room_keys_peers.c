#include "room_keys_parts.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { OLD_US = 10 * 1000 * 1000 };

// ---- their bases ----

static const struct room_keys_base *base_numbered(const struct room_keys_peer_secret *s, uint8_t number,
                                                  uint64_t now_us)
{
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++)
        if (s->bases[i].used && s->bases[i].number == number && s->bases[i].until_us > now_us)
            return &s->bases[i];
    return NULL;
}

static uint64_t bury(struct room_keys_peer_secret *s, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++) {
        struct room_keys_base *b = &s->bases[i];
        if (b->used && b->until_us <= now_us)
            sodium_memzero(b, sizeof *b);
        else if (b->used)
            next = MIN(next, b->until_us);
    }
    return next;
}

uint64_t room_keys_bury(struct room_keys *k, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        if (k->peers[i].used)
            next = base_sooner(next, bury(&k->secret->peers[i], now_us));
    return next;
}

// Its newest base; the others are superseded, and the first of them to die gives way. What it told me alone is never
// replaced under the same number; what a box to all made me derive is, since another than the sender may have said it.
static bool take_base(struct room_keys *k, struct room_keys_peer_secret *s, const struct room_keys_base *told,
                      uint64_t now_us)
{
    struct room_keys_base *at = NULL, *first = &s->bases[0];
    bury(s, now_us);
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++) {
        struct room_keys_base *b = &s->bases[i];
        if (b->used && b->number == told->number)
            at = b;
        if (!b->used || (first->used && b->until_us < first->until_us))
            first = b;
    }
    bool known = at && sodium_memcmp(at->base, told->base, 32) == 0;
    if (told->derived && at)
        return known;
    if (at && !known && !at->derived)
        return false;
    at = at ? at : first;
    uint64_t serial = known ? at->serial : ++k->serial;
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++)
        s->bases[i].until_us = MIN(s->bases[i].until_us, now_us + OLD_US);
    *at = *told;
    at->used = true;
    at->serial = serial;
    at->until_us = UINT64_MAX;
    return true;
}

// Its newest base follows from the one the box was sealed under.
static enum room_keys_box take_ratchet(struct room_keys *k, struct room_keys_peer_secret *s, uint8_t from, uint8_t to,
                                       uint64_t now_us)
{
    struct room_keys_base next = {.number = to, .derived = true};
    const struct room_keys_base *before = base_numbered(s, from, now_us);
    if (!before || to != (from + 1) % ROOM_KEYS_NUMBERS)
        return ROOM_KEYS_BAD;
    keys_ratchet(next.base, before->base);
    bool ok = take_base(k, s, &next, now_us);
    sodium_memzero(&next, sizeof next);
    return ok ? ROOM_KEYS_NEW_BASE : ROOM_KEYS_BAD;
}

static enum room_keys_box take_key(struct room_keys *k, struct room_keys_peer *p, const uint8_t *clear, size_t n,
                                   uint64_t now_us)
{
    struct room_keys_base told = {.number = clear[1]};
    if (n != BOX_KEY_SIZE || told.number >= ROOM_KEYS_NUMBERS)
        return ROOM_KEYS_BAD;
    memcpy(told.base, clear + 2, 32);
    bool ok = take_base(k, room_keys_secret_of(k, p), &told, now_us);
    sodium_memzero(&told, sizeof told);
    if (ok && clear[0] == BOX_KEY) {
        const uint8_t ack[2] = {BOX_KEY_ACK, clear[1]};
        room_keys_box_to(k, p, ack, sizeof ack);
        k->io.flush(k->io.ctx);
    }
    return ok ? ROOM_KEYS_NEW_BASE : ROOM_KEYS_BAD;
}

const struct room_keys_base *room_keys_base(const struct room_keys *k, uint16_t member, uint8_t kid, uint64_t now_us)
{
    const struct room_keys_peer *p = room_keys_find(k, member);
    const struct room_keys_peer_secret *s = p ? room_keys_secret_of(k, p) : NULL;
    const struct room_keys_base *found = NULL;
    for (unsigned i = 0; s && i < ROOM_KEYS_BASES; i++)
        if (s->bases[i].used && s->bases[i].number % 8 == kid && s->bases[i].until_us > now_us &&
            (!found || s->bases[i].serial > found->serial))
            found = &s->bases[i];
    return found;
}

bool room_keys_lives(const struct room_keys *k, uint16_t member, uint64_t serial, uint64_t now_us)
{
    const struct room_keys_peer *p = room_keys_find(k, member);
    const struct room_keys_peer_secret *s = p ? room_keys_secret_of(k, p) : NULL;
    for (unsigned i = 0; s && i < ROOM_KEYS_BASES; i++)
        if (s->bases[i].used && s->bases[i].serial == serial)
            return s->bases[i].until_us > now_us;
    return false;
}

bool room_keys_has(const struct room_keys *k, uint16_t member)
{
    const struct room_keys_peer *p = room_keys_find(k, member);
    for (unsigned i = 0; p && i < ROOM_KEYS_BASES; i++)
        if (room_keys_secret_of(k, p)->bases[i].used)
            return true;
    return false;
}

// ---- their boxes ----

bool room_keys_confirmed(const struct room_keys *k, uint16_t id)
{
    const struct room_keys_peer *p = room_keys_find(k, id);
    return p && p->confirmed;
}

static void confirm(struct room_keys *k, struct room_keys_peer *p, uint64_t now_us)
{
    bool late = p->silent;
    p->confirmed = true;
    p->silent = false;
    if (late && p->newcomer) {
        room_keys_earn(k, now_us);
    } else if (late) { // changes have passed it by
        room_keys_tell(k, p, BOX_KEY);
        k->io.flush(k->io.ctx);
    }
}

static enum room_keys_box take_pairwise(struct room_keys *k, struct room_keys_peer *p, const uint8_t *clear, size_t n,
                                        uint64_t now_us)
{
    switch (clear[0]) {
    case BOX_KEY:
    case BOX_KEY_QUIET:
        return take_key(k, p, clear, n, now_us);
    case BOX_KEY_ACK:
        if (n != 2)
            return ROOM_KEYS_BAD;
        p->acked = true;
        p->waited = p->waited && clear[1] != k->next_number;
        return ROOM_KEYS_HANDLED;
    case BOX_KEY_ASK:
        if (n != 1)
            return ROOM_KEYS_BAD;
        if (!p->newcomer) // else its turn comes with the change that it has earned
            room_keys_tell(k, p, BOX_KEY);
        k->io.flush(k->io.ctx);
        return ROOM_KEYS_ASKED;
    default:
        return ROOM_KEYS_BAD;
    }
}

// What everybody who holds the key could have sealed is the sender's only when it is signed: nothing else to all moves
// the numbers on.
static enum room_keys_box take_clear(struct room_keys *k, struct room_keys_peer *p, const struct box_address *a,
                                     uint8_t *clear, size_t size, uint64_t number, uint64_t now_us, char **text)
{
    if (a->to != 0) {
        p->box_newest = number;
        confirm(k, p, now_us);
    }
    if (clear[0] == BOX_TEXT) {
        const char *json = box_signed(clear, size, a, p->key, number, p->identity);
        *text = json ? base_strdup(json) : NULL;
        p->box_newest = json ? number : p->box_newest;
        return json ? ROOM_KEYS_TEXT : ROOM_KEYS_BAD;
    }
    if (a->to != 0)
        return take_pairwise(k, p, clear, size, now_us);
    if (clear[0] != BOX_KEY_RATCHET || size != 2 || number <= p->ratchet_newest)
        return ROOM_KEYS_BAD;
    p->ratchet_newest = number;
    return take_ratchet(k, room_keys_secret_of(k, p), a->number, clear[1], now_us);
}

enum room_keys_box room_keys_open(struct room_keys *k, uint16_t from, uint16_t to, const char *data, uint64_t now_us,
                                  char **text, uint64_t *number)
{
    struct room_keys_peer *p = room_keys_find(k, from);
    struct box_address a = {.room = k->room, .from = from, .to = to};
    const struct room_keys_base *base = NULL;
    uint8_t key[32];
    size_t n;
    if (!k->entered || !p || (to != 0 && to != k->self))
        return ROOM_KEYS_BAD;
    if (to == 0 && !room_keys_has(k, from))
        return ROOM_KEYS_HANDLED; // said to those who were here before me
    if (to == 0 &&
        (!box_number(data, &a.number) || !(base = base_numbered(room_keys_secret_of(k, p), a.number, now_us)))) {
        room_keys_ask(k, from, now_us); // its newest base has been lost on the way
        return ROOM_KEYS_BAD;
    }
    if (base)
        keys_message(key, base->base);
    uint8_t *clear = box_open(base ? key : room_keys_secret_of(k, p)->rx, &a, data, number, &n);
    sodium_memzero(key, sizeof key);
    if (!clear || *number <= p->box_newest) { // changed on the way, or a copy
        free(clear);
        return ROOM_KEYS_BAD;
    }
    enum room_keys_box result = take_clear(k, p, &a, clear, n, *number, now_us, text);
    sodium_memzero(clear, n);
    free(clear);
    return result;
}
