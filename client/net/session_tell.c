// What a member says of itself (state), and what its program says to those of others (tell): a camera where it can be
// asked for, a library what it has. Here it is only bounded; who reads it is main.
#include "session_parts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 6 };

static const char *const KINDS[] = {[CALL_KIND_CAMERA] = "camera",
                                    [CALL_KIND_LIBRARY] = "library",
                                    [CALL_KIND_FILM] = "film",
                                    [CALL_KIND_RECORDER] = "recorder"};

static enum call_kind kind_of(const json_t *o)
{
    const char *name = json_string_value(json_object_get(o, "kind-of"));
    for (enum call_kind k = CALL_KIND_CAMERA; name && k <= CALL_KIND_RECORDER; k++)
        if (strcmp(name, KINDS[k]) == 0)
            return k;
    return CALL_KIND_PERSON;
}

static bool is_shallow(json_t *o, unsigned depth)
{
    const char *key;
    json_t *value;
    size_t i;
    if (!depth)
        return false;
    json_object_foreach(o, key, value) if (!is_shallow(value, depth - 1)) return false;
    json_array_foreach(o, i, value) if (!is_shallow(value, depth - 1)) return false;
    return true;
}

// As text of at most `most` bytes; NULL when it is no object, or too much of one.
static char *object_text(json_t *o, size_t most)
{
    char *text = json_is_object(o) && is_shallow(o, DEPTH) ? json_dumps(o, JSON_COMPACT) : NULL;
    if (text && strlen(text) <= most)
        return text;
    free(text);
    return NULL;
}

// ---- state ----

void session_tell_state(struct session *s, uint16_t to)
{
    uint64_t n;
    json_t *o =
        json_pack("{s:s,s:b,s:b,s:b}", "kind", "state", "mic", s->microphone, "cam", s->camera, "hand", s->hand);
    if (o && s->kind != CALL_KIND_PERSON)
        json_object_set_new(o, "kind-of", json_string(KINDS[s->kind]));
    if (o && s->screen)
        json_object_set_new(o, "screen", json_true());
    if (o && s->recording)
        json_object_set_new(o, "rec", json_true());
    json_t *about = o && s->about ? json_loads(s->about, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (about)
        json_object_set_new(o, "about", about);
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    if (text)
        room_keys_send(&s->keys, to, text, &n);
    free(text);
    json_decref(o);
}

// One by one, under the pairwise keys: a member who has just come may not have the message key yet.
void session_tell_state_to_all(struct session *s)
{
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].used)
            session_tell_state(s, s->members[i].id);
}

void session_tell_change_state(struct session *s, struct command *c)
{
    s->microphone = c->microphone;
    for (unsigned i = 0; i < BUDGET_LAYERS && c->camera != s->camera; i++) // it may be another one
        s->sent[i].width = s->sent[i].height = 0;
    s->camera = c->camera;
    s->hand = c->hand;
    s->kind = c->kind;
    s->screen = c->screen;
    session_screen_show(s, c->screen);
    s->recording = c->recording;
    free(s->about);
    s->about = c->text;
    c->text = NULL;
    if (session_room_can_talk(s))
        session_tell_state_to_all(s);
}

void session_tell_take_state(struct session *s, struct session_member *m, const json_t *o)
{
    struct notice *n = session_roster_about(NOTICE_STATE, m);
    n->microphone = json_is_true(json_object_get(o, "mic"));
    n->camera = json_is_true(json_object_get(o, "cam"));
    n->hand = json_is_true(json_object_get(o, "hand"));
    n->kind = kind_of(o);
    n->screen = json_is_true(json_object_get(o, "screen"));
    n->recording = json_is_true(json_object_get(o, "rec"));
    n->text = object_text(json_object_get(o, "about"), CALL_ABOUT_MAX - 1);
    s->io.notice(s->io.ctx, n);
}

// ---- tell ----

void session_tell_say(struct session *s, const struct command *c)
{
    uint64_t n;
    json_t *said = json_loads(c->text, JSON_REJECT_DUPLICATES, NULL);
    json_t *o = said && session_room_can_talk(s) ? json_pack("{s:s,s:O}", "kind", "tell", "tell", said) : NULL;
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    if (text)
        room_keys_send(&s->keys, c->member, text, &n);
    free(text);
    json_decref(o);
    json_decref(said);
}

void session_tell_take(struct session *s, struct session_member *m, const json_t *o, bool alone)
{
    char *text = object_text(json_object_get(o, "tell"), CALL_TELL_MAX - 1);
    if (!text)
        return;
    struct notice *n = session_roster_about(NOTICE_TELL, m);
    n->text = text;
    n->alone = alone;
    s->io.notice(s->io.ctx, n);
}
