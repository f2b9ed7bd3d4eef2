// Flows over shared bottlenecks in virtual time: video calls with the client's real controller, pacer and log and the
// relay's real reports, and TCP (Reno) beside them. As RFC 8867 §4 wants it: a picture's size varies by 5 % about the
// rate, the encoder obeys within 100 ms.
#ifndef PARLOUR_TEST_FLOWS_H
#define PARLOUR_TEST_FLOWS_H

#include "client/net/pacer.h"
#include "client/net/sent_log.h"
#include "relay/report.h"
#include "tests/netem/netem_link.h"

enum { FLOWS_MAX = 16, FLOWS_LINES = 4, FLOWS_HOPS = 2, FLOWS_BIN_US = 200000, FLOWS_BINS = 1600, FLOWS_DELAYS = 2048 };

struct flows_line {
    struct netem_link *link;
    struct netem_settings settings;
};

struct flows_figures {
    uint64_t sent, lost, bytes;      // datagrams; bytes that came, headers included
    uint32_t bin[FLOWS_BINS];        // bytes that came in each 200 ms
    uint32_t bin_target[FLOWS_BINS]; // kbit/s
    uint16_t bin_delay[FLOWS_BINS];  // ms over the path's own delay, the most
    uint32_t delay_ms[FLOWS_DELAYS];
    uint64_t audio_sent, audio_came;
};

struct flows_tcp {
    double window, threshold;           // packets
    uint64_t next, acked, recover, end; // in packets; end 0 = for ever
    uint64_t last_us;
    unsigned flight, copies;
    bool bursts, on, idle;    // idle: it begins so
    uint64_t resume_us, left; // of a short one: idle until then; what is still to be sent
};

struct flows_flow {
    bool used, tcp;
    uint64_t from_us, to_us, pause_us, resume_us; // 0 = never
    int path[FLOWS_HOPS], back;                   // lines; -1 = none
    uint64_t delay_us;
    struct netem_link *tail, *tail_back; // its own delay behind the bottlenecks
    bool begun;
    struct bandwidth bandwidth;
    struct sent_log log;
    struct pacer pacer;
    struct report report[2];
    uint64_t number[2];
    double media_bps; // as the encoder has it
    uint64_t frame_us, audio_us, adapt_us, tick_us;
    struct bandwidth_probe probe;
    unsigned probe_sent;
    bool blocked;
    struct flows_tcp reno;
    struct flows_figures figures;
};

struct flows {
    uint64_t now_us, seed;
    struct flows_line line[FLOWS_LINES];
    struct flows_flow flow[FLOWS_MAX];
    unsigned count;
};

struct flows *flows_create(uint64_t seed);
void flows_destroy(struct flows *f);
// Line `i` from now on. The delay is not here but with each flow.
void flows_set_line(struct flows *f, unsigned i, double bps, double queue_ms, double loss, double burst_loss,
                    double burst_length);
// Over line `first`, then `second` (-1 = none); reports go back over `back` (-1 = a clean way).
struct flows_flow *flows_add(struct flows *f, int first, int second, int back, double delay_ms, double from_s,
                             double to_s);
struct flows_flow *flows_add_tcp(struct flows *f, int first, double delay_ms, bool bursts, double from_s, double to_s);
void flows_set_delay(struct flows *f, struct flows_flow *x, double delay_ms, double jitter_ms);
void flows_run(struct flows *f, double until_s);

// Of what came between two times: kbit/s; and the delay over the path's own that `part` of all had at most, ms.
double flows_kbps(const struct flows_flow *x, double from_s, double to_s);
double flows_delay_ms(const struct flows_flow *x, double part);
double flows_loss(const struct flows_flow *x);

#endif
