// Pure: how long a place for a file that goes is held for people from whom nothing comes back. What arrives earns time,
// 1 KiB a second: who is slow keeps his place, who takes nothing loses it, sooner when others wait for it.
#ifndef PARLOUR_FILE_PATIENCE_H
#define PARLOUR_FILE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#define FILE_PATIENCE_US       20000000u
#define FILE_PATIENCE_ALONE_US 300000000u

struct file_patience {
    uint64_t at_us, moved; // when it was asked last, and of what
    double spent_us;       // waited for them, less what has been earned; never below 0
};

void file_patience_begin(struct file_patience *p, uint64_t now_us);
// Asked once a second at least. `moved`: bytes that have arrived since the begin. `theirs`: they are waited for, not
// our disk or network. `wanted`: others wait for the place. True when it is to be given up.
bool file_patience_over(struct file_patience *p, uint64_t moved, bool theirs, bool wanted, uint64_t now_us);

#endif
