// Pure: whose sound and pictures there are to be recorded, where each packet belongs in time, and what waits for which
// file. A stream is one person's sound, camera or screen; a person is known by his identity, so who comes back goes on
// in his own track. Bytes and names are foreign. Items belong to whoever holds the list they are in.
#ifndef PARLOUR_RECORD_STREAMS_H
#define PARLOUR_RECORD_STREAMS_H

#include "client/record_clock.h"
#include "client/record_order.h"
#include "client/record_queue.h"

enum {
    RECORD_STREAMS_PEOPLE = 64,
    RECORD_STREAMS_MAX = 3 * RECORD_STREAMS_PEOPLE,
    RECORD_STREAMS_HEADERS = 2048, // SPS and PPS of a picture
    RECORD_STREAMS_NONE = -1
};

struct record_person {
    bool used, here;
    bool camera;                // he says that he has one on
    uint16_t member;            // while he is here
    uint64_t said_us, taken_us; // the moment he told of last, on our clock; what the first of his streams made of it
    uint8_t identity[32];
    char name[RECORD_QUEUE_NAME];
};

struct record_stream {
    bool used;
    uint8_t person, kind; // kind: enum wire_stream, AUDIO, CAMERA or SCREEN
    struct record_clock clock;
    struct record_item *first, *last; // what waits, in its order; at_us = when it was captured, in order, too
    size_t waiting;                   // bytes of it

    // Pictures.
    bool going;       // there was a keyframe to begin with
    bool refused;     // no file can have it
    uint8_t slot;     // of ours: the layer that is recorded
    uint64_t seen_us; // the last one of it came
    uint64_t asked_us;
    uint8_t headers[RECORD_STREAMS_HEADERS]; // Annex B SPS and PPS of the newest keyframe that has them
    size_t headers_size;
    unsigned width, height;
    struct record_order order;

    // Sound.
    bool stereo, heard;
    uint32_t newest; // timestamp of the newest that was handed out

    // Files: `track` is its track in the newest part, `old_track` in the one before it until the stream has gone over.
    int track, old_track;
    int64_t last_ms; // in the file it is written to now; -1 = nothing yet
};

struct record_streams {
    bool l16;
    struct record_person people[RECORD_STREAMS_PEOPLE];
    struct record_stream streams[RECORD_STREAMS_MAX];
};

struct record_ask { // for a keyframe of a picture
    bool wanted;
    uint16_t member;
    uint8_t slot;
};

void record_streams_init(struct record_streams *s, bool l16);
void record_streams_destroy(struct record_streams *s); // what waits has been popped
// He is here, as `member` (said again: his camera); with an identity that has gone he is the one he was. When there are
// 64 the one who has gone and is in no file makes room, else he is not recorded.
void record_streams_member(struct record_streams *s, uint16_t member, const uint8_t identity[32], const char *name,
                           bool camera);
void record_streams_gone(struct record_streams *s, uint16_t member);
void record_streams_clock(struct record_streams *s, const struct record_item *told, uint64_t now_us);
// A picture or sound. True: it waits in its stream now. False: it is the caller's still and of no use; *useful says
// whether something is missing without it. *ask may be set either way.
bool record_streams_take(struct record_streams *s, struct record_item *item, uint64_t now_us, struct record_ask *ask,
                         bool *useful);
// A stream that waits and has no track, oldest first; NULL = none.
struct record_stream *record_streams_fresh(struct record_streams *s);
// Of the streams with a track, the one whose first waiting item is the oldest of all, not after until_us, and known
// when it is shown. What its sender has not told the time of waits longer.
struct record_stream *record_streams_next(struct record_streams *s, uint64_t until_us);
uint64_t record_streams_oldest(const struct record_streams *s); // that waits, of all; UINT64_MAX = nothing does
struct record_item *record_streams_pop(struct record_stream *st);
void record_streams_end(struct record_streams *s); // nothing more comes: what waits is to be written as it is
// Whoever says he has a camera on is seen, and of what waits for a file it is known when it was captured.
bool record_streams_complete(const struct record_streams *s);
// The sound of everybody who is here has a stream, also of who has said nothing yet.
void record_streams_expect_sound(struct record_streams *s);
const struct record_person *record_streams_person(const struct record_streams *s, const struct record_stream *st);
unsigned record_streams_audio_ms(const struct record_streams *s, const struct record_item *item); // how long; 0 = none

#endif
