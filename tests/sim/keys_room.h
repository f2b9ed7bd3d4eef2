// A room of keys alone: real room_keys of many members, real control messages, a relay that hands them on, and sealed
// datagrams that overtake each other, in virtual time. Everything that happens follows from the seed.
#ifndef PARLOUR_TEST_KEYS_ROOM_H
#define PARLOUR_TEST_KEYS_ROOM_H

#include "client/net/room_keys_parts.h"

enum { KEYS_ROOM_PEOPLE = 80, KEYS_ROOM_HOLD_US = 300000, KEYS_ROOM_SLOT = 1, KEYS_ROOM_PAYLOAD = 8 };

struct keys_room_known { // a base that a member has ever held
    unsigned sender;
    uint8_t number, base[32];
};

struct keys_room_person {
    bool exists, here; // here: the relay lists it
    bool mute;         // what it says never leaves
    bool cut;          // its control connection is down
    bool sending;      // media
    uint16_t id;
    uint64_t join_id, here_us; // when the relay let it in, or let it go
    uint8_t identity[32], secret[64];
    struct room_keys keys;
    uint64_t delay_us, jitter_us;       // one way; jitter of datagrams
    uint64_t late_us;                   // control messages to it come so much later
    uint64_t up_us, down_us, box_count; // TCP keeps order
    struct control_box *boxes;          // until the next flush
    uint64_t tick_us, media_us;
    struct keys_room_known *known;
    size_t known_count;
    // what it saw
    unsigned opened[KEYS_ROOM_PEOPLE], wrong; // datagrams
    unsigned texts, bad;
    char text[64];
    uint64_t bytes_up, bytes_down, boxes_sent, cpu_ns;
    uint64_t switched_us; // last took a new base into use
    unsigned switches;
};

struct keys_room_note { // what somebody at the relay has written down
    uint64_t at_us;
    unsigned from;
    bool media;
    uint16_t to; // of a box
    uint8_t *data;
    size_t size;
};

struct keys_room_lost { // a datagram whose key did not come within the holding
    uint64_t at_us;
    unsigned from, to;
    uint8_t data[64];
    size_t size;
};

struct keys_room_use { // of a key that must seal each number once
    uint64_t key, n;
};

struct keys_room {
    uint64_t now_us, seed, order;
    uint32_t room;
    uint8_t invite[16];
    unsigned count; // of people, gone ones included
    struct keys_room_person people[KEYS_ROOM_PEOPLE];
    struct keys_room_packet *heap;
    size_t heap_count, heap_max;
    uint64_t media_period_us;
    bool recording;
    struct keys_room_note *records;
    size_t record_count;
    struct keys_room_lost *lost;
    size_t lost_count;
    struct keys_room_use *uses;
    size_t use_count;
    // What a relay that meddles does with a box for a member: false = it does not arrive.
    bool (*meddle)(struct keys_room *r, unsigned from, unsigned to, bool to_all, void *ctx);
    void *meddle_ctx;
};

struct keys_room *keys_room_create(uint64_t seed);
void keys_room_free(struct keys_room *r);
unsigned keys_room_enter(struct keys_room *r, uint64_t delay_us); // asks to come in now; returns who
void keys_room_leave(struct keys_room *r, unsigned who);          // asks to go now; what it knows it goes on knowing
void keys_room_cut(struct keys_room *r, unsigned who);            // its connection breaks
void keys_room_reconnect(struct keys_room *r, unsigned who);      // and is back: it announces
void keys_room_say(struct keys_room *r, unsigned who, unsigned to, const char *text); // to == who: to all
void keys_room_run(struct keys_room *r, uint64_t until_us);

// Everybody who is here holds the key that everybody else who is here seals with, and has seen proof of them.
bool keys_room_settled(const struct keys_room *r);
bool keys_room_holds(const struct keys_room *r, unsigned who, unsigned sender); // the key it seals with
// Of what was written down in that time, how much `who` can read with all it ever held and whatever follows from it.
unsigned keys_room_readable(const struct keys_room *r, unsigned who, uint64_t from_us, uint64_t until_us);
// Datagrams lost for want of a key by who was told that key, or had been here for two seconds.
unsigned keys_room_lost(const struct keys_room *r);
// No key has sealed two things under one number.
bool keys_room_numbers_once(struct keys_room *r);

// keys_room_spy.c, for keys_room.c
void keys_room_record(struct keys_room *r, unsigned from, bool media, uint16_t to, const void *data, size_t size);
void keys_room_lose(struct keys_room *r, unsigned from, unsigned to, uint64_t at_us, const uint8_t *data, size_t size);
void keys_room_used(struct keys_room *r, const uint8_t key[32], const char *what, uint8_t slot, uint64_t n);
void keys_room_learn(struct keys_room *r, struct keys_room_person *p); // whatever it holds now it knows for ever
bool keys_room_opens(const uint8_t base[32], const uint8_t *data, size_t n);

#endif
