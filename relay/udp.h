// One UDP port: a socket read and written in trains (UDP_GRO, UDP_SEGMENT), and a few connected ones that keep sources
// which send too much out of its buffer. Nothing is queued beyond one send call: what the socket refuses is lost, as on
// any link. Used by one thread.
#ifndef PARLOUR_UDP_H
#define PARLOUR_UDP_H

#include "shared/addr.h"
#include "shared/wire.h"

enum {
    UDP_TRAIN_MAX = 65536, // what one receive may bring
    UDP_IN = 8,            // trains of one receive call
    UDP_OUT = 512,         // messages of one send call
    UDP_PENALTIES = 8,     // sources set apart; when all are taken the oldest is let go
    UDP_SOCKETS = 1 + UDP_PENALTIES,
    UDP_PENALTY_US = 10000000,
    UDP_WAIT_US = 8000
};

struct udp;

struct udp_config {
    const char *listen; // a literal address; "" = every address, IPv6 and IPv4
    uint16_t port;      // 0 = any free one
    int buffer;         // bytes of socket buffer asked for, each way
    unsigned index;     // of this socket on the port, in the order they are opened; those after the first need its port
};

// NULL with one sentence in `error`.
struct udp *udp_open(const struct udp_config *config, char *error, size_t error_size);
void udp_close(struct udp *u);
// On the first socket, once all are bound: a room's datagrams go to socket room mod count. False = the kernel refused.
bool udp_steer(struct udp *u, unsigned count);
const struct addr *udp_address(const struct udp *u); // as bound
// The receive and send buffers the kernel gave, in bytes.
void udp_buffers(const struct udp *u, int *in, int *out);
// The descriptors to wait for, the port's own first; returns how many of the UDP_SOCKETS.
unsigned udp_fds(const struct udp *u, int fds[UDP_SOCKETS]);

struct udp_train {
    uint8_t *bytes;
    size_t n, segment; // cut every `segment`
    uint64_t age_us;   // it came so long ago
    struct addr from;
};
// Receive what is there from descriptor `which` of udp_fds, at most `most` trains: the first into `room` (UDP_TRAIN_MAX
// bytes), the others into memory of our own until the next call. Returns how many; 0 = nothing there, or with `wait`,
// nothing came for UDP_WAIT_US.
unsigned udp_receive(struct udp *u, unsigned which, uint8_t *room, struct udp_train out[UDP_IN], unsigned most,
                     bool wait);
// Queue for sending: `n` bytes cut every `segment`, at most WIRE_TRAIN_SEGMENTS. With `stays` the bytes and the address
// stay as they are until udp_flush; else they are copied (one datagram only).
void udp_send(struct udp *u, const uint8_t *bytes, size_t n, size_t segment, const struct addr *to, bool stays);
void udp_flush(struct udp *u);

// Give this source a small buffer of its own for UDP_PENALTY_US: what does not fit there never wakes us.
void udp_penalty(struct udp *u, const struct addr *source, uint64_t now_us);
void udp_forgive(struct udp *u, uint64_t now_us); // let go those whose time is over
// Let the kernel drop what names none of these rooms and is no HELLO, PROOF or health check, before it is queued.
// `room` is sorted. NULL or too many = let all in.
void udp_admit_rooms(struct udp *u, const uint32_t *room, unsigned count);

#endif
