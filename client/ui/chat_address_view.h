// Whom a message is for, as it is shown: the line above the field, and the list to choose from.
#ifndef PARLOUR_UI_CHAT_ADDRESS_VIEW_H
#define PARLOUR_UI_CHAT_ADDRESS_VIEW_H

#include "chat_address.h"
#include "pen.h"

uint64_t chat_address_view_signature(const struct chat_address *a, const struct call *call);
// The line; nothing when there is nobody to choose. Returns its height.
int chat_address_view_height(const struct pen *pen, const struct chat_address *a, const struct call *call);
void chat_address_view_line(const struct chat_address *a, struct pen *pen, const struct call *call, SDL_Rect at);
void chat_address_view_list(struct chat_address *a, struct pen *pen, const struct call *call, SDL_Rect area,
                            bool focused);
// The words in the empty field.
void chat_address_view_hint(const struct chat_address *a, const struct call *call, char *out, size_t size);
// Why the line cannot leave now; false when it can.
bool chat_address_view_refusal(const struct chat_address *a, const struct call *call, char *out, size_t size);

#endif
