// One camera of this machine, given to a room: its device, its encoders, and the member that it is there.
#ifndef PARLOUR_FEED_H
#define PARLOUR_FEED_H

#include "node.h"

struct feed;

struct feed_config {
    struct node_group *group;
    unsigned id;            // the number it is asked for by,
    bool fixed_id;          // or, unless this, the first that is free when it is another camera's
    const char *name;       // as the room sees it; copied, like the next two
    const char *spec;       // camera.h
    const char *microphone; // mic.h; NULL or "none" = without sound
    unsigned width, height; // pictures are no larger; 0 = 1280x720
    unsigned fps;           // asked of devices; 0 = 30
    unsigned kbps;
    bool in_room;            // else there are stock viewers only
    const char *tcp_address; // where stock viewers connect (tcp_feed.h); NULL = they cannot
    uint16_t tcp_port;
};

struct feed_figures {
    unsigned id;
    char name[CALL_NAME_MAX];
    enum node_phase phase;
    uint16_t member;        // 0 = not in a room
    unsigned width, height; // of its pictures; 0 = none has come yet
    double fps;
    bool up;                          // pictures come,
    bool direct;                      // and as their source has coded them
    uint32_t seq;                     // of the newest, counted from 1
    int64_t age_ms;                   // since it was taken; -1 = none yet
    char sentence[CALL_SENTENCE_MAX]; // why none come; "" when they do
    unsigned tcp_viewers;
    unsigned watchers; // in the room, of the layer most are watching
};

// NULL with a sentence on stderr.
struct feed *feed_create(const struct feed_config *config);
bool feed_start(struct feed *f);
uint64_t feed_serve(struct feed *f, uint64_t now_us); // as node_serve
void feed_get_figures(struct feed *f, uint64_t now_us, struct feed_figures *out);
// The same camera with other limits, at once: a moment without pictures. 0 = leave as it is. False: what is coded
// already cannot be changed.
bool feed_set_limits(struct feed *f, unsigned width, unsigned height, unsigned fps);
struct node *feed_node(struct feed *f); // NULL: it is in no room
const struct feed_config *feed_settings(const struct feed *f);
void feed_stop(struct feed *f);
void feed_join(struct feed *f);
void feed_destroy(struct feed *f); // NULL is fine

#endif
