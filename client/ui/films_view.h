// The Films panel: what plays, what the libraries of the room have, and what can be done with each.
#ifndef PARLOUR_UI_FILMS_VIEW_H
#define PARLOUR_UI_FILMS_VIEW_H

#include "client/library/films.h"
#include "pen.h"

#include <stdbool.h>
#include <stdint.h>

struct films_view {
    uint16_t member; // the row with the focus: of the film that plays, or of the library,
    uint32_t film;   // and which of its films; 0 = it plays
    size_t at;       // where it was when last seen
    unsigned answer; // which of its buttons
    size_t top;
};

// What OK asks for.
struct films_order {
    uint16_t member; // 0 = nothing
    enum film_do what;
    uint32_t film;
    bool room;
    int quality; // FILM_DO_COUNT: of what plays, this one; -1 = as the network allows
};

void films_view_open(struct films_view *v);
void films_view_move(struct films_view *v, const struct call *call, int steps);
bool films_view_aside(struct films_view *v, const struct call *call, int steps); // false: nothing lies that way
struct films_order films_view_press(struct films_view *v, const struct call *call);
uint64_t films_view_signature(const struct films_view *v, const struct call *call, bool focused, uint64_t now_us);
void films_view_draw(struct films_view *v, struct pen *pen, const struct call *call, SDL_Rect panel, bool focused,
                     uint64_t now_us);
// "1:02:03", "2:05".
void films_view_time(uint64_t ms, char out[16]);
// What is wanted of a film that plays: "Automatic", "720p".
void films_view_quality(const struct films_playing *p, char *out, size_t size);
// The next quality in turn: -1, 0, 1, ...
int films_view_next(const struct films_playing *p);
// What plays for us here is the `n`th, from 0; NULL = no more.
const struct films_playing *films_view_playing(const struct call *call, size_t n);

#endif
