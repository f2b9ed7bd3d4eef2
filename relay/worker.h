// The worker threads: each has one UDP socket on the shared port and one core, and shares nothing. Commands come and
// events go through queues; a room belongs to worker `room mod count`.
#ifndef PARLOUR_WORKER_H
#define PARLOUR_WORKER_H

#include "core.h"

enum { WORKERS_MAX = 32 };

struct worker;

struct worker_config {
    const char *listen;        // literal address, "" = all
    uint16_t port;             // 0 = any free one
    unsigned count;            // 1 to WORKERS_MAX
    int socket_buffer;         // bytes asked for
    const uint8_t *ticket_key; // 32 bytes; lives as long as the workers
    uint8_t probe_key[16];
    unsigned members_max, rooms_max; // of each worker
    size_t history_bytes;            // of all
};

struct worker_figures { // of all workers together
    struct core_counters counters;
    unsigned members, rooms;
    int receive_buffer, send_buffer; // bytes, as the kernel gave them
    uint64_t ticked_us;              // when the one ticked that has been silent longest
};

// Opens the sockets; NULL with one sentence in `error`.
struct worker *worker_create(const struct worker_config *config, char *error, size_t error_size);
// Who is to be woken, on a worker's thread, when there are events. To be set before the start.
void worker_set_wake(struct worker *w, void (*wake)(void *ctx), void *ctx);
MUST_USE bool worker_start(struct worker *w);
void worker_stop(struct worker *w); // ask the threads to end
void worker_join(struct worker *w);
void worker_destroy(struct worker *w);
const struct addr *worker_address(const struct worker *w);
// The control thread's side. worker_post waits while the queue is full: a worker always drains it. A command for room 0
// goes to all.
void worker_post(struct worker *w, const struct core_command *command);
bool worker_take(struct worker *w, struct core_event *event);
// As of at most a second ago; from any thread.
void worker_figures(struct worker *w, struct worker_figures *out);

#endif
