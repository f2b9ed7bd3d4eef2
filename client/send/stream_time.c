#include "stream_time.h"

#include <libavutil/mathematics.h>

int64_t stream_time_clamp(int64_t us)
{
    return CLAMP(us, -STREAM_TIME_MOST_US, STREAM_TIME_MOST_US);
}

int64_t stream_time_us(int64_t ts, int num, int den)
{
    if (num <= 0 || den <= 0)
        return 0;
    int64_t us = av_rescale(ts, (int64_t)num * 1000000, den);
    if (us == INT64_MIN) // too large for it, either way
        return ts < 0 ? -STREAM_TIME_MOST_US : STREAM_TIME_MOST_US;
    return stream_time_clamp(us);
}

int64_t stream_time_ms(int64_t ts, int num, int den)
{
    return stream_time_us(ts, num, den) / 1000;
}
