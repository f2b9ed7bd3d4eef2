// Pure: who gets how much of what may be sent: sound first, then the screen, then the camera, then files.
#ifndef PARLOUR_BUDGET_H
#define PARLOUR_BUDGET_H

#include "shared/base.h"

enum { BUDGET_AUDIO_BPS = 52000 }; // 32 kbit/s in 50 datagrams, on the wire

enum budget_stream { BUDGET_AUDIO, BUDGET_SCREEN, BUDGET_CAMERA, BUDGET_FILE, BUDGET_STREAMS };

struct budget_wish {
    double least_bps, most_bps; // on the wire; most 0 = there is none. With less than the least it gets nothing
};

struct budget {
    double bps[BUDGET_STREAMS]; // on the wire
};

// Sound gets what it wants, even when that is more than there is: it is little, and it is the call.
void budget_split(struct budget *out, double bps, const struct budget_wish wish[BUDGET_STREAMS]);
// The payload an encoder may make of so much on the wire: every packet has headers.
double budget_payload(double wire_bps);

// Sizes a camera's picture is offered in (PROTOCOL.md §5).
enum { BUDGET_LAYERS = 4 };
struct budget_layer {
    unsigned width, height, fps;
    unsigned least_kbps, most_kbps; // below the least it is no picture, above the most it gains nothing
};
const struct budget_layer *budget_layer(unsigned layer);

// Likewise of a screen that is shown: half of it, for small tiles, and all of it. Of slow pictures, letters stay sharp.
enum { BUDGET_SCREENS = 2 };
const struct budget_layer *budget_screen(unsigned layer);

// A rate an encoder follows. Each change costs it something: none in 100 ms, and none for little.
struct budget_rate {
    double bps; // as it was told last; 0 = not yet
    uint64_t at_us;
};

// True when the encoder is to be told `bps`.
bool budget_rate_follow(struct budget_rate *r, double bps, uint64_t now_us);

#endif
