// Pure: what is in an H.264 Annex B access unit.
#ifndef PARLOUR_ANNEXB_H
#define PARLOUR_ANNEXB_H

#include "shared/base.h"

struct annexb_look {
    bool idr, sps, pps;
    size_t head; // bytes ahead of the first slice, start codes included: parameter sets, SEI
};

struct annexb_look annexb_look(const uint8_t *data, size_t size);

#endif
