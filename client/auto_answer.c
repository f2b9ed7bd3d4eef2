#include "auto_answer.h"

enum { SECOND_US = 1000000 };

static bool may(const struct auto_answer *now)
{
    return now->on && !now->quiet && now->paired && call_trust_good(now->trust);
}

uint64_t auto_answer_begin(const struct auto_answer *now, uint64_t now_us)
{
    return may(now) ? now_us + (uint64_t)now->delay_s * SECOND_US : 0;
}

uint64_t auto_answer_still(const struct auto_answer *now, uint64_t answers_at_us)
{
    return may(now) ? answers_at_us : 0;
}
