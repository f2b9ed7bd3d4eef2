#include "calendar.h"

#include "shared/base.h"
#include "words.h"

#include <stdio.h>

static const char *const DAYS[] = {N_("Sunday"),   N_("Monday"), N_("Tuesday"), N_("Wednesday"),
                                   N_("Thursday"), N_("Friday"), N_("Saturday")};
static const char *const MONTHS[] = {N_("January"),   N_("February"), N_("March"),    N_("April"),
                                     N_("May"),       N_("June"),     N_("July"),     N_("August"),
                                     N_("September"), N_("October"),  N_("November"), N_("December")};

const char *calendar_day(const struct tm *at)
{
    return _(DAYS[CLAMP(at->tm_wday, 0, 6)]);
}

void calendar_date(char *out, size_t size, const struct tm *at)
{
    snprintf(out, size, WORD_DATE, calendar_day(at), at->tm_mday, _(MONTHS[CLAMP(at->tm_mon, 0, 11)]));
}

void calendar_day_of(char *out, size_t size, const struct tm *at, bool year)
{
    const char *month = _(MONTHS[CLAMP(at->tm_mon, 0, 11)]);
    if (year)
        snprintf(out, size, WORD_DAY_MONTH_YEAR, at->tm_mday, month, at->tm_year + 1900);
    else
        snprintf(out, size, WORD_DAY_MONTH, at->tm_mday, month);
}
