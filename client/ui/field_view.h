// A text field on the screen: border, words, caret.
#ifndef PARLOUR_UI_FIELD_VIEW_H
#define PARLOUR_UI_FIELD_VIEW_H

#include "field.h"
#include "pen.h"

// `composing` is the unfinished input of an input method ("" = none); `icon` stands at the right end, NULL = none. The
// rectangle of the caret goes to *caret for the input method.
void field_view_draw(struct field *field, struct pen *pen, SDL_Rect rect, const char *hint, const char *composing,
                     const char *icon, bool focused, SDL_Rect *caret);
// A focused field whose words are shown as dots.
void field_view_draw_secret(struct field *field, struct pen *pen, SDL_Rect rect, const char *hint,
                            const char *composing, SDL_Rect *caret);
// Editing keys of a focused field; true when used. Ctrl+V pastes.
bool field_view_key(struct field *field, SDL_Keycode key, uint16_t modifiers);

#endif
