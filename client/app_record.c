// Recording: what this member opens and sends is written down, and everybody is told so before the first byte.
#include "app_parts.h"

#include "language.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "ui/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECOND = 1000000, FINISH_US = 10 * SECOND, ANSWER_US = 5 * SECOND };

static const uint8_t SOUND = WIRE_SLOT(WIRE_STREAM_AUDIO, 0), PICTURE = WIRE_SLOT(WIRE_STREAM_CAMERA, 0),
                     SCREEN = WIRE_SLOT(WIRE_STREAM_SCREEN, 0);

bool app_record_is_recorder(const struct app *a)
{
    return a->options->headless && a->options->record;
}

// ---- its thread asks and tells ----

static void ask_keyframe(void *ctx, uint16_t member, uint8_t slot)
{
    struct app *a = ctx;
    if (!member) {
        app_media_keyframe(a, slot);
        return;
    }
    struct command *c = command_new(COMMAND_REFRESH);
    c->member = member;
    c->slot = slot;
    if (!transport_command(a->transport, c))
        command_free(c); // it asks again
}

void app_record_create(struct app *a)
{
    a->record.recorder = recorder_create(&(struct recorder_config){a->options->l16, a, ask_keyframe, app_wake});
    a->record.wanted = a->options->record != NULL;
}

void app_record_destroy(struct app *a)
{
    recorder_destroy(a->record.recorder);
}

bool app_record_finish(struct app *a)
{
    if (!a->record.recorder || recorder_finish(a->record.recorder, clock_now_us() + FINISH_US))
        return true;
    log_error("record", "the disk does not answer; what was not written yet is lost");
    return false;
}

// ---- who is here ----

static bool is_in_room(const struct app *a)
{
    return a->call.phase == CALL_IN_ROOM || a->call.phase == CALL_RECONNECTING;
}

static void tell_gone(struct app *a)
{
    struct app_record *r = &a->record;
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct call_member *m = call_member_by_id(&a->call, r->seen[i].member);
        if (m && m->join_id == r->seen[i].join_id)
            r->seen[kept++] = r->seen[i];
        else
            recorder_gone(r->recorder, r->seen[i].member);
    }
    r->count = kept;
}

static void tell_members(struct app *a)
{
    struct app_record *r = &a->record;
    tell_gone(a);
    for (size_t i = 0; i < a->call.member_count; i++) {
        const struct call_member *m = &a->call.members[i];
        if (m->self || !m->known || m->kind == CALL_KIND_RECORDER) // whom the relay alone lists is nobody
            continue;
        size_t k = 0;
        while (k < r->count && r->seen[k].member != m->id)
            k++;
        if (k == CALL_MEMBERS_MAX || (k < r->count && r->seen[k].camera == m->camera))
            continue;
        r->count = MAX(r->count, k + 1);
        r->seen[k] = (struct app_record_seen){m->id, m->join_id, m->camera};
        recorder_member(r->recorder, m->id, m->identity, m->name, m->camera);
    }
}

// ---- begin and end ----

static void say(struct app *a, const char *icon, const char *sentence)
{
    if (a->ui)
        ui_toast(a->ui, icon, "record", sentence);
}

static void event(struct app *a, bool on, const char *file, const char *sentence)
{
    if (a->ipc)
        ipc_event(a->ipc,
                  json_pack("{s:s,s:b,s:s,s:s}", "event", "recording", "on", on, "file", file, "sentence", sentence));
}

// "Parlour 428193 2026-11-22 14.05.mkv", in the folder for what comes from others.
static bool default_path(const struct app *a, char folder[PATHS_MAX], char out[PATHS_MAX])
{
    char name[96];
    struct tm at;
    time_t now = time(NULL);
    size_t n = (size_t)snprintf(name, sizeof name, "Parlour %s%s", a->call.code, a->call.code[0] ? " " : "");
    strftime(name + n, sizeof name - n, "%Y-%m-%d %H.%M.mkv", localtime_r(&now, &at));
    const char *given = a->options->download_dir;
    return (given ? snprintf(folder, PATHS_MAX, "%s", given) < PATHS_MAX : paths_downloads(folder)) &&
           paths_join(out, folder, name);
}

const char *app_record_start(struct app *a, const char *path)
{
    struct app_record *r = &a->record;
    char title[64], folder[PATHS_MAX], own[PATHS_MAX];
    if (!is_in_room(a))
        return N_("There is no call to record.");
    if (r->on || r->asked)
        return N_("This call is being recorded already.");
    struct recorder_figures f;
    recorder_get_figures(r->recorder, &f);
    if (f.state != RECORDER_OFF)
        return N_("The last recording is still being written.");
    if (!path && !default_path(a, folder, own))
        return N_("The folder for recordings cannot be made.");
    snprintf(title, sizeof title, "Parlour %s", a->call.code);
    uint64_t floor = a->options->file_floor_mb ? (uint64_t)a->options->file_floor_mb << 20 : UINT64_MAX;
    struct recorder_order order = {path ? NULL : folder, path ? path : own, title, floor};
    if (!recorder_start(r->recorder, &order))
        return N_("The recording cannot be written there.");
    r->asked = true;
    r->asked_us = clock_now_us();
    return NULL;
}

// Its file is there: others are told, and then it begins.
static void go(struct app *a)
{
    struct app_record *r = &a->record;
    struct recorder_figures f;
    r->asked = r->slow = false;
    r->on = true;
    r->count = 0;
    r->clock_us = 0;
    app_send_state(a);
    recorder_go(r->recorder);
    const struct call_member *self = call_self(&a->call);
    if (!app_record_is_recorder(a)) // which sends nothing
        recorder_member(r->recorder, 0, a->identity_public, self ? self->name : a->options->name, false);
    tell_members(a);
    recorder_get_figures(r->recorder, &f);
    log_info("record", "recording file=%s", f.file);
    event(a, true, f.file, "");
}

const char *app_record_stop(struct app *a)
{
    struct app_record *r = &a->record;
    if (!r->on && !r->asked)
        return N_("Nothing is being recorded.");
    bool told = r->on;
    r->on = r->asked = false;
    recorder_stop(r->recorder); // what waits is written meanwhile
    if (told)
        app_send_state(a);
    a->stats.recording = (struct stats_recording){0};
    return NULL;
}

void app_record_leave(struct app *a)
{
    if (!a->record.on && !a->record.asked)
        return;
    app_record_stop(a);
    a->record.wanted = app_record_is_recorder(a);
}

void app_record_press(struct app *a, bool on)
{
    const char *why = on ? app_record_start(a, NULL) : app_record_stop(a);
    if (why)
        say(a, "warn", why);
}

static void say_saved(struct app *a, const struct recorder_figures *f)
{
    char words[128];
    const char *name = strrchr(f->file, '/');
    snprintf(words, sizeof words, WORD_RECORDED, name ? name + 1 : f->file);
    say(a, "record", f->parts ? words : WORD_RECORDED_NOTHING);
}

static const char *sentence_of(enum recorder_trouble trouble)
{
    switch (trouble) {
    case RECORDER_NO_FOLDER:
        return N_("The folder for recordings cannot be made.");
    case RECORDER_NO_FILE:
        return N_("The recording cannot be written there.");
    case RECORDER_NO_ROOM:
        return N_("The disk is too full to record.");
    case RECORDER_DISK_FULL:
        return N_("The disk is full. The recording has ended.");
    case RECORDER_DISK_FAILS:
        return N_("The disk fails. The recording has ended.");
    default:
        return "";
    }
}

// There is no recording, or no longer: a program that is here for nothing else has nothing more to do.
static void give_up(struct app *a, const char *sentence, int exit_code)
{
    log_error("record", "sentence=\"%s\"", sentence);
    say(a, "warn", sentence);
    if (!app_record_is_recorder(a))
        return;
    fprintf(stderr, "parlour: %s\n", sentence);
    app_end(a, exit_code);
}

// Its thread has ended, by itself or since it was told to.
static void ended(struct app *a, const struct recorder_figures *f)
{
    const char *sentence = sentence_of(f->trouble);
    bool never = a->record.asked;
    app_record_stop(a);
    recorder_join(a->record.recorder);
    event(a, false, f->file, sentence);
    if (!sentence[0])
        say_saved(a, f);
    else
        give_up(a, sentence, never ? EXIT_BAD_CONFIG : EXIT_LOST);
}

// Something that hangs is no file: who asked is told, and the call goes on.
static uint64_t wait_for_file(struct app *a, const struct recorder_figures *f, uint64_t now_us)
{
    struct app_record *r = &a->record;
    if (!r->asked)
        return UINT64_MAX;
    if (!is_in_room(a)) {
        app_record_leave(a);
    } else if (f->state == RECORDER_READY) {
        go(a);
    } else if (now_us >= r->asked_us + ANSWER_US) {
        app_record_stop(a);
        event(a, false, f->file, N_("The disk does not answer. Nothing is recorded."));
        give_up(a, N_("The disk does not answer. Nothing is recorded."), EXIT_BAD_CONFIG);
    } else {
        return r->asked_us + ANSWER_US;
    }
    return now_us;
}

static void tell_slow(struct app *a, const struct recorder_figures *f)
{
    if (!f->slow || a->record.slow)
        return;
    a->record.slow = true; // once a recording
    log_warn("record", "the disk does not follow dropped=%llu", (unsigned long long)f->dropped);
    say(a, "warn", N_("The disk is too slow. Parts of the recording are missing."));
}

// Where our own sound and pictures are on our clock, as meta tells it to the others.
static void tell_clock(struct app *a, uint64_t now_us)
{
    struct recorder *r = a->record.recorder;
    if (now_us < a->record.clock_us + SECOND)
        return;
    a->record.clock_us = now_us;
    recorder_clock(r, 0, SOUND, app_audio_ts(a, now_us), now_us);
    recorder_clock(r, 0, PICTURE, encoded_frame_ts(now_us), now_us);
    recorder_clock(r, 0, SCREEN, encoded_frame_ts(now_us), now_us);
}

static void begin_recorder(struct app *a, const struct recorder_figures *last)
{
    if (!a->record.wanted || !is_in_room(a) || last->state != RECORDER_OFF) // the last one is still being written
        return;
    a->record.wanted = false;
    const char *why = app_record_start(a, a->options->record);
    if (why)
        give_up(a, why, EXIT_BAD_CONFIG);
}

uint64_t app_record_tick(struct app *a, uint64_t now_us)
{
    struct app_record *r = &a->record;
    struct recorder_figures f;
    recorder_get_figures(r->recorder, &f);
    if (f.state == RECORDER_ENDED)
        ended(a, &f);
    recorder_get_figures(r->recorder, &f);
    begin_recorder(a, &f);
    uint64_t next = wait_for_file(a, &f, now_us);
    if (!r->on)
        return next;
    recorder_get_figures(r->recorder, &f);
    tell_slow(a, &f);
    if (!is_in_room(a)) {
        app_record_leave(a);
        return UINT64_MAX;
    }
    tell_members(a);
    tell_clock(a, now_us);
    struct stats_recording *s = &a->stats.recording;
    *s = (struct stats_recording){
        .on = true, .seconds = f.seconds, .bytes = f.bytes, .dropped = f.dropped, .parts = f.parts};
    snprintf(s->file, sizeof s->file, "%s", f.file);
    return r->clock_us + SECOND;
}
