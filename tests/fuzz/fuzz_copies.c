// Sound with older packets in it, as a member may send it: what is taken lies inside, has an order, and is what is
// written again; who has heard a number hears it no second time.
#include "tests/fuzz/fuzz.h"

#include "client/net/copies.h"

static void seen(const uint8_t *data, size_t size)
{
    struct copies_seen s = {0};
    uint32_t number = 0;
    for (size_t i = 0; i + 1 < size; i += 2) {
        number += (uint32_t)(int8_t)data[i] * (data[i + 1] & 2 ? 1u : 1000u);
        bool far = s.any && (int32_t)(number - s.newest) <= -COPIES_SEEN;
        copies_fresh(&s, number, data[i + 1] & 1);
        HOLDS(s.any && s.bits & 1 && s.missed >= 0 && s.missed <= 1 && (int32_t)(s.newest - number) >= 0);
        HOLDS(!copies_fresh(&s, number, true) && copies_fresh(&s, number, false) == far);
    }
}

static void again(const struct copies *all)
{
    struct copies_out c = {0};
    struct copies_place place = {.kid = 1, .ctr = 1 << 24};
    struct copies more;
    uint8_t out[1600];
    unsigned distances = 0;
    for (unsigned i = 0; i < all->count; i++) {
        const struct copies_part *x = &all->older[i];
        copies_keep(&c, &(struct copies_place){1, place.ctr - x->back, 0 - x->ts_back}, x->data, x->size);
        if (x->back > COPIES_KEPT || x->size > COPIES_SIZE_MAX || x->ts_back > COPIES_SPAN)
            return;
        distances |= 1u << (x->back - 1);
    }
    if (all->size > WIRE_PAYLOAD_MAX)
        return;
    size_t n = copies_pack(&c, distances, &place, all->data, all->size, out, sizeof out);
    HOLDS(n ==
          1 + COPIES_HEAD * all->count + all->size + all->older[0].size + (all->count > 1 ? all->older[1].size : 0));
    HOLDS(copies_read(&more, out, n) && more.count == all->count && more.size == all->size);
    for (unsigned i = 0; i < all->count; i++)
        HOLDS(more.older[i].size == all->older[i].size &&
              memcmp(more.older[i].data, all->older[i].data, more.older[i].size) == 0);
    HOLDS(memcmp(more.data, all->data, all->size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct copies all;
    seen(data, size);
    if (!copies_read(&all, data, size))
        return 0;
    const uint8_t *at = data + 1 + COPIES_HEAD * all.count;
    HOLDS(all.count >= 1 && all.count <= COPIES_MOST && all.size > 0 && all.data + all.size == data + size);
    for (unsigned i = 0; i < all.count; i++) {
        HOLDS(all.older[i].data == at && all.older[i].size > 0);
        HOLDS(all.older[i].back > 0 && all.older[i].back < COPIES_SEEN && all.older[i].ts_back > 0);
        at += all.older[i].size;
    }
    HOLDS(at == all.data);
    again(&all);
    return 0;
}
