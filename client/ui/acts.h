// What can be done about a person or the room, as buttons of a card: guests see nothing that only hosts may do, and in
// a private call nobody is host. Pure.
#ifndef PARLOUR_UI_ACTS_H
#define PARLOUR_UI_ACTS_H

#include "ask.h"

bool acts_hosting(const struct call *call); // I am host of a room
size_t acts_of_person(const struct call *call, const struct call_member *member, bool can_pin, bool can_send,
                      enum ask_answer out[ASK_BUTTONS_MAX]);
size_t acts_of_me(bool can_pin, enum ask_answer out[ASK_BUTTONS_MAX]);
size_t acts_of_room(enum ask_answer out[ASK_BUTTONS_MAX]);
bool acts_can_compare(const struct call_member *member);

#endif
