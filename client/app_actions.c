#include "app_parts.h"
#include "language.h"

#include "shared/clock.h"
#include "shared/cpace.h"
#include "shared/keys.h"
#include "shared/log.h"
#include "ui/words.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool app_send(struct app *a, struct command *c)
{
    if (transport_command(a->transport, c))
        return true;
    log_warn("app", "too many commands wait");
    command_free(c);
    return false;
}

void app_send_state(struct app *a)
{
    struct command *c = command_new(COMMAND_STATE);
    struct call_member *self = call_self(&a->call);
    c->microphone = privacy_told(&a->privacy, PRIVACY_MICROPHONE);
    c->camera = privacy_told(&a->privacy, PRIVACY_CAMERA);
    c->recording = a->record.on;
    c->kind = app_record_is_recorder(a) ? CALL_KIND_RECORDER : CALL_KIND_PERSON;
    c->screen = a->call.share.on;
    if (self) {
        self->kind = c->kind;
        self->recording = c->recording;
        c->hand = self->hand;
        self->muted = !c->microphone;
        self->camera = c->camera;
        self->screen = c->screen;
    }
    app_send(a, c);
}

static void begin(struct app *a)
{
    app_share_end(a); // what the last room was shown, and what was written of it, is not for this one
    app_record_leave(a);
    call_clear_room(&a->call);
    a->call.phase = CALL_JOINING;
    a->joining_us = clock_now_us();
    a->call.sentence[0] = a->call.advice[0] = 0;
    a->retry_us = 0;
    app_media_privacy(a, PRIVACY_ASK); // while the relay answers, the camera warms up
    app_send_state(a);
}

// Send a command that is for this relay, and the link there when it goes elsewhere now. The command goes first: it
// keeps the session from asking the relay we still talk to. A fingerprint that the connection was not made with is
// another relay, too.
static void send_to(struct app *a, struct command *c, const char *host, uint16_t port, const char *fingerprint)
{
    const struct client_options *o = a->options;
    if (o->relay_fingerprint && strcmp(host, o->relay_host) == 0 && port == o->relay_port)
        fingerprint = o->fingerprint; // who runs this machine outranks an invite
    bool here = strcmp(host, a->relay_host) == 0 && port == a->relay_port;
    bool trusted = strcmp(fingerprint, a->relay_fingerprint) == 0 || (!fingerprint[0] && a->call.relay_reached);
    c->elsewhere = !here || !trusted;
    bool elsewhere = c->elsewhere;
    app_send(a, c);
    if (!elsewhere)
        return;
    snprintf(a->relay_host, sizeof a->relay_host, "%s", host);
    snprintf(a->relay_fingerprint, sizeof a->relay_fingerprint, "%s", fingerprint);
    a->relay_port = port;
    transport_connect(a->transport, host, port, fingerprint[0] ? fingerprint : NULL);
}

// ---- the room's passphrase ----

static bool learn_passphrase(struct app *a, const char *text)
{
    if (!a->pass_root)
        a->pass_root = sodium_malloc(32);
    if (a->pass_root && cpace_root(a->pass_root, text, strlen(text)))
        return true;
    log_error("app", "there is no memory for the passphrase");
    app_forget_passphrase(a);
    return false;
}

void app_forget_passphrase(struct app *a)
{
    sodium_free(a->pass_root); // wipes
    a->pass_root = NULL;
}

// The one typed, else the one of the options.
static void say_passphrase(struct app *a, struct command *c)
{
    if (!a->pass_root && a->options->passphrase)
        learn_passphrase(a, a->options->passphrase);
    c->has_passphrase = a->pass_root != NULL;
    if (a->pass_root)
        memcpy(c->pass_root, a->pass_root, sizeof c->pass_root);
}

void app_create(struct app *a)
{
    const struct client_options *o = a->options;
    a->creating = true;
    a->has_target = false;
    invite_wipe(&a->target);
    begin(a);
    struct command *c = command_new(COMMAND_CREATE);
    c->flag = o->lobby;
    say_passphrase(a, c);
    if (o->relay_host[0])
        send_to(a, c, o->relay_host, o->relay_port, o->fingerprint); // the last room may have been on another one
    else
        app_send(a, c);
}

void app_join(struct app *a, const struct invite *invite)
{
    char fingerprint[INVITE_RELAY_KEY_MAX];
    struct command *c = command_new(COMMAND_JOIN);
    a->creating = false;
    a->has_target = true;
    a->target = *invite;
    invite_relay_key(invite, fingerprint);
    begin(a);
    c->code = invite->code;
    c->has_invite_key = invite->has_key;
    memcpy(c->invite_key, invite->key, sizeof c->invite_key);
    if (!invite->has_key)
        say_passphrase(a, c);
    send_to(a, c, invite->host, invite->port, fingerprint);
}

void app_leave(struct app *a)
{
    bool was_in = a->call.phase == CALL_IN_ROOM || a->call.phase == CALL_RECONNECTING;
    if (was_in && a->has_target)
        app_recent_add(a, &a->target);
    app_send(a, command_new(COMMAND_LEAVE));
    app_media_privacy(a, PRIVACY_LEAVE);
    app_media_leave(a);
    call_clear_room(&a->call);
    a->call.phase = CALL_HOME;
    a->call.sentence[0] = a->call.advice[0] = 0;
    a->retry_us = a->unreached_us = 0;
    a->creating = a->has_target = false;
    invite_wipe(&a->target);
    app_forget_passphrase(a);
}

static void join_text(struct app *a, const char *text)
{
    struct invite invite;
    const char *why = "";
    if (invite_parse(&invite, text, &why)) {
        app_join(a, &invite);
    } else {
        a->has_target = false;
        a->call.phase = CALL_FAILED;
        snprintf(a->call.sentence, sizeof a->call.sentence, "%s", "This invite link does not work");
        snprintf(a->call.advice, sizeof a->call.advice, "%s", why);
    }
    invite_wipe(&invite);
}

static void try_again(struct app *a)
{
    struct invite invite = a->target;
    bool back = a->call.phase == CALL_HOME && app_recent_get(a, 0, &invite);
    if (!back && a->pass_root && !a->options->passphrase)
        app_leave(a); // it was not the room's: back to where it is typed
    else if (back || a->has_target)
        app_join(a, &invite);
    else if (a->creating)
        app_create(a);
    else
        app_leave(a);
    invite_wipe(&invite);
}

static void go_again(struct app *a, uint32_t index)
{
    struct invite invite;
    if (!app_recent_get(a, index, &invite))
        return;
    app_join(a, &invite);
    invite_wipe(&invite);
}

const char *app_host_order(struct app *a, const struct ipc_order *order)
{
    struct call_member *self = call_self(&a->call);
    if (!self)
        return "not in a room";
    if (!self->host)
        return "only a host may do this";
    struct command *c = command_new(COMMAND_HOST);
    c->order = order->order;
    c->knock = order->knock;
    c->member = order->member;
    c->flag = order->on;
    a->ending = a->ending || order->order == COMMAND_END;
    return app_send(a, c) ? NULL : "too many commands wait";
}

static void toast(struct app *a, const char *icon, const char *kind, const char *text)
{
    if (a->ui)
        ui_toast(a->ui, icon, kind, text);
}

static void raise_hand(struct app *a)
{
    struct call_member *self = call_self(&a->call);
    if (!self)
        return;
    call_set_hand(&a->call, self, !self->hand);
    app_send_state(a);
    toast(a, "hand", "hand", self->hand ? N_("Your hand is up") : N_("Your hand is down"));
}

static void about_member(struct app *a, enum command_type type, uint32_t id)
{
    const char *why = app_trust_member(a, type, (uint16_t)id);
    if (why)
        app_sounds_not_possible(a);
    if (why && a->ui)
        ui_toast(a->ui, "people", "people", why);
}

const char *app_join_code(struct app *a, const char *text)
{
    const struct client_options *o = a->options;
    struct invite invite = {.port = o->relay_port};
    char code[8] = "";
    snprintf(code, sizeof code, "%.6s", text);
    if (!invite_code(&invite.code, code) || (text[6] && text[6] != ' '))
        return N_("This is no room number.");
    if (!o->relay_host[0])
        return N_("A room number needs its relay: start with --relay HOST[:PORT].");
    app_forget_passphrase(a);
    if (text[6] && text[7] && !learn_passphrase(a, text + 7))
        return N_("There is no memory for the passphrase.");
    snprintf(invite.host, sizeof invite.host, "%s", o->relay_host);
    (void)invite_set_relay_key(&invite, o->fingerprint);
    app_join(a, &invite);
    return NULL;
}

// This box is to have none, which is said to who wants to use it.
static bool has_none(struct app *a, enum privacy_device d)
{
    bool camera = d == PRIVACY_CAMERA;
    if (strcmp(camera ? a->options->camera : a->options->microphone, "none") != 0)
        return false;
    if (camera)
        toast(a, "cam-off", "camera", WORD_NO_CAMERA_HERE);
    else
        toast(a, "mic-off", "microphone", WORD_NO_MICROPHONE_HERE);
    app_sounds_not_possible(a);
    return true;
}

// Microphone or camera on or off, by a person here.
static void switch_device(struct app *a, enum privacy_device d)
{
    bool camera = d == PRIVACY_CAMERA;
    if (has_none(a, d))
        return;
    app_media_privacy(a, camera ? PRIVACY_SWITCH_CAMERA : PRIVACY_SWITCH_MICROPHONE);
    app_send_state(a);
    bool on = privacy_wants(&a->privacy, d);
    if (camera)
        toast(a, on ? "cam" : "cam-off", "camera", on ? WORD_YOUR_CAMERA_ON : WORD_YOUR_CAMERA_OFF);
    else
        toast(a, on ? "mic" : "mic-off", "microphone", on ? WORD_YOUR_MICROPHONE_ON : WORD_YOUR_MICROPHONE_OFF);
}

// The key that is held: PRIVACY_HOLD, PRIVACY_RELEASE or PRIVACY_HOLD_LOST.
static void hold(struct app *a, enum privacy_event e)
{
    if (e == PRIVACY_HOLD && has_none(a, PRIVACY_MICROPHONE))
        return;
    bool told = privacy_told(&a->privacy, PRIVACY_MICROPHONE), silent = a->call.hold == CALL_HOLD_SILENT;
    app_media_privacy(a, e);
    if (privacy_told(&a->privacy, PRIVACY_MICROPHONE) != told)
        app_send_state(a);
    if (e == PRIVACY_HOLD_LOST && silent && call_self(&a->call))
        toast(a, "mic-off", "microphone", WORD_HOLD_LOST);
}

static bool of_sound(struct app *a, enum ui_action action, uint32_t id, const char *text)
{
    if (action == UI_HOLD)
        hold(a, PRIVACY_HOLD);
    else if (action == UI_RELEASE)
        hold(a, PRIVACY_RELEASE);
    else if (action == UI_HOLD_LOST)
        hold(a, PRIVACY_HOLD_LOST);
    else if (action == UI_TRIAL && id)
        app_trial_open(a);
    else if (action == UI_TRIAL)
        app_trial_close(a);
    else if (action == UI_TRIAL_SOUND)
        app_trial_sound(a);
    else if (action == UI_TRIAL_VOICE)
        app_trial_voice(a);
    else if (action == UI_VOLUME)
        app_media_volume(a, (uint16_t)id, (int)strtol(text, NULL, 10));
    else
        return false;
    return true;
}

void app_action(void *ctx, enum ui_action action, uint32_t id, const char *text)
{
    struct app *a = ctx;
    switch (action) {
    case UI_TOGGLE_MICROPHONE:
        switch_device(a, PRIVACY_MICROPHONE);
        break;
    case UI_TOGGLE_CAMERA:
        switch_device(a, PRIVACY_CAMERA);
        break;
    case UI_SEND_CHAT:
        app_chat_type(a, 0, text);
        break;
    case UI_CREATE_ROOM:
        app_create(a);
        break;
    case UI_JOIN_INVITE:
        join_text(a, text);
        break;
    case UI_LEAVE:
        if (app_calls_hang_up(a))
            break;
        app_leave(a);
        break;
    case UI_QUIT:
        app_end(a, EXIT_OK);
        break;
    case UI_TRY_AGAIN:
        try_again(a);
        break;
    case UI_CHAT_SEEN:
        a->call.chat_unread = 0;
        break;
    case UI_JOIN_CODE:
        app_join_code(a, text);
        break;
    case UI_ADMIT:
        app_host_order(a, &(struct ipc_order){.order = COMMAND_ADMIT, .knock = id});
        break;
    case UI_DENY:
        app_host_order(a, &(struct ipc_order){.order = COMMAND_DENY, .knock = id});
        break;
    case UI_COMPARE:
        about_member(a, COMMAND_COMPARE, id);
        break;
    case UI_COMPARE_SAME:
        about_member(a, COMMAND_VERIFIED, id);
        break;
    case UI_COMPARE_STOP:
        about_member(a, COMMAND_COMPARE_STOP, id);
        break;
    case UI_TRUST:
        about_member(a, COMMAND_TRUST, id);
        break;
    case UI_KICK:
        app_host_order(a, &(struct ipc_order){.order = COMMAND_KICK, .member = (uint16_t)id});
        break;
    case UI_MUTE:
        app_host_order(a, &(struct ipc_order){.order = COMMAND_MUTE, .member = (uint16_t)id});
        break;
    case UI_ROLE_HOST:
    case UI_ROLE_GUEST:
        app_host_order(
            a, &(struct ipc_order){.order = COMMAND_ROLE, .member = (uint16_t)id, .on = action == UI_ROLE_HOST});
        break;
    case UI_LOCK:
    case UI_LOBBY:
        app_host_order(a,
                       &(struct ipc_order){.order = action == UI_LOCK ? COMMAND_LOCK : COMMAND_LOBBY, .on = id != 0});
        break;
    case UI_END_ROOM:
        app_host_order(a, &(struct ipc_order){.order = COMMAND_END});
        break;
    case UI_HAND:
        raise_hand(a);
        break;
    case UI_RECENT:
        go_again(a, id);
        break;
    case UI_SEND_CHAT_TO:
        app_chat_type(a, (uint16_t)id, text);
        break;
    case UI_FILM:
    case UI_FILM_QUALITY:
        app_films_action(a, action, id, text);
        break;
    case UI_RECORD:
        app_record_press(a, id != 0);
        break;
    case UI_SET:
        app_settings_change(a, text);
        break;
    default:
        if (!app_share_action(a, action, id, text) && !of_sound(a, action, id, text) &&
            !app_files_action(a, action, id, text))
            app_calls_action(a, action, id, text);
        break;
    }
    if (a->ui)
        ui_invalidate(a->ui);
}
