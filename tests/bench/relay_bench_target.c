#define _GNU_SOURCE
#include "relay_bench_target.h"

#include "relay_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 20000, ARGS_MAX = 64 };

static _Noreturn void become(char *const args[], int in, int out, int core)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (core >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((unsigned)core, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    int quiet = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(in >= 0 ? in : quiet, 0);
    dup2(out, 1);
    if (!getenv("RELAY_BENCH_LOG"))
        dup2(quiet, 2);
    execv(args[0], args);
    _exit(127);
}

// The port after "media=HOST:" of the ready line.
static uint16_t read_ready(int fd)
{
    char line[512];
    size_t n = 0;
    while (n < sizeof line - 1) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, READY_MS) <= 0)
            return 0;
        ssize_t k = read(fd, line + n, sizeof line - 1 - n);
        if (k <= 0)
            return 0;
        n += (size_t)k;
        line[n] = 0;
        if (strchr(line, '\n'))
            break;
    }
    const char *at = strstr(line, "media=");
    at = at ? strchr(at, ':') : NULL;
    return at ? (uint16_t)strtoul(at + 1, NULL, 10) : 0;
}

static bool launch(struct target *t, char *const args[], int core)
{
    int out[2], in[2] = {-1, -1};
    if (pipe2(out, O_CLOEXEC) < 0 || (t->bare && pipe2(in, O_CLOEXEC) < 0))
        return false;
    t->pid = fork();
    if (t->pid == 0)
        become(args, in[0], out[1], core);
    close(out[1]);
    if (t->bare)
        close(in[0]);
    t->in = in[1];
    uint16_t port = t->pid > 0 ? read_ready(out[0]) : 0;
    close(out[0]);
    if (port && addr_literal(&t->media, "127.0.0.1", port) && clock_getcpuclockid(t->pid, &t->cpu) == 0)
        return true;
    fprintf(stderr, "relay_bench: %s did not get ready (RELAY_BENCH_LOG=1 shows its log)\n", args[0]);
    target_stop(t);
    return false;
}

bool target_start_relay(struct target *t, const char *path, char *const more[], int core)
{
    char *args[ARGS_MAX] = {(char *)(uintptr_t)path, "--no-tls", "--listen",   "127.0.0.1", "--control-port", "0",
                            "--media-port",          "0",        "--config",   "/dev/null", "--max-members",  "4000",
                            "--max-rooms",           "1000",     "--state-dir"};
    unsigned n = 15;
    *t = (struct target){.in = -1};
    snprintf(t->state_dir, sizeof t->state_dir, "/tmp/parlour-bench-XXXXXX");
    if (!mkdtemp(t->state_dir) || !relay_peer_ticket_key(t->ticket_key, t->state_dir)) {
        fprintf(stderr, "relay_bench: cannot write %s: %s\n", t->state_dir, strerror(errno));
        return false;
    }
    args[n++] = t->state_dir;
    while (*more && n < ARGS_MAX - 1)
        args[n++] = *more++;
    return launch(t, args, core);
}

bool target_start_bare(struct target *t, const char *path, unsigned fanout, int core)
{
    char number[16];
    snprintf(number, sizeof number, "%u", fanout);
    char *args[] = {(char *)(uintptr_t)path, number, NULL};
    *t = (struct target){.in = -1, .bare = true};
    return launch(t, args, core);
}

void target_destinations(struct target *t, const uint16_t *ports, unsigned count)
{
    FILE *f = fdopen(t->in, "w");
    if (!f)
        return;
    for (unsigned i = 0; i < count; i++)
        fprintf(f, "%u\n", (unsigned)ports[i]);
    fprintf(f, "\n");
    fclose(f);
    t->in = -1;
}

void target_stop(struct target *t)
{
    char path[96];
    if (t->in >= 0)
        close(t->in);
    if (t->pid > 0) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, NULL, 0);
    }
    if (t->state_dir[0]) {
        snprintf(path, sizeof path, "%s/ticket.key", t->state_dir);
        unlink(path);
        rmdir(t->state_dir);
    }
    *t = (struct target){.in = -1};
}

uint64_t target_cpu_ns(const struct target *t)
{
    struct timespec s = {0};
    clock_gettime(t->cpu, &s);
    return (uint64_t)s.tv_sec * 1000000000u + (uint64_t)s.tv_nsec;
}

void target_memory(const struct target *t, size_t *pss, size_t *rss)
{
    char path[64], line[256];
    *pss = *rss = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)t->pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "Pss:", 4) == 0)
            *pss = strtoul(line + 4, NULL, 10) * 1024;
        if (strncmp(line, "Rss:", 4) == 0)
            *rss = strtoul(line + 4, NULL, 10) * 1024;
    }
    if (f)
        fclose(f);
}
