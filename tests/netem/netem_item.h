// What is under way through the proxy.
#ifndef PARLOUR_TEST_NETEM_ITEM_H
#define PARLOUR_TEST_NETEM_ITEM_H

#include "netem_link.h"

enum netem_way { NETEM_DOWN, NETEM_UP, NETEM_WAYS }; // towards who connects; towards the server

// Who reports an event of the proxy's epoll; in the upper half of its 64 bits, the place in a table in the lower.
enum netem_source { NETEM_TIMER, NETEM_SIGNAL, NETEM_WORDS, NETEM_UDP, NETEM_TCP };

struct netem_item {
    bool tcp, end; // end: nothing more comes on this connection, this way
    enum netem_way way;
    unsigned place;   // in the table of clients or connections,
    uint32_t visitor; // which others may have taken over
    size_t size;
    uint8_t data[];
};

#endif
