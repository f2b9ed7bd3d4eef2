// Pure: our end of the hop to the relay - handshake, tags, numbers, replay windows, pings, and what they measure
// (PROTOCOL.md §2, §3). No sockets, no clock: datagrams and time in, datagrams out.
#ifndef PARLOUR_HOP_H
#define PARLOUR_HOP_H

#include "shared/loss.h"
#include "shared/replay.h"
#include "shared/wire.h"

enum { HOP_SETTLE = 8 };   // a number is lost when so many newer ones have come
enum { HOP_SPACES = 256 }; // (sender, slot) pairs; when full the one silent longest is forgotten

enum hop_state {
    HOP_IDLE,  // no room
    HOP_HELLO, // waiting for CHALLENGE or PONG
    HOP_UP
};

struct hop_space {     // numbers of one (sender, slot), downwards
    bool used, parity; // parity has numbers of its own
    uint16_t sender;
    uint8_t slot;
    uint64_t last_us, first; // number that came first
    struct replay window;
    uint64_t second_first, second_received; // for this second's loss: repaired ones are lost
    uint64_t came;                          // bit i: newest - i came, and not as a repair
    unsigned run;                           // of the newest settled ones so many were lost in a row
    uint64_t skipped;                       // below it, what did not come was not for us
};

enum hop_sent { HOP_SENT_MEDIA, HOP_SENT_OTHER, HOP_SENT_AGAIN }; // which numbers; again = one it had

struct hop_io {
    void *ctx;
    void (*send)(void *ctx, const uint8_t *p, size_t n);
    void (*fresh_socket)(void *ctx); // silence or a changed route: go on from a new local port
    // NULL = nobody asks. A numbered datagram has gone to `send`.
    void (*sent)(void *ctx, enum hop_sent kind, uint64_t number, size_t n, uint64_t now_us);
};

struct hop_figures {                                                          // over the last whole second
    double rtt_ms, loss_up_pct, loss_down_pct, jitter_ms, up_kbps, down_kbps; // rtt < 0 = unknown
};

struct hop {
    struct hop_io io;
    enum hop_state state;
    uint16_t sender;
    uint32_t room, epoch;
    uint8_t hop_key[32], room_secret[32], old_room_secret[32];
    uint64_t old_room_secret_until;
    uint8_t ticket[WIRE_TICKET_MAX];
    size_t ticket_size;
    uint64_t nonce;
    uint8_t boot_nonce[16];
    bool has_keys;
    unsigned sessions; // how often all numbers began anew
    uint8_t up[16], down[16], room_down[16], old_room_down[16];
    uint64_t media_number, other_number; // next to be sent
    struct replay session_window;
    struct hop_space spaces[HOP_SPACES];
    uint64_t heard_us, sent_us, ping_us, hello_us, hello_since_us, socket_us;
    bool heard_ever; // since the handshake began
    // What is measured.
    double rtt_ms, jitter_us;
    bool has_jitter;
    uint64_t last_arrival_us, last_hop_us;
    uint64_t second_us, up_bytes, down_bytes;
    uint64_t up_newest, up_told, up_came; // newest number reported; bit i of the others: the one i before it
    uint64_t up_reported, up_lost;        // of those accounted for
    struct loss loss_up, loss_down;       // before any repair
    bool choked;                          // one stands on the way up, and hardly anything fits
    bool full_up, full_down; // a queue stands on that way: what is lost then is no chance, and counts in neither
    unsigned up_run;         // of the newest settled ones so many were lost in a row
    struct hop_figures figures;
    bool has_clock;
    int64_t clock_offset_us; // relay clock - mine, from the quickest round trip of the last minute
    uint64_t clock_rtt_us, clock_at_us;
    uint64_t bad; // datagrams that proved nothing
};

enum hop_verdict {
    HOP_DROP,     // not for us, not proved, or seen before
    HOP_HANDLED,  // CTRL: dealt with here
    HOP_FEEDBACK, // proved feedback from the relay
    HOP_MEDIA,    // tag right and number new: open it, then hop_commit
    HOP_PARITY,   // tag right: mends what is missing
    HOP_GOODBYE   // the relay says BYE: `bye` holds why
};

struct hop_datagram {
    struct wire_header header;
    uint64_t number;
    struct hop_space *space; // of a HOP_MEDIA
    bool mended;             // out of parity: it was lost
    bool seen;               // its number had come before: anybody may have sent it again, at any time
    uint64_t now_us;
    uint8_t bye;
};

void hop_init(struct hop *h, const struct hop_io *io);
// Enter or re-enter a room: with another join the keys and counters start anew.
struct hop_entry {
    uint16_t sender;
    uint32_t room, epoch;
    const uint8_t *hop_key, *room_secret, *ticket;
    size_t ticket_size;
};
void hop_enter(struct hop *h, const struct hop_entry *e, uint64_t fresh_nonce, uint64_t now_us);
void hop_renew(struct hop *h, uint32_t epoch, const uint8_t room_secret[32], const uint8_t *ticket, size_t ticket_size,
               uint64_t now_us);
void hop_leave(struct hop *h, uint64_t now_us); // says BYE, forgets keys
// The route changed, or the first answer is overdue: say HELLO again now.
void hop_rehello(struct hop *h, uint64_t now_us);

enum hop_verdict hop_receive(struct hop *h, const uint8_t *p, size_t n, uint64_t now_us, struct hop_datagram *d);
void hop_commit(struct hop *h, const struct hop_datagram *d);
// A datagram that parity gave back: false when it is nothing we miss. Else as a HOP_MEDIA.
bool hop_mended(struct hop *h, const uint8_t *p, size_t n, uint64_t number, uint64_t now_us, struct hop_datagram *d);
void hop_forget(struct hop *h, uint16_t sender);
// What the relay sent of a slot before `first` was not for us: it is not lost.
void hop_skip(struct hop *h, uint16_t sender, uint8_t slot, uint64_t first);

// Stamp and send; false before the handshake is done.
bool hop_send_media(struct hop *h, uint8_t *p, size_t n, uint64_t now_us);
// Once more under the number it had: a repair.
bool hop_send_again(struct hop *h, uint8_t *p, size_t n, uint64_t number, uint64_t now_us);
bool hop_send_other(struct hop *h, uint8_t *p, size_t n, uint64_t now_us);

uint64_t hop_tick(struct hop *h, uint64_t now_us);    // returns the next deadline
bool hop_alive(const struct hop *h, uint64_t now_us); // up and heard within WIRE_SUSPECT_MS

#endif
