// The datagram's 20-byte hop header, its authentication on one hop, and every limit of the protocol (PROTOCOL.md §1,
// §2).
//
//  0 type | 1 mark | 2 sender u16 | 4 room u32 | 8 tag u32 | 12 hopseq u32 | 16 hoptime u24 | 19 slot
#ifndef PARLOUR_WIRE_H
#define PARLOUR_WIRE_H

#include "base.h"

enum wire_type {
    WIRE_MEDIA = 4,
    WIRE_RTX = 5,
    WIRE_FEC = 6,
    WIRE_FEEDBACK = 7,
    WIRE_CTRL = 8,
    WIRE_FILE = 9,
    WIRE_PROBE = 10
};

enum wire_mark { // first byte of RFC 9626
    WIRE_MARK_START = 0x80,
    WIRE_MARK_END = 0x40,
    WIRE_MARK_INDEPENDENT = 0x20,
    WIRE_MARK_DISCARDABLE = 0x10,
    WIRE_MARK_BASE_SYNC = 0x08
};

enum wire_stream {
    WIRE_STREAM_AUDIO = 0,
    WIRE_STREAM_CAMERA = 1,
    WIRE_STREAM_SCREEN = 2,
    WIRE_STREAM_FILE = 3,
    WIRE_STREAM_FILE_ACK = 4,
    WIRE_STREAM_META = 15
};

// Every limit of the protocol; PROTOCOL.md §11 has the same table and a test compares the two.
enum wire_limit {
    WIRE_DATAGRAM_MIN = 20,
    WIRE_DATAGRAM_MAX = 1200,
    WIRE_MEDIA_MAX = 1188,
    WIRE_HEADER = 20,
    WIRE_TS_END = 24,      // header and RTP timestamp
    WIRE_MEDIA_CLEAR = 29, // header, timestamp, SFrame header
    WIRE_SFRAME_TAG = 16,
    WIRE_TRAILER = 16,
    WIRE_PAYLOAD_MAX = 1143, // WIRE_MEDIA_MAX - WIRE_MEDIA_CLEAR - WIRE_SFRAME_TAG
    WIRE_MEMBERS_MAX = 1000,
    WIRE_ROOMS_MAX = 250,
    WIRE_ROOM_MEMBERS_MAX = 50,
    WIRE_MEDIA_PER_S = 20000,
    WIRE_MEDIA_MBIT_PER_S = 100,
    WIRE_MEDIA_BURST_MS = 200,
    WIRE_SOUND_PER_S = 250,
    WIRE_TCP_UNAUTHENTICATED_MAX = 256,
    WIRE_TCP_PER_SOURCE_MAX = 32,
    WIRE_TLS_MS = 5000,
    WIRE_FIRST_MESSAGE_MS = 5000,
    WIRE_MESSAGE_MS = 10000,
    WIRE_CONTROL_PER_S = 20,
    WIRE_CONTROL_BURST = 100,
    WIRE_CONTROL_MAX = 16384,
    WIRE_CONTROL_FIRST_MAX = 1024,
    WIRE_JOINS_PER_S = 20,
    WIRE_JOINS_BURST = 40,
    WIRE_REGISTERS_PER_S = 20,
    WIRE_REGISTERS_BURST = 1000,
    WIRE_CALLS_PER_S = 10,
    WIRE_CALLS_BURST = 40,
    WIRE_RINGS_PER_S = 1,
    WIRE_RINGS_BURST = 16,
    WIRE_RINGS_SOURCE_S = 3,
    WIRE_RINGS_SOURCE_BURST = 8,
    WIRE_RING_MS = 30000,
    WIRE_DOOR_TEXT = 1400,
    WIRE_DOOR_MESSAGES = 16,
    WIRE_KNOCKS_PER_S = 10,
    WIRE_KNOCKS_BURST = 32,
    WIRE_PASSES_MAX = 32,
    WIRE_WRONG_CODES = 10,
    WIRE_WRONG_CODES_S = 600,
    WIRE_WRONG_CODES_RELAY_PER_S = 20,
    WIRE_HELLO_PER_S = 50,
    WIRE_HELLO_BURST = 200,
    WIRE_REFRESH_MS = 300,
    WIRE_NAME_CODEPOINTS = 32,
    WIRE_CHAT_CODEPOINTS = 2000,
    WIRE_CHAT_BYTES = 8192,
    WIRE_VIDEO_WIDTH_MAX = 2560,
    WIRE_VIDEO_HEIGHT_MAX = 1440,
    WIRE_VIDEO_FPS_MAX = 60,
    WIRE_FRAME_MAX = 1048576,
    WIRE_JITTER_DATAGRAMS = 512,
    WIRE_JITTER_BYTES = 4194304,
    WIRE_JITTER_MS = 1000,
    WIRE_TICKET_MAX = 300,
    WIRE_HELLO_SIZE = 400,
    WIRE_KEEPALIVE_MS = 200,
    WIRE_SUSPECT_MS = 600,
    WIRE_AWAY_MS = 4000,
    WIRE_LEFT_MS = 30000
};

// Between a program and its own kernel: what one UDP_SEGMENT message may carry.
enum { WIRE_TRAIN_SEGMENTS = 64, WIRE_TRAIN_BYTES = 64000 };
// No room has a number below this: these are the health check's (PROTOCOL.md §8).
enum { WIRE_PROBE_ROOMS = 64 };

struct wire_header {
    uint8_t type, mark;
    uint16_t sender;
    uint32_t room;
    uint32_t tag;
    uint32_t hopseq;
    uint32_t hoptime; // u24
    uint8_t slot;
};

#define WIRE_SLOT(stream, layer) ((uint8_t)((stream) << 4 | (layer) << 2))
static inline unsigned wire_stream(uint8_t slot)
{
    return slot >> 4;
}
static inline unsigned wire_layer(uint8_t slot)
{
    return slot >> 2 & 3;
}
static inline unsigned wire_part(uint8_t slot) // of the layer; 0 = the whole of it
{
    return slot & 3;
}
static inline bool wire_is_media(uint8_t type) // types the room downlink key authenticates
{
    return type == WIRE_MEDIA || type == WIRE_RTX || type == WIRE_FEC || type == WIRE_FILE;
}

// Read the header. False when the length is outside the limits, the type is unknown, or the datagram is shorter than
// its type needs. Trusts nothing else.
MUST_USE bool wire_read(struct wire_header *h, const uint8_t *p, size_t n);
void wire_write(const struct wire_header *h, uint8_t *p); // WIRE_HEADER bytes

// 6.18 fixed-point seconds in 24 bits.
uint32_t wire_hoptime(uint64_t now_us);
// The time in us nearest to `near_us` whose hoptime is `hoptime`, to 4 us; never below 0.
uint64_t wire_hoptime_unwrap(uint32_t hoptime, uint64_t near_us);

// Write hopseq, hoptime and the authentication: the tag, or for types 7, 8 and 10 a zero tag and the trailer in the
// last 16 bytes of the n. `number` is the full 48-bit number of the hop's space.
void wire_stamp(uint8_t *p, size_t n, const uint8_t key[16], uint64_t number, uint64_t now_us);
// True when the datagram's tag or trailer is right for this key and number.
MUST_USE bool wire_verify(const uint8_t *p, size_t n, const uint8_t key[16], uint64_t number);

#endif
