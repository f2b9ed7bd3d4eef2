// What is to be recorded, on its way to the thread that writes it: any thread puts, one takes. Bounded by bytes: when
// the disk cannot follow, sound and pictures are dropped, of each picture all up to its next keyframe, and counted; a
// call waits for no disk.
#ifndef PARLOUR_RECORD_QUEUE_H
#define PARLOUR_RECORD_QUEUE_H

#include "shared/base.h"

#include <pthread.h>

enum {
    RECORD_QUEUE_BYTES = 16 << 20, // with what waits further on until record_queue_free
    RECORD_QUEUE_ITEMS = 16384,
    RECORD_QUEUE_NAME = 129
};

enum record_item_type {
    RECORD_ITEM_MEMBER, // member, identity, name, camera: he is here
    RECORD_ITEM_GONE,   // member
    RECORD_ITEM_CLOCK,  // member, slot: ts was captured at at_us
    RECORD_ITEM_VIDEO,  // member, slot, ts, keyframe, data: came at at_us
    RECORD_ITEM_AUDIO   // member, slot, ts, data: likewise
};

struct record_item {
    enum record_item_type type;
    uint16_t member; // 0 = we
    uint8_t slot;
    bool keyframe, camera;
    uint32_t ts;
    uint64_t at_us;
    bool told;         // at_us of what waits is by its sender's clock, not by when it came
    bool placed;       // of a picture that waits to be written: it is known
    uint64_t shown_us; // when it is shown
    uint8_t identity[32];
    char name[RECORD_QUEUE_NAME];
    struct record_item *next;
    size_t size;
    uint8_t data[]; // zeros follow: what reads H.264 reads some bytes further
};

struct record_queue {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    struct record_item *first, *last; // all under the mutex
    size_t items, bytes;              // handed out and not yet freed
    uint64_t dropped;                 // packets
    bool slow;                        // some of them for want of room
    uint8_t broken[2][8192];          // a bit a member: his picture, his screen waits for a keyframe
    bool closed;
};

void record_queue_init(struct record_queue *q);
void record_queue_destroy(struct record_queue *q);
// An item with a copy of `size` bytes, to be filled in and put.
struct record_item *record_queue_item(enum record_item_type type, uint16_t member, uint8_t slot, const uint8_t *data,
                                      size_t size);
// Moved. What finds no room is freed and counted.
void record_queue_put(struct record_queue *q, struct record_item *item);
// All that waits, oldest first, linked by `next`; waits for some until deadline_us (CLOCK_MONOTONIC). NULL: none came.
struct record_item *record_queue_take(struct record_queue *q, uint64_t deadline_us);
void record_queue_free(struct record_queue *q, struct record_item *item); // its room is free again
void record_queue_lost(struct record_queue *q);                           // count one that was dropped further on
void record_queue_close(struct record_queue *q, bool closed); // closed: nothing is put; who takes waits no more
// How many were dropped, and whether there was no room: the disk does not follow.
void record_queue_dropped(struct record_queue *q, uint64_t *dropped, bool *slow);

#endif
