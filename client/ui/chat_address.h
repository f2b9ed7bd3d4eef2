// Whom what is being written is for: everybody, or one person alone. It holds to that person, whatever id he has and
// whether or not he is here: it never becomes everybody by itself. Pure.
#ifndef PARLOUR_UI_CHAT_ADDRESS_H
#define PARLOUR_UI_CHAT_ADDRESS_H

#include "client/call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chat_address {
    bool one;
    uint8_t identity[32]; // one: this person
    char name[CALL_NAME_MAX];
    // the list to choose from
    bool choosing;
    bool lost;      // the row with the focus went away by itself: what has it now was not chosen
    uint16_t focus; // member; 0 = everybody
    uint64_t focus_join;
    size_t top; // first row shown
};

enum chat_address_state {
    CHAT_ADDRESS_ALL,
    CHAT_ADDRESS_HERE,
    CHAT_ADDRESS_GONE,   // has left
    CHAT_ADDRESS_DOUBTED // has not shown who it is, or may not have keys: nothing can be sealed for it
};

// *member = whom to send to, 0 unless HERE.
enum chat_address_state chat_address_state(const struct chat_address *a, const struct call *call, uint16_t *member);
void chat_address_set(struct chat_address *a, const struct call_member *member); // NULL = everybody; the list closes

// The list: row 0 is everybody, then the others in order of joining; in a call of two there is nobody to choose.
size_t chat_address_rows(const struct call *call);
const struct call_member *chat_address_row(const struct call *call, size_t row); // NULL for row 0
void chat_address_open(struct chat_address *a, const struct call *call);
size_t chat_address_focus(struct chat_address *a, const struct call *call); // its row; follows who comes and goes
void chat_address_move(struct chat_address *a, const struct call *call, int steps);
// Takes what has the focus and closes the list; false, and it stays open, when that one cannot be written to.
bool chat_address_choose(struct chat_address *a, const struct call *call);

#endif
