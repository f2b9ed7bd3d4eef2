// A bad line between real programs: a UDP and a TCP proxy through the two lines of netem_link.
//   netem --udp LISTEN=TO --tcp LISTEN=TO [--plan PLAN] [--plan-file FILE] [--seed N] [--seconds N] [SETTINGS...]
// On stdin, a line each: settings, which hold at once, or `plan PLAN`, which begins at once. Prints `ready`, a line of
// JSON for each stretch between two changes, and one for all of it in the end (SIGTERM, SIGINT or --seconds).
#include "netem_plan.h"
#include "netem_tcp.h"
#include "netem_udp.h"

#include "shared/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { ROOM = 8192, LATE_BINS = 4000, LATE_US = 10, TEXT_MAX = 16384, TYPED = 2048 };

struct netem {
    int epoll, timer, signals;
    struct addr udp_at, udp_to, tcp_at, tcp_to;
    struct netem_udp *udp;
    struct netem_tcp *tcp;
    struct netem_link *links[NETEM_WAYS];
    struct netem_line line;
    struct netem_plan plan;
    uint64_t seed, began_us, end_us, stretch_us;
    uint64_t plan_us;                 // when the plan began
    char words[2 * NETEM_PLAN_WORDS]; // that began this stretch
    struct netem_figures before[NETEM_WAYS], none;
    uint32_t late[LATE_BINS]; // how much later than due they went out, in steps of LATE_US
    uint64_t late_max_us;
    char typed[TYPED];
    size_t typed_size;
    bool stops;
};

static struct netem netem; // large

static void usage(int code)
{
    fprintf(code ? stderr : stdout,
            "netem --udp HOST:PORT=HOST:PORT --tcp HOST:PORT=HOST:PORT [--plan PLAN] [--plan-file FILE]\n"
            "      [--seed N] [--seconds N] [SETTINGS...]      listens on the first, goes on to the second\n"
            "Settings, for both directions, or after up. or down. for one:\n%s"
            "A plan: \"20: rate=500; 40: rate=2500; 5+10: cut=1; 5.5+10: cut=0\", in seconds, + each so many after.\n",
            netem_plan_help);
    exit(code);
}

static void fail(const char *what)
{
    fprintf(stderr, "netem: %s: %s\n", what, strerror(errno));
    exit(1);
}

// ---- what is told ----

static void print_way(const char *name, const struct netem_figures *f, const struct netem_figures *b)
{
    printf(",\"%s\":{\"in\":%llu,\"in_bytes\":%llu,\"out\":%llu,\"out_bytes\":%llu,\"lost\":%llu,\"cut\":%llu,"
           "\"dropped\":%llu,\"no_room\":%llu,\"duplicated\":%llu,\"overtaken\":%llu,"
           "\"queue_ms\":{\"p50\":%u,\"p95\":%u,\"p99\":%u,\"max\":%u}}",
           name, (unsigned long long)(f->in - b->in), (unsigned long long)(f->in_bytes - b->in_bytes),
           (unsigned long long)(f->out - b->out), (unsigned long long)(f->out_bytes - b->out_bytes),
           (unsigned long long)(f->lost - b->lost), (unsigned long long)(f->cut - b->cut),
           (unsigned long long)(f->dropped - b->dropped), (unsigned long long)(f->no_room - b->no_room),
           (unsigned long long)(f->duplicated - b->duplicated), (unsigned long long)(f->overtaken - b->overtaken),
           netem_figures_waited(f, b, 0.5), netem_figures_waited(f, b, 0.95), netem_figures_waited(f, b, 0.99),
           netem_figures_waited(f, b, 1));
}

static void print_both(const struct netem *n, const struct netem_figures *up, const struct netem_figures *down)
{
    print_way("up", netem_link_figures(n->links[NETEM_UP]), up);
    print_way("down", netem_link_figures(n->links[NETEM_DOWN]), down);
}

// The stretch that ends now; times are of CLOCK_MONOTONIC, as others on this machine have them.
static void print_stretch(struct netem *n, uint64_t now_us)
{
    printf("{\"stretch\":\"%s\",\"from_us\":%llu,\"to_us\":%llu", n->words, (unsigned long long)n->stretch_us,
           (unsigned long long)now_us);
    print_both(n, &n->before[NETEM_UP], &n->before[NETEM_DOWN]);
    puts("}");
    for (unsigned i = 0; i < NETEM_WAYS; i++)
        n->before[i] = *netem_link_figures(n->links[i]);
    n->stretch_us = now_us;
}

static double late_ms(const struct netem *n, double part)
{
    uint64_t all = 0, seen = 0;
    for (unsigned i = 0; i < LATE_BINS; i++)
        all += n->late[i];
    for (unsigned i = 0; i < LATE_BINS; i++) {
        seen += n->late[i];
        if (all && (double)seen >= part * (double)all)
            return (i + 1) * LATE_US / 1000.0;
    }
    return 0;
}

static void print_summary(const struct netem *n, uint64_t now_us)
{
    printf("{\"summary\":{\"seconds\":%.3f,\"seed\":%llu,\"udp_clients\":%u,\"tcp_connections\":%u,\"overflows\":%llu,"
           "\"late_ms\":{\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f}",
           (double)(now_us - n->began_us) / 1e6, (unsigned long long)n->seed, n->udp ? netem_udp_clients(n->udp) : 0,
           n->tcp ? netem_tcp_connections(n->tcp) : 0, (unsigned long long)(n->udp ? netem_udp_overflows(n->udp) : 0),
           late_ms(n, 0.5), late_ms(n, 0.99), (double)n->late_max_us / 1000);
    print_both(n, &n->none, &n->none);
    puts("}}");
}

// ---- time ----

static void change(struct netem *n, const char *words, uint64_t now_us)
{
    print_stretch(n, now_us);
    snprintf(n->words, sizeof n->words, "%s", words);
    for (char *p = n->words; *p; p++)
        *p = *p == '"' || *p == '\\' || (unsigned char)*p < ' ' ? ' ' : *p;
    netem_link_set(n->links[NETEM_UP], &n->line.up, now_us);
    netem_link_set(n->links[NETEM_DOWN], &n->line.down, now_us);
}

static void run_plan(struct netem *n, uint64_t now_us)
{
    while (netem_plan_next_us(&n->plan) <= now_us - n->plan_us)
        change(n, netem_plan_step(&n->plan, &n->line), now_us);
}

static void deliver_due(struct netem *n)
{
    struct netem_out out;
    for (unsigned way = 0; way < NETEM_WAYS; way++)
        while (netem_link_take(n->links[way], clock_now_us(), &out)) {
            struct netem_item *item = out.item;
            for (unsigned i = 0; i < out.copies; i++)
                if (item->tcp)
                    netem_tcp_deliver(n->tcp, item);
                else
                    netem_udp_deliver(n->udp, item);
            free(item);
            uint64_t late_us = clock_now_us() - out.due_us;
            n->late[MIN(late_us / LATE_US, LATE_BINS - 1)]++;
            n->late_max_us = MAX(n->late_max_us, late_us);
        }
}

static void set_timer(struct netem *n)
{
    uint64_t next_us = MIN(netem_link_next_us(n->links[0]), netem_link_next_us(n->links[1]));
    uint64_t step_us = netem_plan_next_us(&n->plan);
    next_us = MIN(next_us, step_us == UINT64_MAX ? step_us : n->plan_us + step_us);
    next_us = MAX(1, MIN(next_us, n->end_us));
    struct itimerspec at = {.it_value = {.tv_sec = (time_t)(next_us / 1000000), .tv_nsec = next_us % 1000000 * 1000}};
    if (next_us == UINT64_MAX)
        at = (struct itimerspec){0};
    timerfd_settime(n->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

// ---- words on stdin ----

static void obey(struct netem *n, const char *words)
{
    const char *wrong;
    struct netem_plan plan;
    bool planned = strncmp(words, "plan ", 5) == 0;
    if (planned && netem_plan_read(&plan, words + 5, &wrong)) {
        n->plan = plan;
        n->plan_us = clock_now_us();
    } else if (!planned && netem_plan_settings(&n->line, words, &wrong)) {
        change(n, words, clock_now_us());
    } else {
        fprintf(stderr, "netem: cannot be read: %s\n", wrong);
    }
}

static void read_words(struct netem *n)
{
    ssize_t got = read(STDIN_FILENO, n->typed + n->typed_size, sizeof n->typed - 1 - n->typed_size);
    if (got <= 0 || n->typed_size + (size_t)got == sizeof n->typed - 1) { // nobody there, or no line of ours
        epoll_ctl(n->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        return;
    }
    n->typed_size += (size_t)got;
    n->typed[n->typed_size] = 0;
    for (char *end; (end = memchr(n->typed, '\n', n->typed_size));) {
        size_t line = (size_t)(end - n->typed);
        *end = 0;
        obey(n, n->typed);
        n->typed_size -= line + 1;
        memmove(n->typed, end + 1, n->typed_size);
    }
}

// ---- start and loop ----

static void watch(struct netem *n, int fd, enum netem_source source)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = (uint64_t)source << 32};
    if (epoll_ctl(n->epoll, EPOLL_CTL_ADD, fd, &e) < 0 && source != NETEM_WORDS) // /dev/null cannot be watched
        fail("epoll");
}

static void start(struct netem *n)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    n->epoll = epoll_create1(EPOLL_CLOEXEC);
    n->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    n->signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
    if (n->epoll < 0 || n->timer < 0 || n->signals < 0)
        fail("no descriptors");
    // Where it may: a line that waits for a core has a jitter nobody asked for.
    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
    watch(n, n->timer, NETEM_TIMER);
    watch(n, n->signals, NETEM_SIGNAL);
    watch(n, STDIN_FILENO, NETEM_WORDS);
    n->began_us = n->stretch_us = n->plan_us = clock_now_us();
    n->end_us = n->end_us ? n->began_us + n->end_us : UINT64_MAX;
    for (unsigned i = 0; i < NETEM_WAYS; i++)
        n->links[i] = netem_link_create(ROOM, n->seed * NETEM_WAYS + i, free);
    netem_link_set(n->links[NETEM_UP], &n->line.up, n->began_us);
    netem_link_set(n->links[NETEM_DOWN], &n->line.down, n->began_us);
    if (n->udp_at.length && !(n->udp = netem_udp_open(n->epoll, &n->udp_at, &n->udp_to, n->links)))
        fail("UDP");
    if (n->tcp_at.length && !(n->tcp = netem_tcp_open(n->epoll, &n->tcp_at, &n->tcp_to, n->links)))
        fail("TCP");
    puts("ready");
}

static void handle(struct netem *n, const struct epoll_event *e)
{
    uint32_t place = (uint32_t)e->data.u64;
    uint64_t passed;
    switch ((enum netem_source)(e->data.u64 >> 32)) {
    case NETEM_TIMER:
        (void)!read(n->timer, &passed, sizeof passed);
        break;
    case NETEM_SIGNAL:
        n->stops = true;
        break;
    case NETEM_WORDS:
        read_words(n);
        break;
    case NETEM_UDP:
        netem_udp_event(n->udp, place);
        break;
    case NETEM_TCP:
        netem_tcp_event(n->tcp, place, e->events);
        break;
    }
}

static void run(struct netem *n)
{
    while (!n->stops && clock_now_us() < n->end_us) {
        struct epoll_event events[16];
        set_timer(n);
        int count = epoll_wait(n->epoll, events, ARRAY_LEN(events), -1);
        run_plan(n, clock_now_us());
        for (int i = 0; i < count; i++) {
            handle(n, &events[i]);
            deliver_due(n); // a train that comes in must not hold up what is due
        }
        if (n->tcp)
            netem_tcp_resume(n->tcp);
        deliver_due(n);
    }
}

// ---- options ----

static void read_addresses(const char *text, struct addr *at, struct addr *to)
{
    char first[ADDR_TEXT_MAX], host[ADDR_TEXT_MAX];
    const char *equals = strchr(text, '=');
    uint16_t port;
    if (!equals || (size_t)(equals - text) >= sizeof first)
        usage(64);
    snprintf(first, sizeof first, "%.*s", (int)(equals - text), text);
    if (!addr_split(first, 0, host, sizeof host, &port) || !port || !addr_literal(at, host, port) ||
        !addr_split(equals + 1, 0, host, sizeof host, &port) || !port || !addr_literal(to, host, port))
        usage(64);
}

static void read_plan(struct netem *n, const char *text)
{
    const char *wrong;
    if (!netem_plan_read(&n->plan, text, &wrong)) {
        fprintf(stderr, "netem: cannot be read: %.40s\n", wrong);
        exit(64);
    }
}

static void read_plan_file(struct netem *n, const char *path)
{
    static char text[TEXT_MAX];
    FILE *f = fopen(path, "re");
    if (!f)
        fail(path);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    read_plan(n, text);
}

static void read_options(struct netem *n, int argc, char **argv)
{
    static const struct option options[] = {
        {"udp", 1, NULL, 'u'},     {"tcp", 1, NULL, 't'},       {"plan", 1, NULL, 'p'}, {"seed", 1, NULL, 's'},
        {"seconds", 1, NULL, 'n'}, {"plan-file", 1, NULL, 'f'}, {"help", 0, NULL, 'h'}, {0}};
    const char *wrong;
    n->seed = clock_now_us();
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        if (o == 'u')
            read_addresses(optarg, &n->udp_at, &n->udp_to);
        else if (o == 't')
            read_addresses(optarg, &n->tcp_at, &n->tcp_to);
        else if (o == 'p')
            read_plan(n, optarg);
        else if (o == 'f')
            read_plan_file(n, optarg);
        else if (o == 's')
            n->seed = strtoull(optarg, NULL, 10);
        else if (o == 'n')
            n->end_us = (uint64_t)(strtod(optarg, NULL) * 1e6);
        else
            usage(o == 'h' ? 0 : 64);
    }
    for (; optind < argc; optind++)
        if (!netem_plan_settings(&n->line, argv[optind], &wrong)) {
            fprintf(stderr, "netem: cannot be read: %s\n", wrong);
            exit(64);
        }
    if (!n->udp_at.length && !n->tcp_at.length)
        usage(64);
}

int main(int argc, char **argv)
{
    struct netem *n = &netem;
    n->line.up.overhead = n->line.down.overhead = 28; // UDP in IPv4
    setvbuf(stdout, NULL, _IOLBF, 0);
    read_options(n, argc, argv);
    start(n);
    run(n);
    uint64_t now_us = clock_now_us();
    print_stretch(n, now_us);
    print_summary(n, now_us);
    netem_udp_close(n->udp);
    netem_tcp_close(n->tcp);
    for (unsigned i = 0; i < NETEM_WAYS; i++)
        netem_link_destroy(n->links[i]);
    return 0;
}
