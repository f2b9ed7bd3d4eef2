#include "device_watch.h"

#include "camera_nodes.h"
#include "shared/base.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "device_thread.h"

#include <stdlib.h>
#include <string.h>

enum { AGAIN_US = 1000000, ANSWER_US = 300000 };

struct device_watch {
    struct device_thread thread; // its mutex covers the next four
    bool wanted;
    bool known[DEVICES_KINDS];
    struct device_names names[DEVICES_KINDS];
    void (*changed)(void *ctx); // fixed, like ctx
    void *ctx;
    struct camera_nodes_seen cameras; // the thread's
};

static bool same(const struct device_names *a, const struct device_names *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; i < a->count && same; i++)
        same = !strcmp(a->list[i].name, b->list[i].name) && !strcmp(a->list[i].id, b->list[i].id) &&
               !strcmp(a->list[i].path, b->list[i].path);
    return same;
}

static bool look_at(struct device_watch *w, enum devices_kind kind, struct device_names *names)
{
    if (kind == DEVICES_CAMERA && camera_nodes_as_before(&w->cameras, ""))
        return false;
    if (!devices_list(kind, names, ANSWER_US))
        return false;
    device_thread_lock(&w->thread);
    bool news = !w->known[kind] || !same(names, &w->names[kind]);
    w->known[kind] = true;
    w->names[kind] = *names;
    device_thread_unlock(&w->thread);
    return news;
}

static void tell(struct device_watch *w)
{
    log_info("devices", "cameras=%zu microphones=%zu speakers=%zu", w->names[DEVICES_CAMERA].count,
             w->names[DEVICES_MICROPHONE].count, w->names[DEVICES_SPEAKER].count); // written by this thread alone
    w->changed(w->ctx);
}

static bool nobody_asks(void *arg)
{
    const struct device_watch *w = arg;
    return !w->wanted;
}

static void *run(void *arg)
{
    struct device_watch *w = arg;
    struct device_names *names = base_alloc(sizeof *names);
    while (!device_thread_wait_while(&w->thread, nobody_asks, w, UINT64_MAX)) {
        bool news = false;
        for (int kind = 0; kind < DEVICES_KINDS; kind++)
            news |= look_at(w, (enum devices_kind)kind, names);
        if (news)
            tell(w);
        device_thread_wait(&w->thread, clock_now_us() + AGAIN_US);
    }
    free(names);
    return NULL;
}

struct device_watch *device_watch_create(void (*changed)(void *ctx), void *ctx)
{
    struct device_watch *w = base_alloc(sizeof *w);
    device_thread_init(&w->thread);
    w->changed = changed;
    w->ctx = ctx;
    if (device_thread_start(&w->thread, "devices", run, w))
        return w;
    device_thread_destroy(&w->thread);
    free(w);
    return NULL;
}

void device_watch_look(struct device_watch *w, bool on)
{
    device_thread_lock(&w->thread);
    w->wanted = on;
    device_thread_unlock(&w->thread);
}

bool device_watch_get(struct device_watch *w, enum devices_kind kind, struct device_names *out)
{
    out->count = 0;
    device_thread_lock(&w->thread);
    bool known = w->known[kind];
    if (known)
        *out = w->names[kind];
    device_thread_unlock(&w->thread);
    return known;
}

void device_watch_destroy(struct device_watch *w)
{
    if (!w)
        return;
    device_thread_stop(&w->thread);
    device_thread_join(&w->thread);
    device_thread_destroy(&w->thread);
    free(w);
}
