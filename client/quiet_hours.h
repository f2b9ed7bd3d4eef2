// Pure: the hours in which this box makes no sound of its own and answers nobody by itself.
#ifndef PARLOUR_QUIET_HOURS_H
#define PARLOUR_QUIET_HOURS_H

#include <stdbool.h>
#include <stdint.h>

// Minutes after midnight as the clock on the wall shows them: a day on which the clocks change needs no rule of its
// own. `from` later than `to` spans midnight; equal = no quiet hours. A zeroed struct: none.
struct quiet_hours {
    int from, to; // 0..1440
};

// "HH:MM-HH:MM", also "" for none; 24:00 is the end of a day. False, with *q as it was, for anything else.
bool quiet_hours_parse(struct quiet_hours *q, const char *text);
// `minute` from quiet_hours_minute. The first minute is quiet, the one after the last is not.
bool quiet_hours_now(const struct quiet_hours *q, int minute);
// Minutes after midnight here, of ms since 1970 (clock_wall_ms).
int quiet_hours_minute(int64_t wall_ms);

#endif
