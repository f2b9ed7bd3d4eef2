// What has arrived of whom.
#include "world.h"

uint64_t world_heard(const struct world *w, unsigned index, unsigned from)
{
    const struct world_person *p = &w->people[index];
    for (unsigned i = 0; i < ARRAY_LEN(p->heard); i++)
        if (p->heard_id[i] && p->heard_id[i] == w->people[from].session.self)
            return p->heard[i];
    return 0;
}

uint64_t world_seen(const struct world *w, unsigned index, unsigned from)
{
    const struct world_person *p = &w->people[index];
    for (unsigned i = 0; i < ARRAY_LEN(p->seen); i++)
        if (p->heard_id[i] && p->heard_id[i] == w->people[from].session.self)
            return p->seen[i];
    return 0;
}

unsigned world_gap_ms(struct world *w, unsigned index, unsigned from)
{
    struct world_person *p = &w->people[index];
    for (unsigned i = 0; i < ARRAY_LEN(p->seen); i++)
        if (p->heard_id[i] && p->heard_id[i] == w->people[from].session.self) {
            uint64_t us = MAX(p->gap_us[i], w->now_us - p->seen_us[i]);
            p->gap_us[i] = 0;
            return (unsigned)(us / 1000);
        }
    return 0;
}

void world_played(const struct world *w, unsigned index, unsigned from, uint64_t *played, uint64_t *concealed)
{
    const struct world_person *p = &w->people[index];
    *played = *concealed = 0;
    for (unsigned i = 0; i < ARRAY_LEN(p->ears); i++)
        if (p->heard_id[i] && p->heard_id[i] == w->people[from].session.self) {
            *played = p->ears[i].jitter.figures.played;
            *concealed = p->ears[i].jitter.figures.concealed;
        }
}
