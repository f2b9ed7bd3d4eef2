// Makes H.264 anew of coded pictures: packets in, pictures out of the decoder, frames out of the encoder, without delay
// of its own. For a stretch between two keyframes that somebody comes into, or for all of what cannot be passed on.
// One thread's at a time.
#ifndef PARLOUR_STRETCH_ENCODER_H
#define PARLOUR_STRETCH_ENCODER_H

#include "encoded_frame.h"

struct AVCodecParameters;
struct AVFrame;
struct AVPacket;
struct stretch_encoder;

struct stretch_size {
    unsigned width_max, height_max; // pictures are made no larger
    unsigned fps, kbps;
};

// `in_step`: one picture for each packet, as at the receivers of a passed-on stream, instead of when the codec has it
// ready. NULL when nothing here decodes it.
struct stretch_encoder *stretch_encoder_open(const struct AVCodecParameters *codec, bool in_step,
                                             const struct stretch_size *size);
void stretch_encoder_close(struct stretch_encoder *e); // NULL is fine
// Times of packets are in us; NULL: there are no more, the next picture of those kept back. *picture: NULL, or one to
// be freed. False when it cannot be decoded: damaged.
bool stretch_encoder_decode(struct stretch_encoder *e, const struct AVPacket *packet, struct AVFrame **picture);
// NULL when it cannot be coded. Its times and its layer are the caller's to fill in.
struct encoded_frame *stretch_encoder_encode(struct stretch_encoder *e, const struct AVFrame *picture, bool keyframe);

#endif
