// What is measured: a parlour-relay or the bare forwarder, as a process of its own on a core of its own.
#ifndef PARLOUR_TESTS_RELAY_BENCH_TARGET_H
#define PARLOUR_TESTS_RELAY_BENCH_TARGET_H

#include "shared/addr.h"
#include "shared/base.h"

#include <sys/types.h>
#include <time.h>

struct target {
    pid_t pid;
    bool bare;
    struct addr media;
    clockid_t cpu;
    int in; // bare: its stdin
    char state_dir[64];
    uint8_t ticket_key[32];
};

// Start `path --no-tls --listen 127.0.0.1 ...` and `more` (ends with NULL) on core `core` (-1 = any) and wait for its
// ready line. False with one sentence on stderr.
MUST_USE bool target_start_relay(struct target *t, const char *path, char *const more[], int core);
MUST_USE bool target_start_bare(struct target *t, const char *path, unsigned fanout, int core);
// Tell the bare forwarder where to send; it forwards from then on.
void target_destinations(struct target *t, const uint16_t *ports, unsigned count);
void target_stop(struct target *t);
// CPU time of the whole process, every thread, to the ns.
uint64_t target_cpu_ns(const struct target *t);
// Proportional and resident set, bytes.
void target_memory(const struct target *t, size_t *pss, size_t *rss);

#endif
