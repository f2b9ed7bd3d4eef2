#include "app_parts.h"

#include "shared/clock.h"
#include "shared/cpace.h"
#include "shared/keys.h"
#include "shared/log.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATS_STALE_US = 1500000 };

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
    c->microphone = a->call.microphone_on && !a->call.microphone_missing && a->mic;
    c->camera = a->call.camera_on && !a->call.camera_missing && a->camera;
    if (self) {
        c->hand = self->hand;
        self->muted = !c->microphone;
        self->camera = c->camera;
    }
    app_send(a, c);
}

static void begin(struct app *a)
{
    call_clear_room(&a->call);
    a->call.phase = CALL_JOINING;
    a->joining_us = clock_now_us();
    a->call.sentence[0] = a->call.advice[0] = 0;
    a->retry_us = 0;
    app_media_apply(a); // while the relay answers, the camera warms up
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

void app_offer_back(struct app *a, const struct invite *invite)
{
    sodium_mprotect_readwrite(a->back);
    *a->back = *invite;
    sodium_mprotect_noaccess(a->back);
    a->has_back = true;
    snprintf(a->call.back_code, sizeof a->call.back_code, "%06u", (unsigned)invite->code % 1000000u);
}

void app_leave(struct app *a)
{
    bool was_in = a->call.phase == CALL_IN_ROOM || a->call.phase == CALL_RECONNECTING;
    if (was_in && a->has_target && !(a->options->has_invite && a->options->from_room))
        app_offer_back(a, &a->target); // a box that belongs to a room always offers that one
    app_send(a, command_new(COMMAND_LEAVE));
    app_media_leave(a);
    call_clear_room(&a->call);
    a->call.phase = CALL_HOME;
    a->call.sentence[0] = a->call.advice[0] = 0;
    a->retry_us = a->unreached_us = 0;
    a->creating = a->has_target = false;
    invite_wipe(&a->target);
    app_forget_passphrase(a);
}

static void chat(struct app *a, uint16_t to, const char *text)
{
    struct call_member *self = call_self(&a->call);
    if (!self || !text || !*text)
        return;
    struct call_chat_line *line = call_chat_add(&a->call, self->id, self->name, text, clock_wall_ms(), true);
    const struct call_member *whom = to ? call_member_by_id(&a->call, to) : NULL;
    line->to = to;
    snprintf(line->to_name, sizeof line->to_name, "%s", whom ? whom->name : "");
    struct command *c = command_new(COMMAND_CHAT);
    c->member = to;
    c->text = base_strdup(text);
    c->chat_number = line->number;
    app_send(a, c);
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
    bool back = a->call.phase == CALL_HOME && a->has_back;
    struct invite invite = a->target;
    if (back) {
        sodium_mprotect_readonly(a->back);
        invite = *a->back;
        sodium_mprotect_noaccess(a->back);
    }
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

static const char *host_order(struct app *a, const struct ipc_order *order)
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
    return app_send(a, c) ? NULL : "too many commands wait";
}

static void raise_hand(struct app *a)
{
    struct call_member *self = call_self(&a->call);
    if (!self)
        return;
    self->hand = !self->hand;
    app_send_state(a);
    ui_toast(a->ui, "hand", "hand", self->hand ? "Your hand is up" : "Your hand is down");
}

static void about_member(struct app *a, enum command_type type, uint32_t id)
{
    const char *why = app_trust_member(a, type, (uint16_t)id);
    if (why && a->ui)
        ui_toast(a->ui, "people", "people", why);
}

// "428193", perhaps with the room's passphrase behind it. NULL, or why not.
static const char *join_code(struct app *a, const char *text)
{
    const struct client_options *o = a->options;
    struct invite invite = {.port = o->relay_port};
    char code[8] = "";
    snprintf(code, sizeof code, "%.6s", text);
    if (!invite_code(&invite.code, code) || (text[6] && text[6] != ' '))
        return "This is no room number.";
    if (!o->relay_host[0])
        return "A room number needs its relay: start with --relay HOST[:PORT].";
    app_forget_passphrase(a);
    if (text[6] && text[7] && !learn_passphrase(a, text + 7))
        return "There is no memory for the passphrase.";
    snprintf(invite.host, sizeof invite.host, "%s", o->relay_host);
    (void)invite_set_relay_key(&invite, o->fingerprint);
    app_join(a, &invite);
    return NULL;
}

void app_action(void *ctx, enum ui_action action, uint32_t id, const char *text)
{
    struct app *a = ctx;
    switch (action) {
    case UI_TOGGLE_MICROPHONE:
        a->call.microphone_on = !a->call.microphone_on;
        app_media_apply(a);
        app_send_state(a);
        ui_toast(a->ui, a->call.microphone_on ? "mic" : "mic-off", "microphone",
                 a->call.microphone_on ? "Your microphone is on" : "Your microphone is off");
        break;
    case UI_TOGGLE_CAMERA:
        a->call.camera_on = !a->call.camera_on;
        app_media_apply(a);
        app_send_state(a);
        ui_toast(a->ui, a->call.camera_on ? "cam" : "cam-off", "camera",
                 a->call.camera_on ? "Your camera is on" : "Your camera is off");
        break;
    case UI_SEND_CHAT:
        chat(a, 0, text);
        break;
    case UI_CREATE_ROOM:
        app_create(a);
        break;
    case UI_JOIN_INVITE:
        join_text(a, text);
        break;
    case UI_LEAVE:
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
        join_code(a, text);
        break;
    case UI_ADMIT:
        host_order(a, &(struct ipc_order){.order = COMMAND_ADMIT, .knock = id});
        break;
    case UI_DENY:
        host_order(a, &(struct ipc_order){.order = COMMAND_DENY, .knock = id});
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
        host_order(a, &(struct ipc_order){.order = COMMAND_KICK, .member = (uint16_t)id});
        break;
    case UI_MUTE:
        host_order(a, &(struct ipc_order){.order = COMMAND_MUTE, .member = (uint16_t)id});
        break;
    case UI_ROLE_HOST:
    case UI_ROLE_GUEST:
        host_order(a, &(struct ipc_order){.order = COMMAND_ROLE, .member = (uint16_t)id, .on = action == UI_ROLE_HOST});
        break;
    case UI_LOCK:
    case UI_LOBBY:
        host_order(a, &(struct ipc_order){.order = action == UI_LOCK ? COMMAND_LOCK : COMMAND_LOBBY, .on = id != 0});
        break;
    case UI_END_ROOM:
        host_order(a, &(struct ipc_order){.order = COMMAND_END});
        break;
    case UI_HAND:
        raise_hand(a);
        break;
    case UI_SEND_CHAT_TO:
        chat(a, (uint16_t)id, text);
        break;
    default:
        app_calls_action(a, action, id, text);
        break;
    }
    if (a->ui)
        ui_invalidate(a->ui);
}

// ---- IPC ----

static const char *ipc_screenshot(void *ctx, const char *path)
{
    struct app *a = ctx;
    return a->ui && ui_screenshot(a->ui, path) ? NULL : "the screenshot could not be written";
}

static const char *ipc_press(void *ctx, const char *key)
{
    struct app *a = ctx;
    return a->ui && ui_press(a->ui, key) ? NULL : "no such key";
}

static const char *ipc_chat(void *ctx, const char *text)
{
    struct app *a = ctx;
    if (!call_self(&a->call))
        return "not in a room";
    chat(a, 0, text);
    return NULL;
}

static const char *ipc_create_room(void *ctx)
{
    app_create(ctx);
    return NULL;
}

static const char *ipc_join_room(void *ctx, const char *url)
{
    struct invite invite;
    const char *why = NULL;
    if (!invite_is_link(url))
        return join_code(ctx, url);
    if (!invite_parse(&invite, url, &why))
        return why;
    app_join(ctx, &invite);
    invite_wipe(&invite);
    return NULL;
}

static const char *ipc_leave(void *ctx)
{
    app_leave(ctx);
    return NULL;
}

static const char *ipc_host(void *ctx, const struct ipc_order *order)
{
    return host_order(ctx, order);
}

static const char *ipc_about(void *ctx, enum command_type type, uint16_t member)
{
    return app_trust_member(ctx, type, member);
}

static const char *ipc_pair(void *ctx, uint16_t member, const char *fingerprint)
{
    return app_trust_pair(ctx, member, fingerprint);
}

static const char *ipc_forget(void *ctx, const char *name)
{
    return app_trust_forget(ctx, name);
}

static json_t *ipc_identity(void *ctx)
{
    return app_trust_self(ctx);
}

static json_t *ipc_identities(void *ctx)
{
    return app_trust_list(ctx);
}

static const char *ipc_quit(void *ctx)
{
    app_end(ctx, EXIT_OK);
    return NULL;
}

static bool ipc_tile(void *ctx, uint16_t member, int *x, int *y, int *w, int *h)
{
    struct app *a = ctx;
    SDL_Rect r;
    if (!a->ui || !ui_tile_rect(a->ui, member, &r))
        return false;
    *x = r.x;
    *y = r.y;
    *w = r.w;
    *h = r.h;
    return true;
}

static void ipc_screen(void *ctx, const char **screen, const char **panel)
{
    struct app *a = ctx;
    *screen = a->ui ? ui_screen_name(a->ui) : "";
    *panel = a->ui ? ui_panel_name(a->ui) : "";
}

void app_actions_init(struct app *a)
{
    a->ipc_ops = (struct ipc_ops){.ctx = a,
                                  .screenshot = ipc_screenshot,
                                  .press = ipc_press,
                                  .send_chat = ipc_chat,
                                  .create = ipc_create_room,
                                  .join = ipc_join_room,
                                  .leave = ipc_leave,
                                  .host = ipc_host,
                                  .about = ipc_about,
                                  .pair = ipc_pair,
                                  .forget = ipc_forget,
                                  .identity = ipc_identity,
                                  .identities = ipc_identities,
                                  .quit = ipc_quit,
                                  .tile_rect = ipc_tile,
                                  .screen = ipc_screen};
}

void app_actions_ipc(struct app *a)
{
    struct ipc_command c;
    struct ipc_view view = {&a->call, &a->stats, &a->ipc_ops};
    while (a->ipc && ipc_take(a->ipc, &c)) {
        uint64_t now = clock_now_us();
        if (now - a->stats_us > STATS_STALE_US) // outside a room nobody else takes them
            app_media_stats(a, now);
        const char *error = NULL;
        json_t *data = ipc_commands_run(&view, c.args, &error);
        ipc_reply(a->ipc, &c, data, error);
        if (a->ui)
            ui_invalidate(a->ui);
    }
}
