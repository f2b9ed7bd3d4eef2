// Pure: a file on its way out: a stream of numbered chunks to one or several receivers at once, until each of them has
// said that he has every one (PROTOCOL.md, Files). How fast is NewReno's matter, held back by a cap while there is a
// call. The window is that of the slowest receiver.
#ifndef PARLOUR_FILE_OUT_H
#define PARLOUR_FILE_OUT_H

#include "client/net/file_bytes.h"
#include "client/net/reno.h"

#include <stddef.h>

enum { FILE_OUT_PEERS = 64, FILE_OUT_AFTER = 3, FILE_OUT_TRIPS = 2 };

struct file_out_chunk {
    uint64_t sent_us, turn; // of the last time it was sent; turn counts all that was
    uint64_t missing;       // receivers that have not acked it, by bit
    uint16_t size;
    uint8_t times; // sent
    bool lost;     // to be sent again
};

struct file_out_peer {
    uint32_t una;     // first chunk he does not have
    uint32_t limit;   // one past the last that he has room for
    uint64_t turn;    // the latest that he acked of what was sent once
    uint64_t news_us; // when he last acked something new
};

struct file_out {
    struct reno reno;
    uint32_t una, next, end; // first unacked, first never sent, first not given
    bool ended;              // no more is given
    uint64_t active;         // receivers, by bit
    uint64_t turn;
    double flight; // bytes under way
    unsigned lost; // chunks to be sent again
    // Beside a call: what may be under way so that it hardly waits for us (LEDBAT, RFC 6817).
    bool yields, slow_start;
    double yield;
    uint64_t progress_us;
    double rtt_us, base_us; // the last, and the least of a minute
    double base_next_us;
    uint64_t base_at_us;
    double trip_us[FILE_OUT_TRIPS]; // the last ones
    unsigned trips;
    double loss;                 // part of what was told of lately that was lost
    uint64_t bytes, bytes_again; // sent in all; of them repeated
    uint64_t moved;              // that all have
    struct file_out_peer peer[FILE_OUT_PEERS];
    struct file_out_chunk ring[FILE_WINDOW];
    uint8_t data[FILE_WINDOW][FILE_CHUNK];
};

void file_out_init(struct file_out *o, uint64_t peers, uint64_t now_us); // by bit; 2.2 MB: the caller's
// A call needs the way (no more): what it feels of us is kept small, whatever the window is.
void file_out_yield(struct file_out *o, bool yields);
double file_out_window(const struct file_out *o); // bytes that may be under way
// What was under way when the network went is lost; it goes on as after a timeout, now.
void file_out_resume(struct file_out *o, uint64_t now_us);
// How many more chunks may be given now.
unsigned file_out_room(const struct file_out *o);
void file_out_give(struct file_out *o, const uint8_t *data, size_t n); // at most FILE_CHUNK; only with room
void file_out_end(struct file_out *o);
// He refuses, has left, or is too far behind: nobody waits for him.
void file_out_drop(struct file_out *o, unsigned peer, uint64_t now_us);
// The next chunk to be sent now, counted as sent; NULL = none may be.
const uint8_t *file_out_next(struct file_out *o, uint32_t *number, size_t *n, uint64_t now_us);
void file_out_ack(struct file_out *o, unsigned peer, const struct file_ack *ack, uint64_t now_us);
uint64_t file_out_tick(struct file_out *o, uint64_t now_us); // returns the next deadline
bool file_out_done(const struct file_out *o);                // all have all
double file_out_queue_us(const struct file_out *o);          // before the bottleneck, as the last round trip has it
// They are waited for, and not we: something is under way to them, or they have no room for what could be.
bool file_out_waits(const struct file_out *o);
// Receivers, by bit, for whom all others wait: so long that nothing of theirs came.
uint64_t file_out_blockers(const struct file_out *o, uint64_t us, uint64_t now_us);

#endif
