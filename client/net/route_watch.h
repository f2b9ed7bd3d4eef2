// Tells when this machine's way to the relay has changed: another address, another interface, a network that is back.
// A netlink socket (rtnetlink(7)) says that something changed; a look at the address we would send from says whether it
// matters. Used by one thread.
#ifndef PARLOUR_ROUTE_WATCH_H
#define PARLOUR_ROUTE_WATCH_H

#include "shared/addr.h"

struct route_watch {
    int fd;            // to wait for; < 0 = the kernel gives none, and nothing is noticed
    struct addr relay; // length 0 = none yet
    struct addr from;  // what we send from; length 0 = there is no way
};

void route_watch_open(struct route_watch *w);
void route_watch_close(struct route_watch *w);
// Watch the way to this address from now on.
void route_watch_to(struct route_watch *w, const struct addr *relay);
// Read what waits on the descriptor. True when there is a way and it is another one than before.
bool route_watch_changed(struct route_watch *w);

#endif
