// One encoded picture on its way from an encoder to the network.
#ifndef PARLOUR_ENCODED_FRAME_H
#define PARLOUR_ENCODED_FRAME_H

#include "shared/base.h"

struct encoded_frame {
    uint8_t *data; // H.264 Annex B access unit, owned
    size_t size;
    uint32_t ts;         // 90 kHz: encoded_frame_ts(capture_us)
    uint64_t capture_us; // CLOCK_MONOTONIC
    bool keyframe;       // an IDR with its SPS and PPS ahead
    bool screen;         // of what is shown, not of the camera
    unsigned layer, width, height;
};

// A frame with a copy of `size` bytes.
struct encoded_frame *encoded_frame_new(const uint8_t *data, size_t size);
void encoded_frame_free(struct encoded_frame *frame); // NULL is fine

// The RTP clocks of this process: both count from the zero of CLOCK_MONOTONIC, modulo 2^32, so that sound and picture
// can be laid side by side.
static inline uint32_t encoded_frame_ts(uint64_t capture_us) // 90 kHz
{
    return (uint32_t)(capture_us * 9 / 100);
}
static inline uint32_t encoded_frame_audio_ts(uint64_t capture_us) // 48 kHz
{
    return (uint32_t)(capture_us * 48 / 1000);
}

#endif
