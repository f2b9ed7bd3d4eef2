// Libraries of films in the room: their lists, what plays, and what a person here wants of them.
#include "app_parts.h"

#include "library/films.h"
#include "shared/clock.h"
#include "ui/words.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };

static uint16_t self_id(struct app *a)
{
    const struct call_member *self = call_self(&a->call);
    return self ? self->id : 0;
}

bool app_films_create(struct app *a)
{
    a->films = films_create();
    a->call.films = a->films;
    return true;
}

void app_films_destroy(struct app *a)
{
    a->call.films = NULL;
    films_destroy(a->films);
}

// ---- asking ----

static bool tell(struct app *a, uint16_t member, const char *text, bool person)
{
    bool *owes = films_owes(a->films, member);
    if (owes && person)
        *owes = true;
    struct command *c = command_new(COMMAND_TELL);
    c->member = member;
    c->text = base_strdup(text);
    return app_send(a, c);
}

static const char *ask(struct app *a, uint16_t member, struct film_message *m)
{
    char *text = film_protocol_write(m);
    bool sent = tell(a, member, text, true);
    free(text);
    return sent ? NULL : "too many commands wait";
}

// ---- what is told ----

static void event(struct app *a, const char *name, const struct films_playing *p)
{
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:i,s:s,s:i,s:b}", "event", name, "id", (int)p->member, "title",
                                    p->about.title, "by", (int)p->about.by, "private", p->about.only != 0));
}

static void said(struct app *a, const char *format, const char *title)
{
    char words[2 * FILM_TITLE_MAX + 64];
    snprintf(words, sizeof words, format, title);
    if (a->ui)
        ui_toast(a->ui, "film", "film", words);
}

static const char *words_of(enum film_error error)
{
    switch (error) {
    case FILM_ERROR_UNKNOWN:
        return WORD_FILM_GONE;
    case FILM_ERROR_BROKEN:
        return WORD_FILM_BROKEN;
    case FILM_ERROR_FULL:
        return WORD_FILM_FULL;
    case FILM_ERROR_ROOM:
        return WORD_FILM_ROOM;
    case FILM_ERROR_NOT_YOURS:
        return WORD_FILM_NOT_YOURS;
    default:
        return WORD_FILM_NOT_IN;
    }
}

bool app_films_told(struct app *a, const struct notice *n)
{
    static struct film_message m; // main thread
    bool *owes = films_owes(a->films, n->member);
    if (!owes || !film_protocol_read(&m, n->text, strlen(n->text)))
        return false;
    if (m.what == FILM_PAGE)
        films_take(a->films, n->member, &m);
    if (m.what != FILM_ERROR || !*owes)
        return true;
    *owes = false;
    if (a->ui)
        ui_toast(a->ui, "film", "film", words_of(m.error));
    app_sounds_not_possible(a);
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:i,s:I,s:s}", "event", "film-error", "id", (int)n->member, "film",
                                    (json_int_t)m.film, "why", film_protocol_error_name(m.error)));
    return true;
}

static void ended(struct app *a, struct films_playing *p)
{
    if (p->started && !p->ended)
        event(a, "film-ended", p);
    p->ended = true;
}

// What has begun and ended since the last look.
static void follow_playing(struct app *a)
{
    uint16_t self = self_id(a);
    for (size_t i = 0; i < a->films->playing_count; i++) {
        struct films_playing *p = &a->films->playing[i];
        if (!films_for_us(p, self))
            continue;
        if (!p->started) {
            event(a, "film-started", p);
            said(a, p->about.only ? WORD_FILM_FOR_YOU : WORD_FILM_FOR_ALL, p->about.title);
        }
        p->started = true;
        if (p->about.ended)
            ended(a, p);
    }
}

bool app_films_says(struct app *a, const struct call_member *m)
{
    struct film_about about;
    if (m->kind != CALL_KIND_FILM || !film_protocol_read_about(&about, m->about))
        return false;
    return !about.only || about.only == self_id(a);
}

void app_films_left(struct app *a, uint16_t member)
{
    struct films_playing *p = films_playing(a->films, member);
    if (p && films_for_us(p, self_id(a)))
        ended(a, p);
}

uint64_t app_films_tick(struct app *a, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    uint16_t member;
    char *text;
    films_follow(a->films, &a->call, now_us);
    follow_playing(a);
    while ((text = films_question(a->films, now_us, &member, &next))) {
        tell(a, member, text, false);
        free(text);
    }
    return next;
}

void app_films_view(struct app *a, struct command_view *x)
{
    const struct call_member *m = call_member_by_id(&a->call, x->member);
    const struct films_playing *p = films_playing_of(a->films, x->member);
    x->only = p ? p->only : 0;
    x->none = m && films_hides(a->films, m, self_id(a));
}

// ---- what a person wants ----

// 0, 1, 2, or -1: as the network allows.
static const char *choose(struct app *a, uint16_t member, int quality)
{
    struct films_playing *p = films_playing(a->films, member);
    if (!p)
        return "no such film plays";
    if (quality < -1 || quality >= (int)films_layers(p))
        return "the film has no such quality";
    p->only = (uint8_t)(quality + 1);
    return NULL;
}

void app_films_action(struct app *a, enum ui_action action, uint32_t id, const char *text)
{
    if (action == UI_FILM)
        tell(a, (uint16_t)id, text, true);
    else
        choose(a, (uint16_t)id, (int)strtol(text, NULL, 10));
}

// ---- IPC ----

static json_t *film_json(const struct films_library *l, const struct film *f)
{
    static const char *const ways[] = {"missing", "direct", "made", "bad"};
    json_t *has = json_array(), *missing = json_array();
    for (unsigned i = 0; i < FILM_QUALITIES; i++) {
        const struct film_quality *q = &f->quality[i];
        char name[16];
        film_quality_name(f, i, name);
        if (q->way != FILM_MISSING)
            json_array_append_new(has, json_pack("{s:s,s:s,s:s,s:i,s:i,s:I,s:b}", "name", name, "way", ways[q->way],
                                                 "why", film_why_name(q->why), "width", (int)q->width, "height",
                                                 (int)q->height, "ms", (json_int_t)q->ms, "sound", q->sound));
        else if (!f->single)
            json_array_append_new(missing, json_string(name));
    }
    return json_pack("{s:i,s:I,s:s,s:I,s:b,s:o,s:o}", "library", (int)l->member, "id", (json_int_t)f->id, "title",
                     f->title, "ms", (json_int_t)f->ms, "playable", film_playable(f), "qualities", has, "missing",
                     missing);
}

static json_t *list_json(struct app *a, uint16_t library)
{
    json_t *list = json_array();
    for (size_t i = 0; i < FILMS_LIBRARIES; i++) {
        const struct films_library *l = &a->films->library[i];
        for (size_t k = 0; l->member && (!library || l->member == library) && k < l->count; k++)
            json_array_append_new(list, film_json(l, &l->film[k]));
    }
    return list;
}

static json_t *playing_json(struct app *a)
{
    json_t *list = json_array();
    uint64_t now = clock_now_us();
    for (size_t i = 0; i < a->films->playing_count; i++) {
        const struct films_playing *p = &a->films->playing[i];
        json_t *has = json_array();
        if (!films_for_us(p, self_id(a)))
            continue;
        for (unsigned k = 0; k < films_layers(p); k++)
            json_array_append_new(has, json_string(p->about.has[k]));
        json_array_append_new(list, json_pack("{s:i,s:s,s:i,s:b,s:I,s:I,s:b,s:b,s:i,s:o}", "member", (int)p->member,
                                              "title", p->about.title, "by", (int)p->about.by, "private",
                                              p->about.only != 0, "ms", (json_int_t)films_position_ms(p, now), "of",
                                              (json_int_t)p->about.of, "paused", p->about.paused, "ended",
                                              p->about.ended, "quality", (int)p->only - 1, "has", has));
    }
    return list;
}

static uint16_t member_at(const json_t *args, size_t index)
{
    json_int_t id = json_integer_value(json_array_get(args, index));
    return id > 0 && id <= UINT16_MAX ? (uint16_t)id : 0;
}

// play FILM me|room [LIBRARY]: FILM is an id, or a title.
static const char *play(struct app *a, const json_t *args)
{
    const char *title = json_string_value(json_array_get(args, 1)), *whom = json_string_value(json_array_get(args, 2));
    const struct films_library *l = films_library(a->films, member_at(args, 3));
    uint32_t id = (uint32_t)json_integer_value(json_array_get(args, 1));
    if (!l)
        return "there is no such library here";
    if (!whom || (strcmp(whom, "me") != 0 && strcmp(whom, "room") != 0))
        return "this command needs \"me\" or \"room\"";
    for (size_t i = 0; title && i < l->count; i++)
        if (strcmp(l->film[i].title, title) == 0)
            id = l->film[i].id;
    if (!films_find(l, id))
        return "there is no such film";
    struct film_message *m = base_alloc(sizeof *m);
    m->what = FILM_PLAY;
    m->film = id;
    m->room = strcmp(whom, "room") == 0;
    const char *error = ask(a, l->member, m);
    free(m);
    return error;
}

// film pause|resume|stop [MEMBER] | film seek MS [MEMBER] | film quality 0|1|2|-1 [MEMBER]
static const char *control(struct app *a, const json_t *args)
{
    const char *what = json_string_value(json_array_get(args, 1));
    bool seek = what && !strcmp(what, "seek"), quality = what && !strcmp(what, "quality");
    const json_t *number = json_array_get(args, 2);
    uint16_t member = member_at(args, seek || quality ? 3 : 2);
    for (size_t i = 0; !member && i < a->films->playing_count; i++)
        if (films_for_us(&a->films->playing[i], self_id(a)))
            member = a->films->playing[i].member;
    if (!films_playing(a->films, member))
        return "no such film plays";
    if ((seek || quality) && !json_is_integer(number))
        return "this command needs a number";
    if (quality)
        return choose(a, member, (int)CLAMP(json_integer_value(number), -2, FILM_QUALITIES));
    struct film_message *m = base_alloc(sizeof *m);
    m->what = seek                                  ? FILM_SEEK
              : what && strcmp(what, "pause") == 0  ? FILM_PAUSE
              : what && strcmp(what, "resume") == 0 ? FILM_RESUME
              : what && strcmp(what, "stop") == 0   ? FILM_STOP
                                                    : FILM_LIST;
    m->ms = seek ? (uint64_t)CLAMP(json_integer_value(number), 0, DAY_MS) : 0;
    const char *error = m->what == FILM_LIST ? "no such command" : ask(a, member, m);
    free(m);
    return error;
}

bool app_films_ipc(void *ctx, const char *name, const json_t *args, json_t **data, const char **error)
{
    struct app *a = ctx;
    if (!strcmp(name, "films"))
        *data = list_json(a, member_at(args, 1));
    else if (!strcmp(name, "playing"))
        *data = playing_json(a);
    else if (!strcmp(name, "play"))
        *error = play(a, args);
    else if (!strcmp(name, "film"))
        *error = control(a, args);
    else
        return false;
    return true;
}
