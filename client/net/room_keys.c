#include "room_keys_parts.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    MS = 1000,
    FRESH_US = 1000 * MS, // between two fresh bases
    JOIN_US = 250 * MS,   // between two changes for newcomers
    SWITCH_US = 500 * MS,
    ASK_US = 500 * MS,
    PROOF_US = 5000 * MS, // a peer that has proved nothing for so long is told nothing more
    CTR_RESERVE = 1 << 24
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
    room_keys_end(k);
}

static void drop_slots(struct room_keys *k)
{
    for (unsigned i = 0; i < ROOM_KEYS_SLOTS; i++) {
        seal_key_destroy(&k->secret->slots[i].key);
        k->secret->slots[i].used = false;
    }
}

void room_keys_destroy(struct room_keys *k)
{
    drop_slots(k);
    sodium_free(k->secret); // wipes
    sodium_memzero(k, sizeof *k);
}

void room_keys_end(struct room_keys *k)
{
    drop_slots(k);
    memset(k->peers, 0, sizeof k->peers);
    memset(k->gone, 0, sizeof k->gone);
    sodium_memzero(k->secret, sizeof *k->secret);
    k->entered = k->has_next = k->announced = k->timed = k->said = false;
    k->fresh_due_us = k->join_due_us = k->switch_us = UINT64_MAX;
    k->changed_us = k->fresh_us = 0;
    k->current_number = k->next_number = 0;
    k->box_next = 1;
}

void room_keys_begin(struct room_keys *k)
{
    room_keys_end(k);
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

struct room_keys_peer *room_keys_find(const struct room_keys *k, uint16_t id)
{
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        if (k->peers[i].used && k->peers[i].id == id)
            return (struct room_keys_peer *)&k->peers[i];
    return NULL;
}

struct room_keys_peer_secret *room_keys_secret_of(const struct room_keys *k, const struct room_keys_peer *p)
{
    return &k->secret->peers[p - k->peers];
}

// ---- saying ----

void room_keys_box_to(struct room_keys *k, const struct room_keys_peer *p, const uint8_t *clear, size_t n)
{
    struct box_address a = {.room = k->room, .from = k->self, .to = p->id};
    char *data = box_seal(room_keys_secret_of(k, p)->tx, &a, k->box_next++, clear, n);
    if (data)
        k->io.box(k->io.ctx, p->id, data);
}

static void box_to_all(struct room_keys *k, uint64_t n, const uint8_t *clear, size_t size)
{
    uint8_t key[32];
    struct box_address a = {.room = k->room, .from = k->self};
    a.number = k->has_next ? k->next_number : k->current_number;
    keys_message(key, k->has_next ? k->secret->next : k->secret->current);
    k->said = k->has_next;
    char *data = box_seal(key, &a, n, clear, size);
    sodium_memzero(key, sizeof key);
    if (data)
        k->io.box(k->io.ctx, 0, data);
}

void room_keys_tell(struct room_keys *k, struct room_keys_peer *p, enum box_kind kind)
{
    uint8_t clear[BOX_KEY_SIZE] = {(uint8_t)kind, k->has_next ? k->next_number : k->current_number};
    memcpy(clear + 2, k->has_next ? k->secret->next : k->secret->current, 32);
    p->waited = kind == BOX_KEY && k->has_next;
    p->newcomer = false;
    room_keys_box_to(k, p, clear, sizeof clear);
    sodium_memzero(clear, sizeof clear);
}

// ---- changes ----

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
    k->next_number = (uint8_t)((k->current_number + 1) % ROOM_KEYS_NUMBERS);
    k->has_next = true;
    k->said = false;
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
        struct room_keys_peer *p = &k->peers[i];
        if (!p->used || p->silent)
            continue;
        k->timed |= p->acked;
        room_keys_tell(k, p, p->acked ? BOX_KEY_QUIET : BOX_KEY);
    }
    k->io.flush(k->io.ctx);
}

static void tell_newcomers(struct room_keys *k)
{
    k->join_due_us = UINT64_MAX;
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        if (k->peers[i].used && k->peers[i].newcomer && !k->peers[i].silent)
            room_keys_tell(k, &k->peers[i], BOX_KEY);
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
        const uint8_t clear[2] = {BOX_KEY_RATCHET, (uint8_t)((k->current_number + 1) % ROOM_KEYS_NUMBERS)};
        box_to_all(k, k->box_next++, clear, sizeof clear);
    }
    keys_ratchet(k->secret->next, k->secret->current);
    begin_change(k, now_us);
    tell_newcomers(k);
}

static void ask_fresh(struct room_keys *k, uint64_t now_us)
{
    uint64_t due = k->fresh_us ? MAX(now_us, k->fresh_us + FRESH_US) : now_us;
    k->fresh_due_us = MIN(k->fresh_due_us, due);
}

void room_keys_earn(struct room_keys *k, uint64_t now_us)
{
    uint64_t due = k->changed_us ? MAX(now_us, k->changed_us + JOIN_US) : now_us;
    k->join_due_us = MIN(k->join_due_us, due);
}

// ---- who is here ----

bool room_keys_add(struct room_keys *k, uint16_t id, const struct keys_side *side, uint64_t now_us)
{
    struct room_keys_peer *p = room_keys_find(k, id);
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
    struct room_keys_peer_secret *s = room_keys_secret_of(k, p);
    if (!keys_pair(s->rx, s->tx, &me, k->secret->join, side, k->room, k->secret->invite))
        return false;
    *p =
        (struct room_keys_peer){.used = true, .newcomer = true, .id = id, .join_id = side->join_id, .added_us = now_us};
    memcpy(p->identity, side->identity, sizeof p->identity);
    memcpy(p->key, side->key, sizeof p->key);
    for (unsigned i = 0; i < ROOM_KEYS_GONE; i++)
        if (k->gone[i].box_newest > p->box_newest && k->gone[i].join_id == side->join_id) {
            p->box_newest = k->gone[i].box_newest;
            p->ratchet_newest = k->gone[i].ratchet_newest;
        }
    room_keys_earn(k, now_us);
    return true;
}

static void remember(struct room_keys *k, const struct room_keys_peer *p)
{
    unsigned at = k->gone_next;
    if (!p->box_newest)
        return;
    for (unsigned i = 0; i < ROOM_KEYS_GONE; i++)
        if (k->gone[i].join_id == p->join_id)
            at = i; // one place a join, however often it comes and goes
    k->gone[at].join_id = p->join_id;
    k->gone[at].box_newest = p->box_newest;
    k->gone[at].ratchet_newest = p->ratchet_newest;
    if (at == k->gone_next)
        k->gone_next = (k->gone_next + 1) % ROOM_KEYS_GONE;
}

void room_keys_remove(struct room_keys *k, uint16_t id, uint64_t now_us)
{
    struct room_keys_peer *p = room_keys_find(k, id);
    if (!p)
        return;
    remember(k, p);
    bool told = !p->newcomer;
    sodium_memzero(room_keys_secret_of(k, p), sizeof(struct room_keys_peer_secret));
    memset(p, 0, sizeof *p);
    if (told)
        ask_fresh(k, now_us);
}

static void ask_keys(struct room_keys *k, struct room_keys_peer *p, uint64_t now_us)
{
    static const uint8_t ask = BOX_KEY_ASK;
    p->asked_us = now_us;
    room_keys_box_to(k, p, &ask, 1);
}

void room_keys_ask(struct room_keys *k, uint16_t id, uint64_t now_us)
{
    struct room_keys_peer *p = room_keys_find(k, id);
    if (!p || p->silent || (p->asked_us && now_us - p->asked_us < ASK_US))
        return;
    ask_keys(k, p, now_us);
    k->io.flush(k->io.ctx);
}

void room_keys_announce(struct room_keys *k, uint64_t now_us)
{
    ask_fresh(k, now_us);
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++) {
        k->peers[i].acked = false;
        if (k->peers[i].used && !k->peers[i].silent)
            ask_keys(k, &k->peers[i], now_us);
    }
    k->io.flush(k->io.ctx);
}

// ---- time ----

static bool all_have_acknowledged(const struct room_keys *k)
{
    bool waited = k->timed;
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++)
        waited |= k->peers[i].used && k->peers[i].waited;
    return !waited;
}

// Who has not shown in time that it holds the pair key is told nothing, and nothing waits for it.
static uint64_t fall_silent(struct room_keys *k, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < ARRAY_LEN(k->peers); i++) {
        struct room_keys_peer *p = &k->peers[i];
        if (!p->used || p->confirmed || p->silent)
            continue;
        p->silent = now_us - p->added_us >= PROOF_US;
        if (p->silent)
            p->waited = false;
        else
            next = MIN(next, p->added_us + PROOF_US);
    }
    return next;
}

uint64_t room_keys_tick(struct room_keys *k, uint64_t now_us)
{
    if (!k->entered)
        return UINT64_MAX;
    uint64_t next = base_sooner(fall_silent(k, now_us), room_keys_bury(k, now_us));
    for (unsigned i = 0; i < ROOM_KEYS_SLOTS && !k->has_next; i++)
        if (k->secret->slots[i].used && k->secret->slots[i].key.ctr > SEAL_CTR_END - CTR_RESERVE)
            ask_fresh(k, now_us); // after weeks: a new key long before the counter ends
    if (k->has_next && (now_us >= k->switch_us || all_have_acknowledged(k)))
        switch_now(k);
    if (now_us >= k->fresh_due_us)
        change_fresh(k, now_us);
    else if (now_us >= k->join_due_us && !k->has_next)
        change_for_newcomers(k, now_us);
    else if (k->join_due_us != UINT64_MAX && k->has_next && !k->said)
        tell_newcomers(k);                       // nothing lies under the coming base yet: this change is theirs, too
    if (k->has_next && all_have_acknowledged(k)) // nobody else is here
        switch_now(k);
    return MIN(MIN(next, k->fresh_due_us), MIN(k->switch_us, k->has_next ? UINT64_MAX : k->join_due_us));
}

// ---- sealing ----

struct seal_key *room_keys_sealing(struct room_keys *k, uint8_t slot)
{
    unsigned use = ROOM_KEYS_SLOTS;
    if (!k->entered || !k->announced)
        return NULL;
    for (unsigned i = ROOM_KEYS_SLOTS; i-- > 0;) {
        if (k->secret->slots[i].used && k->secret->slots[i].slot == slot)
            return k->secret->slots[i].key.ctr < SEAL_CTR_END ? &k->secret->slots[i].key : NULL;
        if (!k->secret->slots[i].used)
            use = i;
    }
    uint8_t base[32];
    if (use == ROOM_KEYS_SLOTS)
        return NULL;
    keys_slot(base, k->secret->current, slot);
    bool ok = seal_key_init(&k->secret->slots[use].key, base, k->current_number % 8, true);
    sodium_memzero(base, sizeof base);
    k->secret->slots[use].used = ok;
    k->secret->slots[use].slot = slot;
    return ok ? &k->secret->slots[use].key : NULL;
}

bool room_keys_send(struct room_keys *k, uint16_t to, const char *text, uint64_t *number)
{
    struct room_keys_peer *p = to ? room_keys_find(k, to) : NULL;
    struct box_address a = {.room = k->room, .from = k->self, .to = to};
    size_t size;
    if (!k->entered || (to && (!p || p->silent)) || strlen(text) > BOX_CLEAR_MAX - 2 * BOX_TEXT_HEAD)
        return false;
    if (!p && !k->announced && !k->has_next && k->join_due_us != UINT64_MAX)
        change_for_newcomers(k, k->join_due_us); // said on entering: those who are here have to know the key first
    *number = k->box_next++;
    uint8_t *clear = box_sign(&size, &a, k->join_public, *number, text, k->identity_secret);
    if (!p) {
        box_to_all(k, *number, clear, size);
    } else {
        char *data = box_seal(room_keys_secret_of(k, p)->tx, &a, *number, clear, size);
        if (data)
            k->io.box(k->io.ctx, to, data);
    }
    sodium_memzero(clear, size);
    free(clear);
    return true;
}
