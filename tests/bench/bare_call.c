// The work of a call with four pictures and nothing around it: three H.264 streams decoded, one camera clip decoded and
// encoded, four pictures scaled into their tiles of a window and shown, Opus once out and three times in; 30 times a
// second, one thread, no network, no sealing, no words. What a real client costs is told as a ratio to this.
//   bare_call SECONDS CLIP CLIP CLIP OWN-CLIP     prints `ready`, waits for a line on stdin, measures, prints figures
#include "client/send/h264_encoder.h"
#include "client/ui/layout.h"
#include "shared/base.h"
#include "shared/clock.h"

#include <SDL2/SDL.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <opus/opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum {
    TILES = 4,
    OWN = 3,
    WIDTH = 1920,
    HEIGHT = 1080,
    FPS = 30,
    KBPS = 1200,
    PACKETS = 150,
    SOUND = 960,
    RATE = 48000
};

enum part { DECODE, ENCODE, SCALE, PRESENT, AUDIO, PARTS };

static const char *const part_names[PARTS] = {"decode", "encode", "scale", "present", "audio"};

struct tile {
    AVPacket *packets[PACKETS];
    size_t count;
    AVCodecContext *decoder;
    AVFrame *picture;
    struct SwsContext *scaler, *to_rgb;
    AVFrame *scaled;
    SDL_Rect crop, at;
};

struct bare {
    struct tile tiles[TILES];
    struct h264_encoder *encoder;
    AVPacket *encoded;
    SDL_Window *window;
    OpusEncoder *opus;
    OpusDecoder *voices[TILES - 1];
    int16_t tone[SOUND];
    uint64_t spent_ns[PARTS];
};

static void fail(const char *what)
{
    fprintf(stderr, "bare_call: %s\n", what);
    exit(1);
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// ---- before the clock runs ----

static AVCodecContext *open_decoder(const AVCodecParameters *parameters)
{
    AVCodecContext *c = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
    if (c && parameters)
        avcodec_parameters_to_context(c, parameters);
    if (c)
        c->thread_count = 1;
    if (c && !parameters)
        c->flags |= AV_CODEC_FLAG_LOW_DELAY;
    if (!c || avcodec_open2(c, NULL, NULL) < 0)
        fail("no H.264 decoder");
    return c;
}

// The clip's own packets, and its decoder.
static void load_clip(struct tile *t, const char *path)
{
    AVFormatContext *f = NULL;
    if (avformat_open_input(&f, path, NULL, NULL) < 0 || avformat_find_stream_info(f, NULL) < 0)
        fail("a clip cannot be opened");
    t->decoder = open_decoder(f->streams[0]->codecpar);
    t->picture = av_frame_alloc();
    while (t->count < PACKETS) {
        AVPacket *p = av_packet_alloc();
        if (!p || av_read_frame(f, p) < 0) {
            av_packet_free(&p);
            break;
        }
        t->packets[t->count++] = p;
    }
    if (t->count < FPS)
        fail("a clip is too short");
    avformat_close_input(&f);
}

static bool decode(struct tile *t, size_t i)
{
    if (avcodec_send_packet(t->decoder, t->packets[i % t->count]) < 0)
        fail("a packet does not decode");
    return avcodec_receive_frame(t->decoder, t->picture) == 0;
}

// What another person's client makes of the clip takes its place.
static void code_as_sent(struct tile *t)
{
    struct h264_encoder *encoder = NULL;
    AVPacket *sent[PACKETS];
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (!decode(t, i))
            continue;
        if (!encoder)
            encoder =
                h264_encoder_open(NULL, (unsigned)t->picture->width, (unsigned)t->picture->height, FPS, KBPS, false);
        AVPacket *p = av_packet_alloc();
        if (!encoder || !p || !h264_encoder_encode(encoder, t->picture, count == 0, p) || !p->size)
            fail("a picture does not encode");
        sent[count++] = p;
    }
    h264_encoder_close(encoder);
    for (size_t i = 0; i < t->count; i++)
        av_packet_free(&t->packets[i]);
    for (size_t i = 0; i < count; i++)
        t->packets[i] = sent[i];
    t->count = count;
    avcodec_free_context(&t->decoder);
    t->decoder = open_decoder(NULL);
}

static void prepare_scaling(struct tile *t, const SDL_Rect *cell)
{
    const AVCodecContext *c = t->decoder;
    int width = c->width ? c->width : 640, height = c->height ? c->height : 360;
    layout_cover(width, height, cell, &t->crop, &t->at);
    t->at.x &= ~3; // what swscale writes best
    t->at.w &= ~15;
    t->at.h &= ~1;
    t->scaler = sws_getContext(t->crop.w, t->crop.h, AV_PIX_FMT_YUV420P, t->at.w, t->at.h, AV_PIX_FMT_YUV420P,
                               SWS_BILINEAR, NULL, NULL, NULL);
    t->to_rgb = sws_getContext(t->at.w, t->at.h, AV_PIX_FMT_YUV420P, t->at.w, t->at.h, AV_PIX_FMT_BGRA, SWS_POINT, NULL,
                               NULL, NULL);
    t->scaled = av_frame_alloc();
    if (!t->scaler || !t->to_rgb || !t->scaled)
        fail("nothing to scale with");
    const int *table = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(t->to_rgb, table, 0, table, 1, 0, 1 << 16, 1 << 16);
    t->scaled->format = AV_PIX_FMT_YUV420P;
    t->scaled->width = t->at.w;
    t->scaled->height = t->at.h;
    if (av_frame_get_buffer(t->scaled, 0) < 0)
        fail("no memory");
}

static void open_window(struct bare *b)
{
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    if (SDL_Init(SDL_INIT_VIDEO) != 0)
        fail(SDL_GetError());
    b->window = SDL_CreateWindow("bare", 0, 0, WIDTH, HEIGHT, 0);
    if (!b->window || !SDL_GetWindowSurface(b->window))
        fail(SDL_GetError());
    struct layout_request request = {
        .width = WIDTH, .height = HEIGHT, .u = layout_unit(WIDTH, HEIGHT), .mode = LAYOUT_GRID, .count = TILES};
    struct layout_result result;
    layout_compute(&request, &result);
    for (size_t i = 0; i < TILES; i++)
        prepare_scaling(&b->tiles[i], &result.tile[i].frame);
}

static void open_sound(struct bare *b)
{
    int error;
    b->opus = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &error);
    for (size_t i = 0; i < ARRAY_LEN(b->voices); i++)
        if (!(b->voices[i] = opus_decoder_create(RATE, 1, &error)))
            fail("no Opus");
    if (!b->opus)
        fail("no Opus");
    opus_encoder_ctl(b->opus, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(b->opus, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(b->opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(b->opus, OPUS_SET_PACKET_LOSS_PERC(5));
    opus_encoder_ctl(b->opus, OPUS_SET_BITRATE(32000));
    for (size_t i = 0; i < SOUND; i++)
        b->tone[i] = (int16_t)(6000 * sin(2 * M_PI * 500 * (double)i / RATE));
}

// ---- while it runs ----

static void lap(struct bare *b, enum part part, uint64_t *since)
{
    uint64_t now = cpu_ns();
    b->spent_ns[part] += now - *since;
    *since = now;
}

static void put(struct tile *t, SDL_Surface *surface)
{
    const AVFrame *f = t->picture;
    const uint8_t *from[4] = {f->data[0] + (ptrdiff_t)t->crop.y * f->linesize[0] + t->crop.x,
                              f->data[1] + (ptrdiff_t)(t->crop.y / 2) * f->linesize[1] + t->crop.x / 2,
                              f->data[2] + (ptrdiff_t)(t->crop.y / 2) * f->linesize[2] + t->crop.x / 2, NULL};
    sws_scale(t->scaler, from, f->linesize, 0, t->crop.h, t->scaled->data, t->scaled->linesize);
    uint8_t *to[4] = {(uint8_t *)surface->pixels + (ptrdiff_t)t->at.y * surface->pitch + (ptrdiff_t)t->at.x * 4, NULL,
                      NULL, NULL};
    int stride[4] = {surface->pitch, 0, 0, 0};
    sws_scale(t->to_rgb, (const uint8_t *const *)t->scaled->data, t->scaled->linesize, 0, t->at.h, to, stride);
}

static void run_picture(struct bare *b, size_t n)
{
    SDL_Surface *surface = SDL_GetWindowSurface(b->window);
    SDL_Rect changed[TILES];
    uint64_t since = cpu_ns();
    for (size_t i = 0; i < TILES; i++) {
        struct tile *t = &b->tiles[i];
        bool good = decode(t, n);
        lap(b, DECODE, &since);
        if (good && i == OWN && !h264_encoder_encode(b->encoder, t->picture, n == 0, b->encoded))
            fail("the encoder fails");
        lap(b, ENCODE, &since);
        if (good)
            put(t, surface);
        changed[i] = t->at;
        lap(b, SCALE, &since);
    }
    SDL_UpdateWindowSurfaceRects(b->window, changed, TILES);
    SDL_PumpEvents();
    SDL_FlushEvents(SDL_FIRSTEVENT, SDL_LASTEVENT);
    lap(b, PRESENT, &since);
}

static void run_sound(struct bare *b)
{
    uint8_t packet[1000];
    int16_t heard[SOUND];
    uint64_t since = cpu_ns();
    int size = opus_encode(b->opus, b->tone, SOUND, packet, sizeof packet);
    for (size_t i = 0; i < ARRAY_LEN(b->voices) && size > 0; i++)
        if (opus_decode(b->voices[i], packet, size, heard, SOUND, 0) != SOUND)
            fail("a sound does not decode");
    lap(b, AUDIO, &since);
}

static void measure(struct bare *b, unsigned seconds)
{
    struct rusage before, after;
    uint64_t start = clock_now_us(), late = 0;
    getrusage(RUSAGE_SELF, &before);
    for (uint64_t n = 0, sounds = 0; n < (uint64_t)seconds * FPS; n++) {
        uint64_t due = start + n * 1000000u / FPS;
        clock_sleep_until(due);
        run_picture(b, (size_t)n);
        for (; sounds * 20000u <= n * 1000000u / FPS; sounds++)
            run_sound(b);
        late += clock_now_us() > due + 1000000u / FPS;
    }
    getrusage(RUSAGE_SELF, &after);
    double user = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1e3 +
                  (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e3,
           system = (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1e3 +
                    (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e3;
    printf("cpu=%.2f late=%llu", (user + system) / seconds, (unsigned long long)late);
    for (size_t i = 0; i < PARTS; i++)
        printf(" %s=%.2f", part_names[i], (double)b->spent_ns[i] / 1e6 / seconds);
    printf("\n"); // all in CPU milliseconds a second
}

int main(int argc, char **argv)
{
    static struct bare b;
    if (argc != 2 + TILES)
        return 64;
    for (size_t i = 0; i < TILES; i++) {
        load_clip(&b.tiles[i], argv[2 + i]);
        if (i != OWN)
            code_as_sent(&b.tiles[i]);
    }
    const AVCodecContext *own = b.tiles[OWN].decoder;
    b.encoder = h264_encoder_open(NULL, (unsigned)own->width, (unsigned)own->height, FPS, KBPS, false);
    b.encoded = av_packet_alloc();
    if (!b.encoder || !b.encoded)
        fail("no encoder");
    open_window(&b);
    open_sound(&b);
    for (size_t n = 0; n < FPS; n++) // warm
        run_picture(&b, n);
    for (size_t i = 0; i < PARTS; i++)
        b.spent_ns[i] = 0;
    puts("ready");
    fflush(stdout);
    if (getchar() == EOF)
        return 1;
    measure(&b, (unsigned)(int)strtol(argv[1], NULL, 10));
    SDL_Quit();
    return 0;
}
