// Times as files have them, in units that anybody may have written: made microseconds or milliseconds without ever
// overflowing, so that they can be added and compared. Pure.
#ifndef PARLOUR_STREAM_TIME_H
#define PARLOUR_STREAM_TIME_H

#include "shared/base.h"

// Ten years: what lies beyond is taken for this. Ten thousand of them can be added up.
#define STREAM_TIME_MOST_US INT64_C(315360000000000)

// `ts` in units of num/den seconds, which may be nought or negative.
int64_t stream_time_us(int64_t ts, int num, int den);
int64_t stream_time_ms(int64_t ts, int num, int den);
// A time that is in microseconds already.
int64_t stream_time_clamp(int64_t us);

#endif
