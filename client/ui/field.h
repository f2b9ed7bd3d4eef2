// One line of text being typed: UTF-8, caret between clusters. Pure: no drawing, no clipboard.
#ifndef PARLOUR_UI_FIELD_H
#define PARLOUR_UI_FIELD_H

#include <stdbool.h>
#include <stddef.h>

enum { FIELD_BYTES = 8193, FIELD_CODES = 2000 };

struct field {
    char text[FIELD_BYTES];
    size_t length, caret;
    size_t scroll;   // first byte shown, so that the caret stays in view
    unsigned change; // counts edits and caret moves
};

void field_clear(struct field *field);
// Insert at the caret, cleaned; what goes past 2000 code points or 8 KiB is left out.
void field_insert(struct field *field, const char *text);
void field_backspace(struct field *field);
void field_delete(struct field *field);
void field_left(struct field *field);
void field_right(struct field *field);
void field_home(struct field *field);
void field_end(struct field *field);
bool field_blank(const struct field *field); // nothing but spaces

#endif
