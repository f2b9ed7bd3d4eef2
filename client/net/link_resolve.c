#define _GNU_SOURCE
#include "link_resolve.h"

#include "client/thread.h"
#include "shared/base.h"

#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELPERS_MAX = 4 };

static atomic_int helpers;

struct link_resolve {
    char *host, port[8]; // constant
    pthread_mutex_t lock;
    // Covered by `lock`.
    int owners; // the asker and the helper
    void (*wake)(void *ctx);
    void *ctx;
    bool done;
    int error; // of getaddrinfo
    struct addr found[LINK_RESOLVE_MAX];
    size_t count;
};

static void let_go(struct link_resolve *r, bool asker)
{
    pthread_mutex_lock(&r->lock);
    if (asker)
        r->wake = NULL;
    bool last = --r->owners == 0;
    pthread_mutex_unlock(&r->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&r->lock);
    free(r->host);
    free(r);
}

static void *run(void *arg)
{
    struct link_resolve *r = arg;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list;
    int error = getaddrinfo(r->host, r->port, &hints, &list);
    pthread_mutex_lock(&r->lock);
    r->error = error;
    for (struct addrinfo *a = error ? NULL : list; a && r->count < LINK_RESOLVE_MAX; a = a->ai_next) {
        if (a->ai_addrlen > sizeof r->found[0].in6)
            continue;
        memcpy(&r->found[r->count].sa, a->ai_addr, a->ai_addrlen);
        r->found[r->count++].length = a->ai_addrlen;
    }
    r->done = true;
    if (r->wake)
        r->wake(r->ctx); // under the lock: link_resolve_forget then waits for it
    pthread_mutex_unlock(&r->lock);
    if (!error)
        freeaddrinfo(list);
    let_go(r, false);
    atomic_fetch_sub(&helpers, 1);
    return NULL;
}

struct link_resolve *link_resolve_start(const char *host, uint16_t port, void (*wake)(void *ctx), void *ctx)
{
    if (atomic_fetch_add(&helpers, 1) >= HELPERS_MAX) {
        atomic_fetch_sub(&helpers, 1);
        return NULL;
    }
    struct link_resolve *r = base_alloc(sizeof *r);
    r->host = base_strdup(host);
    snprintf(r->port, sizeof r->port, "%u", (unsigned)port);
    pthread_mutex_init(&r->lock, NULL);
    r->owners = 2;
    r->wake = wake;
    r->ctx = ctx;
    pthread_t thread;
    if (!thread_start(&thread, "resolve", run, r)) {
        atomic_fetch_sub(&helpers, 1);
        r->owners = 1;
        let_go(r, true);
        return NULL;
    }
    pthread_detach(thread);
    return r;
}

enum link_resolve_state link_resolve_poll(struct link_resolve *r, struct addr *out, size_t *count, const char **why)
{
    pthread_mutex_lock(&r->lock);
    enum link_resolve_state state = !r->done   ? LINK_RESOLVE_RUNNING
                                    : r->count ? LINK_RESOLVE_DONE
                                               : LINK_RESOLVE_FAILED;
    *count = 0;
    if (state == LINK_RESOLVE_DONE) {
        memcpy(out, r->found, r->count * sizeof *out);
        *count = r->count;
    }
    *why = r->error ? gai_strerror(r->error) : "no address";
    pthread_mutex_unlock(&r->lock);
    return state;
}

void link_resolve_forget(struct link_resolve *r)
{
    if (r)
        let_go(r, true);
}
