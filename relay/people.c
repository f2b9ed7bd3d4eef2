#include "people.h"

#include <stdio.h>
#include <string.h>

uint32_t people_find(const struct people *all, const uint8_t identity[32])
{
    for (uint32_t i = 0; i < all->touched; i++)
        if (all->person[i].used && memcmp(all->person[i].identity, identity, 32) == 0)
            return i;
    return PEOPLE_NOBODY;
}

static bool is_here(const struct people_person *p)
{
    return p->used && p->conn != PEOPLE_NOBODY;
}

static bool is_over(const struct people_person *p, uint64_t now_us)
{
    return !is_here(p) && now_us - p->left_us >= PEOPLE_KEPT_US;
}

bool people_taken(const struct people *all, const char *name, const uint8_t identity[32], uint64_t now_us)
{
    char label[LABEL_MAX];
    label_of(label, name);
    for (uint32_t i = 0; i < all->touched; i++) {
        const struct people_person *p = &all->person[i];
        if (p->used && !is_over(p, now_us) && label_same(p->label, label))
            return memcmp(p->identity, identity, 32) != 0;
    }
    return false;
}

// Nobody waits for him, and the others have been told that he is gone.
static bool is_away(const struct people_person *p)
{
    return p->used && !is_here(p) && !p->told;
}

// Of the source with most who are away the one who has been so longest, or PEOPLE_NOBODY.
static uint32_t least_missed(const struct people *all)
{
    uint16_t by_host[GUARD_SOURCES] = {0};
    uint32_t least = PEOPLE_NOBODY;
    for (uint32_t i = 0; i < PEOPLE_MAX; i++)
        if (is_away(&all->person[i]))
            by_host[all->person[i].host]++;
    for (uint32_t i = 0; i < PEOPLE_MAX; i++) {
        const struct people_person *p = &all->person[i], *l = &all->person[least == PEOPLE_NOBODY ? i : least];
        if (is_away(p) && (least == PEOPLE_NOBODY || by_host[p->host] > by_host[l->host] ||
                           (by_host[p->host] == by_host[l->host] && p->left_us < l->left_us)))
            least = i;
    }
    return least;
}

static uint32_t free_place(struct people *all)
{
    for (uint32_t i = 0; i < PEOPLE_MAX; i++) {
        const struct people_person *p = &all->person[i];
        if (i == all->touched)
            all->touched++;
        if (!p->used)
            return i;
    }
    uint32_t at = least_missed(all);
    if (at != PEOPLE_NOBODY)
        memset(&all->person[at], 0, sizeof all->person[at]);
    return at;
}

uint32_t people_register(struct people *all, const char *name, const uint8_t identity[32], uint32_t conn, unsigned host)
{
    uint32_t at = people_find(all, identity);
    if (at == PEOPLE_NOBODY)
        at = free_place(all);
    if (at == PEOPLE_NOBODY)
        return PEOPLE_NOBODY;
    struct people_person *p = &all->person[at];
    all->here += !is_here(p);
    p->used = p->news = true;
    p->conn = conn;
    p->host = (uint16_t)(host % GUARD_SOURCES);
    memcpy(p->identity, identity, sizeof p->identity);
    snprintf(p->name, sizeof p->name, "%s", name);
    label_of(p->label, name);
    return at;
}

void people_leave(struct people *all, uint32_t at, uint64_t now_us)
{
    struct people_person *p = &all->person[at];
    all->here -= is_here(p);
    p->conn = PEOPLE_NOBODY;
    p->list_until = 0;
    p->left_us = now_us;
}

void people_forget(struct people *all, uint64_t now_us)
{
    for (uint32_t i = 0; i < all->touched; i++) {
        struct people_person *p = &all->person[i];
        if (p->used && !p->told && is_over(p, now_us))
            memset(p, 0, sizeof *p);
    }
}

// ---- states ----

enum control_person_state people_state(const struct people *all, uint32_t at, bool in_room)
{
    const struct people_person *p = &all->person[at];
    if (!is_here(p))
        return CONTROL_PERSON_GONE;
    if (in_room || p->call)
        return CONTROL_PERSON_BUSY;
    return p->away ? CONTROL_PERSON_AWAY : CONTROL_PERSON_FREE;
}

size_t people_changed(struct people *all, uint32_t *next, uint32_t out[], size_t max, uint64_t now_us,
                      enum control_person_state (*state_of)(void *ctx, uint32_t at), void *ctx)
{
    size_t n = 0;
    for (uint32_t seen = 0; seen < all->touched && n < max; seen++) {
        uint32_t at = *next < all->touched ? *next : 0;
        struct people_person *p = &all->person[at];
        *next = at + 1;
        if (!p->used || (!is_here(p) && !p->told))
            continue;
        enum control_person_state now = state_of(ctx, at);
        if (now == p->told && !p->news)
            continue;
        // Everybody hears of him: who is now this and now that, many times a second, is told of more slowly.
        if (!guard_take(&p->tells, now_us, PEOPLE_TELL_S, 1, PEOPLE_TELL_S * PEOPLE_TELLS))
            continue;
        p->told = now == CONTROL_PERSON_GONE ? 0 : (uint8_t)now;
        p->news = false;
        out[n++] = at;
    }
    return n;
}

// ---- calls ----

struct people_call *people_call_of(struct people *all, uint32_t id)
{
    for (uint32_t i = 0; id && i < all->calls_touched; i++)
        if (all->call[i].id == id)
            return &all->call[i];
    return NULL;
}

struct people_call *people_ring(struct people *all, uint32_t from, uint32_t to, uint64_t now_us)
{
    for (uint32_t i = 0; i < PEOPLE_CALLS; i++) {
        struct people_call *c = &all->call[i];
        if (c->id)
            continue;
        all->calls_touched = MAX(all->calls_touched, i + 1);
        do
            all->last_call++;
        while (all->last_call == 0 || people_call_of(all, all->last_call));
        *c = (struct people_call){.id = all->last_call, .from = from, .to = to};
        c->until_us = now_us + WIRE_RING_MS * 1000ull;
        all->person[from].call = all->person[to].call = c->id;
        all->ringing++;
        all->calls++;
        return c;
    }
    return NULL;
}

void people_end_call(struct people *all, struct people_call *c)
{
    all->person[c->from].call = all->person[c->to].call = 0;
    memset(c, 0, sizeof *c);
    all->ringing--;
}

struct people_call *people_overdue(struct people *all, uint64_t now_us)
{
    for (uint32_t i = 0; i < all->calls_touched; i++)
        if (all->call[i].id && now_us >= all->call[i].until_us)
            return &all->call[i];
    return NULL;
}
