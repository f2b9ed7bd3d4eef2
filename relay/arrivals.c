#include "arrivals.h"

#include <string.h>

bool arrivals_may(const struct arrivals *a, unsigned host)
{
    return a->by_host[host % GUARD_SOURCES] < WIRE_TCP_PER_SOURCE_MAX;
}

static unsigned whose_turn_to_go(const struct arrivals *a)
{
    unsigned worst = 0;
    for (unsigned i = 1; i < ARRIVALS_MAX; i++) {
        const struct arrival *x = &a->at[i], *w = &a->at[worst];
        unsigned many = a->by_host[x->host], most = a->by_host[w->host];
        if (many > most || (many == most && x->number < w->number))
            worst = i;
    }
    return worst;
}

unsigned arrivals_add(struct arrivals *a, unsigned host, void *owner, uint64_t now_us, void **evicted)
{
    unsigned place = 0;
    *evicted = NULL;
    if (a->count == ARRIVALS_MAX) {
        place = whose_turn_to_go(a);
        *evicted = a->at[place].owner;
        arrivals_remove(a, place);
    }
    while (a->at[place].owner)
        place++;
    host %= GUARD_SOURCES;
    a->at[place] = (struct arrival){.owner = owner, .host = host, .since_us = now_us, .number = ++a->number};
    a->by_host[host]++;
    a->count++;
    return place;
}

void arrivals_secured(struct arrivals *a, unsigned place, uint64_t now_us)
{
    if (place >= ARRIVALS_MAX || !a->at[place].owner || a->at[place].secured)
        return;
    a->at[place].secured = true;
    a->at[place].since_us = now_us;
}

void arrivals_remove(struct arrivals *a, unsigned place)
{
    if (place >= ARRIVALS_MAX || !a->at[place].owner)
        return;
    a->by_host[a->at[place].host]--;
    a->count--;
    memset(&a->at[place], 0, sizeof a->at[place]);
}

void *arrivals_expired(struct arrivals *a, uint64_t now_us)
{
    for (unsigned i = 0; a->count && i < ARRIVALS_MAX; i++) {
        const struct arrival *x = &a->at[i];
        uint64_t allowed = (x->secured ? WIRE_FIRST_MESSAGE_MS : WIRE_TLS_MS) * 1000ull;
        if (!x->owner || now_us - x->since_us <= allowed)
            continue;
        void *owner = x->owner;
        arrivals_remove(a, i);
        return owner;
    }
    return NULL;
}
