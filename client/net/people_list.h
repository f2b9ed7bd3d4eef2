// Pure: the relay's list of who can be called, as far as it is believed. An entry stands for an identity, and its name
// and key were signed by it; the caller has checked that. Of two who would look the same - one name, neither of them
// known here - only the one who was here first is shown. Bounded: when it is full, newcomers are not shown.
#ifndef PARLOUR_PEOPLE_LIST_H
#define PARLOUR_PEOPLE_LIST_H

#include "client/call.h"

struct people_entry {
    bool listed;    // now; else it is kept so that its signature need not be checked again
    bool shown;     // main has been told of it
    bool changed;   // since
    uint64_t order; // of coming; 0 = gone
    char name[CALL_NAME_MAX], label[CALL_NAME_MAX]; // label: as names are compared
    uint8_t identity[32], key[32];                  // key: X25519, of its registration
    enum call_person_state state;
    bool answers;
    enum call_trust trust;
};

struct people_list {
    struct people_entry *entry;     // CALL_PEOPLE_MAX, owned
    uint32_t hash[CALL_PEOPLE_MAX]; // of the labels: looked through often
    size_t count;
    uint64_t order;
    char self[CALL_NAME_MAX]; // the label of one's own name, which nobody else is shown under
    bool clashes_due;         // who is shown may have to change
};

void people_list_init(struct people_list *l, const char *own_name);
void people_list_destroy(struct people_list *l);
// Nobody is listed any more, and nobody is shown: main forgets the list, too.
void people_list_begin(struct people_list *l);
struct people_entry *people_list_find(const struct people_list *l, const uint8_t identity[32]); // NULL: not listed
// Is it known to have signed this name and key?
bool people_list_signed(const struct people_list *l, const uint8_t identity[32], const char *name,
                        const uint8_t key[32]);
// It is listed, as `p` says (name, identity, state, answers, trust). False when the list is full.
bool people_list_put(struct people_list *l, const struct call_person *p, const uint8_t key[32]);
void people_list_trust(struct people_list *l, struct people_entry *e, enum call_trust trust);
void people_list_remove(struct people_list *l, const uint8_t identity[32]);
// Decide who is shown, and tell whatever has changed for who looks at the list: `gone` = not shown any more.
void people_list_settle(struct people_list *l, void (*tell)(void *ctx, const struct people_entry *e, bool gone),
                        void *ctx);

#endif
