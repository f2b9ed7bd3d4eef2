// Datagrams on their way to the relay: gathered while the net thread does its turn, then sent with one call. Equal ones
// that follow each other, such as the fragments of a picture, go to the kernel as one message (UDP_SEGMENT).
#ifndef PARLOUR_UDP_OUT_H
#define PARLOUR_UDP_OUT_H

#include "shared/addr.h"
#include "shared/wire.h"

enum { UDP_OUT_MAX = 64 };

struct udp_out {
    unsigned count;
    size_t used;
    uint16_t size[UDP_OUT_MAX];
    uint8_t bytes[UDP_OUT_MAX * WIRE_DATAGRAM_MAX]; // one after the other
    bool plain;                                     // this socket's kernel or device cuts nothing
    uint64_t refused;                               // datagrams the socket would not take: lost, as on any link
};

// Take a copy. False = full, or too long: flush first.
bool udp_out_add(struct udp_out *o, const uint8_t *p, size_t n);
// Send all; fd < 0 forgets them.
void udp_out_flush(struct udp_out *o, int fd, const struct addr *to);
// Another socket: what this one's kernel refused may work there.
void udp_out_fresh(struct udp_out *o);
// How many of the first datagrams of these sizes make one message: equal ones, the last may be shorter.
unsigned udp_out_run(const uint16_t *size, unsigned count);

#endif
