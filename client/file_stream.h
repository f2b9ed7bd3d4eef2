// A file of ours on its way: the blocks that somebody needs, as records (file_record.h), into a pipe. File thread only.
#ifndef PARLOUR_FILE_STREAM_H
#define PARLOUR_FILE_STREAM_H

#include "file_pipe.h"
#include "file_record.h"
#include "file_source.h"

enum file_step {
    FILE_STEP_AGAIN, // there is more to do
    FILE_STEP_WAIT,  // for the other end of the pipe
    FILE_STEP_OVER
};

struct file_figures { // how far a file is
    uint64_t done;    // bytes of it: hashed, in the stream or not needed there, or here already
    uint64_t sent;    // of them, in the stream
    uint64_t written; // bytes of the stream that are; 0 = it is none
};

struct file_stream {
    struct file_pipe *pipe; // its hold; NULL = none
    uint8_t have[FILE_BLOCKS_BITS];
    uint32_t next; // block
    struct file_figures figures;
    uint8_t *record;           // FILE_RECORD_MAX, the one that goes into the pipe now
    size_t size, at;           // of it
    enum file_trouble trouble; // at OVER, why it did not come to its end; the pipe is aborted then
};

// Takes the hold. `have` may be shorter than the file has blocks: the rest is needed.
void file_stream_open(struct file_stream *s, const uint8_t *have, size_t have_size, struct file_pipe *pipe);
// As much as the pipe takes, or one block is read and packed; `scratch`: FILE_BLOCK_RAW.
enum file_step file_stream_step(struct file_stream *s, const struct file_source *source, uint8_t *scratch);
void file_stream_close(struct file_stream *s); // aborts what has not ended

#endif
