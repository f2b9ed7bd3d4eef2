#include "orders.h"

#include "shared/keys.h"

#include <string.h>

enum { CREATED = 1, DESCRIBED = 2, NAMED = 4, HEIR = 8, HOST = CREATED | DESCRIBED | NAMED | HEIR, DEMOTED = 16 };
enum { CLAIMED = 1 }; // the serial of what claims say: earlier than every order

static bool same(const uint8_t a[32], const uint8_t b[32])
{
    return memcmp(a, b, 32) == 0;
}

static bool among(const struct orders_people *p, const uint8_t identity[32])
{
    for (unsigned i = 0; i < p->count && i < ORDERS_PEOPLE; i++)
        if (same(p->identity[i], identity))
            return true;
    return false;
}

// ---- hosts ----

// Where somebody stands in the table; ORDERS_HOSTS = nowhere.
static unsigned find_host(const struct orders *o, const uint8_t identity[32])
{
    unsigned i = 0;
    while (i < ORDERS_HOSTS && !(o->hosts[i].why && same(o->hosts[i].identity, identity)))
        i++;
    return i;
}

// Somebody's place in the table, made when there is room: a free one, or of one who is host no more.
static struct orders_host *host_place(struct orders *o, const uint8_t identity[32])
{
    unsigned at = find_host(o, identity);
    if (at < ORDERS_HOSTS)
        return &o->hosts[at];
    struct orders_host *place = NULL;
    for (unsigned i = 0; i < ORDERS_HOSTS; i++)
        if (!(o->hosts[i].why & HOST) && (!place || o->hosts[i].why == 0))
            place = &o->hosts[i];
    if (place) {
        *place = (struct orders_host){.why = 0};
        memcpy(place->identity, identity, 32);
    }
    return place;
}

// True when it made somebody a host.
static bool add_host(struct orders *o, const uint8_t identity[32], uint8_t why)
{
    struct orders_host *h = host_place(o, identity);
    if (!h || h->why & DEMOTED) // only a role order ends that
        return false;
    bool was = h->why & HOST;
    h->why |= why;
    return !was;
}

static void drop_reasons(struct orders *o, uint8_t why)
{
    for (unsigned i = 0; i < ORDERS_HOSTS; i++)
        o->hosts[i].why &= (uint8_t)~why;
}

static const uint8_t NOBODY[32];

// Likewise, of those who were removed; ORDERS_KICKED = nowhere.
static unsigned find_kicked(const struct orders *o, const uint8_t identity[32])
{
    unsigned i = 0;
    while (i < ORDERS_KICKED && !(o->kicked[i].serial && same(o->kicked[i].identity, identity)))
        i++;
    return same(identity, NOBODY) ? ORDERS_KICKED : i;
}

static bool is_out(const struct orders *o, const uint8_t identity[32])
{
    unsigned at = find_kicked(o, identity);
    return at < ORDERS_KICKED && !o->kicked[at].forgiven;
}

bool orders_is_host(const struct orders *o, const uint8_t identity[32])
{
    unsigned at = find_host(o, identity);
    return at < ORDERS_HOSTS && o->hosts[at].why & HOST && !is_out(o, identity);
}

// ---- where it is known from ----

void orders_forget(struct orders *o)
{
    memset(o, 0, sizeof *o);
}

void orders_room(struct orders *o, const uint8_t admit_hash[32])
{
    memcpy(o->room, admit_hash, sizeof o->room);
}

static bool set_door(struct orders *o, enum orders_door door, bool lobby, bool locked)
{
    bool changed = o->lobby != lobby || o->locked != locked || o->door == ORDERS_DOOR_UNKNOWN;
    o->door = door;
    o->lobby = lobby;
    o->locked = locked;
    return changed;
}

void orders_create(struct orders *o, const uint8_t identity[32], bool lobby)
{
    orders_forget(o);
    o->has_creator = true;
    memcpy(o->creator, identity, 32);
    add_host(o, identity, CREATED);
    set_door(o, ORDERS_DOOR_ORDERED, lobby, false);
}

bool orders_describe(struct orders *o, const struct descriptor *d)
{
    if (d->epoch <= o->described || (o->has_creator && !same(o->creator, d->creator)))
        return false;
    o->described = d->epoch;
    o->has_creator = true;
    memcpy(o->creator, d->creator, 32);
    drop_reasons(o, CREATED | DESCRIBED | HEIR);
    for (unsigned i = 0; i < d->host_count && i < DESCRIPTOR_HOSTS; i++)
        add_host(o, d->hosts[i], DESCRIBED);
    if (o->door <= ORDERS_DOOR_DESCRIBED) // orders are newer than what the creator could sign of them
        set_door(o, ORDERS_DOOR_DESCRIBED, d->lobby, d->locked);
    return true;
}

bool orders_hear_door(struct orders *o, bool lobby, bool locked)
{
    return o->door <= ORDERS_DOOR_RELAY && set_door(o, ORDERS_DOOR_RELAY, lobby, locked);
}

bool orders_hear_hosts(struct orders *o, const struct orders_people *here, const struct orders_people *named,
                       const uint8_t *just_came)
{
    bool changed = false, obeyed = false;
    for (unsigned i = 0; i < ORDERS_HOSTS; i++) {
        struct orders_host *h = &o->hosts[i];
        if (h->why & HEIR && !among(named, h->identity)) {
            h->why &= (uint8_t)~HEIR;
            changed = true;
        }
    }
    for (unsigned i = 0; i < here->count && i < ORDERS_PEOPLE; i++)
        obeyed |= orders_is_host(o, here->identity[i]) && !(just_came && same(just_came, here->identity[i]));
    for (unsigned i = 0; !obeyed && i < named->count && i < ORDERS_PEOPLE; i++)
        if (among(here, named->identity[i]))
            changed |= add_host(o, named->identity[i], HEIR);
    return changed;
}

bool orders_restricted(const struct orders *o)
{
    return o->lobby || o->locked;
}

// ---- who may have keys ----

static uint64_t admit_serial(const struct orders *o, const uint8_t key[32])
{
    for (unsigned i = 0; i < ORDERS_ADMITTED; i++)
        if (o->admitted[i].serial && same(o->admitted[i].key, key))
            return o->admitted[i].serial;
    return 0;
}

static void admit(struct orders *o, const uint8_t key[32], uint64_t serial)
{
    unsigned at = 0;
    while (at < ORDERS_ADMITTED && !(o->admitted[at].serial && same(o->admitted[at].key, key)))
        at++;
    if (at == ORDERS_ADMITTED)
        at = o->admitted_at++ % ORDERS_ADMITTED;
    memcpy(o->admitted[at].key, key, 32);
    o->admitted[at].serial = serial;
}

static uint64_t next_serial(struct orders *o)
{
    o->serial = MAX(o->serial, (uint64_t)CLAIMED) + 1;
    return o->serial;
}

static unsigned find_known(const struct orders *o, const uint8_t identity[32])
{
    unsigned count = MIN(o->known_at, (unsigned)ORDERS_KNOWN);
    for (unsigned i = 0; i < count; i++)
        if (same(o->known[i], identity))
            return i;
    return ORDERS_KNOWN;
}

void orders_met(struct orders *o, const uint8_t identity[32])
{
    if (find_known(o, identity) == ORDERS_KNOWN && !is_out(o, identity))
        memcpy(o->known[o->known_at++ % ORDERS_KNOWN], identity, 32);
}

static void kick(struct orders *o, const uint8_t identity[32], uint64_t join_id)
{
    unsigned known = find_known(o, identity), at = find_kicked(o, identity);
    if (at == ORDERS_KICKED)
        at = o->kicked_at++ % ORDERS_KICKED;
    o->kicked[at] = (struct orders_kicked){.join_id = join_id, .serial = next_serial(o)};
    memcpy(o->kicked[at].identity, identity, 32);
    if (known < ORDERS_KNOWN)
        memset(o->known[known], 0, 32);
}

// ---- who passes the lobby ----

static bool lists(const struct orders_host *h, const uint8_t hash[32])
{
    for (unsigned i = 0; i < h->pass_count; i++)
        if (same(h->passes[i], hash))
            return true;
    return false;
}

static bool set_passes(struct orders_host *h, const uint8_t (*hashes)[32], unsigned count)
{
    count = MIN(count, (unsigned)ORDERS_PASSES);
    if (h->has_passes && h->pass_count == count && memcmp(h->passes, hashes, (size_t)32 * count) == 0)
        return false;
    h->has_passes = true;
    h->pass_count = count;
    memcpy(h->passes, hashes, (size_t)32 * count);
    return true;
}

// A host's word on whom its box has paired is as good as an admit, as long as there is a lobby, and no lock.
static bool passes(const struct orders *o, const uint8_t identity[32])
{
    uint8_t hash[32];
    if (!o->lobby || o->locked)
        return false;
    keys_pass(hash, o->room, identity);
    for (unsigned i = 0; i < ORDERS_HOSTS; i++)
        if (lists(&o->hosts[i], hash) && orders_is_host(o, o->hosts[i].identity))
            return true;
    return false;
}

const struct orders_host *orders_passes_of(const struct orders *o, const uint8_t host[32])
{
    unsigned at = find_host(o, host);
    return at < ORDERS_HOSTS && o->hosts[at].has_passes ? &o->hosts[at] : NULL;
}

static bool removed(const struct orders *o, const uint8_t pass[32])
{
    uint8_t hash[32];
    for (unsigned i = 0; i < ORDERS_KICKED; i++) {
        if (!o->kicked[i].serial || o->kicked[i].forgiven)
            continue;
        keys_pass(hash, o->room, o->kicked[i].identity);
        if (same(hash, pass))
            return true;
    }
    return false;
}

static unsigned add_passes(const struct orders *o, const struct orders_host *h, uint8_t out[ORDERS_PASSES][32],
                           unsigned count)
{
    for (unsigned i = 0; h && i < h->pass_count; i++) {
        bool there = removed(o, h->passes[i]);
        for (unsigned k = 0; k < count; k++)
            there = there || same(out[k], h->passes[i]);
        if (!there && count < ORDERS_PASSES)
            memcpy(out[count++], h->passes[i], 32);
    }
    return count;
}

unsigned orders_passes(const struct orders *o, const uint8_t self[32], uint8_t out[ORDERS_PASSES][32])
{
    unsigned count = add_passes(o, orders_passes_of(o, self), out, 0);
    for (unsigned i = 0; i < ORDERS_HOSTS; i++)
        if (orders_is_host(o, o->hosts[i].identity))
            count = add_passes(o, &o->hosts[i], out, count);
    return count;
}

bool orders_judge(struct orders *o, const uint8_t identity[32], const uint8_t key[32], uint64_t join_id)
{
    unsigned out = find_kicked(o, identity);
    uint64_t admitted = admit_serial(o, key);
    for (unsigned i = 0; i < ORDERS_KICKED; i++)
        if (o->kicked[i].serial && o->kicked[i].join_id && o->kicked[i].join_id == join_id &&
            admitted < o->kicked[i].serial)
            return false;
    if (is_out(o, identity) && admitted < o->kicked[out].serial)
        return false;
    if (out < ORDERS_KICKED)
        o->kicked[out].forgiven = true;
    if (!orders_restricted(o))
        return true; // whom an open room lists has shown nothing yet
    if (admitted || find_known(o, identity) < ORDERS_KNOWN || orders_is_host(o, identity))
        orders_met(o, identity);
    else
        return passes(o, identity); // until it has shown that it is the one, unpairing takes that back
    return true;
}

// ---- orders ----

static enum orders_effect take_role(struct orders *o, const struct order *x)
{
    unsigned at = find_host(o, x->identity);
    if (x->on) {
        if (at < ORDERS_HOSTS)
            o->hosts[at].why &= (uint8_t)~DEMOTED;
        return add_host(o, x->identity, NAMED) ? ORDERS_CHANGED : ORDERS_TAKEN;
    }
    struct orders_host *h = host_place(o, x->identity); // kept, against descriptors and claims that are older
    if (!h || h->why == DEMOTED)
        return ORDERS_TAKEN;
    h->why = DEMOTED;
    h->has_passes = false;
    h->pass_count = 0;
    return ORDERS_CHANGED;
}

enum orders_effect orders_take(struct orders *o, const uint8_t from[32], const struct order *x)
{
    if (!orders_is_host(o, from))
        return ORDERS_IGNORED;
    switch (x->kind) {
    case ORDER_ADMIT:
        admit(o, x->key, next_serial(o));
        return ORDERS_CHANGED;
    case ORDER_KICK:
        if (same(from, x->identity))
            return ORDERS_IGNORED;
        kick(o, x->identity, x->join_id);
        return ORDERS_CHANGED;
    case ORDER_ROLE:
        return take_role(o, x);
    case ORDER_LOCK:
        return set_door(o, ORDERS_DOOR_ORDERED, o->lobby, x->on) ? ORDERS_CHANGED : ORDERS_TAKEN;
    case ORDER_LOBBY:
        return set_door(o, ORDERS_DOOR_ORDERED, x->on, o->locked) ? ORDERS_CHANGED : ORDERS_TAKEN;
    case ORDER_PASS:
        return set_passes(&o->hosts[find_host(o, from)], x->passes, x->pass_count) ? ORDERS_CHANGED : ORDERS_TAKEN;
    case ORDER_MUTE:
        return ORDERS_TAKEN;
    }
    return ORDERS_IGNORED;
}

// The lists of a claim: the teller's own is as it says. Of others it counts until they have said something.
static void take_passes(struct orders *o, const uint8_t from[32], const struct orders_claim *claim)
{
    struct orders_host lists = {.why = 0};
    for (unsigned at = 0; at < ORDERS_HOSTS; at++) {
        struct orders_host *h = &o->hosts[at];
        bool own = same(h->identity, from);
        if (!orders_is_host(o, h->identity) || (h->has_passes && !own))
            continue;
        lists.pass_count = 0;
        for (unsigned i = 0; i < claim->pass_count; i++)
            if (same(claim->passes[i].host, h->identity))
                memcpy(lists.passes[lists.pass_count++], claim->passes[i].hash, 32);
        if (own || lists.pass_count)
            set_passes(h, lists.passes, lists.pass_count);
    }
}

enum orders_effect orders_take_claim(struct orders *o, const uint8_t from[32], const struct orders_claim *claim)
{
    if (!orders_is_host(o, from))
        return ORDERS_IGNORED;
    for (unsigned i = 0; i < claim->host_count; i++)
        add_host(o, claim->hosts[i], NAMED);
    for (unsigned i = 0; i < claim->admitted_count; i++)
        if (!admit_serial(o, claim->admitted[i])) // it says who is here, and forgives nobody anything
            admit(o, claim->admitted[i], CLAIMED);
    for (unsigned i = 0; i < claim->kicked_count; i++)
        if (find_kicked(o, claim->kicked[i]) == ORDERS_KICKED && !same(claim->kicked[i], from))
            kick(o, claim->kicked[i], 0);
    if (claim->has_passes)
        take_passes(o, from, claim);
    if (claim->has_door)
        set_door(o, ORDERS_DOOR_ORDERED, claim->lobby, claim->locked);
    return ORDERS_CHANGED;
}

static void claim_passes(const struct orders_host *h, struct orders_claim *out)
{
    for (unsigned i = 0; i < h->pass_count && out->pass_count < ORDERS_PASSES; i++) {
        memcpy(out->passes[out->pass_count].host, h->identity, 32);
        memcpy(out->passes[out->pass_count++].hash, h->passes[i], 32);
    }
}

void orders_claim(const struct orders *o, const uint8_t self[32], struct orders_claim *out)
{
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < ORDERS_HOSTS; i++)
        if (o->hosts[i].why && orders_is_host(o, o->hosts[i].identity))
            memcpy(out->hosts[out->host_count++], o->hosts[i].identity, 32);
    for (unsigned i = 0; i < ORDERS_KICKED; i++)
        if (o->kicked[i].serial && !o->kicked[i].forgiven && !same(o->kicked[i].identity, NOBODY))
            memcpy(out->kicked[out->kicked_count++], o->kicked[i].identity, 32);
    for (unsigned i = 1; i <= ORDERS_ADMITTED && i <= o->admitted_at && out->admitted_count < ORDERS_RECENT; i++) {
        unsigned at = (o->admitted_at - i) % ORDERS_ADMITTED;
        if (o->admitted[at].serial > CLAIMED)
            memcpy(out->admitted[out->admitted_count++], o->admitted[at].key, 32);
    }
    const struct orders_host *own = orders_passes_of(o, self);
    out->has_passes = true;
    if (own)
        claim_passes(own, out);
    for (unsigned i = 0; i < ORDERS_HOSTS; i++)
        if (&o->hosts[i] != own && orders_is_host(o, o->hosts[i].identity))
            claim_passes(&o->hosts[i], out);
    out->has_door = o->door == ORDERS_DOOR_ORDERED;
    out->lobby = o->lobby;
    out->locked = o->locked;
}

bool orders_agree(const struct orders *o, const struct descriptor *d, const uint8_t self[32])
{
    struct orders_people listed = {.count = MIN(d->host_count, (unsigned)DESCRIPTOR_HOSTS)};
    memcpy(listed.identity, d->hosts, (size_t)32 * listed.count);
    for (unsigned i = 0; i < listed.count; i++)
        if (!orders_is_host(o, listed.identity[i]))
            return false;
    if (orders_is_host(o, self) && !among(&listed, self))
        return false;
    return o->door != ORDERS_DOOR_UNKNOWN && d->lobby == o->lobby && d->locked == o->locked;
}
