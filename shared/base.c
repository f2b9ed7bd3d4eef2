#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *base_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p) {
        fputs("level=error component=base msg=\"out of memory\"\n", stderr);
        exit(EXIT_INTERNAL);
    }
    return p;
}

char *base_strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = base_alloc(n);
    memcpy(copy, s, n);
    return copy;
}
