#include "room_keys.h"

#include "shared/box.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    MS = 1000,
    FRESH_US = 1000 * MS, // between two fresh bases
    JOIN_US = 250 * MS,   // between two changes for newcomers: three kept keys span half a second of reordering
    SWITCH_US = 500 * MS,
    OLD_US = 10000 * MS,
    ASK_US = 500 * MS,
    PROOF_US = 5000 * MS, // a peer that has proved nothing for so long is told nothing more
    NUMBERS = 255,
    CTR_RESERVE = 1 << 24
};

struct peer_secret {
    uint8_t rx[32], tx[32];
    struct room_keys_base bases[ROOM_KEYS_BASES];
};

struct room_keys_secret {
    uint8_t join[32], invite[16], current[32], next[32];
    struct peer_secret peers[WIRE_ROOM_MEMBERS_MAX]; // beside room_keys.peers
};

void room_keys_init(struct room_keys *k, const struct room_keys_io *io, const uint8_t identity[32],
                    const uint8_t *identity_secret)
{
    memset(k, 0, sizeof *k);
    k->io = *io;
    memcpy(k->identity, identity, sizeof k->identity);
    k->identity_secret = identity_secret;
    k->secret = sodium_malloc(sizeof *k->secret);
    if (!k->secret)
        abort(); // no guarded memory: nothing may be sealed
    memset(k->secret, 0, sizeof *k->secret);
    k->fresh_due_us = k->join_due_us = k->switch_us = UINT64_MAX;
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

void room_keys_begin(struct room_keys *k)
{
    drop_slots(k);
    memset(k->peers, 0, sizeof k->peers);
    sodium_memzero(k->secret, sizeof *k->secret);
    k->entered = k->has_next = k->announced = k->timed = false;
    k->fresh_due_us = k->join_due_us = k->switch_us = UINT64_MAX;
    k->changed_us = k->fresh_us = 0;
    k->box_next = 1;
    k->current_number = 0;
    crypto_kx_keypair(k->join_public, k->secret->join);
    randombytes_buf(k->secret->current, sizeof k->secret->current);
}

void room_keys_set_invite(struct room_keys *k, const uint8_t invite_key[16])
{
    memcpy(k->secret->invite, invite_key, sizeof k->secret->invite);
}

const uint8_t *room_keys_join_secret(const struct room_keys *k)
{
    return k->secret->join;
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

static struct peer_secret *secret_of(const struct room_keys *k, const struct room_keys_peer *p)
{
    return &k->secret->peers[p - k->peers];
}

// A member that holds the pair key, or may still show that it does.
static bool is_worth(const struct room_keys_peer *p, uint64_t now_us)
{
    return p->used && (p->confirmed || now_us - p->added_us < PROOF_US);
}

// ---- my keys ----

static void box_to(struct room_keys *k, struct room_keys_peer *p, const uint8_t *clear, size_t n)
{
    struct box_address a = {.room = k->room, .from = k->self, .to = p->id};
    char *data = box_seal(secret_of(k, p)->tx, &a, k->box_next++, clear, n);
    if (data)
        k->io.box(k->io.ctx, p->id, data);
}

static void box_to_all(struct room_keys *k, uint64_t n, const uint8_t *clear, size_t size)
{
    uint8_t key[32];
    struct box_address a = {.room = k->room, .from = k->self};
    a.number = k->has_next ? k->next_number : k->current_number;
    keys_message(key, k->has_next ? k->secret->next : k->secret->current);
    char *data = box_seal(key, &a, n, clear, size);
    sodium_memzero(key, sizeof key);
    if (data)
        k->io.box(k->io.ctx, 0, data);
}

// My newest base to one member, and the change under way waits for him, when he is to acknowledge it.
static void tell(struct room_keys *k, struct room_keys_peer *p, enum box_kind kind)
{
    uint8_t clear[BOX_KEY_SIZE] = {(uint8_t)kind, k->has_next ? k->next_number : k->current_number};
    memcpy(clear + 2, k->has_next ? k->secret->next : k->secret->current, 32);
    p->waited = kind == BOX_KEY && k->has_next;
    p->newcomer = false;
    box_to(k, p, clear, sizeof clear);
    sodium_memzero(clear, sizeof clear);
}

static void switch_now(struct room_keys *k)
{
    drop_slots(k);
    memcpy(k->secret->current, k->secret->next, 32);
    sodium_memzero(k->secret->next, 32);
    k->current_number = k->next_number;
    k->has_next = k->timed = false;
    k->announced = true;
    k->switch_us = UINT64_MAX;
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        k->peers[i].waited = false;
}

static void begin_change(struct room_keys *k, uint64_t now_us)
{
    k->next_number = (uint8_t)((k->current_number + 1) % NUMBERS);
    k->has_next = true;
    k->changed_us = now_us;
    k->switch_us = now_us + SWITCH_US;
    k->join_due_us = UINT64_MAX;
}

// Somebody has left: a base that nobody can know.
static void change_fresh(struct room_keys *k, uint64_t now_us)
{
    if (k->has_next)
        switch_now(k); // who left may know the next one too
    k->fresh_due_us = UINT64_MAX;
    k->fresh_us = now_us;
    randombytes_buf(k->secret->next, 32);
    begin_change(k, now_us);
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++) {
        if (!is_worth(&k->peers[i], now_us))
            continue;
        k->timed |= k->peers[i].acked;
        tell(k, &k->peers[i], k->peers[i].acked ? BOX_KEY_QUIET : BOX_KEY);
    }
    k->io.flush(k->io.ctx);
}

// Somebody has come: the next base follows from this one, so that those who were here need but one box, and he cannot
// know what was before.
static void change_for_newcomers(struct room_keys *k, uint64_t now_us)
{
    bool others = false;
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        others |= k->peers[i].used && !k->peers[i].newcomer;
    if (others) {
        const uint8_t clear[2] = {BOX_KEY_RATCHET, (uint8_t)((k->current_number + 1) % NUMBERS)};
        box_to_all(k, k->box_next++, clear, sizeof clear);
    }
    keys_ratchet(k->secret->next, k->secret->current);
    begin_change(k, now_us);
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        if (k->peers[i].used && k->peers[i].newcomer)
            tell(k, &k->peers[i], BOX_KEY);
    k->io.flush(k->io.ctx);
}

static void ask_fresh(struct room_keys *k, uint64_t now_us)
{
    uint64_t due = k->fresh_us ? MAX(now_us, k->fresh_us + FRESH_US) : now_us;
    k->fresh_due_us = MIN(k->fresh_due_us, due);
}

bool room_keys_add(struct room_keys *k, uint16_t id, const struct keys_side *side, uint64_t now_us)
{
    struct room_keys_peer *p = find(k, id);
    struct keys_side me = {.join_id = k->join_id};
    if (p && p->join_id == side->join_id)
        return true;
    if (p)
        room_keys_remove(k, id, now_us);
    for (unsigned i = 0; !p && i < ARRAY_LEN(k->peers); i++)
        if (!k->peers[i].used)
            p = &k->peers[i];
    if (!p)
        return false;
    memcpy(me.identity, k->identity, 32);
    memcpy(me.key, k->join_public, 32);
    struct peer_secret *s = secret_of(k, p);
    if (!keys_pair(s->rx, s->tx, &me, k->secret->join, side, k->room, k->secret->invite))
        return false;
    *p =
        (struct room_keys_peer){.used = true, .newcomer = true, .id = id, .join_id = side->join_id, .added_us = now_us};
    memcpy(p->identity, side->identity, sizeof p->identity);
    uint64_t due = k->changed_us ? MAX(now_us, k->changed_us + JOIN_US) : now_us;
    k->join_due_us = MIN(k->join_due_us, due);
    return true;
}

void room_keys_remove(struct room_keys *k, uint16_t id, uint64_t now_us)
{
    struct room_keys_peer *p = find(k, id);
    if (!p)
        return;
    bool told = !p->newcomer;
    sodium_memzero(secret_of(k, p), sizeof(struct peer_secret));
    memset(p, 0, sizeof *p);
    if (told)
        ask_fresh(k, now_us);
}

bool room_keys_confirmed(const struct room_keys *k, uint16_t id)
{
    const struct room_keys_peer *p = find(k, id);
    return p && p->confirmed;
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
    if (!p || !is_worth(p, now_us) || (p->asked_us && now_us - p->asked_us < ASK_US))
        return;
    ask_keys(k, p, now_us);
    k->io.flush(k->io.ctx);
}

void room_keys_announce(struct room_keys *k, uint64_t now_us)
{
    ask_fresh(k, now_us);
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++) {
        k->peers[i].acked = false;
        if (is_worth(&k->peers[i], now_us))
            ask_keys(k, &k->peers[i], now_us);
    }
    k->io.flush(k->io.ctx);
}

static bool all_have_acknowledged(const struct room_keys *k)
{
    bool waited = k->timed;
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        waited |= k->peers[i].used && k->peers[i].waited;
    return !waited;
}

uint64_t room_keys_tick(struct room_keys *k, uint64_t now_us)
{
    if (!k->entered)
        return UINT64_MAX;
    for (unsigned i = 0; i < ROOM_KEYS_SLOTS; i++)
        if (k->slots[i].used && k->slots[i].key.ctr > SEAL_CTR_END - CTR_RESERVE)
            ask_fresh(k, now_us); // after weeks: a new key long before the counter ends
    if (k->has_next && (now_us >= k->switch_us || all_have_acknowledged(k)))
        switch_now(k);
    if (now_us >= k->fresh_due_us)
        change_fresh(k, now_us);
    else if (now_us >= k->join_due_us && !k->has_next)
        change_for_newcomers(k, now_us);
    if (k->has_next && all_have_acknowledged(k)) // nobody else is here
        switch_now(k);
    return MIN(MIN(k->fresh_due_us, k->switch_us), k->has_next ? UINT64_MAX : k->join_due_us);
}

struct seal_key *room_keys_sealing(struct room_keys *k, uint8_t slot)
{
    unsigned use = ROOM_KEYS_SLOTS;
    if (!k->entered || !k->announced)
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
    return ok ? &k->slots[use].key : NULL;
}

// ---- the others' keys ----

static const struct room_keys_base *base_numbered(const struct peer_secret *s, uint8_t number, uint64_t now_us)
{
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++)
        if (s->bases[i].used && s->bases[i].number == number && s->bases[i].until_us > now_us)
            return &s->bases[i];
    return NULL;
}

static bool take_base(struct peer_secret *s, uint8_t number, const uint8_t base[32], uint64_t now_us)
{
    struct room_keys_base *at = &s->bases[0];
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++) {
        struct room_keys_base *b = &s->bases[i];
        if (b->used && b->number == number)
            return sodium_memcmp(b->base, base, 32) == 0; // told again; never replaced under the same number
        if (!b->used || (at->used && b->until_us < at->until_us))
            at = b;
    }
    for (unsigned i = 0; i < ROOM_KEYS_BASES; i++)
        s->bases[i].until_us = MIN(s->bases[i].until_us, now_us + OLD_US);
    *at = (struct room_keys_base){.used = true, .number = number, .until_us = UINT64_MAX};
    memcpy(at->base, base, 32);
    return true;
}

// Its newest base follows from the one the box was sealed under.
static enum room_keys_box take_ratchet(struct peer_secret *s, uint8_t from, uint8_t to, uint64_t now_us)
{
    uint8_t base[32];
    const struct room_keys_base *before = base_numbered(s, from, now_us);
    if (!before || to != (from + 1) % NUMBERS)
        return ROOM_KEYS_BAD;
    keys_ratchet(base, before->base);
    bool ok = take_base(s, to, base, now_us);
    sodium_memzero(base, sizeof base);
    return ok ? ROOM_KEYS_NEW_BASE : ROOM_KEYS_BAD;
}

static enum room_keys_box take_key_box(struct room_keys *k, struct room_keys_peer *p, const uint8_t *clear, size_t n,
                                       uint64_t now_us)
{
    if (clear[0] == BOX_KEY_ACK && n == 2) {
        p->acked = true;
        p->waited = p->waited && clear[1] != k->next_number;
        return ROOM_KEYS_HANDLED;
    }
    if (clear[0] == BOX_KEY_ASK && n == 1) {
        if (!p->newcomer) // else its turn comes with the change that it has earned
            tell(k, p, BOX_KEY);
        k->io.flush(k->io.ctx);
        return ROOM_KEYS_ASKED;
    }
    if ((clear[0] != BOX_KEY && clear[0] != BOX_KEY_QUIET) || n != BOX_KEY_SIZE || clear[1] >= NUMBERS ||
        !take_base(secret_of(k, p), clear[1], clear + 2, now_us))
        return ROOM_KEYS_BAD;
    if (clear[0] == BOX_KEY) {
        const uint8_t ack[2] = {BOX_KEY_ACK, clear[1]};
        box_to(k, p, ack, sizeof ack);
        k->io.flush(k->io.ctx);
    }
    return ROOM_KEYS_NEW_BASE;
}

static void confirm(struct room_keys *k, struct room_keys_peer *p, uint64_t now_us)
{
    bool late = !p->confirmed && !p->newcomer && now_us - p->added_us >= PROOF_US;
    p->confirmed = true;
    if (late) { // changes have passed it by
        tell(k, p, BOX_KEY);
        k->io.flush(k->io.ctx);
    }
}

static enum room_keys_box take_clear(struct room_keys *k, struct room_keys_peer *p, const struct box_address *a,
                                     uint8_t *clear, size_t size, uint64_t number, uint64_t now_us, char **text)
{
    if (clear[0] == BOX_TEXT) {
        const char *json = box_signed(clear, size, a, p->join_id, number, p->identity);
        *text = json ? base_strdup(json) : NULL;
        return json ? ROOM_KEYS_TEXT : ROOM_KEYS_BAD;
    }
    if (a->to != 0)
        return take_key_box(k, p, clear, size, now_us);
    return clear[0] == BOX_KEY_RATCHET && size == 2 ? take_ratchet(secret_of(k, p), a->number, clear[1], now_us)
                                                    : ROOM_KEYS_BAD;
}

enum room_keys_box room_keys_open(struct room_keys *k, uint16_t from, uint16_t to, const char *data, uint64_t now_us,
                                  char **text, uint64_t *number)
{
    struct room_keys_peer *p = find(k, from);
    struct box_address a = {.room = k->room, .from = from, .to = to};
    const struct room_keys_base *base = NULL;
    uint8_t key[32];
    size_t n;
    if (!k->entered || !p || (to != 0 && to != k->self))
        return ROOM_KEYS_BAD;
    if (to == 0 && !room_keys_has(k, from))
        return ROOM_KEYS_HANDLED; // said to those who were here before me
    if (to == 0 && (!box_number(data, &a.number) || !(base = base_numbered(secret_of(k, p), a.number, now_us)))) {
        room_keys_ask(k, from, now_us); // its newest base has been lost on the way
        return ROOM_KEYS_BAD;
    }
    if (base)
        keys_message(key, base->base);
    uint8_t *clear = box_open(base ? key : secret_of(k, p)->rx, &a, data, number, &n);
    sodium_memzero(key, sizeof key);
    if (!clear || *number <= p->box_newest) { // changed on the way, or a copy
        free(clear);
        return ROOM_KEYS_BAD;
    }
    p->box_newest = *number;
    if (to != 0)
        confirm(k, p, now_us);
    enum room_keys_box result = take_clear(k, p, &a, clear, n, *number, now_us, text);
    sodium_memzero(clear, n);
    free(clear);
    return result;
}

bool room_keys_send(struct room_keys *k, uint16_t to, const char *text, uint64_t *number)
{
    struct room_keys_peer *p = to ? find(k, to) : NULL;
    struct box_address a = {.room = k->room, .from = k->self, .to = to};
    size_t size;
    if (!k->entered || (to && !p) || strlen(text) > BOX_CLEAR_MAX - 2 * BOX_TEXT_HEAD)
        return false;
    *number = k->box_next++;
    uint8_t *clear = box_sign(&size, &a, k->join_id, *number, text, k->identity_secret);
    if (!p) {
        box_to_all(k, *number, clear, size);
    } else {
        char *data = box_seal(secret_of(k, p)->tx, &a, *number, clear, size);
        if (data)
            k->io.box(k->io.ctx, to, data);
    }
    sodium_memzero(clear, size);
    free(clear);
    return true;
}

const struct room_keys_base *room_keys_base(const struct room_keys *k, uint16_t member, uint8_t kid, uint64_t now_us)
{
    const struct room_keys_peer *p = find(k, member);
    const struct peer_secret *s = p ? secret_of(k, p) : NULL;
    for (unsigned i = 0; s && i < ROOM_KEYS_BASES; i++)
        if (s->bases[i].used && s->bases[i].number % 8 == kid && s->bases[i].until_us > now_us)
            return &s->bases[i];
    return NULL;
}

bool room_keys_has(const struct room_keys *k, uint16_t member)
{
    const struct room_keys_peer *p = find(k, member);
    const struct peer_secret *s = p ? secret_of(k, p) : NULL;
    return s && (s->bases[0].used || s->bases[1].used || s->bases[2].used);
}
