#include "audio_frame.h"

enum {
    GOOD_RTT_MS = 60,
    BAD_RTT_MS = 90,
    GOOD_LOSS_PCT = 1,
    BAD_LOSS_PCT = 2,
    MEMBERS_MOST = 8,
    PATIENCE_US = 10000000 // as long as one good moment may last between two bad ones
};

static bool is_under(const struct audio_frame_path *p, int rtt_ms, int loss_pct)
{
    return p->udp && p->members <= MEMBERS_MOST && p->rtt_ms >= 0 && p->rtt_ms < rtt_ms && p->loss_up_pct < loss_pct &&
           p->loss_down_pct < loss_pct;
}

unsigned audio_frame_choose(struct audio_frame *f, const struct audio_frame_path *path, uint64_t now_us)
{
    if (!is_under(path, GOOD_RTT_MS, GOOD_LOSS_PCT))
        f->good_us = 0;
    else if (!f->good_us)
        f->good_us = now_us;
    if (f->is_short)
        f->is_short = is_under(path, BAD_RTT_MS, BAD_LOSS_PCT);
    else
        f->is_short = f->good_us && now_us - f->good_us >= PATIENCE_US;
    return f->is_short ? 10 : 20;
}
