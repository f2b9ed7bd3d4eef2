// The Files panel: a card for each file, and the way to send one.
#ifndef PARLOUR_UI_FILES_VIEW_H
#define PARLOUR_UI_FILES_VIEW_H

#include "client/call.h"
#include "files.h"
#include "pen.h"

#include <stdbool.h>
#include <stdint.h>

uint64_t files_view_signature(const struct files *files, const struct call *call, bool focused);
// `focused`: the panel has the keys, its focus is shown. `can_send`: files may be sent from this box.
void files_view_draw(struct files *files, struct pen *pen, const struct call *call, SDL_Rect panel, bool focused,
                     bool can_send);

#endif
