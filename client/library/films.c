#include "films.h"

#include "shared/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AGAIN_US = 3000000 };

struct films *films_create(void)
{
    return base_alloc(sizeof(struct films));
}

void films_destroy(struct films *f)
{
    free(f);
}

// ---- who is here ----

static const struct call_member *here(const struct call *call, enum call_kind kind, uint16_t id, uint64_t join_id)
{
    for (size_t i = 0; i < call->member_count; i++) {
        const struct call_member *m = &call->members[i];
        if (!m->self && m->kind == kind && m->id == id && m->join_id == join_id && call_trust_good(m->trust))
            return m;
    }
    return NULL;
}

static void begin_list(struct films_library *l, const struct call_member *m)
{
    l->member = m->id;
    l->join_id = m->join_id;
    snprintf(l->about, sizeof l->about, "%s", m->about);
    l->complete = false;
    l->asked_us = 0;
    l->anew = true;
}

static void follow_library(struct films *f, const struct call_member *m)
{
    struct films_library *empty = NULL;
    for (size_t i = 0; i < FILMS_LIBRARIES; i++) {
        struct films_library *l = &f->library[i];
        if (l->member == m->id) {
            if (l->join_id != m->join_id) {
                l->count = 0;
                l->owes = false;
            }
            if (l->join_id != m->join_id || strcmp(l->about, m->about) != 0)
                begin_list(l, m);
            return;
        }
        empty = l->member || empty ? empty : l;
    }
    if (!empty)
        return;
    empty->count = 0;
    empty->owes = false;
    begin_list(empty, m);
}

static void follow_film(struct films *f, const struct call_member *m, uint64_t now_us)
{
    struct films_playing *p = films_playing(f, m->id);
    if (!p) {
        if (f->playing_count == ARRAY_LEN(f->playing))
            return;
        p = &f->playing[f->playing_count++];
        *p = (struct films_playing){.member = m->id, .join_id = m->join_id};
    } else if (strcmp(p->text, m->about) == 0) {
        return;
    }
    snprintf(p->text, sizeof p->text, "%s", m->about);
    p->readable = film_protocol_read_about(&p->about, m->about);
    p->at_us = now_us;
}

void films_follow(struct films *f, const struct call *call, uint64_t now_us)
{
    for (size_t i = 0; i < FILMS_LIBRARIES; i++)
        if (!here(call, CALL_KIND_LIBRARY, f->library[i].member, f->library[i].join_id))
            f->library[i].member = 0;
    for (size_t i = f->playing_count; i-- > 0;)
        if (!here(call, CALL_KIND_FILM, f->playing[i].member, f->playing[i].join_id))
            f->playing[i] = f->playing[--f->playing_count];
    for (size_t i = 0; i < call->member_count; i++) {
        const struct call_member *m = &call->members[i];
        if (m->self || !call_trust_good(m->trust))
            continue;
        if (m->kind == CALL_KIND_LIBRARY)
            follow_library(f, m);
        else if (m->kind == CALL_KIND_FILM)
            follow_film(f, m, now_us);
    }
}

// ---- lists ----

char *films_question(struct films *f, uint64_t now_us, uint16_t *member, uint64_t *next_us)
{
    for (size_t i = 0; i < FILMS_LIBRARIES; i++) {
        struct films_library *l = &f->library[i];
        if (!l->member || l->complete)
            continue;
        if (l->asked_us && now_us - l->asked_us < AGAIN_US) {
            *next_us = base_sooner(*next_us, l->asked_us + AGAIN_US);
            continue;
        }
        struct film_message *m = base_alloc(sizeof *m);
        m->what = FILM_LIST;
        m->from = l->anew ? 0 : (uint32_t)l->count;
        char *text = film_protocol_write(m);
        free(m);
        l->asked_us = now_us;
        *member = l->member;
        return text;
    }
    return NULL;
}

// Parts come in order: each is asked for with what is known before.
void films_take(struct films *f, uint16_t member, const struct film_message *m)
{
    struct films_library *l = (struct films_library *)films_library(f, member);
    if (!l || !member || l->complete || m->what != FILM_PAGE || m->from != (l->anew ? 0 : l->count))
        return;
    l->count = l->anew ? 0 : l->count;
    l->anew = false;
    for (size_t i = 0; i < m->count && l->count < FILM_FILMS_MAX; i++)
        l->film[l->count++] = m->films[i];
    l->complete = l->count >= m->total || !m->count;
    l->asked_us = 0;
}

const struct films_library *films_library(const struct films *f, uint16_t member)
{
    for (size_t i = 0; i < FILMS_LIBRARIES; i++)
        if (f->library[i].member && (!member || f->library[i].member == member))
            return &f->library[i];
    return NULL;
}

const struct film *films_find(const struct films_library *l, uint32_t id)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->film[i].id == id)
            return &l->film[i];
    return NULL;
}

// ---- what plays ----

const struct films_playing *films_playing_of(const struct films *f, uint16_t member)
{
    for (size_t i = 0; i < f->playing_count; i++)
        if (f->playing[i].member == member)
            return &f->playing[i];
    return NULL;
}

struct films_playing *films_playing(struct films *f, uint16_t member)
{
    return (struct films_playing *)films_playing_of(f, member);
}

bool *films_owes(struct films *f, uint16_t member)
{
    struct films_library *l = member ? (struct films_library *)films_library(f, member) : NULL;
    struct films_playing *p = films_playing(f, member);
    return l ? &l->owes : p ? &p->owes : NULL;
}

bool films_for_us(const struct films_playing *p, uint16_t self)
{
    return p->readable && (!p->about.only || p->about.only == self);
}

uint64_t films_position_ms(const struct films_playing *p, uint64_t now_us)
{
    uint64_t since = p->about.paused || p->about.ended || now_us < p->at_us ? 0 : (now_us - p->at_us) / 1000;
    return MIN(p->about.ms + since, p->about.of);
}

unsigned films_layers(const struct films_playing *p)
{
    unsigned n = 0;
    while (n < FILM_QUALITIES && p->about.has[n][0])
        n++;
    return n;
}

bool films_hides(const struct films *f, const struct call_member *m, uint16_t self)
{
    const struct films_playing *p = f && m->kind == CALL_KIND_FILM ? films_playing_of(f, m->id) : NULL;
    return m->kind == CALL_KIND_LIBRARY || (m->kind == CALL_KIND_FILM && !(p && films_for_us(p, self)));
}
