// Media over TCP: binary messages of a WebSocket are datagrams. Each client that sends any gets one UDP socket of ours,
// connected to the workers' own port, so that a worker sees an address like any other, which its member moves to by
// CHALLENGE and PROOF. Runs on the control thread, in the library's own poll.
#ifndef PARLOUR_BRIDGE_H
#define PARLOUR_BRIDGE_H

#include "shared/addr.h"
#include "shared/base.h"

#include <libwebsockets.h>

struct bridge;

enum { BRIDGE_IDLE_US = 60000000 };

// To be listed among the vhost's protocols, with this memory for each socket.
#define BRIDGE_PROTOCOL "bridge"
struct bridge_file {
    struct bridge *bridge; // NULL once it is closed
    int fd;                // the library leaves closing to us
    bool open;
};
int bridge_on_file(struct lws *file, enum lws_callback_reasons reason, void *user, void *in, size_t n);

// For the WebSocket `client` of this member, or NULL (logged) when there is no socket to be had. `worker`: where the
// workers listen.
struct bridge *bridge_open(struct lws_vhost *vhost, struct lws *client, const struct addr *worker, uint32_t room,
                           uint16_t sender, uint64_t now_us);
void bridge_close(struct bridge *b); // NULL is fine
bool bridge_is_for(const struct bridge *b, uint32_t room, uint16_t sender);
bool bridge_is_idle(const struct bridge *b, uint64_t now_us);
// One binary message. What is not this member's own in its own room goes nowhere.
void bridge_up(struct bridge *b, const uint8_t *p, size_t n, uint64_t now_us);
// The client can be written to: write what waits, as far as it can be. False when the connection must end.
bool bridge_down(struct bridge *b, uint64_t now_us);
// So that what waits for a slow client waits here, where it can be dropped, and not in the kernel.
void bridge_limit_unsent(struct lws *client);

#endif
