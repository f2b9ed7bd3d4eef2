#include "room.h"

#include "shared/keys.h"

#include <stdio.h>
#include <string.h>

struct room *room_by_id(struct rooms *all, uint32_t id)
{
    for (unsigned i = 0; i < ROOMS_MAX; i++)
        if (all->room[i].used && all->room[i].id == id)
            return &all->room[i];
    return NULL;
}

bool room_is_call(const struct room *r)
{
    return r->code == TICKET_NO_CODE;
}

// Always looks at all of them: the time tells a guesser nothing.
struct room *room_by_code(struct rooms *all, uint32_t code)
{
    struct room *found = NULL;
    for (unsigned i = 0; i < ROOMS_MAX; i++)
        if (all->room[i].used && all->room[i].code == code)
            found = &all->room[i];
    return code == TICKET_NO_CODE ? NULL : found;
}

struct room_member *room_member(struct room *r, uint16_t id)
{
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        if (r->member[i].used && r->member[i].id == id)
            return &r->member[i];
    return NULL;
}

// Uniform: values of the incomplete last block are thrown away.
static uint32_t draw(uint32_t below, room_random *random, void *ctx)
{
    uint32_t v, most = UINT32_MAX - UINT32_MAX % below;
    do
        random(ctx, &v, sizeof v);
    while (v >= most);
    return v % below;
}

static struct room *free_room(struct rooms *all)
{
    for (unsigned i = 0; i < ROOMS_MAX; i++)
        if (!all->room[i].used)
            return &all->room[i];
    return NULL;
}

static void begin_room(struct rooms *all, struct room *r, room_random *random, void *ctx)
{
    memset(r, 0, sizeof *r);
    r->used = true;
    // Counting on from a random start keeps ids unused for 65,000 joins, and away from those of a life before.
    r->next_id = (uint16_t)(1 + draw(UINT16_MAX, random, ctx));
    all->count++;
}

static bool is_ended(const struct rooms *all, uint32_t id)
{
    for (unsigned i = 0; i < ROOM_ENDED; i++)
        if (id && all->ended[i] == id)
            return true;
    return false;
}

static uint32_t free_id(struct rooms *all, room_random *random, void *ctx)
{
    uint32_t id;
    do
        random(ctx, &id, sizeof id);
    while (id < WIRE_PROBE_ROOMS || room_by_id(all, id) || is_ended(all, id));
    return id;
}

static struct room *create(struct rooms *all, bool call, room_random *random, void *ctx)
{
    unsigned most = all->rooms_most ? all->rooms_most : WIRE_ROOMS_MAX;
    struct room *r = all->count >= most ? NULL : free_room(all);
    if (!r)
        return NULL;
    uint32_t id = free_id(all, random, ctx), code = TICKET_NO_CODE;
    while (!call && (code == TICKET_NO_CODE || room_by_code(all, code)))
        code = draw(ROOM_CODES, random, ctx);
    begin_room(all, r, random, ctx);
    r->id = id;
    r->code = code;
    r->epoch = 1;
    return r;
}

struct room *room_create(struct rooms *all, const uint8_t admit_hash[32], room_random *random, void *ctx)
{
    struct room *r = create(all, false, random, ctx);
    if (r)
        memcpy(r->admit_hash, admit_hash, sizeof r->admit_hash);
    return r;
}

struct room *room_create_call(struct rooms *all, room_random *random, void *ctx)
{
    struct room *r = create(all, true, random, ctx);
    if (r) // no token is the right one
        random(ctx, r->admit_hash, sizeof r->admit_hash);
    return r;
}

static struct room_member *free_seat(struct rooms *all, struct room *r)
{
    if (all->members >= ROOMS_MEMBERS_MAX)
        return NULL;
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        if (!r->member[i].used)
            return &r->member[i];
    return NULL;
}

static void take_seat(struct rooms *all, struct room *r, struct room_member *m)
{
    memset(m, 0, sizeof *m);
    m->used = true;
    m->conn = ROOM_NO_CONN;
    m->epoch = r->epoch;
    m->order = r->next_order++;
    r->count++;
    all->members++;
}

unsigned room_members_free(const struct rooms *all)
{
    unsigned most = MIN(all->members_most ? all->members_most : WIRE_MEMBERS_MAX, (unsigned)ROOMS_MEMBERS_MAX);
    return most > all->members ? most - all->members : 0;
}

struct room_member *room_add(struct rooms *all, struct room *r, uint8_t role, room_random *random, void *ctx)
{
    struct room_member *m = room_members_free(all) ? free_seat(all, r) : NULL;
    if (!m)
        return NULL;
    take_seat(all, r, m);
    uint16_t id = 0; // m itself has id 0 for the moment, and 0 is nobody's
    while (id == 0 || room_member(r, id))
        id = r->next_id++;
    m->id = id;
    m->role = role;
    random(ctx, &m->join_id, sizeof m->join_id);
    random(ctx, m->hop_key, sizeof m->hop_key);
    return m;
}

static bool is_gone(const struct rooms *all, uint64_t join_id)
{
    for (unsigned i = 0; i < ROOM_VOID; i++)
        if (join_id && all->gone[i] == join_id)
            return true;
    return false;
}

static struct room *rebuild(struct rooms *all, const struct ticket *t, room_random *random, void *ctx)
{
    struct room *r = free_room(all);
    if (!r || all->members >= ROOMS_MEMBERS_MAX || (t->code >= ROOM_CODES && t->code != TICKET_NO_CODE) ||
        room_by_code(all, t->code))
        return NULL;
    begin_room(all, r, random, ctx);
    r->id = t->room;
    r->code = t->code;
    r->rebuilt = true;
    memcpy(r->admit_hash, t->admit_hash, sizeof r->admit_hash);
    return r;
}

static void remember_host(struct room *r, const uint8_t identity[32])
{
    if (!room_knows_host(r, identity) && r->host_count < DESCRIPTOR_HOSTS)
        memcpy(r->host[r->host_count++], identity, 32);
}

struct room *room_rebuild(struct rooms *all, const struct descriptor *d, room_random *random, void *ctx)
{
    struct room *r = free_room(all);
    if (!r || all->members >= ROOMS_MEMBERS_MAX || room_by_code(all, d->code) || is_ended(all, d->room))
        return NULL;
    uint32_t id = room_by_id(all, d->room) ? free_id(all, random, ctx) : d->room;
    begin_room(all, r, random, ctx);
    r->id = id;
    r->code = d->code;
    r->rebuilt = r->from_descriptor = r->has_creator = true;
    r->created = d->created;
    memcpy(r->admit_hash, d->admit_hash, sizeof r->admit_hash);
    memcpy(r->creator, d->creator, sizeof r->creator);
    room_adopt(r, d);
    return r;
}

void room_adopt(struct room *r, const struct descriptor *d)
{
    r->epoch = d->epoch;
    r->lobby = d->lobby;
    r->locked = d->locked;
    r->host_count = 0;
    for (unsigned i = 0; i < d->host_count; i++)
        remember_host(r, d->hosts[i]);
}

struct room_member *room_restore(struct rooms *all, const struct ticket *t, struct room_restored *out,
                                 room_random *random, void *ctx)
{
    struct room *r = room_by_id(all, t->room);
    struct room_member *m = r ? room_member(r, t->sender) : NULL;
    *out = (struct room_restored){.room = r, .ended = is_ended(all, t->room)};
    if (m)
        return m->join_id == t->join_id ? m : NULL;
    if (t->sender == 0 || t->room == 0 || is_gone(all, t->join_id) || out->ended)
        return NULL;
    if (r && (!r->rebuilt || t->epoch < r->epoch || t->code != r->code))
        return NULL;
    if (!r) {
        out->room = r = rebuild(all, t, random, ctx);
        out->fresh = r != NULL;
    }
    m = r ? free_seat(all, r) : NULL;
    if (!m)
        return NULL;
    out->raised = !out->fresh && t->epoch > r->epoch;
    if (out->raised || out->fresh) { // what the newest ticket says is how the room was
        r->epoch = t->epoch;
        r->lobby = t->flags & TICKET_LOBBY;
        r->locked = t->flags & TICKET_LOCKED;
        r->host_count = 0;
    }
    take_seat(all, r, m);
    m->id = t->sender;
    m->join_id = t->join_id;
    m->role = t->role;
    memcpy(m->identity, t->identity, sizeof m->identity);
    memcpy(m->hop_key, t->hop_key, sizeof m->hop_key);
    snprintf(m->name, sizeof m->name, "%s", t->name);
    if (m->role == ROOM_HOST)
        remember_host(r, m->identity);
    out->made = true;
    return m;
}

// ---- hosts ----

bool room_lets_pass(const struct room *r, const uint8_t identity[32])
{
    uint8_t hash[32];
    if (r->locked || !r->pass_count)
        return false;
    keys_pass(hash, r->admit_hash, identity);
    for (size_t i = 0; i < r->pass_count; i++)
        if (memcmp(r->pass[i], hash, sizeof hash) == 0)
            return true;
    return false;
}

bool room_knows_host(const struct room *r, const uint8_t identity[32])
{
    for (unsigned i = 0; i < r->host_count; i++)
        if (memcmp(r->host[i], identity, 32) == 0)
            return true;
    return false;
}

static bool host_is_here(const struct room *r, const uint8_t identity[32])
{
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++) {
        const struct room_member *m = &r->member[i];
        if (m->used && m->role == ROOM_HOST && memcmp(m->identity, identity, 32) == 0)
            return true;
    }
    return false;
}

static void forget_host(struct room *r, unsigned at)
{
    memmove(r->host + at, r->host + at + 1, sizeof r->host[0] * (r->host_count - at - 1));
    r->host_count--;
}

bool room_set_host(struct room *r, struct room_member *m, bool host)
{
    if (!host) {
        m->role = ROOM_GUEST;
        for (unsigned i = 0; i < r->host_count; i++)
            if (memcmp(r->host[i], m->identity, 32) == 0 && !host_is_here(r, m->identity))
                forget_host(r, i--);
        return true;
    }
    for (unsigned i = 0; r->host_count == DESCRIPTOR_HOSTS && !room_knows_host(r, m->identity); i++) {
        if (i == DESCRIPTOR_HOSTS)
            return false;
        if (!host_is_here(r, r->host[i])) // who is here goes before who is not
            forget_host(r, i);
    }
    remember_host(r, m->identity);
    m->role = ROOM_HOST;
    return true;
}

unsigned room_hosts(const struct room *r)
{
    unsigned n = 0;
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        n += r->member[i].used && r->member[i].role == ROOM_HOST;
    return n;
}

struct room_member *room_heir(struct room *r)
{
    struct room_member *heir = NULL;
    if (room_is_call(r))
        return NULL;
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++) {
        struct room_member *m = &r->member[i];
        if (m->used && !m->away && m->role != ROOM_HOST && (!heir || m->order < heir->order))
            heir = m;
    }
    return heir;
}

void room_describe(const struct room *r, struct descriptor *out)
{
    memset(out, 0, sizeof *out);
    out->room = r->id;
    out->code = r->code;
    out->epoch = r->epoch;
    out->lobby = r->lobby;
    out->locked = r->locked;
    out->created = r->created;
    out->host_count = r->host_count;
    memcpy(out->admit_hash, r->admit_hash, sizeof out->admit_hash);
    memcpy(out->hosts, r->host, sizeof out->hosts);
    memcpy(out->creator, r->creator, sizeof out->creator);
}

// ---- leaving ----

void room_remove(struct rooms *all, struct room *r, struct room_member *m, bool deliberate)
{
    if (deliberate) {
        all->gone[all->gone_at++ % ROOM_VOID] = m->join_id;
        room_set_host(r, m, false);
    }
    memset(m, 0, sizeof *m); // keys go with it
    all->members--;
    if (--r->count)
        return;
    memset(r, 0, sizeof *r);
    all->count--;
}

void room_end(struct rooms *all, const struct room *r)
{
    all->ended[all->ended_at++ % ROOM_ENDED] = r->id;
}

void room_ticket(const struct room *r, const struct room_member *m, uint64_t expiry_s, struct ticket *out)
{
    memset(out, 0, sizeof *out);
    out->room = r->id;
    out->code = r->code;
    out->sender = m->id;
    out->join_id = m->join_id;
    out->role = m->role;
    out->flags = (uint8_t)(TICKET_WITH_LINK | (r->lobby ? TICKET_LOBBY : 0) | (r->locked ? TICKET_LOCKED : 0));
    out->epoch = r->epoch;
    out->expiry = expiry_s;
    memcpy(out->hop_key, m->hop_key, sizeof out->hop_key);
    memcpy(out->identity, m->identity, sizeof out->identity);
    memcpy(out->admit_hash, r->admit_hash, sizeof out->admit_hash);
    snprintf(out->name, sizeof out->name, "%s", m->name);
}
