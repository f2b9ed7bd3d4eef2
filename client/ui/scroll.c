#include "scroll.h"

#include "shared/base.h"

size_t scroll_end(const struct scroll *s, size_t top)
{
    int left = s->room - (top > 0 ? s->line : 0);
    long all = 0;
    for (size_t i = top; i < s->count && all <= left; i++)
        all += s->height[i];
    if (all <= left)
        return s->count;
    size_t end = top;
    left -= s->line;
    while (end < s->count && left >= s->height[end])
        left -= s->height[end++];
    return MAX(end, top + 1);
}

size_t scroll_top(const struct scroll *s, size_t top, size_t focus)
{
    top = MIN(top, s->count ? s->count - 1 : 0);
    if (focus < s->count && focus < top)
        top = focus;
    while (focus < s->count && scroll_end(s, top) <= focus)
        top++;
    // Nothing scrolled away that would fit.
    while (top > 0 && scroll_end(s, top - 1) == s->count)
        top--;
    return top;
}
