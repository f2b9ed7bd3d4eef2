#include "stream_source.h"

#include "annexb.h"
#include "camera_input.h"
#include "client/sps.h"
#include "picture_order.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/wire.h"
#include "stream_time.h"

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavdevice/avdevice.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STALL_US = 3000000, DEVICE_POLL_US = 2000, HEAD_MAX = 4096 };

struct stream_source {
    struct camera_input in;
    struct camera_wake *wake;
    bool loops, device;
    AVStream *stream;
    int64_t zero_us;      // the container's beginning
    AVBSFContext *annexb; // NULL: no H.264
    AVPacket *packet;
    struct stream_info info;
    uint8_t head[HEAD_MAX]; // the newest parameter sets
    size_t head_size;
    struct picture_order order;
    bool ordered;                // begun
    int64_t first_us, newest_us; // of this turn of a loop
    int64_t turn_us;             // when it began
    bool any;                    // since the beginning, or a seek
};

static AVRational us_base(void)
{
    return (AVRational){1, 1000000};
}

// ---- opening ----

static bool open_spec(struct stream_source *s, const char *spec)
{
    const char *url = spec;
    AVDictionary *options = NULL;
    avdevice_register_all();
    if (strncmp(spec, "file:", 5) == 0)
        url = spec + 5;
    const AVInputFormat *format = url == spec ? camera_input_format(spec, &url) : NULL;
    if (format && strcmp(format->name, "h264") == 0 && strncmp(url, "/dev/", 5) == 0) {
        s->device = true;
        format = av_find_input_format("v4l2");
        av_dict_set(&options, "input_format", "h264", 0);
    }
    s->info.live = s->device || !camera_input_is_regular(url);
    s->loops = s->loops && !s->info.live;
    if (s->info.live) {
        camera_input_live_options(&options);
        av_dict_set(&options, "analyzeduration", "1000000", 0);
    } else { // a file sends us nowhere else
        av_dict_set(&options, "protocol_whitelist", "file", 0);
    }
    unsigned ways = (s->device ? CAMERA_INPUT_DEVICE : 0) | (s->info.live ? CAMERA_INPUT_LIVE : 0);
    bool good = camera_input_open(&s->in, url, format, &options, ways, s->wake);
    av_dict_free(&options);
    return good && !camera_input_stalled(&s->in);
}

static bool find_stream(struct stream_source *s)
{
    AVFormatContext *format = s->in.format;
    if (!s->device && avformat_find_stream_info(format, NULL) < 0)
        return false;
    int found = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (found < 0 || camera_input_stalled(&s->in))
        return false;
    s->in.gives_up_us = 0;
    for (unsigned i = 0; i < format->nb_streams; i++)
        if ((int)i != found)
            format->streams[i]->discard = AVDISCARD_ALL;
    s->stream = format->streams[found];
    s->zero_us = format->start_time == AV_NOPTS_VALUE ? 0 : stream_time_clamp(format->start_time);
    return true;
}

static bool open_annexb(struct stream_source *s)
{
    if (s->stream->codecpar->codec_id != AV_CODEC_ID_H264)
        return true;
    const AVBitStreamFilter *filter = av_bsf_get_by_name("h264_mp4toannexb");
    if (!filter || av_bsf_alloc(filter, &s->annexb) < 0 ||
        avcodec_parameters_copy(s->annexb->par_in, s->stream->codecpar) < 0)
        return false;
    s->annexb->time_base_in = s->stream->time_base;
    return av_bsf_init(s->annexb) >= 0;
}

static int64_t to_us(const struct stream_source *s, int64_t ts)
{
    return stream_time_us(ts, s->stream->time_base.num, s->stream->time_base.den) - s->zero_us;
}

static int64_t to_ticks(const struct stream_source *s, int64_t us)
{
    int64_t at = av_rescale_q(us + s->zero_us, us_base(), s->stream->time_base);
    return at == INT64_MIN ? 0 : MIN(at, INT64_MAX - 1); // too large for it: from the beginning
}

// How far keyframes are apart, by the file's index.
static int64_t keyframes_apart(const struct stream_source *s)
{
    int64_t last = INT64_MIN, most = 0;
    int count = avformat_index_get_entries_count(s->stream);
    for (int i = 0; i < count; i++) {
        const AVIndexEntry *e = avformat_index_get_entry(s->stream, i);
        if (!(e->flags & AVINDEX_KEYFRAME))
            continue;
        int64_t us = to_us(s, e->timestamp);
        most = last == INT64_MIN ? 0 : MAX(most, us - last);
        last = us;
    }
    return last == INT64_MIN ? 0 : MAX(most, s->info.length_us - last);
}

static unsigned average_kbps(const struct stream_source *s)
{
    int64_t bps = s->stream->codecpar->bit_rate;
    if (bps <= 0 && !s->info.live)
        bps = s->in.format->bit_rate; // with the sound, which is little
    return bps > 0 ? (unsigned)MIN(bps / 1000 + 1, (int64_t)UINT16_MAX) : 0;
}

static void describe(struct stream_source *s)
{
    struct stream_info *i = &s->info;
    const AVCodecParameters *p = s->stream->codecpar;
    AVRational rate = av_guess_frame_rate(s->in.format, s->stream, NULL);
    if (rate.num <= 0 || rate.den <= 0 || rate.num / rate.den > 240)
        rate = (AVRational){30, 1};
    i->step_us = MAX(av_rescale(1000000, rate.den, rate.num), (int64_t)1000);
    i->fps = (unsigned)MAX((rate.num + rate.den / 2) / rate.den, 1);
    i->width = (unsigned)MAX(p->width, 0);
    i->height = (unsigned)MAX(p->height, 0);
    if (!i->live && s->in.format->duration > 0)
        i->length_us = stream_time_clamp(s->in.format->duration);
    i->kbps = average_kbps(s);
    i->keyframes_us = i->live ? 0 : keyframes_apart(s);
}

static void refuse(struct stream_source *s, enum stream_why why)
{
    if (s->info.why == STREAM_PASSES)
        log_info("stream_source", "is coded anew why=%d", (int)why);
    s->info.why = why;
}

// These parameter sets are the stream's from now on.
static void take_head(struct stream_source *s, const uint8_t *data, size_t size)
{
    struct sps sps;
    bool found;
    if (size > HEAD_MAX || !sps_check_frame(data, size, &sps, &found)) {
        refuse(s, STREAM_KIND);
        return;
    }
    if (!found)
        return;
    if (!sps.tells_reorder && s->stream->codecpar->video_delay > 0)
        refuse(s, STREAM_ORDER);
    s->ordered = s->ordered && s->info.reorder == sps.reorder;
    s->info.width = sps.width;
    s->info.height = sps.height;
    s->info.reorder = sps.reorder;
    memcpy(s->head, data, size);
    s->head_size = size;
}

static void judge(struct stream_source *s)
{
    const AVCodecParameters *p = s->stream->codecpar;
    if (!s->annexb) {
        refuse(s, STREAM_CODEC);
        return;
    }
    p = s->annexb->par_out;
    if (p->extradata_size > 0 && p->extradata[0] == 0)
        take_head(s, p->extradata, (size_t)p->extradata_size);
}

struct stream_source *stream_source_open(const char *spec, bool loops, struct camera_wake *wake)
{
    struct stream_source *s = base_alloc(sizeof *s);
    s->wake = wake;
    s->loops = loops;
    s->packet = av_packet_alloc();
    if (!s->packet || !open_spec(s, spec) || !find_stream(s) || !open_annexb(s)) {
        stream_source_close(s);
        return NULL;
    }
    describe(s);
    judge(s);
    return s;
}

void stream_source_close(struct stream_source *s)
{
    if (!s)
        return;
    av_bsf_free(&s->annexb);
    av_packet_free(&s->packet);
    camera_input_close(&s->in);
    free(s);
}

const struct stream_info *stream_source_info(const struct stream_source *s)
{
    return &s->info;
}

const struct AVCodecParameters *stream_source_codec(const struct stream_source *s)
{
    return s->annexb ? s->annexb->par_out : s->stream->codecpar;
}

// ---- reading ----

// The file is at its end: what follows comes one picture after its last.
static bool begin_again(struct stream_source *s)
{
    int64_t turn = s->turn_us + s->newest_us - s->first_us + s->info.step_us;
    if (!s->any || !stream_source_seek(s, 0))
        return false;
    s->turn_us = turn;
    s->ordered = s->info.why == STREAM_PASSES; // goes on: a decoder still holds the last of before
    return true;
}

// The next packet of our stream, as the container has it.
static enum stream_result read_packet(struct stream_source *s)
{
    for (;;) {
        if (s->info.live && s->in.pipe < 0 && !s->in.gives_up_us)
            s->in.gives_up_us = clock_now_us() + STALL_US;
        int error = av_read_frame(s->in.format, s->packet);
        if (camera_wake_raised(s->wake) || camera_input_stalled(&s->in)) {
            av_packet_unref(s->packet);
            return STREAM_FAILED;
        }
        if (error == AVERROR(EAGAIN)) {
            if (camera_wake_sleep(s->wake, clock_now_us() + DEVICE_POLL_US))
                return STREAM_FAILED;
            continue;
        }
        s->in.gives_up_us = 0;
        if (error < 0 && s->loops && begin_again(s))
            continue;
        if (error < 0)
            return error == AVERROR_EOF ? STREAM_ENDED : STREAM_FAILED;
        if (s->packet->stream_index == s->stream->index && s->packet->size > 0)
            return STREAM_UNIT;
        av_packet_unref(s->packet);
    }
}

static bool put_head(struct stream_source *s, size_t own)
{
    AVPacket *p = s->packet, *whole = av_packet_alloc();
    size_t rest = (size_t)p->size - own;
    if (!whole || av_new_packet(whole, (int)(s->head_size + rest)) < 0) {
        av_packet_free(&whole);
        return false;
    }
    memcpy(whole->data, s->head, s->head_size);
    memcpy(whole->data + s->head_size, p->data + own, rest);
    av_packet_copy_props(whole, p);
    av_packet_unref(p);
    av_packet_move_ref(p, whole);
    av_packet_free(&whole);
    return true;
}

// Annex B, whole, with what an IDR needs ahead of it. False when it is to be left out.
static bool make_whole(struct stream_source *s, bool *keyframe)
{
    if (av_bsf_send_packet(s->annexb, s->packet) < 0 || av_bsf_receive_packet(s->annexb, s->packet) < 0)
        return false;
    struct annexb_look look = annexb_look(s->packet->data, (size_t)s->packet->size);
    *keyframe = look.idr;
    if (look.sps && look.pps)
        take_head(s, s->packet->data, look.head);
    if (look.idr && !look.sps && s->head_size && !put_head(s, 0))
        return false;
    if (look.idr && !look.sps && !s->head_size)
        refuse(s, STREAM_SETS);
    if (s->packet->size > (int)WIRE_FRAME_MAX)
        refuse(s, STREAM_DAMAGED);
    return true;
}

// In microseconds since the beginning, as a decoder here hands them through; AV_NOPTS_VALUE stays.
static void convert_times(struct stream_source *s)
{
    AVPacket *p = s->packet;
    p->pts = p->pts == AV_NOPTS_VALUE ? p->pts : to_us(s, p->pts) + s->turn_us;
    p->dts = p->dts == AV_NOPTS_VALUE ? p->dts : to_us(s, p->dts) + s->turn_us;
}

static void set_time(struct stream_source *s, struct stream_unit *out)
{
    bool passes = s->info.why == STREAM_PASSES;
    convert_times(s);
    int64_t us = s->packet->pts;
    if (us == AV_NOPTS_VALUE || (!passes && s->packet->dts != AV_NOPTS_VALUE))
        us = s->packet->dts;                   // a decoder gives a picture then
    if (us == AV_NOPTS_VALUE && !s->info.live) // a file without times: evenly
        us = s->any ? s->newest_us + s->info.step_us : s->turn_us;
    out->timed = us != AV_NOPTS_VALUE;
    if (!out->timed)
        return;
    s->first_us = s->any ? MIN(s->first_us, us) : us;
    s->newest_us = s->any ? MAX(s->newest_us, us) : us;
    s->any = true;
    if (!s->ordered)
        picture_order_begin(&s->order, passes ? s->info.reorder : 0, us, s->info.step_us);
    s->ordered = true;
    out->shows_us = picture_order_next(&s->order, us);
}

enum stream_result stream_source_read(struct stream_source *s, struct stream_unit *out)
{
    for (;;) {
        enum stream_result result = read_packet(s);
        if (result != STREAM_UNIT)
            return result;
        *out = (struct stream_unit){.keyframe = s->packet->flags & AV_PKT_FLAG_KEY};
        if (s->annexb && !make_whole(s, &out->keyframe)) {
            av_packet_unref(s->packet);
            continue;
        }
        set_time(s, out);
        out->packet = av_packet_alloc();
        if (!out->packet)
            return STREAM_FAILED;
        av_packet_move_ref(out->packet, s->packet);
        return STREAM_UNIT;
    }
}

bool stream_source_seek(struct stream_source *s, int64_t us)
{
    int64_t at = to_ticks(s, us);
    s->any = s->ordered = false;
    s->turn_us = 0;
    if (s->annexb)
        av_bsf_flush(s->annexb);
    return av_seek_frame(s->in.format, s->stream->index, at, AVSEEK_FLAG_BACKWARD) >= 0 ||
           (us <= 0 && av_seek_frame(s->in.format, s->stream->index, 0, AVSEEK_FLAG_BACKWARD | AVSEEK_FLAG_BYTE) >= 0);
}

int64_t stream_source_next_keyframe(const struct stream_source *s, int64_t us)
{
    if (s->info.live)
        return INT64_MAX;
    int i =
        av_index_search_timestamp(s->stream, to_ticks(s, us - s->turn_us) + 1, 0); // the first keyframe from there on
    const AVIndexEntry *e = i >= 0 ? avformat_index_get_entry(s->stream, i) : NULL;
    return e ? to_us(s, e->timestamp) + s->turn_us : INT64_MAX;
}
