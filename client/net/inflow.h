// Pure: what comes to us, and how much the way from the relay bears. Nothing is known of it until it is too much: until
// then everybody may send what he likes; from then on those who send us pictures are told what we can take.
#ifndef PARLOUR_INFLOW_H
#define PARLOUR_INFLOW_H

#include "client/net/bandwidth.h"
#include "client/net/hop.h"

enum { INFLOW_SPACES = 128, INFLOW_SENDS = 64, INFLOW_LATE = 64, INFLOW_SESSION_SLOT = 0xFF };

struct inflow_space { // one space of numbers: of a (sender, slot), or of the session
    bool used;
    uint16_t sender;
    uint8_t slot;
    uint64_t newest;
    int64_t sent_us; // of the newest
    uint64_t seen_us;
    double bytes, bps; // of pictures
};

struct inflow_late { // did not come yet: lost, once so many newer ones of its space have
    struct inflow_space *space;
    uint64_t number;
    int64_t sent_us;
    unsigned bytes;
};

struct inflow {
    bool begun, limited;
    bool held; // less is asked for than is wanted: that little comes is no sign of anything
    unsigned sessions;
    struct bandwidth bandwidth;
    struct inflow_space space[INFLOW_SPACES]; // when full, the one silent longest goes
    int64_t send[INFLOW_SENDS];               // when the newest were sent
    unsigned sends;
    int64_t cut_from_us, cut_to_us;       // what was sent between met a line that was cut
    struct inflow_late late[INFLOW_LATE]; // in the order they were sent; when full the first is lost
    unsigned late_count;
    bool has_clock, any;
    int64_t clock_us; // of the relay, at clock_at_us of ours
    uint64_t clock_at_us;
    uint64_t file_us;  // a chunk of a file came last; 0 = never
    double wants_bps;  // a person waits for something that takes so much in all; 0 = for nothing
    uint64_t burst_us; // something large was asked for, of our own will; 0 = never
    uint64_t reported_us, rated_us;
    double besides_bytes, besides_bps; // all but pictures
    double picture_bytes, row_bytes;   // lately: how much parity pictures get
    uint64_t full_us;                  // a queue stood last
    unsigned told_kbps;
    uint64_t told_us;
};

void inflow_init(struct inflow *f);
// One that has proved itself came at `came_us`, and is taken now. `skipped`: below it, what did not come was not for
// us.
void inflow_came(struct inflow *f, const struct hop *hop, const struct hop_datagram *d, size_t n, uint64_t came_us,
                 uint64_t now_us);
// Decide. True when the limit has changed enough to be told.
bool inflow_tick(struct inflow *f, double rtt_ms, uint64_t now_us);
double inflow_parity(const struct inflow *f); // bytes of rows, of those of pictures; lately
// What was lost is not to be asked for again now: it would come into a queue that is full.
bool inflow_full(const struct inflow *f);
// A queue stands: what is lost now is not lost by chance, and more parity would be more of too much.
bool inflow_stands(const struct inflow *f, uint64_t now_us);
unsigned inflow_limit_kbps(const struct inflow *f); // of each picture; 0 = none
// What the way down bears beside parity, bits a second on the wire, 0 = nothing was too much yet; and what of it is no
// picture.
double inflow_bps(const struct inflow *f, double *besides_bps);
// True when the relay is to be asked for a probe now.
bool inflow_probe(struct inflow *f, uint64_t now_us, uint32_t *kbps, uint16_t *ms);

#endif
