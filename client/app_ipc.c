// What IPC clients ask for: from struct ipc_ops to what a person could do.
#include "app_parts.h"

#include "shared/clock.h"

enum { STATS_STALE_US = 1500000 };

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

static const char *ipc_chat(void *ctx, uint16_t to, const char *text)
{
    return app_chat_say(ctx, to, text);
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
        return app_join_code(ctx, url);
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
    return app_host_order(ctx, order);
}

static const char *ipc_about(void *ctx, enum command_type type, uint16_t member)
{
    return app_trust_member(ctx, type, member);
}

static const char *ipc_volume(void *ctx, uint16_t member, int percent)
{
    return app_media_volume(ctx, member, percent);
}

static const char *ipc_pair(void *ctx, uint16_t member, const char *fingerprint)
{
    return app_trust_pair(ctx, member, fingerprint, true);
}

static const char *ipc_unpair(void *ctx, const char *fingerprint)
{
    return app_trust_pair(ctx, 0, fingerprint, false);
}

static const char *ipc_call(void *ctx, const uint8_t identity[32])
{
    return app_calls_call(ctx, identity);
}

static const char *ipc_answer(void *ctx, bool picture)
{
    struct app *a = ctx;
    if (a->call.phase != CALL_RINGING)
        return "nobody calls";
    app_action(a, picture ? UI_ANSWER : UI_ANSWER_SOUND, a->call.ring.id, NULL);
    return NULL;
}

static const char *ipc_refuse(void *ctx)
{
    struct app *a = ctx;
    if (a->call.phase != CALL_RINGING)
        return "nobody calls";
    app_action(a, UI_REFUSE, a->call.ring.id, NULL);
    return NULL;
}

static const char *ipc_hang_up(void *ctx)
{
    struct app *a = ctx;
    if (a->call.phase == CALL_HOME)
        return "there is no call";
    app_action(a, UI_LEAVE, 0, NULL);
    return NULL;
}

static const char *ipc_away(void *ctx, bool on)
{
    app_action(ctx, UI_AWAY, on, NULL);
    return NULL;
}

static const char *ipc_hand(void *ctx, bool given, bool up)
{
    struct app *a = ctx;
    const struct call_member *self = call_self(&a->call);
    if (!self)
        return "not in a room";
    if (!given || self->hand != up)
        app_action(a, UI_HAND, 0, NULL);
    return NULL;
}

static const char *ipc_send_file(void *ctx, const char *path, uint16_t member)
{
    return app_files_send(ctx, path, member);
}

static const char *ipc_file(void *ctx, enum ipc_file_act act, uint32_t id)
{
    static const enum ui_action actions[] = {UI_FILE_ACCEPT, UI_FILE_REFUSE, UI_FILE_CANCEL, UI_FILE_RETRY};
    return app_files_act(ctx, actions[act], id);
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

static const char *ipc_record(void *ctx, const char *path)
{
    return app_record_start(ctx, path);
}

static const char *ipc_record_stop(void *ctx)
{
    return app_record_stop(ctx);
}

static json_t *ipc_cameras(void *ctx)
{
    return app_cameras_list(ctx);
}

static const char *ipc_watch(void *ctx, unsigned id, bool on)
{
    return app_cameras_watch(ctx, id, on);
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

static bool ipc_screen_rect(void *ctx, uint16_t member, int *x, int *y, int *w, int *h)
{
    struct app *a = ctx;
    SDL_Rect r;
    if (!a->ui || !ui_screen_rect(a->ui, member, &r))
        return false;
    *x = r.x;
    *y = r.y;
    *w = r.w;
    *h = r.h;
    return true;
}

static const char *ipc_share(void *ctx, const char *spec)
{
    return app_share_start(ctx, spec ? spec : "screen");
}

static const char *ipc_unshare(void *ctx)
{
    struct app *a = ctx;
    if (!a->call.share.on)
        return "nothing is shown";
    app_action(a, UI_SHARE, 0, NULL);
    return NULL;
}

static void ipc_screen(void *ctx, const char **screen, const char **panel)
{
    struct app *a = ctx;
    *screen = a->ui ? ui_screen_name(a->ui) : "";
    *panel = a->ui ? ui_panel_name(a->ui) : "";
}

void app_ipc_init(struct app *a)
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
                                  .volume = ipc_volume,
                                  .pair = ipc_pair,
                                  .unpair = ipc_unpair,
                                  .forget = ipc_forget,
                                  .call = ipc_call,
                                  .answer = ipc_answer,
                                  .refuse = ipc_refuse,
                                  .hang_up = ipc_hang_up,
                                  .away = ipc_away,
                                  .hand = ipc_hand,
                                  .send_file = ipc_send_file,
                                  .file = ipc_file,
                                  .identity = ipc_identity,
                                  .identities = ipc_identities,
                                  .record = ipc_record,
                                  .record_stop = ipc_record_stop,
                                  .cameras = ipc_cameras,
                                  .watch = ipc_watch,
                                  .quit = ipc_quit,
                                  .films = app_films_ipc,
                                  .tile_rect = ipc_tile,
                                  .screen_rect = ipc_screen_rect,
                                  .share = ipc_share,
                                  .unshare = ipc_unshare,
                                  .screen = ipc_screen};
}

void app_ipc_serve(struct app *a)
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
