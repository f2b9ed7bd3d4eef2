#include "app_parts.h"

#include "shared/clock.h"
#include "shared/log.h"
#include "language.h"
#include "ui/input.h"
#include "ui/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void on_camera_failed(void *ctx, const char *sentence)
{
    app_devices_tell(ctx, DEVICES_CAMERA, sentence);
}

static void on_mic_failed(void *ctx, const char *sentence)
{
    app_devices_tell(ctx, DEVICES_MICROPHONE, sentence);
}

static void on_speaker_failed(void *ctx, const char *sentence)
{
    app_devices_tell(ctx, DEVICES_SPEAKER, sentence);
}

static void on_camera_said(void *ctx, enum sound_said what, const char *wanted, const char *now)
{
    app_devices_say(ctx, DEVICES_CAMERA, what, wanted, now);
}

static void on_mic_said(void *ctx, enum sound_said what, const char *wanted, const char *now)
{
    app_devices_say(ctx, DEVICES_MICROPHONE, what, wanted, now);
}

static void on_speaker_said(void *ctx, enum sound_said what, const char *wanted, const char *now)
{
    app_devices_say(ctx, DEVICES_SPEAKER, what, wanted, now);
}

// ---- the way out: camera -> encoder -> net, microphone -> Opus -> net ----

static void on_picture(void *ctx, struct AVFrame *frame, uint64_t capture_us)
{
    struct app *a = ctx;
    frame_queue_push(a->self_pictures, frame, 0, 0);
    if (!atomic_load(&a->hold_pictures)) // one left out before it is encoded costs nothing but itself
        picture_encoders_put(a->picture_encoders, frame, capture_us);
}

static bool on_encoded(void *ctx, struct encoded_frame *frame)
{
    struct app *a = ctx;
    recorder_video(a->record.recorder, 0, WIRE_SLOT(WIRE_STREAM_CAMERA, frame->layer), frame->ts, frame->keyframe,
                   frame->data, frame->size, clock_now_us());
    return transport_send_video(a->transport, frame);
}

static void on_audio_encoded(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker)
{
    struct app *a = ctx;
    recorder_audio(a->record.recorder, 0, ts, data, size, clock_now_us());
    transport_send_audio(a->transport, data, size, ts, voice_marker);
}

// ---- the way in: net -> decoders, speaker ----

void app_media_audio(void *ctx, const struct media_packet *p)
{
    struct app *a = ctx;
    recorder_audio(a->record.recorder, p->sender, p->ts, p->payload, p->size, p->now_us);
    if (app_record_is_recorder(a))
        return; // nobody listens, and nothing is decoded
    uint8_t *voice = &a->l16_voices[p->sender / 8], bit = (uint8_t)(1u << p->sender % 8);
    if (a->options->l16 && !(*voice & bit) && speaker_add(a->speaker, p->sender, AUDIO_DECODER_L16))
        *voice |= bit; // a wired room: everybody in it speaks PCM
    speaker_push(a->speaker, p->sender, p->running, p->ts, p->payload, p->size, p->copy, p->now_us);
}

void app_media_video(void *ctx, uint16_t member, uint8_t slot, struct recv_frame *frame)
{
    struct app *a = ctx;
    recorder_video(a->record.recorder, member, slot, frame->ts, frame->keyframe, frame->data, frame->size,
                   frame->arrived_us);
    if (app_record_is_recorder(a))
        free(frame->data); // nobody looks
    else
        receivers_push_video(a->receivers, member, slot, frame);
}

void app_media_clock(void *ctx, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us)
{
    struct app *a = ctx;
    recorder_clock(a->record.recorder, member, slot, ts, local_us);
    app_sync_clock(&a->sync, member, slot, ts, local_us);
    if (wire_stream(slot) == WIRE_STREAM_CAMERA || wire_stream(slot) == WIRE_STREAM_SCREEN)
        receivers_set_clock(a->receivers, member, slot, ts, local_us);
}

void app_media_gone(void *ctx, uint16_t member)
{
    struct app *a = ctx;
    a->l16_voices[member / 8] &= (uint8_t) ~(1u << member % 8);
    app_sync_gone(&a->sync, member);
    speaker_remove(a->speaker, member); // its pictures are closed by main, after NOTICE_LEFT
}

void app_media_keyframe(void *ctx, uint8_t slot)
{
    struct app *a = ctx;
    if (wire_stream(slot) == WIRE_STREAM_CAMERA)
        picture_encoders_keyframe(a->picture_encoders, wire_layer(slot));
    else if (wire_stream(slot) == WIRE_STREAM_SCREEN)
        app_share_keyframe(a, wire_layer(slot));
}

// Net thread.
void app_media_rates(void *ctx, const struct outflow_rates *rates)
{
    struct app *a = ctx;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++) {
        const struct ladder_layer *l = &rates->camera[i];
        picture_encoders_set(a->picture_encoders, i, &(struct picture_size){l->width, l->height, l->fps, l->kbps});
    }
    app_share_rates(a, rates);
    audio_encoder_set_bitrate(a->audio_encoder, rates->audio_kbps);
    audio_encoder_set_loss(a->audio_encoder, rates->loss_pct);
}

// Net thread.
void app_media_hold(void *ctx, bool hold)
{
    struct app *a = ctx;
    atomic_store(&a->hold_pictures, hold);
}

static void ask_keyframe(void *ctx, uint16_t member, uint8_t slot)
{
    struct app *a = ctx;
    struct command *c = command_new(COMMAND_REFRESH);
    c->member = member;
    c->slot = slot;
    if (!transport_command(a->transport, c))
        command_free(c); // the decoder asks again
}

struct AVFrame *app_media_picture(void *ctx, uint16_t member, uint64_t now_us, uint64_t *next_due_us)
{
    struct app *a = ctx;
    if (member == 0)
        return frame_queue_take(a->self_pictures, now_us, next_due_us);
    return receivers_take(a->receivers, member, false, now_us, next_due_us);
}

void app_media_shown(void *ctx, uint16_t member, uint64_t now_us)
{
    struct app *a = ctx;
    if (!member)
        return;
    receivers_shown(a->receivers, member, false, now_us);
    if (!a->picture_seen) {
        a->picture_seen = true;
        log_info("app", "first picture after_ms=%u", (unsigned)((now_us - a->started_us) / 1000));
    }
}

// ---- lifecycle ----

bool app_media_create(struct app *a)
{
    const struct client_options *o = a->options;
    char volumes[PATHS_MAX];
    if (paths_join(volumes, o->data_dir, "volumes"))
        volumes_file_read(volumes, &a->volumes);
    app_sync_create(&a->sync);
    app_record_create(a);
    a->self_pictures = frame_queue_create(app_wake, a);
    a->receivers = receivers_create(&(struct receivers_config){a, ask_keyframe, app_wake});
    a->sounds = sounds_create();
    app_sounds_set(a, o->sounds);
    app_sounds_volume(a, o->sound_volume);
    if (!app_audio_create(a))
        return false;
    a->speaker = speaker_create(&(struct speaker_config){.spec = o->speaker,
                                                         .sounds = a->sounds,
                                                         .ctx = a,
                                                         .on_failed = on_speaker_failed,
                                                         .on_said = on_speaker_said,
                                                         .on_played = app_audio_played});
    a->picture_encoders = picture_encoders_create(&(struct picture_encoders_config){.ctx = a, .on_frame = on_encoded});
    a->audio_encoder = audio_encoder_create(&(struct audio_encoder_config){
        .codec = o->l16 ? AUDIO_ENCODER_L16 : AUDIO_ENCODER_OPUS, .ctx = a, .on_audio = on_audio_encoded});
    if (!a->audio_encoder || !app_share_create(a))
        return false;
    a->call.loudness = o->volume;
    speaker_set_loudness(a->speaker, o->volume);
    return picture_encoders_start(a->picture_encoders) && speaker_start(a->speaker);
}

// What was found missing before says nothing about what is opened now.
static void looked_for(struct app *a, enum devices_kind device)
{
    bool camera = device == DEVICES_CAMERA;
    privacy_event(&a->privacy, camera ? PRIVACY_CAMERA_BACK : PRIVACY_MICROPHONE_BACK);
    *(camera ? &a->call.camera_missing : &a->call.microphone_missing) = false;
}

static void open_camera(struct app *a)
{
    if (a->camera || !strcmp(a->options->camera, "none"))
        return;
    looked_for(a, DEVICES_CAMERA);
    a->camera = camera_create(&(struct camera_config){.spec = a->options->camera,
                                                      .ctx = a,
                                                      .on_picture = on_picture,
                                                      .on_failed = on_camera_failed,
                                                      .on_said = on_camera_said});
    if (camera_start(a->camera))
        return;
    camera_destroy(a->camera);
    a->camera = NULL;
    app_devices_tell(a, DEVICES_CAMERA, WORD_CAMERA_NO_START);
}

static void close_camera(struct app *a)
{
    if (!a->camera)
        return;
    camera_stop(a->camera);
    camera_join(a->camera);
    camera_destroy(a->camera);
    a->camera = NULL;
    frame_queue_clear(a->self_pictures);
}

// Muted: it may listen, for the person alone, and nothing of it is delivered.
static void open_mic(struct app *a, bool muted)
{
    if (!strcmp(a->options->microphone, "none"))
        return;
    bool fresh = !a->mic;
    if (fresh) {
        looked_for(a, DEVICES_MICROPHONE);
        app_audio_opens(a);
        a->mic = mic_create(&(struct mic_config){.spec = a->options->microphone,
                                                 .ctx = a,
                                                 .on_pcm = app_audio_heard,
                                                 .on_failed = on_mic_failed,
                                                 .on_said = on_mic_said});
    }
    mic_set_muted(a->mic, muted); // of a fresh one before there is a thread of it
    mic_set_listening(a->mic, a->options->listen_while_muted);
    if (!fresh || mic_start(a->mic))
        return;
    mic_destroy(a->mic);
    a->mic = NULL;
    app_devices_tell(a, DEVICES_MICROPHONE, WORD_MICROPHONE_NO_START);
}

static void close_mic(struct app *a)
{
    if (!a->mic)
        return;
    mic_stop(a->mic);
    mic_join(a->mic);
    mic_destroy(a->mic);
    a->mic = NULL;
}

void app_media_privacy(struct app *a, enum privacy_event e)
{
    privacy_event(&a->privacy, e);
    a->call.microphone_on = privacy_wants(&a->privacy, PRIVACY_MICROPHONE);
    a->call.camera_on = privacy_wants(&a->privacy, PRIVACY_CAMERA);
    a->call.hold = !a->privacy.held ? CALL_HOLD_NONE : a->call.microphone_on ? CALL_HOLD_TALK : CALL_HOLD_SILENT;
    if (privacy_open(&a->privacy, PRIVACY_CAMERA))
        open_camera(a);
    else
        close_camera(a); // its light goes out
    if (privacy_open(&a->privacy, PRIVACY_MICROPHONE))
        open_mic(a, false);
    else if (a->privacy.place == PRIVACY_INSIDE && (a->mic || a->options->listen_while_muted))
        open_mic(a, true); // its thread closes the device, unless it listens: here nobody waits for that
    else
        close_mic(a);
}

void app_media_listen(struct app *a)
{
    bool muted = a->privacy.place == PRIVACY_INSIDE && !privacy_open(&a->privacy, PRIVACY_MICROPHONE);
    if (muted && (a->mic || a->options->listen_while_muted))
        open_mic(a, true);
    else if (a->mic)
        mic_set_listening(a->mic, a->options->listen_while_muted);
}

void app_media_reopen(struct app *a, bool camera)
{
    const char *spec = camera ? a->options->camera : a->options->microphone;
    bool none = strcmp(spec, "none") == 0;
    if (camera) {
        close_camera(a);
        app_media_privacy(a, none ? PRIVACY_CAMERA_LOST : PRIVACY_CAMERA_BACK);
    } else {
        close_mic(a);
        app_media_privacy(a, none ? PRIVACY_MICROPHONE_LOST : PRIVACY_MICROPHONE_BACK);
    }
    app_send_state(a);
}

static void keep_volumes(struct app *a)
{
    char path[PATHS_MAX];
    if (a->volumes_changed && paths_join(path, a->options->data_dir, "volumes"))
        volumes_file_write(path, &a->volumes);
    a->volumes_changed = false;
}

void app_media_leave(struct app *a)
{
    keep_volumes(a);
    picture_encoders_pause(a->picture_encoders);
    app_share_end(a);
    app_record_leave(a);
    receivers_close_all(a->receivers);
}

void app_media_stop(struct app *a)
{
    if (a->picture_encoders)
        picture_encoders_stop(a->picture_encoders);
    app_share_stop(a);
    if (a->speaker)
        speaker_stop(a->speaker);
}

void app_media_join(struct app *a)
{
    if (a->picture_encoders)
        picture_encoders_join(a->picture_encoders);
    app_share_join(a);
    if (a->speaker)
        speaker_join(a->speaker);
}

void app_media_destroy(struct app *a)
{
    picture_encoders_destroy(a->picture_encoders);
    app_share_destroy(a);
    audio_encoder_destroy(a->audio_encoder);
    speaker_destroy(a->speaker);
    audio_processing_destroy(a->audio_processing);
    sounds_destroy(a->sounds);
    if (a->receivers)
        receivers_destroy(a->receivers);
    frame_queue_destroy(a->self_pictures);
    app_record_destroy(a);
    app_sync_destroy(&a->sync);
}

// ---- levels and statistics ----

const char *app_media_volume(struct app *a, uint16_t member, int percent)
{
    struct call_member *m = call_member_by_id(&a->call, member);
    if (!m)
        return "nobody here has this id";
    if (m->self)
        return "one does not hear oneself";
    m->volume = CLAMP(percent, 0, VOLUMES_MOST);
    volumes_set(&a->volumes, m->identity, m->volume);
    a->volumes_changed = true;
    speaker_set_volume(a->speaker, member, m->volume);
    return NULL;
}

static void say_muted(struct app *a)
{
    const char *cap = _(input_cap(INPUT_MICROPHONE));
    char sentence[200];
    snprintf(sentence, sizeof sentence, cap[0] ? WORD_SPEAKS_MUTED : WORD_YOUR_MICROPHONE_OFF, cap);
    log_info("app", "device=microphone sentence=\"%s\"", sentence);
    ui_toast(a->ui, "mic-off", "microphone", sentence);
}

static void tell_muted(struct app *a, bool others, uint64_t now_us)
{
    bool listens = a->mic && a->options->listen_while_muted && !a->call.microphone_on &&
                   a->call.hold == CALL_HOLD_NONE; // who holds it off knows
    if (!listens)
        a->mute_hint = (struct mute_hint){0};
    else if (mute_hint_look(&a->mute_hint, mic_level(a->mic) > CALL_SPEAKING_LEVEL, others, now_us) && a->ui)
        say_muted(a);
}

void app_media_levels(struct app *a, uint64_t now_us)
{
    bool changed = false, others = false;
    for (size_t i = 0; i < a->call.member_count; i++) {
        struct call_member *m = &a->call.members[i];
        struct speaker_figures f = {0};
        float level = 0;
        if (m->self)
            level = a->mic && a->call.microphone_on ? mic_level(a->mic) : 0;
        else if (speaker_get_figures(a->speaker, m->id, &f))
            level = f.level;
        changed |= call_hear(m, level, now_us);
        others |= m->speaking && !m->self;
    }
    tell_muted(a, others, now_us);
    if (changed && a->ui)
        ui_invalidate(a->ui);
    a->levels_us = now_us;
    app_sync_look(a, now_us);
}

static void merge_video(struct stats *s, const struct stats_stream *from)
{
    struct stats_stream *to = stats_find(s, from->member, from->slot);
    if (!to)
        return;
    struct stats_stream net = *to;
    *to = *from;
    to->fps_in = net.fps_in;
    to->bitrate_kbps = net.bitrate_kbps;
    to->jitter_ms = net.jitter_ms;
    to->lost = net.lost;
    to->nacks = net.nacks;
    to->repaired = net.repaired;
    to->keyframe_requests = net.keyframe_requests;
    to->wanted_layer = net.wanted_layer;
    to->limit_kbps = net.limit_kbps;
    to->number = net.number;
    to->number_ts = net.number_ts;
    to->number_rate = net.number_rate;
    memcpy(to->reason, net.reason, sizeof to->reason);
}

static void measure_process(struct app *a, uint64_t now_us)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    uint64_t cpu = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000u +
                   (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    uint64_t presents = a->ui ? ui_presents(a->ui) : 0;
    if (a->stats_us && now_us > a->stats_us) {
        double seconds = (double)(now_us - a->stats_us) / 1e6;
        a->stats.call.process_cpu_pct = (double)(cpu - a->cpu_us) / 1e4 / seconds;
        a->stats.call.presents_per_s = (double)(presents - a->presents) / seconds;
    }
    a->cpu_us = cpu;
    a->presents = presents;
    a->stats_us = now_us;
}

void app_media_stats(struct app *a, uint64_t now_us)
{
    static struct stats fresh; // main thread only; large
    static struct stats_stream video[RECEIVERS_MAX];
    transport_get_stats(a->transport, &fresh);
    size_t videos = receivers_fill_stats(a->receivers, now_us, video, RECEIVERS_MAX);
    for (size_t i = 0; i < videos; i++)
        merge_video(&fresh, &video[i]);
    for (size_t i = 0; i < fresh.stream_count; i++) {
        struct stats_stream *st = &fresh.streams[i];
        struct speaker_figures f;
        app_cameras_newest(a, st, now_us);
        if (strcmp(st->slot, "audio") == 0 && speaker_get_figures(a->speaker, st->member, &f)) {
            st->concealed_pct = f.concealed_pct;
            st->fec_pct = f.fec_pct;
            st->copies_pct = f.copies_pct;
            st->target_ms = f.target_ms;
            app_sync_stats(a, st, &f);
        }
    }
    a->stats.call = fresh.call;
    app_audio_choose_frame(a, now_us);
    app_audio_stats(a, &a->stats.audio);
    memcpy(a->stats.streams, fresh.streams, sizeof fresh.streams);
    a->stats.stream_count = fresh.stream_count;
    memcpy(a->stats.files, fresh.files, sizeof fresh.files);
    a->stats.file_count = fresh.file_count;
    measure_process(a, now_us);
    stats_remember(&a->stats);
    if (a->ui)
        ui_invalidate(a->ui);
}
