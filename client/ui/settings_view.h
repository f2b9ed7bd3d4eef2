// The settings screen: groups at the left, rows at the right; left and right change a value at once.
#ifndef PARLOUR_UI_SETTINGS_VIEW_H
#define PARLOUR_UI_SETTINGS_VIEW_H

#include "field.h"
#include "pen.h"
#include "settings_list.h"

struct settings_view {
    bool open, in_rows, editing; // editing: the row's text is typed
    enum settings_group group;
    size_t row, top; // focused, and the first one shown
    struct field field;
    char composing[256];
    SDL_Rect caret;
    struct ui_known known[SETTINGS_KNOWN_MAX];
    size_t known_count;
    struct settings_devices devices[DEVICES_KINDS];
    unsigned changes; // of values, so that the screen is drawn again
};

void settings_view_open(struct settings_view *view);
struct settings_source settings_view_source(const struct settings_view *view, const struct ui_ops *ops);
// Reads people and devices anew: when it opens, after each change and when others are there.
void settings_view_refresh(struct settings_view *view, const struct ui_ops *ops);
// Up (-1) and down (1) among groups or rows; true when it moved.
bool settings_view_move(struct settings_view *view, const struct ui_ops *ops, int steps);
// Left (-1), right (1), OK (0). True when `out` holds a change to make ("OPTION=VALUE").
bool settings_view_turn(struct settings_view *view, const struct ui_ops *ops, int direction, char *out, size_t size);
// One step back; false when the screen has closed.
bool settings_view_back(struct settings_view *view);
// True while the row for the edges of the screen is focused.
bool settings_view_shows_edges(const struct settings_view *view, const struct ui_ops *ops);
uint64_t settings_view_signature(const struct settings_view *view);
void settings_view_draw(struct settings_view *view, const struct ui_ops *ops, struct pen *pen, SDL_Rect screen);

#endif
