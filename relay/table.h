// Rooms and members as the worker sees them: found by (room, sender), preallocated and bounded.
#ifndef PARLOUR_TABLE_H
#define PARLOUR_TABLE_H

#include "shared/addr.h"
#include "shared/replay.h"
#include "shared/wire.h"
#include "guard.h"
#include "parity_state.h"
#include "repair_state.h"
#include "report.h"

enum {
    TABLE_NONE = 0xFFFF,
    TABLE_BUCKETS = 8192,
    TABLE_SLOTS = 6 * 16,  // audio, camera, screen, file, file acks, meta; 4 layers x 4 sub-streams or 16 numbers each
    TABLE_VIDEO_SLOTS = 8, // camera and screen, 4 layers
    TABLE_VOID = 4096
};

enum table_space { TABLE_SPACE_MEDIA, TABLE_SPACE_OTHER, TABLE_SPACES };
enum table_state { TABLE_LIVE, TABLE_AWAY, TABLE_LEFT };

// What a receiver wants of one sender: LAYERS as it came.
struct table_want {
    uint8_t camera, screen;
    uint16_t camera_kbps, screen_kbps;
};

// One slot of a sender on its way down.
struct table_slot {
    uint64_t number;    // last hop number given
    uint64_t receivers; // bit = seat of a member who subscribed; live or not
};

struct table_refresh {
    uint64_t sent_us; // 0 = never
    uint32_t last_good_ts;
    bool has_ts, pending;
};

// One video layer of a sender, while a receiver goes from one to another (switches.h).
struct table_layer {
    uint64_t waiting; // seats that go on with another layer until a keyframe of this one is whole
    uint64_t leaving; // seats that still get this one, up to leave_ts
    uint64_t leave_us;
    uint32_t leave_ts;
    struct {
        bool any, began, ended;
        uint8_t kid;
        uint32_t ts, first_ctr, last_ctr, came;
        uint64_t first; // number
    } keyframe;         // the newest
};

// What every datagram touches stands first: a relay of many small rooms is as fast as its cache misses are few.
struct table_member {
    // As a receiver, and to be found: the first cache line.
    struct addr addr;
    uint64_t sent_us;
    uint64_t forwarded_bytes; // to it, of others' streams
    uint64_t due_us;          // nothing needs doing before; whoever makes something due sooner sets it to 0
    uint32_t room_id;
    uint16_t sender;
    uint16_t next; // in the bucket, or in the free list

    // As a sender: session, limits, windows, reports.
    uint16_t room; // index
    uint8_t seat;  // bit in the room's masks
    bool used;
    bool proved;
    uint8_t state, told; // enum table_state; told: what the control thread has heard
    uint8_t left_reason;
    uint8_t key_up[16];
    guard_bucket datagrams, bytes, sound, asked;
    uint64_t heard_us;
    uint64_t confirmed[TABLE_SPACES]; // numbers below this were announced by the sender itself
    uint32_t serial;                  // new with every join, never 0
    struct repair_hot repair_hot;
    struct replay up[TABLE_SPACES];
    struct report report[TABLE_SPACES];
    struct table_slot slot[TABLE_SLOTS];
    uint8_t switching; // bit = video slot of which somebody waits for a keyframe, or that somebody leaves
    struct table_layer layer[TABLE_VIDEO_SLOTS];
    struct table_refresh refresh[TABLE_VIDEO_SLOTS];
    uint64_t watched_due_us;
    uint8_t watched_repeats;

    // Now and then.
    struct repair_state repair;
    struct parity_state parity;
    uint8_t key_down[16];
    uint64_t down_number;
    uint64_t pinged_us, moved_us, challenged_us, probed_us;
    uint64_t back_us;       // was away before; what was sent then was not for it
    uint64_t layers_number; // of the newest LAYERS
    struct table_want want[WIRE_ROOM_MEMBERS_MAX];
    uint64_t join_id;
    uint32_t epoch;      // of the ticket it came with
    uint32_t seen_epoch; // newest it named in a PING
    uint32_t proof_t;
    uint64_t nonce;
    uint8_t hop_key[32];
} __attribute__((aligned(64)));

struct table_room {
    uint32_t id;
    uint32_t epoch; // newest
    uint16_t next;
    bool used;
    bool quiet;                           // somebody's slot fell quiet in this tick
    bool rebuilt;                         // from tickets: unknown join ids are judged by epoch
    uint8_t down[16];                     // D, the room downlink key datagrams are tagged with
    uint64_t taken;                       // seats
    uint64_t live;                        // seats that are proved and not away
    uint64_t lossy;                       // seats that tell of losses: they get parity
    uint64_t down_next_us;                // `down_next` is used from then on in any case; 0 = `down` is the newest
    uint16_t seat[WIRE_ROOM_MEMBERS_MAX]; // member index
    uint8_t down_next[16];                // that of the newest epoch, while not all live members know it
} __attribute__((aligned(64)));

struct table {
    struct table_member *member; // members_max
    struct table_room *room;     // rooms_max
    unsigned members_max, rooms_max;
    uint16_t member_bucket[TABLE_BUCKETS], room_bucket[TABLE_BUCKETS];
    uint16_t member_free, room_free;
    unsigned members, rooms;
    unsigned rooms_version; // rises when a room comes or goes
    uint32_t serial;
    uint64_t gone[TABLE_VOID]; // join ids that left or were sent away: their tickets are void
    unsigned gone_at;
};

// Numbers up to 65,000; pages are touched only as they are used. False when there is no memory.
MUST_USE bool table_init(struct table *t, unsigned members_max, unsigned rooms_max);
void table_free(struct table *t);
struct table_room *table_room(struct table *t, uint32_t room);
struct table_member *table_find(struct table *t, uint32_t room, uint16_t sender);
// Add a room (down key unset), or NULL when all are in use. The id must be new.
struct table_room *table_add_room(struct table *t, uint32_t room, uint32_t epoch);
// Add a member to a room: audio and meta of all others are subscribed both ways. NULL when a limit is reached or the
// sender id is taken.
struct table_member *table_add(struct table *t, struct table_room *r, uint16_t sender, uint64_t join_id,
                               const uint8_t hop_key[32], uint64_t now_us);
// Forget a room nobody is in (one whose first member could not be added).
void table_drop_room(struct table *t, struct table_room *r);
// Forget a member; the room goes with its last one.
void table_remove(struct table *t, struct table_member *m);
void table_make_void(struct table *t, uint64_t join_id);
bool table_is_void(const struct table *t, uint64_t join_id);
// Index into table_member.slot, or -1 for a stream that does not exist.
int table_slot_index(uint8_t slot);
// Index into table_member.layer and .refresh, of a slot of video.
static inline unsigned table_video_slot(uint8_t slot)
{
    return (wire_stream(slot) == WIRE_STREAM_SCREEN ? TABLE_VIDEO_SLOTS / 2 : 0) + wire_layer(slot);
}
uint8_t table_slot_of(int index);

#endif
