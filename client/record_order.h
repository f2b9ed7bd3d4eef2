// The pictures of one stream in the order they are shown in. On the wire a coded picture carries the time of the one
// that comes out of a decoder with it (PROTOCOL.md); in a file it has its own. Where no picture is out of order both
// are one.
#ifndef PARLOUR_RECORD_ORDER_H
#define PARLOUR_RECORD_ORDER_H

#include "client/record_queue.h"
#include "client/sps.h"

struct record_order_poc;

struct record_order {
    unsigned depth; // so many are kept back: sps.reorder
    unsigned count;
    int64_t sequence; // counts IDR pictures
    struct {
        int64_t key;
        struct record_item *item;
    } waiting[SPS_REORDER_MAX + 1]; // they have no time yet
    struct record_order_poc *poc;   // what reads a picture's place; owned, NULL until one is out of order
};

// The next coded picture: sets shown_us of those whose time it tells. item->at_us is set; item->keyframe = IDR.
void record_order_add(struct record_order *o, struct record_item *item);
void record_order_forget(struct record_order *o, const struct record_item *item); // it goes without having been shown
void record_order_flush(struct record_order *o); // no more comes: those that wait follow each other
void record_order_destroy(struct record_order *o);

#endif
