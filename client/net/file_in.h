// Pure: a file on its way in: chunks in any order, given on in theirs, and what is to be said of them. Bounded by its
// window: what is beyond it was never asked for and is dropped.
#ifndef PARLOUR_FILE_IN_H
#define PARLOUR_FILE_IN_H

#include "client/net/file_bytes.h"

enum { FILE_IN_ACK_US = 25000, FILE_IN_ACK_CHUNKS = 2, FILE_IN_ALIVE_US = 400000 };

struct file_in {
    uint32_t una, taken; // first missing; first not given on
    uint32_t echo_ms;    // of the newest datagram
    unsigned unsaid;     // chunks since the last ack
    uint64_t said_us;
    uint32_t said_limit;   // one past the last that there was room for
    bool holes;            // one came out of order: said at once
    uint64_t bytes, again; // came; of them for the second time
    bool there[FILE_WINDOW];
    uint16_t size[FILE_WINDOW];
    uint8_t data[FILE_WINDOW][FILE_CHUNK];
};

void file_in_init(struct file_in *f, uint32_t first); // its first chunk; 2.1 MB: the caller's
void file_in_push(struct file_in *f, uint32_t number, const uint8_t *data, size_t n, uint32_t ts_ms);
// The next chunk in order, until the next push; NULL = it is missing. Taken, it makes room.
const uint8_t *file_in_look(const struct file_in *f, size_t *n);
void file_in_take(struct file_in *f);
// True when an ack is to go now. `interval_us`: at least so often while something comes. While nothing does, what was
// said is said again each FILE_IN_ALIVE_US: it may be that the sender waits for room of which he was not told.
bool file_in_ack(struct file_in *f, struct file_ack *ack, uint64_t interval_us, uint64_t now_us);
uint64_t file_in_next_us(const struct file_in *f, uint64_t interval_us); // when to ask again

#endif
