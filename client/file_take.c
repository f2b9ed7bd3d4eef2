#include "file_take.h"

#include <stdio.h>
#include <string.h>

enum file_trouble file_take_open(struct file_take *t, struct file_store *store, const uint8_t root[FILE_BLOCK_HASH],
                                 uint64_t size, const char *name, uint64_t now_s)
{
    *t = (struct file_take){.pipe = NULL};
    t->trouble = file_store_begin(store, &t->part, root, size, now_s);
    if (t->trouble)
        return t->trouble;
    t->open = true;
    file_name_clean(t->name, name, strlen(name));
    file_record_create(&t->record);
    return FILE_TROUBLE_NONE;
}

static void let_go(struct file_take *t)
{
    if (t->pipe)
        file_pipe_abort(t->pipe); // after its end nobody minds
    file_pipe_free(t->pipe);
    t->pipe = NULL;
    file_record_destroy(&t->record);
    t->open = false;
}

void file_take_close(struct file_take *t, bool keep)
{
    if (!t->open)
        return;
    file_part_close(&t->part, keep);
    let_go(t);
}

bool file_take_check(struct file_take *t, uint8_t *scratch)
{
    uint32_t count = t->part.blocks->count;
    while (t->checked < count && !file_blocks_here(t->part.blocks, t->checked))
        t->checked++;
    if (t->checked == count)
        return false;
    file_part_check(&t->part, t->checked++, scratch);
    return true;
}

void file_take_from(struct file_take *t, struct file_pipe *pipe)
{
    if (t->pipe)
        file_pipe_abort(t->pipe);
    file_pipe_free(t->pipe);
    t->pipe = pipe;
    t->chunk_at = t->chunk_size = 0;
    file_record_destroy(&t->record);
    file_record_create(&t->record);
}

uint64_t file_take_bytes(const struct file_take *t)
{
    const struct file_record *r = &t->record;
    uint64_t bytes = t->open ? file_blocks_bytes(t->part.blocks) : 0;
    if (t->open && r->got > FILE_RECORD_HEAD)
        bytes += (uint64_t)r->size * (r->got - FILE_RECORD_HEAD) / r->length;
    return bytes;
}

static enum file_step fail(struct file_take *t, enum file_trouble trouble)
{
    t->trouble = trouble;
    file_take_close(t, trouble == FILE_TROUBLE_LOW);
    return FILE_STEP_OVER;
}

static enum file_step finish(struct file_take *t)
{
    char saved[FILE_NAME_SIZE] = "";
    t->trouble = file_part_finish(&t->part, t->name, saved);
    memcpy(t->name, saved, sizeof t->name);
    let_go(t);
    return FILE_STEP_OVER;
}

// The next chunk; false when none is there.
static bool refill(struct file_take *t)
{
    if (t->chunk_at < t->chunk_size)
        return true;
    t->chunk_at = t->chunk_size = 0;
    return file_pipe_take(t->pipe, t->chunk, &t->chunk_size);
}

// What lies behind the last block that we lacked: records for others at most, or he has sent what he did not offer.
static bool has_more(struct file_take *t)
{
    struct file_record *r = &t->record;
    for (unsigned i = 0; t->pipe && i < 2 * FILE_PIPE_CHUNKS && refill(t); i++) {
        t->chunk_at += file_record_read(r, t->part.blocks, t->chunk + t->chunk_at, t->chunk_size - t->chunk_at);
        if (r->state == FILE_RECORD_BAD)
            return true;
    }
    return false;
}

enum file_step file_take_step(struct file_take *t)
{
    struct file_record *r = &t->record;
    if (t->part.blocks->had == t->part.blocks->count) // what others lack is not waited for
        return has_more(t) ? fail(t, FILE_TROUBLE_DAMAGED) : finish(t);
    if (!t->pipe)
        return FILE_STEP_WAIT;
    enum file_pipe_state state = file_pipe_get_state(t->pipe); // before the pipe is found empty
    while (refill(t)) {
        t->chunk_at += file_record_read(r, t->part.blocks, t->chunk + t->chunk_at, t->chunk_size - t->chunk_at);
        if (r->state == FILE_RECORD_BAD)
            return fail(t, FILE_TROUBLE_DAMAGED);
        if (r->state == FILE_RECORD_MORE || file_blocks_here(t->part.blocks, r->block))
            continue; // one that we had already when we said what we have
        enum file_trouble trouble = file_part_write(&t->part, r->block, r->hash, r->raw);
        return trouble ? fail(t, trouble) : FILE_STEP_AGAIN;
    }
    return state == FILE_PIPE_ENDED ? finish(t) : FILE_STEP_WAIT;
}
