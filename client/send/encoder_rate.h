// Pure: what an encoder is asked for so that it makes what it shall. A small buffer (VBV) keeps every picture near its
// share of the rate, and costs x264 up to a tenth of it: it leaves room for what it cannot foresee. So it is asked for
// a little more, and for what it still owes; never so much that paying it back would fill a queue.
#ifndef PARLOUR_ENCODER_RATE_H
#define PARLOUR_ENCODER_RATE_H

#include "shared/base.h"

struct encoder_rate {
    unsigned kbps, fps;
    double made_bits;     // of a picture, averaged
    double owed_s;        // of what it should have made, in seconds of it; < 0: made too much
    unsigned calm;        // pictures the buffer holds as long as nothing is too full
    unsigned tight;       // for so many pictures more the buffer is half as large
    unsigned asked_kbps;  // bit_rate and rc_max_rate
    unsigned buffer_bits; // rc_buffer_size
};

void encoder_rate_init(struct encoder_rate *r, unsigned kbps, unsigned fps);
// The buffer holds so many pictures: for what stands still and then is another page.
void encoder_rate_patient(struct encoder_rate *r, unsigned pictures);
// From the next picture on. A lower rate is for a line that is too full: for a second the buffer is half as
// large.
void encoder_rate_set(struct encoder_rate *r, unsigned kbps);
// One picture was made. True when asked_kbps or buffer_bits are others now.
bool encoder_rate_made(struct encoder_rate *r, size_t bytes);

#endif
