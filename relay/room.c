#include "room.h"

#include <stdio.h>
#include <string.h>

struct room *room_by_id(struct rooms *all, uint32_t id)
{
    for (unsigned i = 0; i < WIRE_ROOMS_MAX; i++)
        if (all->room[i].used && all->room[i].id == id)
            return &all->room[i];
    return NULL;
}

struct room *room_by_code(struct rooms *all, uint32_t code)
{
    for (unsigned i = 0; i < WIRE_ROOMS_MAX; i++)
        if (all->room[i].used && all->room[i].code == code)
            return &all->room[i];
    return NULL;
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
    for (unsigned i = 0; i < WIRE_ROOMS_MAX; i++)
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

struct room *room_create(struct rooms *all, const uint8_t admit_hash[32], room_random *random, void *ctx)
{
    struct room *r = free_room(all);
    if (!r)
        return NULL;
    uint32_t id, code;
    do
        random(ctx, &id, sizeof id);
    while (id == 0 || room_by_id(all, id));
    do
        code = draw(ROOM_CODES, random, ctx);
    while (room_by_code(all, code));
    begin_room(all, r, random, ctx);
    r->id = id;
    r->code = code;
    r->epoch = 1;
    memcpy(r->admit_hash, admit_hash, sizeof r->admit_hash);
    return r;
}

static struct room_member *free_seat(struct rooms *all, struct room *r)
{
    if (all->members >= WIRE_MEMBERS_MAX)
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
    r->count++;
    all->members++;
}

struct room_member *room_add(struct rooms *all, struct room *r, uint8_t role, room_random *random, void *ctx)
{
    struct room_member *m = free_seat(all, r);
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
    if (!r || all->members >= WIRE_MEMBERS_MAX || t->code >= ROOM_CODES || room_by_code(all, t->code))
        return NULL;
    begin_room(all, r, random, ctx);
    r->id = t->room;
    r->code = t->code;
    r->epoch = t->epoch;
    r->rebuilt = true;
    memcpy(r->admit_hash, t->admit_hash, sizeof r->admit_hash);
    return r;
}

struct room_member *room_restore(struct rooms *all, const struct ticket *t, struct room **room, bool *made,
                                 room_random *random, void *ctx)
{
    struct room *r = room_by_id(all, t->room);
    struct room_member *m = r ? room_member(r, t->sender) : NULL;
    *room = r;
    *made = false;
    if (m)
        return m->join_id == t->join_id ? m : NULL;
    if (t->sender == 0 || t->room == 0 || is_gone(all, t->join_id))
        return NULL;
    if (r && (!r->rebuilt || t->epoch < r->epoch))
        return NULL;
    if (!r)
        *room = r = rebuild(all, t, random, ctx);
    m = r ? free_seat(all, r) : NULL;
    if (!m)
        return NULL;
    take_seat(all, r, m);
    m->id = t->sender;
    m->join_id = t->join_id;
    m->role = t->role;
    memcpy(m->identity, t->identity, sizeof m->identity);
    memcpy(m->hop_key, t->hop_key, sizeof m->hop_key);
    snprintf(m->name, sizeof m->name, "%s", t->name);
    r->epoch = MAX(r->epoch, t->epoch);
    *made = true;
    return m;
}

void room_remove(struct rooms *all, struct room *r, struct room_member *m, bool deliberate)
{
    if (deliberate)
        all->gone[all->gone_at++ % ROOM_VOID] = m->join_id;
    memset(m, 0, sizeof *m); // keys go with it
    all->members--;
    if (--r->count)
        return;
    memset(r, 0, sizeof *r);
    all->count--;
}

void room_ticket(const struct room *r, const struct room_member *m, uint64_t expiry_s, struct ticket *out)
{
    memset(out, 0, sizeof *out);
    out->room = r->id;
    out->code = r->code;
    out->sender = m->id;
    out->join_id = m->join_id;
    out->role = m->role;
    out->flags = TICKET_WITH_LINK;
    out->epoch = r->epoch;
    out->expiry = expiry_s;
    memcpy(out->hop_key, m->hop_key, sizeof out->hop_key);
    memcpy(out->identity, m->identity, sizeof out->identity);
    memcpy(out->admit_hash, r->admit_hash, sizeof out->admit_hash);
    snprintf(out->name, sizeof out->name, "%s", m->name);
}
