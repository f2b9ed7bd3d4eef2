#include "film_sound.h"

#include "client/send/stream_time.h"
#include "film_input.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 48000,
    APART = RATE / 50, // what a file's times are off by more than this is made good
    SEEK_BEFORE_MS = 100,
    OPEN_US = 3000000,
    PACKETS_MOST = 400 // looked into for one block: some seconds of sound
};

struct film_sound {
    struct film_input in;
    AVCodecContext *codec;
    AVStream *stream;
    AVPacket *packet;
    AVFrame *frame;
    SwrContext *swr;
    AVChannelLayout layout; // what swr takes, with the next two; rate 0 = it takes nothing yet
    int rate;
    enum AVSampleFormat format_in;
    int64_t zero_us;    // the file's time where the film begins
    int64_t position;   // samples since then: of the next one that is given
    int64_t silence;    // so many come before `frame`
    int64_t drop;       // so many of what the resampler gives next lie before `position`
    bool held;          // `frame` waits for its turn
    bool drained, over; // the file has no more packets; the decoder no more frames
    unsigned looked;    // packets and frames, for this block
};

// ---- opening ----

static bool open_codec(struct film_sound *s)
{
    const AVCodec *codec = NULL;
    int video = av_find_best_stream(s->in.format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    int audio = av_find_best_stream(s->in.format, AVMEDIA_TYPE_AUDIO, -1, video, &codec, 0);
    if (audio < 0 || !codec)
        return false;
    for (unsigned i = 0; i < s->in.format->nb_streams; i++)
        if ((int)i != audio)
            s->in.format->streams[i]->discard = AVDISCARD_ALL;
    s->stream = s->in.format->streams[audio];
    s->zero_us = s->in.format->start_time == AV_NOPTS_VALUE ? 0 : stream_time_clamp(s->in.format->start_time);
    s->codec = avcodec_alloc_context3(codec);
    s->packet = av_packet_alloc();
    s->frame = av_frame_alloc();
    if (!s->codec || !s->packet || !s->frame || avcodec_parameters_to_context(s->codec, s->stream->codecpar) < 0)
        return false;
    s->codec->pkt_timebase = s->stream->time_base;
    s->codec->thread_count = 1;
    return avcodec_open2(s->codec, codec, NULL) == 0;
}

struct film_sound *film_sound_open(const char *path, const atomic_bool *stop)
{
    struct film_sound *s = base_alloc(sizeof *s);
    if (film_input_open(&s->in, path, stop, clock_now_us() + OPEN_US) && open_codec(s)) {
        s->in.gives_up_us = 0;
        return s;
    }
    film_sound_close(s);
    return NULL;
}

void film_sound_close(struct film_sound *s)
{
    if (!s)
        return;
    swr_free(&s->swr);
    av_channel_layout_uninit(&s->layout);
    av_frame_free(&s->frame);
    av_packet_free(&s->packet);
    avcodec_free_context(&s->codec);
    film_input_close(&s->in);
    free(s);
}

void film_sound_seek(struct film_sound *s, uint64_t ms)
{
    int64_t at_us = (int64_t)(ms > SEEK_BEFORE_MS ? ms - SEEK_BEFORE_MS : 0) * 1000 + s->zero_us;
    int64_t at = av_rescale_q(at_us, AV_TIME_BASE_Q, s->stream->time_base);
    if (av_seek_frame(s->in.format, s->stream->index, at, AVSEEK_FLAG_BACKWARD) < 0)
        log_debug("library", "cannot seek in sound ms=%llu", (unsigned long long)ms);
    avcodec_flush_buffers(s->codec);
    av_frame_unref(s->frame);
    s->rate = 0; // nothing of before is in the next block
    s->position = (int64_t)ms * (RATE / 1000);
    s->silence = s->drop = 0;
    s->held = s->drained = s->over = false;
}

// ---- reading ----

static bool is_enough(const struct film_sound *s)
{
    return s->looked >= PACKETS_MOST || film_input_ended(&s->in);
}

// The next frame of the decoder into `frame`. False: there is none, or enough has been looked into.
static bool decode(struct film_sound *s)
{
    for (; !is_enough(s); s->looked++) {
        int got = avcodec_receive_frame(s->codec, s->frame);
        if (got == 0)
            return true;
        if (got != AVERROR(EAGAIN) || s->drained)
            return false;
        s->drained = av_read_frame(s->in.format, s->packet) < 0;
        if (s->drained)
            avcodec_send_packet(s->codec, NULL);
        else if (s->packet->stream_index == s->stream->index)
            avcodec_send_packet(s->codec, s->packet); // one that is broken is left out, and becomes silence
        av_packet_unref(s->packet);
    }
    return false;
}

static bool fits(const struct film_sound *s)
{
    const AVFrame *f = s->frame;
    return s->rate == f->sample_rate && s->format_in == f->format &&
           av_channel_layout_compare(&s->layout, &f->ch_layout) == 0;
}

// From now on sound of the kind of `frame` is taken.
static bool take_kind(struct film_sound *s)
{
    AVFrame *f = s->frame;
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    s->rate = 0;
    av_channel_layout_uninit(&s->layout);
    if (swr_alloc_set_opts2(&s->swr, &mono, AV_SAMPLE_FMT_S16, RATE, &f->ch_layout, f->format, f->sample_rate, 0,
                            NULL) < 0 ||
        swr_init(s->swr) < 0 || av_channel_layout_copy(&s->layout, &f->ch_layout) < 0)
        return false;
    s->rate = f->sample_rate;
    s->format_in = f->format;
    return true;
}

// What is in the resampler and can come out without any more input.
static size_t pull(struct film_sound *s, int16_t *out, size_t most)
{
    const uint8_t *nothing[AV_NUM_DATA_POINTERS] = {NULL};
    uint8_t *to = (uint8_t *)out;
    int n = 0;
    do {
        int64_t wanted = s->drop ? MIN(s->drop, (int64_t)most) : (int64_t)most;
        n = s->rate ? swr_convert(s->swr, &to, (int)wanted, s->over ? NULL : nothing, 0) : 0;
        if (n <= 0 || !s->drop)
            break;
        s->drop -= n;
    } while (true);
    return (size_t)MAX(n, 0);
}

// Where the frame belongs: silence before it, or some of it too much.
static void place(struct film_sound *s)
{
    int64_t at = s->frame->best_effort_timestamp;
    int64_t waits = s->rate ? swr_get_delay(s->swr, RATE) : 0;
    s->held = true;
    if (at == AV_NOPTS_VALUE)
        return;
    int64_t us = stream_time_us(at, s->stream->time_base.num, s->stream->time_base.den) - s->zero_us;
    int64_t off = av_rescale(us, RATE, AV_TIME_BASE) - (s->position - s->drop + waits);
    bool first = !waits && !s->drop;
    if (off > APART || (off > 0 && first))
        s->silence = off;
    else if (off < -APART || (off < 0 && first))
        s->drop -= off;
}

static void feed(struct film_sound *s)
{
    swr_convert(s->swr, NULL, 0, (const uint8_t **)s->frame->extended_data, s->frame->nb_samples);
    av_frame_unref(s->frame);
    s->held = false;
}

// More for `pull`, or silence. False: it is over.
static bool more(struct film_sound *s)
{
    if (s->held) {
        feed(s);
        return true;
    }
    if (s->over)
        return false;
    if (!decode(s)) {
        s->over = !is_enough(s); // what the resampler has left comes out now
        return true;
    }
    s->looked++;
    if (!fits(s) && !take_kind(s))
        av_frame_unref(s->frame);
    else
        place(s);
    return true;
}

bool film_sound_read(struct film_sound *s, int16_t out[FILM_SOUND_BLOCK])
{
    size_t got = 0;
    s->looked = 0;
    while (got < FILM_SOUND_BLOCK) {
        size_t n = pull(s, out + got, FILM_SOUND_BLOCK - got);
        if (!n && s->silence) {
            int64_t skipped = MIN(s->silence, s->drop);
            s->silence -= skipped;
            s->drop -= skipped;
            n = (size_t)MIN(s->silence, (int64_t)(FILM_SOUND_BLOCK - got));
            memset(out + got, 0, n * sizeof *out);
            s->silence -= (int64_t)n;
        }
        got += n;
        s->position += (int64_t)n;
        if (!n && is_enough(s)) { // what follows is placed by its own time
            s->position += (int64_t)(FILM_SOUND_BLOCK - got);
            memset(out + got, 0, (FILM_SOUND_BLOCK - got) * sizeof *out);
            return true;
        }
        if (!n && !more(s))
            break;
    }
    memset(out + got, 0, (FILM_SOUND_BLOCK - got) * sizeof *out);
    return got > 0;
}
