// What parlour-relay costs, as a ratio to the least a forwarder can do (bare_forwarder.c), in turns in one run; how
// long a datagram takes through both; what a member and a room weigh. See README.md, "Relay".
#define _GNU_SOURCE
#include "relay_bench_load.h"
#include "shared/clock.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { RELAYS_MAX = 2, TARGETS_MAX = RELAYS_MAX + 1, PASSES_MAX = 101, LATENCY_OUT = 20000, CALIBRATE_US = 100000 };
enum { ROOMS_MANY = WIRE_ROOMS_MAX, ROOMS_OF = 4 };

struct options {
    const char *relay[RELAYS_MAX], *bare, *only;
    unsigned relays, passes, load_pct;
    double seconds;
    bool quick, smoke, memory, lines;
    char *const *more; // to the relays
};

// One line of the table.
struct plan {
    const char *group;
    unsigned size, fanout, train, rooms;
    double aim; // at least this much of the bare forwarder; 0 = none
};

// What one case gave, by target (bare last) and pass.
struct result {
    unsigned passes;
    double ns[TARGETS_MAX][PASSES_MAX]; // CPU of the forwarder per datagram out
    uint64_t in[TARGETS_MAX], out[TARGETS_MAX], wall_ns[TARGETS_MAX], cpu_ns[TARGETS_MAX];
};

static const char *const relay_names[RELAYS_MAX] = {"relay", "relay2"};

static const char *target_name(const struct options *o, unsigned t)
{
    return t < o->relays ? relay_names[t] : "bare";
}

static int compare_double(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static void pin(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((unsigned)core, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static int forwarder_core(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 0 : -1;
}

// ---- targets ----

static bool start_target(const struct options *o, unsigned t, unsigned fanout, struct target *out)
{
    if (t < o->relays)
        return target_start_relay(out, o->relay[t], o->more, forwarder_core());
    return target_start_bare(out, o->bare, fanout, forwarder_core());
}

static void stop_all(struct target *targets, struct load *loads, unsigned count)
{
    for (unsigned t = 0; t < count; t++) {
        load_stop(&loads[t]);
        target_stop(&targets[t]);
    }
}

static bool start_all(const struct options *o, unsigned rooms, unsigned fanout, bool listening, struct target *targets,
                      struct load *loads)
{
    for (unsigned t = 0; t <= o->relays; t++) {
        targets[t] = (struct target){.in = -1};
        loads[t] = (struct load){0};
    }
    for (unsigned t = 0; t <= o->relays; t++)
        if (!start_target(o, t, fanout, &targets[t]) || !load_start(&loads[t], &targets[t], rooms, fanout, listening)) {
            stop_all(targets, loads, o->relays + 1);
            return false;
        }
    return true;
}

// ---- CPU per datagram ----

static void add_slice(struct result *r, unsigned t, const struct load_slice *s)
{
    r->ns[t][r->passes] = s->out ? (double)s->cpu_ns / (double)s->out : 0;
    r->in[t] += s->in;
    r->out[t] += s->out;
    r->wall_ns[t] += s->wall_ns;
    r->cpu_ns[t] += s->cpu_ns;
}

static double best(const double *v, unsigned n)
{
    double least = v[0];
    for (unsigned i = 1; i < n; i++)
        least = MIN(least, v[i]);
    return least;
}

// Least, middle and most of bare / relay over the passes: each pass is its own comparison.
static void ratios(const struct result *r, unsigned relay, unsigned bare, double out[3])
{
    double v[PASSES_MAX];
    for (unsigned i = 0; i < r->passes; i++)
        v[i] = r->ns[bare][i] / r->ns[relay][i];
    qsort(v, r->passes, sizeof *v, compare_double);
    out[0] = v[0];
    out[1] = v[r->passes / 2];
    out[2] = v[r->passes - 1];
}

static double offered(const struct options *o, struct load *bare, const struct load *relay, const struct plan *p)
{
    double limit = load_limit(relay, p->size);
    struct load_slice s = load_run(bare, p->size, p->train, 0, CALIBRATE_US);
    double capacity = (double)s.in * 1e9 / (double)s.wall_ns;
    return MIN(limit, capacity * o->load_pct / 100);
}

static bool measure(const struct options *o, const struct plan *p, struct result *r)
{
    struct target targets[TARGETS_MAX];
    struct load loads[TARGETS_MAX];
    unsigned bare = o->relays;
    memset(r, 0, sizeof *r);
    if (!start_all(o, p->rooms, p->fanout, false, targets, loads))
        return false;
    double per_s = offered(o, &loads[bare], &loads[0], p);
    for (r->passes = 0; r->passes < o->passes; r->passes++)
        for (unsigned i = 0; i <= bare; i++) {
            unsigned t = r->passes % 2 ? bare - i : i; // nobody always comes first
            struct load_slice s = load_run(&loads[t], p->size, p->train, per_s, (uint64_t)(o->seconds * 1e6));
            add_slice(r, t, &s);
        }
    stop_all(targets, loads, bare + 1);
    return true;
}

static double lost_pct(const struct result *r, unsigned t, unsigned fanout)
{
    double sent = (double)r->in[t] * fanout;
    return sent > 0 ? 100 * (1 - (double)r->out[t] / sent) : 0;
}

static void print_case(const struct options *o, const struct plan *p, const struct result *r)
{
    unsigned bare = o->relays;
    for (unsigned t = 0; t < bare; t++) {
        double x[3], relay_ns = best(r->ns[t], r->passes), bare_ns = best(r->ns[bare], r->passes);
        ratios(r, t, bare, x);
        printf("%-6s %5u %4u %5u %6u | %8.0f %8.0f | %5.3f | %5.3f (%5.3f to %5.3f)", target_name(o, t), p->size,
               p->fanout, p->train, p->rooms, 1e6 / bare_ns, 1e6 / relay_ns, bare_ns / relay_ns, x[1], x[0], x[2]);
        if (p->aim > 0)
            printf("  aim %.2f", p->aim);
        printf("\n");
        if (!o->lines)
            continue;
        printf("RESULT group=%s target=%s size=%u fanout=%u train=%u rooms=%u passes=%u relay_ns=%.1f bare_ns=%.1f "
               "ratio=%.4f median=%.4f low=%.4f high=%.4f lost_pct=%.3f bare_lost_pct=%.3f relay_busy=%.2f "
               "bare_busy=%.2f\n",
               p->group, target_name(o, t), p->size, p->fanout, p->train, p->rooms, r->passes, relay_ns, bare_ns,
               bare_ns / relay_ns, x[1], x[0], x[2], lost_pct(r, t, p->fanout), lost_pct(r, bare, p->fanout),
               (double)r->cpu_ns[t] / (double)r->wall_ns[t], (double)r->cpu_ns[bare] / (double)r->wall_ns[bare]);
    }
    fflush(stdout);
}

static const struct plan aims[] = {
    {"aims", 1188, 16, 8, 2, 0.95}, {"aims", 1188, 4, 8, 4, 0.92}, {"aims", 200, 16, 1, 2, 0.96}};

static void head(const struct options *o, const char *title)
{
    printf("\n%s\n%-6s %5s %4s %5s %6s | %8s %8s | %5s | median of %u passes\n", title, "", "bytes", "fan", "train",
           "rooms", "bare", "relay", "ratio", o->passes);
}

static bool run_aims(const struct options *o)
{
    static struct result r;
    head(o, "The aims: thousand datagrams out per CPU-second, each at its best pass");
    for (unsigned i = 0; i < ARRAY_LEN(aims); i++) {
        if (!measure(o, &aims[i], &r))
            return false;
        print_case(o, &aims[i], &r);
    }
    return true;
}

static bool run_grid(const struct options *o)
{
    static const unsigned sizes[] = {200, 1188}, trains[] = {1, 4, 8, 16, 32};
    static const unsigned fanouts[][2] = {{1, 16}, {4, 4}, {16, 2}, {49, 1}}; // and rooms
    static struct result r;
    head(o, "All: thousand datagrams out per CPU-second, each at its best pass");
    for (unsigned s = 0; s < ARRAY_LEN(sizes); s++)
        for (unsigned f = 0; f < ARRAY_LEN(fanouts); f++)
            for (unsigned n = 0; n < ARRAY_LEN(trains); n++) {
                struct plan p = {"grid", sizes[s], fanouts[f][0], trains[n], fanouts[f][1], 0};
                if (!measure(o, &p, &r))
                    return false;
                print_case(o, &p, &r);
            }
    return true;
}

// ---- many small rooms against one ----

static void print_rooms(const struct options *o, unsigned t, unsigned size, const struct result *one,
                        const struct result *many, const double upkeep[2])
{
    double v[PASSES_MAX];
    for (unsigned i = 0; i < one->passes; i++)
        v[i] = many->ns[t][i] / one->ns[t][i];
    qsort(v, one->passes, sizeof *v, compare_double);
    double a = best(one->ns[t], one->passes), b = best(many->ns[t], many->passes);
    printf("%-6s %5u  one room %6.1f  %u rooms %6.1f  ratio %5.3f  median %5.3f (%5.3f to %5.3f)", target_name(o, t),
           size, a, (unsigned)ROOMS_MANY, b, b / a, v[one->passes / 2], v[0], v[one->passes - 1]);
    if (t < o->relays)
        printf("  idle %.1f and %.1f ms/s", upkeep[0], upkeep[1]);
    printf("\n");
    if (o->lines)
        printf("RESULT group=rooms target=%s size=%u rooms=%u one_ns=%.1f many_ns=%.1f ratio=%.4f median=%.4f "
               "upkeep_one_ms=%.2f upkeep_many_ms=%.2f lost_pct=%.3f\n",
               target_name(o, t), size, (unsigned)ROOMS_MANY, a, b, b / a, v[one->passes / 2], upkeep[0], upkeep[1],
               lost_pct(many, t, ROOMS_OF - 1));
    fflush(stdout);
}

static bool rooms_of_size(const struct options *o, unsigned size, unsigned train)
{
    static struct result result[2]; // one room, many
    struct target targets[2][TARGETS_MAX];
    struct load loads[2][TARGETS_MAX];
    double upkeep[TARGETS_MAX][2] = {{0}};
    memset(result, 0, sizeof result);
    if (!start_all(o, 1, ROOMS_OF - 1, false, targets[0], loads[0]))
        return false;
    if (!start_all(o, ROOMS_MANY, ROOMS_OF - 1, false, targets[1], loads[1])) {
        stop_all(targets[0], loads[0], o->relays + 1);
        return false;
    }
    double per_s = load_limit(&loads[0][0], size);
    for (unsigned pass = 0; pass < o->passes; pass++)
        for (unsigned t = 0; t <= o->relays; t++)
            for (unsigned i = 0; i < 2; i++) {
                unsigned m = pass % 2 ? 1 - i : i;
                struct load_slice s = load_run(&loads[m][t], size, train, per_s, (uint64_t)(o->seconds * 1e6));
                result[m].passes = pass;
                add_slice(&result[m], t, &s);
            }
    for (unsigned t = 0; t < o->relays; t++)
        for (unsigned m = 0; m < 2; m++) {
            struct load_slice s = load_idle(&loads[m][t], 1000000);
            upkeep[t][m] = (double)s.cpu_ns * 1e3 / (double)s.wall_ns;
        }
    result[0].passes = result[1].passes = o->passes;
    for (unsigned t = 0; t <= o->relays; t++)
        print_rooms(o, t, size, &result[0], &result[1], upkeep[t]);
    for (unsigned m = 0; m < 2; m++)
        stop_all(targets[m], loads[m], o->relays + 1);
    return true;
}

static bool run_rooms(const struct options *o)
{
    printf(
        "\nRooms of %u, the same datagrams in all (as many as one room may send), trains of 8: ns of CPU per datagram "
        "out\n(aim: at most 1.3 times; members' pings, reports and ticks included; idle: what these alone cost)\n",
        (unsigned)ROOMS_OF);
    return rooms_of_size(o, 1188, 8) && (o->quick || rooms_of_size(o, 200, 8));
}

// ---- latency ----

static double percentile(const struct latencies *l, double p)
{
    return l->count ? l->ns[MIN((size_t)((double)l->count * p), l->count - 1)] / 1000.0 : 0;
}

static bool latency_case(const struct options *o, unsigned size, unsigned fanout, unsigned train)
{
    struct target targets[TARGETS_MAX];
    struct load loads[TARGETS_MAX];
    struct latencies all[TARGETS_MAX];
    struct load_slice sum[TARGETS_MAX] = {{0}};
    unsigned bare = o->relays, passes = MAX(o->passes / 3, 3u);
    double us = MAX(o->seconds, 0.5) * 1e6;
    if (!start_all(o, 1, fanout, true, targets, loads))
        return false;
    for (unsigned t = 0; t <= bare; t++) {
        all[t] = (struct latencies){.room = (size_t)(LATENCY_OUT * us / 1e6 * 1.2) * passes};
        all[t].ns = base_alloc(all[t].room * sizeof *all[t].ns);
    }
    for (unsigned pass = 0; pass < passes; pass++)
        for (unsigned i = 0; i <= bare; i++) {
            unsigned t = pass % 2 ? bare - i : i;
            struct load_slice s =
                load_latency(&loads[t], size, train, (double)LATENCY_OUT / fanout, (uint64_t)us, &all[t]);
            sum[t].in += s.in;
            sum[t].out += s.out;
        }
    for (unsigned t = 0; t <= bare; t++) {
        qsort(all[t].ns, all[t].count, sizeof *all[t].ns, compare_u32);
        double p50 = percentile(&all[t], 0.5), p99 = percentile(&all[t], 0.99), p999 = percentile(&all[t], 0.999);
        printf("%-6s %5u %4u %5u | %7.1f %7.1f %7.1f | %zu of %llu\n", target_name(o, t), size, fanout, train, p50, p99,
               p999, all[t].count, (unsigned long long)(sum[t].in * fanout));
        if (o->lines)
            printf("RESULT group=latency target=%s size=%u fanout=%u train=%u p50_us=%.1f p99_us=%.1f p999_us=%.1f\n",
                   target_name(o, t), size, fanout, train, p50, p99, p999);
    }
    for (unsigned t = 0; t <= bare; t++)
        free(all[t].ns);
    stop_all(targets, loads, bare + 1);
    fflush(stdout);
    return true;
}

static bool run_latency(const struct options *o)
{
    printf("\nLatency at %u datagrams out a second, us from send to the destination's socket (aim: 1.2 times bare)\n"
           "%-6s %5s %4s %5s | %7s %7s %7s |\n",
           (unsigned)LATENCY_OUT, "", "bytes", "fan", "train", "p50", "p99", "p99.9");
    if (!latency_case(o, 1188, 16, 1) || !latency_case(o, 1188, 16, 8))
        return false;
    return o->quick || (latency_case(o, 200, 16, 1) && latency_case(o, 1188, 4, 8));
}

// ---- memory ----

static bool weigh(const struct options *o, unsigned relay, unsigned rooms, unsigned members, size_t *pss, size_t *rss)
{
    struct target t;
    struct load l;
    if (!target_start_relay(&t, o->relay[relay], o->more, -1))
        return false;
    bool ok = rooms == 0 || load_start(&l, &t, rooms, members / rooms - 1, false);
    if (ok) {
        if (rooms) // every report, ping and timer once
            load_idle(&l, 500000);
        target_memory(&t, pss, rss);
        if (rooms)
            load_stop(&l);
    }
    target_stop(&t);
    return ok;
}

static bool run_memory(const struct options *o, unsigned relay)
{
    static const unsigned shapes[][2] = {{0, 0},    {1, 2},     {5, 10},    {1, 10},    {2, 100},
                                         {50, 100}, {250, 250}, {20, 1000}, {250, 1000}}; // rooms, members
    size_t pss[ARRAY_LEN(shapes)], rss;
    printf("\nMemory of %s, MiB\n%6s %8s %8s %8s\n", o->relay[relay], "rooms", "members", "PSS", "RSS");
    for (unsigned i = 0; i < ARRAY_LEN(shapes); i++) {
        if (!weigh(o, relay, shapes[i][0], shapes[i][1], &pss[i], &rss))
            return false;
        printf("%6u %8u %8.2f %8.2f\n", shapes[i][0], shapes[i][1], (double)pss[i] / 1048576, (double)rss / 1048576);
    }
    double member = ((double)pss[8] - (double)pss[6]) / 750, room = ((double)pss[6] - (double)pss[0]) / 250 - member;
    printf("a member %.0f bytes, a room %.0f bytes\n", member, room);
    if (o->lines)
        printf("RESULT group=memory target=%s idle_pss=%zu full_pss=%zu member_bytes=%.0f room_bytes=%.0f\n",
               target_name(o, relay), pss[0], pss[8], member, room);
    return true;
}

// ---- smoke: everything sent arrives, with the tag the relay owes ----

struct smoke {
    uint64_t wrong;
    size_t size;
};

static void check_datagram(void *ctx, struct relay_peer *p, const struct relay_peer_got *got)
{
    struct smoke *s = ctx;
    s->wrong += got->n != s->size || got->header.sender == p->ticket.sender;
}

static bool smoke_case(const struct options *o, const struct plan *p)
{
    struct target t;
    struct load l;
    struct smoke s = {.size = p->size};
    static uint8_t bytes[RELAY_PEER_TRAIN_MAX * WIRE_DATAGRAM_MAX];
    uint64_t expected = 0, came = 0, bad = 0;
    if (!target_start_relay(&t, o->relay[0], o->more, -1))
        return false;
    if (!load_start(&l, &t, p->rooms, p->fanout, true)) {
        target_stop(&t);
        return false;
    }
    for (unsigned i = 0; i < l.members; i++) {
        size_t n = relay_peer_train(&l.peers[i], bytes, RELAY_PEER_AUDIO, 0, p->size, p->train);
        if (relay_peer_send(&l.peers[i], bytes, n, p->size))
            expected += (uint64_t)p->train * p->fanout;
        for (uint64_t end = clock_now_us() + 2000000; came < expected && clock_now_us() < end;)
            for (unsigned m = 0; m < l.members; m++)
                came += relay_peer_receive(&l.peers[m], check_datagram, &s);
    }
    for (unsigned m = 0; m < l.members; m++)
        bad += l.peers[m].counts.bad_tag + l.peers[m].counts.copies;
    printf("smoke: %u bytes, fan-out %u, trains of %u: %llu of %llu came, %llu wrong\n", p->size, p->fanout, p->train,
           (unsigned long long)came, (unsigned long long)expected, (unsigned long long)(bad + s.wrong));
    load_stop(&l);
    target_stop(&t);
    return expected > 0 && came == expected && bad == 0 && s.wrong == 0;
}

static bool run_smoke(const struct options *o)
{
    static const struct plan plans[] = {
        {"smoke", 1188, 16, 8, 1, 0}, {"smoke", 200, 4, 1, 3, 0}, {"smoke", 1188, 1, 32, 2, 0}};
    for (unsigned i = 0; i < ARRAY_LEN(plans); i++)
        if (!smoke_case(o, &plans[i]))
            return false;
    return true;
}

// ---- options ----

static const char usage[] =
    "usage: relay_bench --relay PATH [--relay PATH2] [--bare PATH] [options] [-- OPTIONS OF THE RELAYS]\n"
    "  --only NAME    aims, grid, rooms or latency (default: all)\n"
    "  --pass N       passes of each case (default 9); --seconds S  length of each measurement (default 0.3)\n"
    "  --load PCT     offered load, % of what the bare forwarder can do (default 50; 1000: as much as limits allow)\n"
    "  --quick        aims, rooms, latency in under 30 s\n"
    "  --memory       memory instead: idle, with members, per member, per room\n"
    "  --smoke        no measuring: does all that is sent arrive?\n"
    "  --no-lines     only tables, no RESULT lines\n";

static const char *beside(const char *self, const char *name)
{
    static char path[4096];
    const char *slash = strrchr(self, '/');
    snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - self + 1) : 0, self, name);
    return path;
}

static bool parse_one(struct options *o, const char *name, const char *value, bool *used)
{
    *used = value != NULL;
    if (strcmp(name, "--relay") == 0 && value && o->relays < RELAYS_MAX)
        o->relay[o->relays++] = value;
    else if (strcmp(name, "--bare") == 0 && value)
        o->bare = value;
    else if (strcmp(name, "--only") == 0 && value)
        o->only = value;
    else if (strcmp(name, "--pass") == 0 && value)
        o->passes = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "--load") == 0 && value)
        o->load_pct = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "--seconds") == 0 && value)
        o->seconds = strtod(value, NULL);
    else {
        *used = false;
        bool *flag = strcmp(name, "--quick") == 0    ? &o->quick
                     : strcmp(name, "--memory") == 0 ? &o->memory
                     : strcmp(name, "--smoke") == 0  ? &o->smoke
                                                     : NULL;
        if (strcmp(name, "--no-lines") == 0)
            o->lines = false;
        else if (flag)
            *flag = true;
        else
            return false;
    }
    return true;
}

static bool parse(struct options *o, int argc, char **argv)
{
    static char *none[] = {NULL};
    *o = (struct options){.bare = beside(argv[0], "bare_forwarder"), .load_pct = 50, .lines = true, .more = none};
    for (int i = 1; i < argc; i++) {
        bool used;
        if (strcmp(argv[i], "--") == 0) {
            o->more = argv + i + 1;
            break;
        }
        if (!parse_one(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used))
            return false;
        i += used;
    }
    if (o->passes == 0)
        o->passes = o->quick ? 5 : 9;
    if (o->seconds <= 0)
        o->seconds = o->quick ? 0.2 : 0.3;
    return o->relays > 0 && o->passes <= PASSES_MAX && o->load_pct > 0;
}

static bool wanted(const struct options *o, const char *name)
{
    if (o->only)
        return strcmp(o->only, name) == 0;
    return !(strcmp(name, o->quick ? "grid" : "aims") == 0);
}

static bool run(const struct options *o)
{
    if (o->smoke)
        return run_smoke(o);
    if (o->memory) {
        for (unsigned i = 0; i < o->relays; i++)
            if (!run_memory(o, i))
                return false;
        return true;
    }
    return (!wanted(o, "aims") || run_aims(o)) && (!wanted(o, "grid") || run_grid(o)) &&
           (!wanted(o, "rooms") || run_rooms(o)) && (!wanted(o, "latency") || run_latency(o));
}

int main(int argc, char **argv)
{
    struct options o;
    struct rlimit files;
    if (!parse(&o, argc, argv)) {
        fputs(usage, stderr);
        return EXIT_USAGE_ERROR;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1000);
    if (forwarder_core() >= 0)
        pin(forwarder_core() + 1);
    return run(&o) ? EXIT_OK : EXIT_INTERNAL;
}
