// Pictures of the call screen and of what hosts do there.
#include "gallery.h"

#include "shared/base.h"

#include <stdio.h>

// Cards of what a host, and a guest, can do.
void gallery_acts(struct gallery *g, size_t count)
{
    struct call *c = &g->call;
    char name[64];
    people(c, count);
    c->lobby = true;
    settle(g, 1300);
    for (int host = 1; host >= 0; host--) {
        call_self(c)->host = host != 0;
        KEYS(g, "p", "Return");
        snprintf(name, sizeof name, "person-%s-%zu", host ? "host" : "guest", count);
        take(g, name);
        KEYS(g, "Right", "Right", "Right", "Right", "Right", "Return");
        snprintf(name, sizeof name, "remove-%s-%zu", host ? "host" : "guest", count);
        take(g, name);
        KEYS(g, "Escape", "Escape", "Escape", "Escape");
        settle(g, 300);
    }
    call_self(c)->host = true;
    KEYS(g, "Right", "Right", "Right", "Right", "Right", "Right");
    if (count == 2) // the bar has no button for another view there, and nobody can be pinned
        ui_press(g->ui, "Left");
    KEYS(g, "Return", "Right", "Right", "Right", count == 2 ? "Return" : "Right", count == 2 ? NULL : "Return");
    snprintf(name, sizeof name, "room-%zu", count);
    take(g, name);
    KEYS(g, "Right", "Right", "Right", "Right");
    snprintf(name, sizeof name, "room-end-focus-%zu", count);
    take(g, name);
    ui_press(g->ui, "Return");
    snprintf(name, sizeof name, "room-end-%zu", count);
    take(g, name);
    KEYS(g, "Escape", "Escape");
}

// Trying camera and sound, and everything it can come to.
static void trial(struct gallery *g)
{
    struct call *c = &g->call;
    enum call_phase phase = c->phase;
    c->phase = CALL_HOME;
    c->camera_missing = c->microphone_missing = c->speaker_missing = false;
    c->relay_reached = true;
    c->trial = (struct call_trial){.open = true, .level = 0.1f, .quiet_us = UINT64_MAX / 2};
    settle(g, 1000);
    take(g, "trial");
    c->trial.step = CALL_TRIAL_LISTENS;
    take(g, "trial-listens");
    c->trial.step = CALL_TRIAL_RECORDS;
    take(g, "trial-records");
    c->trial.step = CALL_TRIAL_PLAYS;
    take(g, "trial-plays");
    c->trial.step = CALL_TRIAL_READY;
    c->trial.result = CALL_TRIAL_WORKS;
    ui_press(g->ui, "Right");
    take(g, "trial-works");
    c->trial.result = CALL_TRIAL_NOT_HEARD;
    take(g, "trial-not-heard");
    c->trial.result = CALL_TRIAL_PLAYED;
    take(g, "trial-played");
    c->trial = (struct call_trial){.open = true, .result = CALL_TRIAL_SILENT};
    c->relay_reached = false;
    settle(g, 5000);
    take(g, "trial-silent");
    c->camera_missing = c->microphone_missing = c->speaker_missing = true;
    take(g, "trial-nothing");
    c->trial.no_camera = c->trial.no_microphone = true;
    take(g, "trial-none");
    c->camera_missing = c->microphone_missing = c->speaker_missing = false;
    c->relay_reached = true;
    c->trial.open = false;
    c->phase = phase;
    settle(g, 300);
}

// What hands do about sound: a held key, volumes, and what is off where nothing else says so.
void gallery_hands(struct gallery *g)
{
    struct call *c = &g->call;
    c->loudness = 100;
    c->microphone_on = c->camera_on = true;
    people(c, 2);
    c->members[0].muted = false;
    call_self(c)->level = 0.2f;
    c->hold = CALL_HOLD_TALK;
    settle(g, 1300);
    take(g, "hold-talk");
    c->hold = CALL_HOLD_SILENT;
    c->microphone_on = false;
    call_self(c)->muted = true;
    take(g, "hold-silent");
    c->hold = CALL_HOLD_NONE;
    ui_press(g->ui, "0");
    settle(g, 5000);
    take(g, "mic-off-hidden-2");
    people(c, 9);
    c->loudness = 0;
    take(g, "sound-off-hidden-9");
    ui_press(g->ui, "0");
    c->loudness = 60;
    ui_press(g->ui, "VolumeUp");
    take(g, "volume");
    KEYS(g, "p", "Right");
    c->members[0].volume = 125;
    take(g, "volume-person");
    KEYS(g, "Escape");
    c->microphone_on = true;
    c->loudness = 100;
    settle(g, 5000);
    trial(g);
}

// The same where shapes and lines must do: high contrast, and nothing moves.
static void high(struct gallery *g)
{
    struct call *c = &g->call;
    struct ui_look look = {.text_scale = 100, .high_contrast = true, .reduced_motion = true, .mirror_self = true};
    ui_apply(g->ui, &look, NULL);
    people(c, 9);
    c->members[4].hand = true;
    settle(g, 300);
    KEYS(g, "3", "Right");
    settle(g, 100);
    ui_press(g->ui, "Up");
    take(g, "high-pinned");
    ui_press(g->ui, "Return");
    take(g, "high-person");
    ui_press(g->ui, "Escape");
    ui_press(g->ui, "Escape");
    KEYS(g, "3", "Right", "Right", "Right", "Right", "Right", "Right", "Return");
    take(g, "high-more");
    KEYS(g, "Escape", "Escape");
    look.high_contrast = look.reduced_motion = false;
    ui_apply(g->ui, &look, NULL);
}

// The call screen: pinned pictures, pages, speaker view, hands, trouble, the buttons behind More.
// A screen that is shown: asked for, said, large with the people beside it.
static void screens(struct gallery *g)
{
    struct call *c = &g->call;
    struct call_share *s = &c->share;
    s->count = 2;
    snprintf(s->choice[1], sizeof s->choice[1], "%s", "Quarterly figures - Spreadsheet");
    ui_press(g->ui, "d");
    take(g, "share-ask");
    KEYS(g, "Right", "Return");
    take(g, "share-ask-window");
    ui_press(g->ui, "Escape");
    s->on = c->members[c->member_count - 1].screen = true;
    take(g, "sharing");
    snprintf(s->what, sizeof s->what, "%s", s->choice[1]);
    take(g, "sharing-window");
    s->on = c->members[c->member_count - 1].screen = false;
    c->members[1].screen = true;
    take(g, "screen");
    c->members[1].screen = false;
    *s = (struct call_share){.count = 0};
    settle(g, 400);
}

void gallery_stage(struct gallery *g)
{
    static const size_t pinned[] = {4, 9, 16, 49};
    struct call *c = &g->call;
    char name[64];
    c->microphone_on = c->camera_on = true;
    c->loudness = 100;
    for (size_t i = 0; i < ARRAY_LEN(pinned); i++) {
        people(c, pinned[i]);
        settle(g, 300);
        ui_press(g->ui, "2");
        snprintf(name, sizeof name, "pinned-%zu", pinned[i]);
        take(g, name);
        ui_press(g->ui, "2");
    }
    people(c, 50);
    take(g, "page-1");
    ui_press(g->ui, "Page_Down");
    take(g, "page-2");
    ui_press(g->ui, "Page_Up");
    people(c, 9);
    settle(g, 300);
    KEYS(g, "3", "w");
    take(g, "speaker-pinned");
    KEYS(g, "w", "3", "Right", "Up", "Left");
    take(g, "tile-focus");
    ui_press(g->ui, "Escape");
    c->members[1].hand = c->members[4].hand = c->members[8].hand = true;
    take(g, "hands-9");
    KEYS(g, "Right", "Right", "Right", "Right", "Right", "Right", "Return");
    take(g, "more-host");
    ui_press(g->ui, "Escape");
    ui_press(g->ui, "Escape");
    screens(g);
    stands_still = true;
    settle(g, 5200);
    take(g, "still-5");
    settle(g, 4500);
    take(g, "still-long");
    stands_still = false;
    people(c, 9);
    ui_press(g->ui, "w");
    settle(g, 6000);
    c->members[0].speaking = false;
    c->members[2].muted = false;
    c->members[2].speaking = true;
    settle(g, 2250); // he is heard after 150 ms, and large two seconds later
    char path[512];
    snprintf(path, sizeof path, "%s/speaker-fades.png", g->dir);
    ui_screenshot(g->ui, path);
    take(g, "speaker-changed");
    ui_press(g->ui, "w");
    people(c, 2);
    c->members[0].hand = true;
    take(g, "hand-2");
    gallery_acts(g, 9);
    gallery_acts(g, 2);
    gallery_hands(g);
    high(g);
}
