// Time in microseconds. Pure code never calls this: it gets time as an argument.
#ifndef PARLOUR_CLOCK_H
#define PARLOUR_CLOCK_H

#include <stdint.h>

uint64_t clock_now_us(void);                  // CLOCK_MONOTONIC
int64_t clock_wall_ms(void);                  // ms since 1970, for people and expiries only
void clock_sleep_until(uint64_t deadline_us); // CLOCK_MONOTONIC, absolute

#endif
