// Pictures from a camera, a file, a stream, the screen or our own test pattern, as I420 with a capture time.
#ifndef PARLOUR_CAMERA_H
#define PARLOUR_CAMERA_H

#include "client/sound_watch.h"

struct AVFrame;
struct camera; // one thread ("camera") owns everything inside; see camera.c

struct camera_config {
    // auto | none | a camera's name or a part of it | test | /dev/video0 | lavfi:GRAPH | file:clip.mp4 | rtsp://... |
    // x11grab:DISPLAY | FORMAT:URL
    const char *spec;
    unsigned width_max, height_max; // 0 = 1280x720; larger pictures are scaled down, aspect kept
    unsigned fps;                   // asked of devices and the test picture; 0 = 30
    void *ctx;
    // A picture: I420, BT.709 limited range, even sizes. Called by the camera thread; the frame is only lent: keep a
    // reference (video_encoder_put and frame_queue_push do). capture_us is CLOCK_MONOTONIC; for files the due time.
    void (*on_picture)(void *ctx, struct AVFrame *frame, uint64_t capture_us);
    // One sentence for the person when pictures stop coming, once per failure; "" when they come again. Camera thread.
    // It tries again by itself, again and again. "auto" without a camera says so the same way.
    void (*on_failed)(void *ctx, const char *sentence);
    // The one that was wanted by name is not there and another one serves, or it serves again. NULL = nobody asks.
    void (*on_said)(void *ctx, enum sound_said what, const char *wanted, const char *now);
};

// The strings of config are copied. Starts nothing; the camera is on once started.
struct camera *camera_create(const struct camera_config *config);
bool camera_start(struct camera *c); // false when the thread cannot be had; a device that fails comes through on_failed
void camera_set_on(struct camera *c, bool on); // any thread; off closes the device, promptly
void camera_stop(struct camera *c);            // any thread; also ends a blocking read
void camera_join(struct camera *c);            // after stop; under 200 ms whatever the source does
void camera_destroy(struct camera *c);         // after join; NULL is fine

#endif
