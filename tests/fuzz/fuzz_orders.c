// Orders and claims as members say them: what is read comes back as it was when written, and no sequence of them makes
// a host of somebody no host has named, or gives keys to who was removed.
#include "tests/fuzz/fuzz.h"

#include "tests/orders_json.h"

#include <string.h>

static const uint8_t ann[32] = {'A'}, eve[32] = {'E'}, key[32] = {0xff, 0xfe};

// The text is of Ann (the host) or of Eve, by turns as the first bits say.
static void say(struct orders *o, const char *text, bool host)
{
    struct order x;
    struct orders_claim claim;
    const uint8_t *from = host ? ann : eve;
    if (read_order(&x, text)) {
        struct order back;
        char *again = order_write(&x);
        HOLDS(again && read_order(&back, again) && memcmp(&x, &back, sizeof x) == 0);
        free(again);
        bool names_her = (x.kind == ORDER_ROLE && memcmp(x.identity, eve, 32) == 0) || memcmp(x.key, key, 32) == 0;
        if (!host)
            HOLDS(orders_take(o, from, &x) == ORDERS_IGNORED);
        else if (!names_her && !(x.kind == ORDER_ROLE && !x.on))
            orders_take(o, from, &x);
    }
    if (read_claim(&claim, text)) {
        struct orders_claim back;
        char *again = orders_claim_write(&claim);
        HOLDS(again && read_claim(&back, again) && memcmp(&claim, &back, sizeof claim) == 0);
        free(again);
        bool names_her = false;
        for (unsigned i = 0; i < claim.host_count; i++)
            names_her |= memcmp(claim.hosts[i], eve, 32) == 0;
        if (!host)
            HOLDS(orders_take_claim(o, from, &claim) == ORDERS_IGNORED);
        else if (!names_her)
            orders_take_claim(o, from, &claim);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct orders o;
    char text[4096];
    const struct order out = {.kind = ORDER_KICK, .id = 1, .join_id = 77};
    orders_create(&o, ann, false);
    orders_take(&o, ann, &out);
    unsigned lines = 0;
    for (; size > 1 && lines < ORDERS_KICKED / 2; lines++) {
        const uint8_t *end = memchr(data + 1, '\n', size - 1);
        size_t n = end ? (size_t)(end - data - 1) : size - 1;
        memcpy(text, data + 1, MIN(n, sizeof text - 1));
        text[MIN(n, sizeof text - 1)] = 0;
        say(&o, text, data[0] & 1);
        HOLDS(orders_is_host(&o, ann) && !orders_is_host(&o, eve));
        size -= MIN(size, n + 2);
        data += n + 2;
    }
    HOLDS(!orders_judge(&o, eve, key, 77));
    return 0;
}
