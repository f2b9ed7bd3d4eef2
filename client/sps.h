// Pure: reads an H.264 sequence parameter set (ITU-T H.264 §7.3.2.1.1) far enough to refuse what we do not decode,
// before a decoder sees it.
#ifndef PARLOUR_SPS_H
#define PARLOUR_SPS_H

#include "shared/base.h"

enum { SPS_REORDER_MAX = 16 };

struct sps {
    unsigned profile, level;
    unsigned width, height; // after cropping
    unsigned coded_width, coded_height;
    unsigned reference_frames;
    unsigned reorder;   // so many pictures at most come before one that is shown earlier: a decoder keeps so many back
    bool tells_reorder; // false: it does not say (no VUI), and `reorder` is 0, as a decoder without delay takes it
};

// `nal` begins with the NAL header byte (type 7), emulation prevention bytes included. False when it is cut short,
// malformed, or outside our limits: baseline, main or high, 8 bit, 4:2:0, frames only in size up to 2560x1440 (either
// way round), at most 16 reference frames, and as many kept back.
MUST_USE bool sps_read(struct sps *out, const uint8_t *nal, size_t size);
// Look at every SPS of an Annex B access unit. False when one of them is refused. *found (may be NULL) = there was one;
// then *out holds the last.
MUST_USE bool sps_check_frame(const uint8_t *data, size_t size, struct sps *out, bool *found);

#endif
