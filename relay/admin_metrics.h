// The relay's figures as Prometheus reads them (text format 0.0.4). Pure. Sums only: no name, id, address or code of
// anybody is ever a label.
#ifndef PARLOUR_ADMIN_METRICS_H
#define PARLOUR_ADMIN_METRICS_H

#include "control_server.h"
#include "worker.h"

enum { ADMIN_METRICS_MAX = 32 << 10 };

struct admin_metrics {
    struct worker_figures media;
    struct control_server_figures control;
    uint64_t log_lines, log_suppressed;
    uint64_t now_us;
    int64_t started_s; // since 1970
    unsigned workers;
    bool draining;
};

// Returns the number of bytes written, always fewer than ADMIN_METRICS_MAX.
size_t admin_metrics_write(const struct admin_metrics *m, char out[ADMIN_METRICS_MAX]);

#endif
