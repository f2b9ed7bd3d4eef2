// Anything as a film's file: counting what it claims reads nothing beyond its end, and comes to one.
#include "tests/fuzz/fuzz.h"

#include "client/library/film_boxes.h"

struct file {
    const uint8_t *data;
    size_t size, reads;
};

static bool read_at(void *ctx, uint64_t at, uint8_t *out, size_t n)
{
    struct file *f = ctx;
    HOLDS(at <= f->size && n <= f->size - at);
    memcpy(out, f->data + at, n);
    f->reads++;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct file f = {data, size, 0};
    film_boxes_bounded(&(struct film_boxes){size, &f, read_at});
    HOLDS(f.reads <= 1 + size); // three for a box, which is of eight bytes at least, at most nine deep
    return 0;
}
