// Pure: repair on our hop, both ways (PROTOCOL.md §4). Down: what is missing of the streams we can open is asked for.
// Up: what was sent in the last second is kept and sent again when the relay asks.
#ifndef PARLOUR_NET_REPAIR_H
#define PARLOUR_NET_REPAIR_H

#include "client/net/hop.h"
#include "shared/nack.h"

enum {
    NET_REPAIR_SPACES = 256, // (sender, slot) pairs; when full no more are repaired
    NET_REPAIR_SENT = 2048   // datagrams kept
};

struct net_repair_space {
    uint16_t sender;
    uint8_t slot;
    struct nack nack;
    // The newest datagram: when nothing ended its frame, what follows it is missing too.
    uint64_t newest, newest_us;
    uint32_t newest_ts, end_ts; // end_ts: of the newest frame whose end came
    bool any_end;
    uint8_t tail_asked;
    uint64_t tail_us;   // asked then
    int32_t gap_us;     // how far apart the datagrams of a frame come, smoothed: on a slow line, far
    uint64_t parity_us; // newest parity
    // figures
    uint64_t nacks, repaired, mended;
};

struct net_repair_sent {
    uint8_t *data;                    // NULL = nothing
    uint64_t number, at_us, again_us; // again_us: last sent again
    uint16_t size;
    uint8_t times;
};

struct net_repair {
    struct hop *hop;
    bool off;           // on a path that loses nothing (TCP)
    bool sparing;       // what comes is too much: of pictures nothing is asked for again
    double queue_ms;    // so long waits what comes: what is late is not lost, and what is asked for comes later still
    double queue_up_ms; // and what we send
    unsigned sessions;  // of the hop: another one has other numbers
    struct net_repair_space *spaces[NET_REPAIR_SPACES]; // dense
    size_t space_count;
    struct net_repair_sent sent[NET_REPAIR_SENT]; // by number
    uint64_t oldest, next;                        // numbers kept: [oldest, next)
    uint64_t sent_bytes, sent_us, told;           // told: the newest number the relay has been told of
    struct nack_budget budget;
    uint64_t repeated; // datagrams sent again
    bool losing;       // enough on the way down that pictures are to wait for repairs
};

void net_repair_init(struct net_repair *r, struct hop *hop);
void net_repair_reset(struct net_repair *r); // forget everything: another room
// Neither ask nor answer while it is so.
void net_repair_off(struct net_repair *r, bool off);

// A datagram has been sent under the hop's last MEDIA number. The bytes are copied.
void net_repair_sent(struct net_repair *r, const uint8_t *p, size_t n, uint64_t now_us);
// The bytes of one sent in the last second, or NULL: fec_find.
const uint8_t *net_repair_kept(void *r, uint64_t number, size_t *n);
// The relay asks for numbers of our session's MEDIA.
void net_repair_answer(struct net_repair *r, const struct feedback_nack *x, uint64_t now_us);

// A MEDIA or RTX datagram has proved itself. A space is repaired from its first opened datagram on.
void net_repair_arrived(struct net_repair *r, const struct hop_datagram *d, uint32_t ts, bool opened, uint64_t now_us);
// The relay tells what it sent of a slot we want and can open.
void net_repair_heads(struct net_repair *r, uint16_t sender, uint8_t slot, uint64_t first, uint64_t newest,
                      uint64_t now_us);
// Parity of this slot came: what is missing is left to it for a moment.
void net_repair_parity(struct net_repair *r, uint16_t sender, uint8_t slot, uint64_t now_us);
void net_repair_forget(struct net_repair *r, uint16_t sender);
const struct net_repair_space *net_repair_find(const struct net_repair *r, uint16_t sender, uint8_t slot);
// How long a hole is worth waiting for, us.
uint32_t net_repair_patience(const struct net_repair *r);
// How much later than others one comes that was asked for once, us; 0 while hardly anything is lost on the way down.
uint32_t net_repair_room(struct net_repair *r, uint64_t now_us);
// Ask for what is due; returns the next deadline.
uint64_t net_repair_tick(struct net_repair *r, uint64_t now_us);

#endif
