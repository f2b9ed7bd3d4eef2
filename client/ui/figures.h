// Numbers as the person's language writes them, whatever locales are installed.
#ifndef PARLOUR_UI_FIGURES_H
#define PARLOUR_UI_FIGURES_H

#include <stddef.h>

enum { FIGURES_SIZE = 40, FIGURES_DECIMALS = 3 }; // bytes for any number there is, digits behind its point at most

// `value` rounded to so many decimals, with `point` before them and `thousands` between groups of three. What no number
// of 12 digits says is "–". `size` of FIGURES_SIZE is enough.
void figures_write(char *out, size_t size, double value, int decimals, char point, char thousands);
// The same in the language chosen now.
void figures_here(char *out, size_t size, double value, int decimals);

#endif
