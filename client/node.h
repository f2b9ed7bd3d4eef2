// A member of a room without screen and person: a camera, a library, a film. It comes in by invite, number or
// passphrase, waits in the lobby, comes back by itself after a cut, and knows who is there. Several may live in one
// process (node_group.h), each with a name and an identity of its own.
//
// All functions are for the owner's thread unless they say otherwise.
#ifndef PARLOUR_NODE_H
#define PARLOUR_NODE_H

#include "call.h"
#include "messages.h"
#include "net/transport.h"
#include "node_group.h"

struct node;

enum node_phase {
    NODE_ASKING,  // for the room; refused, again each 30 s: unless a person has refused, --connect-timeout is set, or
                  // it is a film, which is asked for anew by whoever wants it
    NODE_WAITING, // in the lobby
    NODE_IN,
    NODE_APART, // was in; it tries again by itself
    NODE_OVER   // refused for good: node_exit_code
};

struct node_config {
    const char *name;    // copied
    enum call_kind kind; // as others are told
    bool deaf;           // no sound and no pictures of others are wanted
    unsigned kbps;       // what its picture takes at the most
    bool fixed;          // its picture is coded already: COMMAND_LAYERS tells what there is
    void *ctx;
    // From node_serve, once the node has made its own of it: NULL = nobody asks.
    void (*told)(void *ctx, const struct notice *n);
    // The net thread, as in transport_config; each may be NULL.
    void (*audio)(void *ctx, const struct media_packet *p);
    void (*video)(void *ctx, uint16_t member, uint8_t slot, struct recv_frame *frame); // contents moved
    uint32_t (*audio_ts)(void *ctx, uint64_t now_us);
    bool (*counted)(void *ctx, uint32_t *number, uint32_t *ts);
    void (*keyframe)(void *ctx, uint8_t slot);
    void (*rates)(void *ctx, const struct outflow_rates *rates);
    void (*hold)(void *ctx, bool hold);
};

// Asks for the room of the group's options as soon as it is started. NULL with a sentence on stderr.
struct node *node_create(struct node_group *g, const struct node_config *config);
bool node_start(struct node *n);
// Take what has been told. When it wants to be called again at the latest.
uint64_t node_serve(struct node *n, uint64_t now_us);
void node_stop(struct node *n); // says goodbye
void node_join(struct node *n);
void node_destroy(struct node *n); // NULL is fine

enum node_phase node_phase(const struct node *n);
int node_exit_code(const struct node *n);    // NODE_OVER: why
uint16_t node_self(const struct node *n);    // member id; 0 = not in a room
const char *node_name(const struct node *n); // as others see it
// Who is here besides it, in order of joining.
const struct call_member *node_members(const struct node *n, size_t *count);
const struct call_member *node_member(const struct node *n, uint16_t id); // NULL: nobody
void node_stats(struct node *n, struct stats *out);

// What others are told of it: `about` is JSON, copied, NULL = nothing. Told again by itself in a new room.
void node_set_state(struct node *n, bool microphone, bool camera, const char *about);
// A JSON object for the program of `member`, 0 = of all. False: it could not be queued.
bool node_tell(struct node *n, uint16_t member, const char *text);
bool node_command(struct node *n, struct command *c); // moved, also when false
// Any thread, as transport_send_video and transport_send_audio.
bool node_send_video(struct node *n, struct encoded_frame *frame);
void node_send_audio(struct node *n, const uint8_t *data, size_t size, uint32_t ts, bool talk_spurt);
void node_judge_again(struct node *n); // any thread: what this machine knows of people has changed

#endif
