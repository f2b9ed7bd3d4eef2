#define _GNU_SOURCE
#include "quiet_hours.h"

#include <time.h>

enum { HOUR = 60, DAY = 24 * HOUR };

// Two digits at *p. -1 when there are none.
static int two_digits(const char **p)
{
    int value = 0;
    for (int i = 0; i < 2; i++, ++*p) {
        if (**p < '0' || **p > '9')
            return -1;
        value = value * 10 + (**p - '0');
    }
    return value;
}

// HH:MM at *p. -1 when it is no time of day.
static int time_of_day(const char **p)
{
    int hours = two_digits(p);
    if (hours < 0 || *(*p)++ != ':')
        return -1;
    int minutes = two_digits(p);
    if (minutes < 0 || minutes >= HOUR || hours * HOUR + minutes > DAY)
        return -1;
    return hours * HOUR + minutes;
}

bool quiet_hours_parse(struct quiet_hours *q, const char *text)
{
    const char *p = text;
    if (!*p) {
        *q = (struct quiet_hours){0};
        return true;
    }
    int from = time_of_day(&p);
    if (from < 0 || *p++ != '-')
        return false;
    int to = time_of_day(&p);
    if (to < 0 || *p)
        return false;
    *q = (struct quiet_hours){from, to};
    return true;
}

bool quiet_hours_now(const struct quiet_hours *q, int minute)
{
    if (q->from <= q->to)
        return minute >= q->from && minute < q->to;
    return minute >= q->from || minute < q->to;
}

int quiet_hours_minute(int64_t wall_ms)
{
    struct tm local;
    time_t at = (time_t)(wall_ms / 1000);
    return localtime_r(&at, &local) ? local.tm_hour * HOUR + local.tm_min : 0;
}
