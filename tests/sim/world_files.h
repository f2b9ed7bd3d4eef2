// What main does with files in a world: offers them, takes every offer, and knows what their bytes must be. A stream
// here is the blocks themselves, those that the receiver lacks.
#ifndef PARLOUR_TEST_WORLD_FILES_H
#define PARLOUR_TEST_WORLD_FILES_H

#include "client/file_pipe.h"
#include "world.h"

enum { WORLD_FILES = 6, WORLD_BLOCK = 1 << 20 };

struct world_out {
    uint32_t id; // 0 = free
    uint64_t size, at;
    uint8_t have[MESSAGE_FILE_HAVE];
    struct file_pipe *pipe;
    bool over;
    enum message_wait waiting;
    unsigned takers, finished, refused, lost, streams, wanted; // wanted: streams it was asked for, not given yet
    uint64_t begun_us, over_us;
};

struct world_in {
    uint32_t id;
    uint64_t size, at, came, wrong;
    uint8_t have[MESSAGE_FILE_HAVE], root[32];
    struct file_pipe *pipe;
    bool done, cancelled, lost, damaged, waiting;
    bool asked;         // main was, and has not answered yet
    unsigned again, by; // by: member that cancelled it
    uint64_t done_us;
};

struct world_files {
    struct world_out out[WORLD_FILES];
    struct world_in in[WORLD_FILES];
    unsigned outs, ins;
    bool refuses, stalls, holds;                    // what is offered; takes nothing out of its pipes, puts nothing in
    uint8_t kept[MESSAGE_FILE_HAVE], kept_root[32]; // of one that came before he was started anew
};

// A file of so many bytes, to one or to all (-1). Returns it.
struct world_out *world_send_file(struct world *w, unsigned index, int to, uint64_t size);
struct world_files *world_files_of(unsigned index); // of this world; there is one at a time
void world_files_reset(struct world *w);            // forgets all: before a world's end
void world_files_restart(unsigned index);           // he is started anew: knows only what lies on his disk
// world.c
void world_files_notice(struct world *w, unsigned index, const struct notice *n);
void world_files_step(struct world *w, unsigned index);

#endif
