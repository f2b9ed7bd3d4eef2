// For test_record_writer.c: real pictures and sound, members that send them in a time of the test's own, and files read
// back.
#ifndef PARLOUR_TESTS_RECORD_RIG_H
#define PARLOUR_TESTS_RECORD_RIG_H

#include "tests/unit/unit.h"

#include "client/record_writer.h"
#include "client/send/audio_encoder.h"
#include "client/send/encoded_frame.h"
#include "client/send/h264_encoder.h"
#include "shared/wire.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <math.h>
#include <unistd.h>

enum { MS = 1000, SECOND = 1000000, PICTURES = 100, SOUNDS = 200, FPS = 25 };
enum { CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2), SMALL = WIRE_SLOT(WIRE_STREAM_CAMERA, 0) };

struct packet {
    uint8_t *data;
    size_t size;
    bool keyframe;
};

static struct packet pictures[PICTURES], small[PICTURES], sounds[SOUNDS]; // a keyframe each second
static size_t sound_count;

static struct {
    char folder[64], path[128];
    struct record_queue queue;
    struct record_writer writer;
    uint64_t now;
    unsigned asked[8];
} t;

// ---- what is recorded ----

static void encode(struct packet *out, unsigned width, unsigned height)
{
    struct h264_encoder *h = h264_encoder_open("libx264", width, height, FPS, 300, false);
    AVPacket *p = av_packet_alloc();
    AVFrame *f = av_frame_alloc();
    assert_non_null(h);
    f->format = AV_PIX_FMT_YUV420P;
    f->width = (int)width;
    f->height = (int)height;
    assert_int_equal(av_frame_get_buffer(f, 0), 0);
    for (unsigned i = 0; i < PICTURES; i++) {
        for (unsigned plane = 0; plane < 3; plane++)
            memset(f->data[plane], (int)(i * 2 + plane * 40), (size_t)f->linesize[plane] * height / (plane ? 2 : 1));
        assert_true(h264_encoder_encode(h, f, i % FPS == 0, p));
        out[i] = (struct packet){malloc((size_t)p->size), (size_t)p->size, i % FPS == 0};
        memcpy(out[i].data, p->data, (size_t)p->size);
    }
    av_frame_free(&f);
    av_packet_free(&p);
    h264_encoder_close(h);
}

static void on_sound(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool marker)
{
    (void)ctx;
    (void)ts;
    (void)marker;
    if (sound_count == SOUNDS)
        return;
    sounds[sound_count] = (struct packet){malloc(size), size, true};
    memcpy(sounds[sound_count++].data, data, size);
}

static int make_media(void **state)
{
    (void)state;
    encode(pictures, 320, 180);
    encode(small, 160, 90);
    struct audio_encoder *e = audio_encoder_create(&(struct audio_encoder_config){.on_audio = on_sound});
    for (unsigned i = 0; sound_count < SOUNDS; i++) {
        int16_t pcm[480];
        for (unsigned k = 0; k < 480; k++)
            pcm[k] = (int16_t)lrint(8000 * sin((i * 480 + k) * 0.05));
        audio_encoder_push(e, pcm, 480, SECOND + i * 10000ull);
    }
    audio_encoder_destroy(e);
    return 0;
}

static int free_media(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PICTURES; i++) {
        free(pictures[i].data);
        free(small[i].data);
    }
    for (unsigned i = 0; i < SOUNDS; i++)
        free(sounds[i].data);
    return 0;
}

// ---- a recording ----

static void on_ask(void *ctx, uint16_t member, uint8_t slot)
{
    (void)ctx;
    (void)slot;
    t.asked[member]++;
}

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    snprintf(t.folder, sizeof t.folder, "/tmp/parlour-record-XXXXXX");
    assert_non_null(mkdtemp(t.folder));
    snprintf(t.path, sizeof t.path, "%s/room.mkv", t.folder);
    t.now = 1000ull * SECOND;
    record_queue_init(&t.queue);
    record_queue_close(&t.queue, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char path[256], name[RECORD_FILE_PATH];
    assert_int_equal(t.queue.items, 0); // nothing is lost, nothing freed twice
    assert_int_equal(t.queue.bytes, 0);
    record_queue_destroy(&t.queue);
    snprintf(path, sizeof path, "%s/room (2).mkv", t.folder);
    unlink(path);
    for (unsigned i = 1; i <= 20 && record_file_part_name(name, t.path, i); i++)
        unlink(name);
    return rmdir(t.folder);
}

static void begin(void)
{
    static const struct record_writer_config config = {.ask_keyframe = on_ask};
    assert_true(record_writer_begin(&t.writer, &config, &t.queue, t.path, "Parlour 123456", 0, t.now));
}

static void put(struct record_item *item)
{
    record_queue_put(&t.queue, item);
    for (struct record_item *next, *all = record_queue_take(&t.queue, 0); all; all = next) {
        next = all->next;
        record_writer_take(&t.writer, all, t.now);
    }
}

static void person(uint16_t member, const char *name, bool camera)
{
    struct record_item *i = record_queue_item(RECORD_ITEM_MEMBER, member, 0, NULL, 0);
    memset(i->identity, name[0], sizeof i->identity);
    snprintf(i->name, sizeof i->name, "%s", name);
    i->camera = camera;
    put(i);
}

static void gone(uint16_t member)
{
    put(record_queue_item(RECORD_ITEM_GONE, member, 0, NULL, 0));
}

// All that happens in 20 ms from `t.now` on: of a member that sends for `at` us now, with a clock of his own and 30 ms
// of way; sound in between pictures.
struct member {
    uint16_t id;
    uint32_t first_ts; // of his picture and sound
    const struct packet *pictures;
    uint8_t slot;
    uint64_t since_us;
    unsigned picture, sound;
};

static void send_one(const struct member *m, enum record_item_type type, uint8_t slot, uint32_t ts,
                     const struct packet *p)
{
    struct record_item *i = record_queue_item(type, m->id, slot, p->data, p->size);
    i->ts = ts;
    i->keyframe = p->keyframe;
    i->at_us = t.now + 30 * MS;
    put(i);
}

static void tell_clock(const struct member *m, uint8_t slot, unsigned rate)
{
    struct record_item *i = record_queue_item(RECORD_ITEM_CLOCK, m->id, slot, NULL, 0);
    i->ts = m->first_ts + (uint32_t)((t.now - m->since_us) * (rate / 1000) / 1000);
    i->at_us = t.now;
    put(i);
}

static void send_some(struct member *m)
{
    uint64_t at = t.now - m->since_us;
    if (at % SECOND == 0) {
        tell_clock(m, WIRE_SLOT(WIRE_STREAM_AUDIO, 0), 48000);
        tell_clock(m, m->slot, 90000);
    }
    if (m->pictures && at >= m->picture * 40ull * MS) {
        send_one(m, RECORD_ITEM_VIDEO, m->slot, m->first_ts + m->picture * 3600, &m->pictures[m->picture % PICTURES]);
        m->picture++;
    }
    send_one(m, RECORD_ITEM_AUDIO, 0, m->first_ts + m->sound * 960, &sounds[m->sound % SOUNDS]);
    m->sound++;
}

static void run_for(unsigned ms, struct member *members, size_t count)
{
    for (uint64_t end = t.now + ms * 1000ull; t.now < end; t.now += 20 * MS) {
        for (size_t i = 0; i < count; i++)
            send_some(&members[i]);
        if (t.now % (100 * MS) == 0)
            assert_true(record_writer_turn(&t.writer, t.now, false));
    }
}

static void end(void)
{
    assert_true(record_writer_turn(&t.writer, t.now, true));
    record_writer_end(&t.writer);
}

// ---- what came of it ----

struct read_track {
    char title[32];
    int codec, width;
    unsigned packets, decoded;
    int64_t first_ms, last_ms;
    uint8_t *bytes; // of H.264: all NAL units, each behind 00 00 01; of sound as it is
    size_t size;
    AVCodecContext *decoder;
};

static struct read_track tracks[8];
static unsigned track_count;

static void keep(struct read_track *r, const uint8_t *data, size_t size)
{
    r->bytes = realloc(r->bytes, r->size + size);
    memcpy(r->bytes + r->size, data, size);
    r->size += size;
}

static void decode(struct read_track *r, AVPacket *p)
{
    AVFrame *f = av_frame_alloc();
    assert_int_equal(avcodec_send_packet(r->decoder, p), 0);
    while (avcodec_receive_frame(r->decoder, f) == 0)
        r->decoded++;
    av_frame_free(&f);
}

static void take_packet(struct read_track *r, AVPacket *p)
{
    r->packets++;
    r->first_ms = r->first_ms < 0 ? p->pts : r->first_ms;
    assert_true(p->pts > r->last_ms);
    r->last_ms = p->pts;
    decode(r, p);
    if (r->codec != AV_CODEC_ID_H264) {
        keep(r, p->data, (size_t)p->size);
        return;
    }
    for (size_t at = 0; at + 4 < (size_t)p->size;) {
        size_t n =
            (size_t)p->data[at] << 24 | (size_t)p->data[at + 1] << 16 | (size_t)p->data[at + 2] << 8 | p->data[at + 3];
        keep(r, (const uint8_t *)"\0\0\1", 3);
        keep(r, p->data + at + 4, n);
        at += 4 + n;
    }
}

static void read_file(const char *name)
{
    char path[256];
    AVFormatContext *f = NULL;
    snprintf(path, sizeof path, "%s/%s", t.folder, name);
    assert_int_equal(avformat_open_input(&f, path, NULL, NULL), 0);
    AVDictionaryEntry *title = av_dict_get(f->metadata, "title", NULL, 0);
    assert_string_equal(title->value, "Parlour 123456");
    track_count = f->nb_streams;
    assert_in_range(track_count, 1, 8);
    for (unsigned i = 0; i < track_count; i++) {
        AVCodecParameters *p = f->streams[i]->codecpar;
        tracks[i] = (struct read_track){.codec = (int)p->codec_id, .width = p->width, .first_ms = -1, .last_ms = -1};
        title = av_dict_get(f->streams[i]->metadata, "title", NULL, 0);
        snprintf(tracks[i].title, sizeof tracks[i].title, "%s", title->value);
        tracks[i].decoder = avcodec_alloc_context3(avcodec_find_decoder(p->codec_id));
        avcodec_parameters_to_context(tracks[i].decoder, p);
        tracks[i].decoder->err_recognition = AV_EF_EXPLODE;
        tracks[i].decoder->flags |= AV_CODEC_FLAG_LOW_DELAY;
        assert_int_equal(avcodec_open2(tracks[i].decoder, NULL, NULL), 0);
    }
    AVPacket *p = av_packet_alloc();
    for (; av_read_frame(f, p) == 0; av_packet_unref(p))
        take_packet(&tracks[p->stream_index], p);
    av_packet_free(&p);
    avformat_close_input(&f);
}

static void close_file(void)
{
    for (unsigned i = 0; i < track_count; i++) {
        free(tracks[i].bytes);
        avcodec_free_context(&tracks[i].decoder);
    }
    track_count = 0;
}

static struct read_track *track(const char *title, int codec)
{
    for (unsigned i = 0; i < track_count; i++)
        if (!strcmp(tracks[i].title, title) && tracks[i].codec == codec)
            return &tracks[i];
    fail_msg("no track of %s", title);
    return NULL;
}

static struct read_track *picture(const char *title)
{
    return track(title, AV_CODEC_ID_H264);
}

static struct read_track *sound(const char *title)
{
    return track(title, AV_CODEC_ID_OPUS);
}

// The pictures first..last of `of`, as they were: start codes of any length are one.
static void same_pictures(const struct read_track *r, const struct packet *of, unsigned first, unsigned count)
{
    size_t at = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct packet *p = &of[(first + i) % PICTURES];
        for (size_t k = 0; k < p->size; k++) {
            if (k + 4 <= p->size && !memcmp(p->data + k, "\0\0\0\1", 4))
                continue;
            assert_true(at < r->size);
            assert_int_equal(r->bytes[at++], p->data[k]);
        }
    }
    assert_int_equal(at, r->size);
}

#endif
