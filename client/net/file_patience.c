#include "file_patience.h"

#include "shared/base.h"

enum { STEP_US = 1000000 };                       // more at once is a machine that slept, which says nothing about them
static const double EARNED_US = 1000000.0 / 1024; // a byte

void file_patience_begin(struct file_patience *p, uint64_t now_us)
{
    *p = (struct file_patience){.at_us = now_us};
}

bool file_patience_over(struct file_patience *p, uint64_t moved, bool theirs, bool wanted, uint64_t now_us)
{
    double step = (double)MIN(now_us - p->at_us, (uint64_t)STEP_US);
    double earned = (double)(moved - MIN(p->moved, moved)) * EARNED_US;
    p->spent_us = MAX(p->spent_us + (theirs ? step : 0) - earned, 0.0);
    p->at_us = now_us;
    p->moved = moved;
    return theirs && p->spent_us >= (wanted ? FILE_PATIENCE_US : FILE_PATIENCE_ALONE_US);
}
