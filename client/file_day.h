// Pure: how much of others' files has come within a day, also when the program was started anew in between.
#ifndef PARLOUR_FILE_DAY_H
#define PARLOUR_FILE_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILE_DAY_TEXT = 42 }; // as it lies on the disk: two numbers of 20 digits, a line

struct file_day {
    uint64_t from_s; // when it began, seconds since 1970; 0 = nothing came yet
    uint64_t bytes;  // since then
};

// False when so many more would be too many; another day begins when this one is over, or has not begun yet.
bool file_day_allows(struct file_day *d, uint64_t bytes, uint64_t most, uint64_t now_s);
void file_day_write(char out[FILE_DAY_TEXT + 1], const struct file_day *d);
void file_day_read(struct file_day *d, const char *text, size_t n); // what is no such text: nothing came

#endif
