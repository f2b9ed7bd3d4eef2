#include "app_parts.h"

#include "net/pins.h"
#include "shared/clock.h"
#include "shared/keys.h"
#include "shared/log.h"
#include "ui/words.h"
#include "language.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KIOSK_RETRY_US = 30 * 1000000, UNTOLD_US = 5 * 1000000 };

void app_notice(void *ctx, struct notice *n)
{
    struct app *a = ctx;
    if (!mailbox_push(&a->notices, n)) {
        log_warn("app", "notices come faster than they are read");
        if (notice_matters(n->type))
            atomic_store(&a->missed, true);
        notice_free(n);
    }
}

static void event(struct app *a, const char *name, const struct notice *n)
{
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:i,s:s}", "event", name, "id", (int)n->member, "name", n->name));
}

static void announce(struct app *a, const struct announcement *what)
{
    if (a->ui)
        ui_toast(a->ui, what->icon, what->kind, what->text);
}

static void set_sentence(struct call *c, const char *sentence, const char *advice)
{
    snprintf(c->sentence, sizeof c->sentence, "%s", language_words(sentence));
    snprintf(c->advice, sizeof c->advice, "%s", language_words(advice));
}

// ---- the room ----

// The invite carries the key of the relay we really talk to: what was given, or what is pinned.
static void complete_target(struct app *a, const struct notice *n)
{
    const struct client_options *o = a->options;
    struct invite *t = &a->target;
    t->code = n->code;
    memcpy(t->key, n->invite_key, sizeof t->key);
    t->has_key = true;
    if (a->creating || !a->has_target) {
        snprintf(t->host, sizeof t->host, "%s", a->relay_host);
        t->port = a->relay_port;
    }
    if (!t->has_fingerprint && o->tls && a->relay_fingerprint[0])
        (void)invite_set_relay_key(t, a->relay_fingerprint);
    if (!t->has_fingerprint && o->tls) {
        char found[44] = "";
        char *pins = pins_read(a->pins_path);
        enum pins_result result = pins ? pins_check(pins, t->host, t->port, "", found) : PINS_UNKNOWN;
        if (result != PINS_UNKNOWN)
            (void)invite_set_relay_key(t, result == PINS_PUBLIC ? INVITE_PUBLIC : found);
        free(pins);
    }
    a->has_target = true;
    a->creating = false;
}

// Where people come in by a passphrase, the link that is shown opens nothing by itself.
static void show_invite(struct app *a, bool by_passphrase)
{
    struct invite shown = a->target;
    shown.has_key = !by_passphrase;
    if (!invite_build(&shown, a->call.invite, sizeof a->call.invite))
        a->call.invite[0] = 0;
    invite_wipe(&shown);
}

// Not by stdio, whose buffer would keep the key.
static void print_invite(const char *link)
{
    char line[INVITE_TEXT_MAX + 8];
    size_t n = (size_t)snprintf(line, sizeof line, "invite %s\n", link), done = 0;
    fflush(stdout);
    for (ssize_t wrote = 1; done < n && wrote > 0; done += (size_t)MAX(wrote, 0))
        wrote = write(STDOUT_FILENO, line + done, n - done);
    sodium_memzero(line, sizeof line);
}

static void learn_link(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    complete_target(a, n);
    snprintf(c->code, sizeof c->code, "%06u", (unsigned)n->code % 1000000u);
    show_invite(a, n->has_passphrase);
}

// In another room or call nobody reads what was said in the last one: another person may stand here now.
static void forget_other_chat(struct app *a, const struct notice *n)
{
    uint8_t tag[sizeof a->chat_tag];
    keys_chat_tag(tag, n->invite_key);
    if (memcmp(a->chat_tag, tag, sizeof tag) != 0)
        call_clear_chat(&a->call);
    memcpy(a->chat_tag, tag, sizeof tag);
}

static void on_room(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    if (app_calls_stale(a, n))
        return;
    a->creator = a->creating || (a->creator && n->resumed);
    a->ending = false;
    forget_other_chat(a, n);
    c->chat_mark = c->chat_count;
    if (c->waiting)
        set_sentence(c, "", "");
    c->waiting = false;
    if (!n->resumed)
        call_clear_room(c);
    c->private_call = n->private_call;
    if (!n->private_call)
        learn_link(a, n); // a call of two has none
    if (a->options->create && !a->invite_printed && c->invite[0]) {
        a->invite_printed = true;
        print_invite(c->invite);
    }
    if (!n->resumed) {
        speaker_forget_volumes(a->speaker);
        // Pictures of the new room may have come before this notice: those of the old one ended with their members.
        struct call_member *self = &c->members[c->member_count++];
        *self = (struct call_member){
            .id = n->member, .self = true, .has_key = true, .trust = CALL_TRUST_VERIFIED, .volume = VOLUMES_FULL};
        snprintf(self->name, sizeof self->name, "%s", a->options->name);
        memcpy(self->identity, a->identity_public, sizeof self->identity);
    }
    if (c->phase == CALL_JOINING || c->phase == CALL_CALLING)
        c->phase = CALL_IN_ROOM;
    a->ever_in_room = true;
    app_media_privacy(a, PRIVACY_ENTER);
    app_share_entered(a, n->resumed);
    app_send_state(a);
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:s,s:b}", "event", "room", "code", c->code, "private", c->private_call));
}

static void on_joined(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    if (!call_self(c) || call_member_by_id(c, n->member) || c->member_count == CALL_MEMBERS_MAX)
        return; // without me: of a room that was given up meanwhile
    size_t at = c->member_count && c->members[c->member_count - 1].self ? c->member_count - 1 : c->member_count;
    memmove(&c->members[at + 1], &c->members[at], (c->member_count - at) * sizeof c->members[0]); // I stay the last
    c->member_count++;
    c->members[at] = (struct call_member){.id = n->member, .join_id = n->join_id, .camera = true};
    memcpy(c->members[at].name, n->name, sizeof n->name);
    memcpy(c->members[at].identity, n->identity, sizeof n->identity);
    c->members[at].greet = !n->silent;
    c->members[at].volume = volumes_get(&a->volumes, n->identity);
    speaker_set_volume(a->speaker, n->member, c->members[at].volume);
}

static void greet(struct app *a, const struct call_member *m)
{
    struct announcement said;
    if (!call_says_joined(m) || a->call.private_call || app_films_says(a, m))
        return;
    if (m->kind == CALL_KIND_PERSON)
        announcements_joined(&a->joined, m->name, clock_now_us(), &said);
    else
        announcements_came(m->name, &said);
    announce(a, &said);
}

static void say_recording(struct app *a, const struct call_member *m)
{
    struct announcement said;
    announcements_recording(m->name, m->recording, &said);
    announce(a, &said);
}

// Who says nothing of himself comes in no more quietly than the others.
uint64_t app_notices_greet_silent(struct app *a, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < a->call.member_count; i++) {
        struct call_member *m = &a->call.members[i];
        if (!m->greet || !m->known || m->told || !call_trust_good(m->trust))
            continue;
        if (now_us < m->known_us + UNTOLD_US) {
            next = MIN(next, m->known_us + UNTOLD_US);
            continue;
        }
        app_sounds_notice(a, &(struct notice){.type = NOTICE_STATE, .member = m->id});
        greet(a, m);
        m->greet = false;
    }
    return next;
}

// Who is here is whom we hold keys of: only then it is said, and when it has told what it is.
static void on_trust(struct app *a, const struct notice *n)
{
    struct call_member *m = call_member_by_id(&a->call, n->member);
    bool good = call_trust_good(n->trust);
    if (!m)
        return;
    m->trust = n->trust;
    if (!good)
        m->has_key = false; // locked out; told again when it is let in again
    if (good && !m->known) {
        m->known = true;
        m->known_us = clock_now_us();
        if (m->told)
            greet(a, m);
        if (m->recording)
            say_recording(a, m);
        event(a, "joined", n);
    }
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:i,s:s,s:s}", "event", "trust", "id", (int)n->member, "name", n->name,
                                    "trust", call_trust_name(n->trust)));
}

static void on_compare(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    c->compare_with = n->member;
    c->compare = n->compare;
    snprintf(c->compare_number, sizeof c->compare_number, "%s", n->text ? n->text : "");
    if (a->ipc)
        ipc_event(a->ipc,
                  json_pack("{s:s,s:i,s:s}", "event", "compare", "id", (int)n->member, "number", c->compare_number));
}

static void on_left(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    struct call_member *m = call_member_by_id(c, n->member);
    if (!m)
        return;
    app_films_left(a, n->member);
    size_t at = (size_t)(m - c->members);
    bool known = m->known, person = m->kind == CALL_KIND_PERSON, recorded = m->recording,
         removed = m->trust == CALL_TRUST_NOT_ADMITTED; // a host has said so, not the relay
    struct announcement ended;
    announcements_recording(m->name, false, &ended);
    memmove(m, m + 1, (c->member_count - at - 1) * sizeof *m);
    c->member_count--;
    receivers_close(a->receivers, n->member, false);
    receivers_close(a->receivers, n->member, true);
    speaker_set_volume(a->speaker, n->member, VOLUMES_FULL);
    if (!known)
        return;
    if (!person && recorded) // what it was here for is over
        announce(a, &ended);
    if (person && !n->silent && !c->private_call) { // there, it ends the call
        struct announcement said;
        if (removed)
            announcements_removed(n->name, &said);
        else
            announcements_left(&a->left, n->name, clock_now_us(), &said);
        announce(a, &said);
    }
    event(a, "left", n);
}

static void on_state(struct app *a, const struct notice *n)
{
    struct call_member *m = call_member_by_id(&a->call, n->member);
    if (!m)
        return;
    if (!m->muted || !m->told)
        m->muted_us = clock_now_us();
    m->muted = !n->microphone;
    if (m->camera && !n->camera)
        receivers_close(a->receivers, n->member, false); // the last picture of a closed camera must not stay
    m->camera = n->camera;
    call_learn_kind(m, n->kind);
    app_share_told(a, m, n->screen);
    bool was = m->recording;
    m->recording = n->recording || m->kind == CALL_KIND_RECORDER; // which is here for nothing else
    snprintf(m->about, sizeof m->about, "%s", n->text ? n->text : "");
    // Whose hand was up when we came, or is told again after the connection dropped, has not just raised it.
    if (call_set_hand(&a->call, m, n->hand) && m->known && (m->told || m->greet)) {
        struct announcement said;
        announcements_hand(m->name, &said);
        announce(a, &said);
    }
    if (m->recording != was && m->known) // also who did already when we came
        say_recording(a, m);
    if (!m->told && m->known)
        greet(a, m);
    m->told = true;
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:i,s:b,s:b,s:b}", "event", "state", "id", (int)n->member, "muted", m->muted,
                                    "camera", m->camera, "recording", m->recording));
}

// ---- hosts and the lobby ----

static void on_state_of_room(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    struct call_member *self = call_self(c);
    struct announcement said[ANNOUNCEMENTS_MAX];
    size_t count = announcements_state(c, n, said);
    for (size_t i = 0; i < count; i++)
        announce(a, &said[i]);
    c->state_told = true;
    c->lobby = n->lobby;
    c->locked = n->locked;
    c->epoch = n->epoch;
    for (size_t i = 0; i < c->member_count; i++) {
        c->members[i].host = false;
        for (size_t k = 0; k < n->host_count; k++)
            c->members[i].host |= n->hosts[k] == c->members[i].id;
    }
    if (self && !self->host)
        c->knock_count = 0;
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:b,s:b,s:I}", "event", "room-state", "lobby", c->lobby, "locked", c->locked,
                                    "epoch", (json_int_t)c->epoch));
}

static void on_waiting(struct app *a)
{
    a->call.waiting = true;
    a->unreached_us = 0; // a person decides now
    snprintf(a->call.code, sizeof a->call.code, "%06u", (unsigned)a->target.code % 1000000u);
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s}", "event", "waiting"));
}

static void on_knock(struct app *a, const struct notice *n)
{
    struct call_knock *k = call_add_knock(&a->call, n->knock, n->name);
    if (k) {
        memcpy(k->identity, n->identity, sizeof k->identity);
        k->trust = n->trust;
        k->met = identities_met_before(a->identities, n->identity);
    }
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:I,s:s}", "event", "knock", "knock", (json_int_t)n->knock, "name", n->name));
}

static void on_mute(struct app *a, const struct notice *n)
{
    event(a, "mute", n);
    bool was_on = privacy_wants(&a->privacy, PRIVACY_MICROPHONE);
    app_media_privacy(a, PRIVACY_MUTE);
    if (!was_on)
        return;
    app_send_state(a);
    if (a->ui)
        ui_toast(a->ui, "mic-off", "microphone", WORD_HOST_MUTED_YOU);
}

static void on_draining(struct app *a)
{
    if (a->ui)
        ui_toast(a->ui, "net", "connection", N_("The relay is restarting"));
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s}", "event", "draining"));
}

static void on_not_done(struct app *a, const struct notice *n)
{
    if (a->ui)
        ui_toast(a->ui, "people", "people", n->text);
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:s}", "event", "not-done", "text", n->text));
}

// ---- the connection ----

static void on_connection(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    if (c->phase != CALL_IN_ROOM && c->phase != CALL_RECONNECTING)
        return;
    if (!n->flag) {
        if (c->phase == CALL_IN_ROOM && !c->private_call) // a call that does not come back ends by itself
            a->unreached_us = clock_now_us();
        c->phase = CALL_RECONNECTING;
        set_sentence(c, N_("The connection dropped. Trying again…"),
                     N_("Your camera and microphone stay as you left them."));
    } else {
        a->unreached_us = 0;
        if (c->phase == CALL_RECONNECTING && a->ui)
            ui_toast(a->ui, "net", "connection", N_("Back again"));
        c->phase = CALL_IN_ROOM;
        set_sentence(c, "", "");
    }
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:b}", "event", "connection", "up", n->flag));
}

static void on_refused(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    if (a->options->headless) {
        fprintf(stderr, "parlour: %s %s\n", n->text, n->advice);
        app_end(a, n->exit_code);
        return;
    }
    if (a->ending && n->flag) { // who ended the call need not be told; there is nothing to go back to
        c->phase = CALL_FAILED;
        app_leave(a);
        return;
    }
    bool joining = c->phase == CALL_JOINING;
    app_media_privacy(a, PRIVACY_OVER);
    app_media_leave(a);
    call_clear_room(c);
    c->phase = CALL_FAILED;
    bool known = n->gone && a->has_target && app_recent_drop(a, &a->target);
    if (known && joining) // who went back to a room has typed no number that he could check
        set_sentence(c, N_("The room has ended."), "");
    else
        set_sentence(c, n->text, n->advice);
    if (a->options->kiosk && !n->flag)
        a->retry_us = clock_now_us() + KIOSK_RETRY_US; // nobody is there to press a button
}

static void on_tell(struct app *a, const struct notice *n)
{
    if (!app_films_told(a, n) && a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:i,s:b,s:o}", "event", "tell", "id", (int)n->member, "alone", n->alone,
                                    "tell", json_loads(n->text, 0, NULL)));
}

// What has a file of its own.
static void apply_elsewhere(struct app *a, const struct notice *n)
{
    switch (n->type) {
    case NOTICE_CHAT:
        app_chat_came(a, n);
        break;
    case NOTICE_DELIVERED:
    case NOTICE_CHAT_LOST:
        app_chat_told(a, n);
        break;
    case NOTICE_DEVICE:
        app_devices_notice(a, n);
        break;
    case NOTICE_DEVICE_USE:
        app_devices_said(a, n);
        break;
    case NOTICE_REGISTERED:
    case NOTICE_PEOPLE:
    case NOTICE_PERSON:
    case NOTICE_RINGING:
    case NOTICE_CALLING:
    case NOTICE_CALL_ENDED:
    case NOTICE_MISSED:
        app_calls_notice(a, n);
        break;
    case NOTICE_FILE_OFFER:
    case NOTICE_FILE_ACCEPTED:
    case NOTICE_FILE_REFUSED:
    case NOTICE_FILE_CANCELLED:
    case NOTICE_FILE_DONE:
    case NOTICE_FILE_AGAIN:
    case NOTICE_FILE_STATE:
        app_files_notice(a, n);
        break;
    case NOTICE_SHARE_OVER:
        app_share_over(a, n);
        break;
    case NOTICE_STATS_READY:
        app_media_stats(a, clock_now_us());
        break;
    default: // apply has them
        break;
    }
}

static void apply(struct app *a, const struct notice *n)
{
    struct call_member *m = call_member_by_id(&a->call, n->member);
    app_sounds_notice(a, n);
    switch (n->type) {
    case NOTICE_ROOM:
        on_room(a, n);
        break;
    case NOTICE_JOINED:
        on_joined(a, n);
        break;
    case NOTICE_LEFT:
        on_left(a, n);
        break;
    case NOTICE_AWAY:
        if (m)
            m->away = n->flag;
        event(a, n->flag ? "away" : "back", n);
        break;
    case NOTICE_KEY:
        if (m)
            m->has_key = true;
        break;
    case NOTICE_PICTURE:
        if (m)
            m->paused = n->flag;
        event(a, n->flag ? "picture-paused" : "picture-back", n);
        break;
    case NOTICE_STATE:
        on_state(a, n);
        break;
    case NOTICE_TELL:
        on_tell(a, n);
        break;
    case NOTICE_RELAY:
        a->call.relay_reached = n->flag;
        break;
    case NOTICE_CONNECTION:
        on_connection(a, n);
        break;
    case NOTICE_REFUSED:
        on_refused(a, n);
        break;
    case NOTICE_WAITING:
        on_waiting(a);
        break;
    case NOTICE_ROOM_STATE:
        on_state_of_room(a, n);
        break;
    case NOTICE_KNOCK:
        on_knock(a, n);
        break;
    case NOTICE_KNOCK_GONE:
        call_remove_knock(&a->call, n->knock);
        break;
    case NOTICE_MUTE:
        on_mute(a, n);
        break;
    case NOTICE_DRAINING:
        on_draining(a);
        break;
    case NOTICE_NOT_DONE:
        on_not_done(a, n);
        break;
    case NOTICE_TRUST:
        on_trust(a, n);
        break;
    case NOTICE_COMPARE:
        on_compare(a, n);
        break;
    default:
        apply_elsewhere(a, n);
        break;
    }
}

// A relay that says a thousand things at once could make us overlook who has come: better no call than that one.
static void end_what_cannot_be_followed(struct app *a)
{
    struct notice *n = notice_new(NOTICE_REFUSED);
    app_send(a, command_new(COMMAND_LEAVE));
    n->text = base_strdup(N_("More happens in the room than this box can follow."));
    n->advice = base_strdup(N_("Join again."));
    n->exit_code = EXIT_LOST;
    on_refused(a, n);
    notice_free(n);
}

void app_notices_drain(struct app *a)
{
    struct notice *n;
    bool others = false;
    while ((n = mailbox_take(&a->notices))) {
        others |= n->type == NOTICE_ROOM || n->type == NOTICE_LEFT || n->type == NOTICE_TRUST;
        apply(a, n);
        notice_free(n);
        if (a->ui)
            ui_invalidate(a->ui);
    }
    if (atomic_exchange(&a->missed, false) && a->call.phase != CALL_HOME)
        end_what_cannot_be_followed(a);
    if (others)
        app_trust_safety(a);
}
