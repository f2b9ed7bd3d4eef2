// One picture stream of a file, a camera that encodes, or a pipe, taken apart but not decoded: H.264 access units as
// Annex B with their parameter sets ahead of every IDR, each with the time of the picture that comes out of a decoder
// with it (picture_order.h). What cannot be passed on as it is says why; its packets are for a decoder here.
// One thread at a time; reads of live sources block, and end when `wake` is raised.
#ifndef PARLOUR_STREAM_SOURCE_H
#define PARLOUR_STREAM_SOURCE_H

#include "camera_wake.h"

struct AVCodecParameters;
struct AVPacket;
struct stream_source;

enum stream_why { // not passed on
    STREAM_PASSES,
    STREAM_CODEC,  // no H.264
    STREAM_KIND,   // not 8 bit 4:2:0 progressive of at most 2560x1440
    STREAM_ORDER,  // B-frames, and it does not say how many are kept back; or they carry no times
    STREAM_SETS,   // no parameter sets
    STREAM_DAMAGED // a picture of more than 1 MiB
};

struct stream_info {
    enum stream_why why;
    bool live;              // comes as it comes; false: a file, which waits for whoever reads it
    unsigned width, height; // as shown
    unsigned fps, reorder;  // reorder: access units until a decoder gives the first picture
    unsigned kbps;          // on average, as the file says; 0 = not known
    int64_t step_us;        // between pictures
    int64_t length_us;      // 0 = not known
    int64_t keyframes_us;   // as far apart as they are at the most; 0 = not known
};

struct stream_unit {
    struct AVPacket *packet; // of the owner: av_packet_free
    bool keyframe;           // an IDR with its parameter sets; of other streams what is marked so
    bool timed;              // shows_us is known: only live sources may lack it
    int64_t shows_us;        // since the beginning; rises
};

enum stream_result { STREAM_UNIT, STREAM_ENDED, STREAM_FAILED };

// A path, `file:PATH`, `rtsp://...`, `FORMAT:URL`, a pipe, `h264:/dev/videoN` (a camera that encodes). `loops`: a file
// begins again at its end, and its times go on. NULL (logged) when it cannot be opened.
struct stream_source *stream_source_open(const char *spec, bool loops, struct camera_wake *wake);
void stream_source_close(struct stream_source *s);                           // NULL is fine
const struct stream_info *stream_source_info(const struct stream_source *s); // why may change with every unit
const struct AVCodecParameters *stream_source_codec(const struct stream_source *s);
enum stream_result stream_source_read(struct stream_source *s, struct stream_unit *out);
// To the last keyframe at or before it.
bool stream_source_seek(struct stream_source *s, int64_t us);
// When the first keyframe after `us` shows; INT64_MAX = not known, or there is none.
int64_t stream_source_next_keyframe(const struct stream_source *s, int64_t us);

#endif
