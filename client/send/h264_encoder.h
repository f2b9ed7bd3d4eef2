// One opened FFmpeg H.264 encoder with Parlour's settings (DESIGN §7): hardware when one opens, else libx264. Knows
// nothing of threads. Encoder thread only.
#ifndef PARLOUR_H264_ENCODER_H
#define PARLOUR_H264_ENCODER_H

#include "shared/base.h"

struct AVFrame;
struct AVPacket;
struct h264_encoder;

// codec: NULL or "auto" tries hardware first, else exactly that encoder. NULL (logged) when none opens.
struct h264_encoder *h264_encoder_open(const char *codec, unsigned width, unsigned height, unsigned fps, unsigned kbps,
                                       bool old_matrix);
// For letters, and pictures that come slowly: a new page may take a while longer than a camera's picture.
struct h264_encoder *h264_encoder_open_screen(const char *codec, unsigned width, unsigned height, unsigned fps,
                                              unsigned kbps);
void h264_encoder_close(struct h264_encoder *h); // NULL is fine
// All three limits at once; from the next picture on.
void h264_encoder_set_bitrate(struct h264_encoder *h, unsigned kbps);
// One I420 picture of the opened size in, at most one packet out (unreferenced by the caller). False when the encoder
// fails; packet->size is 0 when it holds the picture back (hardware may).
bool h264_encoder_encode(struct h264_encoder *h, struct AVFrame *picture, bool keyframe, struct AVPacket *packet);
const char *h264_encoder_name(const struct h264_encoder *h);

#endif
