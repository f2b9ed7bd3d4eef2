#include "announcements.h"

#include "words.h"

#include <stdio.h>

enum { CROWD_US = 4000000 }; // as long as such a notice stays

static void say(struct announcement *out, const char *icon, const char *kind, const char *text)
{
    out->icon = icon;
    out->kind = kind;
    snprintf(out->text, sizeof out->text, "%s", text);
}

// `format` has one %s.
static void say_of(struct announcement *out, const char *icon, const char *kind, const char *format, const char *name)
{
    out->icon = icon;
    out->kind = kind;
    snprintf(out->text, sizeof out->text, format, name);
}

static unsigned count(struct announcements_crowd *crowd, uint64_t now_us)
{
    if (crowd->count == 0 || now_us - crowd->last_us >= CROWD_US)
        crowd->count = 0;
    crowd->last_us = now_us;
    return ++crowd->count;
}

void announcements_joined(struct announcements_crowd *crowd, const char *name, uint64_t now_us,
                          struct announcement *out)
{
    unsigned n = count(crowd, now_us);
    say_of(out, "people", "people", WORD_JOINED_ROOM, name);
    if (n > 1)
        snprintf(out->text, sizeof out->text, WORD_MANY_JOINED(n), n);
}

void announcements_came(const char *name, struct announcement *out)
{
    say_of(out, "film", "came", WORD_JOINED_ROOM, name);
}

void announcements_left(struct announcements_crowd *crowd, const char *name, uint64_t now_us, struct announcement *out)
{
    unsigned n = count(crowd, now_us);
    say_of(out, "leave", "people", WORD_LEFT_ROOM, name);
    if (n > 1)
        snprintf(out->text, sizeof out->text, WORD_MANY_LEFT(n), n);
}

void announcements_removed(const char *name, struct announcement *out)
{
    say_of(out, "leave", "people", WORD_HAS_REMOVED, name);
}

void announcements_screen(const char *name, struct announcement *out)
{
    say_of(out, "share", "screen", WORD_SHOWS_SCREEN, name);
}

void announcements_hand(const char *name, struct announcement *out)
{
    say_of(out, "hand", "hand", WORD_HAS_RAISED, name);
}

void announcements_recording(const char *name, bool on, struct announcement *out)
{
    say_of(out, "record", "record", on ? WORD_RECORDS : WORD_RECORDS_NO_MORE, name);
}

// Who is host now is more than who is no longer: of several the last word stays on the screen.
static size_t hosts(const struct call *call, const struct notice *state, struct announcement *out)
{
    const struct call_member *named = NULL, *lost = NULL;
    for (size_t i = 0; i < call->member_count; i++) {
        const struct call_member *m = &call->members[i];
        bool host = false;
        for (size_t k = 0; k < state->host_count; k++)
            host |= state->hosts[k] == m->id;
        if (host && !m->host && (m->self || m->known) && !(named && named->self))
            named = m;
        if (!host && m->host && !(lost && lost->self))
            lost = m;
    }
    const struct call_member *m = named ? named : lost;
    if (lost && lost->self && !(named && named->self))
        m = lost;
    if (!m)
        return 0;
    if (m->self)
        say(out, "star", "host", m == named ? WORD_YOU_HOST : WORD_YOU_GUEST);
    else
        say_of(out, "star", "host", m == named ? WORD_HOST_NOW : WORD_GUEST_NOW, m->name);
    return 1;
}

size_t announcements_state(const struct call *call, const struct notice *state,
                           struct announcement out[ANNOUNCEMENTS_MAX])
{
    size_t n = 0;
    if (!call->state_told)
        return 0;
    if (call->lobby != state->lobby)
        say(&out[n++], "door", "door", state->lobby ? WORD_DOOR_WAITS : WORD_DOOR_OPEN);
    if (call->locked != state->locked)
        say(&out[n++], "lock", "lock", state->locked ? WORD_ROOM_LOCKED : WORD_ROOM_OPEN);
    return n + hosts(call, state, &out[n]);
}
