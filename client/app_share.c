// The screen, or a window of it, that this box shows to the others: what a person here wants, or --share.
#include "app_parts.h"

#include "language.h"
#include "send/screen_windows.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "text_clean.h"
#include "ui/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TITLE_MOST = 40 };

// ---- from the screen to the net ----

static void on_picture(void *ctx, struct AVFrame *frame, uint64_t capture_us)
{
    struct app *a = ctx;
    if (atomic_load(&a->share.seen))
        frame_queue_push(a->share.pictures, frame, 0, 0);
    picture_encoders_put(a->share.encoders, frame, capture_us);
}

static void on_ended(void *ctx, const char *sentence)
{
    struct app *a = ctx;
    struct notice *n = notice_new(NOTICE_SHARE_OVER);
    n->knock = a->share.times; // does not change while its thread runs
    n->text = base_strdup(sentence);
    app_notice(a, n);
}

static bool on_encoded(void *ctx, struct encoded_frame *frame)
{
    struct app *a = ctx;
    recorder_video(a->record.recorder, 0, WIRE_SLOT(WIRE_STREAM_SCREEN, frame->layer), frame->ts, frame->keyframe,
                   frame->data, frame->size, clock_now_us());
    return transport_send_video(a->transport, frame);
}

void app_share_rates(struct app *a, const struct outflow_rates *rates)
{
    struct app_share *s = &a->share;
    unsigned fps = 0;
    for (unsigned i = 0; i < BUDGET_SCREENS; i++) {
        const struct ladder_layer *l = &rates->screen[i];
        picture_encoders_set(s->encoders, i, &(struct picture_size){l->width, l->height, l->fps, l->kbps});
        fps = l->kbps ? MAX(fps, l->fps) : fps;
        if (l->kbps && (!s->made[i] || s->made[i] != l->fps)) // its encoder begins anew
            atomic_store(&s->steering.wanted, true);
        s->made[i] = l->kbps ? l->fps : 0;
    }
    atomic_store(&s->steering.fps, fps);
}

void app_share_keyframe(struct app *a, unsigned layer)
{
    picture_encoders_keyframe(a->share.encoders, layer);
    atomic_store(&a->share.steering.wanted, true);
}

void app_share_hold(void *ctx, bool hold)
{
    struct app *a = ctx;
    atomic_store(&a->share.steering.held, hold);
}

// ---- on and off ----

bool app_share_create(struct app *a)
{
    struct app_share *s = &a->share;
    s->pictures = frame_queue_create(app_wake, a);
    s->encoders =
        picture_encoders_create(&(struct picture_encoders_config){.screen = true, .ctx = a, .on_frame = on_encoded});
    return picture_encoders_start(s->encoders);
}

// With our own window on it, it would show itself in itself.
static bool shows_itself(const struct app *a, const char *spec)
{
    return !a->options->headless && strncmp(spec, "window:", 7) != 0;
}

const char *app_share_start(struct app *a, const char *spec)
{
    struct app_share *s = &a->share;
    bool room = a->call.phase == CALL_IN_ROOM || a->call.phase == CALL_RECONNECTING;
    if (!room)
        return N_("A screen is shown to others in a call.");
    const char *why = screen_refused(spec);
    if (why)
        return why;
    app_share_end(a);
    s->times++;
    atomic_store(&s->seen, !shows_itself(a, spec));
    atomic_store(&s->steering.wanted, true);
    s->screen = screen_create(&(struct screen_config){
        .spec = spec, .steering = &s->steering, .ctx = a, .on_picture = on_picture, .on_ended = on_ended});
    a->call.share.on = screen_start(s->screen);
    a->call.share.seen = atomic_load(&s->seen);
    snprintf(a->call.share.what, sizeof a->call.share.what, "%s", strncmp(spec, "window:", 7) ? "" : spec + 7);
    app_send_state(a);
    log_info("share", "on=%d", a->call.share.on);
    return a->call.share.on ? NULL : N_("This screen cannot be shown from here.");
}

void app_share_end(struct app *a)
{
    struct app_share *s = &a->share;
    if (!s->screen)
        return;
    screen_stop(s->screen);
    screen_join(s->screen);
    screen_destroy(s->screen);
    s->screen = NULL;
    frame_queue_clear(s->pictures);
    a->call.share.on = false;
}

void app_share_entered(struct app *a, bool resumed)
{
    const char *spec = a->options->share, *why = spec && !resumed ? app_share_start(a, spec) : NULL;
    if (!why)
        return;
    log_warn("share", "%s", why);
    if (a->ui)
        ui_toast(a->ui, "share", "screen", why);
}

void app_share_over(struct app *a, const struct notice *n)
{
    if (!a->share.screen || n->knock != a->share.times)
        return;
    app_share_end(a);
    app_send_state(a);
    log_info("share", "over sentence=\"%s\"", n->text);
    if (a->ui)
        ui_toast(a->ui, "share", "screen", n->text);
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:s}", "event", "share-over", "text", n->text));
}

void app_share_told(struct app *a, struct call_member *m, bool screen)
{
    struct announcement said;
    bool begins = screen && !m->screen;
    if (m->screen && !screen)
        receivers_close(a->receivers, m->id, true);
    m->screen = screen;
    if (!begins || !m->known || !(m->told || m->greet) || !a->ui)
        return;
    announcements_screen(m->name, &said);
    ui_toast(a->ui, said.icon, said.kind, said.text);
}

// ---- a person here ----

static void refuse(struct app *a, const char *why)
{
    app_sounds_not_possible(a);
    if (a->ui)
        ui_toast(a->ui, "share", "screen", why);
}

static void look_around(struct app *a)
{
    struct call_share *c = &a->call.share;
    struct screen_window list[CALL_SHARES_MAX - 1];
    c->count = 0;
    const char *why = a->options->kiosk && !a->options->allow_share ? WORD_SHARE_NOT_HERE : screen_refused("screen");
    if (why) {
        refuse(a, why);
        return;
    }
    c->choice[0][0] = '\0';
    a->share.window[0] = 0;
    c->count = 1;
    struct screen_windows *w = screen_windows_open(NULL);
    size_t count = w ? screen_windows_list(w, list, ARRAY_LEN(list)) : 0;
    screen_windows_close(w);
    for (size_t i = 0; i < count; i++) {
        char *title = c->choice[c->count];
        if (text_clean(title, CALL_NAME_MAX, list[i].title, strlen(list[i].title), TITLE_MOST, false))
            a->share.window[c->count++] = list[i].id;
    }
}

static void begin(struct app *a, uint32_t id, const char *text)
{
    char spec[32] = "screen", title[CALL_NAME_MAX] = "";
    size_t at = id - 1;
    if (a->options->kiosk && !a->options->allow_share) {
        refuse(a, WORD_SHARE_NOT_HERE);
        return;
    }
    if (!text && at >= MAX(a->call.share.count, (size_t)1))
        return; // what was chosen is gone: that is not the whole screen
    if (!text && at > 0) {
        snprintf(spec, sizeof spec, "window:0x%x", a->share.window[at]);
        snprintf(title, sizeof title, "%s", a->call.share.choice[at]);
    }
    const char *why = app_share_start(a, text ? text : spec);
    if (why)
        refuse(a, why);
    else if (title[0])
        snprintf(a->call.share.what, sizeof a->call.share.what, "%s", title);
}

bool app_share_action(struct app *a, enum ui_action action, uint32_t id, const char *text)
{
    if (action == UI_SHARE_LOOK) {
        look_around(a);
    } else if (action == UI_SHARE && id) {
        begin(a, id, text);
    } else if (action == UI_SHARE) {
        bool was = a->call.share.on;
        app_share_end(a);
        app_send_state(a);
        if (was && a->ui)
            ui_toast(a->ui, "share", "screen", WORD_SHARING_OVER);
    } else {
        return false;
    }
    return true;
}

struct AVFrame *app_share_picture(void *ctx, uint16_t member, uint64_t now_us, uint64_t *next_due_us)
{
    struct app *a = ctx;
    if (member == 0)
        return frame_queue_take(a->share.pictures, now_us, next_due_us);
    return receivers_take(a->receivers, member, true, now_us, next_due_us);
}

void app_share_shown(void *ctx, uint16_t member, uint64_t now_us)
{
    struct app *a = ctx;
    if (member)
        receivers_shown(a->receivers, member, true, now_us);
}

// ---- lifecycle ----

void app_share_stop(struct app *a)
{
    app_share_end(a);
    if (a->share.encoders)
        picture_encoders_stop(a->share.encoders);
}

void app_share_join(struct app *a)
{
    if (a->share.encoders)
        picture_encoders_join(a->share.encoders);
}

void app_share_destroy(struct app *a)
{
    picture_encoders_destroy(a->share.encoders);
    frame_queue_destroy(a->share.pictures);
}
