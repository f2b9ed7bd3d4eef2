// One quality of what direct sends (direct.h): access units of its source in, frames out, passed on or coded anew.
// Remembers the units since the last keyframe, so that who comes between two can be given the newest picture.
#ifndef PARLOUR_DIRECT_LAYER_H
#define PARLOUR_DIRECT_LAYER_H

#include "direct.h"
#include "stream_source.h"

#include <pthread.h>

struct direct_layer;

enum { DIRECT_GOP_UNITS = 600, DIRECT_GOP_BYTES = 8 << 20 };

struct direct_layer_config {
    unsigned layer;
    void *ctx;
    bool (*on_frame)(void *ctx, struct encoded_frame *frame); // as direct_config's
};

struct direct_layer *direct_layer_create(const struct direct_layer_config *config);
bool direct_layer_start(struct direct_layer *l);
void direct_layer_stop(struct direct_layer *l);
void direct_layer_join(struct direct_layer *l);
void direct_layer_destroy(struct direct_layer *l); // NULL is fine

// The reading thread.
// Another stream, or another place in it: nothing of before is remembered. `info` NULL = there is none.
void direct_layer_begin(struct direct_layer *l, const struct stream_info *info, const struct AVCodecParameters *codec);
// The next unit, its packet moved. It is due at capture_us, and the first keyframe after it at next_key_us (UINT64_MAX
// = not known); capture_us 0 = it is of before the place that was sought, and only remembered.
void direct_layer_put(struct direct_layer *l, struct stream_unit *unit, uint64_t capture_us, uint64_t next_key_us);
// What was put last is the picture to be seen now: whoever watches gets it.
void direct_layer_settle(struct direct_layer *l);
// No more units: what a decoder still keeps back is to be seen, too.
void direct_layer_end(struct direct_layer *l);
unsigned direct_layer_kbps(struct direct_layer *l, uint64_t now_us); // as it came of late; 0 = not known

// Any thread.
void direct_layer_set_watched(struct direct_layer *l, bool watched);
void direct_layer_keyframe(struct direct_layer *l);

#endif
