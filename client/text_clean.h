// Foreign words made safe to show: no control, direction or invisible characters, no towers of marks. Pure.
#ifndef PARLOUR_TEXT_CLEAN_H
#define PARLOUR_TEXT_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

// Writes at most `size` bytes (with the end) and `max_codes` code points of `text` to `out`; broken UTF-8 becomes
// U+FFFD. Line feeds stay when `lines`, else they become a space. Returns the bytes written without the end.
size_t text_clean(char *out, size_t size, const char *text, size_t length, size_t max_codes, bool lines);

#endif
