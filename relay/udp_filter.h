// Two small classic BPF programs in the kernel: which worker's socket takes a datagram, and which datagrams are not
// worth queueing. Both need no privilege and see the datagram before any thread of ours wakes.
#ifndef PARLOUR_UDP_FILTER_H
#define PARLOUR_UDP_FILTER_H

#include "shared/base.h"

#include <linux/filter.h>

enum { UDP_FILTER_ROOMS_MAX = 1000, UDP_FILTER_SIZE = BPF_MAXINSNS };

// The group of sockets on this port: room mod `count` is the socket's place in the order they were bound (PROTOCOL §8).
bool udp_filter_steer(int fd, unsigned count);
// Drop whatever is no HELLO, PROOF or health check and names none of these rooms (sorted). NULL or more than
// UDP_FILTER_ROOMS_MAX = no filter.
void udp_filter_rooms(int fd, const uint32_t *room, unsigned count);
// The second program itself, for a test; returns its length.
unsigned udp_filter_build(struct sock_filter *out, const uint32_t *room, unsigned count);

#endif
