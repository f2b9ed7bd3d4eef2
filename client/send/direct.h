// Pictures that are coded already, sent as they are: a film in up to three qualities on one timeline, or a camera that
// encodes. Whoever comes in the middle of a stretch between two keyframes gets that stretch coded anew, from the newest
// picture on, so that he sees it at once; from the source's next keyframe on it is passed on again. What is not H.264
// that everybody can decode is coded anew as a whole. While nobody watches a layer nothing of it is decoded or coded.
//
// One thread reads; each layer has one that sleeps unless something of it has to be coded.
#ifndef PARLOUR_DIRECT_H
#define PARLOUR_DIRECT_H

#include "encoded_frame.h"

enum {
    DIRECT_LAYERS = 3,
    DIRECT_STOCK = 1 // the layer of stock viewers
};

struct direct;

enum direct_way {
    DIRECT_NONE,   // there is no such layer
    DIRECT_PASSED, // as it is, but for stretches that somebody comes into
    DIRECT_MADE    // coded anew as a whole
};

struct direct_layer_state {
    enum direct_way way;
    unsigned width, height, fps, kbps; // as sent
};

struct direct_state {
    bool up;      // pictures come; false: it is tried again by itself
    bool ended;   // a film: all of it has been sent. Seeking begins anew
    bool playing; // a film
    uint64_t length_us;
    struct direct_layer_state layer[DIRECT_LAYERS];
};

struct direct_config {
    // One for a camera; of a film one for each layer, the smallest first; NULL = there is none. As
    // stream_source_open's.
    const char *spec[DIRECT_LAYERS];
    bool film;  // files that are played, paused and sought in: it begins paused at its start, and ends
                // else: live, and files at their own speed again and again, from direct_start on
    bool stock; // of a camera: for viewers that know nothing of us, the same once more as layer DIRECT_STOCK; there
                // pictures come in the order they are shown in, or are coded anew
    void *ctx;
    // A frame, moved (free with encoded_frame_free); frame->layer says of which. False = no room: what follows is left
    // out up to a keyframe. Threads of ours; must not block, and not call direct_...
    bool (*on_frame)(void *ctx, struct encoded_frame *frame);
    void (*on_state)(void *ctx, const struct direct_state *state); // it has changed. The reading thread; as above
};

// Whether direct can have this at all: not raw cameras, the screen, or the test picture (camera.h takes those).
bool direct_takes(const char *spec);

struct direct *direct_create(const struct direct_config *config); // strings are copied
bool direct_start(struct direct *d);
void direct_stop(struct direct *d);    // any thread
void direct_join(struct direct *d);    // after stop; at most some 100 ms later
void direct_destroy(struct direct *d); // after join; NULL is fine

// Any thread.
void direct_set_watched(struct direct *d, unsigned layers); // bit = layer; nothing at first. A new one begins at once
void direct_watch_layer(struct direct *d, unsigned layer, bool watched); // one alone
void direct_keyframe(struct direct *d, unsigned layer);                  // somebody needs one
// Films alone.
void direct_play(struct direct *d);
void direct_pause(struct direct *d);
void direct_seek(struct direct *d, uint64_t us);
uint64_t direct_position(struct direct *d); // us since its beginning: of the picture that is due now
// When (CLOCK_MONOTONIC, us) what stands at `us` of the film is due, as its frames' capture_us says it; 0 = it does not
// play.
uint64_t direct_when(struct direct *d, uint64_t us);

#endif
