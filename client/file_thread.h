// The thread that has the disk: it hashes what we offer, reads what others take, writes what comes. Several files in
// turn, a block each; a disk that answers late delays files, and nothing else. What is ordered is done in that order;
// what became of it is told by events. A file is meant by its id, of the caller's choice.
#ifndef PARLOUR_FILE_THREAD_H
#define PARLOUR_FILE_THREAD_H

#include "file_blocks.h"
#include "file_name.h"
#include "file_pipe.h"
#include "file_stream.h"
#include "file_trouble.h"

enum { FILE_THREAD_SOURCES = 16, FILE_THREAD_STREAMS = 8 }; // files of ours; of them, on their way

enum file_event_type {
    FILE_EVENT_READY,   // prepare: size, root
    FILE_EVENT_KNOWN,   // look: some of it is here from before
    FILE_EVENT_UNKNOWN, // look: nothing is
    FILE_EVENT_OPENED,  // take: have
    FILE_EVENT_SAVED,   // take: name
    FILE_EVENT_FAILED   // any of them, and a stream: trouble; begun: it was on its way. Nothing more will come of it
};

struct file_event {
    enum file_event_type type;
    uint32_t id;
    enum file_trouble trouble;
    bool begun;
    uint64_t size;
    uint8_t root[FILE_BLOCK_HASH];
    uint8_t have[FILE_BLOCKS_BITS];
    char name[FILE_NAME_SIZE];
};

struct file_thread;

// `folder` and `floor` as of file_store_init, `day` as of file_store_open_day. `event` is called on the thread: it must
// only pass it on, and free it.
struct file_thread *file_thread_create(const char *folder, const char *day, uint64_t floor,
                                       void (*event)(void *ctx, struct file_event *e), void *ctx);
bool file_thread_start(struct file_thread *t); // false (logged) when the system refuses
// Ends, and frees. What has come so far is kept for later. A thread that the disk holds for more than two seconds is
// left behind, with all it has: false. Call it last. NULL is fine.
bool file_thread_stop(struct file_thread *t);

// Any thread. False when too many orders wait: then nothing will come of it.
bool file_thread_prepare(struct file_thread *t, uint32_t id, const char *path);
// Of one that is ready, what `have` does not have. The hold of the pipe is moved, also when it says false.
bool file_thread_stream(struct file_thread *t, uint32_t id, const uint8_t *have, size_t have_size,
                        struct file_pipe *pipe);
bool file_thread_look(struct file_thread *t, uint32_t id, const uint8_t root[FILE_BLOCK_HASH]);
// Also of one that is being taken: from here on out of another pipe. The hold is moved, also when it says false.
bool file_thread_take(struct file_thread *t, uint32_t id, const uint8_t root[FILE_BLOCK_HASH], uint64_t size,
                      const char *name, struct file_pipe *pipe);
bool file_thread_drop(struct file_thread *t, uint32_t id, bool keep); // no event follows; keep what has come for later
bool file_thread_figures(struct file_thread *t, uint32_t id, struct file_figures *out); // false: it does not work at it

#endif
