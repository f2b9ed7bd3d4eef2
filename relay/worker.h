// The worker thread: one UDP socket, one core. It shares nothing: commands come and events go through queues.
#ifndef PARLOUR_WORKER_H
#define PARLOUR_WORKER_H

#include "core.h"

struct worker;

struct worker_config {
    const char *listen; // literal address, "" = all
    uint16_t port;      // 0 = any free one
    uint8_t ticket_key[32];
};

// Opens the socket; NULL with one sentence in `error`.
struct worker *worker_create(const struct worker_config *config, char *error, size_t error_size);
// Who is to be woken, on the worker's thread, when there are events. To be set before the start.
void worker_set_wake(struct worker *w, void (*wake)(void *ctx), void *ctx);
MUST_USE bool worker_start(struct worker *w);
void worker_stop(struct worker *w); // ask the thread to end
void worker_join(struct worker *w);
void worker_destroy(struct worker *w);
const struct addr *worker_address(const struct worker *w);
// The control thread's side. worker_post waits while the queue is full: the worker always drains it.
void worker_post(struct worker *w, const struct core_command *command);
bool worker_take(struct worker *w, struct core_event *event);

#endif
