#include "world_files.h"

#include <stdlib.h>
#include <string.h>

static struct world_files files[WORLD_PEOPLE];

struct world_files *world_files_of(unsigned index)
{
    return &files[index];
}

static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)(i * 2654435761u >> 13);
}

static bool has(const uint8_t *have, uint64_t block)
{
    return have[block / 8] >> (7 - block % 8) & 1;
}

static void drop(struct file_pipe **pipe)
{
    if (*pipe)
        file_pipe_abort(*pipe);
    file_pipe_free(*pipe);
    *pipe = NULL;
}

static void forget(struct world_files *f)
{
    for (unsigned i = 0; i < WORLD_FILES; i++) {
        drop(&f->out[i].pipe);
        drop(&f->in[i].pipe);
    }
    memset(f, 0, sizeof *f);
}

void world_files_reset(struct world *w)
{
    (void)w;
    for (unsigned i = 0; i < WORLD_PEOPLE; i++)
        forget(&files[i]);
}

void world_files_restart(unsigned index)
{
    struct world_files before = files[index];
    forget(&files[index]);
    memcpy(files[index].kept, before.in[0].have, sizeof before.in[0].have);
    memcpy(files[index].kept_root, before.in[0].root, sizeof before.in[0].root);
}

struct world_out *world_send_file(struct world *w, unsigned index, int to, uint64_t size)
{
    struct world_out *x = &files[index].out[files[index].outs++];
    struct command *c = command_file_new(COMMAND_FILE_OFFER, 2 * files[index].outs);
    *x = (struct world_out){.id = c->file->id, .size = size, .begun_us = w->now_us};
    memcpy(c->file->name, "holiday.jpg", sizeof "holiday.jpg");
    c->file->size = size;
    memset(c->file->root, (int)x->id + 1, sizeof c->file->root);
    if (to >= 0) {
        c->member = w->people[to].session.self;
        memcpy(c->identity, w->identity[to], sizeof c->identity);
    }
    w->people[index].tick_us = 0;
    session_command(&w->people[index].session, c, w->now_us);
    return x;
}

static void say(struct world *w, unsigned index, struct command *c)
{
    w->people[index].tick_us = 0;
    session_command(&w->people[index].session, c, w->now_us);
}

// ---- a file that goes ----

static void on_out(struct world *w, struct world_out *x, const struct notice *n)
{
    const struct message_file *f = n->file;
    x->takers = f->takers;
    x->finished = f->finished;
    x->refused += n->type == NOTICE_FILE_REFUSED;
    x->lost += n->type == NOTICE_FILE_CANCELLED;
    if (f->open == 0 && !x->over) {
        x->over = true;
        x->over_us = w->now_us;
    }
    if (n->type == NOTICE_FILE_STATE)
        x->waiting = f->waiting;
    if (n->type != NOTICE_FILE_ACCEPTED)
        return;
    x->streams++;
    x->wanted++;
    memcpy(x->have, f->have, sizeof x->have);
}

static void give_stream(struct world *w, unsigned index, struct world_out *x)
{
    drop(&x->pipe);
    x->wanted--;
    x->at = 0;
    x->pipe = file_pipe_create(NULL, NULL, NULL, NULL);
    struct command *c = command_file_new(COMMAND_FILE_STREAM, x->id);
    c->file->pipe = file_pipe_hold(x->pipe);
    say(w, index, c);
}

static void fill(struct world *w, unsigned index, struct world_out *x)
{
    uint8_t data[FILE_PIPE_CHUNK];
    while (x->wanted)
        give_stream(w, index, x);
    while (x->pipe) {
        while (x->at < x->size && has(x->have, x->at / WORLD_BLOCK))
            x->at = (x->at / WORLD_BLOCK + 1) * WORLD_BLOCK;
        size_t n = (size_t)MIN((uint64_t)sizeof data, x->size - MIN(x->at, x->size));
        for (size_t i = 0; i < n; i++)
            data[i] = byte_at(x->at + i);
        if (n == 0) {
            file_pipe_end(x->pipe);
            file_pipe_free(x->pipe);
            x->pipe = NULL;
            w->people[index].tick_us = 0;
        } else if (file_pipe_put(x->pipe, data, n)) {
            x->at += n;
            w->people[index].tick_us = 0;
        } else {
            break;
        }
    }
}

// ---- one that comes ----

static void take_offer(struct world *w, unsigned index, struct world_in *x)
{
    struct command *c = command_file_new(COMMAND_FILE_ACCEPT, x->id);
    x->asked = false;
    drop(&x->pipe);
    x->pipe = file_pipe_create(NULL, NULL, NULL, NULL);
    c->file->pipe = file_pipe_hold(x->pipe);
    c->file->have_size = sizeof x->have;
    memcpy(c->file->have, x->have, sizeof x->have);
    x->at = 0;
    say(w, index, c);
}

static void on_offer(struct world_files *f, const struct notice *n)
{
    if (f->ins == WORLD_FILES)
        return;
    struct world_in *x = &f->in[f->ins++];
    *x = (struct world_in){.id = n->file->id, .size = n->file->size, .asked = true};
    memcpy(x->root, n->file->root, sizeof x->root);
    if (memcmp(f->kept_root, x->root, sizeof x->root) == 0)
        memcpy(x->have, f->kept, sizeof x->have);
}

static void drain(struct world *w, unsigned index, struct world_in *x)
{
    uint8_t data[FILE_PIPE_CHUNK];
    size_t n;
    if (x->asked && files[index].refuses) {
        x->asked = false;
        x->cancelled = true;
        say(w, index, command_file_new(COMMAND_FILE_REFUSE, x->id));
    } else if (x->asked) {
        take_offer(w, index, x);
    }
    if (!x->pipe)
        return;
    while (x->at < x->size && has(x->have, x->at / WORLD_BLOCK) && x->at % WORLD_BLOCK == 0)
        x->at += WORLD_BLOCK;
    while (x->pipe && file_pipe_take(x->pipe, data, &n)) {
        for (size_t i = 0; i < n; i++)
            x->wrong += data[i] != byte_at(x->at + i);
        w->people[index].tick_us = 0;
        x->at += n;
        x->came += n;
        uint64_t block = (x->at - 1) / WORLD_BLOCK;
        if (x->at % WORLD_BLOCK == 0 || x->at == x->size)
            x->have[block / 8] |= (uint8_t)(0x80 >> block % 8);
        while (x->at < x->size && x->at % WORLD_BLOCK == 0 && has(x->have, x->at / WORLD_BLOCK))
            x->at += WORLD_BLOCK;
    }
    if (x->done || x->cancelled || x->at < x->size)
        return;
    x->done = true;
    x->done_us = w->now_us;
    drop(&x->pipe);
    struct command *c = command_file_new(COMMAND_FILE_DONE, x->id);
    c->flag = x->wrong == 0;
    say(w, index, c);
}

static void on_in(struct world_in *x, const struct notice *n)
{
    if (n->type == NOTICE_FILE_STATE)
        x->waiting = n->file->waiting;
    if (n->type == NOTICE_FILE_CANCELLED || n->type == NOTICE_FILE_DONE) {
        x->cancelled = true;
        x->damaged = n->type == NOTICE_FILE_DONE;
        x->lost = n->flag;
        x->by = n->member;
        drop(&x->pipe);
    }
    if (n->type != NOTICE_FILE_AGAIN)
        return;
    x->again++;
    x->asked = true;
}

// ---- for the world ----

void world_files_notice(struct world *w, unsigned index, const struct notice *n)
{
    if (!n->file)
        return;
    if (n->type == NOTICE_FILE_OFFER)
        on_offer(&files[index], n);
    for (unsigned i = 0; i < WORLD_FILES; i++) {
        if (files[index].out[i].id == n->file->id)
            on_out(w, &files[index].out[i], n);
        else if (files[index].in[i].id == n->file->id)
            on_in(&files[index].in[i], n);
    }
}

void world_files_step(struct world *w, unsigned index)
{
    struct world_files *f = &files[index];
    for (unsigned i = 0; i < f->outs && !f->holds; i++)
        fill(w, index, &f->out[i]);
    for (unsigned i = 0; i < f->ins && !f->stalls; i++)
        drain(w, index, &f->in[i]);
}
