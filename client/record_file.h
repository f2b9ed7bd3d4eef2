// One Matroska file that is being recorded: what comes is put into it as it is (remuxed), nothing is decoded or
// encoded. One thread at a time; a slow disk delays the caller. What has been written stays readable if this process or
// the machine dies: a cluster a second, on the disk after record_file_sync.
#ifndef PARLOUR_RECORD_FILE_H
#define PARLOUR_RECORD_FILE_H

#include "shared/base.h"

enum { RECORD_FILE_TRACKS = 120, RECORD_FILE_PATH = 1024 }; // libavformat's Matroska takes 126

enum record_file_codec { RECORD_FILE_H264, RECORD_FILE_OPUS, RECORD_FILE_L16 };

struct record_file_track {
    enum record_file_codec codec;
    const char *title;      // UTF-8
    const uint8_t *headers; // H.264: an Annex B access unit with SPS and PPS
    size_t headers_size;
    unsigned width, height;
    bool stereo;
};

struct record_file;

bool record_file_takes(
    const struct record_file_track *track); // its headers, which a stranger made, are good for a file
// Make a file that was not there: `path`, or with " (2)", " (3)", ... before its ending (it has its name from the
// start, as it can be looked at while it grows). What it is called goes to `made`. NULL with errno set.
struct record_file *record_file_create(const char *path, char made[RECORD_FILE_PATH]);
// The tracks, once. `title` and `date` (seconds since 1970) are tags. False (errno) when it cannot be written.
bool record_file_begin(struct record_file *f, const char *title, int64_t date, const struct record_file_track *tracks,
                       size_t count);
struct record_file_packet {
    size_t track;
    int64_t ms, shown_ms; // ms rises in a track, in the order of decoding; shown_ms is not before it
    unsigned duration_ms;
    bool keyframe;
    const uint8_t *data; // H.264 as Annex B
    size_t size;
};

// False (errno) when it cannot be written: nothing more is.
bool record_file_put(struct record_file *f, const struct record_file_packet *packet);
bool record_file_sync(struct record_file *f);                           // what was written is on the disk
uint64_t record_file_size(const struct record_file *f);                 // bytes
uint64_t record_file_room(const struct record_file *f, uint64_t floor); // disk_room_left of its disk
// Ends it properly. One without tracks is removed. NULL is fine. False (errno) when not all of it is on the disk.
bool record_file_close(struct record_file *f);
// Pure: the name of part `part` (from 1) of a recording: FILE.mkv, FILE-2.mkv, ...; of clash `clash` (from 1):
// FILE.mkv, FILE (2).mkv, ... False when it is too long.
bool record_file_part_name(char out[RECORD_FILE_PATH], const char *path, unsigned part);
bool record_file_other_name(char out[RECORD_FILE_PATH], const char *path, unsigned clash);

#endif
