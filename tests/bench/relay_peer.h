// A member of a room by UDP alone, for benches and flood tests: it seals its own ticket with the relay's ticket key and
// joins by HELLO, CHALLENGE, PROOF; no WebSocket, no client. Blocking only where it says so. Used by one thread.
//
//   uint8_t key[32];
//   relay_peer_ticket_key(key, state_dir);            // before the relay starts with --state-dir state_dir
//   relay_peer_open(&p, key, &relay, NULL, room, sender) && relay_peer_join(&p, 1000);
//   n = relay_peer_train(&p, bytes, RELAY_PEER_AUDIO, 0, 200, 1);
//   relay_peer_send(&p, bytes, n, 200);
//   relay_peer_receive(&q, got, ctx);                 // at q, which gets all audio from the moment it joins
//   relay_peer_ping(&p);                              // each second: after 4 s of silence it would be away
#ifndef PARLOUR_TESTS_RELAY_PEER_H
#define PARLOUR_TESTS_RELAY_PEER_H

#include "shared/addr.h"
#include "shared/replay.h"
#include "shared/ticket.h"

enum {
    RELAY_PEER_AUDIO = WIRE_SLOT(WIRE_STREAM_AUDIO, 0),   // everybody's by default
    RELAY_PEER_CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 0), // only theirs who watch: relay_peer_watch
    RELAY_PEER_TRAIN_MAX = 64,
    RELAY_PEER_TRAIN_BYTES = 64000, // what one segmented send may carry
    RELAY_PEER_MEDIA_MIN = WIRE_MEDIA_CLEAR + WIRE_SFRAME_TAG
};

// One (sender, slot) as it comes down. Lost = newest - first + 1 - received.
struct relay_peer_stream {
    uint16_t sender;
    uint8_t slot;
    uint64_t first, newest; // hop numbers
    uint64_t received, copies;
    struct replay seen;
};

struct relay_peer_counts {
    uint64_t sent, refused; // datagrams; refused: the own socket's buffer was full
    uint64_t media, media_bytes, copies, other, bad_tag, unknown;
};

struct relay_peer {
    int fd; // non-blocking, connected to the relay; -1 = none
    struct addr relay;
    uint8_t ticket_key[32];
    struct ticket ticket; // may be changed before relay_peer_join, which seals it
    uint8_t sealed[WIRE_TICKET_MAX];
    size_t sealed_size;
    uint64_t nonce; // of the newest HELLO; rises with each join
    uint8_t boot_nonce[16];
    uint8_t up[16], down[16], room_down[16];
    uint64_t media, other; // last numbers used in the two up spaces
    bool unchecked;        // take media whatever its tag: from a forwarder that does not write one
    struct relay_peer_counts counts;
    struct relay_peer_stream *streams;
    unsigned stream_count;
};

// A media datagram that came, its tag checked, not a copy.
struct relay_peer_got {
    struct wire_header header;
    uint64_t number;     // full hop number
    uint64_t sent_ns;    // CLOCK_REALTIME, as relay_peer_train wrote it; 0 when it was too short for that
    uint64_t arrived_ns; // CLOCK_REALTIME at this socket, by the kernel; 0 without relay_peer_timestamps
    const uint8_t *p;    // gone after the call
    size_t n;
};
typedef void relay_peer_got_fn(void *ctx, struct relay_peer *p, const struct relay_peer_got *got);

// Make a ticket key and write it to `state_dir`/ticket.key (0600), or read the one that is there. False with errno.
MUST_USE bool relay_peer_ticket_key(uint8_t key[32], const char *state_dir);
// A socket and a ticket for `sender` (1-65535) in `room` (not 0; the code is room % 1000000). `local`: literal address
// to send from, or NULL. False with errno when there is no socket.
MUST_USE bool relay_peer_open(struct relay_peer *p, const uint8_t ticket_key[32], const struct addr *relay,
                              const char *local, uint32_t room, uint16_t sender);
// Blocks until PONG has come. Joining again is a new session under a higher nonce. False after `timeout_ms`.
MUST_USE bool relay_peer_join(struct relay_peer *p, unsigned timeout_ms);
void relay_peer_close(struct relay_peer *p); // says nothing to the relay; relay_peer_bye does

// Write `count` MEDIA datagrams of `size` bytes each (RELAY_PEER_MEDIA_MIN to WIRE_MEDIA_MAX), one behind the other,
// with the next numbers and the time of sending; bytes past the time (37) stay as they are. Returns all their bytes.
size_t relay_peer_train(struct relay_peer *p, uint8_t *out, uint8_t slot, uint8_t mark, size_t size, unsigned count);
// Send what relay_peer_train made, in one call (UDP_SEGMENT). False when the socket refused it.
bool relay_peer_send(struct relay_peer *p, const uint8_t *bytes, size_t n, size_t segment);
// PING: keeps the session alive and confirms its numbers.
bool relay_peer_ping(struct relay_peer *p);
// LAYERS: watch the camera of `count` senders at `layer`, and nobody else's.
bool relay_peer_watch(struct relay_peer *p, const uint16_t *senders, unsigned count, unsigned layer);
bool relay_peer_bye(struct relay_peer *p);

// Read all that waits. Media is checked (tag under the room's key, number not seen before), counted in `streams`, and
// given to `got` (may be NULL). PINGs and reports are counted and not answered. Returns the media datagrams taken.
unsigned relay_peer_receive(struct relay_peer *p, relay_peer_got_fn *got, void *ctx);
const struct relay_peer_stream *relay_peer_stream(const struct relay_peer *p, uint16_t sender, uint8_t slot);
// Ask the kernel to stamp arrivals.
bool relay_peer_timestamps(struct relay_peer *p);

// From now on the kernel drops MEDIA at this socket before anybody is woken; the rest comes as before.
bool relay_peer_drop_media(struct relay_peer *p);
// How many datagrams the kernel dropped at a socket: after relay_peer_drop_media what arrived.
uint64_t relay_peer_dropped(int fd);
// The same for a socket that is no peer's.
bool relay_peer_drop_media_fd(int fd);
bool relay_peer_send_fd(int fd, const uint8_t *bytes, size_t n, size_t segment);
uint64_t relay_peer_wall_ns(void); // CLOCK_REALTIME

#endif
