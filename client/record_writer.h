// What is recorded becomes files: which packet goes into which, when one begins, what is asked for. Works inside the
// caller's thread and by his clock; only the disk may keep it.
#ifndef PARLOUR_RECORD_WRITER_H
#define PARLOUR_RECORD_WRITER_H

#include "client/record_file.h"
#include "client/record_queue.h"
#include "client/record_streams.h"

struct record_writer_config {
    bool l16; // sound is 16-bit PCM, not Opus
    void *ctx;
    void (*ask_keyframe)(void *ctx, uint16_t member, uint8_t slot); // of a picture; member 0 = ours
};

struct record_writer_part {
    struct record_file *file;
    uint64_t base_us, since_us; // its time 0; when it began
};

struct record_writer {
    struct record_writer_config config;
    struct record_queue *queue; // where items come from and their room is given back
    char path[RECORD_FILE_PATH], title[128];
    char file[RECORD_FILE_PATH]; // that is written now
    uint64_t floor_bytes, synced_us, closed_bytes;
    struct record_file *made;               // that has no tracks yet
    struct record_writer_part part, before; // before: pictures go over from it
    unsigned parts;
    uint64_t fresh_us, fresher_us; // the first stream that waits for a file came, and the newest did
    unsigned fresh;
    int error; // errno: the recording is over
    struct record_streams streams;
};

// Makes the file (record_file_create); `floor_bytes` stay free on the disk (disk_room_left). False with errno, ENOSPC
// when less is free.
bool record_writer_begin(struct record_writer *w, const struct record_writer_config *config, struct record_queue *queue,
                         const char *path, const char *title, uint64_t floor_bytes, uint64_t now_us);
void record_writer_take(struct record_writer *w, struct record_item *item, uint64_t now_us); // moved
// Writes what is due; all when at_end. False: `error` says why it is over.
bool record_writer_turn(struct record_writer *w, uint64_t now_us, bool at_end);
void record_writer_end(struct record_writer *w); // closes files, frees what waits
uint64_t record_writer_bytes(const struct record_writer *w);

#endif
