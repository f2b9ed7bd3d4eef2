#include "figures.h"

#include "client/language.h"
#include "shared/base.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double LARGEST = 1e12; // beyond it a double has no thousandths

void figures_write(char *out, size_t size, double value, int decimals, char point, char thousands)
{
    static const long long scale[FIGURES_DECIMALS + 1] = {1, 10, 100, 1000};
    char digits[FIGURES_SIZE], grouped[FIGURES_SIZE];
    decimals = CLAMP(decimals, 0, FIGURES_DECIMALS);
    if (!isfinite(value) || fabs(value) >= LARGEST) {
        snprintf(out, size, "–");
        return;
    }
    // By whole numbers: printf asks the process's locale how a point looks.
    long long rounded = llrint(fabs(value) * (double)scale[decimals]);
    int n = snprintf(digits, sizeof digits, "%lld", rounded / scale[decimals]), used = 0;
    if (value < 0 && rounded > 0)
        grouped[used++] = '-';
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            grouped[used++] = thousands;
        grouped[used++] = digits[i];
    }
    grouped[used] = '\0';
    if (decimals)
        snprintf(out, size, "%s%c%0*lld", grouped, point, decimals, rounded % scale[decimals]);
    else
        snprintf(out, size, "%s", grouped);
}

void figures_here(char *out, size_t size, double value, int decimals)
{
    const struct language *language = language_now();
    figures_write(out, size, value, decimals, language->point, language->thousands);
}
