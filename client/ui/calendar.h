// Days and dates in the person's language, whatever locales are installed.
#ifndef PARLOUR_UI_CALENDAR_H
#define PARLOUR_UI_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

const char *calendar_day(const struct tm *at);                   // "Friday"
void calendar_date(char *out, size_t size, const struct tm *at); // "Friday 21 November"
// "21 November", or "21 November 2026"
void calendar_day_of(char *out, size_t size, const struct tm *at, bool year);

#endif
