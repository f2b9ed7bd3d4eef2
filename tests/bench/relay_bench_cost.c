// CPU per datagram out: the relay against the bare forwarder in turns, and many small rooms against few.
#include "relay_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALIBRATE_US = 100000, WARM_BYTES = 40 << 20, WARM_US = 1000000, WARM_BARE_US = 100000 };
enum { ROOM_OF = 4, DENSE_ROOMS = 8, IDLE_US = 1000000 };
// As many rooms of four as the relay has members for.
enum { MANY_ROOMS = 1000 };

struct plan {
    const char *group;
    unsigned size, fanout, train, rooms;
    double aim; // at least this much of the bare forwarder; 0 = none
};

// What came of one plan, by target and pass.
struct result {
    unsigned passes;
    double ns[BENCH_TARGETS_MAX][BENCH_PASSES_MAX]; // CPU of the forwarder per datagram out
    struct load_slice sum[BENCH_TARGETS_MAX];
    double told[BENCH_TARGETS_MAX]; // load_told of the last round
    uint64_t missed[BENCH_TARGETS_MAX];
};

static void add(struct result *r, unsigned t, const struct load_slice *s)
{
    r->ns[t][r->passes] = s->out ? (double)s->cpu_ns / (double)s->out : 0;
    r->sum[t].in += s->in;
    r->sum[t].out += s->out;
    r->sum[t].cpu_ns += s->cpu_ns;
    r->sum[t].wall_ns += s->wall_ns;
}

static double quantile(const double *v, unsigned n, double q)
{
    double copy[BENCH_PASSES_MAX];
    memcpy(copy, v, n * sizeof *v);
    return bench_quantile(copy, n, q);
}

// Each pass is its own comparison: quartiles and median of a/b over the passes.
static void ratios(const double *a, const double *b, unsigned n, double out[3])
{
    double v[BENCH_PASSES_MAX];
    for (unsigned i = 0; i < n; i++)
        v[i] = b[i] > 0 ? a[i] / b[i] : 0;
    for (unsigned i = 0; i < 3; i++)
        out[i] = bench_quantile(v, n, 0.25 * (i + 1));
}

static double lost_pct(const struct load_slice *s, unsigned fanout)
{
    double sent = (double)s->in * fanout;
    return sent > 0 ? 100 * (1 - (double)s->out / sent) : 0;
}

static double busy(const struct load_slice *s)
{
    return s->wall_ns ? (double)s->cpu_ns / (double)s->wall_ns : 0;
}

// A share of what the bare forwarder can do, within what the relay lets its members send.
static double offered(const struct bench *b, struct bench_targets *all, const struct plan *p)
{
    struct load_slice s = load_run(&all->load[b->relays], p->size, p->train, 0, CALIBRATE_US);
    return MIN(load_limit(&all->load[0], p->size), (double)s.in * 1e9 / (double)s.wall_ns * b->load_pct / 100);
}

// Until a relay has been round its history once, and caches are as they will be.
static void warm(const struct bench *b, struct bench_targets *all, const struct plan *p, double per_s)
{
    double us = WARM_BYTES / (per_s * p->size) * 1e6;
    for (unsigned t = 0; t < all->count; t++)
        load_run(&all->load[t], p->size, p->train, per_s,
                 t < b->relays ? (uint64_t)MIN(us, (double)WARM_US) : WARM_BARE_US);
}

static struct load_slice slice(const struct bench *b, struct load *l, const struct plan *p, double per_s)
{
    return load_run(l, p->size, p->train, per_s, (uint64_t)(b->seconds * 1e6));
}

// Every round has fresh processes: where their memory happens to lie makes several percent.
static bool measure(const struct bench *b, const struct plan *p, struct result *r)
{
    struct bench_targets all;
    memset(r, 0, sizeof *r);
    for (unsigned round = 0; round < b->rounds; round++) {
        if (!bench_start(b, p->rooms, p->fanout, false, &all))
            return false;
        double per_s = offered(b, &all, p);
        warm(b, &all, p, per_s);
        for (unsigned pass = 0; pass < b->passes; pass++, r->passes++)
            for (unsigned i = 0; i < all.count; i++) {
                unsigned t = pass % 2 ? all.count - 1 - i : i; // nobody always comes first
                struct load_slice s = slice(b, &all.load[t], p, per_s);
                add(r, t, &s);
            }
        for (unsigned t = 0; t < all.count; t++) {
            r->told[t] = load_told(&all.load[t]);
            r->missed[t] += load_missed(&all.load[t]);
        }
        bench_stop(&all);
    }
    return true;
}

static void print_case(const struct bench *b, const struct plan *p, const struct result *r)
{
    unsigned bare = b->relays, n = r->passes;
    for (unsigned t = 0; t < bare; t++) {
        double x[3], relay_ns = quantile(r->ns[t], n, 0.5), bare_ns = quantile(r->ns[bare], n, 0.5);
        ratios(r->ns[bare], r->ns[t], n, x);
        printf("%-6s %5u %4u %5u %6u | %8.0f %8.0f | %5.3f (%5.3f to %5.3f)", bench_name(b, t), p->size, p->fanout,
               p->train, p->rooms, 1e6 / bare_ns, 1e6 / relay_ns, x[1], x[0], x[2]);
        if (p->aim > 0)
            printf("  aim %.2f", p->aim);
        if (r->missed[t] || r->missed[bare])
            printf("  lost %llu, bare %llu", (unsigned long long)r->missed[t], (unsigned long long)r->missed[bare]);
        printf("\n");
        if (b->lines)
            printf("RESULT group=%s target=%s size=%u fanout=%u train=%u rooms=%u passes=%u relay_ns=%.1f bare_ns=%.1f "
                   "ratio=%.4f low=%.4f high=%.4f relay_best_ns=%.1f bare_best_ns=%.1f lost_pct=%.3f "
                   "bare_lost_pct=%.3f relay_busy=%.2f bare_busy=%.2f told_per_1000=%.1f missed=%llu\n",
                   p->group, bench_name(b, t), p->size, p->fanout, p->train, p->rooms, n, relay_ns, bare_ns, x[1], x[0],
                   x[2], quantile(r->ns[t], n, 0), quantile(r->ns[bare], n, 0), lost_pct(&r->sum[t], p->fanout),
                   lost_pct(&r->sum[bare], p->fanout), busy(&r->sum[t]), busy(&r->sum[bare]), r->told[t],
                   (unsigned long long)r->missed[t]);
    }
    fflush(stdout);
}

static void head(const struct bench *b, const char *title)
{
    printf("\n%s: thousand datagrams out per CPU-second\n%-6s %5s %4s %5s %6s | %8s %8s | ratio, median of %u passes "
           "(quartiles)\n",
           title, "", "bytes", "fan", "train", "rooms", "bare", "relay", b->rounds * b->passes);
}

bool bench_aims(const struct bench *b)
{
    static const struct plan plans[] = {
        {"aims", 1188, 16, 8, 2, 0.95}, {"aims", 1188, 4, 8, 4, 0.92}, {"aims", 200, 16, 1, 2, 0.96}};
    static struct result r;
    head(b, "The aims");
    for (unsigned i = 0; i < ARRAY_LEN(plans); i++) {
        if (!measure(b, &plans[i], &r))
            return false;
        print_case(b, &plans[i], &r);
    }
    return true;
}

bool bench_grid(const struct bench *b)
{
    static const unsigned sizes[] = {200, 1188}, trains[] = {1, 4, 8, 16, 32};
    // Fan-out, and as many rooms as give senders enough for the load.
    static const unsigned shapes[][2] = {{1, 16}, {4, 4}, {16, 2}, {49, 1}};
    static struct result r;
    head(b, "All sizes, fan-outs and trains");
    if (b->one[0]) {
        struct plan p = {"one", b->one[0], b->one[1], b->one[2], b->one[3], 0};
        if (!measure(b, &p, &r))
            return false;
        print_case(b, &p, &r);
        return true;
    }
    for (unsigned s = 0; s < ARRAY_LEN(sizes); s++)
        for (unsigned f = 0; f < ARRAY_LEN(shapes); f++)
            for (unsigned n = 0; n < ARRAY_LEN(trains); n++) {
                struct plan p = {"grid", sizes[s], shapes[f][0], trains[n], shapes[f][1], 0};
                if (!measure(b, &p, &r))
                    return false;
                print_case(b, &p, &r);
            }
    return true;
}

// ---- many small rooms against few ----

struct rooms_result {
    struct result of[2]; // few, many
    double idle_ms[BENCH_TARGETS_MAX][2];
    double per_s;
};

static void print_rooms(const struct bench *b, const struct plan *p, const struct rooms_result *r)
{
    for (unsigned t = 0; t <= b->relays; t++) {
        unsigned n = r->of[0].passes;
        double x[3], out_per_ms = r->per_s * p->fanout / 1e3, few = quantile(r->of[0].ns[t], n, 0.5),
                     many = quantile(r->of[1].ns[t], n, 0.5);
        // Without what pings, reports and timers of the members cost when there is no media.
        double net = (many - r->idle_ms[t][1] * 1e3 / out_per_ms) / (few - r->idle_ms[t][0] * 1e3 / out_per_ms);
        ratios(r->of[1].ns[t], r->of[0].ns[t], n, x);
        printf("%-6s %5u %5u %8.0f | %6.1f %6.1f | %5.3f (%5.3f to %5.3f) | %5.1f %5.1f | %5.3f\n", bench_name(b, t),
               p->size, p->rooms, r->per_s * p->fanout / 1000, few, many, x[1], x[0], x[2], r->idle_ms[t][0],
               r->idle_ms[t][1], net);
        if (b->lines)
            printf("RESULT group=rooms target=%s size=%u few=%u many=%u out_per_s=%.0f few_ns=%.1f many_ns=%.1f "
                   "ratio=%.4f low=%.4f high=%.4f idle_few_ms=%.2f idle_many_ms=%.2f net_ratio=%.4f lost_pct=%.3f\n",
                   bench_name(b, t), p->size, p->rooms, (unsigned)MANY_ROOMS, r->per_s * p->fanout, few, many, x[1],
                   x[0], x[2], r->idle_ms[t][0], r->idle_ms[t][1], net, lost_pct(&r->of[1].sum[t], p->fanout));
    }
    fflush(stdout);
}

static void rooms_passes(const struct bench *b, struct bench_targets all[2], const struct plan *p,
                         struct rooms_result *r)
{
    for (unsigned pass = 0; pass < b->passes; pass++) {
        for (unsigned t = 0; t < all[0].count; t++)
            for (unsigned i = 0; i < 2; i++) {
                unsigned m = pass % 2 ? 1 - i : i;
                struct load_slice s = slice(b, &all[m].load[t], p, r->per_s);
                add(&r->of[m], t, &s);
            }
        r->of[0].passes++;
        r->of[1].passes++;
    }
}

// The same datagrams in all through p->rooms rooms and through MANY_ROOMS.
static bool measure_rooms(const struct bench *b, const struct plan *p)
{
    static struct rooms_result r;
    static struct bench_targets all[2];
    memset(&r, 0, sizeof r);
    for (unsigned round = 0; round < (b->quick ? 1 : b->rounds); round++) {
        if (!bench_start(b, p->rooms, p->fanout, false, &all[0]))
            return false;
        if (!bench_start(b, MANY_ROOMS, p->fanout, false, &all[1])) {
            bench_stop(&all[0]);
            return false;
        }
        if (round == 0)
            r.per_s = offered(b, &all[0], p);
        for (unsigned m = 0; m < 2; m++)
            warm(b, &all[m], p, r.per_s);
        rooms_passes(b, all, p, &r);
        for (unsigned m = 0; m < 2; m++) {
            for (unsigned t = 0; round == 0 && t < b->relays; t++) {
                struct load_slice s = load_idle(&all[m].load[t], IDLE_US);
                r.idle_ms[t][m] = (double)s.cpu_ns * 1e3 / (double)s.wall_ns;
            }
            bench_stop(&all[m]);
        }
    }
    print_rooms(b, p, &r);
    return true;
}

bool bench_rooms(const struct bench *b)
{
    // One room can only bring what its members may send; with eight the relay is well loaded.
    static const struct plan plans[] = {{"rooms", 1188, ROOM_OF - 1, 8, 1, 0},
                                        {"rooms", 1188, ROOM_OF - 1, 8, DENSE_ROOMS, 0},
                                        {"rooms", 200, ROOM_OF - 1, 1, DENSE_ROOMS, 0}};
    printf("\n%u rooms of %u against few, the same datagrams in all: ns of CPU per datagram out (aim: 1.3 times)\n"
           "%-6s %5s %5s %8s | %6s %6s | %-24s | idle, ms/s  | without idle\n",
           (unsigned)MANY_ROOMS, (unsigned)ROOM_OF, "", "bytes", "few", "kout/s", "few", "many", "ratio (quartiles)");
    for (unsigned i = 0; i < (b->quick ? 2 : ARRAY_LEN(plans)); i++)
        if (!measure_rooms(b, &plans[i]))
            return false;
    return true;
}
