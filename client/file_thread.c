#define _GNU_SOURCE
#include "file_thread.h"

#include "file_source.h"
#include "file_stream.h"
#include "file_take.h"
#include "mailbox.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORDERS = 256, JOBS = FILE_THREAD_SOURCES + FILE_STORE_AT_ONCE, STOP_US = 2000000, LOOK_US = 10000 };

enum order_type { ORDER_WAKE, ORDER_PREPARE, ORDER_STREAM, ORDER_LOOK, ORDER_TAKE, ORDER_DROP };

struct order {
    enum order_type type;
    uint32_t id;
    bool keep;
    uint64_t size;
    uint8_t root[FILE_BLOCK_HASH];
    uint8_t have[FILE_BLOCKS_BITS];
    struct file_pipe *pipe;
    char *text; // path, name; owned
};

struct source_job {
    uint32_t id; // 0 = free
    bool told;   // it is ready
    struct file_source source;
};

struct stream_job {
    struct source_job *of; // NULL = free
    struct file_stream stream;
};

struct take_job {
    uint32_t id; // 0 = free
    bool told;   // it is open
    struct file_take take;
};

struct file_thread {
    pthread_t thread;
    bool running;
    atomic_bool ended;
    struct mailbox orders; // struct order
    struct order wake;     // in the box at most once
    atomic_bool woken;
    void (*event)(void *ctx, struct file_event *e);
    void *ctx;

    pthread_mutex_t mutex; // covers figures
    struct {
        uint32_t id;
        struct file_figures f;
    } figures[JOBS];

    // The thread alone.
    struct file_store store;
    char *day; // owned
    struct source_job sources[FILE_THREAD_SOURCES];
    struct stream_job streams[FILE_THREAD_STREAMS];
    struct take_job takes[FILE_STORE_AT_ONCE];
    uint8_t scratch[FILE_BLOCK_RAW];
};

// ---- what is told ----

static void wake(void *ctx);

static void tell(struct file_thread *t, struct file_event *e)
{
    if (mailbox_stopped(&t->orders)) // nobody listens any more
        free(e);
    else
        t->event(t->ctx, e);
}

static struct file_event *event_new(enum file_event_type type, uint32_t id)
{
    struct file_event *e = base_alloc(sizeof *e);
    e->type = type;
    e->id = id;
    return e;
}

static void fail(struct file_thread *t, uint32_t id, enum file_trouble trouble, bool begun)
{
    struct file_event *e = event_new(FILE_EVENT_FAILED, id);
    e->trouble = trouble;
    e->begun = begun;
    tell(t, e);
}

static void set_figures(struct file_thread *t, uint32_t id, struct file_figures f)
{
    size_t at = 0;
    pthread_mutex_lock(&t->mutex);
    for (size_t i = JOBS; i-- > 0;)
        if (t->figures[i].id == id || (!t->figures[i].id && t->figures[at].id != id))
            at = i;
    t->figures[at].id = id;
    t->figures[at].f = f;
    pthread_mutex_unlock(&t->mutex);
}

static void drop_figures(struct file_thread *t, uint32_t id)
{
    pthread_mutex_lock(&t->mutex);
    for (size_t i = 0; i < JOBS; i++)
        if (t->figures[i].id == id)
            t->figures[i].id = 0;
    pthread_mutex_unlock(&t->mutex);
}

bool file_thread_figures(struct file_thread *t, uint32_t id, struct file_figures *out)
{
    bool found = false;
    pthread_mutex_lock(&t->mutex);
    for (size_t i = 0; i < JOBS && id; i++)
        if (t->figures[i].id == id) {
            *out = t->figures[i].f;
            found = true;
        }
    pthread_mutex_unlock(&t->mutex);
    return found;
}

// ---- orders ----

static struct source_job *source_by_id(struct file_thread *t, uint32_t id)
{
    for (size_t i = 0; i < ARRAY_LEN(t->sources); i++)
        if (t->sources[i].id == id)
            return &t->sources[i];
    return NULL;
}

static struct take_job *take_by_id(struct file_thread *t, uint32_t id)
{
    for (size_t i = 0; i < ARRAY_LEN(t->takes); i++)
        if (t->takes[i].id == id)
            return &t->takes[i];
    return NULL;
}

static void prepare(struct file_thread *t, const struct order *o)
{
    struct source_job *j = source_by_id(t, 0);
    enum file_trouble trouble = j ? file_source_open(&j->source, o->text) : FILE_TROUBLE_MANY;
    if (trouble) {
        fail(t, o->id, trouble, false);
        return;
    }
    j->id = o->id;
    j->told = false;
}

static void begin_stream(struct file_thread *t, struct order *o)
{
    struct source_job *of = source_by_id(t, o->id);
    for (size_t i = 0; of && i < ARRAY_LEN(t->streams); i++) {
        struct stream_job *j = &t->streams[i];
        if (j->of)
            continue;
        j->of = of;
        file_pipe_set_put_wake(o->pipe, wake, t);
        file_stream_open(&j->stream, o->have, sizeof o->have, o->pipe);
        o->pipe = NULL;
        return;
    }
    file_pipe_abort(o->pipe); // not prepared any more, or too many: whoever takes from it learns that
}

static void begin_take(struct file_thread *t, struct order *o)
{
    struct take_job *j = take_by_id(t, o->id);
    if (!j) {
        j = take_by_id(t, 0);
        enum file_trouble trouble =
            j ? file_take_open(&j->take, &t->store, o->root, o->size, o->text, (uint64_t)clock_wall_ms() / 1000)
              : FILE_TROUBLE_MANY;
        if (trouble) {
            fail(t, o->id, trouble, false);
            return;
        }
    }
    j->id = o->id;
    j->told = false;
    file_pipe_set_take_wake(o->pipe, wake, t);
    file_take_from(&j->take, o->pipe);
    o->pipe = NULL;
}

static void look(struct file_thread *t, const struct order *o)
{
    bool known = file_store_knows(&t->store, o->root);
    tell(t, event_new(known ? FILE_EVENT_KNOWN : FILE_EVENT_UNKNOWN, o->id));
}

static void end_source(struct file_thread *t, struct source_job *j)
{
    for (size_t i = 0; i < ARRAY_LEN(t->streams); i++)
        if (t->streams[i].of == j) {
            file_stream_close(&t->streams[i].stream);
            t->streams[i].of = NULL;
        }
    file_source_close(&j->source);
    drop_figures(t, j->id);
    j->id = 0;
}

static void end_take(struct file_thread *t, struct take_job *j, bool keep)
{
    file_take_close(&j->take, keep);
    drop_figures(t, j->id);
    j->id = 0;
}

static void drop(struct file_thread *t, const struct order *o)
{
    struct source_job *source = source_by_id(t, o->id);
    struct take_job *take = take_by_id(t, o->id);
    if (source)
        end_source(t, source);
    if (take)
        end_take(t, take, o->keep);
}

static void order_free(void *item)
{
    struct order *o = item;
    if (o->type == ORDER_WAKE)
        return;
    if (o->pipe)
        file_pipe_abort(o->pipe);
    file_pipe_free(o->pipe);
    free(o->text);
    free(o);
}

static void obey(struct file_thread *t, struct order *o)
{
    switch (o->type) {
    case ORDER_WAKE:
        atomic_store(&t->woken, false);
        break;
    case ORDER_PREPARE:
        prepare(t, o);
        break;
    case ORDER_STREAM:
        begin_stream(t, o);
        break;
    case ORDER_LOOK:
        look(t, o);
        break;
    case ORDER_TAKE:
        begin_take(t, o);
        break;
    case ORDER_DROP:
        drop(t, o);
        break;
    }
    order_free(o);
}

// ---- work: each returns whether there is more to do at once ----

static bool hash(struct file_thread *t, struct source_job *j)
{
    if (!j->id || j->told)
        return false;
    j->told = file_source_ready(&j->source);
    enum file_trouble trouble = j->told ? FILE_TROUBLE_NONE : file_source_hash(&j->source, t->scratch);
    if (trouble) {
        fail(t, j->id, trouble, false);
        end_source(t, j);
        return false;
    }
    set_figures(t, j->id, (struct file_figures){.done = file_blocks_bytes(j->source.blocks)});
    if (j->told) {
        struct file_event *e = event_new(FILE_EVENT_READY, j->id);
        e->size = j->source.blocks->size;
        file_blocks_root(j->source.blocks, e->root);
        tell(t, e);
    }
    return !j->told;
}

static bool send(struct file_thread *t, struct stream_job *j)
{
    if (!j->of)
        return false;
    enum file_step step = file_stream_step(&j->stream, &j->of->source, t->scratch);
    set_figures(t, j->of->id, j->stream.figures);
    if (step != FILE_STEP_OVER)
        return step == FILE_STEP_AGAIN;
    enum file_trouble trouble = j->stream.trouble;
    struct source_job *of = j->of;
    file_stream_close(&j->stream);
    j->of = NULL;
    if (trouble) { // to none of the others it can go any more, either
        fail(t, of->id, trouble, true);
        end_source(t, of);
    }
    return false;
}

static bool receive(struct file_thread *t, struct take_job *j)
{
    if (!j->id)
        return false;
    if (file_take_check(&j->take, t->scratch))
        return true;
    if (!j->told) {
        struct file_event *e = event_new(FILE_EVENT_OPENED, j->id);
        memcpy(e->have, j->take.part.blocks->have, sizeof e->have);
        tell(t, e);
        j->told = true;
    }
    enum file_step step = file_take_step(&j->take);
    if (step != FILE_STEP_OVER) {
        set_figures(t, j->id, (struct file_figures){.done = file_take_bytes(&j->take)});
        return step == FILE_STEP_AGAIN;
    }
    if (j->take.trouble) {
        fail(t, j->id, j->take.trouble, true);
    } else {
        struct file_event *e = event_new(FILE_EVENT_SAVED, j->id);
        snprintf(e->name, sizeof e->name, "%s", j->take.name);
        tell(t, e);
    }
    end_take(t, j, false); // it is closed
    return false;
}

static bool work(struct file_thread *t)
{
    bool more = false;
    for (size_t i = 0; i < ARRAY_LEN(t->takes); i++)
        more |= receive(t, &t->takes[i]);
    for (size_t i = 0; i < ARRAY_LEN(t->streams); i++)
        more |= send(t, &t->streams[i]);
    for (size_t i = 0; i < ARRAY_LEN(t->sources); i++)
        more |= hash(t, &t->sources[i]);
    return more;
}

static void *run(void *ctx)
{
    struct file_thread *t = ctx;
    file_store_sweep(&t->store);
    file_store_open_day(&t->store, t->day);
    bool more = false;
    while (!mailbox_stopped(&t->orders)) {
        struct order *o = more ? mailbox_take(&t->orders) : mailbox_wait(&t->orders, UINT64_MAX);
        for (; o; o = mailbox_take(&t->orders))
            obey(t, o);
        more = work(t);
    }
    for (size_t i = 0; i < ARRAY_LEN(t->takes); i++)
        if (t->takes[i].id)
            end_take(t, &t->takes[i], true);
    for (size_t i = 0; i < ARRAY_LEN(t->sources); i++)
        if (t->sources[i].id)
            end_source(t, &t->sources[i]);
    file_store_close_day(&t->store);
    atomic_store(&t->ended, true);
    return NULL;
}

// ---- from outside ----

struct file_thread *file_thread_create(const char *folder, const char *day, uint64_t floor,
                                       void (*event)(void *ctx, struct file_event *e), void *ctx)
{
    struct file_thread *t = base_alloc(sizeof *t);
    t->event = event;
    t->ctx = ctx;
    mailbox_init(&t->orders, ORDERS, NULL, NULL);
    pthread_mutex_init(&t->mutex, NULL);
    file_store_init(&t->store, folder, floor);
    t->day = day ? base_strdup(day) : NULL;
    return t;
}

bool file_thread_start(struct file_thread *t)
{
    t->running = thread_start(&t->thread, "file", run, t);
    return t->running;
}

bool file_thread_stop(struct file_thread *t)
{
    if (!t)
        return true;
    mailbox_stop(&t->orders);
    struct timespec tick = {0, LOOK_US * 1000L};
    for (uint64_t end = clock_now_us() + STOP_US; t->running && !atomic_load(&t->ended) && clock_now_us() < end;)
        nanosleep(&tick, NULL);
    if (t->running && !atomic_load(&t->ended)) {
        log_warn("files", "the disk does not answer: left as it is");
        pthread_detach(t->thread);
        return false;
    }
    if (t->running)
        pthread_join(t->thread, NULL);
    mailbox_destroy(&t->orders, order_free);
    pthread_mutex_destroy(&t->mutex);
    free(t->day);
    free(t);
    return true;
}

static void wake(void *ctx)
{
    struct file_thread *t = ctx;
    if (!atomic_exchange(&t->woken, true) && !mailbox_push(&t->orders, &t->wake))
        atomic_store(&t->woken, false); // so many orders wait that it is awake
}

static bool give(struct file_thread *t, struct order *o)
{
    if (mailbox_push(&t->orders, o))
        return true;
    log_warn("files", "too many orders wait for the disk");
    order_free(o);
    return false;
}

static struct order *order_new(enum order_type type, uint32_t id)
{
    struct order *o = base_alloc(sizeof *o);
    o->type = type;
    o->id = id;
    return o;
}

bool file_thread_prepare(struct file_thread *t, uint32_t id, const char *path)
{
    struct order *o = order_new(ORDER_PREPARE, id);
    o->text = base_strdup(path);
    return give(t, o);
}

bool file_thread_stream(struct file_thread *t, uint32_t id, const uint8_t *have, size_t have_size,
                        struct file_pipe *pipe)
{
    struct order *o = order_new(ORDER_STREAM, id);
    memcpy(o->have, have, MIN(have_size, sizeof o->have));
    o->pipe = pipe;
    return give(t, o);
}

bool file_thread_look(struct file_thread *t, uint32_t id, const uint8_t root[FILE_BLOCK_HASH])
{
    struct order *o = order_new(ORDER_LOOK, id);
    memcpy(o->root, root, sizeof o->root);
    return give(t, o);
}

bool file_thread_take(struct file_thread *t, uint32_t id, const uint8_t root[FILE_BLOCK_HASH], uint64_t size,
                      const char *name, struct file_pipe *pipe)
{
    struct order *o = order_new(ORDER_TAKE, id);
    memcpy(o->root, root, sizeof o->root);
    o->size = size;
    o->text = base_strdup(name);
    o->pipe = pipe;
    return give(t, o);
}

bool file_thread_drop(struct file_thread *t, uint32_t id, bool keep)
{
    struct order *o = order_new(ORDER_DROP, id);
    o->keep = keep;
    return give(t, o);
}
