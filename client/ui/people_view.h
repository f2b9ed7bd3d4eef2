// The People panel: who is at the door, who is in the room and what is known of them, the safety code.
#ifndef PARLOUR_UI_PEOPLE_VIEW_H
#define PARLOUR_UI_PEOPLE_VIEW_H

#include "client/call.h"
#include "people.h"
#include "pen.h"

#include <stdint.h>

uint64_t people_view_signature(const struct people *people, const struct call *call, bool focused);
// `focused`: the panel has the keys, its focus is shown.
void people_view_draw(struct people *people, struct pen *pen, const struct call *call, SDL_Rect panel, bool focused);

#endif
