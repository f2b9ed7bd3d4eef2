// Orders and claims read from a text, as the text of a box is.
#ifndef PARLOUR_TESTS_ORDERS_JSON_H
#define PARLOUR_TESTS_ORDERS_JSON_H

#include "client/net/orders.h"

static inline bool read_order(struct order *x, const char *text)
{
    json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool ok = order_read(x, o);
    json_decref(o);
    return ok;
}

static inline bool read_claim(struct orders_claim *claim, const char *text)
{
    json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool ok = orders_claim_read(claim, o);
    json_decref(o);
    return ok;
}

#endif
