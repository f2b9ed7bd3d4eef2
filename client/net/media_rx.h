// Pure: sealed datagrams of the others -> opened packets and whole pictures. One stream per (member, slot).
#ifndef PARLOUR_MEDIA_RX_H
#define PARLOUR_MEDIA_RX_H

#include "client/net/copies.h"
#include "client/net/hop.h"
#include "client/net/room_keys.h"

struct assembler;

// A sender has sound, meta and three layers: whoever fills other slots too must not take the room of a newcomer's.
enum { MEDIA_RX_STREAMS = 256, MEDIA_RX_SENDER = 8, MEDIA_RX_KEYS = ROOM_KEYS_BASES, MEDIA_RX_HELD = 64 };
enum { MEDIA_RX_PAST = 512, MEDIA_RX_PAST_SENDER = 4 * ROOM_KEYS_BASES };
#define MEDIA_RX_HOLD_US 300000u // datagrams whose key has not come yet

struct media_packet {
    uint16_t sender;
    uint8_t slot, mark;
    uint32_t ts;
    uint64_t number;  // of the hop's space
    uint64_t ctr;     // of the seal
    uint32_t running; // gapless over the slot's packets, across key changes
    const uint8_t *payload;
    size_t size;
    uint64_t now_us;
    bool copy; // of sound: it came with a later packet
};

struct media_stream {
    bool used;
    uint16_t sender;
    uint8_t slot;
    struct {
        bool used;
        uint64_t serial; // of the base
        struct seal_key key;
        struct replay seen;
        uint8_t mark[16]; // of the slot key: its hash
        bool counted;
        uint32_t base; // running number of the key's first packet
    } keys[MEDIA_RX_KEYS];
    struct assembler *assembler; // video slots
    struct copies_seen heard;    // sound
    bool any;
    uint32_t running_newest; // and the hop's number it came with
    uint64_t hop_newest;
    uint64_t refresh_us; // last asked for a keyframe
    bool refresh_wanted;
    // clock of the sender, from meta
    bool has_map;
    uint32_t map_ts;
    uint64_t map_us;
    // figures
    uint64_t refreshes, frames, lost;
    uint64_t first, newest, received; // of the hop's numbers
    uint64_t second_bytes, second_frames;
    double kbps, fps_in, jitter_us;
    uint64_t last_arrival_us;
    uint32_t last_ts;
    unsigned width, height, fps;
};

struct media_held { // a datagram waiting for its key
    uint8_t *data;
    size_t size;
    uint64_t number, at_us;
};

// How far a key of somebody who has gone was used: a relay that lists him again, and plays what it has kept, gets no
// packet opened twice. One more of a sender who has his share takes the place of his oldest, a new one in a full table
// that of the oldest.
struct media_past {
    uint16_t sender;
    uint8_t mark[16];
    uint64_t newest, order; // order 0 = free
};

struct media_rx_io {
    void *ctx;
    void (*packet)(void *ctx, struct media_stream *st, const struct media_packet *p); // opened, not video
    void (*frames)(void *ctx, struct media_stream *st, uint64_t now_us);              // something whole may be ready
    void (*opened)(void *ctx, const struct media_packet *p);
};

struct media_rx {
    struct media_rx_io io;
    uint32_t patience_us; // what a hole in a picture is waited for; 0 = the assembler's own
    struct room_keys *keys;
    struct media_stream streams[MEDIA_RX_STREAMS];
    unsigned stream_end; // none at or behind it is used: what looks at all of them is done on every turn
    struct media_held held[MEDIA_RX_HELD]; // oldest goes first
    size_t held_count;
    struct media_past past[MEDIA_RX_PAST];
    uint64_t past_order;
    uint64_t keys_due_us; // when contexts whose bases have died are looked for again
    uint64_t unopened;    // right on the hop, wrong end to end
};

void media_rx_init(struct media_rx *rx, struct room_keys *keys, const struct media_rx_io *io);
void media_rx_destroy(struct media_rx *rx);
// A datagram the hop has proved. Its number may be committed when it opened, or when its key is not here yet (it is
// kept for a while).
enum media_rx_verdict { MEDIA_RX_REFUSED, MEDIA_RX_OPENED, MEDIA_RX_KEPT };
enum media_rx_verdict media_rx_push(struct media_rx *rx, const uint8_t *p, size_t n, uint64_t number, uint64_t now_us);
void media_rx_key_came(struct media_rx *rx, uint64_t now_us); // try what is held
void media_rx_forget(struct media_rx *rx, uint16_t sender);
struct media_stream *media_rx_find(struct media_rx *rx, uint16_t sender, uint8_t slot);
void media_rx_second(struct media_rx *rx, double seconds); // close the figures of this second
uint64_t media_rx_tick(struct media_rx *rx, uint64_t now_us);

#endif
