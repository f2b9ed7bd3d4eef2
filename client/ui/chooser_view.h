// Choosing a file to send, in the Files panel's place: folders and files, then whom it goes to.
#ifndef PARLOUR_UI_CHOOSER_VIEW_H
#define PARLOUR_UI_CHOOSER_VIEW_H

#include "chooser.h"
#include "client/call.h"
#include "client/directory.h"
#include "pen.h"

#include <stdbool.h>
#include <stdint.h>

uint64_t chooser_view_signature(const struct chooser *c, const struct directory_list *list, const struct call *call,
                                bool focused);
// `focused`: the panel has the keys. `now_s`: since 1970, for dates.
void chooser_view_draw(struct chooser *c, struct pen *pen, const struct directory_list *list, const struct call *call,
                       SDL_Rect panel, bool focused, int64_t now_s);
int chooser_view_page(struct pen *pen, int panel_height); // rows a page key goes

#endif
