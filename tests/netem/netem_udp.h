// UDP through two bad lines: who sends to the one address gets a socket of his own towards the server, as behind a NAT.
#ifndef PARLOUR_TEST_NETEM_UDP_H
#define PARLOUR_TEST_NETEM_UDP_H

#include "netem_item.h"
#include "shared/addr.h"

enum { NETEM_UDP_CLIENTS = 64 }; // one more takes the place of who has been silent longest

struct netem_udp;

// `lines` by netem_way, borrowed. NULL with errno set: cannot listen there. Free with _close.
struct netem_udp *netem_udp_open(int epoll, const struct addr *listen, const struct addr *to,
                                 struct netem_link **lines);
void netem_udp_close(struct netem_udp *u);
void netem_udp_event(struct netem_udp *u, uint32_t place);
void netem_udp_deliver(struct netem_udp *u, const struct netem_item *item); // not freed
unsigned netem_udp_clients(const struct netem_udp *u);                      // so far
uint64_t netem_udp_overflows(const struct netem_udp *u); // lost before they got here: a run with any says nothing

#endif
