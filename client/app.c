#define _GNU_SOURCE
#include "app_parts.h"
#include "language.h"
#include "reach.h"

#include "sound_device.h"

#include "shared/clock.h"
#include "shared/keys.h"
#include "shared/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SECOND = 1000000, LEVELS_US = SECOND / 10, LONGEST_WAIT_US = SECOND / 2 };

static volatile sig_atomic_t ended_by_signal;

static void on_signal(int number)
{
    (void)number;
    ended_by_signal = 1;
}

// ---- waking and waiting ----

void app_wake(void *ctx)
{
    struct app *a = ctx;
    if (atomic_exchange(&a->wake_pending, true))
        return;
    Uint32 type = atomic_load(&a->wake_event);
    if (type) {
        SDL_Event e = {.type = type};
        if (SDL_PushEvent(&e) != 1)
            atomic_store(&a->wake_pending, false); // the event queue is full: the loop is awake anyway
        return;
    }
    uint64_t one = 1;
    ssize_t ignored = write(a->wake_fd, &one, sizeof one);
    (void)ignored;
}

static void wait_for_events(struct app *a, uint64_t deadline_us)
{
    uint64_t now = clock_now_us();
    uint64_t wait_us = deadline_us > now ? MIN(deadline_us - now, (uint64_t)LONGEST_WAIT_US) : 0;
    if (!atomic_load(&a->wake_event)) {
        struct pollfd fd = {a->wake_fd, POLLIN, 0};
        struct timespec t = {0, (long)wait_us * 1000};
        if (ppoll(&fd, 1, &t, NULL) > 0) {
            uint64_t count;
            ssize_t ignored = read(a->wake_fd, &count, sizeof count);
            (void)ignored;
        }
        return;
    }
    SDL_Event e;
    if (!SDL_WaitEventTimeout(&e, (int)((wait_us + 999) / 1000)))
        return;
    do {
        if (e.type == SDL_QUIT)
            app_action(a, UI_QUIT, 0, NULL);
        else if (e.type != a->wake_event)
            ui_event(a->ui, &e);
    } while (SDL_PollEvent(&e));
}

void app_end(struct app *a, int exit_code)
{
    if (!a->quit)
        a->exit_code = exit_code;
    a->quit = true;
}

// ---- start ----

static bool load_identity(struct app *a)
{
    char path[PATHS_MAX], error[256] = "";
    if (!paths_make(a->options->data_dir) || !paths_join(path, a->options->data_dir, "identity") ||
        !paths_join(a->pins_path, a->options->data_dir, "relays")) {
        fprintf(stderr, "parlour: the folder %s cannot be made. Choose another with --data-dir.\n",
                a->options->data_dir);
        return false;
    }
    if (keys_identity_load(path, a->identity_public, a->identity_secret, error, sizeof error)) {
        sodium_mprotect_readonly(a->identity_secret);
        return true;
    }
    fprintf(stderr, "parlour: %s\n", error);
    return false;
}

static bool make_secrets(struct app *a)
{
    a->identity_secret = sodium_malloc(KEYS_IDENTITY_SECRET);
    return app_recent_create(a) && a->identity_secret;
}

static bool start_transport(struct app *a)
{
    const struct client_options *o = a->options;
    struct transport_config c = reach_config(o, a->pins_path);
    c.l16 = o->l16;
    c.rtp_dump = o->rtp_dump;
    c.ctx = a;
    c.notice = app_notice;
    c.audio = app_media_audio;
    c.video = app_media_video;
    c.clock_map = app_media_clock;
    c.audio_ts = app_audio_ts;
    c.gone = app_media_gone;
    c.keyframe = app_media_keyframe;
    c.rates = app_media_rates;
    c.hold = app_media_hold;
    c.hold_screen = app_share_hold;
    c.identities = a->identities;
    c.met = app_trust_met;
    snprintf(c.session.name, sizeof c.session.name, "%s", o->name);
    memcpy(c.session.identity, a->identity_public, sizeof c.session.identity);
    c.session.identity_secret = a->identity_secret;
    c.session.registers = o->registers;
    c.session.camera_kbps = (unsigned)o->video_bitrate;
    snprintf(a->relay_host, sizeof a->relay_host, "%s", o->relay_host);
    snprintf(a->relay_fingerprint, sizeof a->relay_fingerprint, "%s", o->fingerprint);
    a->relay_port = o->relay_port;
    a->transport = transport_create(&c);
    if (a->transport && transport_start(a->transport))
        return true;
    transport_destroy(a->transport);
    a->transport = NULL;
    return false;
}

static bool open_display(const struct app *a)
{
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    if (SDL_Init(a->options->headless ? 0 : SDL_INIT_VIDEO) == 0)
        return true;
    fprintf(stderr, "parlour: no screen can be opened (%s). Start it on a display or with --headless.\n",
            SDL_GetError());
    return false;
}

static bool bind_keys(const struct client_options *o)
{
    char error[200] = "";
    if (!o->keys || ui_bind(o->keys, error, sizeof error))
        return true;
    fprintf(stderr, "parlour: --keys: %s\n", error);
    return false;
}

static bool start_ui(struct app *a)
{
    const struct client_options *o = a->options;
    const char *error = "";
    a->ui = ui_create(&(struct ui_config){.width = o->width,
                                          .height = o->height,
                                          .fullscreen = o->fullscreen && !o->window,
                                          .kiosk = o->kiosk,
                                          .headless = o->headless,
                                          .display_path = o->display_path,
                                          .title = "Parlour",
                                          .name = o->name,
                                          .text_scale = o->text_scale,
                                          .idle_after = o->idle_after,
                                          .mirror_self = o->mirror,
                                          .high_contrast = strcmp(o->theme, "high-contrast") == 0,
                                          .reduced_motion = o->reduced_motion,
                                          .screen_edges = o->screen_edges,
                                          .settings_pin = o->settings_pin},
                      &(struct ui_ops){a, app_action, app_media_picture, app_media_shown, app_share_picture,
                                       app_share_shown, app_settings_value, app_settings_known, app_devices_known,
                                       app_directory},
                      &error);
    if (!a->ui) {
        fprintf(stderr, "parlour: %s\n", error);
        return false;
    }
    if (!o->headless)
        atomic_store(&a->wake_event, SDL_RegisterEvents(1)); // what came before waits in the mailboxes
    return true;
}

static void enter_first_room(struct app *a)
{
    const struct client_options *o = a->options;
    a->own_room = o->has_invite && o->from_room;
    if (a->own_room)
        app_recent_add(a, &o->invite);
    if (o->create)
        app_create(a);
    else if (o->has_invite)
        app_join(a, &o->invite);
    else
        a->unreached_us = 0; // the home screen waits for ever
}

static int start(struct app *a)
{
    if (!make_secrets(a))
        return EXIT_INTERNAL;
    if (!load_identity(a) || !app_trust_open(a))
        return EXIT_BAD_CONFIG;
    if (!bind_keys(a->options))
        return a->options->keys_typed ? EXIT_USAGE_ERROR : EXIT_BAD_CONFIG;
    if (!open_display(a))
        return EXIT_NO_DEVICE;
    app_ipc_init(a);
    app_settings_open(a);
    if (!ipc_open(&a->ipc, a->options->ipc, app_wake, a))
        return EXIT_BAD_CONFIG;
    if (!app_films_create(a) || !app_media_create(a) || !start_transport(a) || !app_trust_start(a) ||
        !app_files_start(a))
        return EXIT_INTERNAL;
    enter_first_room(a); // the relay and the camera get ready while the window is made
    return start_ui(a) ? EXIT_OK : EXIT_NO_DEVICE;
}

// ---- the loop ----

static void check_timeouts(struct app *a, uint64_t now)
{
    const struct client_options *o = a->options;
    if (o->time_limit && now - a->started_us >= (uint64_t)o->time_limit * SECOND)
        app_end(a, EXIT_OK);
    if (a->retry_us && now >= a->retry_us && app_calls_idle(a)) // not while it rings
        app_action(a, UI_TRY_AGAIN, 0, NULL);
    if (a->call.phase == CALL_JOINING && !a->call.waiting) { // a moment of silence is not worth a word
        bool late = !a->call.relay_reached && now - a->joining_us > 2 * SECOND;
        if (late != (a->call.sentence[0] != 0)) {
            snprintf(a->call.sentence, sizeof a->call.sentence, "%s",
                     late ? language_words(N_("The network works, but calls cannot start yet. Trying again…")) : "");
            ui_invalidate(a->ui);
        }
    }
    bool stays = a->record.on && app_record_is_recorder(a); // it goes on when the room is back
    int code;
    if (o->headless && !stays && !reach_waits(o, a->transport, a->unreached_us, a->ever_in_room, NULL, now, &code))
        app_end(a, code);
}

static void loop(struct app *a)
{
    uint64_t deadline = 0;
    while (!a->quit) {
        wait_for_events(a, deadline);
        atomic_store(&a->wake_pending, false); // before draining: what comes now wakes again
        if (ended_by_signal)
            app_end(a, EXIT_OK);
        app_notices_drain(a);
        app_ipc_serve(a);
        uint64_t now = clock_now_us();
        deadline = app_calls_tick(a, now);
        if (a->call.member_count) {
            if (now - a->levels_us >= LEVELS_US)
                app_media_levels(a, now);
            deadline = MIN(deadline, a->levels_us + LEVELS_US);
        }
        if (a->call.phase == CALL_IN_ROOM)
            a->unreached_us = 0;
        app_recent_show_own(a);
        app_devices_tick(a);
        check_timeouts(a, now);
        deadline = base_sooner(deadline, app_notices_greet_silent(a, now));
        deadline = base_sooner(deadline, app_sounds_tick(a, now));
        deadline = base_sooner(deadline, app_trial_tick(a, now));
        deadline = base_sooner(deadline, app_films_tick(a, now));
        deadline = base_sooner(deadline, app_settings_tick(a, now));
        deadline = base_sooner(deadline, app_record_tick(a, now));
        deadline = base_sooner(deadline, app_files_tick(a, now));
        deadline = base_sooner(deadline, ui_frame(a->ui, &a->call, &a->stats, now));
        deadline = base_sooner(deadline, app_view_tick(a, now));
    }
}

static void stop(struct app *a)
{
    // Stop all, join all, destroy all. Devices first, so that the last thing said is not a half frame; the net thread
    // before speaker and receivers, because it feeds them.
    app_trial_close(a);
    app_devices_close(a);
    app_media_privacy(a, PRIVACY_LEAVE);
    if (a->picture_encoders)
        app_media_leave(a);
    if (a->transport) {
        transport_stop(a->transport);
        transport_join(a->transport);
    }
    if (a->ipc)
        ipc_stop(a->ipc);
    if (a->picture_encoders)
        app_media_stop(a);

    app_media_join(a);
    if (a->ipc)
        ipc_join(a->ipc);

    app_settings_close(a);
    app_files_stop(a);
    app_trust_close(a); // its thread speaks to the net thread
    if (!app_record_finish(a))
        _exit(a->exit_code); // everybody has been told that we go; a disk that hangs must not keep us
    transport_destroy(a->transport);
    app_media_destroy(a);
    sound_device_finish();
    app_trial_destroy(a);
    ipc_destroy(a->ipc);
    ui_destroy(a->ui);
    app_films_destroy(a);
    directory_destroy(a->directory);
    call_destroy(&a->call);
    app_forget_passphrase(a);
}

int app_run(struct client_options *options)
{
    struct app *a = sodium_malloc(sizeof *a);
    if (!a)
        return EXIT_INTERNAL;
    memset(a, 0, sizeof *a);
    a->options = a->changeable = options;
    a->started_us = a->unreached_us = clock_now_us();
    a->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    privacy_init(&a->privacy, strcmp(options->microphone, "none") != 0, strcmp(options->camera, "none") != 0);
    a->call.microphone_on = privacy_wants(&a->privacy, PRIVACY_MICROPHONE);
    a->call.camera_on = privacy_wants(&a->privacy, PRIVACY_CAMERA);
    a->answers = options->auto_answer;
    a->answer_delay_s = (unsigned)options->auto_answer_delay;
    a->silence = options->silence;
    mailbox_init(&a->notices, APP_NOTICES, app_wake, a);
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);

    a->exit_code = start(a);
    if (!options->from_room)
        invite_wipe(&options->invite); // it is the target now, until the room is left
    sodium_mprotect_readonly(options);
    if (a->exit_code == EXIT_OK)
        loop(a);
    stop(a);

    struct notice *n;
    while ((n = mailbox_take(&a->notices)))
        notice_free(n);
    mailbox_destroy(&a->notices, NULL);
    close(a->wake_fd);
    int exit_code = a->exit_code;
    sodium_free(a->identity_secret);
    app_recent_destroy(a);
    sodium_free(a); // wipes
    SDL_Quit();
    return exit_code;
}
