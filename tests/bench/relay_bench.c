// What parlour-relay costs, as a ratio to the least a forwarder can do (bare_forwarder.c), in turns in one run; how
// long a datagram takes through both; what a member and a room weigh. See README.md, "Relay".
#define _GNU_SOURCE
#include "relay_bench.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static const char usage[] =
    "usage: relay_bench --relay PATH [--relay PATH2] [OPTION...] [-- OPTIONS OF THE RELAYS]\n"
    "  --only NAME    aims, grid, rooms or latency (default: all; aims are in the grid)\n"
    "  --case BYTES,FANOUT,TRAIN,ROOMS   only this one\n"
    "  --rounds R     each with fresh processes (default 5)\n"
    "  --pass N       passes in all (default 50)\n"
    "  --seconds S    of each pass and forwarder (default 0.1)\n"
    "  --load PCT     offered load, % of what the bare forwarder can do (default 50; 1000: all the limits allow)\n"
    "  --quick        aims, rooms and latency in 30 s\n"
    "  --bare PATH    the bare forwarder (default: beside relay_bench)\n"
    "  --no-lines     no RESULT lines\n"
    "  --memory       instead: memory idle, by member, by room\n"
    "  --smoke        instead: does all that is sent arrive?\n";

const char *bench_name(const struct bench *b, unsigned target)
{
    static const char *const names[BENCH_RELAYS_MAX] = {"relay", "relay2"};
    return target < b->relays ? names[target] : "bare";
}

int bench_core(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 0 : -1;
}

static int compare(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

double bench_quantile(double *v, unsigned n, double q)
{
    qsort(v, n, sizeof *v, compare);
    return n ? v[(unsigned)((n - 1) * q + 0.5)] : 0;
}

static bool start_one(const struct bench *b, unsigned t, unsigned fanout, struct target *out)
{
    if (t < b->relays)
        return target_start_relay(out, b->relay[t], b->more, bench_core());
    return target_start_bare(out, b->bare, fanout, bench_core());
}

bool bench_start(const struct bench *b, unsigned rooms, unsigned fanout, bool listening, struct bench_targets *all)
{
    *all = (struct bench_targets){0};
    for (unsigned t = 0; t <= b->relays; t++) {
        bool ok = start_one(b, t, fanout, &all->target[t]);
        all->count = t + 1;
        if (!ok || !load_start(&all->load[t], &all->target[t], rooms, fanout, listening)) {
            bench_stop(all);
            return false;
        }
    }
    return true;
}

void bench_stop(struct bench_targets *all)
{
    for (unsigned t = 0; t < all->count; t++) {
        load_stop(&all->load[t]);
        target_stop(&all->target[t]);
    }
    all->count = 0;
}

static const char *beside(const char *self, const char *name)
{
    static char path[4096];
    const char *slash = strrchr(self, '/');
    snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - self + 1) : 0, self, name);
    return path;
}

// BYTES,FANOUT,TRAIN,ROOMS
static bool parse_case(struct bench *b, const char *text)
{
    char *end = (char *)(uintptr_t)text;
    for (unsigned i = 0; i < ARRAY_LEN(b->one); i++) {
        if (i && *end++ != ',')
            return false;
        b->one[i] = (unsigned)strtoul(end, &end, 10);
        if (b->one[i] == 0)
            return false;
    }
    b->only = "grid";
    return *end == 0 && b->one[0] >= RELAY_PEER_MEDIA_MIN && b->one[0] <= WIRE_MEDIA_MAX &&
           b->one[1] < WIRE_ROOM_MEMBERS_MAX && b->one[2] <= RELAY_PEER_TRAIN_MAX &&
           b->one[0] * b->one[2] <= RELAY_PEER_TRAIN_BYTES;
}

static bool parse_flag(struct bench *b, const char *name)
{
    if (strcmp(name, "--quick") == 0)
        b->quick = true;
    else if (strcmp(name, "--memory") == 0)
        b->memory = true;
    else if (strcmp(name, "--smoke") == 0)
        b->smoke = true;
    else if (strcmp(name, "--no-lines") == 0)
        b->lines = false;
    else
        return false;
    return true;
}

static bool parse_value(struct bench *b, const char *name, const char *value)
{
    if (strcmp(name, "--relay") == 0 && b->relays < BENCH_RELAYS_MAX)
        b->relay[b->relays++] = value;
    else if (strcmp(name, "--bare") == 0)
        b->bare = value;
    else if (strcmp(name, "--only") == 0)
        b->only = value;
    else if (strcmp(name, "--case") == 0)
        return parse_case(b, value);
    else if (strcmp(name, "--rounds") == 0)
        b->rounds = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "--pass") == 0)
        b->passes = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "--load") == 0)
        b->load_pct = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "--seconds") == 0)
        b->seconds = strtod(value, NULL);
    else
        return false;
    return true;
}

static bool parse(struct bench *b, int argc, char **argv)
{
    static char *none[] = {NULL};
    *b = (struct bench){.bare = beside(argv[0], "bare_forwarder"), .load_pct = 50, .lines = true, .more = none};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            b->more = argv + i + 1;
            break;
        }
        if (parse_flag(b, argv[i]))
            continue;
        if (i + 1 == argc || !parse_value(b, argv[i], argv[i + 1]))
            return false;
        i++;
    }
    if (b->passes == 0)
        b->passes = b->quick ? 8 : 50;
    if (b->rounds == 0)
        b->rounds = b->quick ? 2 : 5;
    if (b->seconds <= 0)
        b->seconds = 0.1;
    b->rounds = MIN(b->rounds, b->passes);
    b->passes /= b->rounds;
    return b->relays > 0 && b->rounds * b->passes <= BENCH_PASSES_MAX && b->load_pct > 0;
}

static bool run(const struct bench *b)
{
    static const struct {
        const char *name;
        bool (*run)(const struct bench *b);
    } tables[] = {{"aims", bench_aims}, {"grid", bench_grid}, {"rooms", bench_rooms}, {"latency", bench_latency}};
    if (b->smoke)
        return bench_smoke(b);
    if (b->memory)
        return bench_memory(b);
    for (unsigned i = 0; i < ARRAY_LEN(tables); i++) {
        bool wanted =
            b->only ? strcmp(b->only, tables[i].name) == 0 : strcmp(b->quick ? "grid" : "aims", tables[i].name) != 0;
        if (wanted && !tables[i].run(b))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct bench b;
    struct rlimit files;
    if (!parse(&b, argc, argv)) {
        fputs(usage, stderr);
        return EXIT_USAGE_ERROR;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1000);
    if (bench_core() >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((unsigned)bench_core() + 1, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    return run(&b) ? EXIT_OK : EXIT_INTERNAL;
}
