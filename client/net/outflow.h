// Pure: what we send, at the rate the way to the relay bears: sealed datagrams wait in a pacer, what the relay reports
// steers the rate, and the encoders are told theirs.
#ifndef PARLOUR_OUTFLOW_H
#define PARLOUR_OUTFLOW_H

#include "client/net/budget.h"
#include "client/net/hop.h"
#include "client/net/ladder.h"
#include "client/net/layer_gate.h"
#include "client/net/pacer.h"
#include "client/net/parity_up.h"
#include "client/net/repair.h"
#include "client/net/screen_rates.h"
#include "client/net/sent_log.h"

struct outflow_rates { // what the encoders are to make
    struct ladder_layer camera[BUDGET_LAYERS], screen[BUDGET_SCREENS];
    unsigned audio_kbps, loss_pct;
};

struct outflow_io {
    void *ctx;
    void (*rates)(void *ctx, const struct outflow_rates *rates);
    void (*hold)(void *ctx, bool hold);        // too much waits: no picture until it is false again
    void (*hold_screen)(void *ctx, bool hold); // likewise of a screen; NULL = nobody asks
    bool (*file)(void *ctx, uint64_t now_us);  // there is room for a datagram of a file: true when one was sent
};

struct outflow_figures {
    double target_kbps, queue_ms;
    double parity_pct;             // bytes of rows, of those of pictures; lately
    double loss_pct, isolated_pct; // of the last 0.7 s; of what was sent alone
    const char *reason;
};

// Rows of parity: of a picture, of sound.
enum outflow_sends { OUTFLOW_BESIDES, OUTFLOW_SOUND_ROW, OUTFLOW_PICTURE, OUTFLOW_ROW, OUTFLOW_PROBE, OUTFLOW_FILE };

struct outflow {
    struct outflow_io io;
    struct hop *hop;
    struct net_repair *repair; // keeps what was sent
    struct parity_up *parity;  // made of it
    unsigned camera_most_kbps; // 0 = not steered: all goes out at once
    bool tcp, begun, blocked, held, screen_held;
    bool waits;                       // for the window; blocked: has done so since the last report
    bool paused;                      // no pictures: only sound fits
    unsigned tries;                   // probes since then
    uint64_t others_us;               // a queue that stood was found to be others'; 0 = never
    uint64_t pause_us, pause_span_us; // when that changed last, and how long it lasts at least
    unsigned sessions;
    struct bandwidth bandwidth;
    struct sent_log *log;
    struct pacer *pacer;
    struct bandwidth_probe probe; // under way while probe_left > 0
    double probe_left;
    uint64_t camera_us;  // the last packet of a picture
    uint64_t besides_us; // all but pictures:
    double besides_bytes, besides_bps;
    enum outflow_sends sends;        // what is just going to the hop
    double screen_bytes, screen_bps; // of this 100 ms; of the last two seconds
    double picture_bytes, row_bytes; // lately: how much parity pictures get
    uint64_t full_us;                // a queue stood last
    struct ladder ladder;            // layers of the camera's picture; told of watchers by its owner
    struct screen_rates screen;      // likewise of what this box shows
    struct outflow_rates told;
    struct layer_gate gate; // of layers that are coded already
    bool files, file_waits; // some go beside the call; the rate alone holds them back
    double file_debt;       // bytes sent ahead of their share
    uint64_t file_us;       // of which it is that much
};

// `camera_most_kbps`: what the picture takes at the most; 0 = nothing is steered. Begins `parity` too. Free with
// outflow_destroy.
void outflow_init(struct outflow *o, struct hop *hop, struct net_repair *repair, struct parity_up *parity,
                  unsigned camera_most_kbps, const struct outflow_io *io);
void outflow_destroy(struct outflow *o);
void outflow_left(struct outflow *o);                 // the room: nobody watches
void outflow_show_screen(struct outflow *o, bool on); // it is shown
void outflow_set_tcp(struct outflow *o, bool tcp);
// Whether a frame of a layer goes out, where layers cannot be made smaller; else always.
bool outflow_takes(struct outflow *o, unsigned layer, bool keyframe, uint64_t now_us);
// A sealed datagram without its hop header's numbers; copied. False when there is no connection or no room.
bool outflow_media(struct outflow *o, enum pacer_class of, uint8_t *p, size_t n, uint64_t now_us);
// Files go beside a call: they take what is left of the rate when all else has what it wants, at least a twentieth.
void outflow_files(struct outflow *o, bool files);
// A datagram of a file, at once; under io.file it counts in the rate. False without a connection.
bool outflow_file(struct outflow *o, uint8_t *p, size_t n, uint64_t now_us);
// The hop has sent something.
void outflow_sent(struct outflow *o, enum hop_sent kind, uint64_t number, size_t n, uint64_t now_us);
void outflow_feedback(struct outflow *o, const uint8_t *p, size_t n, uint64_t now_us);
uint64_t outflow_tick(struct outflow *o, uint64_t now_us); // returns the next deadline
uint8_t outflow_asks(struct outflow *o, uint64_t now_us);  // layers that a keyframe is needed of now: bit = layer
void outflow_get_figures(const struct outflow *o, struct outflow_figures *out);

#endif
