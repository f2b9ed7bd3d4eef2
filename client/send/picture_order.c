#include "picture_order.h"

void picture_order_begin(struct picture_order *o, unsigned k, int64_t first, int64_t step)
{
    o->count = MIN(k, (unsigned)PICTURE_ORDER_MAX);
    for (unsigned i = 0; i < o->count; i++)
        o->pending[i] = first - (int64_t)(o->count - i) * step;
}

int64_t picture_order_next(struct picture_order *o, int64_t pts)
{
    unsigned at = o->count;
    for (; at > 0 && o->pending[at - 1] > pts; at--)
        o->pending[at] = o->pending[at - 1];
    o->pending[at] = pts;
    int64_t least = o->pending[0];
    for (unsigned i = 0; i < o->count; i++)
        o->pending[i] = o->pending[i + 1];
    return least;
}
