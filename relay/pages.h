// Large zeroed tables straight from the kernel: page-aligned, and not resident until they are touched.
#ifndef PARLOUR_PAGES_H
#define PARLOUR_PAGES_H

#include "shared/base.h"

void *pages_alloc(size_t n); // NULL when there is no memory; `n` may be 0
void pages_free(void *p, size_t n);

#endif
