#include "film_input.h"

#include "film_boxes.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <fcntl.h>
#include <libavformat/avformat.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TABLE_MOST = 256 << 20 }; // bytes in one piece, whatever a file says: ten million pictures' index

void film_input_bound_memory(void)
{
    av_max_alloc(TABLE_MOST);
}

bool film_input_ended(const struct film_input *in)
{
    return (in->stop && atomic_load(in->stop)) || (in->gives_up_us && clock_now_us() > in->gives_up_us);
}

static int is_interrupted(void *opaque)
{
    return film_input_ended(opaque);
}

struct reading {
    const struct film_input *in;
    int fd;
};

static bool read_at(void *ctx, uint64_t at, uint8_t *out, size_t n)
{
    const struct reading *r = ctx;
    return !film_input_ended(r->in) && pread(r->fd, out, n, (off_t)at) == (ssize_t)n;
}

static bool is_bounded(const struct film_input *in, const char *path)
{
    struct reading r = {in, open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat st;
    if (r.fd < 0)
        return false;
    bool good = fstat(r.fd, &st) == 0 && S_ISREG(st.st_mode) &&
                film_boxes_bounded(&(struct film_boxes){(uint64_t)st.st_size, &r, read_at});
    close(r.fd);
    return good;
}

bool film_input_open(struct film_input *in, const char *path, const atomic_bool *stop, uint64_t gives_up_us)
{
    *in = (struct film_input){.stop = stop, .gives_up_us = gives_up_us};
    in->format = is_bounded(in, path) ? avformat_alloc_context() : NULL;
    if (!in->format)
        return false;
    AVDictionary *options = NULL;
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    av_dict_set(&options, "format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2", 0);
    av_dict_set_int(&options, "max_streams", FILM_BOXES_TRACKS, 0);
    in->format->interrupt_callback = (AVIOInterruptCB){is_interrupted, in};
    int error = avformat_open_input(&in->format, path, NULL, &options); // frees format when it fails
    av_dict_free(&options);
    if (error < 0)
        return false;
    if (avformat_find_stream_info(in->format, NULL) >= 0 && !film_input_ended(in))
        return true;
    film_input_close(in);
    return false;
}

void film_input_close(struct film_input *in)
{
    avformat_close_input(&in->format);
}
