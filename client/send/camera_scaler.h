// Makes pictures smaller. One thread's at a time.
#ifndef PARLOUR_CAMERA_SCALER_H
#define PARLOUR_CAMERA_SCALER_H

struct AVFrame;
struct camera_scaler;

struct camera_scaler *camera_scaler_create(void);
void camera_scaler_destroy(struct camera_scaler *s); // NULL is fine
// `in`, I420, at this size: a new reference, of itself when that is its size. NULL when it cannot be scaled.
struct AVFrame *camera_scaler_scale(struct camera_scaler *s, const struct AVFrame *in, unsigned width, unsigned height);

#endif
