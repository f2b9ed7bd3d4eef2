// Who has registered, and which calls ring: what the list of people is made of. Pure and bounded: time is passed in.
//
// A name belongs to the identity that registered it, while its connection stands and PEOPLE_KEPT_US longer; a relay
// that starts anew remembers nobody. When the table is full somebody who is away is forgotten, of the source that has
// most of those, the one who has been away longest: who comes under thousands of names makes room with his own. Who is
// here is never forgotten.
#ifndef PARLOUR_PEOPLE_H
#define PARLOUR_PEOPLE_H

#include "guard.h"

#include "shared/control.h"
#include "shared/label.h"

#define PEOPLE_KEPT_US (24 * 3600 * 1000000ull)

enum { PEOPLE_MAX = 8192, PEOPLE_CALLS = 2048, PEOPLE_NOBODY = 0xFFFFFFFF };
enum { PEOPLE_TELL_S = 2, PEOPLE_TELLS = 10 }; // of one, news go out each so many seconds, and so many at once

struct people_person {
    bool used;
    bool away, answers;  // as it says of itself
    bool news;           // something but the state has changed since it was told
    uint16_t host;       // guard's index of the source it came from last
    uint8_t told;        // enum control_person_state as the others know it; 0 = they do not
    uint64_t list_until; // the whole list is being sent to it up to this block; 0 = it is not
    uint32_t conn;       // PEOPLE_NOBODY = not here
    uint32_t call;       // the number of its call that rings; 0 = none
    uint64_t left_us;    // when it was here last
    guard_bucket rings;  // calls to it
    guard_bucket tells;  // news of it
    char name[TICKET_NAME_MAX], label[LABEL_MAX];
    uint8_t identity[32], key[32], signature[STATEMENT_SIZE]; // key and signature for the others to check
};

struct people_call {   // that rings
    uint32_t id;       // 0 = unused
    uint32_t from, to; // places in the table of people
    uint32_t request;  // of the caller
    uint64_t until_us;
    uint8_t key[32], signature[STATEMENT_SIZE]; // the caller's join key and its statement
};

struct people { // zero = empty
    struct people_person person[PEOPLE_MAX];
    struct people_call call[PEOPLE_CALLS];
    uint32_t touched, calls_touched; // those after the first so many have never been used
    uint32_t here, ringing;          // how many
    uint32_t last_call;
    uint64_t calls; // since the start
};

// Does the name belong to another identity?
MUST_USE bool people_taken(const struct people *all, const char *name, const uint8_t identity[32], uint64_t now_us);
// Enter somebody from guard's source `host`, whose name is free or his own; his place, or PEOPLE_NOBODY when there is
// none left. What else is told of him the caller fills in. Of another connection he must have left before.
uint32_t people_register(struct people *all, const char *name, const uint8_t identity[32], uint32_t conn,
                         unsigned host);
// The place of an identity, here or away, or PEOPLE_NOBODY.
uint32_t people_find(const struct people *all, const uint8_t identity[32]);
// The connection is gone; the name stays.
void people_leave(struct people *all, uint32_t at, uint64_t now_us);
// Forget who has been away for so long that nobody waits for him.
void people_forget(struct people *all, uint64_t now_us);

// What the list says of somebody. `in_room`: its connection speaks for a member of a room.
enum control_person_state people_state(const struct people *all, uint32_t at, bool in_room);
// From `*next` on, round the table: up to `max` people of whom the others know something else than is true, by
// `state_of`. They count as told; of whom much has been told of late it waits. Returns how many.
size_t people_changed(struct people *all, uint32_t *next, uint32_t out[], size_t max, uint64_t now_us,
                      enum control_person_state (*state_of)(void *ctx, uint32_t at), void *ctx);

// A call rings: the caller and whom he calls are here, and in no call. NULL when too many ring.
struct people_call *people_ring(struct people *all, uint32_t from, uint32_t to, uint64_t now_us);
struct people_call *people_call_of(struct people *all, uint32_t id); // NULL = rings no more
void people_end_call(struct people *all, struct people_call *c);
struct people_call *people_overdue(struct people *all, uint64_t now_us); // one that has rung long enough, or NULL

#endif
