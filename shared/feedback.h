// FEEDBACK datagrams (type 7): blocks `type u8 | length u16 | body` (PROTOCOL.md §4). Unknown types are skipped; a
// length past the end drops the datagram.
#ifndef PARLOUR_FEEDBACK_H
#define PARLOUR_FEEDBACK_H

#include "bytes.h"
#include "wire.h"

enum feedback_type {
    FEEDBACK_ARRIVALS = 1,
    FEEDBACK_NACK = 2,
    FEEDBACK_LAYERS = 3,
    FEEDBACK_REFRESH = 4,
    FEEDBACK_WATCHED = 5,
    FEEDBACK_HEADS = 6,
    FEEDBACK_PATH = 7
};

enum { FEEDBACK_ARRIVALS_MAX = 64, FEEDBACK_NACK_MAX = 32, FEEDBACK_LIST_MAX = 50, FEEDBACK_SESSION = 0xFF };
enum { FEEDBACK_OFFSET_MORE = 0x1FFE, FEEDBACK_OFFSET_NONE = 0x1FFF, FEEDBACK_OFFSET_US = 250 };
enum feedback_want { // one stream's byte in LAYERS
    FEEDBACK_WANT = 0x80,
    FEEDBACK_NO_AUDIO = 0x02, // camera byte only
    FEEDBACK_NOW = 0x01
};
#define FEEDBACK_WANT_LAYER(layer) ((uint8_t)(FEEDBACK_WANT | (layer) << 4))
static inline unsigned feedback_layer(uint8_t want)
{
    return want >> 4 & 3;
}

struct feedback_arrivals {
    uint8_t space;                        // 0 media, 1 other
    uint32_t base;                        // first number
    uint16_t count;                       // <= FEEDBACK_ARRIVALS_MAX
    uint32_t time;                        // u24, 6.18: when the report was made
    uint16_t item[FEEDBACK_ARRIVALS_MAX]; // R(1) ECN(2) offset(13)
};
#define FEEDBACK_ARRIVED 0x8000u

struct feedback_nack_item {
    uint32_t base, mask; // numbers: base, and base + 1 + i for each bit i
};
struct feedback_nack {
    uint16_t sender;
    uint8_t slot;  // FEEDBACK_SESSION: the session's own MEDIA, down
    uint8_t count; // <= FEEDBACK_NACK_MAX
    struct feedback_nack_item item[FEEDBACK_NACK_MAX];
};

struct feedback_layer {
    uint16_t sender;
    uint8_t camera, screen;            // enum feedback_want | layer << 4 | highest sub-stream << 2
    uint16_t camera_kbps, screen_kbps; // limit, 0 = none
};
struct feedback_layers {
    uint8_t count;
    struct feedback_layer item[FEEDBACK_LIST_MAX];
    uint8_t file_count;
    struct {
        uint16_t sender;
        uint8_t slot;
    } file[FEEDBACK_LIST_MAX];
};
struct feedback_refresh {
    uint16_t sender;
    uint8_t slot;
    bool has_ts;
    uint32_t last_good_ts;
};
struct feedback_watched {
    uint8_t count;
    struct {
        uint8_t slot, watchers;
        uint16_t kbps;
    } item[FEEDBACK_LIST_MAX];
};
struct feedback_heads {
    uint8_t count;
    struct {
        uint16_t sender;
        uint8_t slot; // FEEDBACK_SESSION: the session's own MEDIA, up
        uint64_t first, newest;
    } item[FEEDBACK_LIST_MAX];
};

struct feedback_path {
    uint16_t loss; // before repair, of 65535
    uint8_t burst; // mean length, in eighths
    uint16_t rtt_ms;
};

// Start a FEEDBACK datagram: writes the header, leaves room for the trailer.
struct bytes_writer feedback_begin(uint8_t *out, uint16_t sender, uint32_t room);
// The datagram's size, trailer included; 0 when a block did not fit. The caller stamps it.
size_t feedback_end(const struct bytes_writer *w, const uint8_t *out);
void feedback_put_arrivals(struct bytes_writer *w, const struct feedback_arrivals *a);
void feedback_put_nack(struct bytes_writer *w, const struct feedback_nack *x);
void feedback_put_layers(struct bytes_writer *w, const struct feedback_layers *l);
void feedback_put_refresh(struct bytes_writer *w, const struct feedback_refresh *r);
void feedback_put_watched(struct bytes_writer *w, const struct feedback_watched *x);
void feedback_put_heads(struct bytes_writer *w, const struct feedback_heads *h);
void feedback_put_path(struct bytes_writer *w, const struct feedback_path *x);

// Walk the blocks: `r` starts at feedback_body(); returns the block's type and its body, 0 at the end, -1 when
// malformed.
struct bytes_reader feedback_body(const uint8_t *p, size_t n);
int feedback_next(struct bytes_reader *r, struct bytes_reader *body);
MUST_USE bool feedback_read_arrivals(struct feedback_arrivals *a, struct bytes_reader body);
MUST_USE bool feedback_read_nack(struct feedback_nack *x, struct bytes_reader body);
MUST_USE bool feedback_read_layers(struct feedback_layers *l, struct bytes_reader body);
MUST_USE bool feedback_read_refresh(struct feedback_refresh *r, struct bytes_reader body);
MUST_USE bool feedback_read_watched(struct feedback_watched *x, struct bytes_reader body);
MUST_USE bool feedback_read_heads(struct feedback_heads *h, struct bytes_reader body);
MUST_USE bool feedback_read_path(struct feedback_path *x, struct bytes_reader body);

#endif
