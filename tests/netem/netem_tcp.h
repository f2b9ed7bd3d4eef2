// TCP through the same two lines: nothing is lost, everything takes its time, and who reads more slowly than the other
// writes makes him wait. The handshake takes no time.
#ifndef PARLOUR_TEST_NETEM_TCP_H
#define PARLOUR_TEST_NETEM_TCP_H

#include "netem_item.h"
#include "shared/addr.h"

enum { NETEM_TCP_CONNECTIONS = 64 }; // one more is closed at once

struct netem_tcp;

// As netem_udp_open.
struct netem_tcp *netem_tcp_open(int epoll, const struct addr *listen, const struct addr *to,
                                 struct netem_link **lines);
void netem_tcp_close(struct netem_tcp *t);
void netem_tcp_event(struct netem_tcp *t, uint32_t place, uint32_t events);
void netem_tcp_deliver(struct netem_tcp *t, const struct netem_item *item); // not freed
void netem_tcp_resume(struct netem_tcp *t); // go on reading where a line that was full or cut is open again
unsigned netem_tcp_connections(const struct netem_tcp *t); // so far

#endif
