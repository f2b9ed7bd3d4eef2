#include "film_probe.h"

#include "client/send/stream_time.h"
#include "film_input.h"
#include "shared/base.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

enum {
    APART_MS = 2000,
    ROUNDING_MS = 50,    // a keyframe each 2 s of 29.97 pictures a second is not quite that
    PACKETS_MAX = 50000, // looked at when there is no index: half an hour
    LONGEST_MS = 24 * 3600 * 1000
};

static struct film_quality bad(enum film_why why)
{
    return (struct film_quality){.way = FILM_BAD, .why = why};
}

static int64_t to_ms(const AVStream *s, int64_t ts)
{
    return stream_time_ms(ts, s->time_base.num, s->time_base.den);
}

struct gap {
    int64_t last_ms, most_ms;
    unsigned keyframes;
};

static void add(struct gap *g, int64_t ms, bool keyframe)
{
    if (!keyframe)
        return;
    if (g->keyframes++)
        g->most_ms = MAX(g->most_ms, ms - g->last_ms);
    g->last_ms = ms;
}

// The longest way from a keyframe to the next, or to the end.
static int64_t farthest_ms(const struct film_input *in, AVStream *s, int64_t length_ms)
{
    struct gap g = {0};
    int count = avformat_index_get_entries_count(s);
    int64_t first_ms = 0;
    for (int i = 0; i < count; i++) {
        const AVIndexEntry *e = avformat_index_get_entry(s, i);
        if (i == 0)
            first_ms = to_ms(s, e->timestamp);
        add(&g, to_ms(s, e->timestamp) - first_ms, e->flags & AVINDEX_KEYFRAME);
    }
    AVPacket *packet = count > 1 ? NULL : av_packet_alloc(); // in pieces, without an index
    for (unsigned n = 0; packet && n < PACKETS_MAX && !film_input_ended(in); n++) {
        if (av_read_frame(in->format, packet) < 0)
            break;
        if (packet->stream_index == s->index && packet->dts != AV_NOPTS_VALUE)
            add(&g, to_ms(s, packet->dts), packet->flags & AV_PKT_FLAG_KEY);
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    return g.keyframes ? MAX(g.most_ms, length_ms - g.last_ms) : INT64_MAX;
}

static enum film_why why_made(const struct film_input *in, AVStream *s, const struct film_quality *q)
{
    const AVCodecParameters *p = s->codecpar;
    bool plain = p->format == AV_PIX_FMT_YUV420P || p->format == AV_PIX_FMT_YUVJ420P;
    if (p->codec_id != AV_CODEC_ID_H264)
        return FILM_WHY_CODEC;
    if (p->width > FILM_WIDTH_MAX || p->height > FILM_HEIGHT_MAX)
        return FILM_WHY_LARGE;
    if (!plain || (p->field_order != AV_FIELD_UNKNOWN && p->field_order != AV_FIELD_PROGRESSIVE))
        return FILM_WHY_FORM;
    return farthest_ms(in, s, (int64_t)q->ms) > APART_MS + ROUNDING_MS ? FILM_WHY_KEYFRAMES : FILM_WHY_NONE;
}

static struct film_quality look(const struct film_input *in)
{
    AVFormatContext *format = in->format;
    int video = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (video < 0 || format->streams[video]->disposition & AV_DISPOSITION_ATTACHED_PIC)
        return bad(FILM_WHY_NO_PICTURE);
    AVStream *s = format->streams[video];
    const AVCodecParameters *p = s->codecpar;
    if (!avcodec_find_decoder(p->codec_id))
        return bad(FILM_WHY_CODEC);
    int64_t ms = format->duration > 0 ? format->duration / 1000 : 0;
    if (p->width <= 0 || p->height <= 0 || ms <= 0 || ms > LONGEST_MS)
        return bad(FILM_WHY_NO_PICTURE);
    struct film_quality q = {.width = (unsigned)p->width, .height = (unsigned)p->height, .ms = (uint64_t)ms};
    q.sound = av_find_best_stream(format, AVMEDIA_TYPE_AUDIO, -1, video, NULL, 0) >= 0;
    q.why = why_made(in, s, &q);
    q.way = q.why == FILM_WHY_NONE ? FILM_DIRECT : FILM_MADE;
    return q;
}

struct film_quality film_probe(const char *path, unsigned most_ms, bool *late)
{
    struct film_input in;
    bool open = film_input_open(&in, path, NULL, clock_now_us() + most_ms * (uint64_t)1000);
    struct film_quality q = open ? look(&in) : bad(FILM_WHY_UNREADABLE);
    *late = film_input_ended(&in);
    film_input_close(&in);
    return q;
}
