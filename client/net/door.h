// Pure: how who has no invite key comes in (PROTOCOL.md §6, Door): by a person's yes, or by a passphrase of which
// nobody on the way, the relay least of all, learns more than whether one guess was right. Bytes in, bytes out; the
// caller carries them (base64 in `join`, `knock` and `door`), has checked the other's join statement, and keeps every
// struct here in guarded memory: they hold keys.
#ifndef PARLOUR_DOOR_H
#define PARLOUR_DOOR_H

#include "shared/cpace.h"

enum {
    DOOR_MAX = 218, // the longest message: a grant
    DOOR_TRIES = 10 // answers to wrong passphrases in DOOR_TRIES_US; then a person decides
};
#define DOOR_TRIES_US 600000000u

struct door_side {
    uint8_t identity[32], key[32]; // key: of this join
};

struct door_self {
    struct door_side open;
    const uint8_t *identity_secret, *key_secret; // 64 and 32 bytes, the caller's
};

enum door_result {
    DOOR_NOTHING,  // no change
    DOOR_SEND,     // `out` is to go back to who said this
    DOOR_ASKED,    // knocker: the room has a passphrase; door_say when a person has typed it
    DOOR_WRONG,    // knocker: the passphrase is not the room's, and this knock is over. Host: one guess has failed
    DOOR_UNPROVEN, // knocker: let in by one who did not show to know the passphrase that was said here. It may be
                   // anybody who sits on the way: not taken. A grant of one who knows it may still come
    DOOR_GRANTED,  // knocker: *grant is filled, and this knock is over
    DOOR_ADMIT,    // host: it knows the passphrase: grant and admit
    DOOR_BAD       // not what the protocol says, or changed on the way: no change
};

// ---- who knocks ----

struct door_grant {
    uint8_t invite_key[16];
    bool has_root;
    uint8_t root[32];      // the room's passphrase, when it has one
    struct door_side host; // who let us in: to be found in the roster with this identity and key
    bool proven;           // both have shown that they know the passphrase
};

struct door_knocker {
    uint32_t code;
    bool said, proven, over;
    struct cpace run;
    struct door_side host; // who has shown that it knows the passphrase
    uint8_t isk[32];
};

// A new knock, with the passphrase's root or NULL. Returns the size of the message for `join`, 0 = none.
size_t door_knock(struct door_knocker *k, uint32_t code, const struct door_self *me, const uint8_t *root,
                  uint8_t out[DOOR_MAX]);
// The passphrase, typed later, or another one before the first was answered. 0 when it is too late.
size_t door_say(struct door_knocker *k, const struct door_self *me, const uint8_t root[32], uint8_t out[DOOR_MAX]);
// What a host sent. With `invite_key` (else NULL) only a grant of that very key counts.
enum door_result door_knocker_take(struct door_knocker *k, const struct door_self *me, const uint8_t *invite_key,
                                   const uint8_t *data, size_t size, uint8_t out[DOOR_MAX], size_t *out_size,
                                   struct door_grant *grant);

// ---- a host ----

// Answers given and not yet followed by proof, of all knocks at one room. All zeros at first; kept over reconnects.
struct door_limit {
    uint64_t newest;
    struct {
        uint64_t number, at_us; // number 0 = free
    } tries[DOOR_TRIES];
};

struct door_host { // one for each that knocks
    uint32_t code;
    struct door_side knocker;
    bool running, proven, waiting; // waiting: its share came when the limit was reached
    uint64_t attempt;
    uint8_t share[CPACE_SHARE], isk[32], confirm[32];
};

void door_host_open(struct door_host *h, uint32_t code, const struct door_side *knocker);
// What the knocker sent, or nothing (size 0: the knock came without). `root` is the room's, or NULL when it has none.
enum door_result door_host_take(struct door_host *h, const struct door_self *me, const uint8_t *root,
                                struct door_limit *limit, uint64_t now_us, const uint8_t *data, size_t size,
                                uint8_t out[DOOR_MAX], size_t *out_size);
// A share that came when the limit was reached is answered as soon as one of the tries has turned out right or old: to
// be asked for every waiting knock after a DOOR_ADMIT, and now and then. Returns the size of the answer, mostly 0.
size_t door_host_retry(struct door_host *h, const struct door_self *me, const uint8_t *root, struct door_limit *limit,
                       uint64_t now_us, uint8_t out[DOOR_MAX]);
// Let it in: the message that goes before `admit`. 0 when its join key is not acceptable.
size_t door_grant(const struct door_host *h, const struct door_self *me, const uint8_t invite_key[16],
                  const uint8_t *root, uint8_t out[DOOR_MAX]);
// The knock is gone. One that was let in, by whichever host, was no wrong guess.
void door_host_close(struct door_host *h, struct door_limit *limit, bool let_in);

#endif
