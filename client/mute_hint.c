#include "mute_hint.h"

bool mute_hint_look(struct mute_hint *h, bool voice, bool others, uint64_t now_us)
{
    if (others)
        h->others_us = now_us;
    if ((h->others_us && now_us - h->others_us < MUTE_HINT_ECHO_US) || !voice) {
        if (others || now_us - h->last_us > MUTE_HINT_GAP_US)
            h->since_us = 0;
        return false;
    }
    if (!h->since_us)
        h->since_us = now_us;
    h->last_us = now_us;
    if (now_us - h->since_us < MUTE_HINT_VOICE_US || (h->told_us && now_us - h->told_us < MUTE_HINT_AGAIN_US))
        return false;
    h->told_us = now_us;
    return true;
}
