#include "people_list.h"

#include "shared/base.h"
#include "shared/label.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void people_list_init(struct people_list *l, const char *own_name)
{
    memset(l, 0, sizeof *l);
    l->entry = base_alloc(CALL_PEOPLE_MAX * sizeof *l->entry);
    label_of(l->self, own_name);
}

void people_list_destroy(struct people_list *l)
{
    free(l->entry);
    memset(l, 0, sizeof *l);
}

// FNV-1a of the label in small letters: only to pass over what is different quickly.
static uint32_t hash(const char *label)
{
    uint32_t h = 2166136261u;
    for (; *label; label++)
        h = (h ^ (uint32_t)tolower((unsigned char)*label)) * 16777619u;
    return h;
}

static struct people_entry *row(const struct people_list *l, const uint8_t identity[32])
{
    for (size_t i = 0; i < l->count; i++)
        if (memcmp(l->entry[i].identity, identity, 32) == 0)
            return &l->entry[i];
    return NULL;
}

struct people_entry *people_list_find(const struct people_list *l, const uint8_t identity[32])
{
    struct people_entry *e = row(l, identity);
    return e && e->listed ? e : NULL;
}

bool people_list_signed(const struct people_list *l, const uint8_t identity[32], const char *name,
                        const uint8_t key[32])
{
    const struct people_entry *e = row(l, identity);
    return e && strcmp(e->name, name) == 0 && memcmp(e->key, key, 32) == 0;
}

void people_list_begin(struct people_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        l->entry[i].listed = l->entry[i].shown = false;
    l->clashes_due = true;
}

static struct people_entry *place(struct people_list *l)
{
    if (l->count < CALL_PEOPLE_MAX)
        return &l->entry[l->count++];
    for (size_t i = 0; i < l->count; i++)
        if (!l->entry[i].listed && !l->entry[i].shown)
            return &l->entry[i];
    return NULL;
}

static bool differs(const struct people_entry *e, const struct call_person *p)
{
    return strcmp(e->name, p->name) != 0 || e->state != p->state || e->answers != p->answers || e->trust != p->trust;
}

bool people_list_put(struct people_list *l, const struct call_person *p, const uint8_t key[32])
{
    struct people_entry *e = row(l, p->identity);
    bool fresh = !e;
    if (fresh && !(e = place(l)))
        return false;
    if (fresh)
        memset(e, 0, sizeof *e);
    if (!e->order)
        e->order = ++l->order;
    l->clashes_due = l->clashes_due || fresh || !e->listed || e->trust != p->trust || strcmp(e->name, p->name) != 0;
    e->changed = e->changed || fresh || differs(e, p);
    e->listed = true;
    e->state = p->state;
    e->answers = p->answers;
    e->trust = p->trust;
    memcpy(e->name, p->name, sizeof e->name);
    memcpy(e->identity, p->identity, sizeof e->identity);
    memcpy(e->key, key, sizeof e->key);
    label_of(e->label, e->name);
    l->hash[e - l->entry] = hash(e->label);
    return true;
}

void people_list_trust(struct people_list *l, struct people_entry *e, enum call_trust trust)
{
    if (e->trust == trust)
        return;
    e->trust = trust;
    e->changed = l->clashes_due = true;
}

void people_list_remove(struct people_list *l, const uint8_t identity[32])
{
    struct people_entry *e = row(l, identity);
    if (!e)
        return;
    e->listed = false;
    e->order = 0; // who has gone comes back behind those who are here
    l->clashes_due = true;
}

// Under a name that stands here already, or under one's own, and nothing known speaks for it.
static bool looks_like_another(const struct people_list *l, const struct people_entry *e)
{
    if (e->trust != CALL_TRUST_NEW)
        return false; // seen for what it is
    if (label_same(e->label, l->self))
        return true;
    for (size_t i = 0; i < l->count; i++) {
        const struct people_entry *o = &l->entry[i];
        if (l->hash[i] == l->hash[e - l->entry] && o != e && o->listed && o->order < e->order &&
            call_trust_good(o->trust) && label_same(o->label, e->label))
            return true;
    }
    return false;
}

void people_list_settle(struct people_list *l, void (*tell)(void *ctx, const struct people_entry *e, bool gone),
                        void *ctx)
{
    for (size_t i = 0; i < l->count; i++) {
        struct people_entry *e = &l->entry[i];
        bool show = e->listed && (l->clashes_due ? !looks_like_another(l, e) : e->shown);
        if (!show && e->shown)
            tell(ctx, e, true);
        else if (show && (!e->shown || e->changed))
            tell(ctx, e, false);
        e->shown = show;
        e->changed = false;
    }
    l->clashes_due = false;
}
