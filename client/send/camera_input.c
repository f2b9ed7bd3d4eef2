#define _GNU_SOURCE
#include "camera_input.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <fcntl.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_BUFFER = 1 << 20, OPEN_US = 8000000, GOODBYE_US = 200000 };

bool camera_input_stalled(const struct camera_input *in)
{
    return in->gives_up_us && clock_now_us() > in->gives_up_us;
}

static int is_interrupted(void *opaque)
{
    const struct camera_input *in = opaque;
    if (in->closes_us)
        return clock_now_us() > in->closes_us;
    return camera_wake_raised(in->wake) || camera_input_stalled(in);
}

static int read_pipe(void *opaque, uint8_t *buffer, int size)
{
    struct camera_input *in = opaque;
    for (;;) {
        if (!camera_wake_wait_readable(in->wake, in->pipe))
            return AVERROR_EXIT;
        ssize_t n = read(in->pipe, buffer, (size_t)size);
        if (n > 0)
            return (int)n;
        if (n == 0)
            return AVERROR_EOF;
        if (errno != EAGAIN && errno != EINTR)
            return AVERROR(errno);
    }
}

static bool open_pipe(struct camera_input *in, const char *path)
{
    in->pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (in->pipe < 0)
        return false;
    (void)fcntl(in->pipe, F_SETPIPE_SZ, PIPE_BUFFER); // fewer wake-ups for a raw frame; works without
    uint8_t *buffer = av_malloc(PIPE_BUFFER);
    in->pipe_io = buffer ? avio_alloc_context(buffer, PIPE_BUFFER, 0, in, read_pipe, NULL, NULL) : NULL;
    if (!in->pipe_io)
        av_free(buffer);
    in->format->pb = in->pipe_io;
    in->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    return in->pipe_io != NULL;
}

// Nothing is lost on the way, and what is no picture - sound, the events of a camera - is not even asked for: looking
// into it would hold the pictures up.
void camera_input_live_options(AVDictionary **options)
{
    av_dict_set(options, "rtsp_transport", "tcp", 0);
    av_dict_set(options, "allowed_media_types", "video", 0);
}

bool camera_input_is_fifo(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

bool camera_input_is_regular(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

// Take "FORMAT:URL" apart. NULL when what stands before the colon is no format.
const AVInputFormat *camera_input_format(const char *spec, const char **url)
{
    const char *colon = strchr(spec, ':');
    char name[32];
    if (!colon || (size_t)(colon - spec) >= sizeof name || strncmp(colon, "://", 3) == 0)
        return NULL;
    snprintf(name, sizeof name, "%.*s", (int)(colon - spec), spec);
    const AVInputFormat *format = av_find_input_format(name);
    if (format)
        *url = colon + 1;
    return format;
}

bool camera_input_open(struct camera_input *in, const char *url, const AVInputFormat *format, AVDictionary **options,
                       unsigned ways, struct camera_wake *wake)
{
    *in = (struct camera_input){.wake = wake, .pipe = -1};
    av_log_set_level(AV_LOG_QUIET); // FFmpeg writes to stderr by itself; what matters comes back as an error
    in->format = avformat_alloc_context();
    if (!in->format)
        return false;
    in->format->interrupt_callback = (AVIOInterruptCB){is_interrupted, in};
    if (ways & CAMERA_INPUT_UNBUFFERED)
        in->format->flags |= AVFMT_FLAG_NOBUFFER;
    if (ways & CAMERA_INPUT_DEVICE)
        in->format->flags |= AVFMT_FLAG_NONBLOCK;
    bool pipe = camera_input_is_fifo(url);
    if (pipe && !open_pipe(in, url))
        return false;
    if (!pipe && ways & CAMERA_INPUT_LIVE) // a pipe may wait for its writer
        in->gives_up_us = clock_now_us() + OPEN_US;
    int error = avformat_open_input(&in->format, pipe ? NULL : url, format, options); // frees format when it fails
    if (error < 0) {
        char reason[AV_ERROR_MAX_STRING_SIZE];
        av_strerror(error, reason, sizeof reason);
        log_debug("camera", "cannot open format=%s reason=\"%s\"", format ? format->name : "any", reason);
        return false;
    }
    return true;
}

// A camera that is told (RTSP's TEARDOWN) has a place for the next one at once: some have but two or three.
void camera_input_close(struct camera_input *in)
{
    in->closes_us = clock_now_us() + GOODBYE_US;
    avformat_close_input(&in->format);
    if (in->pipe_io)
        av_freep(&in->pipe_io->buffer);
    avio_context_free(&in->pipe_io);
    if (in->pipe >= 0)
        close(in->pipe);
    in->pipe = -1;
}
