// Pure: the jitter buffer of one voice. Measures how late packets come, keeps as much delay as that needs (10 to 250
// ms), and says at each pull what to play: a packet, the in-band FEC of the next one, concealment, or silence; and when
// to play a little faster or slower, which also takes up what two clocks drift apart. Packets may be of any length, and
// of another one each time. It moves them by pointer and never allocates.
#ifndef PARLOUR_AUDIO_JITTER_H
#define PARLOUR_AUDIO_JITTER_H

#include "shared/base.h"

enum {
    AUDIO_JITTER_PACKETS = 50,
    AUDIO_JITTER_BUCKETS = 100,
    AUDIO_JITTER_BUCKET_US = 5000,
    AUDIO_JITTER_MIN_US = 10000,
    AUDIO_JITTER_MAX_US = 250000
};

struct audio_jitter_packet {
    void *owner; // the caller's handle; never looked into
    const uint8_t *payload;
    size_t size;
    uint32_t number;  // contiguous over what was sent (SFrame counter)
    uint32_t ts;      // 48 kHz
    uint32_t samples; // it lasts so long, 1..5760 at 48 kHz
    bool copy;        // it travelled with a later one
    bool fec;         // it has its forerunner's sound in it, coarser
};

enum audio_jitter_kind {
    AUDIO_JITTER_SILENCE, // nothing is being said, or not enough is buffered yet: play silence
    AUDIO_JITTER_PACKET,  // decode step.packet, then give it back to the pool
    AUDIO_JITTER_FEC,     // lost: decode the in-band FEC in step.packet (which stays in the buffer)
    AUDIO_JITTER_CONCEAL, // lost or late: conceal step.samples
    AUDIO_JITTER_SKIP     // lay too long while nobody asked: give step.packet back to the pool and ask again
};

struct audio_jitter_step {
    enum audio_jitter_kind kind;
    struct audio_jitter_packet packet; // PACKET: yours now; FEC: only lent
    uint32_t samples;                  // to be produced
    int stretch;                       // -1 = take one pitch period out if you can, +1 = put one in, 0 = as it is
    float like;                        // with `stretch`: how alike two periods must be for it, as stretch.h has it,
    uint32_t most;                     // and the longest period to take
};

struct audio_jitter_figures {
    uint64_t received, late, duplicates, evicted, lost; // packets
    uint64_t played, concealed;                         // samples; concealed: nothing of them had come,
    uint64_t fec, copies;                               // with the packet after them, coarser; with a later one, whole
    uint64_t waits;                                     // times that nothing was there when it was due
    uint64_t taken_out, put_in;                         // samples, by stretching
    double target_ms, delay_ms, jitter_ms;
};

struct audio_jitter {
    struct audio_jitter_packet packets[AUDIO_JITTER_PACKETS]; // by ts, oldest first
    size_t count;
    bool started;                  // a first packet came: the clock mapping stands
    bool playing;                  // in a talk spurt
    uint32_t next_ts, next_number; // what is to be played next
    uint32_t packet_samples;       // the usual length
    uint32_t concealed_run;        // samples made up in a row, for the fade
    uint32_t held;                 // of these, while nothing was there: late or lost, the next packet tells
    uint32_t stalled; // silence since playing stopped for want of packets, what was held before it included
    bool in_loss;     // what is missing before the first packet is known to be lost
    bool heard;       // there is something to fade from
    uint32_t base_ts;
    int64_t base_us;    // base_ts unwrapped, us
    int64_t minimum[8]; // of arrival - ts, a quarter second each
    uint64_t minimum_since_us;
    unsigned minimum_at;
    int64_t latest[8]; // how late packets came at most, us, half a second each
    uint64_t latest_since_us;
    unsigned latest_at;
    double histogram[AUDIO_JITTER_BUCKETS];
    unsigned learned;
    double behind; // share of packets that came after a later one: repaired, for the most part
    double losing; // share of packets that were missing when they were due
    uint32_t newest_number;
    double target_us, delay_us, low_us, margin_us; // margin: how long packets are there before they are taken, at least
    bool delay_known, low_known, margin_known;
    uint64_t low_since_us; // low_us: the least margin since then
    double floor_us;       // of the target: what the device that pulls has shown to need
    uint64_t calm_from_us; // since when it has not been too little
    double hold_us;        // beside the target, for lip sync
    uint64_t stretched_us, turned_us, waited_us;
    int stretched;           // the last way
    double band_us;          // of delay that is left alone above the target
    double stretched_for_us; // the target then
    struct audio_jitter_figures figures;
};

void audio_jitter_init(struct audio_jitter *j);
// Store a packet. When it cannot be kept (late, twice, at the time of another) it is itself put into *back; when it
// pushes the oldest out, that one. True when *back holds a packet to be freed.
bool audio_jitter_push(struct audio_jitter *j, const struct audio_jitter_packet *packet, uint64_t now_us,
                       struct audio_jitter_packet *back);
// Later by so much for lip sync, beside the target.
void audio_jitter_set_hold(struct audio_jitter *j, uint32_t hold_us);
// What to do now. `decoded` = samples already decoded but not played.
void audio_jitter_pull(struct audio_jitter *j, uint64_t now_us, uint32_t decoded, struct audio_jitter_step *step);
// Tell how many samples a stretch put in (positive) or took out (negative).
void audio_jitter_stretched(struct audio_jitter *j, int samples, uint64_t now_us);
// Take out any packet, to empty the buffer. False when none is left.
bool audio_jitter_drain(struct audio_jitter *j, struct audio_jitter_packet *back);
void audio_jitter_get_figures(const struct audio_jitter *j, struct audio_jitter_figures *out);

#endif
