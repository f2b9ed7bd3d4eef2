// An opened H.264 decoder: whole access units in, at most one picture out for each, in the order they are shown. What
// the sender sends is checked (SPS, size) before libavcodec sees it. No thread, no clock.
//
// A stream whose pictures are out of order (B-frames) makes a decoder keep `reorder` of them back, as its SPS says: the
// picture that comes out for an access unit is the one that is due with it, and its time is that access unit's ts.
// What is kept back when another stream begins (another layer, or one without B-frames) fills the gap until that one
// gives its first.
#ifndef PARLOUR_H264_DECODER_H
#define PARLOUR_H264_DECODER_H

#include "shared/base.h"

struct AVFrame;
struct h264_decoder;

struct h264_decoder *h264_decoder_create(void);    // NULL when there is none
void h264_decoder_destroy(struct h264_decoder *d); // NULL is fine
// `data`: Annex B, malloced, followed by ASSEMBLER_PADDING zeros; moved. *out: a picture (free with av_frame_free), or
// NULL when none is due with this one. False when it is refused or damaged: nothing can be decoded before a keyframe.
MUST_USE bool h264_decoder_decode(struct h264_decoder *d, uint8_t *data, size_t size, bool keyframe,
                                  struct AVFrame **out);

#endif
