#include "direct.h"

#include "camera_input.h"
#include "client/thread.h"
#include "direct_layer.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "stream_source.h"

#include <libavcodec/avcodec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRY_US = 500000,
    RETRY_MOST_US = 10000000,
    SOON_US = 300000,
    LEAK_US = 100,       // so much a unit a live source's clock may be slower than ours
    FAR_US = 1000000,    // a live source's clock has jumped
    BEHIND_US = 1000000, // a file is not caught up with any more
    DONE_US = 60000000,  // nothing to do
    STATE_US = 1000000,  // rates are looked at
    MADE_WIDTH = 1280,   // what is coded anew as a whole is no larger
    MADE_HEIGHT = 720,
    MADE_KBPS = 2000
};

struct quality { // of a film; the reading thread's alone
    struct direct_layer *layer;
    struct stream_source *source;
    char *spec;
    struct stream_unit unit; // the next one
    bool has_unit, over;
};

struct direct {
    struct direct_config config; // fixed by create
    struct quality quality[DIRECT_LAYERS];
    struct camera_wake wake; // ends reads at stop
    pthread_t thread;
    bool running;

    pthread_mutex_t mutex; // covers down to the blank line
    pthread_cond_t cond;   // an order came
    bool stopping, playing, sought;
    uint64_t seek_us;
    // The film's clock: at anchor_us of ours it stands, or stood, at place_us of its own.
    uint64_t anchor_us, place_us;

    struct direct_state state; // the reading thread's alone, like the rest
    bool told;
    uint64_t looked_us; // at the rates
    int64_t offset_us;  // live: ours minus the source's, at its fastest
    bool has_offset;
    int64_t last_live_us;
};

bool direct_takes(const char *spec)
{
    static const char *const coded[] = {"h264:", "mpegts:", "file:"};
    for (size_t i = 0; i < ARRAY_LEN(coded); i++)
        if (strncmp(spec, coded[i], strlen(coded[i])) == 0)
            return true;
    return strstr(spec, "://") || camera_input_is_regular(spec) || camera_input_is_fifo(spec);
}

struct direct *direct_create(const struct direct_config *config)
{
    struct direct *d = base_alloc(sizeof *d);
    d->config = *config;
    if (!camera_wake_init(&d->wake)) {
        free(d);
        return NULL;
    }
    pthread_mutex_init(&d->mutex, NULL);
    thread_cond_init(&d->cond);
    for (unsigned i = 0; i < DIRECT_LAYERS; i++) {
        struct quality *q = &d->quality[i];
        q->spec = config->spec[i] ? base_strdup(config->spec[i]) : NULL;
        q->layer = direct_layer_create(&(struct direct_layer_config){i, config->ctx, config->on_frame});
        d->config.spec[i] = q->spec;
    }
    d->playing = !config->film;
    d->anchor_us = clock_now_us();
    return d;
}

// ---- what others are told ----

static void tell(struct direct *d, const struct direct_state *state)
{
    if (d->told && memcmp(state, &d->state, sizeof *state) == 0)
        return;
    d->told = true;
    d->state = *state;
    if (d->config.on_state)
        d->config.on_state(d->config.ctx, state);
}

static struct direct_layer_state describe(const struct quality *q)
{
    struct direct_layer_state s;
    memset(&s, 0, sizeof s); // compared as bytes
    if (!q->source)
        return s;
    const struct stream_info *i = stream_source_info(q->source);
    s.way = i->why == STREAM_PASSES ? DIRECT_PASSED : DIRECT_MADE;
    s.width = i->width;
    s.height = i->height;
    s.fps = i->fps;
    s.kbps = i->kbps;
    return s;
}

// Where nothing is known: as much as a picture of this size mostly takes.
static unsigned usual_kbps(unsigned width, unsigned height)
{
    return 200 + (MADE_KBPS - 200) * (width * height / 100) / (MADE_WIDTH * MADE_HEIGHT / 100);
}

// What is coded anew as a whole is no larger than anybody's camera.
static struct stream_info made(const struct stream_info *from)
{
    struct stream_info i = *from;
    if (i.why == STREAM_PASSES)
        return i;
    double by = MIN(MIN((double)MADE_WIDTH / MAX(i.width, 1u), (double)MADE_HEIGHT / MAX(i.height, 1u)), 1.0);
    i.width = (unsigned)(i.width * by + 0.5) & ~1u;
    i.height = (unsigned)(i.height * by + 0.5) & ~1u;
    i.fps = MIN(i.fps, 30u);
    unsigned enough = usual_kbps(i.width, i.height);
    i.kbps = i.kbps ? MIN(i.kbps, enough) : enough;
    return i;
}

static void look(struct direct *d, bool up, bool ended)
{
    struct direct_state s;
    memset(&s, 0, sizeof s);
    uint64_t now = clock_now_us();
    s.up = up;
    s.ended = ended;
    pthread_mutex_lock(&d->mutex);
    s.playing = d->playing;
    pthread_mutex_unlock(&d->mutex);
    for (unsigned i = 0; i < DIRECT_LAYERS; i++) {
        struct quality *q = &d->quality[i];
        struct direct_layer_state *l = &s.layer[i];
        *l = describe(q);
        if (!q->source)
            continue;
        const struct stream_info *info = stream_source_info(q->source);
        struct stream_info m = made(info);
        l->width = m.width;
        l->height = m.height;
        l->fps = m.fps;
        l->kbps = m.kbps;
        s.length_us = MAX(s.length_us, (uint64_t)MAX(info->length_us, (int64_t)0));
        unsigned came = direct_layer_kbps(q->layer, now), told = d->state.layer[i].kbps;
        bool told_by_file = !info->live && info->kbps; // bare H.264 does not say
        if (!told_by_file && info->why == STREAM_PASSES && came)
            l->kbps = told && came * 5 > told * 4 && came * 4 < told * 5 ? told : came;
        if (!l->kbps)
            l->kbps = usual_kbps(l->width, l->height);
    }
    d->looked_us = now;
    tell(d, &s);
}

// ---- the film's clock ----

// Under the lock.
static uint64_t place_at(const struct direct *d, uint64_t now_us)
{
    return d->playing && now_us > d->anchor_us ? d->place_us + (now_us - d->anchor_us) : d->place_us;
}

static uint64_t due_at(const struct direct *d, int64_t shows_us)
{
    int64_t us = (int64_t)d->anchor_us + shows_us - (int64_t)d->place_us;
    return us > 0 ? (uint64_t)us : 1;
}

uint64_t direct_position(struct direct *d)
{
    pthread_mutex_lock(&d->mutex);
    uint64_t us = d->sought ? d->seek_us : place_at(d, clock_now_us());
    pthread_mutex_unlock(&d->mutex);
    return us;
}

uint64_t direct_when(struct direct *d, uint64_t us)
{
    pthread_mutex_lock(&d->mutex);
    uint64_t when = d->playing && !d->sought ? due_at(d, (int64_t)us) : 0;
    pthread_mutex_unlock(&d->mutex);
    return when;
}

static void set_playing(struct direct *d, bool playing)
{
    uint64_t now = clock_now_us();
    pthread_mutex_lock(&d->mutex);
    d->place_us = place_at(d, now);
    d->anchor_us = now;
    d->playing = playing;
    pthread_cond_signal(&d->cond);
    pthread_mutex_unlock(&d->mutex);
}

void direct_play(struct direct *d)
{
    set_playing(d, true);
}

void direct_pause(struct direct *d)
{
    set_playing(d, false);
}

void direct_seek(struct direct *d, uint64_t us)
{
    pthread_mutex_lock(&d->mutex);
    d->sought = true;
    d->seek_us = us;
    pthread_cond_signal(&d->cond);
    pthread_mutex_unlock(&d->mutex);
}

void direct_set_watched(struct direct *d, unsigned layers)
{
    for (unsigned i = 0; i < DIRECT_LAYERS; i++)
        direct_layer_set_watched(d->quality[i].layer, layers >> i & 1);
}

void direct_watch_layer(struct direct *d, unsigned layer, bool watched)
{
    direct_layer_set_watched(d->quality[layer].layer, watched);
}

void direct_keyframe(struct direct *d, unsigned layer)
{
    if (layer < DIRECT_LAYERS)
        direct_layer_keyframe(d->quality[layer].layer);
}

// ---- sources ----

static bool is_stopping(struct direct *d)
{
    return camera_wake_raised(&d->wake);
}

static void drop_unit(struct quality *q)
{
    if (q->has_unit)
        av_packet_free(&q->unit.packet);
    q->has_unit = false;
}

static struct direct_layer *stock(struct direct *d)
{
    return d->config.stock ? d->quality[DIRECT_STOCK].layer : NULL;
}

static void close_source(struct direct *d, struct quality *q)
{
    drop_unit(q);
    stream_source_close(q->source);
    q->source = NULL;
    q->over = true;
    direct_layer_begin(q->layer, NULL, NULL);
    if (stock(d))
        direct_layer_begin(stock(d), NULL, NULL);
}

// What stock viewers are told of has one time a picture, and its order is that of the times.
static struct stream_info in_order(const struct stream_info *from)
{
    struct stream_info i = *from;
    if (i.why == STREAM_PASSES && i.reorder)
        i.why = STREAM_ORDER;
    return i;
}

static void begin_layer(struct direct *d, struct quality *q)
{
    const struct stream_info *source = stream_source_info(q->source);
    struct stream_info info = made(source), ordered = in_order(source);
    direct_layer_begin(q->layer, &info, stream_source_codec(q->source));
    if (!stock(d))
        return;
    ordered = made(&ordered);
    direct_layer_begin(stock(d), &ordered, stream_source_codec(q->source));
}

static bool open_source(struct direct *d, struct quality *q, bool loops)
{
    q->source = q->spec ? stream_source_open(q->spec, loops, &d->wake) : NULL;
    q->over = !q->source;
    if (!q->source)
        return false;
    begin_layer(d, q);
    return true;
}

// Have the next unit at hand. False when there is none any more.
static bool fetch(struct direct *d, struct quality *q)
{
    if (q->has_unit || q->over)
        return q->has_unit;
    const struct stream_info before = *stream_source_info(q->source), *now = stream_source_info(q->source);
    enum stream_result result = stream_source_read(q->source, &q->unit);
    q->has_unit = result == STREAM_UNIT;
    q->over = !q->has_unit;
    if (q->over)
        direct_layer_end(q->layer);
    if (q->over && stock(d))
        direct_layer_end(stock(d));
    if (result == STREAM_FAILED && !is_stopping(d))
        log_warn("direct", "cannot be read on layer=%d", (int)(q - d->quality));
    if (q->has_unit && (now->why != before.why || now->reorder != before.reorder))
        begin_layer(d, q); // it turns out to be another
    return q->has_unit;
}

static void hand_over(struct direct *d, struct quality *q, uint64_t capture_us, uint64_t next_key_us)
{
    struct stream_unit again = q->unit;
    if (stock(d) && (again.packet = av_packet_clone(q->unit.packet)))
        direct_layer_put(stock(d), &again, capture_us, next_key_us);
    direct_layer_put(q->layer, &q->unit, capture_us, next_key_us);
    q->has_unit = false;
}

// ---- files, at their own speed ----

// All files to the place that was sought: what lies between the keyframe before it and it is only remembered.
static void go_to(struct direct *d, uint64_t us)
{
    pthread_mutex_lock(&d->mutex);
    bool playing = d->playing;
    pthread_mutex_unlock(&d->mutex);
    for (unsigned i = 0; i < DIRECT_LAYERS; i++) {
        struct quality *q = &d->quality[i];
        if (!q->source)
            continue;
        drop_unit(q);
        q->over = !stream_source_seek(q->source, (int64_t)us);
        begin_layer(d, q);
        while (!is_stopping(d) && fetch(d, q) && q->unit.shows_us <= (int64_t)us) {
            if (playing && q->unit.keyframe && q->unit.shows_us + SOON_US >= (int64_t)us)
                break; // it can be begun with as it is
            hand_over(d, q, 0, UINT64_MAX);
        }
        direct_layer_settle(q->layer);
        if (stock(d))
            direct_layer_settle(stock(d));
    }
    uint64_t now = clock_now_us();
    pthread_mutex_lock(&d->mutex);
    d->place_us = us;
    d->anchor_us = now;
    pthread_mutex_unlock(&d->mutex);
}

// The layer whose unit is due first; NULL when all are over.
static struct quality *first_due(struct direct *d)
{
    struct quality *first = NULL;
    for (unsigned i = 0; i < DIRECT_LAYERS; i++) {
        struct quality *q = &d->quality[i];
        if (q->source && fetch(d, q) && (!first || q->unit.shows_us < first->unit.shows_us))
            first = q;
    }
    return first;
}

// Sleep until then, or until an order comes. True when it is time.
static bool wait_for(struct direct *d, bool any, int64_t shows_us)
{
    pthread_mutex_lock(&d->mutex);
    bool ordered = d->stopping || d->sought;
    uint64_t now = clock_now_us(), due = any && d->playing ? due_at(d, shows_us) : now + DONE_US;
    bool time = !ordered && any && d->playing && now >= due;
    if (time && now > due + BEHIND_US) { // suspended, or a disk that slept
        d->place_us = (uint64_t)MAX(shows_us, (int64_t)0);
        d->anchor_us = now;
    }
    if (!ordered && !time)
        thread_cond_wait_until(&d->cond, &d->mutex, due);
    pthread_mutex_unlock(&d->mutex);
    return time;
}

static void send_due(struct direct *d, struct quality *q)
{
    int64_t key = stream_source_next_keyframe(q->source, q->unit.shows_us);
    pthread_mutex_lock(&d->mutex);
    uint64_t due = due_at(d, q->unit.shows_us), next_key = key == INT64_MAX ? UINT64_MAX : due_at(d, key);
    pthread_mutex_unlock(&d->mutex);
    hand_over(d, q, due, next_key);
}

static bool open_files(struct direct *d)
{
    bool any = false;
    for (unsigned i = 0; i < DIRECT_LAYERS; i++)
        any |= open_source(d, &d->quality[i], !d->config.film);
    return any;
}

static bool take_seek(struct direct *d, uint64_t *us)
{
    pthread_mutex_lock(&d->mutex);
    bool sought = d->sought;
    *us = d->seek_us;
    pthread_mutex_unlock(&d->mutex);
    return sought;
}

static void play_files(struct direct *d)
{
    uint64_t to;
    go_to(d, 0);
    for (bool ended = false; !is_stopping(d);) {
        if (take_seek(d, &to)) {
            go_to(d, to);
            pthread_mutex_lock(&d->mutex);
            d->sought = d->sought && d->seek_us != to; // another one meanwhile
            pthread_mutex_unlock(&d->mutex);
        }
        struct quality *q = first_due(d);
        if (!q && !d->config.film)
            return; // cannot begin again: opened anew
        ended = !q;
        look(d, true, ended);
        if (wait_for(d, q != NULL, q ? q->unit.shows_us : 0))
            send_due(d, q);
    }
}

// ---- live ----

// When what comes now was taken, on our clock: the source's own times, laid where they come the soonest. So jitter on
// the way to us does not become jitter of the picture.
static uint64_t live_time(struct direct *d, const struct stream_unit *u)
{
    int64_t now = (int64_t)clock_now_us(), offset = now - u->shows_us;
    if (!u->timed)
        return (uint64_t)now;
    bool jumped = d->has_offset && (offset < d->offset_us - FAR_US || offset > d->offset_us + FAR_US);
    d->offset_us = !d->has_offset || jumped ? offset : MIN(offset, d->offset_us + LEAK_US);
    d->has_offset = true;
    return (uint64_t)MAX(u->shows_us + d->offset_us, (int64_t)1);
}

static void play_live(struct direct *d)
{
    struct quality *q = &d->quality[0];
    d->has_offset = false;
    while (!is_stopping(d) && fetch(d, q)) {
        hand_over(d, q, live_time(d, &q->unit), UINT64_MAX);
        if (!d->state.up || clock_now_us() - d->looked_us > STATE_US)
            look(d, true, false);
    }
}

// ---- the reading thread ----

static void pause_between(struct direct *d, uint64_t *pause_us)
{
    camera_wake_sleep(&d->wake, clock_now_us() + *pause_us);
    *pause_us = MIN(*pause_us * 2, (uint64_t)RETRY_MOST_US);
}

// Nothing can be had. A film is over then, wherever it is sent.
static void stand_still(struct direct *d)
{
    pthread_mutex_lock(&d->mutex);
    if (d->sought) {
        d->place_us = d->seek_us;
        d->anchor_us = clock_now_us();
    }
    d->sought = false;
    pthread_mutex_unlock(&d->mutex);
    d->told = d->told && !d->config.film; // again, whatever was said of it meanwhile
    look(d, false, d->config.film);
}

static void *run(void *arg)
{
    struct direct *d = arg;
    uint64_t pause = RETRY_US;
    while (!is_stopping(d)) {
        uint64_t begun = clock_now_us();
        bool any = open_files(d), live = any && d->quality[0].source && stream_source_info(d->quality[0].source)->live;
        if (live)
            play_live(d);
        else if (any)
            play_files(d);
        for (unsigned i = 0; i < DIRECT_LAYERS; i++)
            close_source(d, &d->quality[i]);
        if (is_stopping(d))
            break;
        stand_still(d);
        if (any && clock_now_us() - begun > RETRY_MOST_US)
            pause = RETRY_US;
        pause_between(d, &pause);
    }
    return NULL;
}

bool direct_start(struct direct *d)
{
    bool good = true;
    for (unsigned i = 0; i < DIRECT_LAYERS; i++)
        good = direct_layer_start(d->quality[i].layer) && good;
    d->running = good && thread_start(&d->thread, "direct", run, d);
    return d->running;
}

void direct_stop(struct direct *d)
{
    camera_wake_raise(&d->wake);
    pthread_mutex_lock(&d->mutex);
    d->stopping = true;
    pthread_cond_signal(&d->cond);
    pthread_mutex_unlock(&d->mutex);
    for (unsigned i = 0; i < DIRECT_LAYERS; i++)
        direct_layer_stop(d->quality[i].layer);
}

void direct_join(struct direct *d)
{
    if (d->running)
        pthread_join(d->thread, NULL);
    d->running = false;
    for (unsigned i = 0; i < DIRECT_LAYERS; i++)
        direct_layer_join(d->quality[i].layer);
}

void direct_destroy(struct direct *d)
{
    if (!d)
        return;
    for (unsigned i = 0; i < DIRECT_LAYERS; i++) {
        drop_unit(&d->quality[i]);
        stream_source_close(d->quality[i].source);
        direct_layer_destroy(d->quality[i].layer);
        free(d->quality[i].spec);
    }
    camera_wake_destroy(&d->wake);
    pthread_cond_destroy(&d->cond);
    pthread_mutex_destroy(&d->mutex);
    free(d);
}
