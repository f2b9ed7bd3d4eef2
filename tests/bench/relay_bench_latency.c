// How long a datagram takes from the member's send to the socket of each destination, by the kernel's clock.
#include "relay_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_PER_S = 20000, PASS_US = 400000, PASSES_MAX = 99, WARM_US = 1200000, WARM_PER_S = 40000 };

static const double quantiles[] = {0.5, 0.99, 0.999};

struct measured {
    double us[ARRAY_LEN(quantiles)][PASSES_MAX];
    uint64_t came, expected;
};

static int compare(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static void one_pass(struct load *l, const unsigned shape[3], struct latencies *all, struct measured *m, unsigned pass)
{
    all->count = 0;
    struct load_slice s = load_latency(l, shape[0], shape[2], (double)OUT_PER_S / shape[1], PASS_US, all);
    m->came += s.out;
    m->expected += s.in * shape[1];
    qsort(all->ns, all->count, sizeof *all->ns, compare);
    for (unsigned q = 0; q < ARRAY_LEN(quantiles) && all->count; q++)
        m->us[q][pass] = all->ns[(size_t)((double)(all->count - 1) * quantiles[q])] / 1000.0;
}

// Quantiles of each pass, and of these the median: a pass in which somebody else took the core does not decide.
static void print(const struct bench *b, const unsigned shape[3], struct measured *m, unsigned passes)
{
    double us[BENCH_TARGETS_MAX][ARRAY_LEN(quantiles)];
    for (unsigned t = 0; t <= b->relays; t++)
        for (unsigned q = 0; q < ARRAY_LEN(quantiles); q++)
            us[t][q] = bench_quantile(m[t].us[q], passes, 0.5);
    for (unsigned t = 0; t <= b->relays; t++) {
        const double *x = us[t], *bare = us[b->relays];
        printf("%-6s %5u %4u %5u | %7.1f %7.1f %7.1f | %5.2f %5.2f %5.2f | %llu of %llu\n", bench_name(b, t), shape[0],
               shape[1], shape[2], x[0], x[1], x[2], x[0] / bare[0], x[1] / bare[1], x[2] / bare[2],
               (unsigned long long)m[t].came, (unsigned long long)m[t].expected);
        if (b->lines)
            printf("RESULT group=latency target=%s size=%u fanout=%u train=%u p50_us=%.1f p99_us=%.1f p999_us=%.1f\n",
                   bench_name(b, t), shape[0], shape[1], shape[2], x[0], x[1], x[2]);
    }
    fflush(stdout);
}

static bool measure(const struct bench *b, const unsigned shape[3])
{
    static struct measured m[BENCH_TARGETS_MAX];
    struct bench_targets all;
    struct latencies got = {.room = OUT_PER_S};
    unsigned passes = MIN(MAX(b->rounds * b->passes / 2, 5u), (unsigned)PASSES_MAX);
    memset(m, 0, sizeof m);
    if (!bench_start(b, 1, shape[1], true, &all))
        return false;
    got.ns = base_alloc(got.room * sizeof *got.ns);
    for (unsigned t = 0; t < all.count; t++) { // once round the history: what lasts, not what the first second costs
        double per_s = MIN(load_limit(&all.load[t], WIRE_MEDIA_MAX), (double)WARM_PER_S);
        load_latency(&all.load[t], WIRE_MEDIA_MAX, shape[2], per_s, WARM_US, &got);
    }
    for (unsigned pass = 0; pass < passes; pass++)
        for (unsigned i = 0; i < all.count; i++) {
            unsigned t = pass % 2 ? all.count - 1 - i : i;
            one_pass(&all.load[t], shape, &got, &m[t], pass);
        }
    print(b, shape, m, passes);
    free(got.ns);
    bench_stop(&all);
    return true;
}

bool bench_latency(const struct bench *b)
{
    static const unsigned shapes[][3] = {{1188, 16, 1}, {1188, 16, 8}, {200, 16, 1}, {1188, 4, 8}}; // bytes, fan, train
    printf("\nLatency at %u datagrams out a second, us from send to the destination's socket (aim: 1.2 times bare)\n"
           "%-6s %5s %4s %5s | %7s %7s %7s | against bare      | came\n",
           (unsigned)OUT_PER_S, "", "bytes", "fan", "train", "p50", "p99", "p99.9");
    for (unsigned i = 0; i < (b->quick ? 2 : ARRAY_LEN(shapes)); i++)
        if (!measure(b, shapes[i]))
            return false;
    return true;
}
