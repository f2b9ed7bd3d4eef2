#include "file_stream.h"

#include <stdlib.h>
#include <string.h>

void file_stream_open(struct file_stream *s, const uint8_t *have, size_t have_size, struct file_pipe *pipe)
{
    *s = (struct file_stream){.pipe = pipe};
    memcpy(s->have, have, MIN(have_size, sizeof s->have));
    s->record = base_alloc(FILE_RECORD_MAX);
}

void file_stream_close(struct file_stream *s)
{
    if (s->pipe && file_pipe_get_state(s->pipe) == FILE_PIPE_OPEN)
        file_pipe_abort(s->pipe);
    file_pipe_free(s->pipe);
    free(s->record);
    *s = (struct file_stream){.pipe = NULL};
}

// False when the pipe takes no more now.
static bool put_record(struct file_stream *s)
{
    while (s->at < s->size) {
        size_t n = MIN(s->size - s->at, (size_t)FILE_PIPE_CHUNK);
        if (!file_pipe_put(s->pipe, s->record + s->at, n))
            return false;
        s->at += n;
    }
    return true;
}

// The next block that is needed. False when there is none, or none can be had.
static bool next_record(struct file_stream *s, const struct file_source *source, uint8_t *scratch)
{
    const struct file_blocks *b = source->blocks;
    uint32_t block = file_blocks_missing(b, s->have, sizeof s->have, s->next);
    for (; s->next < block; s->next++)
        s->figures.done += file_blocks_length(b, s->next);
    if (block == b->count)
        return false;
    s->trouble = file_source_read(source, block, scratch);
    if (s->trouble)
        return false;
    s->size = file_record_write(s->record, block, b->hash[block], scratch, file_blocks_length(b, block));
    s->at = 0;
    s->figures.done += file_blocks_length(b, block);
    s->figures.sent += file_blocks_length(b, block);
    s->figures.written += s->size;
    s->next = block + 1;
    return true;
}

enum file_step file_stream_step(struct file_stream *s, const struct file_source *source, uint8_t *scratch)
{
    if (file_pipe_get_state(s->pipe) != FILE_PIPE_OPEN)
        return FILE_STEP_OVER;
    if (!put_record(s))
        return FILE_STEP_WAIT;
    if (next_record(s, source, scratch))
        return FILE_STEP_AGAIN;
    if (s->trouble)
        file_pipe_abort(s->pipe);
    else
        file_pipe_end(s->pipe);
    return FILE_STEP_OVER;
}
