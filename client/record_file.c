#define _GNU_SOURCE
#include "record_file.h"

#include "disk_room.h"
#include "file_name.h"

#include <errno.h>
#include <fcntl.h>
#include <libavformat/avformat.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024, CLUSTER_MS = 1000, OPUS_HEAD = 19 };

struct record_file {
    int fd;
    int error; // errno of the first write that failed
    uint64_t size;
    bool begun;
    char path[RECORD_FILE_PATH];
    AVFormatContext *format;
    AVIOContext *io;
    AVPacket *packet;
};

// ---- names ----

static bool with_mark(char out[RECORD_FILE_PATH], const char *path, const char *mark)
{
    char marked[FILE_NAME_SIZE];
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    if (mark[0])
        file_name_marked(marked, name, mark);
    int n = snprintf(out, RECORD_FILE_PATH, "%.*s%s", (int)(name - path), path, mark[0] ? marked : name);
    return n > 0 && n < RECORD_FILE_PATH;
}

bool record_file_part_name(char out[RECORD_FILE_PATH], const char *path, unsigned part)
{
    char mark[16] = "";
    if (part > 1)
        snprintf(mark, sizeof mark, "-%u", part);
    return with_mark(out, path, mark);
}

bool record_file_other_name(char out[RECORD_FILE_PATH], const char *path, unsigned clash)
{
    char mark[16] = "";
    if (clash > 1)
        snprintf(mark, sizeof mark, " (%u)", clash);
    return with_mark(out, path, mark);
}

// ---- the disk ----

static int write_bytes(void *ctx, uint8_t *data, int size)
{
    struct record_file *f = ctx;
    for (int done = 0; done < size && !f->error;) {
        ssize_t n = write(f->fd, data + done, (size_t)(size - done));
        if (n >= 0)
            done += (int)n;
        else if (errno != EINTR)
            f->error = errno;
    }
    f->size += f->error ? 0 : (uint64_t)size;
    return f->error ? AVERROR(f->error) : size;
}

static int64_t seek(void *ctx, int64_t offset, int whence)
{
    struct record_file *f = ctx;
    if (whence & AVSEEK_SIZE)
        return AVERROR(ENOSYS);
    off_t at = lseek(f->fd, offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? AVERROR(errno) : at;
}

static bool works(struct record_file *f)
{
    errno = f->error;
    return !f->error;
}

// ---- a file ----

static bool make(struct record_file *f, const char *path)
{
    for (unsigned i = 1; i <= FILE_NAME_NUMBERS; i++) {
        if (!record_file_other_name(f->path, path, i)) {
            errno = ENAMETOOLONG;
            return false;
        }
        f->fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (f->fd >= 0 || errno != EEXIST)
            return f->fd >= 0;
    }
    return false;
}

struct record_file *record_file_create(const char *path, char made[RECORD_FILE_PATH])
{
    struct record_file *f = base_alloc(sizeof *f);
    if (!make(f, path)) {
        int why = errno;
        free(f);
        errno = why;
        return NULL;
    }
    memcpy(made, f->path, sizeof f->path);
    return f;
}

// RFC 7845 §5.1. No pre-skip: timestamps are of what comes out of a decoder, and are told so (meta).
static bool set_opus(AVCodecParameters *p, bool stereo)
{
    static const uint8_t head[OPUS_HEAD] = {'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 1, 0, 0, 0x80, 0xbb, 0, 0};
    p->codec_id = AV_CODEC_ID_OPUS;
    p->extradata = av_mallocz(OPUS_HEAD + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!p->extradata)
        return false;
    memcpy(p->extradata, head, OPUS_HEAD);
    p->extradata[9] = stereo ? 2 : 1;
    p->extradata_size = OPUS_HEAD;
    return true;
}

static bool set_h264(AVCodecParameters *p, const struct record_file_track *t)
{
    p->codec_type = AVMEDIA_TYPE_VIDEO;
    p->codec_id = AV_CODEC_ID_H264;
    p->width = (int)t->width;
    p->height = (int)t->height;
    p->extradata = av_mallocz(t->headers_size + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!p->extradata)
        return false;
    memcpy(p->extradata, t->headers, t->headers_size);
    p->extradata_size = (int)t->headers_size;
    return true;
}

static bool add_track(struct record_file *f, const struct record_file_track *t)
{
    AVStream *s = avformat_new_stream(f->format, NULL);
    if (!s)
        return false;
    s->time_base = (AVRational){1, 1000};
    av_dict_set(&s->metadata, "title", t->title, 0);
    AVCodecParameters *p = s->codecpar;
    if (t->codec == RECORD_FILE_H264)
        return set_h264(p, t);
    p->codec_type = AVMEDIA_TYPE_AUDIO;
    p->sample_rate = 48000;
    av_channel_layout_default(&p->ch_layout, t->stereo ? 2 : 1);
    if (t->codec == RECORD_FILE_OPUS)
        return set_opus(p, t->stereo);
    p->codec_id = AV_CODEC_ID_PCM_S16BE;
    p->bits_per_coded_sample = 16;
    return true;
}

// Whether the headers of a stream, which a stranger has made, make a track: where one does not, no file begins.
bool record_file_takes(const struct record_file_track *track)
{
    struct record_file f = {.fd = -1};
    uint8_t *bytes = NULL;
    bool takes = false;
    if (avformat_alloc_output_context2(&f.format, NULL, "matroska", NULL) < 0)
        return false;
    if (add_track(&f, track) && avio_open_dyn_buf(&f.format->pb) >= 0) {
        takes = avformat_write_header(f.format, NULL) >= 0;
        if (takes)
            av_write_trailer(f.format);
        avio_close_dyn_buf(f.format->pb, &bytes);
        av_free(bytes);
    }
    avformat_free_context(f.format);
    return takes;
}

static bool open_format(struct record_file *f)
{
    uint8_t *buffer = av_malloc(BUFFER);
    if (buffer)
        f->io = avio_alloc_context(buffer, BUFFER, 1, f, NULL, write_bytes, seek);
    if (!f->io)
        av_free(buffer);
    f->packet = av_packet_alloc();
    if (!f->io || !f->packet || avformat_alloc_output_context2(&f->format, NULL, "matroska", NULL) < 0)
        return false;
    f->format->pb = f->io;
    f->format->flags |= AVFMT_FLAG_FLUSH_PACKETS;
    return true;
}

bool record_file_begin(struct record_file *f, const char *title, int64_t date, const struct record_file_track *tracks,
                       size_t count)
{
    char text[32];
    struct tm at;
    time_t t = (time_t)date;
    if (!open_format(f)) {
        errno = ENOMEM;
        return false;
    }
    if (strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &at))) {
        av_dict_set(&f->format->metadata, "creation_time", text, 0);
        av_dict_set(&f->format->metadata, "DATE", text, 0);
    }
    av_dict_set(&f->format->metadata, "title", title, 0);
    for (size_t i = 0; i < count; i++)
        if (!add_track(f, &tracks[i])) {
            errno = ENOMEM;
            return false;
        }
    AVDictionary *options = NULL;
    av_dict_set_int(&options, "cluster_time_limit", CLUSTER_MS, 0);
    f->begun = avformat_write_header(f->format, &options) >= 0;
    av_dict_free(&options);
    if (!f->begun && !f->error)
        f->error = EINVAL;
    return works(f);
}

bool record_file_put(struct record_file *f, const struct record_file_packet *packet)
{
    if (f->error)
        return works(f);
    AVPacket *p = f->packet;
    p->data = (uint8_t *)packet->data; // only lent: libavformat copies what it keeps
    p->size = (int)packet->size;
    p->stream_index = (int)packet->track;
    p->dts = packet->ms;
    p->pts = packet->shown_ms;
    p->duration = packet->duration_ms;
    p->flags = packet->keyframe ? AV_PKT_FLAG_KEY : 0;
    int result = av_write_frame(f->format, p);
    p->data = NULL;
    p->size = 0;
    av_packet_unref(p);
    if (result == AVERROR(ENOMEM) && !f->error)
        f->error = ENOMEM; // anything else is about this packet alone
    return works(f);
}

bool record_file_sync(struct record_file *f)
{
    if (f->begun && !f->error) {
        avio_flush(f->io);
        if (!f->error && fdatasync(f->fd) != 0 && errno != EINVAL)
            f->error = errno;
    }
    return works(f);
}

uint64_t record_file_size(const struct record_file *f)
{
    return f->size;
}

uint64_t record_file_room(const struct record_file *f, uint64_t floor)
{
    return disk_room_left(f->fd, floor);
}

bool record_file_close(struct record_file *f)
{
    if (!f)
        return true;
    if (f->begun) {
        av_write_trailer(f->format);
        record_file_sync(f);
    } else {
        unlink(f->path);
    }
    avformat_free_context(f->format);
    if (f->io)
        av_freep(&f->io->buffer);
    avio_context_free(&f->io);
    av_packet_free(&f->packet);
    close(f->fd);
    int why = f->error;
    free(f);
    errno = why;
    return !why;
}
