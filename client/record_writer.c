#include "record_writer.h"

#include "shared/log.h"
#include "shared/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    MS = 1000,
    SECOND = 1000000,
    HOLD_US = 700 * MS,      // so late repairs come, and everybody's is put in order
    SETTLE_US = SECOND,      // no other stream has come for so long and none is missing, or
    JOIN_US = 3 * SECOND,    // the first of them waits for so long: a file begins
    GO_OVER_US = 3 * SECOND, // until every picture has had a keyframe, the file before is written, too
    SYNC_US = 2 * SECOND,
    PARTS_SOON = 10, // who comes and goes for ever does not fill the disk with files
    PARTS_GAP_US = 60 * SECOND,
    WAITING_MAX = RECORD_QUEUE_BYTES / 2
};

// ---- the disk ----

// The recording ends by itself; what was written stays.
static void fail(struct record_writer *w, int why)
{
    if (!w->error)
        log_error("record_writer", "the recording has ended errno=%d", why);
    w->error = w->error ? w->error : why;
}

static void end_part(struct record_writer *w, struct record_writer_part *p)
{
    if (p->file) {
        struct record_file *file = p->file;
        p->file = NULL;
        w->closed_bytes += record_file_size(file);
        if (!record_file_close(file))
            fail(w, errno);
    }
}

static void sync_parts(struct record_writer *w, uint64_t now_us)
{
    if (now_us - w->synced_us < SYNC_US)
        return;
    w->synced_us = now_us;
    const struct record_file *any = w->part.file ? w->part.file : w->made;
    if (w->part.file && !record_file_sync(w->part.file))
        fail(w, errno);
    else if (w->before.file && !record_file_sync(w->before.file))
        fail(w, errno);
    else if (any && !record_file_room(any, w->floor_bytes))
        fail(w, ENOSPC);
}

// ---- a file begins ----

static void ask(struct record_writer *w, uint16_t member, uint8_t slot)
{
    w->config.ask_keyframe(w->config.ctx, member, slot);
}

static struct record_file_track describe(const struct record_writer *w, const struct record_stream *st)
{
    const struct record_person *p = record_streams_person(&w->streams, st);
    return (struct record_file_track){.codec = st->kind != WIRE_STREAM_AUDIO ? RECORD_FILE_H264
                                               : w->streams.l16              ? RECORD_FILE_L16
                                                                             : RECORD_FILE_OPUS,
                                      .title = p->name,
                                      .headers = st->headers,
                                      .headers_size = st->headers_size,
                                      .width = st->width,
                                      .height = st->height,
                                      .stereo = st->stereo};
}

static void drop(struct record_writer *w, struct record_stream *st)
{
    for (struct record_item *item; (item = record_streams_pop(st));) {
        record_queue_lost(w->queue);
        record_queue_free(w->queue, item);
    }
    st->going = false;
}

// Who is here has a track; of pictures those alone that there are.
static bool belongs(struct record_writer *w, struct record_stream *st)
{
    const struct record_person *p = record_streams_person(&w->streams, st);
    if (!st->used || st->refused || (!p->here && !st->first))
        return false;
    if (st->kind == WIRE_STREAM_AUDIO)
        return true;
    if (!st->headers_size)
        return false;
    struct record_file_track t = describe(w, st);
    st->refused = !record_file_takes(&t);
    if (!st->refused)
        return true;
    log_warn("record_writer", "a picture has headers that no file takes member=%u", p->member);
    drop(w, st);
    return false;
}

static bool begin_file(struct record_writer *w, struct record_file *file, uint64_t base_us, uint64_t now_us)
{
    static const unsigned order[] = {WIRE_STREAM_CAMERA, WIRE_STREAM_SCREEN, WIRE_STREAM_AUDIO};
    struct record_file_track tracks[RECORD_FILE_TRACKS];
    size_t count = 0;
    for (size_t k = 0; k < ARRAY_LEN(order); k++)
        for (size_t i = 0; i < RECORD_STREAMS_MAX && count < RECORD_FILE_TRACKS; i++) {
            struct record_stream *st = &w->streams.streams[i];
            if (st->kind != order[k] || !belongs(w, st))
                continue;
            tracks[count] = describe(w, st);
            st->track = (int)count++;
        }
    int64_t date = (int64_t)time(NULL) - (int64_t)((now_us - base_us) / SECOND);
    return count && record_file_begin(file, w->title, date, tracks, count);
}

static void go_over(struct record_writer *w)
{
    for (size_t i = 0; i < RECORD_STREAMS_MAX; i++) {
        struct record_stream *st = &w->streams.streams[i];
        st->old_track = w->part.file ? st->track : RECORD_STREAMS_NONE;
        st->track = RECORD_STREAMS_NONE;
        if (st->old_track == RECORD_STREAMS_NONE)
            st->last_ms = -1;
        else if (st->kind != WIRE_STREAM_AUDIO)
            ask(w, record_streams_person(&w->streams, st)->member, st->slot);
    }
}

static struct record_file *make_file(struct record_writer *w)
{
    char path[RECORD_FILE_PATH];
    struct record_file *file = w->made;
    w->made = NULL;
    if (file)
        return file;
    if (!record_file_part_name(path, w->path, w->parts + 1)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return record_file_create(path, w->file);
}

static void end_going_over(struct record_writer *w)
{
    end_part(w, &w->before);
    for (size_t i = 0; i < RECORD_STREAMS_MAX; i++) {
        struct record_stream *st = &w->streams.streams[i];
        if (st->used && st->old_track >= 0) { // it has had no keyframe since
            st->old_track = RECORD_STREAMS_NONE;
            st->last_ms = -1;
            while (st->kind != WIRE_STREAM_AUDIO && st->first && !st->first->keyframe)
                record_queue_free(w->queue, record_streams_pop(st));
            st->going = st->first != NULL;
        }
    }
}

static void begin_part(struct record_writer *w, uint64_t now_us)
{
    struct record_file *file;
    end_going_over(w);
    record_streams_expect_sound(&w->streams);
    file = make_file(w);
    if (!file) {
        fail(w, errno);
        return;
    }
    go_over(w);
    uint64_t base = MIN(record_streams_oldest(&w->streams), now_us);
    w->before = w->part;
    w->part = (struct record_writer_part){.file = file, .base_us = base, .since_us = now_us};
    if (!begin_file(w, file, base, now_us)) {
        fail(w, errno);
        return;
    }
    w->parts++;
    w->fresh_us = w->fresher_us = 0;
    w->fresh = 0;
    log_info("record_writer", "a file begins part=%u", w->parts);
}

static unsigned count_fresh(struct record_writer *w, size_t *bytes)
{
    unsigned n = 0;
    *bytes = 0;
    for (size_t i = 0; i < RECORD_STREAMS_MAX; i++) {
        struct record_stream *st = &w->streams.streams[i];
        if (st->used && st->first && st->track < 0 && st->old_track < 0 && belongs(w, st)) {
            n++;
            *bytes += st->waiting;
        }
    }
    return n;
}

static void drop_waiting(struct record_writer *w)
{
    for (struct record_stream *st; (st = record_streams_fresh(&w->streams));)
        drop(w, st);
}

static void look_for_newcomers(struct record_writer *w, bool at_once, uint64_t now_us)
{
    size_t bytes;
    unsigned fresh = count_fresh(w, &bytes);
    if (!fresh || !w->fresh_us)
        w->fresh_us = now_us;
    if (fresh > w->fresh)
        w->fresher_us = now_us;
    w->fresh = fresh;
    bool complete = record_streams_complete(&w->streams);
    bool settled = (complete && now_us - w->fresher_us >= SETTLE_US) || now_us - w->fresh_us >= JOIN_US ||
                   bytes > WAITING_MAX || at_once; // many, and large: waiting for the last would lose the first
    bool soon = w->parts >= PARTS_SOON && now_us - w->part.since_us < PARTS_GAP_US;
    if (fresh && settled && !soon)
        begin_part(w, now_us);
    else if (bytes > WAITING_MAX)
        drop_waiting(w);
}

// ---- what comes, and what is written ----

void record_writer_take(struct record_writer *w, struct record_item *item, uint64_t now_us)
{
    struct record_ask wanted = {0};
    bool useful = false, taken = false;
    if (item->type == RECORD_ITEM_MEMBER)
        record_streams_member(&w->streams, item->member, item->identity, item->name, item->camera);
    else if (item->type == RECORD_ITEM_GONE)
        record_streams_gone(&w->streams, item->member);
    else if (item->type == RECORD_ITEM_CLOCK)
        record_streams_clock(&w->streams, item, now_us);
    else
        taken = record_streams_take(&w->streams, item, now_us, &wanted, &useful);
    if (useful && !taken)
        record_queue_lost(w->queue);
    if (!taken)
        record_queue_free(w->queue, item);
    if (wanted.wanted)
        ask(w, wanted.member, wanted.slot);
}

static int64_t since(const struct record_writer_part *p, uint64_t at_us)
{
    return at_us > p->base_us ? (int64_t)((at_us - p->base_us) / MS) : 0;
}

static void write_item(struct record_writer *w, struct record_stream *st, const struct record_item *item)
{
    bool sound = st->kind == WIRE_STREAM_AUDIO;
    if (st->old_track >= 0 && st->track >= 0 && (sound || item->keyframe)) {
        st->old_track = RECORD_STREAMS_NONE;
        st->last_ms = -1;
    }
    bool old = st->old_track >= 0;
    const struct record_writer_part *p = old ? &w->before : &w->part;
    st->last_ms = MAX(since(p, item->at_us), st->last_ms + 1);
    struct record_file_packet packet = {.track = (size_t)(old ? st->old_track : st->track),
                                        .ms = st->last_ms,
                                        .shown_ms = sound ? st->last_ms : MAX(since(p, item->shown_us), st->last_ms),
                                        .duration_ms = sound ? record_streams_audio_ms(&w->streams, item) : 0,
                                        .keyframe = sound || item->keyframe,
                                        .data = item->data,
                                        .size = item->size};
    if (p->file && !record_file_put(p->file, &packet))
        fail(w, errno);
}

static void write_until(struct record_writer *w, uint64_t until_us)
{
    struct record_stream *st;
    while (!w->error && (st = record_streams_next(&w->streams, until_us))) {
        struct record_item *item = record_streams_pop(st);
        write_item(w, st, item);
        record_queue_free(w->queue, item);
    }
    for (size_t i = 0; i < RECORD_STREAMS_MAX; i++)
        if (w->streams.streams[i].old_track >= 0)
            return;
    end_part(w, &w->before); // all have gone over
}

bool record_writer_turn(struct record_writer *w, uint64_t now_us, bool at_end)
{
    if (!w->error)
        look_for_newcomers(w, at_end, now_us);
    if (at_end)
        record_streams_end(&w->streams);
    write_until(w, at_end ? UINT64_MAX : now_us - HOLD_US);
    if (w->before.file && now_us - w->part.since_us > GO_OVER_US + HOLD_US)
        end_going_over(w);
    sync_parts(w, now_us);
    return !w->error;
}

// ---- begin and end ----

bool record_writer_begin(struct record_writer *w, const struct record_writer_config *config, struct record_queue *queue,
                         const char *path, const char *title, uint64_t floor_bytes, uint64_t now_us)
{
    memset(w, 0, sizeof *w);
    w->config = *config;
    w->queue = queue;
    w->floor_bytes = floor_bytes;
    w->synced_us = now_us;
    record_streams_init(&w->streams, config->l16);
    w->made = record_file_create(path, w->file);
    if (!w->made)
        return false;
    if (!record_file_room(w->made, floor_bytes)) {
        record_file_close(w->made);
        w->made = NULL;
        errno = ENOSPC;
        return false;
    }
    memcpy(w->path, w->file, sizeof w->path);
    snprintf(w->title, sizeof w->title, "%s", title);
    return true;
}

void record_writer_end(struct record_writer *w)
{
    end_part(w, &w->before);
    end_part(w, &w->part);
    record_file_close(w->made);
    w->made = NULL;
    for (size_t i = 0; i < RECORD_STREAMS_MAX; i++)
        for (struct record_item *item; (item = record_streams_pop(&w->streams.streams[i]));)
            record_queue_free(w->queue, item);
    record_streams_destroy(&w->streams);
}

uint64_t record_writer_bytes(const struct record_writer *w)
{
    uint64_t bytes = w->closed_bytes;
    bytes += w->part.file ? record_file_size(w->part.file) : 0;
    return bytes + (w->before.file ? record_file_size(w->before.file) : 0);
}
