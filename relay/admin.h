// The admin port: /healthz and /metrics over plain HTTP, GET only, for the operator's own network (loopback by
// default). It can change nothing. One thread of its own, so that it answers, or tells why not, when another hangs.
#ifndef PARLOUR_ADMIN_H
#define PARLOUR_ADMIN_H

#include "admin_health.h"

enum { ADMIN_CONNS = 8, ADMIN_REQUEST_MAX = 2048, ADMIN_DEADLINE_US = 5000000, ADMIN_HEALTH_KEPT_US = 250000 };

struct admin;

struct admin_config {
    struct addr listen; // port 0 = any free one
    // Both are called on the admin's thread. `health`: false with one reason.
    bool (*health)(void *ctx, char why[ADMIN_HEALTH_WHY]);
    size_t (*metrics)(void *ctx, char *out, size_t size); // returns the bytes written
    size_t metrics_max;
    void *ctx;
};

// Opens the port; NULL with one sentence in `error`.
struct admin *admin_create(const struct admin_config *config, char *error, size_t error_size);
MUST_USE bool admin_start(struct admin *a);
// Ends the thread and closes everything; NULL is allowed.
void admin_destroy(struct admin *a);
const struct addr *admin_address(const struct admin *a); // as bound

// What --admin names: ADDR[:PORT], the port 0 included (default 5002). False when it is none.
MUST_USE bool admin_parse(const char *text, struct addr *out);

#endif
