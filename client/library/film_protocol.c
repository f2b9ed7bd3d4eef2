#include "film_protocol.h"

#include "shared/base.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS_MAX = 24 * 3600 * 1000, SIDE_MAX = 16384 };

static const char *const NAMES[FILM_DO_COUNT] = {"film-list",   "film-info",    "film-play", "film-pause",
                                                 "film-resume", "film-seek",    "film-stop", "film-page",
                                                 "film-facts",  "film-started", "film-error"};
static const char *const ERRORS[FILM_ERROR_COUNT] = {"", "unknown", "broken", "full", "room", "not-yours", "not-in"};
static const char *const WAYS[] = {"missing", "direct", "made", "bad"}; // enum film_way

const char *film_protocol_error_name(enum film_error error)
{
    return (unsigned)error < FILM_ERROR_COUNT ? ERRORS[error] : "";
}

// ---- reading ----

// False: it is not there, or is no number from `least` to `most`.
static bool number(const json_t *o, const char *key, uint64_t least, uint64_t most, uint64_t *out)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_integer(v) || json_integer_value(v) < (json_int_t)least || json_integer_value(v) > (json_int_t)most)
        return false;
    *out = (uint64_t)json_integer_value(v);
    return true;
}

static bool flag(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

static bool string(const json_t *o, const char *key, char *out, size_t size)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_string(v) || json_string_length(v) >= size || strlen(json_string_value(v)) != json_string_length(v))
        return false;
    memcpy(out, json_string_value(v), json_string_length(v) + 1);
    return true;
}

// Which of `names`; `count` when it is none.
static unsigned one_of(const json_t *o, const char *key, const char *const *names, unsigned count)
{
    const char *text = json_string_value(json_object_get(o, key));
    unsigned i = 0;
    while (i < count && (!text || strcmp(text, names[i]) != 0))
        i++;
    return i;
}

static bool read_quality(struct film_quality *q, const json_t *o)
{
    uint64_t width, height, ms;
    enum film_why why = FILM_WHY_NONE;
    unsigned way = one_of(o, "way", WAYS, ARRAY_LEN(WAYS));
    const char *text = json_string_value(json_object_get(o, "why"));
    while (why < FILM_WHY_COUNT && strcmp(text ? text : "", film_why_name(why)) != 0)
        why++;
    if (way == ARRAY_LEN(WAYS) || why == FILM_WHY_COUNT || !number(o, "w", 0, SIDE_MAX, &width) ||
        !number(o, "h", 0, SIDE_MAX, &height) || !number(o, "ms", 0, MS_MAX, &ms))
        return false;
    *q = (struct film_quality){(enum film_way)way, why, (unsigned)width, (unsigned)height, ms, flag(o, "sound")};
    return true;
}

static bool read_film(struct film *f, const json_t *o)
{
    const json_t *list = json_object_get(o, "has"), *q;
    uint64_t id, at;
    size_t i;
    *f = (struct film){.single = flag(o, "single")};
    if (!number(o, "id", 1, INT32_MAX, &id) || !number(o, "ms", 0, MS_MAX, &f->ms) || !json_is_array(list) ||
        !string(o, "title", f->title, sizeof f->title))
        return false;
    f->id = (uint32_t)id;
    json_array_foreach(list, i, q)
    {
        if (!number(q, "q", 0, FILM_QUALITIES - 1, &at) || !read_quality(&f->quality[at], q))
            return false;
    }
    return true;
}

static bool read_films(struct film_message *m, const json_t *o)
{
    const json_t *list = json_object_get(o, "films"), *f;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) > FILM_PAGE_MAX)
        return false;
    json_array_foreach(list, i, f)
    {
        if (!read_film(&m->films[i], f))
            return false;
    }
    m->count = json_array_size(list);
    return true;
}

static bool read_part(struct film_message *m, const json_t *o)
{
    uint64_t v = 0, w = 0;
    switch (m->what) {
    case FILM_LIST:
        m->from = number(o, "from", 0, FILM_FILMS_MAX, &v) ? (uint32_t)v : 0;
        return true;
    case FILM_PLAY:
        m->room = one_of(o, "for", (const char *const[]){"me", "room"}, 2) == 1;
        return number(o, "film", 1, INT32_MAX, &v) && (m->film = (uint32_t)v) &&
               one_of(o, "for", (const char *const[]){"me", "room"}, 2) < 2;
    case FILM_INFO:
        return number(o, "film", 1, INT32_MAX, &v) && (m->film = (uint32_t)v);
    case FILM_SEEK:
        return number(o, "ms", 0, MS_MAX, &m->ms);
    case FILM_PAGE:
        if (!number(o, "from", 0, FILM_FILMS_MAX, &v) || !number(o, "total", 0, FILM_FILMS_MAX, &w))
            return false;
        m->from = (uint32_t)v;
        m->total = (uint32_t)w;
        return read_films(m, o) && m->from + m->count <= m->total;
    case FILM_FACTS:
        return read_films(m, o) && m->count == 1;
    case FILM_STARTED:
        if (!number(o, "film", 1, INT32_MAX, &v) || !number(o, "member", 1, UINT16_MAX, &w))
            return false;
        m->film = (uint32_t)v;
        m->member = (uint16_t)w;
        return true;
    case FILM_ERROR:
        m->film = number(o, "film", 1, INT32_MAX, &v) ? (uint32_t)v : 0;
        m->error = (enum film_error)one_of(o, "why", ERRORS, FILM_ERROR_COUNT);
        return m->error != FILM_ERROR_NONE && m->error != FILM_ERROR_COUNT;
    default:
        return true;
    }
}

bool film_protocol_read(struct film_message *out, const char *text, size_t size)
{
    json_t *o = size <= FILM_TEXT_MAX ? json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
    memset(out, 0, sizeof *out);
    unsigned what = one_of(o, "do", NAMES, FILM_DO_COUNT);
    out->what = (enum film_do)what;
    bool good = json_is_object(o) && what < FILM_DO_COUNT && read_part(out, o);
    json_decref(o);
    return good;
}

// ---- writing ----

static json_t *film_json(const struct film *f)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < FILM_QUALITIES; i++) {
        const struct film_quality *q = &f->quality[i];
        if (q->way == FILM_MISSING)
            continue;
        json_t *o = json_pack("{s:i,s:s,s:i,s:i,s:I}", "q", (int)i, "way", WAYS[q->way], "w", (int)q->width, "h",
                              (int)q->height, "ms", (json_int_t)q->ms);
        if (q->why != FILM_WHY_NONE)
            json_object_set_new(o, "why", json_string(film_why_name(q->why)));
        if (q->sound)
            json_object_set_new(o, "sound", json_true());
        json_array_append_new(list, o);
    }
    json_t *film = json_pack("{s:I,s:s,s:I,s:o}", "id", (json_int_t)f->id, "title", f->title, "ms", (json_int_t)f->ms,
                             "has", list);
    if (f->single)
        json_object_set_new(film, "single", json_true());
    return film;
}

static void put_parts(json_t *o, const struct film_message *m)
{
    if (m->what == FILM_LIST || m->what == FILM_PAGE)
        json_object_set_new(o, "from", json_integer(m->from));
    if (m->what == FILM_PAGE)
        json_object_set_new(o, "total", json_integer(m->total));
    if (m->film)
        json_object_set_new(o, "film", json_integer(m->film));
    if (m->what == FILM_PLAY)
        json_object_set_new(o, "for", json_string(m->room ? "room" : "me"));
    if (m->what == FILM_SEEK)
        json_object_set_new(o, "ms", json_integer((json_int_t)m->ms));
    if (m->what == FILM_STARTED)
        json_object_set_new(o, "member", json_integer(m->member));
    if (m->what == FILM_ERROR)
        json_object_set_new(o, "why", json_string(ERRORS[m->error]));
}

char *film_protocol_write(struct film_message *m)
{
    json_t *o = json_pack("{s:s}", "do", NAMES[m->what]), *list = json_array();
    put_parts(o, m);
    if (m->what == FILM_PAGE || m->what == FILM_FACTS) {
        json_object_set(o, "films", list);
        for (size_t i = 0; i < m->count; i++)
            json_array_append_new(list, film_json(&m->films[i]));
    }
    char *text;
    while ((text = json_dumps(o, JSON_COMPACT)) && strlen(text) > FILM_TEXT_MAX && m->count > 1) {
        free(text);
        json_array_remove(list, --m->count);
    }
    json_decref(list);
    json_decref(o);
    return text;
}

// ---- about ----

bool film_protocol_read_about(struct film_about *out, const char *text)
{
    json_t *o = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const json_t *has = json_object_get(o, "has"), *only = json_object_get(o, "for");
    uint64_t by = 0, ms = 0, of = 0;
    memset(out, 0, sizeof *out);
    bool good = string(o, "title", out->title, sizeof out->title) && number(o, "by", 0, UINT16_MAX, &by) &&
                number(o, "ms", 0, MS_MAX, &ms) && number(o, "of", 0, MS_MAX, &of);
    out->by = (uint16_t)by;
    out->ms = ms;
    out->of = of;
    out->paused = flag(o, "paused");
    out->ended = flag(o, "ended");
    json_int_t whom = json_integer_value(json_array_get(only, 0));
    if (only && (whom < 1 || whom > UINT16_MAX))
        good = false;
    out->only = good ? (uint16_t)whom : 0;
    for (size_t i = 0; i < MIN(json_array_size(has), (size_t)FILM_QUALITIES); i++) {
        const char *name = json_string_value(json_array_get(has, i));
        snprintf(out->has[i], sizeof out->has[i], "%s", name && strlen(name) < sizeof out->has[i] ? name : "?");
    }
    json_decref(o);
    return good;
}

char *film_protocol_write_about(const struct film_about *about)
{
    json_t *has = json_array();
    for (unsigned i = 0; i < FILM_QUALITIES && about->has[i][0]; i++)
        json_array_append_new(has, json_string(about->has[i]));
    json_t *o = json_pack("{s:s,s:i,s:I,s:I,s:b,s:b,s:o}", "title", about->title, "by", (int)about->by, "ms",
                          (json_int_t)about->ms, "of", (json_int_t)about->of, "paused", about->paused, "ended",
                          about->ended, "has", has);
    if (about->only)
        json_object_set_new(o, "for", json_pack("[i]", (int)about->only));
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    return text;
}
