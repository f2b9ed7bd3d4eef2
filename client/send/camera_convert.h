// Any picture FFmpeg knows -> I420, limited range, even sizes, within a box. Camera thread only.
#ifndef PARLOUR_CAMERA_CONVERT_H
#define PARLOUR_CAMERA_CONVERT_H

#include "shared/base.h"

struct AVFrame;
struct camera_convert;

struct camera_convert *camera_convert_create(unsigned width_max, unsigned height_max);
void camera_convert_destroy(struct camera_convert *c); // NULL is fine
// An I420 frame of this size with its own pixels from a pool; free with av_frame_free. NULL without memory.
struct AVFrame *camera_convert_new_picture(struct camera_convert *c, unsigned width, unsigned height);
// A reference to `in` when it will do as it is, else a converted copy. NULL when it cannot be converted.
struct AVFrame *camera_convert_picture(struct camera_convert *c, const struct AVFrame *in);
// The largest even size within the box (never larger than the input) that keeps the aspect.
void camera_convert_fit(unsigned width, unsigned height, unsigned width_max, unsigned height_max, unsigned *out_width,
                        unsigned *out_height);

#endif
