// Pure: how long a packet of voice lasts. 10 ms are heard 10 ms earlier and cost twice the headers: on quick, clean
// paths in small rooms only.
#ifndef PARLOUR_AUDIO_FRAME_H
#define PARLOUR_AUDIO_FRAME_H

#include "shared/base.h"

struct audio_frame_path {
    double rtt_ms; // < 0 = not known
    double loss_up_pct, loss_down_pct;
    size_t members; // of the room
    bool udp;       // not over the WebSocket's TCP
};

struct audio_frame { // zeroed at first
    bool is_short;
    uint64_t good_us; // since when the path has been good; 0 = it is not
};

// 10 or 20, from now on. Asked once a second.
unsigned audio_frame_choose(struct audio_frame *f, const struct audio_frame_path *path, uint64_t now_us);

#endif
