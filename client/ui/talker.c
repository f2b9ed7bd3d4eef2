#include "talker.h"

#include "shared/base.h"

static bool give(struct talker *talker, uint16_t id, uint64_t now_us)
{
    talker->large = id;
    talker->large_us = now_us;
    return true;
}

bool talker_follow(struct talker *talker, const struct talker_voice *voices, size_t count, uint64_t now_us,
                   uint64_t *next_us)
{
    uint16_t voice = 0;
    bool here = false;
    *next_us = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        here |= voices[i].id == talker->large;
        // Of several the one who talked first goes on being the one.
        if (voices[i].speaking && (voice == 0 || voices[i].id == talker->talking))
            voice = voices[i].id;
    }
    if (voice != talker->talking) {
        talker->talking = voice;
        talker->talk_us = now_us;
    }
    if (!here) {
        bool had = talker->large != 0;
        return give(talker, count ? voices[0].id : 0, now_us) && had && count > 0;
    }
    if (voice == 0 || voice == talker->large)
        return false;
    uint64_t ready = MAX(talker->talk_us + TALKER_TALKS_MS * 1000u, talker->large_us + TALKER_STAYS_MS * 1000u);
    if (now_us >= ready)
        return give(talker, voice, now_us);
    *next_us = ready;
    return false;
}
