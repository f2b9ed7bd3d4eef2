// One H.264 layer: takes camera pictures through a one-slot box (the newest wins), scales them if needed, and gives
// Annex B frames to a sink. A hardware encoder is used when one opens, else libx264.
#ifndef PARLOUR_VIDEO_ENCODER_H
#define PARLOUR_VIDEO_ENCODER_H

#include "encoded_frame.h"

struct AVFrame;
struct video_encoder;

struct video_encoder_config {
    const char *codec;      // NULL or "auto"; or an FFmpeg encoder name: libx264, h264_vaapi, h264_v4l2m2m, h264_nvenc
    const char *name;       // thread name, at most 15 characters; NULL = "encoder"
    unsigned width, height; // the box pictures must fit in, aspect kept; 0 = as the camera gives them
    unsigned layer;         // of its frames
    bool screen;            // likewise; its pictures have letters, and may come slowly
    unsigned fps;           // at most; 0 = 30. Pictures that come faster are left out evenly
    unsigned kbps;          // first bit rate; 0 = 1400
    void *ctx;
    // A finished frame, moved to the sink (free with encoded_frame_free). False = the queue is full: the encoder drops
    // it, and everything up to its next keyframe, which it then makes by itself. Encoder thread.
    bool (*on_frame)(void *ctx, struct encoded_frame *frame);
};

struct video_encoder_figures { // since the start
    unsigned width, height;    // of the newest frame
    uint64_t frames, keyframes, dropped;
    uint64_t encode_us; // time spent scaling and encoding
};

struct video_encoder *video_encoder_create(const struct video_encoder_config *config);
bool video_encoder_start(struct video_encoder *e);
// A picture from the camera thread; a reference is taken. An older one still waiting is dropped.
void video_encoder_put(struct video_encoder *e, const struct AVFrame *frame, uint64_t capture_us);
// The four below may be called from any thread and take effect on the next picture.
void video_encoder_set_bitrate(struct video_encoder *e, unsigned kbps);
void video_encoder_request_keyframe(struct video_encoder *e); // the very next picture becomes an IDR
void video_encoder_set_active(struct video_encoder *e,
                              bool active); // false = nobody watches: no codec is held; true again starts with an IDR
void video_encoder_set_size(struct video_encoder *e, unsigned width, unsigned height, unsigned fps); // as in config
void video_encoder_get_figures(struct video_encoder *e, struct video_encoder_figures *out);
void video_encoder_stop(struct video_encoder *e);
void video_encoder_join(struct video_encoder *e);
void video_encoder_destroy(struct video_encoder *e); // NULL is fine

#endif
