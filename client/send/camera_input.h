// An opened libavformat or libavdevice input whose waiting can be ended: by a wake-up, or because a live one gives
// nothing. Camera thread only.
#ifndef PARLOUR_CAMERA_INPUT_H
#define PARLOUR_CAMERA_INPUT_H

#include "camera_wake.h"

struct AVDictionary;
struct AVFormatContext;
struct AVIOContext;
struct AVInputFormat;

enum {                           // how it is opened
    CAMERA_INPUT_UNBUFFERED = 1, // what is read to look into it is dropped
    CAMERA_INPUT_DEVICE = 2,     // asked without blocking
    CAMERA_INPUT_LIVE = 4        // opened within 8 s or not at all; but a pipe may wait for its writer
};

struct camera_input {
    struct camera_wake *wake;
    struct AVFormatContext *format; // NULL = not open
    int pipe;                       // -1 unless it is a pipe that we read ourselves
    struct AVIOContext *pipe_io;
    uint64_t closes_us;   // it is being closed: no word of goodbye goes out any later; 0 = it is not
    uint64_t gives_up_us; // opened, or a packet given, no later; 0 = nothing is awaited. Of the owner while it reads
};

// False (logged) when it cannot be opened or `wake` was raised; close it all the same.
bool camera_input_open(struct camera_input *in, const char *url, const struct AVInputFormat *format,
                       struct AVDictionary **options, unsigned ways, struct camera_wake *wake);
void camera_input_close(struct camera_input *in);
bool camera_input_stalled(const struct camera_input *in); // it had to give something by now

// What sources of RTSP are asked for; others ignore it.
void camera_input_live_options(struct AVDictionary **options);
bool camera_input_is_fifo(const char *path);
bool camera_input_is_regular(const char *path);
// Take "FORMAT:URL" apart. NULL when what stands before the colon is no format.
const struct AVInputFormat *camera_input_format(const char *spec, const char **url);

#endif
