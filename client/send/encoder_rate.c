#include "encoder_rate.h"

#define BASE     1.05 // what the buffer costs at least
#define MOST     1.35 // of what shall be made
#define OWED_S   0.25 // either way
#define IDLE     0.6  // makes so little of it: there is nothing to make it of, and nothing is owed
#define STEP     0.02 // each change makes x264 compute its rate anew
#define AVERAGED 15   // pictures

enum { CALM_PICTURES = 4, LEAST_BITS = 1000 };

static void ask(struct encoder_rate *r)
{
    double factor = r->tight ? BASE : CLAMP(BASE + r->owed_s, 0.9, MOST), kbps = r->kbps * factor;
    if (kbps > r->asked_kbps * (1 + STEP) || kbps < r->asked_kbps * (1 - STEP))
        r->asked_kbps = (unsigned)kbps;
    unsigned pictures = r->tight ? r->calm / 2 : r->calm;
    r->buffer_bits = MAX(r->asked_kbps * 1000 / r->fps * pictures, (unsigned)LEAST_BITS);
}

void encoder_rate_init(struct encoder_rate *r, unsigned kbps, unsigned fps)
{
    *r = (struct encoder_rate){.kbps = MAX(kbps, 1u), .fps = MAX(fps, 1u), .calm = CALM_PICTURES};
    r->made_bits = kbps * 1000.0 / r->fps;
    ask(r);
}

void encoder_rate_patient(struct encoder_rate *r, unsigned pictures)
{
    r->calm = MAX(pictures, 2u);
    ask(r);
}

void encoder_rate_set(struct encoder_rate *r, unsigned kbps)
{
    kbps = MAX(kbps, 1u);
    if (kbps * 10 < r->kbps * 9) {
        r->tight = r->fps;
        r->owed_s = MIN(r->owed_s, 0.0);
    }
    r->made_bits *= (double)kbps / r->kbps; // what it made of the last one is no word about this one
    r->kbps = kbps;
    ask(r);
}

bool encoder_rate_made(struct encoder_rate *r, size_t bytes)
{
    unsigned kbps = r->asked_kbps, buffer = r->buffer_bits;
    double share = r->kbps * 1000.0 / r->fps, bits = (double)bytes * 8;
    r->made_bits += (bits - r->made_bits) / AVERAGED;
    if (r->made_bits < IDLE * share)
        r->owed_s = 0;
    else
        r->owed_s = CLAMP(r->owed_s + (share - bits) / (share * r->fps), -OWED_S, OWED_S);
    r->tight -= r->tight > 0;
    ask(r);
    return r->asked_kbps != kbps || r->buffer_bits != buffer;
}
