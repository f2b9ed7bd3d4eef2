// Pictures of films: what a library has, what plays, for all and for one alone, beside people and screens.
#include "gallery.h"

#include "client/library/films.h"
#include "shared/base.h"

#include <stdio.h>
#include <string.h>

static struct films films;

static struct film *film_of(struct films_library *l, const char *title, uint64_t minutes)
{
    struct film *f = &l->film[l->count++];
    *f = (struct film){.id = (uint32_t)l->count, .ms = minutes * 60000};
    snprintf(f->title, sizeof f->title, "%s", title);
    return f;
}

static void has(struct film *f, unsigned quality, enum film_way way, enum film_why why)
{
    unsigned lines = film_lines(quality);
    f->quality[quality] = (struct film_quality){
        .way = way, .why = why, .width = lines * 16 / 9, .height = lines, .ms = f->ms, .sound = true};
}

static void fill(struct films_library *l)
{
    struct film *f = film_of(l, "Summer house", 94);
    for (unsigned i = 0; i < FILM_QUALITIES; i++)
        has(f, i, FILM_DIRECT, FILM_WHY_NONE);
    f = film_of(l, "Concert, whole evening", 171);
    has(f, 0, FILM_DIRECT, FILM_WHY_NONE);
    has(f, 1, FILM_MADE, FILM_WHY_KEYFRAMES);
    f = film_of(l, "Reception, report of the long winter meeting, second version", 12);
    has(f, 1, FILM_DIRECT, FILM_WHY_NONE);
    f = film_of(l, "Garden plan", 3);
    f->single = true;
    has(f, 0, FILM_MADE, FILM_WHY_CODEC);
    f = film_of(l, "Winter", 0);
    has(f, 0, FILM_BAD, FILM_WHY_UNREADABLE);
    film_of(l, "山の写真", 48);
    has(&l->film[5], 0, FILM_DIRECT, FILM_WHY_NONE);
    has(&l->film[5], 1, FILM_DIRECT, FILM_WHY_NONE);
    has(&l->film[5], 2, FILM_BAD, FILM_WHY_NO_PICTURE);
    f = film_of(l, "דוח שנתי 2026", 7);
    has(f, 1, FILM_MADE, FILM_WHY_LARGE);
}

static void tell(struct gallery *g, const char *title, uint64_t ms, bool paused, bool ended)
{
    struct films_playing *p = &films.playing[0];
    p->about = (struct film_about){.by = 1, .ms = ms, .of = 94 * 60000, .paused = paused, .ended = ended};
    snprintf(p->about.title, sizeof p->about.title, "%s", title);
    for (unsigned i = 0; i < FILM_QUALITIES; i++)
        snprintf(p->about.has[i], sizeof p->about.has[i], "%up", film_lines(i));
    snprintf(p->text, sizeof p->text, "%s %d", title, (int)ms + paused + 2 * ended);
    p->at_us = gallery_now_us();
    g->call.films = &films;
}

// A room of `count` with me, the first of whom is a film.
static void plays(struct gallery *g, size_t count, const char *title)
{
    people(&g->call, count);
    g->call.members[0].kind = CALL_KIND_FILM;
    g->call.members[0].trust = CALL_TRUST_NEW;
    g->call.members[1].screen = false;
    snprintf(g->call.members[0].name, sizeof g->call.members[0].name, "%s", title);
    films.playing[0] = (struct films_playing){.member = 1, .join_id = 100, .readable = true};
    films.playing_count = 1;
    tell(g, title, 1234000, false, false);
}

static void lists(struct gallery *g)
{
    people(&g->call, 3);
    films.playing_count = 0;
    films.library[0] = (struct films_library){.member = 9};
    g->call.films = &films;
    settle(g, 1300);
    KEYS(g, "l");
    take(g, "films-loading");
    films.library[0].complete = true;
    take(g, "films-none");
    fill(&films.library[0]);
    take(g, "films");
    KEYS(g, "Down", "Right");
    take(g, "films-made");
    KEYS(g, "Down", "Down", "Down");
    take(g, "films-bad");
    KEYS(g, "Down", "Down");
    take(g, "films-end");
    KEYS(g, "Escape");
    settle(g, 1300);
}

static void playing(struct gallery *g)
{
    plays(g, 2, "Summer house");
    take(g, "film-alone");
    settle(g, 6000);
    take(g, "film-quiet");
    KEYS(g, "Right", "Up");
    take(g, "film-keys");
    KEYS(g, "l", "Right");
    take(g, "films-playing");
    KEYS(g, "Escape", "Escape");
    settle(g, 1300);
    plays(g, 5, "Reception, report of the long winter meeting, second version");
    take(g, "film-room");
    tell(g, "Summer house", 1300000, true, false);
    KEYS(g, "Right", "Up");
    take(g, "film-paused");
    KEYS(g, "Escape");
    tell(g, "Summer house", 94 * 60000, false, true);
    KEYS(g, "Right", "Up");
    take(g, "film-ended");
    KEYS(g, "Escape");
    settle(g, 6000);
    g->call.members[1].screen = true;
    take(g, "film-screen");
    g->call.members[1].screen = false;
    KEYS(g, "w");
    take(g, "film-small");
    KEYS(g, "w", "c");
    take(g, "film-chat");
    KEYS(g, "Escape");
}

void gallery_films(struct gallery *g)
{
    films = (struct films){.playing_count = 0};
    g->call.loudness = 100;
    g->call.microphone_on = g->call.camera_on = g->call.relay_reached = true;
    lists(g);
    playing(g);
    g->call.films = NULL;
    people(&g->call, 2);
    settle(g, 1300);
}
