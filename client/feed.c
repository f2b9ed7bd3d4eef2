#include "feed.h"

#include "audio_block.h"
#include "send/audio_encoder.h"
#include "send/camera.h"
#include "send/direct.h"
#include "send/mic.h"
#include "send/picture_encoders.h"
#include "send/video_encoder.h"
#include "tcp_feed.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <jansson.h>
#include <libavutil/frame.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, TELL_US = SECOND, FEED_ID_MAX = 65535 };

struct feed_seen { // of its pictures
    unsigned width, height;
    uint32_t seq;
    uint64_t newest_us; // CLOCK_MONOTONIC, when the newest was taken
    bool up;
    struct direct_layer_state whole; // of a source that is coded already
    char sentence[CALL_SENTENCE_MAX];
};

struct feed {
    struct feed_config config;
    char name[CALL_NAME_MAX];
    char *spec, *microphone;
    struct node *node;           // NULL: in no room
    struct tcp_feed *tcp;        // NULL: no stock viewers
    struct video_encoder *whole; // for them: no line is measured, so it stays as it is. NULL with `direct`
    struct picture_encoders *encoders;
    struct audio_encoder *audio_encoder; // NULL = without sound
    struct mic *mic;
    struct direct *direct; // a source that may be coded already, instead of a camera and encoders
    struct camera *camera; // the owner's thread
    atomic_bool hold;      // too much waits to be sent
    pthread_mutex_t mutex; // covers `seen`
    struct feed_seen seen;

    // The owner's thread.
    struct feed_seen told; // as the room was told last
    double fps, told_fps;
    uint32_t counted; // seq when it was last counted, then
    uint64_t counted_us;
};

// ---- the way out ----

static void on_picture(void *ctx, struct AVFrame *frame, uint64_t capture_us)
{
    struct feed *f = ctx;
    pthread_mutex_lock(&f->mutex);
    bool first = !f->seen.up;
    f->seen.width = (unsigned)frame->width;
    f->seen.height = (unsigned)frame->height;
    f->seen.seq++;
    f->seen.newest_us = capture_us;
    f->seen.up = true;
    pthread_mutex_unlock(&f->mutex);
    if (!atomic_load(&f->hold))
        picture_encoders_put(f->encoders, frame, capture_us);
    if (f->whole)
        video_encoder_put(f->whole, frame, capture_us);
    if (first)
        node_group_wake(f->config.group);
}

static void on_failed(void *ctx, const char *sentence)
{
    struct feed *f = ctx;
    pthread_mutex_lock(&f->mutex);
    snprintf(f->seen.sentence, sizeof f->seen.sentence, "%s", sentence);
    f->seen.up = f->seen.up && !*sentence;
    pthread_mutex_unlock(&f->mutex);
    log_info("feed", "camera=%s sentence=\"%s\"", f->name, *sentence ? sentence : "pictures come again");
    node_group_wake(f->config.group);
}

static bool on_encoded(void *ctx, struct encoded_frame *frame)
{
    struct feed *f = ctx;
    return node_send_video(f->node, frame);
}

// Of what is coded already only those are counted that somebody gets: while nobody watches none is taken out.
static void count_direct(struct feed *f, uint64_t capture_us)
{
    pthread_mutex_lock(&f->mutex);
    f->seen.seq += capture_us > f->seen.newest_us; // one that is coded anew for a newcomer is no other picture
    f->seen.newest_us = MAX(f->seen.newest_us, capture_us);
    pthread_mutex_unlock(&f->mutex);
}

static bool on_direct(void *ctx, struct encoded_frame *frame)
{
    struct feed *f = ctx;
    bool stock = frame->layer == DIRECT_STOCK;
    if (!stock || !f->node)
        count_direct(f, frame->capture_us);
    return stock ? tcp_feed_put(f->tcp, frame) : node_send_video(f->node, frame);
}

static void on_direct_state(void *ctx, const struct direct_state *state)
{
    struct feed *f = ctx;
    pthread_mutex_lock(&f->mutex);
    bool news = state->up ? f->seen.sentence[0] : !f->seen.sentence[0];
    f->seen.up = state->up;
    f->seen.whole = state->layer[0];
    f->seen.width = state->layer[0].width;
    f->seen.height = state->layer[0].height;
    snprintf(f->seen.sentence, sizeof f->seen.sentence, "%s", state->up ? "" : "No picture comes from the source.");
    pthread_mutex_unlock(&f->mutex);
    if (news)
        log_info("feed", "camera=%s %s", f->name,
                 state->up ? "pictures come again" : "no picture comes from the source");
    node_group_wake(f->config.group);
}

static bool on_whole(void *ctx, struct encoded_frame *frame)
{
    struct feed *f = ctx;
    return tcp_feed_put(f->tcp, frame);
}

static void on_tcp_watched(void *ctx, bool any)
{
    struct feed *f = ctx;
    if (f->direct)
        direct_watch_layer(f->direct, DIRECT_STOCK, any);
    else
        video_encoder_set_active(f->whole, any);
}

static void on_tcp_keyframe(void *ctx)
{
    struct feed *f = ctx;
    if (f->direct)
        direct_keyframe(f->direct, DIRECT_STOCK);
    else
        video_encoder_request_keyframe(f->whole);
}

static void on_pcm(void *ctx, const int16_t *samples, size_t count, uint64_t capture_us)
{
    struct feed *f = ctx;
    audio_encoder_push(f->audio_encoder, samples, count, capture_us);
}

static void on_audio(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker)
{
    struct feed *f = ctx;
    node_send_audio(f->node, data, size, ts, voice_marker);
}

static void on_mic_failed(void *ctx, const char *sentence)
{
    const struct feed *f = ctx;
    log_info("feed", "microphone of camera=%s sentence=\"%s\"", f->name, *sentence ? sentence : "it works again");
}

// ---- the net thread ----

static void on_keyframe(void *ctx, uint8_t slot)
{
    struct feed *f = ctx;
    if (wire_stream(slot) == WIRE_STREAM_CAMERA && f->direct)
        direct_keyframe(f->direct, wire_layer(slot));
    else if (wire_stream(slot) == WIRE_STREAM_CAMERA)
        picture_encoders_keyframe(f->encoders, wire_layer(slot));
}

static void on_rates(void *ctx, const struct outflow_rates *rates)
{
    struct feed *f = ctx;
    if (f->direct)
        direct_watch_layer(f->direct, 0, rates->camera[0].kbps > 0);
    for (unsigned i = 0; i < BUDGET_LAYERS && !f->direct; i++) {
        const struct ladder_layer *l = &rates->camera[i];
        picture_encoders_set(f->encoders, i, &(struct picture_size){l->width, l->height, l->fps, l->kbps});
    }
    if (f->audio_encoder) {
        audio_encoder_set_bitrate(f->audio_encoder, rates->audio_kbps);
        audio_encoder_set_loss(f->audio_encoder, rates->loss_pct);
    }
}

static void on_hold(void *ctx, bool hold)
{
    struct feed *f = ctx;
    atomic_store(&f->hold, hold);
}

static uint32_t on_audio_ts(void *ctx, uint64_t now_us)
{
    struct feed *f = ctx;
    return f->audio_encoder ? audio_encoder_ts(f->audio_encoder, now_us) : encoded_frame_audio_ts(now_us);
}

static bool on_counted(void *ctx, uint32_t *number, uint32_t *ts)
{
    struct feed *f = ctx;
    pthread_mutex_lock(&f->mutex);
    *number = f->seen.seq;
    *ts = encoded_frame_ts(f->seen.newest_us);
    pthread_mutex_unlock(&f->mutex);
    return *number != 0;
}

// ---- what the room is told ----

static bool is_direct(const struct feed_seen *seen)
{
    return seen->whole.way == DIRECT_PASSED;
}

static void tell_layers(struct feed *f, const struct feed_seen *seen)
{
    struct command *c = command_new(COMMAND_LAYERS);
    const struct direct_layer_state *w = &seen->whole;
    if (seen->up && w->way != DIRECT_NONE) {
        c->layers[0].width = w->width;
        c->layers[0].height = w->height;
        c->layers[0].fps = w->fps;
        c->layers[0].kbps = w->kbps;
    }
    node_command(f->node, c);
}

static void tell(struct feed *f, const struct feed_seen *seen)
{
    char about[200];
    if (f->direct && f->node &&
        (f->told.up != seen->up || memcmp(&f->told.whole, &seen->whole, sizeof seen->whole) != 0))
        tell_layers(f, seen);
    f->told = *seen;
    f->told_fps = f->fps;
    if (!f->node)
        return;
    snprintf(about, sizeof about,
             "{\"id\":%u,\"fixed\":%s,\"w\":%u,\"h\":%u,\"fps\":%u,\"up\":%s,\"direct\":%s,\"seq\":%u}", f->config.id,
             f->config.fixed_id ? "true" : "false", seen->width, seen->height, (unsigned)lround(f->fps),
             seen->up ? "true" : "false", is_direct(seen) ? "true" : "false", (unsigned)seen->seq);
    node_set_state(f->node, f->mic != NULL, seen->up, about);
}

// The number that another camera here has; 0 = it is none, or has not said.
static unsigned number_of(const struct call_member *m, bool *fixed)
{
    json_t *about = m->told && m->kind == CALL_KIND_CAMERA ? json_loads(m->about, 0, NULL) : NULL;
    json_int_t id = json_integer_value(json_object_get(about, "id"));
    *fixed = json_is_true(json_object_get(about, "fixed"));
    json_decref(about);
    return id > 0 && id <= FEED_ID_MAX ? (unsigned)id : 0;
}

static unsigned free_number(const struct feed *f)
{
    bool taken[CALL_MEMBERS_MAX + 2] = {true}, fixed;
    size_t count;
    unsigned id = 1;
    const struct call_member *m = node_members(f->node, &count);
    for (size_t i = 0; i < count; i++)
        taken[MIN(number_of(&m[i], &fixed), CALL_MEMBERS_MAX + 1u)] = true;
    while (id < CALL_MEMBERS_MAX && taken[id])
        id++;
    return id;
}

// Two with one number: who was given it keeps it, else who is first in the room.
static void on_told(void *ctx, const struct notice *n)
{
    struct feed *f = ctx;
    const struct call_member *m = n->type == NOTICE_STATE ? node_member(f->node, n->member) : NULL;
    bool fixed;
    if (!m || f->config.fixed_id || number_of(m, &fixed) != f->config.id || (!fixed && m->id > node_self(f->node)))
        return;
    const struct feed_seen seen = f->told;
    f->config.id = free_number(f);
    tell(f, &seen);
}

static void count(struct feed *f, const struct feed_seen *seen, uint64_t now_us)
{
    if (f->direct)
        f->fps = seen->up ? seen->whole.fps : 0;
    if (f->direct || now_us - f->counted_us < TELL_US)
        return;
    if (f->counted_us)
        f->fps = (double)(seen->seq - f->counted) * 1e6 / (double)(now_us - f->counted_us);
    f->counted = seen->seq;
    f->counted_us = now_us;
}

uint64_t feed_serve(struct feed *f, uint64_t now_us)
{
    struct feed_seen seen;
    pthread_mutex_lock(&f->mutex);
    seen = f->seen;
    pthread_mutex_unlock(&f->mutex);
    count(f, &seen, now_us);
    bool other_rate = fabs(f->fps - f->told_fps) > 1 + f->told_fps / 10;
    bool other_source = memcmp(&seen.whole, &f->told.whole, sizeof seen.whole) != 0;
    if (other_source || seen.up != f->told.up || seen.width != f->told.width || seen.height != f->told.height ||
        other_rate)
        tell(f, &seen);
    uint64_t look_us = f->direct ? now_us + TELL_US : f->counted_us + TELL_US;
    return f->node ? MIN(node_serve(f->node, now_us), look_us) : look_us;
}

void feed_get_figures(struct feed *f, uint64_t now_us, struct feed_figures *out)
{
    struct stats *stats = base_alloc(sizeof *stats);
    struct feed_seen seen;
    pthread_mutex_lock(&f->mutex);
    seen = f->seen;
    pthread_mutex_unlock(&f->mutex);
    if (f->node)
        node_stats(f->node, stats);
    *out = (struct feed_figures){.id = f->config.id,
                                 .phase = f->node ? node_phase(f->node) : NODE_APART,
                                 .member = f->node ? node_self(f->node) : 0,
                                 .tcp_viewers = f->tcp ? tcp_feed_viewers(f->tcp) : 0,
                                 .width = seen.width,
                                 .height = seen.height,
                                 .fps = seen.up ? f->fps : 0,
                                 .up = seen.up,
                                 .direct = is_direct(&seen),
                                 .seq = seen.seq,
                                 .age_ms = seen.newest_us ? (int64_t)(now_us - seen.newest_us) / 1000 : -1};
    memcpy(out->name, f->name, sizeof out->name);
    memcpy(out->sentence, seen.sentence, sizeof out->sentence);
    for (unsigned i = 0; i < STATS_LAYERS; i++)
        out->watchers = MAX(out->watchers, stats->call.layers[i].watchers);
    free(stats);
}

// ---- lifecycle ----

static bool make_direct(struct feed *f)
{
    if (!direct_takes(f->spec))
        return true;
    f->direct = direct_create(&(struct direct_config){.spec = {f->spec},
                                                      .stock = f->config.tcp_address != NULL,
                                                      .ctx = f,
                                                      .on_frame = on_direct,
                                                      .on_state = on_direct_state});
    return f->direct != NULL;
}

static bool open_camera(struct feed *f)
{
    if (f->direct)
        return direct_start(f->direct);
    f->camera = camera_create(&(struct camera_config){.spec = f->spec,
                                                      .width_max = f->config.width,
                                                      .height_max = f->config.height,
                                                      .fps = f->config.fps,
                                                      .ctx = f,
                                                      .on_picture = on_picture,
                                                      .on_failed = on_failed});
    return camera_start(f->camera);
}

static void close_camera(struct feed *f)
{
    if (f->direct)
        direct_join(f->direct);
    if (!f->camera)
        return;
    camera_stop(f->camera);
    camera_join(f->camera);
    camera_destroy(f->camera);
    f->camera = NULL;
}

bool feed_set_limits(struct feed *f, unsigned width, unsigned height, unsigned fps)
{
    if (f->direct)
        return false;
    f->config.width = width ? width : f->config.width;
    f->config.height = height ? height : f->config.height;
    f->config.fps = fps ? fps : f->config.fps;
    close_camera(f);
    if (!open_camera(f))
        on_failed(f, "The camera cannot be opened.");
    return true;
}

static bool make_sound(struct feed *f)
{
    if (!f->microphone)
        return true;
    f->audio_encoder = audio_encoder_create(&(struct audio_encoder_config){.ctx = f, .on_audio = on_audio});
    f->mic =
        mic_create(&(struct mic_config){.spec = f->microphone, .ctx = f, .on_pcm = on_pcm, .on_failed = on_mic_failed});
    return f->audio_encoder != NULL;
}

static bool make_tcp(struct feed *f)
{
    char error[200] = "";
    if (!f->config.tcp_address)
        return true;
    f->tcp = tcp_feed_create(&(struct tcp_feed_config){.address = f->config.tcp_address,
                                                       .port = f->config.tcp_port,
                                                       .ctx = f,
                                                       .watched = on_tcp_watched,
                                                       .keyframe = on_tcp_keyframe},
                             error, sizeof error);
    if (!f->tcp) {
        fprintf(stderr, "parlour: %s\n", error);
        return false;
    }
    if (!f->direct) {
        f->whole = video_encoder_create(&(struct video_encoder_config){
            .name = "encoder tcp", .fps = f->config.fps, .kbps = f->config.kbps, .ctx = f, .on_frame = on_whole});
        video_encoder_set_active(f->whole, false);
    }
    fprintf(stderr, "parlour: %s: tcp://%s:%u is not sealed. Whoever reaches it sees the picture.\n", f->name,
            f->config.tcp_address, f->config.tcp_port);
    return true;
}

static bool join_room(struct feed *f)
{
    f->node = node_create(f->config.group, &(struct node_config){.name = f->name,
                                                                 .kind = CALL_KIND_CAMERA,
                                                                 .deaf = true,
                                                                 .kbps = f->config.kbps,
                                                                 .fixed = f->direct != NULL,
                                                                 .ctx = f,
                                                                 .told = on_told,
                                                                 .audio_ts = on_audio_ts,
                                                                 .counted = on_counted,
                                                                 .keyframe = on_keyframe,
                                                                 .rates = on_rates,
                                                                 .hold = on_hold});
    return f->node != NULL;
}

struct feed *feed_create(const struct feed_config *config)
{
    struct feed *f = base_alloc(sizeof *f);
    f->config = *config;
    snprintf(f->name, sizeof f->name, "%s", config->name);
    f->spec = base_strdup(config->spec);
    if (config->microphone && strcmp(config->microphone, "none") != 0)
        f->microphone = base_strdup(config->microphone);
    f->config.name = f->name;
    f->config.spec = f->spec;
    f->config.microphone = f->microphone;
    pthread_mutex_init(&f->mutex, NULL);
    f->encoders = picture_encoders_create(&(struct picture_encoders_config){.ctx = f, .on_frame = on_encoded});
    if (make_direct(f) && make_tcp(f) && make_sound(f) && (!config->in_room || join_room(f)))
        return f;
    feed_destroy(f);
    return NULL;
}

bool feed_start(struct feed *f)
{
    tell(f, &f->seen);
    return (!f->node || node_start(f->node)) && picture_encoders_start(f->encoders) &&
           (!f->whole || video_encoder_start(f->whole)) && (!f->tcp || tcp_feed_start(f->tcp)) && open_camera(f) &&
           (!f->mic || mic_start(f->mic));
}

// Devices first, so that the last thing said is not a half frame; then the threads that speak to the encoders.
void feed_stop(struct feed *f)
{
    if (f->camera)
        camera_stop(f->camera);
    if (f->direct)
        direct_stop(f->direct);
    if (f->mic)
        mic_stop(f->mic);
    picture_encoders_pause(f->encoders);
    if (f->node)
        node_stop(f->node);
    if (f->tcp)
        tcp_feed_stop(f->tcp);
}

void feed_join(struct feed *f)
{
    if (f->mic)
        mic_join(f->mic);
    close_camera(f);
    if (f->node)
        node_join(f->node);
    picture_encoders_stop(f->encoders);
    picture_encoders_join(f->encoders);
    if (f->tcp)
        tcp_feed_join(f->tcp);
    if (!f->whole)
        return;
    video_encoder_stop(f->whole);
    video_encoder_join(f->whole);
}

void feed_destroy(struct feed *f)
{
    if (!f)
        return;
    mic_destroy(f->mic);
    node_destroy(f->node);
    picture_encoders_destroy(f->encoders);
    direct_destroy(f->direct);
    audio_encoder_destroy(f->audio_encoder);
    video_encoder_destroy(f->whole);
    tcp_feed_destroy(f->tcp);
    pthread_mutex_destroy(&f->mutex);
    free(f->spec);
    free(f->microphone);
    free(f);
}

struct node *feed_node(struct feed *f)
{
    return f->node;
}

const struct feed_config *feed_settings(const struct feed *f)
{
    return &f->config;
}
