#include "ts_mux.h"

#include "shared/log.h"

#include <libavformat/avformat.h>
#include <stdlib.h>
#include <string.h>

enum { IO_SIZE = 188 * 64, LARGEST = 2 << 20 };

struct ts_mux {
    AVFormatContext *format;
    AVPacket *packet;
    uint64_t first_us; // capture of the first frame
    int64_t last;      // timestamp of the newest
    bool begun;        // the header is written
    uint8_t *out;      // of this frame: room for LARGEST
    size_t size;
    bool full;
};

static int take(void *opaque, uint8_t *data, int size)
{
    struct ts_mux *m = opaque;
    size_t n = (size_t)size;
    if (m->size + n > LARGEST) {
        m->full = true;
        return size;
    }
    memcpy(m->out + m->size, data, n);
    m->size += n;
    return size;
}

struct ts_mux *ts_mux_create(void)
{
    struct ts_mux *m = base_alloc(sizeof *m);
    uint8_t *buffer = av_malloc(IO_SIZE);
    m->packet = av_packet_alloc();
    m->out = base_alloc(LARGEST);
    if (buffer && m->packet && avformat_alloc_output_context2(&m->format, NULL, "mpegts", NULL) >= 0)
        m->format->pb = avio_alloc_context(buffer, IO_SIZE, 1, m, NULL, take, NULL);
    if (m->format && m->format->pb)
        return m;
    av_free(buffer);
    log_error("ts_mux", "the library makes no transport stream");
    ts_mux_destroy(m);
    return NULL;
}

// Whoever comes in the middle finds the tables in front of each frame.
static bool begin(struct ts_mux *m, const struct encoded_frame *frame)
{
    AVStream *s = avformat_new_stream(m->format, NULL);
    AVDictionary *o = NULL;
    if (!s)
        return false;
    s->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    s->codecpar->codec_id = AV_CODEC_ID_H264;
    s->codecpar->width = (int)frame->width;
    s->codecpar->height = (int)frame->height;
    s->time_base = (AVRational){1, 90000};
    m->format->max_delay = 0;
    m->format->flags |= AVFMT_FLAG_FLUSH_PACKETS;
    av_dict_set(&o, "mpegts_flags", "pat_pmt_at_frames", 0);
    int error = avformat_write_header(m->format, &o);
    av_dict_free(&o);
    m->begun = error >= 0;
    m->first_us = frame->capture_us;
    m->last = -1;
    return m->begun;
}

const uint8_t *ts_mux_put(struct ts_mux *m, const struct encoded_frame *frame, size_t *size)
{
    m->size = 0;
    m->full = false;
    *size = 0;
    if (!m->begun && !begin(m, frame))
        return NULL;
    if (frame->size > LARGEST || av_new_packet(m->packet, (int)frame->size) < 0)
        return NULL;
    memcpy(m->packet->data, frame->data, frame->size);
    int64_t at = frame->capture_us > m->first_us ? (int64_t)(frame->capture_us - m->first_us) * 9 / 100 : 0;
    m->last = MAX(at, m->last + 1);
    m->packet->pts = m->packet->dts = m->last;
    m->packet->flags = frame->keyframe ? AV_PKT_FLAG_KEY : 0;
    int error = av_write_frame(m->format, m->packet);
    av_packet_unref(m->packet);
    avio_flush(m->format->pb);
    if (error < 0 || m->full)
        return NULL;
    *size = m->size;
    return m->out;
}

void ts_mux_destroy(struct ts_mux *m)
{
    if (!m)
        return;
    if (m->format && m->begun)
        av_write_trailer(m->format);
    if (m->format && m->format->pb) {
        av_freep(&m->format->pb->buffer);
        avio_context_free(&m->format->pb);
    }
    avformat_free_context(m->format);
    av_packet_free(&m->packet);
    free(m->out);
    free(m);
}
