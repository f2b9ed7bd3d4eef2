// What the cards say.
#include "ask_view.h"

#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "tile.h"
#include "trust_words.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

static void say(struct ask_card *card, const char *icon, const char *title, const char *second)
{
    card->icon = icon;
    snprintf(card->title, sizeof card->title, "%s", title);
    snprintf(card->second, sizeof card->second, "%s", second);
}

// `format` has one %s for the name.
static void say_of(struct ask_card *card, const char *icon, const char *format, const char *name, const char *second)
{
    char title[sizeof card->title];
    snprintf(title, sizeof title, format, name);
    say(card, icon, title, second);
}

static void say_person(struct ask_card *card, const struct call_member *m, const char *name)
{
    bool doubt = trust_words_doubt(m->trust);
    say(card, doubt ? "warn" : m->trust == CALL_TRUST_VERIFIED ? "shield" : "", name, trust_words_long(m->trust));
    card->warns = doubt;
    card->lively = !doubt;
    card->disc = tile_avatar_colour(m->identity);
    tile_initials(name, card->initials, sizeof card->initials);
}

static void say_self(struct ask_card *card, const struct call_member *m, const char *name)
{
    say(card, "", name, WORD_YOU);
    card->disc = tile_avatar_colour(m->identity);
    card->hand = m->hand;
    tile_initials(name, card->initials, sizeof card->initials);
}

// What the button with the focus does; the words on it say how things are.
static void say_room(struct ask_card *card, const struct ask *ask, const struct call *call)
{
    const char *second = "";
    char title[64];
    switch (ask->on) {
    case ASK_LOBBY:
        second = call->lobby ? WORD_LOBBY_ON_2 : WORD_LOBBY_OFF_2;
        break;
    case ASK_LOCK:
        second = call->locked ? WORD_LOCKED_2 : WORD_UNLOCKED_2;
        break;
    case ASK_MUTE_ALL:
        second = WORD_MUTE_ALL_2;
        break;
    case ASK_END:
        second = WORD_END_2;
        break;
    default:
        break;
    }
    snprintf(title, sizeof title, WORD_ROOM_TITLE, call->code, call->code + MIN(strlen(call->code), (size_t)3));
    say(card, call->locked ? "lock" : "room", title, second);
    card->lobby = call->lobby;
    card->locked = call->locked;
}

static void say_knock(struct ask_card *card, const struct ask *ask, const struct call *call)
{
    char name[CALL_NAME_MAX], more[64] = "", second[sizeof card->second];
    const struct call_knock *knock = &call->knocks[0];
    unsigned others = call->knock_count > 0 ? (unsigned)call->knock_count - 1 : 0;
    for (size_t i = 0; i < call->knock_count; i++)
        if (call->knocks[i].id == ask->id)
            knock = &call->knocks[i];
    trust_words_name(name, sizeof name, knock->name);
    trust_words_knock(second, sizeof second, knock);
    if (others > 0)
        snprintf(more, sizeof more, WORD_KNOCK_MORE(others), others);
    say_of(card, knock->trust == CALL_TRUST_CHANGED ? "warn" : "", WORD_KNOCK, name, "");
    snprintf(card->second, sizeof card->second, "%s%s", second, more);
    card->warns = knock->trust == CALL_TRUST_CHANGED;
    card->disc = THEME_ACCENT;
    tile_initials(name, card->initials, sizeof card->initials);
}

static void say_number(struct ask_card *card, const struct call *call, const char *name)
{
    say_of(card, "shield", WORD_SAME_NUMBER, name, WORD_SAME_NUMBER_2);
    card->lively = true;
    card->number_pt = 72;
    if (strlen(call->compare_number) == 6)
        snprintf(card->number, sizeof card->number, "%.3s %.3s", call->compare_number, call->compare_number + 3);
    else
        snprintf(card->number, sizeof card->number, "%s", call->compare_number);
}

static void say_safety(struct ask_card *card, const struct call *call)
{
    bool code = call->safety_code[0] != '\0', alone = call->member_count < 2;
    say(card, "shield",
        code    ? WORD_CODE_SAME
        : alone ? WORD_CODE_NONE
                : WORD_CODE_SOON,
        code    ? WORD_CODE_SAME_2
        : alone ? WORD_CODE_NONE_2
                : WORD_CODE_SOON_2);
    card->lively = true;
    card->quiet = code;
    card->number_pt = 48;
    snprintf(card->number, sizeof card->number, "%s", call->safety_code);
}

static void say_share(struct ask_card *card, const struct ask *ask, const struct call *call)
{
    const struct call_share *s = &call->share;
    char second[sizeof card->second];
    snprintf(second, sizeof second, ask->share ? WORD_SHARE_WINDOW : "%s",
             ask->share < s->count && ask->share ? s->choice[ask->share] : WORD_SHARE_ALL);
    say(card, "share", ask->share ? WORD_SHARE_ASK_WINDOW : WORD_SHARE_ASK, second);
    card->lively = card->refuses = true;
}

void ask_view_card(struct ask_card *card, const struct ask *ask, const struct call *call, bool focused)
{
    char name[CALL_NAME_MAX];
    const struct call_member *m = NULL;
    for (size_t i = 0; i < call->member_count; i++)
        if (call->members[i].id == ask->id && (ask->join_id == 0 || call->members[i].join_id == ask->join_id))
            m = &call->members[i];
    trust_words_name(name, sizeof name, m ? m->name : "");
    *card = (struct ask_card){.icon = "", .focus = ask->focus, .focused = focused};
    card->button_count = ask_buttons(ask, call, card->button);
    switch (ask->kind) {
    case ASK_NONE:
        break;
    case ASK_LISTENING:
        say(card, "warn", WORD_LISTENING, WORD_LISTENING_2);
        card->warns = true;
        break;
    case ASK_WAITING:
        say_of(card, "shield", WORD_COMPARING, name, WORD_COMPARING_2);
        card->lively = true;
        break;
    case ASK_NUMBER:
        say_number(card, call, name);
        break;
    case ASK_ENDED:
        say_of(card, "warn", WORD_ENDED_EARLY, name, WORD_ENDED_EARLY_2);
        card->warns = true;
        break;
    case ASK_PERSON:
        if (m)
            say_person(card, m, name);
        break;
    case ASK_SELF:
        if (m)
            say_self(card, m, name);
        break;
    case ASK_REMOVING:
        say_of(card, "warn", WORD_REMOVING, name, WORD_REMOVING_2);
        card->warns = card->refuses = true;
        break;
    case ASK_ROOM:
        say_room(card, ask, call);
        break;
    case ASK_ENDING:
        say(card, "warn", WORD_ENDING, WORD_ENDING_2);
        card->warns = card->refuses = true;
        break;
    case ASK_RECORDING:
        say(card, "record", WORD_RECORD_ASK, WORD_RECORD_ASK_2);
        card->lively = card->refuses = true;
        break;
    case ASK_SAFETY:
        say_safety(card, call);
        break;
    case ASK_SHARE:
        say_share(card, ask, call);
        break;
    case ASK_CHANGED:
        say_of(card, "warn", WORD_IMPOSTOR, name, WORD_IMPOSTOR_2);
        card->warns = true;
        break;
    case ASK_KNOCK:
        say_knock(card, ask, call);
        break;
    }
    // Of somebody who is not who we know, one says "Not now" and does not just close a card.
    for (size_t i = 0; i < card->button_count; i++) {
        card->refuses |= card->button[i] == ASK_TRUST;
        card->idle[i] = card->button[i] == ASK_MUTE && m && m->muted;
    }
}

uint64_t ask_view_signature(const struct ask_card *card)
{
    uint64_t h = hash_words(HASH_START, card->title);
    h = hash_words(h, card->second);
    h = hash_words(h, card->number);
    h = hash_words(h, card->icon);
    h = hash_words(h, card->initials);
    for (size_t i = 0; i < card->button_count; i++)
        h = hash_int(h, card->button[i] * 2u + card->idle[i]);
    h = hash_int(h,
                 (card->pinned ? 1u : 0) | (card->hand ? 2u : 0) | (card->lobby ? 8u : 0) | (card->locked ? 16u : 0));
    return hash_int(h, card->focus * 2 + (card->focused ? 1u : 0));
}
