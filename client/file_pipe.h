// A file's bytes between the thread that has the disk and the one that has the network: one direction, in chunks. What
// does not fit waits with whoever puts it in. Each end holds the pipe and frees its hold; the last one frees it.
#ifndef PARLOUR_FILE_PIPE_H
#define PARLOUR_FILE_PIPE_H

#include "shared/base.h"

enum { FILE_PIPE_CHUNK = 1024, FILE_PIPE_CHUNKS = 1024 };

enum file_pipe_state {
    FILE_PIPE_OPEN,
    FILE_PIPE_ENDED,  // all has been put in; what is inside can still be taken
    FILE_PIPE_ABORTED // one of the ends has given up: nothing more is put in or taken
};

struct file_pipe;

// `put_wake` is called when there is room again after it was full, `take_wake` when something waits where nothing did,
// both when the state changes; any thread, outside the lock: they must only wake. NULL = nobody waits. One hold, for
// the caller.
struct file_pipe *file_pipe_create(void (*put_wake)(void *ctx), void *put_ctx, void (*take_wake)(void *ctx),
                                   void *take_ctx);
// The end that learns of the pipe later says how it is woken.
void file_pipe_set_put_wake(struct file_pipe *p, void (*wake)(void *ctx), void *ctx);
void file_pipe_set_take_wake(struct file_pipe *p, void (*wake)(void *ctx), void *ctx);
struct file_pipe *file_pipe_hold(struct file_pipe *p); // one more; returns p
void file_pipe_free(struct file_pipe *p);              // one less; NULL is fine
// At most FILE_PIPE_CHUNK bytes, copied. False when it is full or not open.
MUST_USE bool file_pipe_put(struct file_pipe *p, const void *data, size_t n);
// The oldest chunk, into `out`, which takes FILE_PIPE_CHUNK. False when there is none.
MUST_USE bool file_pipe_take(struct file_pipe *p, void *out, size_t *n);
void file_pipe_end(struct file_pipe *p);
void file_pipe_abort(struct file_pipe *p);
enum file_pipe_state file_pipe_get_state(struct file_pipe *p);

#endif
