// Pure: what we sent on the hop, when and how much of it, until the relay has reported what became of it (ARRIVALS).
// Keeps the newest 2048 of each of the two number spaces; older ones are forgotten as if they had never been reported.
#ifndef PARLOUR_SENT_LOG_H
#define PARLOUR_SENT_LOG_H

#include "client/net/bandwidth.h"
#include "shared/feedback.h"

enum { SENT_LOG_RING = 2048, SENT_LOG_SPACES = 2 };

struct sent_packet {
    uint64_t number, sent_us; // number 0 = free
    uint16_t bytes, probe;
    bool isolated, missed, done, lost; // missed: a report said it had not come. done: told of. lost: told of as lost
};

struct sent_space {
    uint64_t newest, settled; // up to `settled` all is told of
    uint64_t arrived;         // the newest that came
    uint64_t expired;         // up to here nothing counts as under way
    struct sent_packet ring[SENT_LOG_RING];
};

struct sent_log {
    struct sent_space space[SENT_LOG_SPACES]; // 0 media, 1 other, as in ARRIVALS
    uint64_t last_us;                         // something was sent
    size_t flight;                            // bytes sent and not yet told of
    bool has_clock;
    int64_t newest_us; // the newest arrival, by that clock
    int64_t report_us; // of the relay's clock, unwrapped, when
    uint64_t report_at_us;
    uint64_t came_us;                // the newest that came was sent then, by our clock
    uint64_t cut_from_us, cut_to_us; // what was sent between met a line that was cut
    double rtt_ms;                   // of the newest report that told of one; 0 = none yet
    uint64_t lost, told;             // since the start
};

void sent_log_init(struct sent_log *l);
// A datagram goes out: `size` as given to the socket. `probe` 0 = it belongs to none.
void sent_log_add(struct sent_log *l, unsigned space, uint64_t number, size_t size, unsigned probe, uint64_t now_us);
// One block of a report: tells `b` of all packets it says something new of. True when there were any; the caller then
// calls bandwidth_report.
bool sent_log_arrivals(struct sent_log *l, const struct feedback_arrivals *a, struct bandwidth *b, uint64_t now_us);
// What nobody spoke of for 2 s is not under way any more.
void sent_log_tick(struct sent_log *l, uint64_t now_us);
// Nothing was reported for long: half of what seems to be under way is not any more.
void sent_log_silence(struct sent_log *l);

#endif
