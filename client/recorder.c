#include "recorder.h"

#include "client/paths.h"
#include "client/record_writer.h"
#include "client/thread.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/wire.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, TURN_US = SECOND / 10 };

struct recorder {
    struct recorder_config config;
    struct record_queue queue;
    pthread_t thread;
    atomic_bool on, stop;

    pthread_mutex_t mutex;
    pthread_cond_t over;             // the state is ENDED
    struct recorder_figures figures; // under the mutex

    bool started;      // main thread's
    bool makes_folder; // the rest is the thread's between start and its end
    char folder[RECORDER_PATH], path[RECORDER_PATH], title[128];
    uint64_t floor_bytes, started_us; // started_us: it went; 0 = not yet
    struct record_writer writer;
};

struct recorder *recorder_create(const struct recorder_config *config)
{
    struct recorder *r = base_alloc(sizeof *r);
    r->config = *config;
    record_queue_init(&r->queue);
    pthread_mutex_init(&r->mutex, NULL);
    thread_cond_init(&r->over);
    return r;
}

void recorder_destroy(struct recorder *r)
{
    if (!r)
        return;
    recorder_stop(r);
    recorder_join(r);
    record_queue_destroy(&r->queue);
    pthread_cond_destroy(&r->over);
    pthread_mutex_destroy(&r->mutex);
    free(r);
}

static bool is_on(const struct recorder *r)
{
    return atomic_load(&r->on);
}

void recorder_get_figures(struct recorder *r, struct recorder_figures *out)
{
    pthread_mutex_lock(&r->mutex);
    *out = r->figures;
    pthread_mutex_unlock(&r->mutex);
    if (out->state != RECORDER_OFF)
        record_queue_dropped(&r->queue, &out->dropped, &out->slow);
}

// ---- the thread ----

static void tell_progress(struct recorder *r)
{
    struct record_writer *w = &r->writer;
    pthread_mutex_lock(&r->mutex);
    r->figures.bytes = record_writer_bytes(w);
    r->figures.parts = w->parts;
    r->figures.seconds = r->started_us ? (double)(clock_now_us() - r->started_us) / SECOND : 0;
    memcpy(r->figures.file, w->file, sizeof r->figures.file);
    pthread_mutex_unlock(&r->mutex);
}

static void tell_end(struct recorder *r, enum recorder_trouble trouble)
{
    pthread_mutex_lock(&r->mutex);
    r->figures.state = RECORDER_ENDED;
    r->figures.trouble = trouble;
    pthread_cond_signal(&r->over);
    pthread_mutex_unlock(&r->mutex);
    r->config.changed(r->config.ctx);
}

static void take_all(struct recorder *r, uint64_t deadline_us)
{
    for (struct record_item *next, *item = record_queue_take(&r->queue, deadline_us); item; item = next) {
        next = item->next;
        item->next = NULL;
        record_writer_take(&r->writer, item, clock_now_us());
    }
}

static enum recorder_trouble make_file(struct recorder *r)
{
    struct record_writer_config c = {r->config.l16, r->config.ctx, r->config.ask_keyframe};
    errno = 0;
    bool folder = !r->makes_folder || paths_make(r->folder);
    if (folder && record_writer_begin(&r->writer, &c, &r->queue, r->path, r->title, r->floor_bytes, clock_now_us()))
        return RECORDER_FINE;
    log_error("recorder", "no file can be made errno=%d", errno);
    return !folder ? RECORDER_NO_FOLDER : errno == ENOSPC ? RECORDER_NO_ROOM : RECORDER_NO_FILE;
}

static void tell_ready(struct recorder *r)
{
    tell_progress(r);
    pthread_mutex_lock(&r->mutex);
    if (r->figures.state == RECORDER_STARTING) // else it was stopped meanwhile
        r->figures.state = RECORDER_READY;
    pthread_mutex_unlock(&r->mutex);
    r->config.changed(r->config.ctx);
}

static enum recorder_trouble trouble_of(const struct record_writer *w)
{
    bool full = w->error == ENOSPC || w->error == EDQUOT;
    return !w->error ? RECORDER_FINE : full ? RECORDER_DISK_FULL : RECORDER_DISK_FAILS;
}

static void *run(void *ctx)
{
    struct recorder *r = ctx;
    enum recorder_trouble trouble = make_file(r);
    bool good = true;
    if (trouble) {
        tell_end(r, trouble);
        return NULL;
    }
    tell_ready(r);
    while (good && !atomic_load(&r->stop)) {
        take_all(r, clock_now_us() + TURN_US);
        if (!r->started_us && is_on(r))
            r->started_us = clock_now_us();
        good = record_writer_turn(&r->writer, clock_now_us(), false);
        tell_progress(r);
    }
    atomic_store(&r->on, false);
    record_queue_close(&r->queue, true);
    take_all(r, 0);
    if (good)
        record_writer_turn(&r->writer, clock_now_us(), true);
    record_writer_end(&r->writer);
    tell_progress(r);
    tell_end(r, trouble_of(&r->writer));
    return NULL;
}

// ---- start and stop ----

bool recorder_start(struct recorder *r, const struct recorder_order *order)
{
    if (r->started)
        return false;
    r->makes_folder = order->folder != NULL;
    snprintf(r->folder, sizeof r->folder, "%s", order->folder ? order->folder : "");
    bool fits = snprintf(r->path, sizeof r->path, "%s", order->path) < (int)sizeof r->path;
    if (!fits) // the part of a name is another name
        r->path[0] = '\0';
    snprintf(r->title, sizeof r->title, "%s", order->title);
    r->floor_bytes = order->floor_bytes;
    r->started_us = 0;
    r->figures = (struct recorder_figures){.state = RECORDER_STARTING};
    atomic_store(&r->stop, false);
    record_queue_close(&r->queue, false);
    r->started = thread_start(&r->thread, "recorder", run, r);
    if (!r->started) {
        record_queue_close(&r->queue, true);
        r->figures.state = RECORDER_OFF;
    }
    return r->started;
}

void recorder_go(struct recorder *r)
{
    pthread_mutex_lock(&r->mutex);
    bool ready = r->figures.state == RECORDER_READY;
    if (ready)
        r->figures.state = RECORDER_ON;
    pthread_mutex_unlock(&r->mutex);
    if (ready)
        atomic_store(&r->on, true);
}

void recorder_stop(struct recorder *r)
{
    if (!r->started)
        return;
    atomic_store(&r->on, false);
    pthread_mutex_lock(&r->mutex);
    if (r->figures.state != RECORDER_ENDED)
        r->figures.state = RECORDER_ENDING;
    pthread_mutex_unlock(&r->mutex);
    atomic_store(&r->stop, true);
    record_queue_close(&r->queue, true);
}

void recorder_join(struct recorder *r)
{
    if (!r->started)
        return;
    pthread_join(r->thread, NULL);
    r->started = false;
    r->figures.state = RECORDER_OFF; // nobody else is there any more
}

bool recorder_finish(struct recorder *r, uint64_t deadline_us)
{
    recorder_stop(r);
    pthread_mutex_lock(&r->mutex);
    while (r->started && r->figures.state != RECORDER_ENDED && thread_cond_wait_until(&r->over, &r->mutex, deadline_us))
        ;
    bool over = !r->started || r->figures.state == RECORDER_ENDED;
    pthread_mutex_unlock(&r->mutex);
    if (over)
        recorder_join(r);
    return over;
}

// ---- from other threads ----

void recorder_member(struct recorder *r, uint16_t member, const uint8_t identity[32], const char *name, bool camera)
{
    if (!is_on(r))
        return;
    struct record_item *item = record_queue_item(RECORD_ITEM_MEMBER, member, 0, NULL, 0);
    memcpy(item->identity, identity, sizeof item->identity);
    snprintf(item->name, sizeof item->name, "%s", name);
    item->camera = camera;
    record_queue_put(&r->queue, item);
}

void recorder_gone(struct recorder *r, uint16_t member)
{
    if (is_on(r))
        record_queue_put(&r->queue, record_queue_item(RECORD_ITEM_GONE, member, 0, NULL, 0));
}

void recorder_clock(struct recorder *r, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us)
{
    if (!is_on(r) || wire_stream(slot) > WIRE_STREAM_SCREEN)
        return;
    struct record_item *item = record_queue_item(RECORD_ITEM_CLOCK, member, slot, NULL, 0);
    item->ts = ts;
    item->at_us = local_us;
    record_queue_put(&r->queue, item);
}

void recorder_video(struct recorder *r, uint16_t member, uint8_t slot, uint32_t ts, bool keyframe, const uint8_t *data,
                    size_t size, uint64_t now_us)
{
    if (!is_on(r))
        return;
    struct record_item *item = record_queue_item(RECORD_ITEM_VIDEO, member, slot, data, size);
    item->ts = ts;
    item->keyframe = keyframe;
    item->at_us = now_us;
    record_queue_put(&r->queue, item);
}

void recorder_audio(struct recorder *r, uint16_t member, uint32_t ts, const uint8_t *data, size_t size, uint64_t now_us)
{
    if (!is_on(r))
        return;
    struct record_item *item =
        record_queue_item(RECORD_ITEM_AUDIO, member, WIRE_SLOT(WIRE_STREAM_AUDIO, 0), data, size);
    item->ts = ts;
    item->at_us = now_us;
    record_queue_put(&r->queue, item);
}
