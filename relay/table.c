#include "table.h"

#include "pages.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t streams[TABLE_SLOTS / 16] = {WIRE_STREAM_AUDIO, WIRE_STREAM_CAMERA,   WIRE_STREAM_SCREEN,
                                                  WIRE_STREAM_FILE,  WIRE_STREAM_FILE_ACK, WIRE_STREAM_META};

static unsigned bucket(uint32_t room, uint16_t sender)
{
    uint64_t x = ((uint64_t)room << 16 | sender) * 0x9E3779B97F4A7C15u;
    return (unsigned)(x >> 53) % TABLE_BUCKETS;
}

bool table_init(struct table *t, unsigned members_max, unsigned rooms_max)
{
    memset(t, 0, sizeof *t);
    t->members_max = MIN(members_max, (unsigned)TABLE_NONE);
    t->rooms_max = MIN(rooms_max, (unsigned)TABLE_NONE);
    t->member = pages_alloc(t->members_max * sizeof *t->member);
    t->room = pages_alloc(t->rooms_max * sizeof *t->room);
    memset(t->member_bucket, 0xff, sizeof t->member_bucket);
    memset(t->room_bucket, 0xff, sizeof t->room_bucket);
    t->member_free = t->room_free = TABLE_NONE;
    return t->member && t->room;
}

void table_free(struct table *t)
{
    for (unsigned i = 0; i < t->members_max && t->members; i++) { // not all of it: most pages were never touched
        if (!t->member[i].used)
            continue;
        sodium_memzero(&t->member[i], sizeof t->member[i]);
        t->members--;
    }
    pages_free(t->member, t->members_max * sizeof *t->member);
    pages_free(t->room, t->rooms_max * sizeof *t->room);
    memset(t, 0, sizeof *t);
}

struct table_room *table_room(struct table *t, uint32_t room)
{
    for (uint16_t i = t->room_bucket[bucket(room, 0)]; i != TABLE_NONE; i = t->room[i].next)
        if (t->room[i].id == room)
            return &t->room[i];
    return NULL;
}

struct table_member *table_find(struct table *t, uint32_t room, uint16_t sender)
{
    for (uint16_t i = t->member_bucket[bucket(room, sender)]; i != TABLE_NONE; i = t->member[i].next)
        if (t->member[i].room_id == room && t->member[i].sender == sender)
            return &t->member[i];
    return NULL;
}

struct table_room *table_add_room(struct table *t, uint32_t room, uint32_t epoch)
{
    uint16_t i = t->room_free;
    if (i != TABLE_NONE)
        t->room_free = t->room[i].next;
    else if (t->rooms < t->rooms_max)
        i = (uint16_t)t->rooms; // all below are in use when the free list is empty
    else
        return NULL;
    t->rooms++;
    t->rooms_version++;
    struct table_room *r = &t->room[i];
    uint16_t *head = &t->room_bucket[bucket(room, 0)];
    *r = (struct table_room){.id = room, .epoch = epoch, .used = true, .next = *head};
    memset(r->seat, 0xff, sizeof r->seat);
    *head = i;
    return r;
}

static void subscribe_default(struct table_member *from, unsigned seat)
{
    for (int i = 0; i < TABLE_SLOTS; i++) {
        unsigned stream = streams[i / 16];
        if (stream == WIRE_STREAM_AUDIO || stream == WIRE_STREAM_META)
            from->slot[i].receivers |= (uint64_t)1 << seat;
    }
}

struct table_member *table_add(struct table *t, struct table_room *r, uint16_t sender, uint64_t join_id,
                               const uint8_t hop_key[32], uint64_t now_us)
{
    unsigned seat = 0;
    while (seat < WIRE_ROOM_MEMBERS_MAX && r->taken >> seat & 1)
        seat++;
    if (seat == WIRE_ROOM_MEMBERS_MAX || sender == 0 || table_find(t, r->id, sender))
        return NULL;
    uint16_t i = t->member_free;
    if (i != TABLE_NONE)
        t->member_free = t->member[i].next;
    else if (t->members < t->members_max)
        i = (uint16_t)t->members;
    else
        return NULL;
    t->members++;
    struct table_member *m = &t->member[i];
    memset(m, 0, sizeof *m);
    uint16_t *head = &t->member_bucket[bucket(r->id, sender)];
    m->serial = ++t->serial ? t->serial : ++t->serial;
    m->room_id = r->id;
    m->sender = sender;
    m->room = (uint16_t)(r - t->room);
    m->seat = (uint8_t)seat;
    m->used = true;
    m->join_id = join_id;
    m->epoch = r->epoch;
    m->heard_us = now_us;
    memcpy(m->hop_key, hop_key, sizeof m->hop_key);
    m->next = *head;
    *head = i;
    for (unsigned s = 0; s < WIRE_ROOM_MEMBERS_MAX; s++) {
        if (!(r->taken >> s & 1))
            continue;
        subscribe_default(&t->member[r->seat[s]], seat);
        subscribe_default(m, s);
    }
    r->seat[seat] = i;
    r->taken |= (uint64_t)1 << seat;
    return m;
}

void table_drop_room(struct table *t, struct table_room *r)
{
    uint16_t i = (uint16_t)(r - t->room), *at = &t->room_bucket[bucket(r->id, 0)];
    while (*at != i)
        at = &t->room[*at].next;
    *at = r->next;
    memset(r, 0, sizeof *r);
    r->next = t->room_free;
    t->room_free = i;
    t->rooms--;
    t->rooms_version++;
}

void table_remove(struct table *t, struct table_member *m)
{
    struct table_room *r = &t->room[m->room];
    uint16_t i = (uint16_t)(m - t->member), *at = &t->member_bucket[bucket(m->room_id, m->sender)];
    while (*at != i)
        at = &t->member[*at].next;
    *at = m->next;
    uint64_t bit = (uint64_t)1 << m->seat;
    r->taken &= ~bit;
    r->live &= ~bit;
    r->lossy &= ~bit;
    r->seat[m->seat] = TABLE_NONE;
    for (unsigned s = 0; s < WIRE_ROOM_MEMBERS_MAX; s++) {
        if (!(r->taken >> s & 1))
            continue;
        struct table_member *other = &t->member[r->seat[s]];
        memset(&other->want[m->seat], 0, sizeof other->want[m->seat]);
        for (unsigned k = 0; k < TABLE_SLOTS; k++)
            other->slot[k].receivers &= ~bit;
        for (unsigned k = 0; k < TABLE_VIDEO_SLOTS; k++) {
            other->layer[k].waiting &= ~bit;
            other->layer[k].leaving &= ~bit;
        }
    }
    if (!r->taken)
        table_drop_room(t, r);
    memset(m, 0, sizeof *m); // the keys go with it
    m->next = t->member_free;
    t->member_free = i;
    t->members--;
}

void table_make_void(struct table *t, uint64_t join_id)
{
    t->gone[t->gone_at++ % TABLE_VOID] = join_id;
}

bool table_is_void(const struct table *t, uint64_t join_id)
{
    for (unsigned i = 0; i < TABLE_VOID; i++)
        if (t->gone[i] == join_id && join_id)
            return true;
    return false;
}

int table_slot_index(uint8_t slot)
{
    unsigned stream = wire_stream(slot);
    if (stream == WIRE_STREAM_META)
        return (TABLE_SLOTS / 16 - 1) * 16 + (slot & 15);
    return stream < ARRAY_LEN(streams) - 1 ? (int)slot : -1; // the others are numbered from 0
}

uint8_t table_slot_of(int index)
{
    return (uint8_t)(streams[index / 16] << 4 | index % 16);
}
