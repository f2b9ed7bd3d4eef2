// The control port: WebSockets over TLS, and nothing else. A thin shell around control_logic; runs on the thread that
// calls control_server_run, and speaks with the worker through its queues.
#ifndef PARLOUR_CONTROL_SERVER_H
#define PARLOUR_CONTROL_SERVER_H

#include "control_logic.h"
#include "worker.h"

struct control_server;

struct control_server_figures {
    unsigned connections, arriving, rooms, members, people, ringing;
    uint64_t accepted, refused, wrong_codes, calls, reloads;
    uint64_t ticked_us;
};

struct control_server_config {
    const char *listen;        // literal address, "" = all
    uint16_t port;             // 0 = any free one
    const char *cert, *key;    // PEM files; NULL = no TLS
    const uint8_t *ticket_key; // 32 bytes; lives as long as the server
    bool cold;
    const char *media_host; // "" = the address the client came to
    uint16_t media_port;
};

// NULL with one sentence in `error`. The worker may be set later, before the run.
struct control_server *control_server_create(const struct control_server_config *config, char *error,
                                             size_t error_size);
void control_server_set_worker(struct control_server *s, struct worker *worker);
// What else is to be done on this thread: after every wake-up, and every CONTROL_LOGIC_TICK_US. To be set before the
// run.
void control_server_set_tick(struct control_server *s, void (*tick)(void *ctx), void *ctx);
// Serve another certificate from now on; connections that stand keep theirs. False with one sentence in `error`: the
// old one stays. On the thread of the run.
MUST_USE bool control_server_certificate(struct control_server *s, const char *cert, const char *key, char *error,
                                         size_t error_size);
// The operator's limits on new rooms and members; who is there stays. On the thread of the run, or before it.
void control_server_limits(struct control_server *s, unsigned rooms, unsigned members);
// Tell every client that the relay is about to end, and take no new room. On the thread of the run.
void control_server_drain(struct control_server *s);
// As of the last tick; from any thread.
void control_server_figures(struct control_server *s, struct control_server_figures *out);
void control_server_destroy(struct control_server *s);
uint16_t control_server_port(const struct control_server *s);
// Serve until control_server_stop.
void control_server_run(struct control_server *s);
void control_server_stop(struct control_server *s); // from a signal handler or another thread
void control_server_wake(void *s);                  // the worker has events; from any thread

#endif
