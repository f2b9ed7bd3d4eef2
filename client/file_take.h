// A file that comes: what was there of it is checked, then records out of a pipe are written to the store, and at its
// end it is checked as a whole and gets its name. File thread only.
#ifndef PARLOUR_FILE_TAKE_H
#define PARLOUR_FILE_TAKE_H

#include "file_pipe.h"
#include "file_record.h"
#include "file_store.h"
#include "file_stream.h"

struct file_take {
    struct file_part part; // while `open`
    bool open;
    uint32_t checked;       // blocks of before that have been looked at
    struct file_pipe *pipe; // its hold; NULL = none yet, or no more
    struct file_record record;
    uint8_t chunk[FILE_PIPE_CHUNK];
    size_t chunk_size, chunk_at;
    char name[FILE_NAME_SIZE];
    enum file_trouble trouble; // at OVER: NONE = it is saved under `name`; nothing of it is left otherwise, but at LOW
};

// `name`: what they call it. On trouble there is nothing to close.
enum file_trouble file_take_open(struct file_take *t, struct file_store *store, const uint8_t root[FILE_BLOCK_HASH],
                                 uint64_t size, const char *name, uint64_t now_s);
// One block of before is looked at; false when all have been, and `part.blocks` is what need not come.
bool file_take_check(struct file_take *t, uint8_t *scratch);
// The records come through this one from now on. Takes the hold.
void file_take_from(struct file_take *t, struct file_pipe *pipe);
enum file_step file_take_step(struct file_take *t);   // as much as is there, or one block is written
uint64_t file_take_bytes(const struct file_take *t);  // here already, with the part of a block that is not whole yet
void file_take_close(struct file_take *t, bool keep); // keep: somebody may go on with it later

#endif
