// Live statistics: one snapshot, measured never guessed, with the same names in the overlay, IPC and logs (DESIGN §8).
#ifndef PARLOUR_STATS_H
#define PARLOUR_STATS_H

#include "audio_processing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATS_STREAMS_MAX = 100, STATS_HISTORY = 60 };

struct stats_stream {
    uint16_t member; // sender id
    char slot[8];    // "audio", "camera", "screen", "file"
    unsigned layer;
    unsigned width, height;
    double fps_in;    // whole frames that came, per second, over the last second
    double fps_shown; // pictures put on the screen, per second
    uint64_t frames_decoded;
    uint64_t freezes; // gaps between shown pictures over max(3 T, T + 150 ms) (W3C webrtc-stats freezeCount)
    uint64_t freeze_ms;
    double latency_ms;    // capture to shown, or to ear, by the sender's clock (meta); <0 while unknown
    double target_ms;     // above the fastest arrival that it is to wait: jitter, repairs, lip sync
    double hold_ms;       // of it for lip sync
    bool has_skew;        // av_skew_ms is known. Sound's streams have it:
    double av_skew_ms;    // heard so much before the picture it belongs to; under 0: after
    double concealed_pct; // audio: of all samples played, those made up,
    double fec_pct;       // those that came with the packet after them, coarser (in-band FEC),
    double copies_pct;    // and those that came with a later one, whole
    uint64_t keyframe_requests;
    double bitrate_kbps; // opened payloads of this stream
    double jitter_ms;
    uint64_t lost;       // datagrams missing in its number space, those not repaired yet among them
    uint64_t nacks;      // requests for missing datagrams sent to the relay
    uint64_t repaired;   // datagrams that came again for it
    int wanted_layer;    // of a picture, that was asked for; -1 = none
    char reason[8];      // why: size, offer, budget, paused, hidden
    unsigned limit_kbps; // what it was told to keep to; 0 = none
    // Who counts his pictures said last: this is the number of the one with that timestamp, and so many a tick follow.
    uint32_t number, number_ts; // 0 = he does not
    double number_rate;
    uint32_t seq;  // so the number of the newest that is shown; 0 = not known
    double age_ms; // since it was taken, by the sender's clock; <0 while unknown
};

struct stats_layer { // of our picture
    unsigned width, height, watchers;
    double fps, kbps; // of the last second; 0 = it is not made
    bool offered;
};
enum { STATS_LAYERS = 4, STATS_SCREENS = 2 };

struct stats_file {  // one that is under way
    uint32_t id;     // as in call.h
    uint16_t member; // it goes to, or comes from; of several the first
    bool out;
    const char *state;                               // slow-start avoidance recovery timeout; receiving waiting
    double cwnd_bytes, ssthresh_bytes, flight_bytes; // that go: may be under way; INFINITY = none yet; are
    double rtt_ms, rate_kbps;                        // contents, lately
    uint64_t retransmitted;                          // bytes that went, or came, more than once
};
enum { STATS_FILES_MAX = 8 };

struct stats_call {
    double rtt_ms; // <0 while unknown
    double loss_up_pct, loss_down_pct, jitter_ms;
    double bitrate_up_kbps, bitrate_down_kbps; // UDP payload bytes on the wire, both over the last second
    double target_kbps;                        // what may be sent, on the wire: headers, sound, repairs and all
    char target_reason[12]; // of its last change: start rise return probe trend queue window loss silence share
    double queue_up_ms;     // what waits in front of the slowest part of the way up
    double parity_up_pct, parity_down_pct; // rows, of the pictures they are for; lately
    double loss_alone_pct;            // of what was sent with 8 ms before it free: lost by chance, not by our own rate
    char path[4];                     // "udp", "tcp" or "" while not connected
    double fps_sent;                  // encoded frames handed to the socket per second
    unsigned width_sent, height_sent; // of the largest layer
    struct stats_layer layers[STATS_LAYERS];
    double cwnd_bytes, ssthresh_bytes;        // of the file that goes fastest; 0 = none does. ssthresh 0 = none yet
    struct stats_layer screen[STATS_SCREENS]; // that this box shows; offered: it does
    uint64_t bad_datagrams;                   // failed authentication or parsing
    double process_cpu_pct;                   // of one core
    double presents_per_s;
};

struct stats_audio {
    struct audio_processing_figures processing;
    double playout_delay_ms; // from mixing to ear, as far as the loudspeaker tells; 0 = none is open
    uint64_t underruns;      // times it stood still because it was given nothing, at most five a second
    unsigned frame_ms;       // one packet of our voice lasts so long
};

enum { STATS_FILE = 1024 };

struct stats_recording { // what is written down of this call
    bool on;
    char file[STATS_FILE];   // the newest
    double seconds;          // since it began
    uint64_t bytes, dropped; // written; packets the disk was too slow for
    unsigned parts;          // files so far
};

struct stats {
    struct stats_call call;
    struct stats_audio audio;
    struct stats_recording recording;
    struct stats_stream streams[STATS_STREAMS_MAX];
    size_t stream_count;
    struct stats_file files[STATS_FILES_MAX];
    size_t file_count;
    // The last 60 s, one value a second, oldest first; for the graphs.
    float rtt[STATS_HISTORY], loss[STATS_HISTORY], up[STATS_HISTORY], queue[STATS_HISTORY], down[STATS_HISTORY];
    float cwnd[STATS_HISTORY], ssthresh[STATS_HISTORY]; // bytes
    size_t history;
};

struct stats_stream *stats_find(struct stats *stats, uint16_t member, const char *slot); // NULL: there is none
// The number of the picture with this timestamp; 0 = not known.
uint32_t stats_picture_number(const struct stats_stream *stream, uint32_t ts);
void stats_remember(struct stats *stats); // append the current figures to the history; call once a second

#endif
