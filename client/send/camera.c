#include "camera.h"

#include "camera_convert.h"
#include "camera_source.h"
#include "client/camera_nodes.h"
#include "client/thread.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "test_picture.h"
#include "client/language.h"

#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_US = 800000, LOOK_US = 500000 };

struct camera {
    struct camera_config config; // fixed by create
    char *spec;                  // fixed by create
    pthread_t thread;            // of the owner: start and join
    bool running;
    atomic_bool on, stopping; // any thread
    struct camera_wake wake;

    struct camera_convert *convert; // camera thread only, like the rest
    bool failed;                    // told, and not yet taken back
    bool device;                    // a camera of this machine, not an address
    bool other, refused;            // another one than the wanted serves; which is there, and did not open
    uint64_t look_us;               // when to look for that one
    struct camera_nodes_seen seen;  // since the other one was opened
};

struct camera *camera_create(const struct camera_config *config)
{
    struct camera *c = base_alloc(sizeof *c);
    av_log_set_level(AV_LOG_QUIET); // FFmpeg writes to stderr by itself; what matters comes back as an error
    c->config = *config;
    if (!c->config.width_max || !c->config.height_max) {
        c->config.width_max = 1280;
        c->config.height_max = 720;
    }
    c->config.fps = config->fps ? config->fps : 30;
    c->spec = base_strdup(config->spec ? config->spec : "auto");
    atomic_init(&c->on, true);
    c->convert = camera_convert_create(c->config.width_max, c->config.height_max);
    if (!camera_wake_init(&c->wake))
        log_error("camera", "no eventfd");
    return c;
}

static void deliver(struct camera *c, AVFrame *picture, uint64_t capture_us)
{
    if (c->failed && c->config.on_failed)
        c->config.on_failed(c->config.ctx, "");
    c->failed = false;
    c->config.on_picture(c->config.ctx, picture, capture_us);
}

static void tell_failed(struct camera *c, const char *sentence)
{
    if (!c->failed && c->config.on_failed)
        c->config.on_failed(c->config.ctx, sentence);
    c->failed = true;
}

// Our own pattern, at absolute times, until the camera's state changes.
static void run_test(struct camera *c)
{
    unsigned width, height;
    camera_convert_fit(1280, 720, c->config.width_max, c->config.height_max, &width, &height);
    struct test_picture *test = test_picture_create(MAX(width, 320u), MAX(height, 180u));
    uint64_t start = clock_now_us(), step_ns = 1000000000u / c->config.fps;
    for (uint64_t n = 0;; n++) {
        uint64_t due = start + n * step_ns / 1000;
        if (camera_wake_sleep(&c->wake, due))
            break;
        uint64_t now = clock_now_us();
        if (now > due + 100000) { // held up (suspended, overloaded): leave pictures out, keep the beat
            n += (now - due) * 1000 / step_ns;
            due = start + n * step_ns / 1000;
        }
        AVFrame *picture = camera_convert_new_picture(c->convert, MAX(width, 320u), MAX(height, 180u));
        if (!picture)
            continue;
        test_picture_draw(test, (uint32_t)n, due, picture->data, picture->linesize);
        deliver(c, picture, due);
        av_frame_free(&picture);
    }
    test_picture_destroy(test);
}

static struct camera_source *open_spec(struct camera *c, const char *spec)
{
    const struct camera_config *g = &c->config;
    return camera_source_open(spec, g->width_max, g->height_max, g->fps, &c->wake);
}

static struct camera_source *open_any(struct camera *c, const struct device_names *cameras,
                                      char name[DEVICE_NAMES_SIZE])
{
    for (size_t i = 0; i < cameras->count && !camera_wake_raised(&c->wake); i++) {
        struct camera_source *s = open_spec(c, cameras->list[i].path);
        if (s) {
            memcpy(name, cameras->list[i].name, DEVICE_NAMES_SIZE);
            return s;
        }
    }
    return NULL;
}

static void say(struct camera *c, bool other, const char *now)
{
    if (other != c->other && c->config.on_said)
        c->config.on_said(c->config.ctx, other ? SOUND_SAID_OTHER : SOUND_SAID_RETURN, c->spec, now);
    c->other = other;
}

static struct camera_source *open_source(struct camera *c)
{
    char name[DEVICE_NAMES_SIZE] = "";
    struct device_names *cameras = base_alloc(sizeof *cameras);
    camera_nodes_list("", cameras);
    int at;
    bool named = device_names_camera(cameras, c->spec, &at);
    c->device = named || strcmp(c->spec, "auto") == 0;
    // What is given by its path need not be listed.
    const char *path = at >= 0 ? cameras->list[at].path : !c->device || c->spec[0] == '/' ? c->spec : NULL;
    struct camera_source *s = path ? open_spec(c, path) : NULL;
    if (s && named)
        say(c, false, at >= 0 ? cameras->list[at].name : c->spec);
    else if (!s && c->device && (s = open_any(c, cameras, name)) && named)
        say(c, true, name);
    c->refused = s && at >= 0 && c->other;
    c->seen = (struct camera_nodes_seen){.any = false};
    free(cameras);
    return s;
}

// Another one serves, and the wanted one is there again. Not one that was there and did not open.
static bool returns(struct camera *c)
{
    uint64_t now = clock_now_us();
    if (!c->other || now < c->look_us)
        return false;
    c->look_us = now + LOOK_US;
    if (camera_nodes_as_before(&c->seen, ""))
        return false; // as it was found not to be a moment ago
    struct device_names *cameras = base_alloc(sizeof *cameras);
    camera_nodes_list("", cameras);
    int at;
    bool there = device_names_camera(cameras, c->spec, &at) && at >= 0;
    free(cameras);
    c->refused = c->refused && there;
    return there && !c->refused;
}

// Pictures until the source ends, fails or the camera's state changes. True when it ended by itself and was good.
static bool pump(struct camera *c, struct camera_source *s)
{
    AVFrame *raw = av_frame_alloc();
    enum camera_source_result result = CAMERA_SOURCE_FAILED;
    bool any = false;
    uint64_t capture_us;
    while (raw && (result = camera_source_read(s, raw, &capture_us)) == CAMERA_SOURCE_PICTURE) {
        AVFrame *picture = camera_convert_picture(c->convert, raw);
        av_frame_unref(raw);
        if (!picture)
            continue;
        deliver(c, picture, capture_us);
        av_frame_free(&picture);
        any = true;
        if (returns(c)) {
            result = CAMERA_SOURCE_ENDED;
            break;
        }
    }
    av_frame_free(&raw);
    return any && result == CAMERA_SOURCE_ENDED;
}

static void run_source(struct camera *c)
{
    struct camera_source *s = open_source(c);
    bool opened = s != NULL, again = s && pump(c, s);
    camera_source_close(s);
    if (again || camera_wake_raised(&c->wake))
        return; // a live pipe was closed by its writer: wait for the next one at once
    tell_failed(c, opened      ? N_("The camera stopped sending pictures.")
                   : c->device ? N_("No camera found. Others will hear you.")
                               : N_("The camera cannot be opened."));
    camera_wake_sleep(&c->wake, clock_now_us() + RETRY_US);
}

static void *run(void *arg)
{
    struct camera *c = arg;
    for (;;) {
        camera_wake_lower(&c->wake);
        if (atomic_load(&c->stopping))
            return NULL;
        if (!atomic_load(&c->on) || strcmp(c->spec, "none") == 0)
            camera_wake_sleep(&c->wake, UINT64_MAX);
        else if (strcmp(c->spec, "test") == 0)
            run_test(c);
        else
            run_source(c);
    }
}

bool camera_start(struct camera *c)
{
    c->running = thread_start(&c->thread, "camera", run, c);
    return c->running;
}

void camera_set_on(struct camera *c, bool on)
{
    if (atomic_exchange(&c->on, on) != on)
        camera_wake_raise(&c->wake);
}

void camera_stop(struct camera *c)
{
    atomic_store(&c->stopping, true);
    camera_wake_raise(&c->wake);
}

void camera_join(struct camera *c)
{
    if (c->running)
        pthread_join(c->thread, NULL);
    c->running = false;
}

void camera_destroy(struct camera *c)
{
    if (!c)
        return;
    camera_convert_destroy(c->convert);
    camera_wake_destroy(&c->wake);
    free(c->spec);
    free(c);
}
