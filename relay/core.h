// The worker's whole behaviour without sockets or clock: a datagram, a tick or a command at a given time in, datagrams
// and events out. Nothing is allocated after core_create. Used by one thread.
#ifndef PARLOUR_CORE_H
#define PARLOUR_CORE_H

#include "shared/ticket.h"
#include "guard.h"
#include "table.h"

// A source of which so many datagrams a second prove nothing sends more than it may.
enum { CORE_TICK_US = 10000, CORE_REJECTED = 1024, CORE_REJECTED_PER_S = 2000 };

enum core_event_type {
    CORE_PROVED, // a member's UDP session stands; `ticket` is what it came with
    CORE_AWAY,   // silent for 4 s
    CORE_BACK,
    CORE_LEFT // said BYE, or 30 s of silence
};
enum core_left { CORE_LEFT_BYE, CORE_LEFT_LOST, CORE_LEFT_EPOCH };

struct core_event {
    enum core_event_type type;
    uint32_t room;
    uint16_t sender;
    uint64_t join_id;
    enum core_left reason; // CORE_LEFT
    bool rebuilt;          // CORE_PROVED: taken in by its ticket alone; the control thread may not know it
    struct ticket ticket;  // CORE_PROVED and rebuilt
};

// CORE_EPOCH: the room has a new epoch, and with it another downlink key. Its members go on: each is seen to have it
// when his PING names it.
// CORE_DRAIN: everybody is told that the relay is about to end and will be back.
enum core_command_type { CORE_ADD, CORE_REMOVE, CORE_EPOCH, CORE_DRAIN };

struct core_command {
    enum core_command_type type;
    uint32_t room, epoch;
    uint16_t sender;
    uint64_t join_id;
    bool rebuilt;        // CORE_ADD: the room came from tickets
    bool lost;           // CORE_REMOVE: its ticket stays good
    uint8_t bye;         // CORE_REMOVE: enum ctrl_bye, told to the member
    uint8_t hop_key[32]; // CORE_ADD
};

struct core_counters {
    uint64_t in, in_bytes, out, out_bytes;
    uint64_t malformed, strangers, bad_tag, replayed, over_limit, unwanted, far_ahead;
    uint64_t hello, challenge, proof, moves;
    uint64_t repeated;       // to members who asked again
    uint64_t mended, parity; // of what members sent; sent to members
};

struct core_config {
    // Send a train to one member: `n` bytes, cut every `segment` bytes (n == segment: one datagram). `bytes` lies in
    // what was given to core_train and stays as it is until the next call, or is a buffer that is gone after this one.
    void (*emit)(void *ctx, const uint8_t *bytes, size_t n, size_t segment, const struct addr *to);
    void *ctx;
    struct addr own; // never a peer; length 0 = unknown
    // False when there is no room: the core tells it again at the next tick.
    bool (*event)(void *ctx, const struct core_event *e);
    // This source sends more than it may; told once for each of its trains. NULL = nobody asks.
    void (*over_limit)(void *ctx, const struct addr *source);
    const uint8_t *ticket_key;               // 32 bytes, the caller's
    uint8_t boot_nonce[16], boot_secret[16]; // random, new at each start
    uint8_t probe_key[16];                   // of the health check
    unsigned members_max, rooms_max;         // 0 = WIRE_MEMBERS_MAX, WIRE_ROOMS_MAX
    size_t history_bytes;
};

// What every datagram touches stands first.
struct core {
    struct history *history;
    struct repair *repair;
    struct parity *parity;
    bool train_kept; // the train being taken must stay in memory: it is in the history, or on its way out
    struct core_counters counters;
    struct core_config config;
    struct table table;
    struct guard guard;
    uint64_t wall_s; // of the last tick
    unsigned ticks;
    guard_bucket probe;
    struct {
        uint32_t second;
        uint32_t count;
    } rejected[CORE_REJECTED];
};

// NULL when there is no memory for the tables.
struct core *core_create(const struct core_config *config, uint64_t wall_s);
void core_destroy(struct core *c);
// One train: `n` bytes from one source, cut every `segment` bytes, the last may be shorter. The hop headers of what is
// forwarded are rewritten in place.
void core_train(struct core *c, uint8_t *p, size_t n, size_t segment, const struct addr *from, uint64_t came_us,
                uint64_t now_us);
// A train of one.
void core_datagram(struct core *c, uint8_t *p, size_t n, const struct addr *from, uint64_t now_us);
// To be called every CORE_TICK_US while there are members (every second else). `wall_s`: s since 1970, for ticket
// expiry.
void core_tick(struct core *c, uint64_t now_us, uint64_t wall_s);
void core_command(struct core *c, const struct core_command *command, uint64_t now_us);

// Between the core's own files.
void core_send(struct core *c, struct table_member *m, uint8_t *p, size_t n, const struct addr *to, uint64_t now_us);
void core_send_reports(struct core *c, struct table_member *m, uint64_t now_us);
void core_send_refreshes(struct core *c, const struct table_room *r, uint64_t now_us);
void core_set_state(struct core *c, struct table_member *m, enum table_state state, uint64_t now_us);
void core_over_limit(struct core *c, const struct addr *source);
void core_room_down(const struct core *c, uint32_t room, uint32_t epoch, uint8_t down[16]);
// The history's name for one slot of one member.
static inline uint64_t core_stream(const struct table_member *m, int slot_index)
{
    return (uint64_t)m->serial << 8 | (unsigned)slot_index;
}

#endif
