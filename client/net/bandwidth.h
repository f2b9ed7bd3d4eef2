// Pure: how much a line carries, in bits a second of everything on it, headers of UDP and IP included. The same for
// what we send (the relay reports what came, and when) and for what comes to us. It lowers the rate when the queue
// grows, when a queue stands, or when packets are lost that cannot have been lost by chance; it raises it step by step,
// quickly back to what went before, and by probes: some packets sent faster than the rate, whose arrival tells what
// fits. Times are microseconds; the two ends' clocks need not agree. Fixed size; nothing is allocated.
#ifndef PARLOUR_BANDWIDTH_H
#define PARLOUR_BANDWIDTH_H

#include "trend.h"

enum {
    BANDWIDTH_OVERHEAD = 28, // UDP and IPv4 headers of a datagram; IPv6's 20 more are left to the margin
    BANDWIDTH_BINS = 32,
    BANDWIDTH_PROBE_MOST = 16 * 1200, // bytes of a probe: what the relay answers at the most
    BANDWIDTH_PROBE_BYTES = 5 * 1228, // of one, at least, unless another number is set
    BANDWIDTH_PEAKS = 10
};

// Why the rate is what it is: the last change.
enum bandwidth_reason {
    BANDWIDTH_START,
    BANDWIDTH_RISE,    // there was room
    BANDWIDTH_RETURN,  // back to what went before
    BANDWIDTH_PROBE,   // a probe came through
    BANDWIDTH_TREND,   // the queue grows
    BANDWIDTH_QUEUE,   // a queue stands
    BANDWIDTH_WINDOW,  // too much was under way
    BANDWIDTH_LOSS,    // what is sent too fast is lost
    BANDWIDTH_SILENCE, // nothing is reported
    BANDWIDTH_SHARE,   // others fill the line: a small part of it is taken
    BANDWIDTH_REASONS
};

struct bandwidth_packet {
    int64_t sent_us, arrived_us; // arrived_us of no meaning when lost or untimed
    unsigned bytes;              // on the wire, BANDWIDTH_OVERHEAD included
    unsigned probe;              // the probe it belongs to, 0 = none
    bool lost;                   // did not come, or came only as a repair
    bool untimed;                // counts in the rate, tells nothing of delay
    bool isolated;               // nothing was sent in the 8 ms before it
};

struct bandwidth_limits {
    double start_bps, min_bps, max_bps;
};

struct bandwidth_probe { // one that is to be sent
    unsigned id;
    double bps;
    unsigned bytes; // in all, headers included
};

struct bandwidth {

    struct bandwidth_limits limits;
    double target_bps;
    enum bandwidth_reason reason;
    // What the packets tell.
    struct trend trend;
    uint64_t bin[BANDWIDTH_BINS]; // bytes, by arrival
    int64_t bin_first, bin_last;  // number of the oldest ever, and of the newest
    bool has_bin;
    int64_t base_us[2], base_since_us; // least one-way delay of these 15 s and of those before
    bool calm;                         // hardly anything waited at some time of these 15 s
    bool has_base;
    int64_t report_min_us; // of this report
    bool report_any;
    double queue_ms, queue_slow_ms;
    double queue_before_ms[2]; // in the two reports before
    double isolated_loss;
    double isolated_now; // of the last 25 of them or so
    unsigned isolated_count;
    uint64_t begun_us;
    double lost_weight, all_weight; // of the last 0.7 s
    unsigned report_lost, report_all;
    double rtt_ms, rtt_least_ms[2]; // smoothed; the least of these 15 s and of those before
    uint64_t rtt_since_us;
    bool has_rtt;
    // What was made of it.
    bool rising;
    uint64_t reported_us, decreased_us, lossy_us, over_us, silent_us, hot_us;
    bool has_decreased;
    uint64_t full_us; // a queue stands since, 0 = none; so much came then
    double full_bps;
    bool others;        // and is not ours
    uint64_t others_us; // since then, while it is so
    double peak_bps;
    uint64_t peak_us;
    struct {
        uint64_t at_us;
        double bps;
    } recent[BANDWIDTH_PEAKS];  // target's maxima of each half second
    double cap_bps, cap_spread; // what the line carried when it was full; 0 = not known
    // Probes.
    unsigned probe_id;
    bool probing, first_probes, return_probe;
    bool silent;    // nothing was reported for 500 ms, and nothing since
    bool probed_up; // the last one raised the rate, and came through as it was sent
    bool wider;     // more came than the line was thought to carry
    double probe_bps, next_probe_bps;
    double proven_bps; // came through of late with nothing waiting
    unsigned probe_least, probe_bytes, probe_came;
    bool long_probes;
    int64_t probe_first_us, probe_last_us;
    uint64_t probe_us, probe_end_us; // the last began, and was over
    unsigned probe_first_bytes;
};

void bandwidth_init(struct bandwidth *b, const struct bandwidth_limits *limits, uint64_t now_us);
// No probes at first, and later ones of at least so many bytes.
void bandwidth_set_probe(struct bandwidth *b, unsigned bytes);
// Of twice the time: where the rate is high a short one says more of jitter than of the line. Not for the way down: the
// relay answers with BANDWIDTH_PROBE_MOST.
void bandwidth_set_long_probes(struct bandwidth *b);
// What comes now all at once was asked for: it stands for nothing unless the queue is long.
void bandwidth_burst(struct bandwidth *b, uint64_t now_us);
// What is needed or allowed has changed.
void bandwidth_set_limits(struct bandwidth *b, double min_bps, double max_bps);
// What became of one packet, in the order they were sent as far as that is known.
void bandwidth_packet(struct bandwidth *b, const struct bandwidth_packet *p);
// One that was told of as lost came late, or as a repair: its bytes are there all the same.
void bandwidth_late(struct bandwidth *b, const struct bandwidth_packet *p);
// The packets of one report are in: decide. `rtt_ms`: one round trip, 0 = not measured. `blocked`: the window held
// something back since the last one.
void bandwidth_report(struct bandwidth *b, double rtt_ms, bool blocked, uint64_t now_us);
// Hardly anything is under way: that nothing is reported means nothing.
void bandwidth_quiet(struct bandwidth *b, uint64_t now_us);
// Each 50 ms or so while something is under way, reports or not. True: nothing was reported for 500 ms.
bool bandwidth_tick(struct bandwidth *b, uint64_t now_us);
// True when a probe is to be sent now: a row of packets at that rate.
bool bandwidth_probe(struct bandwidth *b, uint64_t now_us, struct bandwidth_probe *out);
// One of this rate and length is sent now, whatever was found of late. False: not now.
bool bandwidth_ask_probe(struct bandwidth *b, double bps, unsigned bytes, uint64_t now_us, struct bandwidth_probe *out);
// So many bytes may be under way.
double bandwidth_window(const struct bandwidth *b);
// How fast the pacer may go.
double bandwidth_pace_bps(const struct bandwidth *b);
double bandwidth_loss(const struct bandwidth *b);         // 0..1, of the last 0.7 s
double bandwidth_received_bps(const struct bandwidth *b); // of the last half second
const char *bandwidth_reason_name(enum bandwidth_reason r);

#endif
