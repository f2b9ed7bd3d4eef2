#define _GNU_SOURCE
#include "screen.h"

#include "camera_convert.h"
#include "camera_wake.h"
#include "client/language.h"
#include "client/thread.h"
#include "screen_changes.h"
#include "screen_pace.h"
#include "screen_windows.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <libavdevice/avdevice.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WIDTH_MOST = 1920, HEIGHT_MOST = 1080, HIDDEN_US = 200000, FAILURES_MOST = 10 };

struct screen {
    struct screen_config config;
    char spec[SCREEN_SPEC_MAX]; // fixed by create
    pthread_t thread;           // of the owner
    bool running;
    struct camera_wake wake; // any thread

    struct screen_windows *windows; // screen thread only, like the rest
    uint32_t window;                // 0 = the whole screen
    struct screen_place place;      // as the grabber was opened for
    AVFormatContext *grab;
    AVPacket *packet, *before;
    struct camera_convert *convert;
    struct screen_pace pace;
    unsigned failures; // one after the other
};

static const char *display_of(const char *spec)
{
    return strchr(spec, ':') && strncmp(spec, "window:", 7) != 0 ? spec : NULL;
}

const char *screen_refused(const char *spec)
{
    const char *display = display_of(spec), *session = getenv("XDG_SESSION_TYPE");
    if (!display && session && strcmp(session, "wayland") == 0) // an X11 program sees nothing but X11 programs there
        return N_("Under Wayland this screen cannot be shown.");
    struct screen_windows *w = screen_windows_open(display);
    screen_windows_close(w);
    return w ? NULL : N_("This screen cannot be shown from here.");
}

struct screen *screen_create(const struct screen_config *config)
{
    struct screen *s = base_alloc(sizeof *s);
    av_log_set_level(AV_LOG_QUIET);
    avdevice_register_all();
    s->config = *config;
    snprintf(s->spec, sizeof s->spec, "%s", config->spec);
    s->convert = camera_convert_create(WIDTH_MOST, HEIGHT_MOST);
    if (!camera_wake_init(&s->wake))
        log_error("screen", "no eventfd");
    return s;
}

// ---- the window ----

static bool find_window(struct screen *s)
{
    struct screen_window list[SCREEN_WINDOWS_MAX];
    const char *what = strncmp(s->spec, "window:", 7) == 0 ? s->spec + 7 : NULL;
    if (!what)
        return true;
    if (strncasecmp(what, "0x", 2) == 0) {
        s->window = (uint32_t)strtoul(what, NULL, 16);
        return s->window != 0;
    }
    size_t count = screen_windows_list(s->windows, list, SCREEN_WINDOWS_MAX);
    for (size_t i = 0; i < count && !s->window; i++)
        if (strcasestr(list[i].title, what))
            s->window = list[i].id;
    return s->window != 0;
}

// ---- the grabber ----

static void close_grab(struct screen *s)
{
    avformat_close_input(&s->grab);
    av_packet_unref(s->packet);
    av_packet_unref(s->before);
}

static void set_number(AVDictionary **options, const char *name, long long value)
{
    av_dict_set_int(options, name, value, 0);
}

static bool open_grab(struct screen *s)
{
    const AVInputFormat *format = av_find_input_format("x11grab");
    const char *display = display_of(s->spec);
    char size[32];
    AVDictionary *options = NULL;
    snprintf(size, sizeof size, "%ux%u", s->place.width, s->place.height);
    av_dict_set(&options, "video_size", size, 0);
    av_dict_set(&options, "framerate", "240", 0); // when to look is ours to say
    av_dict_set(&options, "draw_mouse", "1", 0);
    set_number(&options, "window_id", s->place.window);
    set_number(&options, "grab_x", s->place.x);
    set_number(&options, "grab_y", s->place.y);
    int error = format ? avformat_open_input(&s->grab, display ? display : getenv("DISPLAY"), format, &options) : -1;
    av_dict_free(&options);
    if (error < 0)
        return false;
    log_info("screen", "opened width=%u height=%u window=0x%x", s->place.width, s->place.height, s->window);
    return true;
}

static struct screen_changes_picture picture_of(const struct screen *s, const AVPacket *packet)
{
    const AVCodecParameters *p = s->grab->streams[0]->codecpar;
    int line = av_image_get_linesize((enum AVPixelFormat)p->format, p->width, 0);
    size_t lines = (size_t)MAX(p->height, 0), stride = lines ? (size_t)packet->size / lines : 0;
    if (line <= 0 || stride < (size_t)line)
        return (struct screen_changes_picture){.data = packet->data};
    return (struct screen_changes_picture){packet->data, stride, (size_t)line, (unsigned)lines};
}

// One look at the screen, in `packet`.
static bool look(struct screen *s)
{
    av_packet_unref(s->packet);
    return av_read_frame(s->grab, s->packet) >= 0 && picture_of(s, s->packet).lines > 0;
}

static double changed(struct screen *s)
{
    if (!s->before->data || s->before->size != s->packet->size)
        return 1;
    struct screen_changes_picture a = picture_of(s, s->before), b = picture_of(s, s->packet);
    return screen_changes_share(&a, &b);
}

static void deliver(struct screen *s, uint64_t capture_us)
{
    const AVCodecParameters *p = s->grab->streams[0]->codecpar;
    struct screen_changes_picture x = picture_of(s, s->packet);
    AVFrame *raw = av_frame_alloc();
    if (!raw)
        return;
    raw->format = p->format;
    raw->width = p->width;
    raw->height = p->height;
    raw->data[0] = s->packet->data;
    raw->linesize[0] = (int)x.stride;
    AVFrame *picture = camera_convert_picture(s->convert, raw);
    raw->data[0] = NULL;
    av_frame_free(&raw);
    if (picture)
        s->config.on_picture(s->config.ctx, picture, capture_us);
    av_frame_free(&picture);
}

// ---- the thread ----

static bool same_place(const struct screen_place *a, const struct screen_place *b)
{
    return a->window == b->window && a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

// Have a grabber open for where it is now. False: nothing can be seen of it, or it cannot be read just now.
static bool follow(struct screen *s, const struct screen_place *now)
{
    if (s->grab && same_place(now, &s->place))
        return true;
    close_grab(s);
    s->place = *now;
    return now->width && open_grab(s);
}

static void turn(struct screen *s)
{
    struct screen_steering *steer = s->config.steering;
    uint64_t now = clock_now_us();
    if (!look(s)) {
        s->failures++;
        close_grab(s);
        camera_wake_sleep(&s->wake, now + HIDDEN_US);
        return;
    }
    s->failures = 0;
    unsigned fps = atomic_load(&steer->fps);
    bool held = atomic_load(&steer->held), wanted = !held && atomic_exchange(&steer->wanted, false);
    bool send = screen_pace_look(&s->pace, changed(s), wanted, held, fps ? fps : 30, now);
    if (send)
        deliver(s, now);
    AVPacket *old = s->before;
    s->before = s->packet;
    s->packet = old;
    camera_wake_sleep(&s->wake, screen_pace_next_us(&s->pace));
}

static const char *run_until_over(struct screen *s)
{
    struct screen_place now;
    s->windows = screen_windows_open(display_of(s->spec));
    if (!s->windows)
        return N_("This screen cannot be shown from here.");
    if (!find_window(s))
        return N_("There is no such window to be shown.");
    if (s->window)
        screen_windows_keep(s->windows, s->window);
    while (!camera_wake_raised(&s->wake)) {
        if (!screen_windows_place(s->windows, s->window, &now))
            return s->window ? N_("The window you were showing has been closed.")
                             : N_("This screen can no longer be shown.");
        if (s->failures > FAILURES_MOST)
            return N_("This screen can no longer be shown.");
        if (follow(s, &now)) {
            turn(s);
        } else {
            s->failures += now.width > 0;
            camera_wake_sleep(&s->wake, clock_now_us() + HIDDEN_US);
        }
    }
    return NULL;
}

static void *run(void *arg)
{
    struct screen *s = arg;
    s->packet = av_packet_alloc();
    s->before = av_packet_alloc();
    const char *why = s->packet && s->before ? run_until_over(s) : N_("This screen cannot be shown from here.");
    close_grab(s);
    screen_windows_close(s->windows);
    av_packet_free(&s->packet);
    av_packet_free(&s->before);
    if (why)
        s->config.on_ended(s->config.ctx, why);
    return NULL;
}

bool screen_start(struct screen *s)
{
    s->running = thread_start(&s->thread, "screen", run, s);
    return s->running;
}

void screen_stop(struct screen *s)
{
    camera_wake_raise(&s->wake);
}

void screen_join(struct screen *s)
{
    if (s->running)
        pthread_join(s->thread, NULL);
    s->running = false;
}

void screen_destroy(struct screen *s)
{
    if (!s)
        return;
    camera_convert_destroy(s->convert);
    camera_wake_destroy(&s->wake);
    free(s);
}
