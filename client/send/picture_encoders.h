// One picture in several sizes: an encoder for each layer that is wanted, fed by one chain of scalers, each layer's
// picture made from the next larger one's. A layer that nobody wants costs nothing: no scaling, no encoder.
#ifndef PARLOUR_PICTURE_ENCODERS_H
#define PARLOUR_PICTURE_ENCODERS_H

#include "encoded_frame.h"

struct AVFrame;
struct picture_encoders;

enum { PICTURE_ENCODERS = 4 };

struct picture_encoders_config {
    bool screen; // of a screen that is shown, not of a camera: made for letters
    void *ctx;
    // As video_encoder_config's; frame->layer says whose it is. Encoder threads.
    bool (*on_frame)(void *ctx, struct encoded_frame *frame);
};

struct picture_size { // kbps 0 = not wanted
    unsigned width, height, fps, kbps;
};

// Nothing is wanted at first.
struct picture_encoders *picture_encoders_create(const struct picture_encoders_config *config);
bool picture_encoders_start(struct picture_encoders *e);
// Camera thread: a reference is taken.
void picture_encoders_put(struct picture_encoders *e, const struct AVFrame *frame, uint64_t capture_us);
// These from any thread.
void picture_encoders_set(struct picture_encoders *e, unsigned layer, const struct picture_size *size);
void picture_encoders_keyframe(struct picture_encoders *e, unsigned layer);
void picture_encoders_pause(struct picture_encoders *e); // nothing is wanted
void picture_encoders_stop(struct picture_encoders *e);
void picture_encoders_join(struct picture_encoders *e);
void picture_encoders_destroy(struct picture_encoders *e); // NULL is fine

#endif
