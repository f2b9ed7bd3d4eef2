#include "camera_source.h"

#include "camera_input.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <libavcodec/avcodec.h>
#include <libavdevice/avdevice.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICE_POLL_US = 2000, BEHIND_US = 1000000, PICTURES_LOST = 100, STALL_US = 3000000 };

struct camera_source {
    struct camera_wake *wake;
    struct camera_input in;
    AVCodecContext *codec;
    AVPacket *packet;
    int stream;
    bool paced;  // pictures come when they are due
    bool loops;  // begins again at its end
    bool device; // asked without blocking, so that nothing can hold us
    bool started;
    uint64_t start_us; // when the picture at first_pts is due
    int64_t first_pts; // in the stream's time base
    uint64_t last_us;  // newest due time, and
    uint64_t step_us;  // how long a picture lasts
    bool pictures_since_start;
};

static bool open_codec(struct camera_source *s)
{
    AVStream *first = s->in.format->nb_streams ? s->in.format->streams[0] : NULL;
    // What a raw source says of itself is enough, and looking further would hold its first pictures back.
    bool known = first && first->codecpar->codec_id == AV_CODEC_ID_RAWVIDEO && first->codecpar->width > 0;
    if (!known && !s->device && avformat_find_stream_info(s->in.format, NULL) < 0)
        return false;
    const AVCodec *codec = NULL;
    s->stream = av_find_best_stream(s->in.format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (s->stream < 0 || !codec)
        return false;
    for (unsigned i = 0; i < s->in.format->nb_streams; i++)
        if ((int)i != s->stream)
            s->in.format->streams[i]->discard = AVDISCARD_ALL;
    AVStream *stream = s->in.format->streams[s->stream];
    s->codec = avcodec_alloc_context3(codec);
    s->packet = av_packet_alloc();
    if (!s->codec || !s->packet || avcodec_parameters_to_context(s->codec, stream->codecpar) < 0)
        return false;
    s->codec->pkt_timebase = stream->time_base;
    s->codec->thread_count = s->loops ? 2 : 1; // a live source must not wait for a second thread's frame
    if (!s->loops)
        s->codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
    AVRational rate = av_guess_frame_rate(s->in.format, stream, NULL);
    s->step_us = rate.num > 0 ? (uint64_t)(1000000 * (int64_t)rate.den / rate.num) : 33333;
    return avcodec_open2(s->codec, codec, NULL) == 0;
}

static struct camera_source *open_one(const char *url, const AVInputFormat *format, AVDictionary *options,
                                      struct camera_wake *wake, bool device, bool paced, bool loops)
{
    struct camera_source *s = base_alloc(sizeof *s);
    *s = (struct camera_source){.wake = wake, .device = device, .paced = paced, .loops = loops};
    // Looking into a file without a buffer would lose its first, perhaps only, keyframe.
    unsigned ways =
        (loops ? 0 : CAMERA_INPUT_UNBUFFERED) | (device ? CAMERA_INPUT_DEVICE : 0) | (paced ? 0 : CAMERA_INPUT_LIVE);
    bool good =
        camera_input_open(&s->in, url, format, &options, ways, wake) && open_codec(s) && !camera_input_stalled(&s->in);
    s->in.gives_up_us = 0;
    av_dict_free(&options);
    if (!good) {
        camera_source_close(s);
        return NULL;
    }
    return s;
}

static AVDictionary *device_options(const char *pixels, const char *input, unsigned width, unsigned height,
                                    unsigned fps)
{
    AVDictionary *o = NULL;
    char text[32];
    if (pixels)
        av_dict_set(&o, "pixel_format", pixels, 0);
    if (input)
        av_dict_set(&o, "input_format", input, 0);
    if (width) {
        snprintf(text, sizeof text, "%ux%u", width, height);
        av_dict_set(&o, "video_size", text, 0);
    }
    if (fps) {
        snprintf(text, sizeof text, "%u", fps);
        av_dict_set(&o, "framerate", text, 0);
    }
    return o;
}

// Raw modes first: they cost a tenth of MJPEG. But USB 2 carries 720p raw at 5 to 10 pictures a second only, so a mode
// must also be quick enough; at last anything goes.
static struct camera_source *open_v4l2(const char *path, unsigned width, unsigned height, unsigned fps,
                                       struct camera_wake *wake)
{
    static const struct {
        const char *pixels, *input;
    } modes[] = {{"nv12", NULL}, {"yuyv422", NULL}, {NULL, "mjpeg"}, {NULL, NULL}};
    const AVInputFormat *format = av_find_input_format("v4l2");
    for (size_t i = 0; format && i < ARRAY_LEN(modes) && !camera_wake_raised(wake); i++) {
        bool last = i + 1 == ARRAY_LEN(modes);
        AVDictionary *options =
            device_options(modes[i].pixels, modes[i].input, last ? 0 : width, last ? 0 : height, fps);
        struct camera_source *s = open_one(path, format, options, wake, true, false, false);
        if (s && (last || s->step_us <= 50000))
            return s;
        camera_source_close(s);
    }
    return NULL;
}

struct camera_source *camera_source_open(const char *spec, unsigned width, unsigned height, unsigned fps,
                                         struct camera_wake *wake)
{
    avdevice_register_all();
    if (strncmp(spec, "/dev/video", 10) == 0 || strncmp(spec, "/dev/v4l/", 9) == 0)
        return open_v4l2(spec, width, height, fps, wake);
    if (strncmp(spec, "file:", 5) == 0) {
        if (!camera_input_is_fifo(spec + 5))
            return open_one(spec + 5, NULL, NULL, wake, false, true, true);
        return open_one(spec + 5, NULL, NULL, wake, false, false, false);
    }
    const char *url = spec;
    const AVInputFormat *format = camera_input_format(spec, &url);
    if (format && strcmp(format->name, "lavfi") == 0)
        return open_one(url, format, NULL, wake, false, true, true);
    if (format && strcmp(format->name, "x11grab") == 0)
        return open_one(url, format, device_options(NULL, NULL, 0, 0, fps), wake, true, false, false);
    if (format && (format->flags & AVFMT_NOFILE))
        return open_one(url, format, NULL, wake, true, false, false);
    AVDictionary *options = NULL;
    camera_input_live_options(&options);
    av_dict_set(&options, "fflags", "nobuffer", 0);
    bool regular = camera_input_is_regular(url);
    return open_one(url, format, options, wake, false, regular, regular);
}

void camera_source_close(struct camera_source *s)
{
    if (!s)
        return;
    avcodec_free_context(&s->codec);
    av_packet_free(&s->packet);
    camera_input_close(&s->in);
    free(s);
}

// The file is at its end: go back to its beginning, which follows one picture after the last.
static bool rewind_file(struct camera_source *s)
{
    if (!s->pictures_since_start) // nothing in it: do not spin
        return false;
    s->pictures_since_start = false;
    s->started = false;
    avcodec_flush_buffers(s->codec);
    return avformat_seek_file(s->in.format, -1, INT64_MIN, INT64_MIN, INT64_MAX, 0) >= 0 ||
           av_seek_frame(s->in.format, s->stream, 0, AVSEEK_FLAG_BACKWARD | AVSEEK_FLAG_BYTE) >= 0;
}

// Sleep until the picture is due. False when raised.
static bool pace(struct camera_source *s, const AVFrame *frame, uint64_t *capture_us)
{
    AVRational base = s->in.format->streams[s->stream]->time_base;
    int64_t pts = frame->best_effort_timestamp;
    uint64_t now = clock_now_us();
    if (!s->started) {
        s->started = true;
        s->first_pts = pts;
        s->start_us = MAX(s->last_us + s->step_us, s->last_us ? s->last_us : now);
    }
    uint64_t due = s->last_us + s->step_us;
    if (pts != AV_NOPTS_VALUE && s->first_pts != AV_NOPTS_VALUE && pts >= s->first_pts)
        due = s->start_us + (uint64_t)av_rescale_q(pts - s->first_pts, base, (AVRational){1, 1000000});
    if (now > due + BEHIND_US || due > now + 10 * (uint64_t)BEHIND_US) { // suspended, or a hole in the file
        s->start_us = now;
        s->first_pts = pts;
        due = now;
    }
    s->last_us = due;
    *capture_us = due;
    return !camera_wake_sleep(s->wake, due);
}

// The device's own time when it is CLOCK_MONOTONIC and believable, else now.
static uint64_t live_time(struct camera_source *s, const AVFrame *frame)
{
    uint64_t now = clock_now_us();
    if (!s->device || frame->pts == AV_NOPTS_VALUE)
        return now;
    int64_t t = av_rescale_q(frame->pts, s->in.format->streams[s->stream]->time_base, (AVRational){1, 1000000});
    return t > 0 && (uint64_t)t <= now && now - (uint64_t)t < BEHIND_US ? (uint64_t)t : now;
}

// Feed the decoder one packet, or nothing at the end of a file. False with *result set when reading is over.
static bool feed(struct camera_source *s, enum camera_source_result *result)
{
    if (!s->in.gives_up_us && !s->paced && s->in.pipe < 0)
        s->in.gives_up_us = clock_now_us() + STALL_US;
    int error = av_read_frame(s->in.format, s->packet);
    *result = CAMERA_SOURCE_FAILED;
    if (camera_wake_raised(s->wake) || camera_input_stalled(&s->in)) {
        av_packet_unref(s->packet);
        return false;
    }
    if (error == AVERROR(EAGAIN))
        return !camera_wake_sleep(s->wake, clock_now_us() + DEVICE_POLL_US);
    if (error == AVERROR_EOF && s->loops) {
        avcodec_send_packet(s->codec, NULL); // what it still holds comes out first
        return true;
    }
    s->in.gives_up_us = 0;
    if (error < 0) {
        *result = error == AVERROR_EOF && !s->device ? CAMERA_SOURCE_ENDED : CAMERA_SOURCE_FAILED;
        return false;
    }
    if (s->packet->stream_index == s->stream)
        avcodec_send_packet(s->codec, s->packet); // a damaged packet is one picture less
    av_packet_unref(s->packet);
    return true;
}

enum camera_source_result camera_source_read(struct camera_source *s, struct AVFrame *frame, uint64_t *capture_us)
{
    enum camera_source_result result;
    unsigned damaged = 0;
    av_frame_unref(frame);
    for (;;) {
        int error = avcodec_receive_frame(s->codec, frame);
        if (error == 0) {
            s->pictures_since_start = true;
            if (s->paced)
                return pace(s, frame, capture_us) ? CAMERA_SOURCE_PICTURE : CAMERA_SOURCE_FAILED;
            *capture_us = live_time(s, frame);
            return CAMERA_SOURCE_PICTURE;
        }
        if (error == AVERROR_EOF) {
            if (!rewind_file(s))
                return CAMERA_SOURCE_ENDED;
        } else if (error != AVERROR(EAGAIN) && ++damaged > PICTURES_LOST) {
            return CAMERA_SOURCE_FAILED;
        }
        if (!feed(s, &result))
            return result;
    }
}
