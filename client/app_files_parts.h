// The inside of app_files and app_files_news only.
#ifndef PARLOUR_APP_FILES_PARTS_H
#define PARLOUR_APP_FILES_PARTS_H

#include "app_parts.h"
#include "file_pipe.h"
#include "file_thread.h"

struct app_file {                  // beside a struct call_file
    uint32_t id;                   // its id; 0 = free
    char *path;                    // ours: owned
    uint8_t identity[32];          // whom it is for alone, or who offers it
    uint8_t root[FILE_BLOCK_HASH]; // theirs, or once it is known
    char given[MESSAGE_FILE_NAME]; // theirs: as they call it
    bool stands;                   // the session still knows it: theirs can be taken; of ours that is done, by others
    unsigned opening;              // theirs: so often the disk was asked to begin, and has not answered
    struct file_pipe *pipe;        // theirs: the session's hold of it, until the disk has answered
    uint64_t moved;                // ours: bytes of the stream that have arrived
    uint64_t told_done, told_us;   // when its progress was told last
};

struct app_files {
    struct file_thread *thread;
    struct mailbox events; // struct file_event, from the file thread
    char folder[PATHS_MAX];
    uint32_t last_id;
    uint64_t tick_us;
    struct app_file table[CALL_FILES_MAX];
};

// app_files.c
struct app_file *app_files_find(struct app *a, uint32_t id); // NULL: there is none
// One more, with its entry in the call; NULL when all are on their way.
struct app_file *app_files_add(struct app *a, uint32_t id, struct call_file **shown);
void app_files_command(struct app *a, enum command_type type, uint32_t id, bool flag);
bool app_files_take(struct app *a, struct app_file *f); // the disk begins, or goes on out of another pipe
// It is over; the disk forgets it, and `keep`s what came for later. Formats may have one %s, which is `who`.
void app_files_end(struct app *a, struct call_file *shown, enum call_file_state state, bool keep, const char *sentence,
                   const char *advice, const char *who);
void app_files_tell(struct app *a, const char *event, const struct call_file *shown);

// app_files_news.c
void app_files_drain(struct app *a); // what the disk says

#endif
