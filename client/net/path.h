// Pure: which way media takes to the relay, UDP or the WebSocket (PROTOCOL.md §8). UDP is the better one: TCP is taken
// when UDP is silent, and left as soon as a handshake succeeds over UDP. The way changes only when the relay has been
// heard on the new one after we proved ourselves there, so that stragglers of the old one change nothing.
#ifndef PARLOUR_PATH_H
#define PARLOUR_PATH_H

#include "shared/base.h"

enum path_kind { PATH_UDP, PATH_TCP, PATH_KINDS };

enum {
    PATH_FIRST_US = 800000,       // without an answer to the first HELLO over UDP
    PATH_SILENT_US = 1500000,     // without a word on a way that worked
    PATH_RETRY_US = 30000000,     // UDP is tried again, while on TCP
    PATH_RETRY_MAX_US = 480000000 // where UDP comes and goes the tries become rarer
};

struct path {
    enum path_kind kind;
    bool tcp; // the WebSocket stands and speaks for us in the room
    uint64_t since_us;
    uint64_t heard_us[PATH_KINDS], proved_us[PATH_KINDS]; // 0 = never
    uint64_t retry_us, gap_us, back_us;
    unsigned tries;
};

void path_init(struct path *p);
// A handshake begins: silence counts from now.
void path_begin(struct path *p, uint64_t now_us);
// True when media waits for it: say HELLO again now.
bool path_set_tcp(struct path *p, bool up, uint64_t now_us);
// Where a HELLO goes now: bits 1 << kind.
unsigned path_hello(const struct path *p, uint64_t now_us);
// May a challenge that came this way be answered?
bool path_may_prove(const struct path *p, enum path_kind by, uint64_t now_us);
void path_proved(struct path *p, enum path_kind by, uint64_t now_us);
// The relay was heard. True when media takes this way from now on and took the other before.
bool path_heard(struct path *p, enum path_kind by, uint64_t now_us);
// While on TCP: true when it is time for a HELLO over UDP.
bool path_retry(struct path *p, uint64_t now_us);
void path_route_changed(struct path *p, uint64_t now_us); // UDP may work here

#endif
