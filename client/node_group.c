#define _GNU_SOURCE
#include "node_group.h"

#include "node.h"
#include "shared/clock.h"
#include "shared/cpace.h"
#include "shared/keys.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LONGEST_US = 1000000, NAME_HASH = 16 };

struct node_group {
    const struct client_options *options;
    struct identities *identities; // with locks of its own
    uint8_t *pass_root;            // 32 bytes in guarded memory, or NULL; fixed by create, like the rest
    char pins_path[PATHS_MAX], members_path[PATHS_MAX];
    int wake_fd;
    atomic_bool wake_pending;
    pthread_mutex_t mutex; // covers the table
    struct node *nodes[NODE_GROUP_MAX];
};

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

bool node_group_ended(void)
{
    return ended;
}

// ---- waking and waiting ----

void node_group_wake(void *group)
{
    struct node_group *g = group;
    uint64_t one = 1;
    if (atomic_exchange(&g->wake_pending, true))
        return;
    ssize_t ignored = write(g->wake_fd, &one, sizeof one);
    (void)ignored;
}

void node_group_wait(struct node_group *g, uint64_t until_us)
{
    uint64_t now = clock_now_us();
    uint64_t wait_us = until_us > now ? MIN(until_us - now, (uint64_t)LONGEST_US) : 0;
    struct pollfd fd = {g->wake_fd, POLLIN, 0};
    struct timespec t = {(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
    if (ppoll(&fd, 1, &t, NULL) > 0) {
        uint64_t count;
        ssize_t ignored = read(g->wake_fd, &count, sizeof count);
        (void)ignored;
    }
    atomic_store(&g->wake_pending, false); // before anything is looked at: what comes now wakes again
}

// ---- the nodes ----

bool node_group_add(struct node_group *g, struct node *n)
{
    size_t i = 0;
    pthread_mutex_lock(&g->mutex);
    while (i < NODE_GROUP_MAX && g->nodes[i])
        i++;
    if (i < NODE_GROUP_MAX)
        g->nodes[i] = n;
    pthread_mutex_unlock(&g->mutex);
    return i < NODE_GROUP_MAX;
}

void node_group_remove(struct node_group *g, struct node *n)
{
    pthread_mutex_lock(&g->mutex);
    for (size_t i = 0; i < NODE_GROUP_MAX; i++)
        if (g->nodes[i] == n)
            g->nodes[i] = NULL;
    pthread_mutex_unlock(&g->mutex);
}

// On the store's thread: somebody was paired, compared or forgotten on the command line.
static void changed(void *ctx)
{
    struct node_group *g = ctx;
    pthread_mutex_lock(&g->mutex);
    for (size_t i = 0; i < NODE_GROUP_MAX; i++)
        if (g->nodes[i])
            node_judge_again(g->nodes[i]);
    pthread_mutex_unlock(&g->mutex);
}

const struct client_options *node_group_options(const struct node_group *g)
{
    return g->options;
}

struct identities *node_group_identities(struct node_group *g)
{
    return g->identities;
}

const char *node_group_pins(const struct node_group *g)
{
    return g->pins_path;
}

const uint8_t *node_group_pass_root(const struct node_group *g)
{
    return g->pass_root;
}

// A name may hold what no file may be called.
bool node_group_identity_path(const struct node_group *g, const char *name, char out[PATHS_MAX])
{
    uint8_t hash[NAME_HASH];
    char file[2 * NAME_HASH + 1];
    crypto_generichash(hash, sizeof hash, (const uint8_t *)name, strlen(name), NULL, 0);
    return paths_join(out, g->members_path, sodium_bin2hex(file, sizeof file, hash, sizeof hash));
}

// ---- lifecycle ----

static bool open_store(struct node_group *g)
{
    const struct client_options *o = g->options;
    char path[PATHS_MAX], error[512] = "The name of the data directory is too long.";
    if (paths_join(g->pins_path, o->data_dir, "relays") && paths_join(g->members_path, o->data_dir, "members") &&
        paths_join(path, o->data_dir, "identities")) {
        snprintf(error, sizeof error, "The folder %.400s cannot be made. Choose another with --data-dir.",
                 g->members_path);
        if (paths_make(g->members_path))
            g->identities = identities_open(path, o->only_paired, error, sizeof error);
    }
    if (!g->identities)
        fprintf(stderr, "parlour: %s\n", error);
    return g->identities != NULL;
}

static bool learn_passphrase(struct node_group *g)
{
    const char *text = g->options->passphrase;
    if (!text)
        return true;
    g->pass_root = sodium_malloc(32);
    return g->pass_root && cpace_root(g->pass_root, text, strlen(text));
}

struct node_group *node_group_create(const struct client_options *options, int *exit_code)
{
    struct node_group *g = base_alloc(sizeof *g);
    g->options = options;
    g->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&g->mutex, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    *exit_code = EXIT_BAD_CONFIG;
    if (open_store(g)) {
        *exit_code = EXIT_INTERNAL;
        if (g->wake_fd >= 0 && learn_passphrase(g) && identities_start(g->identities, changed, g))
            return g;
    }
    node_group_destroy(g);
    return NULL;
}

void node_group_destroy(struct node_group *g)
{
    if (!g)
        return;
    identities_close(g->identities);
    sodium_free(g->pass_root); // wipes
    if (g->wake_fd >= 0)
        close(g->wake_fd);
    pthread_mutex_destroy(&g->mutex);
    free(g);
}
